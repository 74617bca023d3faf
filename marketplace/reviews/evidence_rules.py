"""What a document must say about itself before it can show anything. Pure."""

from datetime import date, timedelta
from enum import StrEnum

from marketplace.core.errors import RuleBroken


class DocumentKind(StrEnum):
    """Decides how long it counts (rubric, ttl_days)."""

    POLICY = "policy"
    CONTRACT = "contract"
    AUDIT = "audit"
    BEHAVIOUR = "behaviour"
    TELEMETRY = "telemetry"
    ACR = "acr"
    DRILL = "drill"
    STUDY = "study"
    ATTESTATION = "attestation"


KIND_WORDS = {
    DocumentKind.POLICY: "Policy or notice",
    DocumentKind.CONTRACT: "Signed agreement",
    DocumentKind.AUDIT: "Audit report",
    DocumentKind.BEHAVIOUR: "Test of what the AI answers",
    DocumentKind.TELEMETRY: "Network capture or settings",
    DocumentKind.ACR: "Accessibility report",
    DocumentKind.DRILL: "Exercise: deletion, export, incident",
    DocumentKind.STUDY: "Research study",
    DocumentKind.ATTESTATION: "Signed statement",
}


class Audience(StrEnum):
    PUBLIC = "public"
    DISTRICTS = "districts"
    REVIEWERS = "reviewers"


AUDIENCE_WORDS = {
    Audience.PUBLIC: "Anyone",
    Audience.DISTRICTS: "People of a district who are signed in",
    Audience.REVIEWERS: "Only the reviewers and the vendor",
}
#: A signed agreement counts three years at most (rubric, ttl_days.contract).
LONGEST_CONTRACT = timedelta(days=1_095)


def check_document(
    kind: DocumentKind,
    title: str,
    captured_on: date,
    period_ended_on: date | None,
    expires_on: date | None,
    today: date,
) -> None:
    """It has a name and a day; an agreement its last day, an audit the end of its time."""
    if not title.strip():
        raise RuleBroken("Give the document a name.", "title")
    if captured_on > today:
        raise RuleBroken("The day it was taken is in the future.", "captured_on")
    if kind is DocumentKind.CONTRACT and expires_on is None:
        raise RuleBroken("Enter the last day of the agreement.", "expires_on")
    if kind is DocumentKind.AUDIT and period_ended_on is None:
        raise RuleBroken("Enter the last day of the time the audit looked at.", "period_ended_on")
    if expires_on and expires_on <= captured_on:
        raise RuleBroken("It must run out after the day it was taken.", "expires_on")
    if period_ended_on and period_ended_on > today:
        raise RuleBroken("The time the audit looked at has not ended yet.", "period_ended_on")


def counts_from(kind: DocumentKind, captured_on: date, period_ended_on: date | None) -> date:
    """An audit counts from the end of the time it looked at, all else from its capture."""
    return period_ended_on if kind is DocumentKind.AUDIT and period_ended_on else captured_on
