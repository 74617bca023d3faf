"""Find entries of the books, and show each with both sides."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, false, func, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, exists, select

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core.errors import NotFound
from marketplace.ledger import sight_rules
from marketplace.ledger.models import LedgerEntry, LedgerTxn
from marketplace.ledger.rules import OF_DISTRICTS, Leg, PostingKind
from marketplace.ledger.sight_rules import WHOLE, Sight, Sights

PAGE_SIZE = 25
MATCHING_NAMES = 100
#: Entries read at once for a file of any length.
PIECE = 1_000


@dataclass(frozen=True)
class Entry:
    """One entry with both sides, as the pages and the files show it."""

    consortium_id: UUID
    slug: str
    consortium: str
    seq: int
    kind: PostingKind
    ref: str
    effective_on: date
    recorded_at: datetime
    hash: str
    reverses: int | None
    reversed_by: int | None
    legs: tuple[Leg, ...]

    @property
    def debit_cents(self) -> int:
        return sum(leg.cents for leg in self.legs if leg.cents > 0)


@dataclass(frozen=True)
class Search:
    """What a reader asked for; None leaves a question open."""

    consortium_id: UUID | None = None
    kind: PostingKind | None = None
    ref: str | None = None
    account: str | None = None
    district: str | None = None  # its NCES number, or a part of its name
    vendor: str | None = None  # its short name, or a part of its name
    since: date | None = None
    until: date | None = None
    at_least: int | None = None  # cents of one line, whichever side
    at_most: int | None = None


def get_entry(session: Session, consortium_id: UUID, seq: int, sight: Sight = WHOLE) -> Entry:
    """One entry: whole for the site itself, and on a page as its reader sees it.

    Who sees none of its lines finds no entry.
    """
    here = [LedgerTxn.org_id == consortium_id, LedgerTxn.seq == seq]
    seen = {consortium_id: sight}
    found = _entries(session, [*here, *_seen(seen)], seen, limit=1)
    if not found:
        raise NotFound("There is no such entry.")
    return found[0]


def entries(
    session: Session, search: Search, sights: Sights, *, page: int = 1, size: int = PAGE_SIZE
) -> list[Entry]:
    """The entries a reader asked for, newest first, as this reader sees them.

    `sights` says what of each books is seen; books that are not in it are not searched.
    """
    conditions = _conditions(session, search, sights)
    return _entries(session, conditions, sights, limit=size, offset=(page - 1) * size)


def each_entry(session: Session, search: Search, sights: Sights) -> Iterator[Entry]:
    """All the entries a reader asked for, one consortium's books after the other.

    Newest first in each. They are read in pieces, each from where the last one ended, so a
    million entries take as little memory as a thousand.
    """
    named = select(Organization.id).where(col(Organization.id).in_(sights))
    for org_id in session.exec(named.order_by(col(Organization.name), col(Organization.id))).all():
        if search.consortium_id not in (None, org_id):
            continue
        seen = {org_id: sights[org_id]}
        asked = _conditions(session, replace(search, consortium_id=org_id), seen)
        below: list[Any] = []
        while found := _entries(session, [*asked, *below], seen, limit=PIECE, by_number=True):
            yield from found
            if len(found) < PIECE:
                break
            below = [col(LedgerTxn.seq) < found[-1].seq]


def count_entries(session: Session, search: Search, sights: Sights) -> int:
    conditions = _conditions(session, search, sights)
    return session.exec(select(func.count()).select_from(LedgerTxn).where(*conditions)).one()


def _conditions(session: Session, search: Search, sights: Sights) -> list[Any]:
    if search.consortium_id:
        seen = {k: v for k, v in sights.items() if k == search.consortium_id}
        asked: list[Any] = [LedgerTxn.org_id == search.consortium_id, *_seen(seen)]
    else:
        asked = _seen(sights)
    if search.kind:
        asked.append(LedgerTxn.kind == search.kind)
    if search.ref:
        within = "/" + col(LedgerTxn.ref) + "/"
        part = f"/{search.ref}/" if ":" in search.ref else f":{search.ref}/"
        asked.append(within.contains(part, autoescape=True))
    if search.since:
        asked.append(LedgerTxn.effective_on >= search.since)
    if search.until:
        asked.append(LedgerTxn.effective_on <= search.until)
    if search.account:
        asked.append(_has_line(sights, col(LedgerEntry.account) == search.account))
    if search.district:
        owners = _owners(session, search.district, OrganizationKind.DISTRICT)
        codes = [f"{word}:{owner}" for word in OF_DISTRICTS for owner in owners]
        asked.append(_has_line(sights, col(LedgerEntry.account).in_(codes)))
    if search.vendor:
        owners = _owners(session, search.vendor, OrganizationKind.VENDOR)
        codes = [f"payable:{owner}" for owner in owners]
        asked.append(_has_line(sights, col(LedgerEntry.account).in_(codes)))
    size = func.abs(LedgerEntry.amount_cents)
    bounds = [size >= search.at_least] if search.at_least is not None else []
    bounds += [size <= search.at_most] if search.at_most is not None else []
    if bounds:
        asked.append(_has_line(sights, *bounds))
    return asked


def _seen(sights: Sights) -> list[Any]:
    """Entries of which the reader sees anything; nothing to ask where all of it is seen."""
    if not sights:
        return [false()]
    rows = [org_id for org_id, sight in sights.items() if sight.names or sight.rows]
    if len(rows) == len(sights):
        return []
    rest = [org_id for org_id in sights if org_id not in rows]
    own = sorted(next(sights[org_id].own for org_id in rest))
    mine = and_(col(LedgerTxn.org_id).in_(rest), _line(col(LedgerEntry.account).in_(own)))
    return [or_(col(LedgerTxn.org_id).in_(rows), mine)]


def _has_line(sights: Sights, *conditions: Any) -> Any:
    """A line like this, among the lines the reader sees: a search must not tell of others."""
    blurred = [org_id for org_id, sight in sights.items() if not sight.names]
    if not blurred:
        return _line(*conditions)
    code = col(LedgerEntry.account)
    of_district = or_(*(code.startswith(f"{word}:") for word in OF_DISTRICTS))
    masked = [org_id for org_id in blurred if sights[org_id].rows]
    seen = or_(
        col(LedgerEntry.org_id).not_in(blurred),
        and_(col(LedgerEntry.org_id).in_(masked), ~of_district),
        code.in_(sorted(sights[blurred[0]].own)),
    )
    return _line(seen, *conditions)


def _owners(session: Session, typed: str, kind: OrganizationKind) -> set[str]:
    """What stands after the colon for the organizations that somebody typed."""
    its = Organization.leaid if kind is OrganizationKind.DISTRICT else Organization.slug
    named = func.lower(Organization.name).contains(typed.lower(), autoescape=True)
    query = select(its).where(Organization.kind == kind, named).limit(MATCHING_NAMES)
    return {owner for owner in session.exec(query) if owner} | {typed}


def _line(*conditions: Any) -> Any:
    same_entry = (
        col(LedgerEntry.org_id) == LedgerTxn.org_id,
        col(LedgerEntry.seq) == LedgerTxn.seq,
    )
    return exists().where(*same_entry, *conditions)


def _entries(
    session: Session,
    conditions: list[Any],
    sights: Sights,
    *,
    limit: int,
    offset: int = 0,
    by_number: bool = False,
) -> list[Entry]:
    query = _rows().where(*conditions).limit(limit).offset(offset)
    if by_number:  # of one consortium: its primary key is in this order
        query = query.order_by(None).order_by(col(LedgerTxn.seq).desc())
    found = session.exec(query).all()
    legs = _legs(session, [(row.org_id, row.seq) for row in found])
    return [
        Entry(
            consortium_id=row.org_id,
            slug=row.slug,
            consortium=row.name,
            seq=row.seq,
            kind=row.kind,
            ref=row.ref,
            effective_on=row.effective_on,
            recorded_at=row.recorded_at,
            hash=row.hash,
            reverses=row.reverses,
            reversed_by=row.reversed_by,
            legs=sight_rules.masked(legs.get((row.org_id, row.seq), ()), sights[row.org_id]),
        )
        for row in found
    ]


@cache
def _rows() -> Any:
    """The columns of a row, newest first; the sealed text stays where it is.

    Put together once: building it anew would cost more than running it.
    """
    mirror = aliased(LedgerTxn)
    columns: Any = (
        LedgerTxn.org_id,
        LedgerTxn.seq,
        LedgerTxn.kind,
        LedgerTxn.ref,
        LedgerTxn.effective_on,
        LedgerTxn.recorded_at,
        LedgerTxn.hash,
        LedgerTxn.reverses,
        Organization.slug,
        Organization.name,
        col(mirror.seq).label("reversed_by"),
    )
    return (
        select(*columns)
        .select_from(LedgerTxn)
        .join(Organization, col(Organization.id) == LedgerTxn.org_id)
        .outerjoin(
            mirror,
            (col(mirror.org_id) == LedgerTxn.org_id) & (col(mirror.reverses) == LedgerTxn.seq),
        )
        .order_by(
            col(LedgerTxn.recorded_at).desc(), col(LedgerTxn.org_id), col(LedgerTxn.seq).desc()
        )
    )


@cache
def _lines() -> Any:
    """The lines of some entries, in order."""
    place = tuple_(col(LedgerEntry.org_id), col(LedgerEntry.seq))
    columns: Any = (
        LedgerEntry.org_id,
        LedgerEntry.seq,
        LedgerEntry.account,
        LedgerEntry.amount_cents,
    )
    return (
        select(*columns)
        .where(place.in_(bindparam("places", expanding=True)))
        .order_by(col(LedgerEntry.org_id), col(LedgerEntry.seq), col(LedgerEntry.line))
    )


def _legs(session: Session, places: list[tuple[UUID, int]]) -> dict[tuple[UUID, int], list[Leg]]:
    legs: dict[tuple[UUID, int], list[Leg]] = {}
    if places:
        for org_id, seq, account, cents in session.exec(_lines(), params={"places": places}):
            legs.setdefault((org_id, seq), []).append(Leg(account, cents))
    return legs
