"""How a tool is reviewed: the steps, who may sit where, what two readings come to. Pure.

The steps and clocks are those of the rubric (`rubric.yaml`): the vendor answers, a first
reviewer reads, a second reads gates and a quarter of the rest without seeing the first, a third
person settles what differs, the vendor checks the facts, then it is published for a year.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from marketplace.core.errors import RuleBroken

#: Working days a vendor has to check the facts, and others to decide an appeal.
CHECK_DAYS = 10
APPEAL_DAYS = 20
#: Working days for a reading and for settling differences: what we ask of reviewers.
READ_DAYS = 20
SETTLE_DAYS = 10
#: A vendor that was asked and stays silent for so long has declined (rubric, silence_effect).
SILENT_AFTER = timedelta(days=30)
#: A published review holds a year (rubric, expired_card).
HOLDS = timedelta(days=365)
#: Calendar days before a day that a letter reminds of it, once each.
REMIND_DAYS = (7, 2)
RECHECK_DAYS = (60, 30, 7)
#: A stop that nobody confirms is dropped after so many days.
STOP_WAITS = timedelta(days=7)
LONGEST_QUOTE = 300
LONGEST_WORDS = 2_000


class ReviewStatus(StrEnum):
    ANSWERING = "answering"
    READING = "reading"
    SETTLING = "settling"
    CHECKING = "checking"
    PUBLISHED = "published"
    REPLACED = "replaced"
    EXPIRED = "expired"


OPEN = (
    ReviewStatus.ANSWERING,
    ReviewStatus.READING,
    ReviewStatus.SETTLING,
    ReviewStatus.CHECKING,
)
STATUS_WORDS = {
    ReviewStatus.ANSWERING: "Waiting for the vendor’s answers",
    ReviewStatus.READING: "Two reviewers are reading",
    ReviewStatus.SETTLING: "Differences are being settled",
    ReviewStatus.CHECKING: "The vendor checks the facts",
    ReviewStatus.PUBLISHED: "Published",
    ReviewStatus.REPLACED: "Replaced by a newer review",
    ReviewStatus.EXPIRED: "Expired",
}
STEP_NAMES = ("Answers", "First reading", "Second reading", "Differences", "Facts", "Published")


class Seat(StrEnum):
    """What a person does in one review. Nobody has two seats in the same review."""

    FIRST = "first"
    SECOND = "second"
    SETTLES = "settles"
    #: Two decide appeals, and an answer changes only where both find the same.
    APPEAL = "appeal"
    APPEAL_SECOND = "appeal_second"


DECIDE_APPEALS = (Seat.APPEAL, Seat.APPEAL_SECOND)
SEAT_WORDS = {
    Seat.FIRST: "First reviewer",
    Seat.SECOND: "Second reviewer",
    Seat.SETTLES: "Settles differences",
    Seat.APPEAL: "Decides appeals",
    Seat.APPEAL_SECOND: "Decides appeals, too",
}


class Level(StrEnum):
    """How well an answer is shown (rubric, evidence_levels)."""

    E0 = "E0"
    E1 = "E1"
    E2 = "E2"
    E3 = "E3"


LEVEL_WORDS = {
    Level.E0: "Seen: a badge or a sentence on a web page",
    Level.E1: "Vendor says: answered here and signed",
    Level.E2: "On paper: I hold the document and name the page",
    Level.E3: "Checked: I tried it, or read a test of this very product",
}
#: These need a document and the place in it.
NEEDS_PROOF = (Level.E2, Level.E3)


class State(StrEnum):
    """What is known about a question (rubric, answer_states)."""

    ANSWERED = "answered"
    DECLINED = "declined"
    NOT_FOUND = "not_found"


STATE_WORDS = {
    State.ANSWERED: "Answered",
    State.DECLINED: "The vendor would not answer",
    State.NOT_FOUND: "We looked and found nothing",
}


class Source(StrEnum):
    """Whose answer a settled one is."""

    AGREED = "agreed"
    FIRST = "first"
    SETTLED = "settled"
    CORRECTED = "corrected"
    CARRIED = "carried"


SOURCE_WORDS = {
    Source.AGREED: "Both reviewers, each alone",
    Source.FIRST: "First reviewer (not drawn for a second reading)",
    Source.SETTLED: "The two differed; a third person settled it",
    Source.CORRECTED: "Corrected after publication",
    Source.CARRIED: "Carried over from the review before: nothing about it changed",
}


class Tie(StrEnum):
    """Why somebody steps aside from a vendor's reviews."""

    NEGOTIATED = "negotiated"
    EMPLOYED = "employed"
    MONEY = "money"
    FAMILY = "family"
    OTHER = "other"


