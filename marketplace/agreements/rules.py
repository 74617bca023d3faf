"""Executed data privacy agreements: their words, their states, and what may be filed.

A standing offer (Exhibit E in many forms) lets another district take the same terms. This site
keeps the paper, its facts and its fingerprint, and runs the checks (join_rules.py). It never
drafts, fills in or signs a form: the forms belong to their owners, and signing belongs to the
two parties.
"""

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum

from marketplace.accounts.rules import STATES
from marketplace.core.errors import RuleBroken


class Family(StrEnum):
    """Families of student-data agreements that districts and vendors sign."""

    NDPA = "ndpa"
    CA_NDPA = "ca_ndpa"
    IL_NDPA = "il_ndpa"
    NY_2D = "ny_2d"
    CT_DPA = "ct_dpa"
    TX_NDPA = "tx_ndpa"
    STATE_FORM = "state_form"
    OWN_FORM = "own_form"


FAMILY_WORDS: dict[Family, str] = {
    Family.NDPA: "National agreement (NDPA)",
    Family.CA_NDPA: "California NDPA",
    Family.IL_NDPA: "Illinois NDPA",
    Family.NY_2D: "New York Education Law 2-d rider",
    Family.CT_DPA: "Connecticut student data agreement",
    Family.TX_NDPA: "Texas NDPA",
    Family.STATE_FORM: "Another state form",
    Family.OWN_FORM: "The district’s or the vendor’s own form",
}

#: The data schedule in our own names. Keys are stored, so they never change.
DATA_ELEMENTS: dict[str, str] = {
    "name_student": "Student’s name",
    "contact_student": "How to reach the student",
    "contact_family": "How to reach the family",
    "identifiers_issued": "Student numbers",
    "credentials": "User names and passwords",
    "enrolment_grade_school": "Grade and school",
    "schedule_courses_teachers": "Courses, schedule and teachers",
    "demographics": "Age, gender, race or ethnicity",
    "language_status": "Home language and language status",
    "disability_or_services": "Disability and special services",
    "income_or_meals": "Family income or meal status",
    "housing_or_foster_status": "Housing or foster status",
    "health": "Health",
    "conduct_and_discipline": "Conduct and discipline",
    "attendance": "Attendance",
    "assessment_results": "Test results",
    "grades_and_transcript": "Grades and transcript",
    "work_made_by_student": "Work the student made",
    "ai_prompts_and_replies": "What is typed to the AI, and its replies",
    "voice_recording": "Voice recordings",
    "photo_or_video": "Photos or video",
    "biometric_template": "Face, voice or finger prints as data",
    "precise_location": "Exact location",
    "transport": "Bus and transport",
    "survey_answers": "Survey answers",
    "messages_captured": "Messages",
    "usage_events": "What the student clicks and opens",
    "device_and_network": "Device and network address",
    "inferred_level_or_profile": "A level or profile the tool works out",
    "inferred_risk_or_flag": "A risk or flag the tool works out",
}
#: With less than this left, a joiner should ask for a newer offer (check J8).
EXPIRING_DAYS = 180
NEVER_SIGNS = (
    "This site keeps the paper and runs the checks. It never drafts, fills in or signs the form: "
    "your district signs its own copy and sends it to the vendor."
)


class AgreementState(StrEnum):
    OFFERED = "offered"
    IN_FORCE = "in_force"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


STATE_WORDS: dict[AgreementState, tuple[str, str, str]] = {
    AgreementState.OFFERED: ("good", "Open to join", "ok"),
    AgreementState.IN_FORCE: ("", "In force, no standing offer", "cur"),
    AgreementState.EXPIRING: ("warn", "Open to join, ends soon", "clock"),
    AgreementState.EXPIRED: ("bad", "Ended", "no"),
    AgreementState.WITHDRAWN: ("bad", "Offer withdrawn", "no"),
    AgreementState.SUPERSEDED: ("warn", "A newer one took its place", "mid"),
}


class JoinState(StrEnum):
    SENT = "sent"
    IN_FORCE = "in_force"
    EXPIRING = "expiring"
    EXPIRED = "expired"


JOIN_WORDS: dict[JoinState, tuple[str, str, str]] = {
    JoinState.SENT: ("warn", "Sent, not yet acknowledged", "clock"),
    JoinState.IN_FORCE: ("good", "Acknowledged, in force", "ok"),
    JoinState.EXPIRING: ("warn", "In force, ends soon", "clock"),
    JoinState.EXPIRED: ("bad", "Ended", "no"),
}


