"""What follows from events of a consortium: letters, and memberships that begin on their day."""

from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.consortia import handover_queries, queries, service
from marketplace.consortia.handover_rules import OFFICE_WORDS, ROLE_OF
from marketplace.consortia.rules import MemberStatus
from marketplace.core import clock, jobs, mail
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.core.web import day

#: Members are districts of the fifty states; a paper's first day begins for the last of them.
LAST_ZONE = "Pacific/Honolulu"


@jobs.timed
def begin_due(session: Session) -> int:
    """Members whose instrument starts today become active."""
    waiting = queries.due_to_begin(session, clock.today(LAST_ZONE))
    began = [
        service.begin_membership(session, Actor.system(), member.org_id, member.district_id)
        for member in waiting
    ]
    return sum(member.status is MemberStatus.ACTIVE for member in began)


@jobs.timed
def end_due(session: Session) -> int:
    """Members whose notice has run out are out, wherever the day has ended."""
    leaving = queries.leaving_by(session, clock.today(LAST_ZONE))
    for member in leaving:
        service.end_after_notice(session, Actor.system(), member.org_id, member.district_id)
    return len(leaving)


@jobs.timed
def remind_due(session: Session) -> int:
    """Papers that end in 180, 90, 60 or 30 days: one reminder each time."""
    ending = queries.papers_ending(session, clock.today(LAST_ZONE))
    return sum(
        service.remind_of_end(session, Actor.system(), paper.id) is not None for paper in ending
    )


@jobs.timed
def warn_of_terms(session: Session) -> int:
    """Consortia whose own term ends in 180, 90, 60 or 30 days: one warning each time."""
    ending = queries.terms_ending(session, clock.today(LAST_ZONE))
    return sum(service.warn_of_term(session, Actor.system(), org) is not None for org in ending)


def _write_district(session: Session, event: Event, subject: str, text: str) -> None:
    roles = (Role.ADMINISTRATOR, Role.BUYER)
    people = accounts.people_with_role(session, UUID(event.facts["district"]), *roles)
    consortium = accounts.get_organization(session, event.org_id)
    for person in people:
        address = f"{mail.site_address()}/consortia/{consortium.slug}"
        mail.send(
            session,
            person.email,
            subject.format(name=consortium.name),
            f"{text.format(name=consortium.name)}\n\n{address}\n",
        )


def _write_lead(session: Session, event: Event, subject: str, text: str) -> None:
    consortium = accounts.get_organization(session, event.org_id)
    district = accounts.get_organization(session, UUID(event.facts["district"]))
    words = {"name": consortium.name, "district": district.name}
    for person in accounts.people_with_role(session, event.org_id, Role.CONVENER):
        address = f"{mail.site_address()}/c/{consortium.slug}/"
        mail.send(
            session, person.email, subject.format(**words), f"{text.format(**words)}\n\n{address}\n"
        )


@on("consortia.district_invited")
def write_invitation(session: Session, event: Event) -> None:
    _write_district(
        session,
        event,
        "{name} invites your district",
        "{name} invites your district to join. Read the by-laws and answer on its page:",
    )


@on("consortia.by_laws_adopted")
def write_by_laws(session: Session, event: Event) -> None:
    """Every member learns of new by-laws, and whether it must accept them."""
    consortium = accounts.get_organization(session, event.org_id)
    page = f"{mail.site_address()}/consortia/{consortium.slug}/by-laws"
    text = f"Version {event.facts['version']} of the by-laws of {consortium.name} is in force. "
    if event.facts["major"]:
        text += "Your district must accept it before it makes new commitments:"
        page += "/accept"
    else:
        text += "The change is minor, so you need not do anything. Read it here:"
    for member in queries.active_members(session, event.org_id):
        roles = (Role.ADMINISTRATOR, Role.BUYER)
        for person in accounts.people_with_role(session, member.district_id, *roles):
            subject = f"New by-laws of {consortium.name}"
            mail.send(session, person.email, subject, f"{text}\n\n{page}\n")


@on("consortia.district_asked")
def write_request(session: Session, event: Event) -> None:
    _write_lead(
        session,
        event,
        "{district} asks to join {name}",
        "{district} asks to join {name} and accepts its by-laws. Answer on your desk:",
    )


@on("consortia.request_approved")
def write_approval(session: Session, event: Event) -> None:
    _write_district(
        session,
        event,
        "{name} says yes to your district",
        "{name} says yes to your district. You are a member once your signed paper is on file:",
    )


@on("consortia.member_joined")
def write_welcome(session: Session, event: Event) -> None:
    _write_district(
        session,
        event,
        "Your district is a member of {name}",
        "Your district is now an active member of {name}. You can commit seats to its pools:",
    )


@on("consortia.paper_ends")
def write_paper_ends(session: Session, event: Event) -> None:
    """To the district and its lead agency."""
    ends_on = day(date.fromisoformat(event.facts["ends_on"]))
    words = f"ends on {ends_on}, in {event.facts['days']} days or sooner"
    _write_district(
        session,
        event,
        "Your membership paper of {name} ends soon",
        f"The signed paper of your membership in {{name}} {words}. Commitments and orders need "
        "one that covers their whole term. File the next one here:",
    )
    _write_lead(
        session,
        event,
        "The paper of {district} ends soon",
        f"The membership paper of {{district}} in {{name}} {words}:",
    )


