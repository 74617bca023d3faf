"""Prove the books from the rows themselves."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.core.errors import NotFound, RuleBroken
from marketplace.ledger import rules
from marketplace.ledger.body import FIRST_PREV, Body, Head, chained, leaf_of, read
from marketplace.ledger.models import (
    LedgerAccount,
    LedgerBalance,
    LedgerEntry,
    LedgerHead,
    LedgerSnapshot,
    LedgerTxn,
)
from marketplace.ledger.rules import Leg, PostingKind

AT_ONCE = 1000
PROBLEMS_SHOWN = 50


@dataclass
class Proof:
    """What a check of one consortium's books found; no problems means they hold."""

    head: Head
    entries: int = 0
    lines: int = 0
    problems: list[str] = field(default_factory=list)
    complete: bool = True

    @property
    def ok(self) -> bool:
        return not self.problems

    def wrong(self, what: str) -> None:
        if len(self.problems) < PROBLEMS_SHOWN:
            self.problems.append(what)


def find_head(session: Session, consortium_id: UUID) -> Head | None:
    query = select(LedgerHead.seq, LedgerHead.hash).where(LedgerHead.org_id == consortium_id)
    found = session.exec(query).one_or_none()
    return Head(*found) if found else None


def verify(session: Session, consortium_id: UUID, *, at_most: int | None = None) -> Proof:
    """Compute the whole chain, every sum and every balance again from what is stored.

    `at_most` bounds the work of a page: books with more entries are left to the command,
    and the proof says that it is not complete.
    """
    head = find_head(session, consortium_id)
    if head is None:
        raise NotFound("There are no such books.")
    proof = Proof(head)
    if at_most is not None and head.seq > at_most:
        proof.complete = False
        return proof
    prev, running = FIRST_PREV, Running(_snapshots(session, consortium_id))
    for txn, legs in _with_legs(session, consortium_id, head.seq):
        proof.entries += 1
        proof.lines += len(legs)
        if txn.seq != proof.entries:
            proof.wrong(f"entry {proof.entries} is missing")
            proof.entries = txn.seq
        for what in _faults(session, txn, legs, prev):
            proof.wrong(f"entry {txn.seq}: {what}")
        prev = txn.hash
        for what in running.add(txn.seq, legs):
            proof.wrong(what)
    if (proof.entries, prev) != tuple(head):
        proof.wrong(f"the books end at entry {proof.entries}, but the head says {head.seq}")
    for what in _faults_of_balances(session, consortium_id, head.seq, running):
        proof.wrong(what)
    return proof


def _faults(session: Session, txn: Any, legs: list[Leg], prev: str) -> Iterator[str]:
    if leaf_of(txn.body) != txn.leaf:
        yield "the text was changed: it has another hash"
    if chained(prev, txn.leaf) != txn.hash:
        yield "its hash does not follow from the entry before it"
    try:
        said = read(txn.body)
    except ValueError as problem:
        yield str(problem)
        return
    if list(said.legs) != legs:
        yield "its lines differ from its sealed text"
    if said != _as_stored(txn, said):
        yield "a column differs from its sealed text"
    try:
        rules.check_legs(legs)
    except RuleBroken as problem:
        yield str(problem)
    if (said.kind is PostingKind.REVERSAL) != (said.reverses is not None):
        yield "only a reversal names the entry it cancels"
    if said.reverses is not None and not _mirrors(session, txn.org_id, said):
        yield f"it is not entry {said.reverses} mirrored"


def _as_stored(txn: Any, said: Body) -> Body:
    return Body(
        consortium=str(txn.org_id),
        key=txn.idem_key,
        recorded_at=txn.recorded_at,
        effective_on=txn.effective_on,
        by=said.by,
        kind=txn.kind,
        ref=txn.ref,
        legs=said.legs,
        reverses=txn.reverses,
    )


def _mirrors(session: Session, org_id: UUID, said: Body) -> bool:
    query = (
        select(LedgerEntry.account, LedgerEntry.amount_cents)
        .where(LedgerEntry.org_id == org_id, LedgerEntry.seq == said.reverses)
        .order_by(col(LedgerEntry.line))
    )
    return rules.mirror(Leg(*row) for row in session.exec(query)) == said.legs


