"""The public calculator: from what was typed to a split, or to every problem at its field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.costs import csv_rules
from marketplace.costs.bill_rules import reckon
from marketplace.costs.rules import Terms, check_size, terms_of
from marketplace.pricing.rules import (
    Band,
    Form,
    Member,
    PricingRefused,
    Schedule,
    Split,
)

#: So many problems are listed at one field; then only their number is said.
MOST_PROBLEMS_SHOWN = 20

FORM_WORDS: dict[Form, str] = {
    Form.VOLUME: "All seats at the price of the step that is reached",
    Form.GRADUATED: "Each seat at the price of its own step",
    Form.PER_SEAT: "One price for each seat",
    Form.FLAT: "One price for all together",
    Form.SITE: "A price for each district, by its pupils",
}
#: Which field a problem of the schedule belongs to.
_FIELDS = {
    "platform_fee_cents": "fee",
    "minimum_cents": "minimum",
    "cap_cents": "cap",
    "total_cents": "total",
    "total": "members",
    "bands": "bands",
    "form": "kind",
}


@dataclass
class Answer:
    """What came of it; `problems` by field, and a split only when there are none."""

    problems: dict[str, list[str]] = field(default_factory=dict)
    schedule: Schedule | None = None
    terms: Terms | None = None
    members: list[Member] = field(default_factory=list)
    seed: str = ""
    split: Split | None = None

    def add(self, where: str, words: Sequence[str]) -> None:
        if words:
            self.problems.setdefault(where, []).extend(words)


def answer(typed: Mapping[str, str]) -> Answer:
    """All that is wrong at once, each at its field; otherwise the split."""
    found = Answer(seed=typed.get("seed", "").strip())
    found.schedule = _schedule(typed, found)
    try:
        found.terms = terms_of(
            typed.get("method", ""), typed.get("equal_percent", ""), typed.get("rest", "")
        )
    except RuleBroken as refusal:
        found.add(refusal.field or "method", [str(refusal)])
    reading = csv_rules.read_members(typed.get("members", ""))
    found.members = reading.members
    found.add("members", _shortened([str(problem) for problem in reading.problems]))
    if found.terms and found.members:
        try:
            check_size(found.terms.method, len(found.members))
        except RuleBroken as refusal:
            found.add("members", [str(refusal)])
    if len(found.seed) > 200 or not found.seed.isprintable():
        found.add("seed", ["Use 200 letters at most, on one line."])
    if not found.problems and found.schedule and found.terms:
        _split(found, found.schedule, found.terms)
    return found


def _split(found: Answer, schedule: Schedule, terms: Terms) -> None:
    try:
        found.split = reckon(schedule, found.members, terms, found.seed)
    except PricingRefused as refusal:
        for problem in refusal.problems:
            found.add(*_placed(problem))
        found.problems = {name: _shortened(said) for name, said in found.problems.items()}
    except RuleBroken as refusal:
        found.add(refusal.field or "members", [str(refusal)])


def _schedule(typed: Mapping[str, str], found: Answer) -> Schedule | None:
    kind = typed.get("kind", "")
    if kind not in set(Form):
        found.add("kind", ["Choose a kind of price list."])
        return None
    amounts = {name: _amount(typed, name, found) for name in ("fee", "minimum", "cap")}
    total, bands = None, list[Band]()
    if kind == Form.FLAT:
        total = _amount(typed, "total", found)
        if total is None and "total" not in found.problems:
            found.add("total", ["Enter the price for all together."])
    else:
        bands, problems = csv_rules.read_bands(typed.get("bands", ""))
        found.add("bands", _shortened([str(problem) for problem in problems]))
        if not bands and not problems:
            found.add("bands", ["Enter at least one line, such as “1, 16.00”."])
    if found.problems:
        return None
    try:
        return Schedule(
            Form(kind),
            tuple(bands),
            amounts["fee"] or 0,
            amounts["minimum"] or 0,
            amounts["cap"],
            total,
            combinable=bool(typed.get("combinable")),
        )
    except PricingRefused as refusal:
        for problem in refusal.problems:
            found.add(*_placed(problem))
    return None


def _amount(typed: Mapping[str, str], name: str, found: Answer) -> int | None:
    text = typed.get(name, "").strip()
    if not text:
        return None
    try:
        return csv_rules.cents(text, "amount")
    except ValueError as bad:
        found.add(name, [str(bad)])
        return None


def _placed(problem: str) -> tuple[str, list[str]]:
    """'schedule.bands, band 2: starts at …' -> its field, and the words for a person."""
    name = re.match(r"(?:schedule\.)?(\w+)", problem)
    where = _FIELDS.get(name[1], "members") if name else "members"
    words = re.sub(r"^schedule\.\w+[,:]? *", "", problem) if "schedule." in problem else problem
    words = words.replace("cap_cents", "the cap").replace('"unit_cents"', "the price")
    return where, [words[:1].upper() + words[1:]]


def _shortened(problems: Sequence[str]) -> list[str]:
    if len(problems) <= MOST_PROBLEMS_SHOWN:
        return list(problems)
    more = len(problems) - MOST_PROBLEMS_SHOWN
    return [*problems[:MOST_PROBLEMS_SHOWN], f"… and {more:,} more like these."]


def as_document(found: Answer) -> dict[str, Any]:
    """The input of `marketplace split` that gives the same answer."""
    assert found.schedule is not None
    assert found.terms is not None
    return csv_rules.document(
        found.schedule.to_json(), found.members, found.terms.for_split(), found.seed
    )
