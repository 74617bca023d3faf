"""How a question is put to the members: what it is about, who has a vote, by which rules."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.catalogue import queries as catalogue
from marketplace.consortia import queries as consortia
from marketplace.consortia import service as consortia_service
from marketplace.consortia.models import Member
from marketplace.consortia.rules import check_not_dissolved, check_waits_for_vote, votes_of
from marketplace.core import clock, tenancy
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.costs import queries as costs
from marketplace.decisions import queries, rules
from marketplace.decisions.models import Decision, Elector
from marketplace.decisions.rules import DecisionKind
from marketplace.directory import queries as directory
from marketplace.pools import queries as pools
from marketplace.pools.rules import deadline_at


@dataclass(frozen=True)
class Question:
    """What is asked, until when. `subject` is `kind:id` where the site brings it about."""

    kind: DecisionKind
    title: str
    words: str
    closes_day: date
    closes_time: time
    subject: str = ""


def open_decision(
    session: Session,
    actor: Actor,
    org_id: UUID,
    asked: Question,
    once_key: str,
    among: Collection[UUID] | None = None,
) -> Decision:
    """Put a question to the members who are active now, by the by-laws in force now; `among`
    leaves only those whom it concerns. The same form again gives what it opened before."""
    consortium = consortia.consortium_of(session, org_id, lock=True)
    require(actor, "decisions.open_decision", consortium)
    if found := queries.decision_of_form(session, org_id, once_key):
        return found
    check_not_dissolved(consortium.status)
    queries.check_speaks(session, actor, org_id)
    rules.check_asked_here(asked.kind, among)
    rules.check_words(asked.title, "title")
    rules.check_words(asked.words)
    rules.check_subject(asked.kind, asked.subject)
    organization = accounts.get_organization(session, org_id)
    closes_at = deadline_at(asked.closes_day, asked.closes_time, organization.time_zone).at
    rules.check_deadline(closes_at, clock.now())
    members = consortia.active_members(session, org_id)
    if among is not None:
        members = [member for member in members if member.district_id in among]
    if not members:
        raise RuleBroken("There is no active member who could vote.")
    by_laws = consortia.by_laws_in_force(session, org_id)
    choices = by_laws.choices
    needed = rules.needed_for(asked.kind, choices)
    subject_id = _subject(session, actor, org_id, asked)
    decision = Decision(
        org_id=org_id,
        number=queries.next_number(session, org_id),
        kind=asked.kind,
        title=asked.title.strip(),
        words=asked.words.strip(),
        subject_id=subject_id,
        opened_at=clock.now(),
        opened_by_id=actor.person,
        closes_at=closes_at,
        time_zone=organization.time_zone,
        by_laws_version=by_laws.version,
        quorum_percent=choices.quorum_percent,
        majority=needed,
        conflict=choices.conflict,
        proxies=choices.proxies,
        once_key=once_key,
    )
    session.add(decision)
    session.flush()
    pupils = _pupils(session, members)
    for member in members:
        votes = votes_of(choices.weights, pupils.get(member.district_id))
        session.add(
            Elector(
                org_id=org_id,
                decision_id=decision.id,
                district_id=member.district_id,
                votes=votes,
            )
        )
    session.flush()
    emit(session, actor, "decisions.opened", decision, number=decision.number, kind=asked.kind)
    return decision


def _subject(session: Session, actor: Actor, org_id: UUID, asked: Question) -> UUID | None:
    """The thing that is voted on; it must be there, and no other vote on it may run."""
    if not asked.subject:
        return None
    try:
        subject_id = UUID(asked.subject.partition(":")[2])
    except ValueError:
        raise RuleBroken("Choose what exactly is voted on.", "subject") from None
    if queries.open_on(session, org_id, subject_id):
        raise RuleBroken("A vote on this is running already.", "subject")
    if asked.kind is DecisionKind.FOUND_POOL:
        _poolable(session, subject_id)
    elif asked.kind is DecisionKind.PICK_TOOL:
        catalogue.tool_by_id(session, subject_id)
    elif asked.kind is DecisionKind.RENEW_POOL:
        if pools.get_pool(session, subject_id).org_id != org_id:
            raise NotFound("There is no such pool.")
    elif asked.kind is DecisionKind.COST_METHOD:
        if costs.get_proposal(session, org_id, subject_id).withdrawn_at:
            raise RuleBroken("This proposal was withdrawn.", "subject")
    elif asked.kind is DecisionKind.ADMIT_MEMBER:
        waiting = consortia.get_member(session, org_id, subject_id)
        check_waits_for_vote(waiting.status, waiting.approved_at is not None)
    else:
        draft = consortia.by_laws_draft(session, org_id)
        if draft is None or draft.id != subject_id:
            raise NotFound("There is no such draft.")
        consortia_service.put_by_laws_to_vote(session, actor, org_id, draft.revision)
    return subject_id


def _poolable(session: Session, schedule_id: UUID) -> None:
    """The price that is voted on is on offer now, and one that can be pooled."""
    with tenancy.everyone("published prices are public"):
        offered = pools.priced_tools(session, catalogue.last_zone_today())
    if all(schedule.id != schedule_id for _tool, _edition, schedule in offered):
        raise RuleBroken("The vendor no longer offers this price. Choose another.", "subject")


def _pupils(session: Session, members: list[Member]) -> dict[UUID, int | None]:
    orgs = accounts.organizations_by_id(session, {member.district_id for member in members})
    known = directory.districts_by_leaid(session, [org.leaid or "" for org in orgs.values()])
    return {
        org.id: known[org.leaid].pupils if org.leaid in known else None for org in orgs.values()
    }
