"""What others may ask of the books. Sums come back as plain values, never as live rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, exists, select

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core.errors import NotFound
from marketplace.ledger import rules
from marketplace.ledger.body import Head
from marketplace.ledger.models import LedgerBalance, LedgerEntry, LedgerHead, LedgerTxn
from marketplace.ledger.proof_queries import Proof, find_head, verify
from marketplace.ledger.rules import AccountKind, Leg, PostingKind

__all__ = ["Proof", "find_head", "verify"]  # proven elsewhere, asked for here

PAGE_SIZE = 25
MATCHING_NAMES = 100


class Books(NamedTuple):
    consortium_id: UUID
    slug: str
    name: str
    seq: int
    hash: str


class Balance(NamedTuple):
    code: str
    kind: AccountKind
    cents: int


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
class AccountRow:
    """One line of an account, and what the account held after it."""

    seq: int
    line: int
    kind: PostingKind
    ref: str
    effective_on: date
    cents: int
    balance_cents: int


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


def lock_head(session: Session, consortium_id: UUID) -> Head:
    """Wait for the turn to write. A statement of its own: what is read after it is fresh."""
    query = select(LedgerHead.seq, LedgerHead.hash).where(LedgerHead.org_id == consortium_id)
    found = session.exec(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFound("There are no such books.")
    return Head(*found)


def open_books(session: Session) -> list[Books]:
    """All books that a reader may see, by name."""
    return [Books(*row) for row in session.exec(_books())]


def books_of(session: Session, slug: str) -> Books:
    query = _books().where(Organization.slug == slug)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There are no such books.")
    return Books(*found)


def _books() -> Any:
    its = Organization
    columns: tuple[Any, ...] = (its.id, its.slug, its.name, LedgerHead.seq, LedgerHead.hash)
    return (
        select(*columns)
        .join(LedgerHead, col(LedgerHead.org_id) == Organization.id)
        .order_by(col(Organization.name), col(Organization.id))
    )


def find_by_key(session: Session, consortium_id: UUID, key: str) -> LedgerTxn | None:
    query = select(LedgerTxn).where(LedgerTxn.org_id == consortium_id, LedgerTxn.idem_key == key)
    return session.exec(query).one_or_none()


def find_reversal(session: Session, consortium_id: UUID, seq: int) -> LedgerTxn | None:
    query = select(LedgerTxn).where(LedgerTxn.org_id == consortium_id, LedgerTxn.reverses == seq)
    return session.exec(query).one_or_none()


def get_txn(session: Session, consortium_id: UUID, seq: int) -> LedgerTxn:
    query = select(LedgerTxn).where(LedgerTxn.org_id == consortium_id, LedgerTxn.seq == seq)
    txn = session.exec(query).one_or_none()
    if txn is None:
        raise NotFound("There is no such entry.")
    return txn


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


def balances(
    session: Session, consortium_id: UUID, codes: Sequence[str] | None = None
) -> list[Balance]:
    """What each account holds now; all of them together are the trial balance."""
    query = select(LedgerBalance.code, LedgerBalance.balance_cents).where(
        LedgerBalance.org_id == consortium_id
    )
    if codes is not None:
        query = query.where(col(LedgerBalance.code).in_(codes))
    return [
        Balance(code, rules.kind_of(code), cents)
        for code, cents in session.exec(query.order_by(col(LedgerBalance.code)))
    ]


def balance_of(session: Session, consortium_id: UUID, code: str) -> int:
    """What one account holds now, in cents; nothing was ever posted to it: 0."""
    return next((b.cents for b in balances(session, consortium_id, [code])), 0)


def account_rows(
    session: Session, consortium_id: UUID, code: str, *, page: int = 1, size: int = PAGE_SIZE
) -> list[AccountRow]:
    """The lines of an account, newest first, each with the balance after it."""
    here = (LedgerEntry.org_id == consortium_id, LedgerEntry.account == code)
    columns: tuple[Any, ...] = (
        LedgerEntry.seq,
        LedgerEntry.line,
        LedgerTxn.kind,
        LedgerTxn.ref,
        LedgerTxn.effective_on,
        LedgerEntry.amount_cents,
    )
    query = (
        select(*columns)
        .join(
            LedgerTxn,
            (col(LedgerTxn.org_id) == LedgerEntry.org_id) & (col(LedgerTxn.seq) == LedgerEntry.seq),
        )
        .where(*here)
        .order_by(col(LedgerEntry.seq).desc(), col(LedgerEntry.line).desc())
    )
    found = session.exec(query.limit(size).offset((page - 1) * size)).all()
    if not found:
        return []
    place = tuple_(col(LedgerEntry.seq), col(LedgerEntry.line))
    before = select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0)).where(
        *here, place < (found[-1][0], found[-1][1])
    )
    balance = int(session.exec(before).one())
    rows = []
    for seq, line, kind, ref, effective_on, cents in reversed(found):
        balance += cents
        rows.append(AccountRow(seq, line, kind, ref, effective_on, cents, balance))
    return rows[::-1]


def count_account_rows(session: Session, consortium_id: UUID, code: str) -> int:
    query = (
        select(func.count())
        .select_from(LedgerEntry)
        .where(LedgerEntry.org_id == consortium_id, LedgerEntry.account == code)
    )
    return session.exec(query).one()


def balances_after(
    session: Session, consortium_id: UUID, seq: int, codes: Iterable[str]
) -> dict[str, int]:
    """What these accounts held once entry `seq` was posted."""
    query = (
        select(LedgerEntry.account, func.sum(LedgerEntry.amount_cents))
        .where(LedgerEntry.org_id == consortium_id, LedgerEntry.seq <= seq)
        .where(col(LedgerEntry.account).in_(set(codes)))
        .group_by(col(LedgerEntry.account))
    )
    return {code: int(cents) for code, cents in session.exec(query)}


def names_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The plain name of each account, with the names of the districts and vendors in it."""
    wanted = {code: code.partition(":")[2] for code in codes}
    owners = set(wanted.values()) - {""}
    query = select(Organization.leaid, Organization.slug, Organization.name).where(
        or_(col(Organization.leaid).in_(owners), col(Organization.slug).in_(owners))
    )
    found: dict[str, str] = {}
    for leaid, slug, name in session.exec(query) if owners else ():
        found |= {slug: name} | ({leaid: name} if leaid else {})
    return {code: rules.plain_name(code, found.get(owner)) for code, owner in wanted.items()}


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
        select(LedgerTxn, Organization.slug, Organization.name, mirror.seq)
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
