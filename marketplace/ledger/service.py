"""The only writer of the books: open them, post an entry, cancel an entry."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from marketplace.core import clock, tenancy
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import desk_queries, queries, rules
from marketplace.ledger.body import Body
from marketplace.ledger.body import read as read_body
from marketplace.ledger.engines import engine_of
from marketplace.ledger.models import BooksOf, LedgerClosing, LedgerHead, Posted
from marketplace.ledger.openness_service import set_openness
from marketplace.ledger.proof_service import give_receipt
from marketplace.ledger.restriction_queries import check_by_hand
from marketplace.ledger.restriction_service import restrict_fund
from marketplace.ledger.rules import Leg, PostingKind

#: Written in a file of its own, asked for here.
__all__ = [
    "give_receipt",
    "open_books",
    "post",
    "restrict_fund",
    "reverse",
    "seal_books",
    "set_openness",
]

#: What migration 0012 makes both engines say.
PERIOD_IS_CLOSED = "ledger: the period is closed"


def open_books(session: Session, actor: Actor, consortium_id: UUID) -> BooksOf:
    """Give a consortium its empty books; books that are open stay as they are."""
    books = BooksOf(consortium_id)
    require(actor, "ledger.open_books", books)
    tenancy.check_may_write(LedgerHead, consortium_id)
    session.flush()  # the consortium itself may be as new as its books
    connection = session.connection()
    if engine_of(connection).open_books(connection, consortium_id):
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
) -> Posted:
    """Add an entry at the end of the books; the same key again changes nothing.

    Debits are positive, credits negative, and they cancel. The caller names what happened
    with `key` (“invoice:AL-0001”), so a double click or a replay finds the first entry.
    """
    require(actor, "ledger.post", BooksOf(consortium_id))
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
) -> Posted:
    """Cancel an entry by its mirror image; both stay, each points to the other.

    `approved` is said by a correction run alone: two people have agreed. The reason goes into
    the audit trail, not into the books: those are public for ever.
    """
    require(actor, "ledger.reverse", BooksOf(consortium_id))
    if not reason.strip():
        raise RuleBroken("Say why this entry is cancelled.")
    queries.lock_head(session, consortium_id)
    original = queries.get_txn(session, consortium_id, seq)
    reversed_by = queries.find_reversal(session, consortium_id, seq)
    if reversed_by is None or reversed_by.idem_key != key:
        rules.check_can_reverse(original.kind, reversed_by.seq if reversed_by else None)
        rules.check_reversed_by_one(not approved and desk_queries.is_settled(session, original))
        if not approved:
            lines = read_body(original.body).legs
            check_by_hand(session, consortium_id, (leg.account for leg in lines))
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


def _write(session: Session, actor: Actor, said: Body, **facts: Any) -> Posted:
    rules.check_label(said.key, said.ref)
    rules.check_legs(said.legs)
    books = BooksOf(UUID(said.consortium))
    tenancy.check_may_write(LedgerHead, books.org_id)
    text = said.canonical()
    connection = session.connection()
    with _in_an_open_period(said):
        written = engine_of(connection).write(connection, said, text)
    if written is None:
        raise NotFound("There are no such books.")
    if written.earlier is None:
        kind = said.kind.value
        emit(session, actor, "ledger.posted", books, seq=written.seq, kind=kind, **facts)
    return Posted(written.seq, written.hash, written.earlier or text, said.reverses)


def seal_books(session: Session, actor: Actor, consortium_id: UUID) -> LedgerClosing:
    """Close the books for good, once every account stands at zero. The database refuses every
    entry from then on. The head is locked first, so that none slips in; again changes nothing.
    """
    require(actor, "ledger.seal_books", BooksOf(consortium_id))
    queries.lock_head(session, consortium_id)
    known = desk_queries.closings(session, consortium_id)
    if known and known[0].through_on == rules.SEALED:
        return known[0]
    held = queries.balances(session, consortium_id)
    rules.check_all_zero({balance.code: balance.cents for balance in held})
    closing = LedgerClosing(
        org_id=consortium_id,
        through_on=rules.SEALED,
        closed_at=clock.now(),
        closed_by=actor.user_id,
    )
    session.add(closing)
    session.flush()
    emit(session, actor, "ledger.books_sealed", closing)
    return closing


@contextmanager
def _in_an_open_period(said: Body) -> Iterator[None]:
    """The database keeps closed periods closed, after it has looked for the key: so a repeat of
    what was posted before the closing is harmless. Its refusal is said in words here."""
    try:
        yield
    except IntegrityError as problem:
        if PERIOD_IS_CLOSED in str(problem.orig):
            # A month is closed once it is over; today is closed in sealed books only.
            sealed = said.effective_on >= said.recorded_at.date()
            raise rules.closed_period(said.effective_on, sealed=sealed) from None
        raise
