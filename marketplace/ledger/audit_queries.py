"""The books of a period as an auditor takes them away: entries, statements, proofs, programs."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import case, func, literal, tuple_
from sqlmodel import Session, col, select

from marketplace.ledger import checkpoint_queries, export_queries, exports, outsider
from marketplace.ledger.exports import CSV_COLUMNS, Format
from marketplace.ledger.models import LedgerEntry, LedgerTxn
from marketplace.ledger.proof_models import LedgerCheckpoint, LedgerReceipt

AT_ONCE = 1000
Files = Iterator[tuple[str, Iterable[bytes]]]


class Period(NamedTuple):
    """Entries that count from these days, both included."""

    since: date
    until: date


def last_entry(session: Session, consortium_id: UUID, period: Period) -> int:
    """The newest entry that counts from the period or before it; 0 when there is none."""
    query = select(func.max(LedgerTxn.seq)).where(
        LedgerTxn.org_id == consortium_id, LedgerTxn.effective_on <= period.until
    )
    return session.exec(query).one() or 0


def audit_files(session: Session, consortium_id: UUID, period: Period) -> Files:
    """Name and content of each file, read as it is asked for."""
    last = last_entry(session, consortium_id, period)
    yield (
        "entries/sealed-entries.jsonl",
        _encoded(
            exports.write(
                Format.JSONL, None, export_queries.sealed(session, consortium_id, upto=last)
            )
        ),
    )
    yield "entries/entries-of-the-period.csv", _lines(session, consortium_id, period, last)
    yield "statements/trial-balance.csv", _trial_balance(session, consortium_id, period, last)
    yield "statements/accounts.csv", _statements(session, consortium_id, period, last)
    for checkpoint in _checkpoints(session, consortium_id, period, last):
        yield f"proofs/checkpoint-{checkpoint.day}.txt", [checkpoint.note.encode()]
    yield "proofs/receipts.csv", _receipts(session, consortium_id, last)
    for program in (outsider.LEDGER, outsider.PROOF):
        yield program.name, [program.read_bytes()]


def _checkpoints(
    session: Session, consortium_id: UUID, period: Period, last: int
) -> list[LedgerCheckpoint]:
    """Those of the period that have no more entries than the file, and the last one before."""
    found = checkpoint_queries.checkpoints_between(session, consortium_id, date.min, date.max)
    held = [each for each in found if each.size <= last]
    within = [each for each in held if period.since <= each.day <= period.until]
    return (
        [each for each in held if each.day < period.since][-1:]
        + within
        + [each for each in held if each.day > period.until][-1:]
    )


def _encoded(blocks: Iterable[str]) -> Iterator[bytes]:
    return (block.encode() for block in blocks)


def _csv(rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    def lines() -> Iterator[str]:
        for row in rows:
            line = io.StringIO()
            csv.writer(line).writerow(row)
            yield line.getvalue()

    return _encoded(exports.in_blocks(lines()))


def _lines(session: Session, consortium_id: UUID, period: Period, last: int) -> Iterator[bytes]:
    entries = export_queries.sealed(session, consortium_id, upto=last)
    head = exports.write(Format.CSV, exports.Cover("", (), period.since), [])
    within = (
        line
        for entry in entries
        for line in exports.write(Format.CSV, None, [entry])
        if period.since.isoformat() <= _effective_on(line) <= period.until.isoformat()
    )
    return _encoded(exports.in_blocks(_both(head, within)))


def _effective_on(line: str) -> str:
    return line.split(",", 4)[CSV_COLUMNS.index("effective_on")]


def _both(first: Iterable[str], second: Iterable[str]) -> Iterator[str]:
    yield from first
    yield from second


def _sums(
    session: Session, consortium_id: UUID, last: int, *conditions: Any
) -> dict[str, tuple[int, int]]:
    """account -> (debits, credits) of lines up to an entry that meet the conditions."""
    cents = col(LedgerEntry.amount_cents)
    debit = func.sum(case((cents > 0, cents), else_=0))
    query = (
        select(LedgerEntry.account, debit, func.sum(cents))
        .join(
            LedgerTxn,
            (col(LedgerTxn.org_id) == LedgerEntry.org_id) & (col(LedgerTxn.seq) == LedgerEntry.seq),
        )
        .where(LedgerEntry.org_id == consortium_id, LedgerEntry.seq <= last, *conditions)
        .group_by(col(LedgerEntry.account))
    )
    return {a: (int(d), int(d) - int(total)) for a, d, total in session.exec(query)}


def _trial_balance(
    session: Session, consortium_id: UUID, period: Period, last: int
) -> Iterator[bytes]:
    on = col(LedgerTxn.effective_on)
    before = _sums(session, consortium_id, last, on < period.since)
    within = _sums(session, consortium_id, last, on >= period.since, on <= period.until)
    rows: list[tuple[Any, ...]] = []
    for code in sorted(before.keys() | within.keys()):
        opening = before.get(code, (0, 0))[0] - before.get(code, (0, 0))[1]
        debits, credits = within.get(code, (0, 0))
        rows.append((code, opening, debits, credits, opening + debits - credits))
    total = ("total", *(sum(column) for column in list(zip(*rows))[1:]))
    header = ("account", "opening_cents", "debits_cents", "credits_cents", "closing_cents")
    return _csv([header, *rows, total])


def _statements(
    session: Session, consortium_id: UUID, period: Period, last: int
) -> Iterator[bytes]:
    """Every account in turn: its opening balance, then its rows with the balance after each."""
    before = _sums(session, consortium_id, last, col(LedgerTxn.effective_on) < period.since)

    def rows() -> Iterator[tuple[object, ...]]:
        yield ("account", "effective_on", "seq", "line", "kind", "ref", "amount_cents",
               "balance_cents")  # fmt: skip
        at, held = "", 0
        for account, seq, line, cents, on, kind, ref in _of_period(
            session, consortium_id, period, last
        ):
            if account != at:
                debits, credits = before.get(account, (0, 0))
                at, held = account, debits - credits
                yield (account, period.since, "", "", "opening", "", "", held)
            held += cents
            yield (account, on, seq, line, kind.value, ref, cents, held)

    return _csv(rows())


def _of_period(
    session: Session, consortium_id: UUID, period: Period, last: int
) -> Iterator[tuple[Any, ...]]:
    place = ("", 0, 0)
    columns: tuple[Any, ...] = (
        LedgerEntry.account,
        LedgerEntry.seq,
        LedgerEntry.line,
        LedgerEntry.amount_cents,
        LedgerTxn.effective_on,
        LedgerTxn.kind,
        LedgerTxn.ref,
    )
    order = [col(LedgerEntry.account), col(LedgerEntry.seq), col(LedgerEntry.line)]
    query = (
        select(*columns)
        .join(
            LedgerTxn,
            (col(LedgerTxn.org_id) == LedgerEntry.org_id) & (col(LedgerTxn.seq) == LedgerEntry.seq),
        )
        .where(LedgerEntry.org_id == consortium_id, LedgerEntry.seq <= last)
        .where(LedgerTxn.effective_on >= period.since, LedgerTxn.effective_on <= period.until)
        .order_by(*order)
        .limit(AT_ONCE)
    )
    while rows := session.exec(query.where(tuple_(*order) > tuple_(*map(literal, place)))).all():
        yield from rows
        place = (rows[-1][0], rows[-1][1], rows[-1][2])


def _receipts(session: Session, consortium_id: UUID, last: int) -> Iterator[bytes]:
    query = (
        select(LedgerReceipt.paper, LedgerReceipt.seq, LedgerReceipt.hash, LedgerReceipt.sent_at)
        .where(LedgerReceipt.org_id == consortium_id, LedgerReceipt.seq <= last)
        .order_by(col(LedgerReceipt.seq), col(LedgerReceipt.paper))
    )
    rows = [
        (paper, seq, seal, f"{sent_at:%Y-%m-%dT%H:%M:%SZ}")
        for paper, seq, seal, sent_at in session.exec(query)
    ]
    return _csv([("paper", "seq", "hash", "sent_at"), *rows])
