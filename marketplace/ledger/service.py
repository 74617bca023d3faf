"""The only writer of the books: open them, post an entry, cancel an entry."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import desk_queries, queries, rules
from marketplace.ledger.body import Body, chained, leaf_of
from marketplace.ledger.body import read as read_body
from marketplace.ledger.models import (
    LedgerAccount,
    LedgerBalance,
    LedgerEntry,
    LedgerHead,
    LedgerTxn,
)
from marketplace.ledger.rules import Leg, PostingKind

#: What migration 0012 makes both engines say.
PERIOD_IS_CLOSED = "ledger: the period is closed"


def open_books(session: Session, actor: Actor, consortium_id: UUID) -> LedgerHead:
    """Give a consortium its empty books; books that are open stay as they are."""
    books = LedgerHead(org_id=consortium_id)
    require(actor, "ledger.open_books", books)
    if queries.find_head(session, consortium_id) is None:
        session.add(books)
        session.flush()
        emit(session, actor, "ledger.books_opened", books)
    return books


def post(
    session: Session,
    actor: Actor,
    consortium_id: UUID,
    *,
    key: str,
    kind: PostingKind,
    ref: str,
    effective_on: date,
    legs: Sequence[Leg],
) -> LedgerTxn:
    """Add an entry at the end of the books; the same key again changes nothing.

    Debits are positive, credits negative, and they cancel. The caller names what happened
    with `key` (“invoice:AL-0001”), so a double click or a replay finds the first entry.
    """
    require(actor, "ledger.post", LedgerHead(org_id=consortium_id))
    if kind is PostingKind.REVERSAL:
        raise RuleBroken("Cancel an entry with its own command, so that both are linked.")
    return _write(
        session,
        actor,
        Body(
            consortium=str(consortium_id),
            key=key,
            recorded_at=clock.now().replace(microsecond=0),
            effective_on=effective_on,
            by=_signature(actor),
            kind=kind,
            ref=ref,
            legs=tuple(Leg(*leg) for leg in legs),
        ),
    )


def reverse(
    session: Session,
    actor: Actor,
    consortium_id: UUID,
    seq: int,
    *,
    key: str,
    reason: str,
    approved: bool = False,
) -> LedgerTxn:
    """Cancel an entry by its mirror image; both stay, each points to the other.

    `approved` is said by a correction run alone: two people have agreed. The reason goes into
    the audit trail, not into the books: those are public for ever.
    """
    require(actor, "ledger.reverse", LedgerHead(org_id=consortium_id))
    if not reason.strip():
        raise RuleBroken("Say why this entry is cancelled.")
    queries.lock_head(session, consortium_id)
    original = queries.get_txn(session, consortium_id, seq)
    reversed_by = queries.find_reversal(session, consortium_id, seq)
    if reversed_by is None or reversed_by.idem_key != key:
        rules.check_can_reverse(original.kind, reversed_by.seq if reversed_by else None)
        rules.check_reversed_by_one(not approved and desk_queries.is_settled(session, original))
    now = clock.now().replace(microsecond=0)
    return _write(
        session,
        actor,
        Body(
            consortium=str(consortium_id),
            key=key,
            recorded_at=now,
            effective_on=reversed_by.effective_on if reversed_by else now.date(),
            by=_signature(actor),
            kind=PostingKind.REVERSAL,
            ref=original.ref,
            legs=rules.mirror(read_body(original.body).legs),
            reverses=seq,
        ),
        reason=reason.strip(),
    )


def _signature(actor: Actor) -> str:
    return "system" if actor.user_id is None else str(actor.user_id)


def _write(session: Session, actor: Actor, said: Body, **facts: Any) -> LedgerTxn:
    rules.check_label(said.key, said.ref)
    rules.check_legs(said.legs)
    text = said.canonical()
    leaf = leaf_of(text)
    org_id = UUID(said.consortium)

    head = queries.lock_head(session, org_id)
    earlier = queries.find_by_key(session, org_id, said.key)
    if earlier is not None:
        if not said.says_the_same_as(read_body(earlier.body)):
            raise RuleBroken(f"Entry {earlier.seq} has the same key but says something else.")
        return earlier

    txn = LedgerTxn(
        org_id=org_id,
        seq=head.seq + 1,
        idem_key=said.key,
        body=text,
        leaf=leaf,
        hash=chained(head.hash, leaf),
        kind=said.kind,
        ref=said.ref,
        effective_on=said.effective_on,
        recorded_at=said.recorded_at,
        reverses=said.reverses,
    )
    with _in_an_open_period(said):
        _write_lines(session, txn, said.legs)
    books = LedgerHead(org_id=org_id)
    emit(session, actor, "ledger.posted", books, seq=txn.seq, kind=txn.kind.value, **facts)
    return txn


@contextmanager
def _in_an_open_period(said: Body) -> Iterator[None]:
    """The database keeps closed periods closed, after it has looked for the key: so a repeat of
    what was posted before the closing is harmless. Its refusal is said in words here."""
    try:
        yield
    except IntegrityError as problem:
        if PERIOD_IS_CLOSED in str(problem.orig):
            raise rules.closed_period(said.effective_on) from None
        raise


def _write_lines(session: Session, txn: LedgerTxn, legs: Sequence[Leg]) -> None:
    """Lines first, then the entry that seals them, then the head: triggers ask for this order."""
    totals = rules.totals_by_account(legs)
    accounts = [
        {"org_id": txn.org_id, "code": code, "kind": rules.kind_of(code)} for code in totals
    ]
    lines = [
        {
            "org_id": txn.org_id,
            "seq": txn.seq,
            "line": number,
            "account": leg.account,
            "amount_cents": leg.cents,
        }
        for number, leg in enumerate(legs, 1)
    ]
    balances = [
        {"org_id": txn.org_id, "code": code, "balance_cents": cents, "seq": txn.seq}
        for code, cents in totals.items()
    ]
    session.execute(_upsert(session, LedgerAccount).on_conflict_do_nothing(), accounts)
    # With RETURNING a thousand lines go in one statement, and so does the check of them.
    session.execute(insert(LedgerEntry).returning(col(LedgerEntry.line)), lines)
    session.add(txn)
    session.flush()
    change = _upsert(session, LedgerBalance)
    added = {
        "balance_cents": LedgerBalance.balance_cents + change.excluded.balance_cents,
        "seq": change.excluded.seq,
    }
    session.execute(
        change.on_conflict_do_update(index_elements=["org_id", "code"], set_=added), balances
    )
    session.execute(
        update(LedgerHead)
        .where(col(LedgerHead.org_id) == txn.org_id)
        .values(seq=txn.seq, hash=txn.hash)
        .execution_options(synchronize_session=False)
    )


def _upsert(session: Session, table: type[SQLModel]) -> Any:
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    return (insert_on_postgresql if on_postgresql else insert_on_sqlite)(table)
