"""What only people who keep the books do: close months, correct by two, open to the public."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.ledger import correction_rules, desk_queries, queries, service
from marketplace.ledger.body import read as read_body
from marketplace.ledger.correction_rules import RunStatus
from marketplace.ledger.models import CorrectionRun, LedgerClosing, LedgerHead
from marketplace.ledger.restriction_queries import check_by_hand
from marketplace.ledger.rules import Leg, PostingKind, check_can_reverse


def close_period(
    session: Session, actor: Actor, consortium_id: UUID, through_on: date
) -> LedgerClosing:
    """Close a month and all before it; nothing is posted with a date in it any more.

    The head is locked first, so that no entry slips in between check and closing.
    """
    require(actor, "ledger.close_period", LedgerHead(org_id=consortium_id))
    queries.lock_head(session, consortium_id)
    known = desk_queries.closings(session, consortium_id)
    if known and known[0].through_on == through_on:
        return known[0]  # the same form, sent twice
    consortium = accounts.get_organization(session, consortium_id)
    closed = known[0].through_on if known else None
    today = clock.today(consortium.time_zone)
    correction_rules.check_can_close(through_on, closed, today)
    closing = LedgerClosing(
        org_id=consortium_id,
        through_on=through_on,
        closed_at=clock.now(),
        closed_by=actor.user_id,
    )
    session.add(closing)
    session.flush()
    emit(session, actor, "ledger.period_closed", closing, through_on=through_on.isoformat())
    return closing


def propose_correction(
    session: Session,
    actor: Actor,
    consortium_id: UUID,
    seq: int,
    *,
    legs: Sequence[Leg],
    reason: str,
) -> CorrectionRun:
    """Say what is right instead of an entry; nothing is posted before a second person agrees."""
    require(actor, "ledger.propose_correction", LedgerHead(org_id=consortium_id))
    queries.lock_head(session, consortium_id)
    original = queries.get_txn(session, consortium_id, seq)
    waiting = desk_queries.waiting_run(session, consortium_id, seq)
    after = [[leg.account, leg.cents] for leg in legs]
    if waiting and (waiting.legs, waiting.proposed_by) == (after, actor.user_id):
        return waiting  # the same form, sent twice
    correction_rules.check_no_other_run(waiting.id if waiting else None)
    reversal = queries.find_reversal(session, consortium_id, seq)
    check_can_reverse(original.kind, reversal.seq if reversal else None)
    reason = " ".join(reason.split())
    before = read_body(original.body).legs
    correction_rules.check_proposal(original.kind, before, list(legs), reason)
    check_by_hand(session, consortium_id, (leg.account for leg in (*before, *legs)))
    assert actor.user_id is not None  # the desk's roles are held by people
    run = CorrectionRun(
        org_id=consortium_id,
        seq=seq,
        legs=after,
        reason=reason,
        proposed_at=clock.now(),
        proposed_by=actor.user_id,
    )
    session.add(run)
    session.flush()
    emit(session, actor, "ledger.correction_proposed", run, seq=seq)
    return run


def approve_correction(session: Session, actor: Actor, run_id: UUID) -> CorrectionRun:
    """The second person agrees: cancel the entry and post what is right, both or neither."""
    run = desk_queries.get_run(session, run_id, lock=True)
    require(actor, "ledger.approve_correction", run)
    if run.status is RunStatus.APPROVED and run.decided_by == actor.user_id:
        return run  # the button, pressed twice
    correction_rules.check_waits(run.status)
    correction_rules.check_second_person(run.proposed_by, actor.user_id)

    original = queries.get_txn(session, run.org_id, run.seq)
    signed = replace(actor, is_system=True)  # policy and a second person have let them
    reversal = service.reverse(
        session,
        signed,
        run.org_id,
        run.seq,
        key=f"correction:{run.id}:cancels",
        reason=run.reason,
        approved=True,
    )
    posted = service.post(
        session,
        signed,
        run.org_id,
        key=f"correction:{run.id}:posts",
        kind=PostingKind.CORRECTION,
        ref=correction_rules.ref_of_correction(original.ref, run.seq),
        effective_on=read_body(reversal.body).effective_on,
        legs=[Leg(*leg) for leg in run.legs],
    )
    run.status, run.decided_at, run.decided_by = RunStatus.APPROVED, clock.now(), actor.user_id
    run.reversal_seq, run.correction_seq = reversal.seq, posted.seq
    session.add(run)
    session.flush()
    emit(session, actor, "ledger.corrected", run, seq=run.seq, correction=posted.seq)
    return run


def refuse_correction(session: Session, actor: Actor, run_id: UUID) -> CorrectionRun:
    """Turn a proposal down, or take one's own back; the books stay as they are."""
    run = desk_queries.get_run(session, run_id, lock=True)
    require(actor, "ledger.refuse_correction", run)
    if run.status is RunStatus.REFUSED:
        return run
    correction_rules.check_waits(run.status)
    run.status, run.decided_at, run.decided_by = RunStatus.REFUSED, clock.now(), actor.user_id
    session.add(run)
    session.flush()
    emit(session, actor, "ledger.correction_refused", run, seq=run.seq)
    return run
