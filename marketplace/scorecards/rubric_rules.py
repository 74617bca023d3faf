"""The rubric: its questions, weights, gates and lifetimes, read once and checked whole.

`parse` refuses a rubric that contradicts itself with one line for each problem: unknown ids,
weights that do not add up, rules of "not applicable" that run in a circle, a gate whose answer
earns points, citations of paragraphs that do not exist.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

from marketplace.core.errors import RuleBroken

LEVELS = ("E0", "E1", "E2", "E3")
#: From the mildest to the strictest.
EFFECTS = ("cap_C", "cap_D", "stop")
STATES = ("declined", "not_found", "lapsed", "not_looked_at")
#: How long a signed agreement without an end counts, in days.
LONGEST_CONTRACT_DAYS = 1095
GRADES = ("A", "B", "C", "D", "E")


class BadRubric(RuleBroken):
    """The rubric contradicts itself; `problems` has one line for each fault."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Option:
    id: str
    points: Fraction
    label: str


@dataclass(frozen=True)
class Gate:
    """Answers that limit the grade whatever the score."""

    answers: tuple[str, ...]
    effect: str
    why: str


@dataclass(frozen=True)
class NotApplicable:
    """Not applicable when a fact of the product, or another question, is so."""

    fact: str | None
    criterion: str | None
    value: Any


@dataclass(frozen=True)
class Criterion:
    """One question. `rev` counts changes of its meaning: only the same revision compares."""

    id: str
    domain: str
    title: str
    question: str
    weight: int
    core: bool
    rev: int
    options: Mapping[str, Option]
    gates: tuple[Gate, ...]
    na_when: tuple[NotApplicable, ...]
    ttl: str
    evidence: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    cites_check: tuple[str, ...] = ()
    family: str = ""

    def gate_of(self, option: str) -> Gate | None:
        return next((gate for gate in self.gates if option in gate.answers), None)

    @cached_property
    def strictest(self) -> str | None:
        """The strictest effect that an answer to this question can have."""
        return max((gate.effect for gate in self.gates), key=EFFECTS.index, default=None)

    @property
    def best(self) -> Option:
        return max(self.options.values(), key=lambda option: option.points)


@dataclass(frozen=True)
class Domain:
    id: str
    name: str
    weight: int
    family: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Conditions:
    """What a grade asks beyond the score; None where it asks nothing. Shares of 1."""

    documented: Fraction | None = None
    verified_gates: Fraction | None = None
    domain: Fraction | None = None
    no_open_incident: bool = False


@dataclass(frozen=True)
class Rubric:
    id: str
    version: str
    as_of: date
    review_by: date
    domains: tuple[Domain, ...]
    multipliers: tuple[Fraction, ...]
    ttl_days: Mapping[str, int]
    bands: tuple[tuple[str, int], ...]
    words: Mapping[str, str]
    conditions: Mapping[str, Conditions]
    #: effect of silence by state and strictest gate: "NR", "cap_D", "cap_C".
    silence: Mapping[tuple[str, str], str]
    #: What each fact asks, and the values it may have.
    facts: Mapping[str, str]
    fact_values: Mapping[str, tuple[Any, ...]]
    levels: Mapping[str, tuple[str, str]]
    sha256: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[Criterion]:
        return (criterion for domain in self.domains for criterion in domain.criteria)

    @cached_property
    def by_id(self) -> dict[str, Criterion]:
        return {criterion.id: criterion for criterion in self}

    @cached_property
    def point_scale(self) -> int:
        """What makes every number of points a whole number."""
        return lcm(*(o.points.denominator for c in self for o in c.options.values()))

    @cached_property
    def multiplier_scale(self) -> int:
        return lcm(*(m.denominator for m in self.multipliers))

    @cached_property
    def order_of_applying(self) -> tuple[Criterion, ...]:
        """Every question after those that its "not applicable" depends on."""
        order, problems = _in_order(list(self))
        if problems:
            raise BadRubric(problems)
        return tuple(order)

    def is_applicable(self, facts: Mapping[str, Any]) -> dict[str, bool]:
        """Which questions apply; facts alone decide, never the vendor's choice."""
        applies: dict[str, bool] = {}
        for criterion in self.order_of_applying:
            applies[criterion.id] = not any(
                (rule.fact is not None and facts.get(rule.fact) == rule.value)
                or (rule.criterion is not None and not applies[rule.criterion])
                for rule in criterion.na_when
            )
        return applies


