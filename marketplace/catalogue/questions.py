"""The question set: what a listing asks, read from a file of the repository and checked once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from marketplace.catalogue.rules import AI_WORDS, SUBJECTS

FOLDER = Path(__file__).parent / "questions"
NEWEST = "2026-11"
TYPES = {
    "text", "long", "lines", "link", "yes_no", "choice", "many", "grade", "date", "whole",
    "dollars", "priced",
}  # fmt: skip
WHO_WORDS = {
    "public": "Anyone can see this once the listing is published.",
    "districts": "Only people of a district who are signed in can see this.",
    "operator": "Only we can see this, to check the listing.",
}
CHANGE_KINDS = ("model", "sub_processor", "policy", "price", "ownership")
_NAMED_OPTIONS = {
    "subjects": SUBJECTS,
    "ai_use": {str(use): words for use, words in AI_WORDS.items()},
}


@dataclass(frozen=True)
class Question:
    key: str
    type: str
    label: str
    help: str = ""
    who: str = "public"
    #: What a vendor reads when it is left open; empty: it may stay open.
    required: str = ""
    #: Letters of a text, items of a list, or the highest number.
    most: int = 300
    #: Letters of one item of a list.
    longest: int = 300
    options: Mapping[str, str] = field(default_factory=dict)
    only_if: Mapping[str, list[str]] = field(default_factory=dict)
    suffix: str = ""
    column: bool = False
    facet: bool = False
    evidence: bool = False
    #: How long an answer holds before it must be confirmed again.
    months: int = 0
    #: "past" or "future": on which side of today a date must lie.
    dates: str = ""
    #: The answer itself is the day on which it runs out.
    expires: bool = False
    touched: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    help: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class QuestionSet:
    version: str
    sections: tuple[Section, ...]

    def __iter__(self) -> Iterator[Question]:
        return (question for section in self.sections for question in section.questions)

    @cached_property
    def by_key(self) -> dict[str, Question]:
        return {question.key: question for question in self}

    def section(self, key: str) -> Section | None:
        return next((section for section in self.sections if section.key == key), None)


class BadQuestions(ValueError):
    """The file of questions is wrong; says where."""


@cache
def load(version: str = NEWEST) -> QuestionSet:
    return parse(yaml.safe_load((FOLDER / f"{version}.yaml").read_text(encoding="utf-8")))


def parse(document: Mapping[str, Any]) -> QuestionSet:
    sections = tuple(
        Section(s["key"], s["title"], s["help"], tuple(_question(q) for q in s["questions"]))
        for s in document["sections"]
    )
    found = QuestionSet(document["version"], sections)
    _check(found)
    return found


def _question(written: Mapping[str, Any]) -> Question:
    facts = dict(written)
    options = facts.get("options", {})
    if isinstance(options, str):
        options = _NAMED_OPTIONS[options]
    # YAML reads a bare `yes` as true.
    facts["options"] = {_word(key): words for key, words in options.items()}
    facts["touched"] = tuple(facts.get("touched", ()))
    try:
        return Question(**facts)
    except TypeError as problem:
        raise BadQuestions(f"{written.get('key')}: {problem}") from None


def _word(key: Any) -> str:
    return ("yes" if key else "no") if isinstance(key, bool) else str(key)


def _check(questions: QuestionSet) -> None:
    seen: set[str] = set()
    for question in questions:
        if question.key in seen:
            raise BadQuestions(f"{question.key}: asked twice")
        seen.add(question.key)
        for problem in _problems(question, seen):
            raise BadQuestions(f"{question.key}: {problem}")


def _problems(question: Question, earlier: set[str]) -> Iterator[str]:
    if question.type not in TYPES:
        yield f"{question.type} is no type"
    if (question.type in ("choice", "many")) != bool(question.options):
        yield "options belong to a choice, and a choice has options"
    if question.who not in WHO_WORDS:
        yield f"nobody is called {question.who}"
    if unknown := set(question.touched) - set(CHANGE_KINDS):
        yield f"no such change: {sorted(unknown)}"
    if missing := set(question.only_if) - earlier:
        yield f"depends on {sorted(missing)}, which is not asked before it"
    if question.expires and question.type != "date":
        yield "only a date can run out by itself"
    if question.type == "dollars" and not question.key.endswith("_cents"):
        yield "money is stored in cents, and its key says so"
    if question.column and question.who != "public":
        yield "what stands on the tool is public"