TIE_WORDS = {
    Tie.NEGOTIATED: "Negotiated a price with this vendor",
    Tie.EMPLOYED: "Works or worked for this vendor",
    Tie.MONEY: "Has shares, pay or gifts from this vendor",
    Tie.FAMILY: "Family or close friend works there",
    Tie.OTHER: "Another tie",
}


class Outcome(StrEnum):
    """How an appeal ended."""

    UPHELD = "upheld"
    CORRECTED = "corrected"


OUTCOME_WORDS = {
    Outcome.UPHELD: "The answer stays as it was",
    Outcome.CORRECTED: "The answer was corrected",
}


class MessageKind(StrEnum):
    QUESTION = "question"
    REPLY = "reply"
    #: What a vendor says is wrong, in the check of the facts.
    POINT = "point"
    NOTE = "note"


@dataclass(frozen=True)
class Found:
    """What one person found on one question."""

    state: State
    option: str = ""
    level: Level = Level.E0
    document_id: UUID | None = None
    locator: str = ""
    quote: str = ""
    words: str = ""
    dated: date | None = None
    expires_on: date | None = None

    @property
    def verdict(self) -> tuple[State, str, Level]:
        """What two readers must agree on."""
        return self.state, self.option, self.level


# -- what a reading must say -----------------------------------------------------------------


def check_found(found: Found, options: Collection[str], today: date) -> None:
    """An answer names an option; paper or a test names the document, the place and its day."""
    if found.state is not State.ANSWERED:
        if found.option:
            raise RuleBroken("Choose an answer or say that there is none, not both.", "option")
        return
    if found.option not in options:
        raise RuleBroken("Choose the answer that fits best.", "option")
    if found.level in NEEDS_PROOF:
        _check_proof(found)
    if len(found.quote) > LONGEST_QUOTE:
        raise RuleBroken(f"Quote {LONGEST_QUOTE} letters at most: the one sentence.", "quote")
    if found.dated is None and found.level is not Level.E0:
        raise RuleBroken("Enter the day the proof is from.", "dated")
    if found.dated and found.dated > today:
        raise RuleBroken("The day of the proof is in the future.", "dated")
    if found.expires_on and found.dated and found.expires_on <= found.dated:
        raise RuleBroken("The proof must run out after the day it is from.", "expires_on")


def _check_proof(found: Found) -> None:
    if found.document_id is None:
        raise RuleBroken("Choose the document that says so. File it first.", "document")
    if not found.locator.strip():
        raise RuleBroken("Name the page or the clause.", "locator")
    if not found.quote.strip():
        raise RuleBroken("Quote the sentence that says so.", "quote")


def check_words(words: str, what: str, field: str = "words") -> None:
    if not words.strip():
        raise RuleBroken(what, field)
    if len(words) > LONGEST_WORDS:
        raise RuleBroken(f"Use {LONGEST_WORDS:,} letters at most.", field)


def check_officer(name: str, title: str, signed_on: date | None, today: date) -> None:
    """Answers count once a named officer of the vendor signs them."""
    if not name.strip():
        raise RuleBroken("Enter the name of the officer who signs.", "officer_name")
    if not title.strip():
        raise RuleBroken("Enter the officer’s title.", "officer_title")
    if signed_on is None:
        raise RuleBroken("Enter the day it is signed.", "signed_on")
    if signed_on > today:
        raise RuleBroken("The day of signing is in the future.", "signed_on")
    if signed_on < today - timedelta(days=30):
        raise RuleBroken("Sign anew: a signature may be 30 days old at most.", "signed_on")


def check_status(status: ReviewStatus, *wanted: ReviewStatus) -> None:
    if status not in wanted:
        raise RuleBroken(f"This review is at another step now: {STATUS_WORDS[status].lower()}.")


def check_vendor_may_write(status: ReviewStatus, *, is_signed: bool) -> None:
    if is_signed:
        raise RuleBroken("These answers are signed. Write to the reviewers to add to them.")
    check_status(status, ReviewStatus.ANSWERING, ReviewStatus.READING)


