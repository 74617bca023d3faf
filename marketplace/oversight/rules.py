"""Incidents of tools: the words, the steps, who may take them, and the states' clocks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from marketplace.accounts.rules import STATES
from marketplace.core.errors import RuleBroken


class IncidentStatus(StrEnum):
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    NOT_CONFIRMED = "not_confirmed"


class StepKind(StrEnum):
    REPORTED = "reported"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    ANSWERED = "answered"
    LATE_NOTICE = "late_notice"
    CLOSED = "closed"


STATUS_WORDS: dict[IncidentStatus, tuple[str, str, str]] = {
    IncidentStatus.UNCONFIRMED: ("warn", "Reported, not confirmed", "dot"),
    IncidentStatus.CONFIRMED: ("bad", "Confirmed, open", "no"),
    IncidentStatus.CLOSED: ("", "Closed", "ok"),
    IncidentStatus.NOT_CONFIRMED: ("", "Not confirmed", "dot"),
}
STEP_WORDS: dict[StepKind, str] = {
    StepKind.REPORTED: "Reported. Nobody has confirmed it yet.",
    StepKind.CONFIRMED: "Confirmed by two people, with proof on file.",
    StepKind.NOT_CONFIRMED: "Could not be confirmed.",
    StepKind.ANSWERED: "The vendor answers.",
    StepKind.LATE_NOTICE: "Late or hidden notice proven. The card is stopped until a re-review.",
    StepKind.CLOSED: "Closed.",
}
LONGEST_WORDS = 2_000


def check_words(words: str, field: str, ask: str) -> None:
    if not words.strip():
        raise RuleBroken(ask, field)
    if len(words) > LONGEST_WORDS:
        raise RuleBroken("Use 2,000 letters at most.", field)


def check_not_yet_to_come(day: date | None, today: date, field: str) -> None:
    if day and day > today:
        raise RuleBroken("That day is in the future.", field)


def check_open_report(status: IncidentStatus) -> None:
    if status is not IncidentStatus.UNCONFIRMED:
        raise RuleBroken("This report has been decided already.")


def check_second_person(first: object, second: object, what: str) -> None:
    """Two different people: one puts the proof on file, another one agrees."""
    if first is None:
        raise RuleBroken(f"Nobody has put {what} on file yet.")
    if first == second:
        raise RuleBroken("Another person must agree. You put this on file yourself.")


def check_confirmed(status: IncidentStatus) -> None:
    if status is not IncidentStatus.CONFIRMED:
        raise RuleBroken("Only a confirmed incident that is open can take this step.")


# -- the states' clocks ----------------------------------------------------------------------


@dataclass(frozen=True)
class Duty:
    """A breach-notice duty of a state as the law packs have it; `days` are calendar days."""

    state: str
    pack: str
    who: str
    days: int
    counted_from: str
    duty: str
    cite: str
    confidence: str


@dataclass(frozen=True)
class Clock:
    """A duty with its date, in sentences; `due_on` is None when the first day is not known."""

    words: str
    due_on: date | None
    source: str

    def document(self) -> dict[str, str | None]:
        due = self.due_on.isoformat() if self.due_on else None
        return {"words": self.words, "due_on": due, "source": self.source}


CONFIDENCE_WORDS = {
    "sure": "Read in the law or a good copy.",
    "check": "Unverified: the paragraph or its reading was not checked.",
}
NOT_SIGNED = "No counsel has signed this off. Ask yours which day starts the clock."


def clocks_for(
    state: str | None,
    duties: Iterable[Duty],
    *,
    told_on: date,
    vendor_knew_on: date | None,
    as_of: date,
) -> tuple[Clock, ...]:
    """What the law packs say a district of this state and its vendor must do, with dates.

    District duties count from the day the site told the district, vendor duties from the day
    the vendor knew. The packs do not say which day starts a clock, so each line says so. A
    state without a loaded duty gets an honest line instead of a guess.
    """
    found = []
    for duty in duties:
        if duty.state != state:
            continue
        start = told_on if duty.counted_from == "told" else vendor_knew_on
        due = start + timedelta(days=duty.days) if start else None
        since = "the day we told you" if duty.counted_from == "told" else "the day the vendor knew"
        dated = (
            f"Counted from {since}, that is {due:%B} {due.day}, {due.year}."
            if due
            else "We do not know the day the vendor knew, so we give no date."
        )
        found.append(
            Clock(
                f"{duty.duty}. {dated}",
                due,
                f"{duty.cite} (law pack {duty.pack}, as of {as_of.isoformat()}). "
                f"{CONFIDENCE_WORDS.get(duty.confidence, CONFIDENCE_WORDS['check'])} {NOT_SIGNED}",
            )
        )
    if found:
        return tuple(found)
    name = STATES[state][0] if state in STATES else "your state"
    missing = f"No breach clock is loaded for {name}. Ask your counsel which days count."
    return (Clock(missing, None, f"Law packs as of {as_of.isoformat()}."),)
