"""The rubric as reviews need it: what applies, what is read twice, what a change touches."""

from collections.abc import Mapping
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.reviews import rules
from marketplace.reviews.models import Review
from marketplace.reviews.rules import Found, Level, Seat, State
from marketplace.reviews.watch_rules import TOUCHED_BY_TOPIC, Topic
from marketplace.scorecards import queries as scorecards
from marketplace.scorecards.rules import Criterion, Rubric

#: What a vendor announces (kinds of the catalogue's change notices) -> documents it touches.
_DOCS_TOUCHED = {
    "sub_processor": {"subprocessors"},
    "policy": {"privacy_policy", "terms", "cookie_policy"},
}
#: Who owns the company: the signed agreement, and what happens on a sale.
_OWNERSHIP = ("AC-01", "AC-07")


def rubric(version: str | None = None) -> Rubric:
    """The newest rubric, or the one a review began with."""
    return scorecards.rubric(version) if version else scorecards.rubric()


def applicable(found: Rubric, facts: Mapping[str, Any]) -> list[Criterion]:
    """The questions that apply to a product with these facts, in the rubric's order."""
    applies = found.is_applicable(facts)
    return [criterion for criterion in found if applies[criterion.id]]


def checked_facts(found: Rubric, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Every fact, each with a value it may have; else refused at the fact."""
    for name in found.facts:
        value = facts.get(name)
        if not any(type(value) is type(v) and value == v for v in found.fact_values[name]):
            raise RuleBroken("Say how it is: this decides which questions apply.", name)
    return {name: facts[name] for name in found.facts}


def asked_of(review: Review) -> list[Criterion]:
    """The questions this review reads: all that apply, of a re-check those it reads again."""
    asked = applicable(rubric(review.rubric_version), review.facts)
    again = review.rereads
    return asked if again is None else [c for c in asked if c.id in again]


def touched_by_notice(found: Rubric, kind: str) -> tuple[list[str], bool]:
    """The questions a vendor's change notice puts in doubt; and whether their tests are void."""
    if kind == "model":
        return [c.id for c in found if c.ttl == "behaviour"], True
    if kind == "ownership":
        return [q for q in _OWNERSHIP if q in found.by_id], False
    docs = _DOCS_TOUCHED.get(kind, set())
    return [c.id for c in found if docs & set(c.docs)], False


def touched_by_topics(found: Rubric, topics: list[str]) -> list[str]:
    touched = {q for topic in topics for q in TOUCHED_BY_TOPIC[Topic(topic)]}
    return [c.id for c in found if c.id in touched]


def drawn(review: Review) -> list[str]:
    """The questions of this review that are read twice."""
    asked = asked_of(review)
    gates, others = [c.id for c in asked if c.gates], [c.id for c in asked if not c.gates]
    return rules.second_reading(gates, others, review.seed)


def questions_to_read(review: Review, seat: Seat) -> list[str]:
    """The first reader reads all that applies, the second every gate and the drawn quarter."""
    if seat is Seat.SECOND:
        return drawn(review)
    return [c.id for c in asked_of(review)]


def answered(review: Review) -> set[str]:
    """The questions for which the vendor has chosen an answer; a draft may only have words."""
    return {question for question, said in review.answers.items() if said.get("option")}


def vendors_word(review: Review, question: str) -> Found:
    """What the vendor answered and signed, as evidence of the first level."""
    said = review.answers.get(question, {}) if review.signed_at else {}
    if said.get("option") == State.DECLINED:
        return Found(State.DECLINED, words=said.get("words", ""))
    if not said.get("option"):
        return Found(State.NOT_FOUND)
    return Found(State.ANSWERED, said["option"], Level.E1, dated=review.signed_on)
