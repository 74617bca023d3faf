"""Find entries of the books, and show each with both sides."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.orm import Bundle, aliased
from sqlmodel import Session, col, exists, select

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core.errors import NotFound
from marketplace.ledger.models import LedgerEntry, LedgerTxn
from marketplace.ledger.rules import Leg, PostingKind

PAGE_SIZE = 25
MATCHING_NAMES = 100


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
    cents: int | None = None


def get_entry(session: Session, consortium_id: UUID, seq: int) -> Entry:
    found = _entries(session, [LedgerTxn.org_id == consortium_id, LedgerTxn.seq == seq], limit=1)
    if not found:
        raise NotFound("There is no such entry.")
    return found[0]


def entries(
    session: Session, search: Search, *, page: int = 1, size: int = PAGE_SIZE
) -> list[Entry]:
    """The entries a reader asked for, newest first."""
    conditions = _conditions(session, search)
    return _entries(session, conditions, limit=size, offset=(page - 1) * size)


def count_entries(session: Session, search: Search) -> int:
    query = select(func.count()).select_from(LedgerTxn).where(*_conditions(session, search))
    return session.exec(query).one()


def _conditions(session: Session, search: Search) -> list[Any]:
    asked: list[Any] = []
    if search.consortium_id:
        asked.append(LedgerTxn.org_id == search.consortium_id)
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
        asked.append(_has_line(col(LedgerEntry.account) == search.account))
    if search.district:
        owners = _owners(session, search.district, OrganizationKind.DISTRICT)
        codes = [f"{word}:{owner}" for word in ("receivable", "credit") for owner in owners]
        asked.append(_has_line(col(LedgerEntry.account).in_(codes)))
    if search.vendor:
        owners = _owners(session, search.vendor, OrganizationKind.VENDOR)
        codes = [f"payable:{owner}" for owner in owners]
        asked.append(_has_line(col(LedgerEntry.account).in_(codes)))
    if search.cents is not None:
        either_way = (search.cents, -search.cents)
        asked.append(_has_line(col(LedgerEntry.amount_cents).in_(either_way)))
    return asked


def _owners(session: Session, typed: str, kind: OrganizationKind) -> set[str]:
    """What stands after the colon for the organizations that somebody typed."""
    its = Organization.leaid if kind is OrganizationKind.DISTRICT else Organization.slug
    named = func.lower(Organization.name).contains(typed.lower(), autoescape=True)
    query = select(its).where(Organization.kind == kind, named).limit(MATCHING_NAMES)
    return {owner for owner in session.exec(query) if owner} | {typed}


def _has_line(condition: Any) -> Any:
    same_entry = (
        col(LedgerEntry.org_id) == LedgerTxn.org_id,
        col(LedgerEntry.seq) == LedgerTxn.seq,
    )
    return exists().where(*same_entry, condition)


def _entries(
    session: Session, conditions: list[Any], *, limit: int, offset: int = 0
) -> list[Entry]:
    mirror = aliased(LedgerTxn)
    query = (
        select(_shown(), Organization.slug, Organization.name, mirror.seq)
        .select_from(LedgerTxn)
        .join(Organization, col(Organization.id) == LedgerTxn.org_id)
        .outerjoin(
            mirror,
            (col(mirror.org_id) == LedgerTxn.org_id) & (col(mirror.reverses) == LedgerTxn.seq),
        )
        .where(*conditions)
        .order_by(
            col(LedgerTxn.recorded_at).desc(), col(LedgerTxn.org_id), col(LedgerTxn.seq).desc()
        )
        .limit(limit)
        .offset(offset)
    )
    found = session.exec(query).all()
    legs = _legs(session, [(txn.org_id, txn.seq) for txn, *_ in found])
    return [
        Entry(
            consortium_id=txn.org_id,
            slug=slug,
            consortium=name,
            seq=txn.seq,
            kind=txn.kind,
            ref=txn.ref,
            effective_on=txn.effective_on,
            recorded_at=txn.recorded_at,
            hash=txn.hash,
            reverses=txn.reverses,
            reversed_by=reversed_by,
            legs=tuple(legs.get((txn.org_id, txn.seq), ())),
        )
        for txn, slug, name, reversed_by in found
    ]


def _shown() -> Any:
    """The columns of a row; the sealed text stays where it is."""
    columns: Any = (
        LedgerTxn.org_id,
        LedgerTxn.seq,
        LedgerTxn.kind,
        LedgerTxn.ref,
        LedgerTxn.effective_on,
        LedgerTxn.recorded_at,
        LedgerTxn.hash,
        LedgerTxn.reverses,
    )
    return Bundle("txn", *columns)


def _legs(session: Session, places: list[tuple[UUID, int]]) -> dict[tuple[UUID, int], list[Leg]]:
    by_books: dict[UUID, list[int]] = {}
    for org_id, seq in places:
        by_books.setdefault(org_id, []).append(seq)
    if not by_books:
        return {}
    query = (
        select(LedgerEntry.org_id, LedgerEntry.seq, LedgerEntry.account, LedgerEntry.amount_cents)
        .where(
            or_(
                *(
                    (col(LedgerEntry.org_id) == org_id) & col(LedgerEntry.seq).in_(seqs)
                    for org_id, seqs in by_books.items()
                )
            )
        )
        .order_by(col(LedgerEntry.org_id), col(LedgerEntry.seq), col(LedgerEntry.line))
    )
    legs: dict[tuple[UUID, int], list[Leg]] = {}
    for org_id, seq, account, cents in session.exec(query):
        legs.setdefault((org_id, seq), []).append(Leg(account, cents))
    return legs
