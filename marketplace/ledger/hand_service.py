"""Entries by hand: one person proposes, a second person approves, then they are posted."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.ledger import correction_rules, hand_queries, hand_rules, queries, rules, service
from marketplace.ledger.correction_rules import RunStatus
from marketplace.ledger.hand_rules import RECIPES, Act
from marketplace.ledger.models import LedgerHead, ProposedEntry
from marketplace.ledger.restriction_queries import check_by_hand
from marketplace.ledger.rules import Leg


def propose_entry(
    session: Session,
    actor: Actor,
    consortium_id: UUID,
    act: Act,
    *,
    cents: int | None,
    effective_on: date,
    reason: str,
    about: str = "",
    **who: str,
) -> ProposedEntry:
    """Say what happened; nothing is posted before a second person agrees.

    `cents` is above zero; `who` names the district (NCES number), the vendor (its slug) and the
    name of the grant or fee, as the act asks. Refused when more is used than is there.
    """
    require(actor, "ledger.propose_entry", LedgerHead(org_id=consortium_id))
    reason = " ".join(reason.split())
    hand_rules.check_said(cents, reason)
    legs = hand_rules.legs_of(act, cents or 0, **who)
    rules.check_legs(legs)
    queries.lock_head(session, consortium_id)
    _check_it_can_be_posted(session, consortium_id, act, legs, effective_on)
    assert actor.user_id is not None  # the desk's roles are held by people
    entry = ProposedEntry(
        org_id=consortium_id,
        act=act.value,
        legs=[[leg.account, leg.cents] for leg in legs],
        ref=hand_rules.ref_of(act, about),
        effective_on=effective_on,
        reason=reason,
        proposed_at=clock.now(),
        proposed_by=actor.user_id,
    )
    rules.check_label("hand", entry.ref)
    if sent := hand_queries.waiting_like(session, entry):
        return sent  # the same form, sent twice
    session.add(entry)
    session.flush()
    emit(session, actor, "ledger.entry_proposed", entry, act=act.value)
    return entry


def approve_entry(session: Session, actor: Actor, entry_id: UUID) -> ProposedEntry:
    """The second person agrees, and the entry is posted if it still can be."""
    entry = hand_queries.get_proposed(session, entry_id, lock=True)
    require(actor, "ledger.approve_entry", entry)
    if entry.status is RunStatus.APPROVED and entry.decided_by == actor.user_id:
        return entry  # the button, pressed twice
    correction_rules.check_waits(entry.status, "entry")
    correction_rules.check_second_person(entry.proposed_by, actor.user_id, "entry")
    act, legs = Act(entry.act), [Leg(*leg) for leg in entry.legs]
    queries.lock_head(session, entry.org_id)
    _check_it_can_be_posted(session, entry.org_id, act, legs, entry.effective_on)

    posted = service.post(
        session,
        replace(actor, is_system=True),  # policy and a second person have let them
        entry.org_id,
        key=f"hand:{entry.id}",
        kind=RECIPES[act].kind,
        ref=entry.ref,
        effective_on=entry.effective_on,
        legs=legs,
    )
    entry.status, entry.decided_at, entry.decided_by = (
        RunStatus.APPROVED,
        clock.now(),
        actor.user_id,
    )
    entry.seq = posted.seq
    session.add(entry)
    session.flush()
    emit(session, actor, "ledger.entry_approved", entry, act=entry.act, seq=posted.seq)
    return entry


def refuse_entry(session: Session, actor: Actor, entry_id: UUID) -> ProposedEntry:
    """Turn a proposal down, or take one's own back; the books stay as they are."""
    entry = hand_queries.get_proposed(session, entry_id, lock=True)
    require(actor, "ledger.refuse_entry", entry)
    if entry.status is RunStatus.REFUSED:
        return entry
    correction_rules.check_waits(entry.status, "entry")
    entry.status, entry.decided_at, entry.decided_by = (
        RunStatus.REFUSED,
        clock.now(),
        actor.user_id,
    )
    session.add(entry)
    session.flush()
    emit(session, actor, "ledger.entry_refused", entry, act=entry.act)
    return entry


def _check_it_can_be_posted(
    session: Session, consortium_id: UUID, act: Act, legs: list[Leg], effective_on: date
) -> None:
    """Read under the lock of the books, so nothing changes between the check and the entry."""
    check_by_hand(session, consortium_id, (leg.account for leg in legs))
    today = clock.today(accounts.get_organization(session, consortium_id).time_zone)
    closed = queries.closed_through(session, consortium_id)
    hand_rules.check_day(effective_on, closed, today)
    held = hand_queries.held_by(session, consortium_id, legs)
    hand_rules.check_holds(act, legs, held)
