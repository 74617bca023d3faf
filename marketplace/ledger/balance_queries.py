"""What accounts held, now or at another time, and the rows that add up to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, String, Uuid, bindparam, case, func, tuple_
from sqlmodel import Session, col, select

from marketplace.ledger import rules
from marketplace.ledger.models import LedgerBalance, LedgerEntry, LedgerSnapshot, LedgerTxn
from marketplace.ledger.rules import AccountKind, PostingKind

PAGE_SIZE = 25


class Balance(NamedTuple):
    code: str
    kind: AccountKind
    cents: int


class Until(NamedTuple):
    """How far to read: entries that count up to a day, or up to a number; both open = now."""

    on: date | None = None
    seq: int | None = None

    @property
    def is_now(self) -> bool:
        return self.on is None and self.seq is None


NOW = Until()


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


def balances(
    session: Session,
    consortium_id: UUID,
    codes: Sequence[str] | None = None,
    until: Until = NOW,
) -> list[Balance]:
    """What each account holds now, or held then; all of them are the trial balance."""
    table: Any = LedgerBalance if until.is_now else LedgerEntry
    code = LedgerBalance.code if until.is_now else LedgerEntry.account
    if until.is_now:
        query = select(code, LedgerBalance.balance_cents)
    else:
        query = _until(select(code, func.sum(LedgerEntry.amount_cents)), until).group_by(code)
    query = query.where(table.org_id == consortium_id)
    if codes is not None:
        query = query.where(col(code).in_(codes))
    return [
        Balance(code, rules.kind_of(code), int(cents))
        for code, cents in session.exec(query.order_by(col(code)))
    ]


def _until(query: Any, until: Until) -> Any:
    """Narrow a query over lines; only a day needs the entry they belong to."""
    if until.seq is not None:
        query = query.where(LedgerEntry.seq <= until.seq)
    if until.on is not None:
        query = query.join(LedgerTxn, _same_entry()).where(LedgerTxn.effective_on <= until.on)
    return query


def _same_entry() -> Any:
    return (col(LedgerTxn.org_id) == LedgerEntry.org_id) & (col(LedgerTxn.seq) == LedgerEntry.seq)


def balance_of(session: Session, consortium_id: UUID, code: str, until: Until = NOW) -> int:
    """What one account holds, in cents; nothing was ever posted to it: 0."""
    if until.is_now:
        found = session.exec(_kept(), params={"books": consortium_id, "code": code}).first()
        return int(found or 0)
    return next((b.cents for b in balances(session, consortium_id, [code], until)), 0)


@cache
def _kept() -> Any:
    """The balance of one account. Put together once: building it costs more than running it."""
    return select(LedgerBalance.balance_cents).where(
        LedgerBalance.org_id == bindparam("books", type_=Uuid()),
        LedgerBalance.code == bindparam("code", type_=String()),
    )


def account_rows(
    session: Session,
    consortium_id: UUID,
    code: str,
    *,
    page: int = 1,
    size: int = PAGE_SIZE,
    until: Until = NOW,
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
        .join(LedgerTxn, _same_entry())
        .where(*here)
        .order_by(col(LedgerEntry.seq).desc(), col(LedgerEntry.line).desc())
    )
    if until.on is not None:
        query = query.where(LedgerTxn.effective_on <= until.on)
    if until.seq is not None:
        query = query.where(LedgerEntry.seq <= until.seq)
    found = session.exec(query.limit(size).offset((page - 1) * size)).all()
    if not found:
        return []
    place = tuple_(col(LedgerEntry.seq), col(LedgerEntry.line))
    before = _until(select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0)), until).where(
        *here, place < (found[-1][0], found[-1][1])
    )
    balance = int(session.exec(before).one())
    rows = []
    for seq, line, kind, ref, effective_on, cents in reversed(found):
        balance += cents
        rows.append(AccountRow(seq, line, kind, ref, effective_on, cents, balance))
    return rows[::-1]


def count_account_rows(session: Session, consortium_id: UUID, code: str, until: Until = NOW) -> int:
    query = _until(select(func.count()).select_from(LedgerEntry), until)
    found: int = session.exec(
        query.where(LedgerEntry.org_id == consortium_id, LedgerEntry.account == code)
    ).one()
    return found


def turnover(session: Session, consortium_id: UUID, code: str) -> tuple[int, int]:
    """All debits and all credits of an account, both above zero."""
    cents = col(LedgerEntry.amount_cents)
    sides = (
        func.sum(case((cents > 0, cents), else_=0)),
        func.sum(case((cents < 0, -cents), else_=0)),
    )
    query = select(*sides).where(LedgerEntry.org_id == consortium_id, LedgerEntry.account == code)
    debits, credits = session.exec(query).one()
    return int(debits or 0), int(credits or 0)


def sums_by_kind(session: Session, consortium_id: UUID, code: str) -> dict[PostingKind, int]:
    """What each kind of entry has added to an account."""
    query = (
        select(LedgerTxn.kind, func.sum(LedgerEntry.amount_cents))
        .join(LedgerTxn, _same_entry())
        .where(LedgerEntry.org_id == consortium_id, LedgerEntry.account == code)
        .group_by(col(LedgerTxn.kind))
    )
    return {PostingKind(kind): int(cents) for kind, cents in session.exec(query)}


def by_day(session: Session, consortium_id: UUID, code: str) -> list[tuple[date, int]]:
    """What was added to an account on each day that has an entry, oldest first."""
    query = (
        select(col(LedgerTxn.effective_on), func.sum(LedgerEntry.amount_cents))
        .join(LedgerTxn, _same_entry())
        .where(LedgerEntry.org_id == consortium_id, LedgerEntry.account == code)
        .group_by(col(LedgerTxn.effective_on))
        .order_by(col(LedgerTxn.effective_on))
    )
    return [(on, int(cents)) for on, cents in session.exec(query)]


def balances_after(
    session: Session, consortium_id: UUID, seq: int, codes: Iterable[str]
) -> dict[str, int]:
    """What these accounts held once entry `seq` was posted; long sums start at a snapshot."""
    wanted = set(codes)
    if len(wanted) == 1:
        code = wanted.pop()
        asked = {"books": consortium_id, "code": code, "upto": seq}
        since, cents = session.exec(_last_snapshot(), params=asked).first() or (0, 0)
        more = session.exec(_sum_since(), params={**asked, "since": since}).one()
        return {code: int(cents) + int(more or 0)} if since or more is not None else {}
    starts = _snapshots_before(session, consortium_id, seq, wanted)
    held = _sums(session, consortium_id, seq, wanted - starts.keys())
    for code, (start, cents) in starts.items():
        since = _sums(session, consortium_id, seq, {code}, after=start)
        held[code] = cents + since.get(code, 0)
    return held


@cache
def _last_snapshot() -> Any:
    return (
        select(LedgerSnapshot.seq, LedgerSnapshot.balance_cents)
        .where(
            LedgerSnapshot.org_id == bindparam("books", type_=Uuid()),
            LedgerSnapshot.code == bindparam("code", type_=String()),
            LedgerSnapshot.seq <= bindparam("upto", type_=BigInteger()),
        )
        .order_by(col(LedgerSnapshot.seq).desc())
        .limit(1)
    )


@cache
def _sum_since() -> Any:
    return select(func.sum(LedgerEntry.amount_cents)).where(
        LedgerEntry.org_id == bindparam("books", type_=Uuid()),
        LedgerEntry.account == bindparam("code", type_=String()),
        LedgerEntry.seq > bindparam("since", type_=BigInteger()),
        LedgerEntry.seq <= bindparam("upto", type_=BigInteger()),
    )


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


def running(
    session: Session, consortium_id: UUID, code: str, seqs: Iterable[int]
) -> dict[int, int]:
    """What one account held after each of these entries: one pass over its lines."""
    wanted = sorted(set(seqs))
    if not wanted:
        return {}
    here = (LedgerEntry.org_id == consortium_id, LedgerEntry.account == code)
    total = func.sum(LedgerEntry.amount_cents)
    before = select(func.coalesce(total, 0)).where(*here, LedgerEntry.seq < wanted[0])
    balance = int(session.exec(before).one())
    query = (
        select(LedgerEntry.seq, total)
        .where(*here, LedgerEntry.seq >= wanted[0], LedgerEntry.seq <= wanted[-1])
        .group_by(col(LedgerEntry.seq))
        .order_by(col(LedgerEntry.seq))
    )
    found: dict[int, int] = {}
    asked = set(wanted)
    for seq, cents in session.exec(query):
        balance += int(cents)
        if seq in asked:
            found[seq] = balance
    return found
