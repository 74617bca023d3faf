"""How a district becomes a member, files its papers, and leaves."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts import service as accounts_service
from marketplace.accounts.rules import ROLES_OF, OrganizationKind
from marketplace.consortia import by_laws_rules, observer_queries, queries, rules
from marketplace.consortia.models import Consortium, Instrument, Member
from marketplace.consortia.rules import (
    ConsortiumStatus,
    InstrumentKind,
    InstrumentScope,
    MemberStatus,
)
from marketplace.core import clock, files
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit


def ask_to_join(
    session: Session,
    actor: Actor,
    org_id: UUID,
    *,
    accept_by_laws: bool,
    words: str = "",
) -> Member:
    """The actor's district asks to join and accepts the by-laws as they stand."""
    require(actor, "consortia.ask_to_join")
    consortium = queries.consortium_of(session, org_id)
    rules.check_goes_on(consortium.status, consortium.winding_up_on)
    member = queries.member(session, org_id, actor.home, lock=True)
    rules.check_can_ask(member.status if member else None)
    rules.check_by_laws_accepted(accept_by_laws)
    choices = queries.by_laws_in_force(session, org_id).choices
    newcomer = queries.newcomer(session, org_id, actor.home)
    by_laws_rules.check_may_join(choices, invited=False, **newcomer)
    member = member or Member(org_id=org_id, district_id=actor.home)  # type: ignore[call-arg]
    member.status, member.words = MemberStatus.REQUESTED, words.strip()
    member.asked_at, member.accepted_by_laws_version = clock.now(), consortium.by_laws_version
    member.approved_at = member.active_since = member.ended_at = None
    session.add(member)
    session.flush()
    emit(session, actor, "consortia.district_asked", member, district=str(actor.home))
    return member


def approve_request(session: Session, actor: Actor, org_id: UUID, district_id: UUID) -> Member:
    """Say yes to a district that asked; it is active once its instrument is in force."""
    member = queries.get_member(session, org_id, district_id, lock=True)
    require(actor, "consortia.approve_request", member)
    by_laws_rules.check_lead_may_admit(queries.by_laws_in_force(session, org_id).choices)
    if member.status is MemberStatus.REQUESTED and member.approved_at is None:
        member.approved_at = clock.now()
        emit(session, actor, "consortia.request_approved", member, district=str(district_id))
        _begin_if_ready(session, actor, member)
    return member


def admit_district(session: Session, actor: Actor, org_id: UUID, district_id: UUID) -> Member:
    """The members voted yes; the district is active once its paper is in force."""
    member = queries.get_member(session, org_id, district_id, lock=True)
    require(actor, "consortia.admit_district", member)
    waits = member.status in (MemberStatus.INVITED, MemberStatus.REQUESTED)
    if waits and member.approved_at is None:
        member.approved_at = clock.now()
        emit(session, actor, "consortia.request_approved", member, district=str(district_id))
        _begin_if_ready(session, actor, member)
    return member


def name_voters(
    session: Session, actor: Actor, org_id: UUID, voter_id: UUID, alternate_id: UUID | None
) -> Member:
    """Say who votes for the actor's district here, and who stands in: people of the district."""
    member = queries.get_member(session, org_id, actor.home, lock=True)
    require(actor, "consortia.name_voters", member)
    if member.status is not MemberStatus.ACTIVE:
        raise RuleBroken("Your district is not an active member.")
    own = {person.id for person in accounts.people_with_role(session, actor.home, *VOTERS)}
    rules.check_voters(voter_id, alternate_id, own)
    if (member.voter_id, member.alternate_id) != (voter_id, alternate_id):
        member.voter_id, member.alternate_id = voter_id, alternate_id
        emit(session, actor, "consortia.voters_named", member, district=str(actor.home))
    return member


#: Whose people may vote for a district.
VOTERS = ROLES_OF[OrganizationKind.DISTRICT]


