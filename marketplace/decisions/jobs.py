"""What follows from votes: closing on time or early, letters, and what the outcome brings about."""

from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import Role
from marketplace.catalogue import queries as catalogue
from marketplace.consortia import queries as consortia
from marketplace.consortia import service as consortia_service
from marketplace.core import clock, jobs, mail
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.core.web import link_to, moment, utc
from marketplace.costs import queries as costs
from marketplace.decisions import queries, service
from marketplace.decisions.models import Decision
from marketplace.decisions.next_step_service import ABOUT_TOOLS, NO_PRICE
from marketplace.decisions.rules import OUTCOME_WORDS, DecisionKind, Outcome
from marketplace.pools import queries as pools


@jobs.timed
def close_due(session: Session) -> int:
    """Decisions whose deadline has passed are closed, each once."""
    due = queries.due_to_close(session, clock.now())
    for decision_id in due:
        service.close_decision(session, Actor.system(), decision_id)
    return len(due)


@on("decisions.voted")
@on("decisions.conflict_declared")
def close_if_decided(session: Session, event: Event) -> None:
    """Nothing that is still to come can change the outcome: close it now."""
    service.close_decision(session, Actor.system(), event.subject_id)


@on("decisions.closed")
def bring_about(session: Session, event: Event) -> None:
    """What was decided takes effect; each step is harmless to repeat."""
    decision = queries.get_decision(session, event.subject_id)
    passed = decision.outcome is Outcome.PASSED
    actor, org_id = Actor.system(), decision.org_id
    if decision.subject_id is None:
        return
    service.prepare_pool(session, actor, decision.id)
    if decision.kind is DecisionKind.CHANGE_BY_LAWS:
        consortia_service.end_by_laws_vote(
            session, actor, org_id, decision.subject_id, passed=passed
        )
    elif decision.kind is DecisionKind.COST_METHOD and passed:
        proposal = costs.get_proposal(session, org_id, decision.subject_id)
        terms = {
            "cost_method": str(proposal.method),
            "equal_bps": proposal.equal_bps,
            "rest": str(proposal.rest) if proposal.rest else None,
        }
        why = f"Adopted by decision {decision.number}: {decision.title}"
        consortia_service.adopt_cost_method(session, actor, org_id, terms, why)
    elif decision.kind is DecisionKind.ADMIT_MEMBER and passed:
        consortia_service.admit_district(session, actor, org_id, decision.subject_id)


@on("decisions.next_step")
def write_next_step(session: Session, event: Event) -> None:
    """The lead hears what to do now; a vendor without a price, that one is wanted."""
    decision = queries.get_decision(session, event.subject_id)
    if decision.kind not in ABOUT_TOOLS:
        return  # whoever asks it writes about it
    consortium = accounts.get_organization(session, decision.org_id)
    if decision.opens_pool_id is not None:
        pool = pools.get_pool(session, decision.opens_pool_id)
        text = (
            f"The members said yes: {decision.title}\n\nA draft of the pool “{pool.title}” is made "
            "for you. Look at its dates and its price, change what you must, then open it:"
        )
        page = link_to("pools.change_pool", slug=consortium.slug, pool_slug=pool.slug)
        subject = f"Draft pool to check: {pool.title}"
    else:
        text = (
            f"The members said yes: {decision.title}\n\nNo draft pool could be made yet. "
            f"{decision.next_step}\n\nYou plan the pool here:"
        )
        page = link_to("pools.create_pool", slug=consortium.slug)
        subject = f"Please plan the pool: {decision.title}"
    for person in accounts.people_with_role(session, decision.org_id, Role.CONVENER):
        mail.send(session, person.email, subject, f"{text}\n\n{page}\n")
    if decision.kind is DecisionKind.PICK_TOOL and decision.next_step == NO_PRICE:
        _ask_for_a_price(session, decision, consortium)


def _ask_for_a_price(session: Session, decision: Decision, consortium: Organization) -> None:
    assert decision.subject_id is not None
    tool = catalogue.tool_by_id(session, decision.subject_id)
    for person in accounts.people_with_role(
        session, tool.org_id, Role.ADMINISTRATOR, Role.LISTING_EDITOR
    ):
        mail.send(
            session,
            person.email,
            f"{consortium.name} picked {tool.name}",
            f"The members of {consortium.name} voted for {tool.name} and would like to buy it "
            "together. You offer no price now that a pool can use. Publish one on your tool’s "
            f"page, then the lead agency can open a pool:\n\n"
            f"{link_to('catalogue.tool', slug=tool.slug)}\n",
        )


@on("decisions.opened")
def write_voters(session: Session, event: Event) -> None:
    decision = queries.get_decision(session, event.subject_id)
    until = f"{moment(decision.closes_at, decision.time_zone)} ({utc(decision.closes_at)})"
    text = (
        f"{decision.title}\n\nYour district has a vote in {_name(session, decision)}. Cast it by "
        f"{until}. A vote is final. If you cannot vote, the one who stands in for you can."
    )
    _write(session, decision, f"Please vote: {decision.title}", text)


@on("decisions.closed")
def write_outcome(session: Session, event: Event) -> None:
    decision = queries.get_decision(session, event.subject_id)
    assert decision.outcome is not None
    words = OUTCOME_WORDS[decision.outcome]
    _write(
        session,
        decision,
        f"{words}: {decision.title}",
        f"{decision.title}\n\n{_ended(decision)} The count and the minutes are here:",
    )


def _name(session: Session, decision: Decision) -> str:
    return accounts.get_organization(session, decision.org_id).name


def _ended(decision: Decision) -> str:
    """What the outcome is, and what follows from a yes."""
    counted, outcome = decision.counted, decision.outcome
    if outcome is Outcome.NO_QUORUM:
        return (
            f"Too few took part: {counted['present']:,} of {counted['base']:,} votes, and "
            f"{decision.quorum_percent}% were needed. Nothing changes."
        )
    votes = f"{counted['yes']:,} yes, {counted['no']:,} no."
    return f"It passed: {votes}" if outcome is Outcome.PASSED else f"It did not pass: {votes}"


def _write(session: Session, decision: Decision, subject: str, text: str) -> None:
    """To the named voters and alternates of every member, each once."""
    slug = accounts.get_organization(session, decision.org_id).slug
    page = f"{mail.site_address()}/consortia/{slug}/decisions/{decision.number}"
    named: set[UUID] = set()
    for member in consortia.active_members(session, decision.org_id):
        named |= {each for each in (member.voter_id, member.alternate_id) if each}
    for person in sorted(consortia.people(session, named), key=lambda user: user.email):
        mail.send(session, person.email, subject, f"{text}\n\n{page}\n")
