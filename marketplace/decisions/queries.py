"""What pages and jobs ask about decisions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization, User
from marketplace.accounts.rules import Role
from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import MemberStatus
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, NotFound
from marketplace.decisions import rules
from marketplace.decisions.models import Decision, Elector, Remark
from marketplace.decisions.rules import DecisionKind, Tally


def get_decision(session: Session, decision_id: UUID, *, lock: bool = False) -> Decision:
    """A decision; locked, it stands still (votes, deadline, outcome) until the commit."""
    query = select(Decision).where(Decision.id == decision_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such decision.")
    return found


def decision_by_number(session: Session, org_id: UUID, number: int) -> Decision:
    query = select(Decision).where(Decision.org_id == org_id, Decision.number == number)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such decision.")
    return found


def decision_of_form(session: Session, org_id: UUID, once_key: str) -> Decision | None:
    query = select(Decision).where(Decision.org_id == org_id, Decision.once_key == once_key)
    return session.exec(query).one_or_none()


def decisions_listed(org_id: UUID) -> Any:
    """The query behind the list: open ones first, then the newest."""
    return (
        select(Decision)
        .where(Decision.org_id == org_id)
        .order_by(col(Decision.closed_at).is_not(None), col(Decision.number).desc())
    )


def open_on(session: Session, org_id: UUID, subject_id: UUID) -> Decision | None:
    """The running vote on one proposal, district or draft."""
    query = select(Decision).where(
        Decision.org_id == org_id,
        Decision.subject_id == subject_id,
        col(Decision.closed_at).is_(None),
    )
    return session.exec(query).first()


def next_number(session: Session, org_id: UUID) -> int:
    query = select(func.max(Decision.number)).where(Decision.org_id == org_id)
    return int(session.exec(query).one() or 0) + 1


def electors(session: Session, decision_id: UUID) -> list[tuple[Elector, Organization]]:
    """Every district of a decision, by name."""
    query = (
        select(Elector, Organization)
        .join(Organization, col(Organization.id) == Elector.district_id)
        .where(Elector.decision_id == decision_id)
        .order_by(col(Organization.name), col(Organization.id))
    )
    return [(elector, org) for elector, org in session.exec(query)]


def elector(
    session: Session, decision_id: UUID, district_id: UUID, *, lock: bool = False
) -> Elector | None:
    query = select(Elector).where(
        Elector.decision_id == decision_id, Elector.district_id == district_id
    )
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def proxies_held(session: Session, decision_id: UUID, district_id: UUID) -> list[Elector]:
    """Votes of others that a district may cast, and has not cast yet or has."""
    query = (
        select(Elector)
        .where(Elector.decision_id == decision_id, Elector.proxy_to_id == district_id)
        .order_by(col(Elector.district_id))
    )
    return list(session.exec(query))


def tally_of(session: Session, decision: Decision) -> Tally:
    """The count as it stands now."""
    votes = [each.as_vote for each, _ in electors(session, decision.id)]
    return rules.tally(votes, decision.quorum_percent, decision.majority, decision.conflict)


def remarks(session: Session, decision_id: UUID) -> list[tuple[Remark, User, Organization]]:
    """What was said, the oldest first."""
    query = (
        select(Remark, User, Organization)
        .join(User, col(User.id) == Remark.user_id)
        .join(Organization, col(Organization.id) == Remark.for_id)
        .where(Remark.decision_id == decision_id)
        .order_by(col(Remark.said_at), col(Remark.id))
        .limit(500)
    )
    return [(remark, user, org) for remark, user, org in session.exec(query)]


def remark_of_form(session: Session, decision_id: UUID, once_key: str) -> Remark | None:
    query = select(Remark).where(Remark.decision_id == decision_id, Remark.once_key == once_key)
    return session.exec(query).one_or_none()


def due_to_close(session: Session, now: datetime) -> Sequence[UUID]:
    """Open decisions whose deadline has passed, the oldest first."""
    query = (
        select(Decision.id)
        .where(col(Decision.closed_at).is_(None), Decision.closes_at <= now)
        .order_by(col(Decision.closes_at), col(Decision.id))
        .limit(200)
    )
    return session.exec(query).all()


def check_speaks(session: Session, actor: Actor, org_id: UUID) -> None:
    """Whoever convenes speaks, and so do active members; who only observes does not."""
    if actor.has(Role.CONVENER, org_id):
        return
    member = consortia.member(session, org_id, actor.home)
    if member is None or member.status is not MemberStatus.ACTIVE:
        raise NotAllowed("Only members and their lead agency speak here. You read along.")


def speaks(session: Session, actor: Actor, org_id: UUID) -> bool:
    try:
        check_speaks(session, actor, org_id)
    except NotAllowed:
        return False
    return True


def latest_about(
    session: Session, org_id: UUID, kind: DecisionKind, subject_id: UUID
) -> Decision | None:
    """The newest decision of a kind on one thing, open or ended."""
    query = (
        select(Decision)
        .where(Decision.org_id == org_id, Decision.kind == kind, Decision.subject_id == subject_id)
        .order_by(col(Decision.number).desc())
    )
    return session.exec(query).first()


def votes_of(session: Session, org_id: UUID, district_id: UUID) -> list[tuple[Decision, Elector]]:
    """Every decision in which a district had a vote, the newest first; the last two hundred."""
    query = (
        select(Decision, Elector)
        .join(Elector, col(Elector.decision_id) == Decision.id)
        .where(Decision.org_id == org_id, Elector.district_id == district_id)
        .order_by(col(Decision.number).desc())
        .limit(200)
    )
    return [(decision, elector) for decision, elector in session.exec(query)]