def parse(document: Any, sha256: str = "") -> Rubric:
    """The rubric of a plain document; raises `BadRubric` with everything that is wrong."""
    try:
        rubric = _build(document, sha256)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        said = f"“{problem.args[0]}” is missing" if isinstance(problem, KeyError) else str(problem)
        raise BadRubric([f"The rubric cannot be read: {said}."]) from None
    if problems := list(dict.fromkeys(_problems(rubric))):
        raise BadRubric(problems)
    return rubric


# -- building --------------------------------------------------------------------------------


def exact(number: Any) -> Fraction:
    """What a person wrote, as a fraction: 0.60 is three fifths."""
    if isinstance(number, bool) or not isinstance(number, (int, float, str)):
        raise ValueError(f"“{number}” is not a number")
    return Fraction(str(number))


def _build(document: Any, sha256: str) -> Rubric:
    about, scoring, grades = document["rubric"], document["scoring"], document["grades"]
    defaults = document.get("criterion_defaults", {})
    facts = {k: v for k, v in document["profile_facts"].items() if k not in ("note", "na_rule")}
    return Rubric(
        id=about["id"],
        version=str(about["version"]),
        as_of=about["as_of"],
        review_by=about["review_by"],
        domains=tuple(_domain(d, defaults) for d in document["domains"]),
        multipliers=tuple(exact(scoring["evidence_multiplier"][level]) for level in LEVELS),
        ttl_days={
            key: LONGEST_CONTRACT_DAYS if days == "until_expiry" else int(days)
            for key, days in document["ttl_days"].items()
        },
        bands=tuple((band["grade"], int(band["min"])) for band in grades["bands"]),
        words=dict(grades["words"]),
        conditions={g: _conditions(c) for g, c in grades.get("extra_conditions", {}).items()},
        silence=_silence(grades["silence_effect"]),
        facts=facts,
        fact_values={name: _values(words) for name, words in facts.items()},
        levels={
            level: (
                document["evidence_levels"][level]["name"],
                document["evidence_levels"][level]["means"],
            )
            for level in LEVELS
        },
        sha256=sha256,
        document=document,
    )


def _domain(written: Mapping[str, Any], defaults: Mapping[str, Any]) -> Domain:
    return Domain(
        id=written["id"],
        name=written["name"],
        weight=int(written["weight"]),
        family=written.get("family", ""),
        criteria=tuple(_criterion(c, written["id"], defaults) for c in written["criteria"]),
    )


def _criterion(written: Mapping[str, Any], domain: str, defaults: Mapping[str, Any]) -> Criterion:
    said = {**defaults, **written}
    options = [Option(str(a["id"]), exact(a["points"]), a["label"]) for a in said["answers"]]
    if len({option.id for option in options}) < len(options):
        raise ValueError(f"{said['id']}: two answers have the same letter")
    return Criterion(
        id=said["id"],
        domain=domain,
        title=said["title"],
        question=said["question"],
        weight=int(said["weight"]),
        core=bool(said["core"]),
        rev=int(said["rev"]),
        options={option.id: option for option in options},
        gates=tuple(
            Gate(tuple(map(str, g["answers"])), g["effect"], g["why"]) for g in said["gates"]
        ),
        na_when=tuple(
            NotApplicable(r.get("fact"), r.get("criterion"), r.get("is")) for r in said["na_when"]
        ),
        ttl=said["ttl"],
        **{key: tuple(said.get(key, ())) for key in ("evidence", "docs", "cites", "cites_check")},
        family=said.get("family", ""),
    )


def _conditions(written: Mapping[str, Any]) -> Conditions:
    def share(key: str, of: int = 1) -> Fraction | None:
        return exact(written[key]) / of if key in written else None

    return Conditions(
        documented=share("documented_min"),
        verified_gates=share("verified_share_of_gate_weight_min"),
        domain=share("domain_min", 100),
        no_open_incident=written.get("open_incident") is False,
    )


