"""What follows from changes of a tool, what falls due by the clock, and the look at policies."""

from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock, db, jobs, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import RuleBroken
from marketplace.core.events import Event, on
from marketplace.reviews import (
    clock_service,
    evidence_queries,
    evidence_service,
    fetching,
    rubric_queries,
)

#: Pages asked for in one round, one after the other.
MOST_AT_ONCE = 10
WHY = "the watch looks at the policies of every vendor"


@on("catalogue.change_announced")
def reopen_what_it_touches(session: Session, event: Event) -> None:
    """A vendor's notice puts the answers it touches in doubt; a new model voids its tests."""
    kind = str(event.facts["kind"])
    touched, void = rubric_queries.touched_by_notice(rubric_queries.rubric(), kind)
    because = f"The vendor announced a change: {kind.replace('_', '-')}."
    evidence_service.reopen_questions(
        session,
        Actor.system(),
        UUID(event.facts["tool"]),
        touched,
        event.subject_id,
        because,
        void=void,
    )


@jobs.timed
def pass_time(session: Session) -> int:
    return clock_service.pass_time(session, Actor.system())


@jobs.timed
def remind(session: Session) -> int:
    return clock_service.remind(session, Actor.system())


@jobs.outward
def look_at_policies() -> int:
    """Ask for each policy that is due. Rows are read and written before and after, never during."""
    with tenancy.everyone(WHY), db.transaction() as session:
        due = evidence_queries.policies_to_ask(session, clock.now(), MOST_AT_ONCE)
    return sum(look_at(policy_id, url) for policy_id, url in due)


def look_at(policy_id: UUID, url: str) -> int:
    """One page; what goes wrong with it stands beside it and holds up no other."""
    try:
        page = fetching.fetch(url)
    except RuleBroken as problem:
        with tenancy.everyone(WHY), db.transaction() as session:
            evidence_service.note_failure(session, Actor.system(), policy_id, str(problem))
        return 0
    try:
        with tenancy.everyone(WHY), db.transaction() as session:
            evidence_service.capture_policy(
                session,
                Actor.system(),
                policy_id,
                content=page.content,
                media_type=page.media_type,
            )
    except RuleBroken as problem:
        with tenancy.everyone(WHY), db.transaction() as session:
            evidence_service.note_failure(session, Actor.system(), policy_id, str(problem))
        return 0
    return 1