def answer_invitation(
    session: Session, actor: Actor, org_id: UUID, *, join: bool, accept_by_laws: bool = False
) -> Member:
    """The invited district accepts the by-laws, or declines."""
    member = queries.get_member(session, org_id, actor.home, lock=True)
    require(actor, "consortia.answer_invitation", member)
    if member.status is not MemberStatus.INVITED:
        raise RuleBroken("This invitation is no longer open.")
    if not join:
        _end(session, actor, member)
        return member
    rules.check_by_laws_accepted(accept_by_laws)
    consortium = queries.consortium_of(session, org_id)
    member.accepted_by_laws_version = consortium.by_laws_version
    emit(session, actor, "consortia.invitation_accepted", member, district=str(actor.home))
    _begin_if_ready(session, actor, member)
    return member


#: What a paper and the row that keeps it have in common.
SAID = (
    *("kind", "covers", "signer_name", "signer_title", "signed_on", "board_date"),
    *("scope", "starts_on", "ends_on"),
)


@dataclass(frozen=True)
class Paper:
    """What is written on a membership instrument, and the signed PDF itself."""

    kind: InstrumentKind
    signer_name: str
    signer_title: str
    signed_on: date
    scope: str
    starts_on: date
    ends_on: date
    file_name: str
    file_bytes: bytes
    board_date: date | None = None
    covers: InstrumentScope = InstrumentScope.SOFTWARE


def file_instrument(
    session: Session, actor: Actor, org_id: UUID, district_id: UUID, paper: Paper
) -> Instrument:
    """Keep the signed paper of a membership; the district or the lead may file it.

    The same form sent twice finds the first paper and files no second one.
    """
    member = queries.get_member(session, org_id, district_id, lock=True)
    require(actor, "consortia.file_instrument", member)
    if member.status is MemberStatus.ENDED:
        raise RuleBroken("This membership has ended. Ask to join again first.")
    rules.check_instrument(
        paper.signed_on, paper.starts_on, paper.ends_on, paper.board_date, _today(session, org_id)
    )
    if earlier := _filed_before(session, member, paper):
        return earlier
    stored = files.store_pdf(session, actor, org_id, paper.file_name, paper.file_bytes, "file")
    session.flush()
    instrument = Instrument(
        org_id=org_id,
        member_id=member.id,
        district_id=district_id,
        kind=paper.kind,
        covers=paper.covers,
        signer_name=paper.signer_name.strip(),
        signer_title=paper.signer_title.strip(),
        signed_on=paper.signed_on,
        board_date=paper.board_date,
        scope=paper.scope.strip(),
        starts_on=paper.starts_on,
        ends_on=paper.ends_on,
        file_id=stored.id,
        filed_at=clock.now(),
    )
    session.add(instrument)
    session.flush()
    emit(session, actor, "consortia.instrument_filed", instrument, district=str(district_id))
    _begin_if_ready(session, actor, member)
    return instrument


def _filed_before(session: Session, member: Member, paper: Paper) -> Instrument | None:
    """The member's newest paper, when it is this one to the letter."""
    newest = next(iter(queries.instruments_of(session, member.id)), None)
    if newest is None or any(getattr(newest, said) != getattr(paper, said) for said in SAID):
        return None
    stored = files.get_file(session, newest.file_id)
    return newest if stored.fingerprint == sha256(paper.file_bytes).hexdigest() else None


def begin_membership(session: Session, actor: Actor, org_id: UUID, district_id: UUID) -> Member:
    """On the first day of its instrument a waiting member becomes active."""
    member = queries.get_member(session, org_id, district_id, lock=True)
    require(actor, "consortia.begin_membership", member)
    _begin_if_ready(session, actor, member)
    return member


def leave_consortium(session: Session, actor: Actor, org_id: UUID) -> Member:
    """The actor's district takes its request back at once, or gives notice: an active member
    leaves on the day the by-laws say. Its papers and past stay on file."""
    member = queries.get_member(session, org_id, actor.home, lock=True)
    require(actor, "consortia.leave_consortium", member)
    if member.status is not MemberStatus.ACTIVE:
        _end(session, actor, member)
    elif member.leaves_on is None:
        choices = queries.by_laws_in_force(session, org_id).choices
        member.leaves_on = by_laws_rules.last_day(choices, _today(session, org_id))
        emit(
            session,
            actor,
            "consortia.notice_given",
            member,
            district=str(member.district_id),
            leaves_on=member.leaves_on.isoformat(),
        )
    return member