def state_of(
    *,
    offer_present: bool,
    offer_until: date | None,
    ends_on: date,
    is_withdrawn: bool,
    is_superseded: bool,
    today: date,
) -> AgreementState:
    """What an agreement is to a district that looks for one to join; the last day counts."""
    if is_superseded:
        return AgreementState.SUPERSEDED
    if is_withdrawn:
        return AgreementState.WITHDRAWN
    if ends_on < today:
        return AgreementState.EXPIRED
    open_until = min(ends_on, offer_until or ends_on)
    if not offer_present or open_until < today:
        return AgreementState.IN_FORCE
    if (open_until - today).days < EXPIRING_DAYS:
        return AgreementState.EXPIRING
    return AgreementState.OFFERED


def join_state(*, ends_on: date, is_acknowledged: bool, today: date) -> JoinState:
    if ends_on < today:
        return JoinState.EXPIRED
    if not is_acknowledged:
        return JoinState.SENT
    soon = (ends_on - today).days < EXPIRING_DAYS
    return JoinState.EXPIRING if soon else JoinState.IN_FORCE


# -- filing ----------------------------------------------------------------------------------


def check_can_file(
    *,
    state: str,
    signed_on: date,
    effective_on: date,
    ends_on: date,
    offer_present: bool,
    offer_until: date | None,
    products: Collection[object],
    data_elements: Collection[str],
    today: date,
) -> None:
    """Only a signed paper is filed, and what it says must fit together."""
    if state not in STATES:
        raise RuleBroken("Choose the state whose law the agreement follows.", "state")
    if not products:
        raise RuleBroken("Tick each product the agreement names.", "products")
    if not data_elements:
        raise RuleBroken("Tick the data in the agreement’s data schedule.", "data_elements")
    check_known_elements(data_elements)
    if signed_on > today:
        raise RuleBroken("The signing date is in the future. File it once signed.", "signed_on")
    if ends_on <= effective_on:
        raise RuleBroken("The last day must be after the first day.", "ends_on")
    if offer_present and offer_until is None:
        raise RuleBroken("Enter the last day of the standing offer.", "offer_until")
    if offer_present and offer_until and offer_until < signed_on:
        raise RuleBroken("The offer cannot end before the paper was signed.", "offer_until")
    if not offer_present and offer_until:
        raise RuleBroken("Leave this empty: you said there is no standing offer.", "offer_until")


def check_known_elements(data_elements: Collection[str]) -> None:
    unknown = sorted(set(data_elements) - DATA_ELEMENTS.keys())
    if unknown:
        raise RuleBroken(f"“{unknown[0]}” is not in our data list.", "data_elements")


LONGEST_LOCATOR = 120


def check_clause(clause: str, is_there: bool, locator: str, asked: Collection[str]) -> None:
    """A clause that is there stands somewhere; only what the law asks for is looked for."""
    if clause not in asked:
        raise RuleBroken("The law of this state does not ask for one of these clauses.")
    if is_there and not locator:
        raise RuleBroken("Enter the page or the clause where it stands.", f"{clause}-where")
    if len(locator) > LONGEST_LOCATOR:
        raise RuleBroken(f"Use {LONGEST_LOCATOR} letters at most.", f"{clause}-where")


def check_can_withdraw(state: AgreementState, reason: str) -> None:
    if state in (AgreementState.WITHDRAWN, AgreementState.SUPERSEDED):
        raise RuleBroken("This offer has been withdrawn already.")
    if not reason.strip():
        raise RuleBroken("Say in a sentence why the offer ends.", "reason")


def day_words(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


# -- sent and acknowledged -------------------------------------------------------------------


def check_can_send(
    *, agreement_signed_on: date, signed_on: date, sent_on: date, today: date
) -> None:
    """A district signs its own copy after the first paper, and sends it once it is signed."""
    if signed_on > today:
        raise RuleBroken("The signing date is in the future.", "signed_on")
    if signed_on < agreement_signed_on:
        raise RuleBroken(
            "Your copy cannot be signed before the agreement it joins, "
            f"{day_words(agreement_signed_on)}.",
            "signed_on",
        )
    if sent_on < signed_on:
        raise RuleBroken("Sign first, then send. Check the two dates.", "sent_on")
    if sent_on > today:
        raise RuleBroken("The day you sent it is in the future.", "sent_on")


def check_can_acknowledge(*, sent_on: date, acknowledged_on: date, today: date) -> None:
    if acknowledged_on < sent_on:
        raise RuleBroken("You cannot have it before the district sent it.", "acknowledged_on")
    if acknowledged_on > today:
        raise RuleBroken("That day is in the future.", "acknowledged_on")


def follow_up_on(sent_on: date) -> date:
    """When a district should ask again: two weeks after it sent its copy."""
    return sent_on + timedelta(days=14)