@dataclass
class Running:
    """The sums of all accounts, entry after entry, and what was kept of them on the way."""

    #: (account, entry) -> what a snapshot says the account held after the entry
    kept: dict[tuple[str, int], int]
    cents: dict[str, int] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def add(self, seq: int, legs: list[Leg]) -> Iterator[str]:
        """Move the sums by an entry; yield each snapshot of it that says otherwise."""
        for leg in legs:
            self.lines[leg.account] = self.lines.get(leg.account, 0) + 1
        for code, cents in rules.totals_by_account(legs).items():
            self.cents[code] = self.cents.get(code, 0) + cents
            if self.kept and self.kept.pop((code, seq), self.cents[code]) != self.cents[code]:
                yield f"account {code}: its snapshot after entry {seq} is not the sum of its lines"


def _snapshots(session: Session, consortium_id: UUID) -> dict[tuple[str, int], int]:
    query = select(LedgerSnapshot.code, LedgerSnapshot.seq, LedgerSnapshot.balance_cents)
    rows = session.exec(query.where(LedgerSnapshot.org_id == consortium_id))
    return {(code, seq): cents for code, seq, cents in rows}


def _faults_of_balances(
    session: Session, consortium_id: UUID, last: int, running: Running
) -> Iterator[str]:
    for code, seq in sorted(running.kept):
        if seq <= last:
            yield f"account {code}: it has a snapshot after entry {seq}, which did not move it"
    beyond = select(func.count()).select_from(LedgerEntry)
    if session.exec(
        beyond.where(LedgerEntry.org_id == consortium_id, LedgerEntry.seq > last)
    ).one():
        yield f"there are lines after the last entry {last}"
    query = select(LedgerBalance.code, LedgerBalance.balance_cents, LedgerBalance.lines)
    rows = session.exec(query.where(LedgerBalance.org_id == consortium_id))
    live = {code: (cents, lines) for code, cents, lines in rows}
    for code in sorted(live.keys() | running.cents.keys()):
        cents, lines = live.get(code, (None, None))
        if cents != running.cents.get(code):
            yield f"account {code}: the balance kept is not the sum of its lines"
        elif lines != running.lines.get(code):
            yield f"account {code}: it has another number of lines than is kept"
    kinds = select(LedgerAccount.code, LedgerAccount.kind)
    for code, kind in session.exec(kinds.where(LedgerAccount.org_id == consortium_id)):
        if rules.kind_of(code) is not kind:
            yield f"account {code}: it is kept as {kind}"


def _with_legs(session: Session, consortium_id: UUID, last: int) -> Iterator[tuple[Any, list[Leg]]]:
    """Entry after entry with its lines, in pieces, so that memory does not grow."""
    done = 0
    while done < last:
        upto = done + AT_ONCE
        lines: dict[int, list[Leg]] = {}
        query = (
            select(LedgerEntry.seq, LedgerEntry.account, LedgerEntry.amount_cents)
            .where(LedgerEntry.org_id == consortium_id)
            .where(LedgerEntry.seq > done, LedgerEntry.seq <= upto)
            .order_by(col(LedgerEntry.seq), col(LedgerEntry.line))
        )
        for seq, account, cents in session.exec(query):
            lines.setdefault(seq, []).append(Leg(account, cents))
        for txn in session.exec(_txns(consortium_id, done, min(upto, last))):
            yield txn, lines.get(txn.seq, [])
        done = upto


def _txns(consortium_id: UUID, after: int, upto: int) -> Any:
    columns: tuple[Any, ...] = (
        LedgerTxn.org_id,
        LedgerTxn.seq,
        LedgerTxn.idem_key,
        LedgerTxn.body,
        LedgerTxn.leaf,
        LedgerTxn.hash,
        LedgerTxn.kind,
        LedgerTxn.ref,
        LedgerTxn.effective_on,
        LedgerTxn.recorded_at,
        LedgerTxn.reverses,
    )
    return (
        select(*columns)
        .where(LedgerTxn.org_id == consortium_id, LedgerTxn.seq > after, LedgerTxn.seq <= upto)
        .order_by(col(LedgerTxn.seq))
    )
