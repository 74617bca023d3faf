"""From a report to a closed line: two people confirm, every district that uses the tool is told."""

from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import Role
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import clock, files, mail
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.core.uploads import CheckedFile
from marketplace.oversight import queries, rules
from marketplace.oversight.models import Incident, IncidentNotice, IncidentStep
from marketplace.oversight.rules import IncidentStatus, StepKind
from marketplace.scorecards import service as scorecards
from marketplace.scorecards.rules import IncidentKind

TOLD = (Role.ADMINISTRATOR, Role.BUYER, Role.DATA_STEWARD, Role.AI_SUPERVISOR)


def report_incident(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    words: str,
    once_key: str,
    happened_on: date | None = None,
    vendor_knew_on: date | None = None,
) -> Incident:
    """A district, the tool's vendor or the operator reports; the same form again adds nothing."""
    tool = catalogue.tool_by_id(session, tool_id, actor)
    require(actor, "oversight.report_incident", tool)
    if earlier := queries.reported_with(session, actor.home, once_key):
        return earlier
    rules.check_words(words, "words", "Say what happened, as far as you know.")
    today = clock.now().date()
    rules.check_not_yet_to_come(happened_on, today, "happened_on")
    rules.check_not_yet_to_come(vendor_knew_on, today, "vendor_knew_on")
    incident = Incident(
        org_id=actor.home,
        tool_id=tool.id,
        vendor_id=tool.org_id,
        reported_words=words.strip(),
        reported_at=clock.now(),
        reported_by=actor.person,
        once_key=once_key,
        happened_on=happened_on,
        vendor_knew_on=vendor_knew_on,
    )
    try:
        with session.begin_nested():
            session.add(incident)
    except IntegrityError:  # the same form, twice at once
        raise RuleBroken("This form was sent twice. The report is on file already.") from None
    _step(session, incident, StepKind.REPORTED)
    emit(session, actor, "oversight.incident_reported", incident, tool=str(tool.id))
    return incident


def _step(session: Session, incident: Incident, kind: StepKind, words: str = "") -> None:
    """The next line of the timeline; the caller holds the incident's lock."""
    session.add(
        IncidentStep(
            org_id=incident.org_id,
            incident_id=incident.id,
            vendor_id=incident.vendor_id,
            number=len(queries.steps_of(session, incident.id)) + 1,
            kind=kind,
            words=words.strip(),
            taken_at=clock.now(),
        )
    )
    session.flush()


# -- decided by two people -------------------------------------------------------------------


def propose_confirmation(
    session: Session,
    actor: Actor,
    incident_id: UUID,
    *,
    public_words: str,
    evidence_words: str,
    exposes_students: bool,
    file: CheckedFile,
) -> Incident:
    """The first person puts the proof and the public words on file. Nothing is public yet."""
    incident = queries.get_incident(session, incident_id, lock=True)
    require(actor, "oversight.propose_confirmation", incident)
    rules.check_open_report(incident.status)
    rules.check_words(public_words, "public_words", "Write what everybody may read.")
    rules.check_words(evidence_words, "evidence_words", "Say what the proof is.")
    stored = files.store(session, actor, actor.home, file)
    session.flush()
    incident.public_words, incident.evidence_words = public_words.strip(), evidence_words.strip()
    incident.exposes_students = exposes_students
    incident.file_id, incident.fingerprint = stored.id, file.fingerprint
    incident.proposed_by = actor.person
    session.flush()
    emit(session, actor, "oversight.confirmation_proposed", incident)
    return incident


def confirm_incident(session: Session, actor: Actor, incident_id: UUID) -> Incident:
    """A second person agrees: banner, cap on the grade, and every district is told today."""
    incident = queries.get_incident(session, incident_id, lock=True)
    require(actor, "oversight.confirm_incident", incident)
    if incident.status is IncidentStatus.CONFIRMED:
        return incident
    rules.check_open_report(incident.status)
    rules.check_second_person(incident.proposed_by, actor.person, "proof")
    incident.status = IncidentStatus.CONFIRMED
    incident.confirmed_by, incident.confirmed_at = actor.person, clock.now()
    _step(session, incident, StepKind.CONFIRMED, incident.public_words)
    if incident.exposes_students:
        _note(session, actor, incident, IncidentKind.EXPOSURE)
    emit(session, actor, "oversight.incident_confirmed", incident, tool=str(incident.tool_id))
    return incident


def _note(session: Session, actor: Actor, incident: Incident, kind: IncidentKind) -> None:
    scorecards.note_incident(
        session,
        actor,
        incident.tool_id,
        ref=str(incident.id),
        kind=kind,
        words=incident.public_words,
    )


def dismiss_incident(session: Session, actor: Actor, incident_id: UUID, words: str) -> Incident:
    """The report could not be confirmed; the line leaves the tool's page."""
    incident = queries.get_incident(session, incident_id, lock=True)
    require(actor, "oversight.dismiss_incident", incident)
    rules.check_open_report(incident.status)
    rules.check_words(words, "words", "Say in a sentence why.")
    incident.status = IncidentStatus.NOT_CONFIRMED
    _step(session, incident, StepKind.NOT_CONFIRMED, words)
    emit(session, actor, "oversight.incident_dismissed", incident)
    return incident


