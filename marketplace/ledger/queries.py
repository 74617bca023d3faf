"""What others may ask of the books. Sums come back as plain values, never as live rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, or_, tuple_
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.core import tenancy
from marketplace.core.errors import NotFound
from marketplace.ledger import rules
from marketplace.ledger.audit_queries import Period, audit_files
from marketplace.ledger.body import Head
from marketplace.ledger.checkpoint_queries import alarms
from marketplace.ledger.engines import engine_of
from marketplace.ledger.models import (
    LedgerBalance,
    LedgerEntry,
    LedgerHead,
    LedgerSnapshot,
    LedgerTxn,
)
from marketplace.ledger.proof_queries import Proof, find_head, verify
from marketplace.ledger.rules import AccountKind, PostingKind
from marketplace.ledger.search_queries import (
    PAGE_SIZE,
    Entry,
    Search,
    count_entries,
    entries,
    get_entry,
)

#: Answered in files of their own, asked for here.
__all__ = [
    "Entry",
    "Period",
    "Proof",
    "Search",
    "alarms",
    "audit_files",
    "count_entries",
    "entries",
    "find_head",
    "get_entry",
    "verify",
]


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
class AccountRow:
    """One line of an account, and what the account held after it."""

    seq: int
    line: int
    kind: PostingKind
    ref: str
    effective_on: date
    cents: int
    balance_cents: int


def lock_head(session: Session, consortium_id: UUID) -> Head:
    """Wait for the turn to write. A statement of its own: what is read after it is fresh."""
    tenancy.check_may_write(LedgerHead, consortium_id)
    connection = session.connection()
    found = engine_of(connection).lock(connection, consortium_id)
    if found is None:
        raise NotFound("There are no such books.")
    return found


def guard(connection: Connection) -> str:
    """What keeps the site itself from changing the books, in words for whoever runs it."""
    return engine_of(connection).guard(connection)


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


def find_reversal(session: Session, consortium_id: UUID, seq: int) -> LedgerTxn | None:
    query = select(LedgerTxn).where(LedgerTxn.org_id == consortium_id, LedgerTxn.reverses == seq)
    return session.exec(query).one_or_none()


def get_txn(session: Session, consortium_id: UUID, seq: int) -> LedgerTxn:
    query = select(LedgerTxn).where(LedgerTxn.org_id == consortium_id, LedgerTxn.seq == seq)
    txn = session.exec(query).one_or_none()
    if txn is None:
        raise NotFound("There is no such entry.")
    return txn


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
    """What these accounts held once entry `seq` was posted; long sums start at a snapshot."""
    wanted = set(codes)
    starts = _snapshots_before(session, consortium_id, seq, wanted)
    held = _sums(session, consortium_id, seq, wanted - starts.keys())
    for code, (start, cents) in starts.items():
        since = _sums(session, consortium_id, seq, {code}, after=start)
        held[code] = cents + since.get(code, 0)
    return held


def _snapshots_before(
    session: Session, consortium_id: UUID, seq: int, codes: set[str]
) -> dict[str, tuple[int, int]]:
    """The last snapshot of each account up to an entry: after which entry, and what it held."""
    here = (LedgerSnapshot.org_id == consortium_id, LedgerSnapshot.seq <= seq)
    newest = (
        select(LedgerSnapshot.code, func.max(LedgerSnapshot.seq))
        .where(*here, col(LedgerSnapshot.code).in_(codes))
        .group_by(col(LedgerSnapshot.code))
    )
    places = [tuple(row) for row in session.exec(newest)]
    if not places:
        return {}
    found = select(LedgerSnapshot.code, LedgerSnapshot.seq, LedgerSnapshot.balance_cents).where(
        *here, tuple_(col(LedgerSnapshot.code), col(LedgerSnapshot.seq)).in_(places)
    )
    return {code: (at, cents) for code, at, cents in session.exec(found)}


def _sums(
    session: Session, consortium_id: UUID, seq: int, codes: set[str], after: int = 0
) -> dict[str, int]:
    query = (
        select(LedgerEntry.account, func.sum(LedgerEntry.amount_cents))
        .where(LedgerEntry.org_id == consortium_id)
        .where(LedgerEntry.seq > after, LedgerEntry.seq <= seq)
        .where(col(LedgerEntry.account).in_(codes))
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
