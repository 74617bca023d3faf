"""A listing as somebody reads it: sections, answers in words, what is in doubt, what is hidden."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_queries, questions
from marketplace.catalogue.answers import Answers, Said
from marketplace.catalogue.listing_models import ChangeNotice, ListingVersion
from marketplace.catalogue.models import Tool
from marketplace.catalogue.questions import Section
from marketplace.catalogue.rules import AIUse
from marketplace.core.access import Actor


@dataclass(frozen=True)
class Part:
    """A section with what this reader may see of it."""

    section: Section
    answers: list[Said]
    #: Answers that only people of a district see.
    hidden: int = 0

    @property
    def answered(self) -> int:
        return sum(bool(answer.lines) for answer in self.answers)


@dataclass(frozen=True)
class Reading:
    parts: dict[str, Part]
    version: ListingVersion | None = None
    notices: Sequence[ChangeNotice] = ()
    in_doubt: set[str] = field(default_factory=set)


def reading_of(
    session: Session, tool: Tool, version: ListingVersion | None, actor: Actor
) -> Reading:
    """What buyers read in this version, the newest: one query."""
    question_set, answers = listing_queries.answers_in(version, tool)
    notices = listing_queries.notices_of(session, tool.id)
    doubt = listing_queries.in_doubt(notices)
    return Reading(parts_of(question_set, answers, actor, tool), version, notices, doubt)


def parts_of(question_set: str, answers: Answers, actor: Actor, tool: Tool) -> dict[str, Part]:
    """Without the questions whose answers stand elsewhere on the page (name, grades …)."""
    found = {}
    for section in questions.load(question_set).sections:
        asked = [q for q in said.asked_of(section, answers) if not q.column]
        open_to = [q for q in asked if listing_queries.may_read(actor, q.who, tool.org_id)]
        found[section.key] = Part(
            section, [said.said(q, answers) for q in open_to], len(asked) - len(open_to)
        )
    return found


def as_drafted(tool: Tool, answers: Answers) -> Tool:
    """The tool as it would read with these answers; not a row of the database."""
    shown: dict[str, Any] = tool.model_dump()
    for question in questions.load():
        if question.column:
            value = said.value_of(answers, question.key)
            empty: Any = [] if question.type in ("lines", "many") else ""
            empty = {"lowest_grade": 0, "highest_grade": 12}.get(question.key, empty)
            shown[question.key] = empty if value is None else value
    shown["ai_use"] = AIUse(shown["ai_use"] or "none")
    return Tool(**shown)
