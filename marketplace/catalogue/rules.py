"""Tools and their listings: the words, the states, what must be filled in."""

import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256

from marketplace.core.errors import RuleBroken


class ToolStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


class AIUse(StrEnum):
    """How much a tool relies on AI, in the words buyers filter by."""

    NONE = "none"
    PREDICTIVE = "predictive"
    GENERATIVE = "generative"


class ScheduleForm(StrEnum):
    """The forms of a price schedule (see marketplace/pricing)."""

    FLAT = "flat"
    PER_SEAT = "per_seat"
    GRADUATED = "graduated"
    VOLUME = "volume"
    SITE = "site"


NOT_ANSWERED = "Not answered"
NOT_REVIEWED = "Not reviewed. We do not guess."

#: Key to words, in the order buyers read them; keys are stored, so they never change.
SUBJECTS = {
    "reading": "Reading and writing",
    "math": "Math",
    "science": "Science",
    "social_studies": "Social studies",
    "languages": "World languages",
    "english_learners": "English learners",
    "special_education": "Special education",
    "arts": "Arts and music",
    "computing": "Computing",
    "career": "Career and technical",
    "wellbeing": "Well-being",
    "planning": "Lesson planning",
    "office": "Office and operations",
}
AI_WORDS = {
    AIUse.NONE: "No AI",
    AIUse.PREDICTIVE: "Uses AI that predicts or sorts",
    AIUse.GENERATIVE: "Uses generative AI",
}
#: What lists show of a tool's privacy scorecard: kind of tag, words, icon. "" is no scorecard.
PRIVACY_WORDS = {
    "": ("", "Not reviewed", "dot"),
    "A": ("good", "A: strong and shown", "ok"),
    "B": ("good", "B: good", "ok"),
    "C": ("warn", "C: conditions needed", "mid"),
    "D": ("warn", "D: weak", "mid"),
    "E": ("bad", "E: keep student data out", "no"),
    "NR": ("", "Not rated", "dot"),
    "expired": ("", "Review expired", "clock"),
    "stopped": ("bad", "Stopped", "no"),
}
STATUS_WORDS = {
    ToolStatus.DRAFT: "Draft",
    ToolStatus.SUBMITTED: "Waiting for review",
    ToolStatus.IN_REVIEW: "In review",
    ToolStatus.PUBLISHED: "Published",
    ToolStatus.SUSPENDED: "Suspended",
    ToolStatus.EXPIRED: "Expired",
}
#: -1 is pre-kindergarten, 0 is kindergarten (the numbers a listing stores).
GRADES = {-1: "Pre-K", 0: "K", **{grade: str(grade) for grade in range(1, 13)}}


def grade_words(lowest: int, highest: int) -> str:
    """(0, 5) -> 'K–5'."""
    if lowest == highest:
        return GRADES[lowest]
    return f"{GRADES[lowest]}–{GRADES[highest]}"


def subject_words(subjects: Iterable[str]) -> str:
    """('math', 'science') -> 'Math, Science'; empty when nothing was answered."""
    return ", ".join(SUBJECTS.get(subject, subject) for subject in subjects)


# -- finding ---------------------------------------------------------------------------------


def fold(text: str) -> str:
    """One form for every spelling: no accents, no case, single spaces ('José' -> 'jose')."""
    plain = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


def search_text(name: str, summary: str, vendor: str, subjects: Iterable[str]) -> str:
    """What a search looks through, folded; the name comes first so that it can rank first."""
    return " | ".join(fold(part) for part in (name, vendor, summary, subject_words(subjects)))


def search_words(asked: str) -> list[str]:
    """The words to look for: folded, at most eight, so that a pasted page stays cheap."""
    return fold(asked[:200]).split()[:8]


def subject_keys(subjects: Iterable[str]) -> str:
    """Subjects as one text that a filter can look into: '|math|reading|'."""
    return "|" + "".join(f"{subject}|" for subject in sorted(set(subjects)))


# -- from draft to published -----------------------------------------------------------------


def check_subjects(subjects: Iterable[str]) -> None:
    unknown = [subject for subject in subjects if subject not in SUBJECTS]
    if unknown:
        raise RuleBroken(f"“{unknown[0]}” is not a subject we list.", "subjects")


def check_grades(lowest: int, highest: int) -> None:
    if lowest not in GRADES or highest not in GRADES or lowest > highest:
        raise RuleBroken(
            "The highest grade comes before the lowest. Choose them again.", "highest_grade"
        )


def check_unchanged(edits: int, seen_edits: int | None) -> None:
    """Two editors at once: the later one is told, and keeps what was typed."""
    if seen_edits is not None and seen_edits != edits:
        raise RuleBroken(
            "Somebody changed this listing after you opened this page. Nothing of theirs was "
            "overwritten. What you typed is still here: check it, then save again."
        )


def missing_parts(
    *,
    unanswered: Sequence[str],
    is_sold: bool,
    editions: int,
    editions_without_price: Sequence[str],
    billing_email: str,
    remit_to: str,
) -> list[str]:
    """What a listing still needs before it can be sent for review, one sentence for each.

    An open-source tool that lists its services by the line needs no edition with a price.
    """
    missing = list(unanswered)
    if not editions and is_sold:
        missing.append("Editions: at least one.")
    missing += [f"Price: “{name}” has no price in force." for name in editions_without_price]
    if not billing_email or not remit_to.strip():
        missing.append("Your company: a billing e-mail and a remit-to address.")
    return missing


def check_can_submit(status: ToolStatus, missing: Sequence[str]) -> None:
    """A complete draft, or a suspended listing that was mended, may be sent for review."""
    if status not in (ToolStatus.DRAFT, ToolStatus.SUSPENDED, ToolStatus.EXPIRED):
        raise RuleBroken("This listing was already sent for review.")
    check_complete(missing)


def check_complete(missing: Sequence[str]) -> None:
    if missing:
        raise RuleBroken("Some parts are still missing. " + " ".join(missing))


def check_can_take_up(status: ToolStatus) -> None:
    if status is not ToolStatus.SUBMITTED:
        raise RuleBroken("Only a listing that waits for review can be taken up.")


def check_can_publish(status: ToolStatus) -> None:
    if status not in (ToolStatus.SUBMITTED, ToolStatus.IN_REVIEW):
        raise RuleBroken("Only a listing that was sent for review can be published.")


def check_can_send_back(status: ToolStatus) -> None:
    if status not in (ToolStatus.SUBMITTED, ToolStatus.IN_REVIEW):
        raise RuleBroken("Only a listing that was sent for review can be sent back.")


def check_can_suspend(status: ToolStatus) -> None:
    if status is not ToolStatus.PUBLISHED:
        raise RuleBroken("Only a published listing can be suspended.")


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleBroken("Write the reason in a sentence or two.", "reason")


def mark_of(slug: str) -> tuple[int, int]:
    """Which of six colors and six shapes a tool's picture has; the same for ever."""
    digest = sha256(slug.encode()).digest()
    return digest[0] % 6, digest[1] % 6