def propose_late_notice(session: Session, actor: Actor, incident_id: UUID, words: str) -> Incident:
    """The first person puts on file why the vendor's notice was late or hidden."""
    incident = queries.get_incident(session, incident_id, lock=True)
    require(actor, "oversight.propose_late_notice", incident)
    rules.check_confirmed(incident.status)
    rules.check_words(words, "words", "Say what proves it: which day the vendor knew.")
    if incident.late_confirmed_by is not None:
        raise RuleBroken("This is proven already.")
    incident.late_words, incident.late_proposed_by = words.strip(), actor.person
    session.flush()
    emit(session, actor, "oversight.late_notice_proposed", incident)
    return incident


def confirm_late_notice(session: Session, actor: Actor, incident_id: UUID) -> Incident:
    """A second person agrees: the card is stopped until it is reviewed again."""
    incident = queries.get_incident(session, incident_id, lock=True)
    require(actor, "oversight.confirm_late_notice", incident)
    if incident.late_confirmed_by is not None:
        return incident
    rules.check_confirmed(incident.status)
    rules.check_second_person(incident.late_proposed_by, actor.person, "proof")
    incident.late_confirmed_by = actor.person
    _step(session, incident, StepKind.LATE_NOTICE, incident.late_words)
    _note(session, actor, incident, IncidentKind.CONCEALED)
    emit(session, actor, "oversight.late_notice_proven", incident, tool=str(incident.tool_id))
    return incident


def close_incident(session: Session, actor: Actor, incident_id: UUID, words: str) -> Incident:
    """The banner becomes a dated line, kept for 36 months."""
    incident = queries.get_incident(session, incident_id, lock=True)
    require(actor, "oversight.close_incident", incident)
    rules.check_confirmed(incident.status)
    rules.check_words(words, "words", "Say what was done, in a sentence or two.")
    incident.status, incident.closed_at = IncidentStatus.CLOSED, clock.now()
    _step(session, incident, StepKind.CLOSED, words)
    if incident.exposes_students or incident.late_confirmed_by is not None:
        scorecards.close_incident(session, actor, str(incident.id))
    emit(session, actor, "oversight.incident_closed", incident, tool=str(incident.tool_id))
    return incident


def answer_incident(session: Session, actor: Actor, incident_id: UUID, words: str) -> Incident:
    """The vendor's own words, on the public timeline."""
    incident = queries.get_incident(session, incident_id, lock=True)
    require(actor, "oversight.answer_incident", incident)
    rules.check_words(words, "words", "Write your answer.")
    last = queries.steps_of(session, incident.id)[-1]
    if last.kind is StepKind.ANSWERED and last.words == words.strip():
        return incident  # the same form, sent twice
    _step(session, incident, StepKind.ANSWERED, words)
    emit(session, actor, "oversight.incident_answered", incident)
    return incident


# -- who is told -----------------------------------------------------------------------------


def tell_districts(session: Session, actor: Actor, incident_id: UUID) -> int:
    """Write to every district that uses the tool and was not told yet; return how many.

    The incident's row is locked, and notice and letters are one transaction: whichever worker
    comes first tells them all, and one that dies has told nobody. The unique key of the notices
    stands behind it.
    """
    incident = queries.get_incident(session, incident_id, lock=True)
    require(actor, "oversight.tell_districts", incident)
    if incident.status is not IncidentStatus.CONFIRMED:
        return 0
    tool = catalogue.tools_by_id(session, [incident.tool_id])[incident.tool_id]
    told = queries.districts_told(session, incident.id)
    waiting = queries.districts_using(session, incident.tool_id) - told
    districts = accounts.organizations_by_id(session, waiting)
    for district_id in sorted(waiting):
        _tell(session, incident, tool, districts[district_id])
    session.flush()
    return len(waiting)


def _tell(session: Session, incident: Incident, tool: Tool, district: Organization) -> None:
    clocks = rules.clocks_for(
        district.state,
        queries.duties(),
        told_on=clock.today(district.time_zone),
        vendor_knew_on=incident.vendor_knew_on,
        as_of=queries.CLOCKS_AS_OF,
    )
    session.add(
        IncidentNotice(
            org_id=district.id,
            incident_id=incident.id,
            told_at=clock.now(),
            clocks=[each.document() for each in clocks],
        )
    )
    lines = "\n\n".join(f"- {each.words}\n  {each.source}" for each in clocks)
    for person in accounts.people_with_role(session, district.id, *TOLD):
        mail.send(
            session,
            person.email,
            f"Confirmed incident: {tool.name}",
            f"Dear {person.name},\n\n{incident.public_words}\n\n"
            f"Your district uses or follows {tool.name}. What your state asks:\n\n{lines}\n\n"
            f"The timeline: {mail.site_address()}/open/incidents/{incident.id}\n"
            f"Your dates: {mail.site_address()}/d/{district.leaid}/incidents\n",
        )
