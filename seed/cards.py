"""Scorecards of the tools that districts buy: there before the first pool, renewed yearly."""

from hashlib import sha256
from typing import Any

from marketplace.catalogue.rules import AIUse
from marketplace.core.access import Actor
from marketplace.guard import queries as guard
from marketplace.guard import service as guard_service
from marketplace.scorecards import queries, service
from marketplace.scorecards.rules import Criterion, Reviewer
from seed.campaigns import CAMPAIGNS
from seed.diary import Diary
from seed.tools import LISTINGS, Listing

REVIEWERS = (Reviewer("Dana Whitlock", "Bath Central"), Reviewer("Luis Ortega", "Elmira Heights"))
#: A card holds for 365 days; the next one is there in time.
RENEWED_DAYS = 340
#: A vendor that would not say what it does about known barriers: each buyer accepts that.
WITH_A_GAP = {"lesson-loom": "EQ-02"}
WHY = "Two of our teachers tried it with a screen reader. We ask the vendor again next fall."


def plan(diary: Diary) -> None:
    bought = {campaign.tool for campaign in CAMPAIGNS}
    for number, listing in enumerate(each for each in LISTINGS if each.key in bought):
        for day in range(listing.listed + 5, 1, RENEWED_DAYS):
            diary.later(diary.at(day, 20 * number), publish, listing)


def publish(diary: Diary, listing: Listing) -> None:
    tool, _ = diary.tools[listing.key]
    service.publish_card(
        diary.session,
        diary.actors["operator"],
        tool.id,
        document(listing, diary),
        reviewers=REVIEWERS,
        once_key=f"{listing.key}-{diary.today()}",
    )


def document(listing: Listing, diary: Diary) -> dict[str, Any]:
    """Good answers on paper or checked, some of them second best."""
    day = queries.today()
    facts = {
        "student_facing": True,
        "student_accounts": True,
        "under_13": listing.grades[0] < 7,
        "uses_ai": listing.ai is not AIUse.NONE,
        "generative": listing.ai is AIUse.GENERATIVE,
        "chat_with_students": False,
        "influences_decisions": "formative",
        "captures_voice_image": listing.key == "reading-coach",
        "surveys_students": False,
        "deidentified_use": False,
        "stores_student_data": True,
    }
    answers = {
        asked.id: _answer(listing, asked, number, day)
        for number, asked in enumerate(queries.rubric())
    }
    if declined := WITH_A_GAP.get(listing.key):
        answers[declined] = {"state": "declined"}
    return {"product": listing.name, "as_of": day, "facts": facts, "answers": answers}


def _answer(listing: Listing, asked: Criterion, number: int, day: Any) -> dict[str, Any]:
    ranked = sorted(asked.options, key=lambda key: -asked.options[key].points)
    second = (number + len(listing.key)) % 5 == 0 and asked.options[ranked[1]].points > 0
    option = ranked[1] if second and not asked.gates else ranked[0]
    paper = asked.docs[0] if asked.docs else "statement"
    return {
        "answer": option,
        "evidence": "E3" if asked.gates else "E2",
        "dated": day,
        "proof": {
            "document": sha256(f"{listing.key}:{paper}".encode()).hexdigest(),
            "where": f"page {number % 9 + 1}",
            "quote": asked.options[option].label[:120],
        },
    }


def accept_gaps(diary: Diary, district: Actor, listing_key: str) -> None:
    """What a buyer does before it commits, where the card has gaps."""
    tool, _ = diary.tools[listing_key]
    waiting = guard.open_gaps(diary.session, tool.id, district.home)
    if waiting:
        guard_service.accept_gaps(
            diary.session, district, tool.id, words=WHY, seen=[gap.key for gap in waiting]
        )