def take_notice_back(session: Session, actor: Actor, org_id: UUID) -> Member:
    """The district stays after all; possible until its last day."""
    member = queries.get_member(session, org_id, actor.home, lock=True)
    require(actor, "consortia.leave_consortium", member)
    if member.status is MemberStatus.ACTIVE and member.leaves_on is not None:
        member.leaves_on = None
        emit(session, actor, "consortia.notice_taken_back", member, district=str(actor.home))
    return member


def end_after_notice(session: Session, actor: Actor, org_id: UUID, district_id: UUID) -> Member:
    """The day after its last one a member that gave notice is out; twice changes nothing."""
    member = queries.get_member(session, org_id, district_id, lock=True)
    require(actor, "consortia.end_after_notice", member)
    if member.leaves_on is not None and member.leaves_on < _today(session, org_id):
        _end(session, actor, member)
    return member


def remind_of_end(session: Session, actor: Actor, instrument_id: UUID) -> int | None:
    """Note that a reminder is due for a paper, once for each of its days; the letter follows."""
    paper = queries.get_instrument(session, instrument_id, lock=True)
    require(actor, "consortia.remind_of_end", paper)
    days = rules.reminder_due(paper.ends_on, _today(session, paper.org_id), paper.reminded_days)
    if days is not None:
        paper.reminded_days = days
        session.add(paper)
        emit(
            session,
            actor,
            "consortia.paper_ends",
            paper,
            district=str(paper.district_id),
            days=days,
            ends_on=paper.ends_on.isoformat(),
        )
    return days


def end_membership(session: Session, actor: Actor, org_id: UUID, district_id: UUID) -> Member:
    """The lead refuses a request, takes back an invitation or ends a membership."""
    member = queries.get_member(session, org_id, district_id, lock=True)
    require(actor, "consortia.end_membership", member)
    _end(session, actor, member)
    return member


# -- steps shared by several use cases; each asked `require` before --------------------------


def _today(session: Session, org_id: UUID) -> date:
    return clock.today(accounts.get_organization(session, org_id).time_zone)


def _begin_if_ready(session: Session, actor: Actor, member: Member) -> None:
    """Make the member active when nothing is missing any more."""
    if member.status not in (MemberStatus.INVITED, MemberStatus.REQUESTED):
        return
    consortium = queries.consortium_of(session, member.org_id, lock=True)
    today = _today(session, member.org_id)
    paper = queries.instrument_in_force(
        session, member.org_id, member.district_id, signed_by=today, until=today, since=today
    )
    if not rules.is_ready(
        member.approved_at is not None,
        member.accepted_by_laws_version,
        consortium.accept_from_version,
        paper is not None,
    ):
        return
    member.status, member.active_since = MemberStatus.ACTIVE, clock.now()
    session.flush()
    accounts_service.affiliate(session, actor, member.district_id, member.org_id)
    if observer := observer_queries.observer_of(session, member.org_id, member.district_id):
        observer.ended_at = clock.now()  # a member reads all this in its own right
    emit(session, actor, "consortia.member_joined", member, district=str(member.district_id))
    _constitute_if_enough(session, actor, consortium, today)


def _constitute_if_enough(
    session: Session, actor: Actor, consortium: Consortium, today: date
) -> None:
    active = queries.member_counts(session, [consortium.org_id]).get(consortium.org_id, 0)
    if consortium.status is ConsortiumStatus.FORMING and active >= rules.MEMBERS_TO_CONSTITUTE:
        consortium.status, consortium.constituted_on = ConsortiumStatus.CONSTITUTED, today
        emit(session, actor, "consortia.constituted", consortium)


def _end(session: Session, actor: Actor, member: Member) -> None:
    """What was stays on file; the district no longer reads what belongs to the consortium."""
    if member.status is MemberStatus.ENDED:
        return
    consortium = queries.consortium_of(session, member.org_id)
    member.status, member.ended_at = MemberStatus.ENDED, clock.now()
    member.approved_at = member.leaves_on = None
    if member.district_id not in (consortium.lead_agency_id, consortium.fiscal_agent_id):
        accounts_service.part(session, actor, member.district_id, member.org_id)
    emit(session, actor, "consortia.member_left", member, district=str(member.district_id))
