"""Privacy scorecards of the made-up tools: one of every grade, one that ran out, one stopped."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from marketplace.catalogue.rules import AIUse
from marketplace.scorecards import queries, service
from marketplace.scorecards.rules import Reviewer
from seed.diary import Diary
from seed.tools import LISTINGS, Listing

REVIEWERS = (
    Reviewer("Reviewer A", "Three Rivers Data Stewards"),
    Reviewer("Reviewer B", "High Plains Data Stewards"),
)
#: Evidence is renewed twice a year, since captures of network traffic last 180 days.
RENEWED_EVERY = 170
TITLES = {
    "dpa": "Data privacy agreement",
    "privacy_policy": "Privacy policy",
    "data_schedule": "Data schedule",
    "ai_disclosure": "AI disclosure",
    "subprocessors": "List of sub-processors",
    "security_overview": "Security overview",
    "audit_report": "Audit report",
    "acr": "Accessibility report",
    "upstream_terms": "Terms of the AI provider",
    "retention_schedule": "Retention schedule",
}


@dataclass(frozen=True)
class Recipe:
    """How a tool answers: the evidence of most answers, and those that differ."""

    evidence: str
    #: question -> answer, or a state such as "declined"
    answers: dict[str, str] = field(default_factory=dict)
    #: Questions on a weaker or stronger footing than the rest.
    on: dict[str, str] = field(default_factory=dict)
    reasons: str = ""
    recusals: str = ""
    is_desk_review: bool = False


WELL = Recipe(
    "E3",
    {"EQ-01": "b", "RT-01": "b", "TO-04": "b", "US-07": "b", "SE-05": "b"},
    {"EQ-04": "E1", "AC-07": "E2", "TO-02": "E2"},
    reasons="The two readings of EQ-01 differed. Both settled on answer b: two criteria are unmet.",
)
GOOD = Recipe(
    "E2",
    {"EQ-01": "b", "EQ-05": "b", "AI-08": "b", "US-04": "b", "TO-06": "b", "SE-06": "b"},
    {"AI-01": "E3", "US-02": "E3", "DC-05": "E3", "DC-03": "E3", "EQ-04": "E1"},
    recusals="One reviewer stood aside: her district was negotiating a price with this vendor.",
)
MIXED = Recipe(
    "E2",
    {"EQ-01": "c", "US-04": "c", "AI-01": "b", "AI-02": "b", "AI-05": "c", "AI-08": "c",
     "SE-01": "c", "RD-01": "b", "RD-02": "b", "TO-01": "b", "AC-01": "b", "AC-04": "b",
     "EQ-03": "c", "EQ-05": "d", "DC-01": "b", "RT-01": "b", "SE-05": "c", "AI-09": "b"},
    {"AI-04": "E1", "SE-03": "E1", "TO-08": "E1", "RD-04": "E1"},
)  # fmt: skip
WORD_ONLY = Recipe(
    "E1",
    {"EQ-01": "c", "EQ-05": "d", "SE-05": "c", "US-04": "b", "AC-01": "b"},
    {"US-01": "E2", "AC-02": "E2", "US-02": "E2"},
    is_desk_review=True,
)
TRAINS = Recipe(
    "E2",
    {**GOOD.answers, "AI-01": "d"},
    reasons="New terms of service allow training on student work unless a district opts out.",
)
#: A vendor that would not say what it does about known barriers: each buyer accepts that.
WITH_A_GAP = replace(MIXED, answers={**MIXED.answers, "EQ-02": "declined"})
DECLINES = Recipe("E2", {**GOOD.answers, "AI-01": "declined"})


def plan(diary: Diary) -> None:
    by_key = {listing.key: listing for listing in LISTINGS}
    for number, (key, recipe) in enumerate(
        {
            "reading-coach": WELL,
            "phonics": GOOD,
            "math-practice": GOOD,
            "lesson-loom": WITH_A_GAP,
            "family-messages": MIXED,
            "captions": MIXED,
            "algebra": WELL,
            "attendance": WORD_ONLY,
            "writing-feedback": GOOD,
            "iep-draft": GOOD,
            "meeting-minder": GOOD,
        }.items()
    ):
        listing = by_key[key]
        first = listing.listed + 8
        last = first if key == "meeting-minder" else -20
        for offset in range(first, last + 1, RENEWED_EVERY):
            diary.later(diary.at(offset, 200 + 11 * number), publish, listing, recipe)
    diary.later(diary.at(-18, 210), publish, by_key["writing-feedback"], TRAINS)
    diary.later(diary.at(-16, 220), publish, by_key["iep-draft"], DECLINES)
    for key in ("reading-coach", "phonics", "algebra", "captions", "attendance"):
        listing, recipe = by_key[key], {"captions": MIXED, "attendance": WORD_ONLY, "phonics": GOOD}
        diary.later(diary.at(-15, 230), publish, listing, recipe.get(key, WELL))
    diary.later(diary.at(-6, 100), correct_after_appeal)
    diary.later(diary.at(-3, 100), stop)


def publish(diary: Diary, listing: Listing, recipe: Recipe) -> None:
    tool, _ = diary.tools[listing.key]
    service.publish_card(
        diary.session,
        diary.actors["operator"],
        tool.id,
        card_of(listing, recipe, diary.today()),
        reviewers=REVIEWERS,
        recusals=recipe.recusals,
        reasons=recipe.reasons,
        is_desk_review=recipe.is_desk_review,
    )


def card_of(listing: Listing, recipe: Recipe, today: date) -> dict[str, Any]:
    """The plain document of a card, as reviewers hand it in."""
    return {
        "product": f"{listing.name}, all editions",
        "facts": _facts(listing),
        "answers": {
            criterion.id: _answer(listing, recipe, criterion, today - timedelta(days=9))
            for criterion in queries.rubric()
        },
    }


def _facts(listing: Listing) -> dict[str, Any]:
    faces_students = listing.key not in ("lesson-loom", "meeting-minder", "attendance", "iep-draft")
    return {
        "student_facing": faces_students,
        "student_accounts": faces_students,
        "under_13": listing.grades[0] < 7,
        "uses_ai": listing.ai is not AIUse.NONE,
        "generative": listing.ai is AIUse.GENERATIVE,
        "chat_with_students": listing.key in ("writing-feedback", "algebra"),
        "influences_decisions": "consequential" if listing.key == "iep-draft" else "formative",
        "captures_voice_image": listing.key in ("reading-coach", "captions"),
        "surveys_students": False,
        "deidentified_use": True,
        "stores_student_data": True,
    }


def _answer(listing: Listing, recipe: Recipe, criterion: Any, dated: date) -> dict[str, Any]:
    said = recipe.answers.get(criterion.id, criterion.best.id)
    if said == "declined":
        return {
            "state": "declined",
            "asked_on": [str(dated - timedelta(days=30)), str(dated - timedelta(days=12))],
            "reply": "Our lawyers advise us not to answer this question.",
        }
    level = recipe.on.get(criterion.id, recipe.evidence)
    answer: dict[str, Any] = {"answer": said, "evidence": level, "dated": dated}
    if level != "E1":
        document = criterion.docs[0]
        page = 2 + int(criterion.id[-2:])
        answer["proof"] = {
            "document": sha256(f"{listing.key}/{document}/{dated}".encode()).hexdigest(),
            "title": TITLES.get(document, document.replace("_", " ").capitalize()),
            "where": f"page {page}",
            "quote": f"{criterion.options[said].label}."[:200],
        }
    if criterion.gates:
        answer["readings"] = [
            {"reviewer": name, "answer": said, "evidence": level}
            for name in ("Reviewer A", "Reviewer B")
        ]
    return answer


def correct_after_appeal(diary: Diary) -> None:
    """The vendor appealed one answer; others than the reviewers looked, and found it right."""
    tool, _ = diary.tools["attendance"]
    service.append_correction(
        diary.session,
        diary.actors["operator"],
        tool.id,
        "Appeal of the vendor, decided by two people who had not reviewed it: the list of "
        "sub-processors was public all along. Answer b stands; only its date was wrong.",
        question="US-04",
    )


def stop(diary: Diary) -> None:
    tool, _ = diary.tools["algebra"]
    service.stop_card(
        diary.session,
        diary.actors["operator"],
        tool.id,
        reason="Student names could be seen by other classes. Two reviewers stopped the card while "
        "the vendor looks into it.",
        agreed_by=diary.actors["reviewer@demo.test"].user_id,
    )