def check_facts_confirmed(is_confirmed: bool, seat: Seat) -> None:
    """Which questions apply must stand before anybody signs a reading."""
    if is_confirmed:
        return
    if seat is Seat.FIRST:
        raise RuleBroken(
            "Confirm the facts about the tool first: they decide which questions apply."
        )
    raise RuleBroken("The first reviewer has not confirmed the facts about the tool yet.")


def check_all_there(missing: Sequence[str], what: str) -> None:
    if missing:
        some = ", ".join(missing[:6]) + (" and more" if len(missing) > 6 else "")
        raise RuleBroken(f"{len(missing)} of the questions {what}: {some}.")


# -- who may sit where -----------------------------------------------------------------------


def check_may_sit(
    *, is_reviewer: bool, is_vendors: bool, negotiated: bool, stepped_aside: bool, has_seat: bool
) -> None:
    """A reviewer of a member district without a tie to the vendor, once in each review."""
    if not is_reviewer:
        raise RuleBroken("This person is not a reviewer of a member district.", "person")
    if is_vendors:
        raise RuleBroken("This person acts for the vendor.", "person")
    if negotiated:
        raise RuleBroken(
            "This person convenes or keeps money for a consortium that buys from this vendor. "
            "Nobody who negotiated a price may review.",
            "person",
        )
    if stepped_aside:
        raise RuleBroken("This person has stepped aside from this vendor’s reviews.", "person")
    if has_seat:
        raise RuleBroken(
            "This person already has a part in this review. Choose somebody else.", "person"
        )


# -- the second reading ----------------------------------------------------------------------


def second_reading(gates: Iterable[str], others: Iterable[str], seed: str) -> list[str]:
    """The questions read twice: every gate, and a quarter of the rest drawn by the seed.

    The draw sorts SHA-256(seed, question) and takes the first quarter, rounded up; so anybody
    who knows the seed, which is published with the review, can draw it again.
    """
    drawn = sorted(others, key=lambda each: sha256(f"{seed}|{each}".encode()).hexdigest())
    return sorted({*gates, *drawn[: -(-len(drawn) // 4)]})


def settle(
    first: Mapping[str, Found], second: Mapping[str, Found], drawn: Collection[str]
) -> tuple[dict[str, tuple[Found, Source]], list[str]]:
    """What two readings come to: the settled answers, and the questions that differ.

    "Checked" needs a second reviewer who agreed (rubric, E3); read by one alone it counts as
    "on paper".
    """
    settled: dict[str, tuple[Found, Source]] = {}
    differ = []
    for question, found in first.items():
        if question not in drawn:
            alone = found if found.level is not Level.E3 else replace(found, level=Level.E2)
            settled[question] = alone, Source.FIRST
        elif question in second and second[question].verdict == found.verdict:
            settled[question] = found, Source.AGREED
        else:
            differ.append(question)
    return settled, sorted(differ)


def silent(state: State, asked_at: datetime | None, signed: bool, now: datetime) -> State:
    """Found nothing, and the vendor was asked 30 days ago and kept silent: it declined."""
    waited = asked_at is not None and now >= asked_at + SILENT_AFTER
    return State.DECLINED if state is State.NOT_FOUND and waited and not signed else state


def agreement(pairs: Iterable[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    """For each question: how often two blind readings agreed, and how often it was read twice."""
    rates: dict[str, tuple[int, int]] = {}
    for question, same in pairs:
        agreed, read = rates.get(question, (0, 0))
        rates[question] = agreed + same, read + 1
    return rates


def same_verdict(one: tuple[Outcome, Found | None], other: tuple[Outcome, Found | None]) -> bool:
    """Whether two who decide an appeal found the same: to keep the answer, or the same new one."""
    if one[0] is not other[0]:
        return False
    return one[0] is Outcome.UPHELD or (
        one[1] is not None and other[1] is not None and one[1].verdict == other[1].verdict
    )


# -- clocks ----------------------------------------------------------------------------------


def reminder_due(day: date | None, today: date, steps: Sequence[int], reminded: int) -> int | None:
    """The step (days ahead) to remind at now; None when it was done, is early or is past."""
    if day is None:
        return None
    left = (day - today).days
    due = [step for step in steps if left <= step]
    if not due or left < 0 or min(due) >= reminded:
        return None
    return min(due)