def _write_members(session: Session, org_id: UUID, subject: str, text: str, page: str) -> None:
    """To whoever leads, keeps the money, votes or buys, each once."""
    people = accounts.people_with_role(session, org_id, Role.CONVENER, Role.FISCAL_AGENT)
    for member in queries.active_members(session, org_id):
        roles = (Role.ADMINISTRATOR, Role.APPROVER, Role.BUYER)
        people += accounts.people_with_role(session, member.district_id, *roles)
    for email in sorted({person.email for person in people}):
        mail.send(session, email, subject, f"{text}\n\n{mail.site_address()}{page}\n")


@on("consortia.term_ends")
def write_term_ends(session: Session, event: Event) -> None:
    """To the lead and every member: no pool may outlive the consortium."""
    consortium = accounts.get_organization(session, event.org_id)
    ends_on = day(date.fromisoformat(event.facts["ends_on"]))
    _write_members(
        session,
        event.org_id,
        f"{consortium.name} ends on {ends_on}",
        f"By its by-laws {consortium.name} runs until {ends_on}, in {event.facts['days']} days or "
        "sooner. No pool can be opened whose term ends later.\n\nTo go on, the lead agency puts "
        "by-laws with a longer term to a vote. Otherwise the members dissolve the consortium. "
        "The by-laws are here:",
        f"/consortia/{consortium.slug}/by-laws",
    )


@on("consortia.winds_up")
def write_winding_up(session: Session, event: Event) -> None:
    consortium = accounts.get_organization(session, event.org_id)
    _write_members(
        session,
        event.org_id,
        f"{consortium.name} is being dissolved",
        f"It is decided that {consortium.name} ends. No new pool opens and nobody new joins. Your "
        "orders and licenses run on to the end of their term. Open bills must be paid, and what "
        "is left over or missing is shared by the by-laws. What is still open stands here:",
        f"/consortia/{consortium.slug}/end",
    )


@on("consortia.dissolved")
def write_dissolved(session: Session, event: Event) -> None:
    consortium = accounts.get_organization(session, event.org_id)
    _write_members(
        session,
        event.org_id,
        f"{consortium.name} is dissolved",
        f"{consortium.name} is dissolved. Every account stood at zero, and its books are sealed. "
        "There is nothing to do. All papers, votes and books stay to be read:",
        f"/consortia/{consortium.slug}",
    )


@on("consortia.observer_named")
def write_observer(session: Session, event: Event) -> None:
    consortium = accounts.get_organization(session, event.org_id)
    observer = UUID(event.facts["observer"])
    for person in accounts.people_with_role(session, observer, Role.ADMINISTRATOR):
        mail.send(
            session,
            person.email,
            f"You may read along in {consortium.name}",
            f"{consortium.name} lets your organization observe. You read what its members read: "
            "votes, what is said about them, and running terms. You do not vote or buy there.\n\n"
            f"{mail.site_address()}/consortia/{consortium.slug}\n",
        )


@on("consortia.notice_given")
def write_notice(session: Session, event: Event) -> None:
    last = day(date.fromisoformat(event.facts["leaves_on"]))
    _write_lead(
        session,
        event,
        "{district} leaves {name}",
        f"{{district}} has given notice. Its last day in {{name}} is {last}:",
    )


@on("consortia.member_left")
def write_farewell(session: Session, event: Event) -> None:
    _write_lead(
        session,
        event,
        "{district} is no longer in {name}",
        "{district} is no longer a member of {name}. Its papers stay on file:",
    )


@on("consortia.office_offered")
@on("consortia.office_accepted")
@on("consortia.office_declined")
@on("consortia.office_taken_back")
def write_both_sides(session: Session, event: Event) -> None:
    """To the administrators of both agencies and to who holds the office in the consortium."""
    offer = handover_queries.get_handover(session, event.subject_id)
    sides = accounts.organizations_by_id(session, {offer.from_id, offer.to_id, offer.org_id})
    old, new, consortium = (sides[i] for i in (offer.from_id, offer.to_id, offer.org_id))
    what = f"{OFFICE_WORDS[offer.office]} of {consortium.name}"
    text = {
        "office_offered": f"{old.name} offers {new.name} to become the {what}. An administrator "
        f"of {new.name} accepts or declines here:",
        "office_accepted": f"{new.name} is the {what} now, after {old.name}. What every account "
        "held at that moment is printed here:",
        "office_declined": f"{new.name} has declined to become the {what}. All stays as it is:",
        "office_taken_back": f"{old.name} has taken its offer back: {what}. All stays as it is:",
    }[event.name.partition(".")[2]]
    page = f"{mail.site_address()}/consortia/{consortium.slug}/hand-overs/{offer.id}"
    people = {
        person.email
        for agency in (old, new)
        for person in accounts.people_with_role(session, agency.id, Role.ADMINISTRATOR)
    } | {
        person.email
        for person in accounts.people_with_role(session, offer.org_id, ROLE_OF[offer.office])
    }
    for email in sorted(people):
        mail.send(session, email, f"Hand-over: {what}", f"{text}\n\n{page}\n")