def _silence(written: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    found = {}
    for state in ("declined", "not_found", "lapsed"):
        rules = written[state]
        for effect in EFFECTS:
            said = rules.get(f"gate_is_{effect}", rules.get("other_gate"))
            found[state, effect] = str(said).split(",")[0].strip()
    return found


def _values(words: str) -> tuple[Any, ...]:
    named = re.match(r"one of (.+)", words)
    return tuple(v.strip() for v in named[1].split(",")) if named else (True, False)


# -- checking --------------------------------------------------------------------------------


def _problems(rubric: Rubric) -> Iterator[str]:
    total = sum(domain.weight for domain in rubric.domains)
    if total != 100:
        yield f"The weights of the domains add up to {total}. They must add up to 100."
    seen: set[str] = set()
    for criterion in rubric:
        if criterion.id in seen:
            yield f"{criterion.id}: it is asked twice."
        seen.add(criterion.id)
    for criterion in rubric:
        yield from (f"{criterion.id}: {fault}." for fault in _faults(criterion, rubric, seen))
    yield from _in_order(list(rubric))[1]
    if list(rubric.multipliers) != sorted(rubric.multipliers) or rubric.multipliers[0] != 0:
        yield "Better evidence must never count less, and none must count nothing."
    if [minimum for _, minimum in rubric.bands] != sorted(
        (minimum for _, minimum in rubric.bands), reverse=True
    ) or rubric.bands[-1][1] != 0:
        yield "The bands of the grades must fall from the best to one that begins at 0."
    for effect in rubric.silence.values():
        if effect not in (*EFFECTS, "NR"):
            yield f"“{effect}” is not an effect of silence."


def _faults(criterion: Criterion, rubric: Rubric, known: set[str]) -> Iterator[str]:
    points = [option.points for option in criterion.options.values()]
    if criterion.weight <= 0:
        yield "its weight must be above 0"
    if max(points) != 1 or min(points) < 0:
        yield "its best answer must have 1 point and no answer less than 0"
    if criterion.ttl not in rubric.ttl_days:
        yield f"“{criterion.ttl}” is not a lifetime of evidence"
    if criterion.gates and not criterion.core:
        yield "a question with a gate must be a core question"
    for gate in criterion.gates:
        if gate.effect not in EFFECTS:
            yield f"“{gate.effect}” is not an effect of a gate"
        for answer in gate.answers:
            if answer not in criterion.options:
                yield f"its gate names answer “{answer}”, which it does not have"
            elif criterion.options[answer].points != 0:
                yield f"answer “{answer}” fires a gate, so it must earn no points"
    for rule in criterion.na_when:
        yield from _na_faults(rule, rubric, known)
    for cite in (*criterion.cites, *criterion.cites_check):
        yield from _cite_faults(cite, rubric.document.get("citation_rules", {}))


def _na_faults(rule: NotApplicable, rubric: Rubric, known: set[str]) -> Iterator[str]:
    if (rule.fact is None) == (rule.criterion is None):
        yield "a rule of “not applicable” names one fact or one question"
    elif rule.fact is not None and rule.fact not in rubric.facts:
        yield f"there is no fact “{rule.fact}”"
    elif rule.fact is not None and rule.value not in rubric.fact_values[rule.fact]:
        yield f"the fact “{rule.fact}” is never “{rule.value}”"
    elif rule.criterion is not None and rule.criterion not in known:
        yield f"it depends on {rule.criterion}, which is not asked"


def _cite_faults(cite: str, rules: Mapping[str, Any]) -> Iterator[str]:
    for refused in rules.get("refuse", ()):
        if refused["pattern"] in cite:
            yield f"it cites {refused['pattern']}: {refused['why']}"
    counts = rules.get("valid_nist_ai_rmf", {})
    for function, part, number in re.findall(r"NIST AI RMF ([A-Z]+) (\d+)\.(\d+)", cite):
        parts = counts.get(function, ())
        if not (0 < int(part) <= len(parts) and 0 < int(number) <= parts[int(part) - 1]):
            yield f"NIST AI RMF {function} {part}.{number} does not exist"


def _in_order(criteria: list[Criterion]) -> tuple[list[Criterion], list[str]]:
    """Questions after those they depend on, and a line for each circle."""
    left = {c.id: c for c in criteria}
    known = set(left)
    order: list[Criterion] = []
    while left:
        ready = [
            c
            for c in left.values()
            if not any(r.criterion in left for r in c.na_when if r.criterion in known)
        ]
        if not ready:
            circle = " → ".join(left)
            return order, [f"Rules of “not applicable” run in a circle: {circle}."]
        for criterion in ready:
            del left[criterion.id]
        order += ready
    return order, []
