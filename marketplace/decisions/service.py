"""What members and their lead do with decisions: speak, vote, give a proxy; how one is closed.

Opening one and what passing opens next stand in files of their own and are called from here.
"""

from dataclasses import asdict
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Member
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.decisions import queries, rules
from marketplace.decisions.models import Decision, Elector, Remark
from marketplace.decisions.next_step_service import note_next_step, prepare_pool
from marketplace.decisions.opening_service import Question, open_decision
from marketplace.decisions.rules import Choice

__all__ = [
    "Question",
    "cast_vote",
    "close_decision",
    "declare_conflict",
    "give_proxy",
    "note_next_step",
    "open_decision",
    "prepare_pool",
    "remark",
]


def remark(session: Session, actor: Actor, decision_id: UUID, words: str, once_key: str) -> Remark:
    """Say something about an open decision; the same form again says nothing twice."""
    decision = queries.get_decision(session, decision_id, lock=True)
    require(actor, "decisions.remark", decision)
    if found := queries.remark_of_form(session, decision_id, once_key):
        return found
    queries.check_speaks(session, actor, decision.org_id)
    rules.check_is_open(decision.closed_at is None, decision.closes_at, clock.now())
    rules.check_words(words)
    said = Remark(
        org_id=decision.org_id,
        decision_id=decision_id,
        user_id=actor.person,
        for_id=actor.home,
        words=words.strip(),
        said_at=clock.now(),
        once_key=once_key,
    )
    session.add(said)
    session.flush()
    emit(session, actor, "decisions.remarked", decision, number=decision.number)
    return said


def cast_vote(
    session: Session,
    actor: Actor,
    decision_id: UUID,
    choice: Choice,
    for_district_id: UUID | None = None,
) -> Elector:
    """The named voter's vote, or the vote of a district that gave its proxy. It is final: the
    row of the district is locked, so two people never vote for one district twice. The same
    person pressing twice changes nothing."""
    decision, member = _stand_up(session, actor, decision_id)
    require(actor, "decisions.cast_vote", member)
    own = _own_row(session, decision_id, member)
    voting = own
    if for_district_id and for_district_id != actor.home:
        found = queries.elector(session, decision_id, for_district_id, lock=True)
        if found is None or found.proxy_to_id != actor.home:
            raise NotFound("That district has not given its vote to yours.")
        voting = found
    if voting.choice is choice and voting.cast_by_id == actor.user_id:
        return voting
    rules.check_is_open(decision.closed_at is None, decision.closes_at, clock.now())
    whose = accounts.get_organization(session, voting.district_id).name
    rules.check_can_vote(voting.choice, voting.conflicted_at is not None, whose)
    voting.choice, voting.cast_at = choice, clock.now()
    voting.cast_by_id, voting.cast_for_id = actor.person, actor.home
    session.flush()
    emit(
        session,
        actor,
        "decisions.voted",
        decision,
        district=str(voting.district_id),
        by_proxy=voting is not own,
    )
    return voting


def declare_conflict(session: Session, actor: Actor, decision_id: UUID, words: str) -> Elector:
    """The district has an interest of its own in this decision, so it does not vote."""
    decision, member = _stand_up(session, actor, decision_id)
    require(actor, "decisions.declare_conflict", member)
    own = _own_row(session, decision_id, member)
    if own.conflicted_at is not None:
        return own
    rules.check_is_open(decision.closed_at is None, decision.closes_at, clock.now())
    whose = accounts.get_organization(session, own.district_id).name
    rules.check_can_vote(own.choice, False, whose)
    rules.check_words(words)
    own.conflict_words, own.conflicted_at = words.strip(), clock.now()
    own.proxy_to_id = None
    session.flush()
    emit(session, actor, "decisions.conflict_declared", decision, district=str(own.district_id))
    return own


def give_proxy(
    session: Session, actor: Actor, decision_id: UUID, to_id: UUID, words: str
) -> Elector:
    """Let another member cast this district's vote; until it has, the district may vote itself."""
    decision, member = _stand_up(session, actor, decision_id)
    require(actor, "decisions.give_proxy", member)
    own = _own_row(session, decision_id, member)
    if own.proxy_to_id == to_id:
        return own
    rules.check_is_open(decision.closed_at is None, decision.closes_at, clock.now())
    whose = accounts.get_organization(session, own.district_id).name
    rules.check_can_vote(own.choice, own.conflicted_at is not None, whose)
    holder = queries.elector(session, decision_id, to_id, lock=True)
    if holder is None:
        raise NotFound("That district has no vote in this decision.")
    rules.check_proxy(
        decision.proxies,
        to_id == own.district_id,
        holder.conflicted_at is not None,
        len(queries.proxies_held(session, decision_id, to_id)),
    )
    rules.check_words(words)
    own.proxy_to_id, own.proxy_words, own.proxy_at = to_id, words.strip(), clock.now()
    session.flush()
    emit(
        session,
        actor,
        "decisions.proxy_given",
        decision,
        district=str(own.district_id),
        to=str(to_id),
    )
    return own


def _stand_up(session: Session, actor: Actor, decision_id: UUID) -> tuple[Decision, Member]:
    """The locked decision, and what the actor's district is to the consortium."""
    decision = queries.get_decision(session, decision_id, lock=True)
    return decision, consortia.get_member(session, decision.org_id, actor.home)


def _own_row(session: Session, decision_id: UUID, member: Member) -> Elector:
    own = queries.elector(session, decision_id, member.district_id, lock=True)
    if own is None:
        raise RuleBroken("Your district joined after this vote was opened, so it has no vote.")
    return own


def close_decision(session: Session, actor: Actor, decision_id: UUID) -> Decision:
    """Publish the outcome once the deadline has passed or nothing can change it any more.

    The row is locked and looked at again, so two workers close it once.
    """
    decision = queries.get_decision(session, decision_id, lock=True)
    require(actor, "decisions.close_decision", decision)
    if decision.closed_at is not None:
        return decision
    counted = queries.tally_of(session, decision)
    if clock.now() < decision.closes_at and not counted.decided:
        return decision
    decision.closed_at, decision.outcome = clock.now(), counted.outcome
    decision.counted = asdict(counted)
    session.flush()
    emit(
        session,
        actor,
        "decisions.closed",
        decision,
        number=decision.number,
        kind=str(decision.kind),
        outcome=str(decision.outcome),
    )
    return decision
