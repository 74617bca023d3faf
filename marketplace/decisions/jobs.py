"""What follows from votes: closing on time or early, letters, and what the outcome brings about."""

from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.consortia import queries as consortia
from marketplace.consortia import service as consortia_service
from marketplace.core import clock, jobs, mail
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.costs import queries as costs
from marketplace.decisions import queries, service
from marketplace.decisions.models import Decision
from marketplace.decisions.rules import OUTCOME_WORDS, DecisionKind, Outcome


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


@on("decisions.opened")
def write_voters(session: Session, event: Event) -> None:
    decision = queries.get_decision(session, event.subject_id)
    text = (
        f"{decision.title}\n\nYour district has a vote. It is open until "
        f"{decision.closes_at:%Y-%m-%d %H:%M} UTC; the page shows your consortium’s own time."
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
        f"{decision.title}\n\n{words}. The count and the minutes are here:",
    )


def _write(session: Session, decision: Decision, subject: str, text: str) -> None:
    """To the named voters and alternates of every member, each once."""
    slug = accounts.get_organization(session, decision.org_id).slug
    page = f"{mail.site_address()}/consortia/{slug}/decisions/{decision.number}"
    named: set[UUID] = set()
    for member in consortia.active_members(session, decision.org_id):
        named |= {each for each in (member.voter_id, member.alternate_id) if each}
    for person in sorted(consortia.people(session, named), key=lambda user: user.email):
        mail.send(session, person.email, subject, f"{text}\n\n{page}\n")
