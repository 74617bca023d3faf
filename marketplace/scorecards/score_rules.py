"""The score: a pure function of rubric, card and day, in whole numbers, rounded once.

Every share is a numerator over one common denominator, so nothing is lost on the way; what is
shown is rounded at the end, half to even, to one decimal. Bands and conditions are asked of the
exact value: 84.96 shows as 85.0 and is a B.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from math import lcm
from typing import Any, NamedTuple

from marketplace.scorecards.card_rules import Answer, Card, canonical, digest
from marketplace.scorecards.rubric_rules import (
    GRADES,
    LONGEST_CONTRACT_DAYS,
    Conditions,
    Criterion,
    Rubric,
)

NOT_RATED = "NR"
#: How good a grade is; nothing is worse than a stop or a refusal to answer.
RANKS = {"A": 0, "B": 1, "C": 2, "D": 3, "E": 4, NOT_RATED: 4}
CAPS = {"cap_C": "C", "cap_D": "D", "stop": "E"}
_NEVER = 10**7
_SECURITY = "SE"


class Line(NamedTuple):
    """One applicable question, ready to be scored on any day (days as ordinals)."""

    criterion: Criterion
    place: int  # of its domain among those that apply
    weight: int
    points: int  # times the rubric's scale of points
    level: int  # as submitted
    lowered_on: int
    void_on: int
    fires: str | None
    state: str | None  # of a question without an answer

    def level_on(self, day: int) -> int:
        """Evidence loses one level after its lifetime and all of it after twice as long."""
        if day >= self.void_on:
            return 0
        return self.level - 1 if day >= self.lowered_on else self.level


class Share(NamedTuple):
    """A part of a whole, exactly."""

    part: int
    whole: int

    def __str__(self) -> str:
        """Out of 100, rounded half to even to one decimal."""
        tenths = self.tenths
        return f"{tenths // 10}.{tenths % 10}"

    @property
    def tenths(self) -> int:
        """Tenths of a percent, rounded half to even."""
        whole, rest = divmod(1000 * self.part, self.whole)
        twice = 2 * rest
        return whole + (twice > self.whole or (twice == self.whole and whole % 2))

    def is_at_least(self, minimum: Any) -> bool:
        """Compared exactly; `minimum` is a share of 1."""
        return bool(self.part * minimum.denominator >= minimum.numerator * self.whole)


class NextDrop(NamedTuple):
    """The day from which the card is worth less if nobody renews its evidence."""

    on: date
    grade: str


@dataclass(frozen=True)
class Result:
    """What a card comes to on a day."""

    score: Share
    floor: Share
    claimed: Share
    ceiling: Share
    domains: dict[str, Share]
    answered: Share
    documented: Share
    verified: Share
    gates_fired: list[tuple[str, str, str]]
    silent_gates: list[tuple[str, str, str]]
    core_missing: list[str]
    grade: str
    why: list[str]
    #: The state of every applicable question: answered, declined, lapsed …
    states: dict[str, str] = field(compare=False)
    levels: dict[str, int] = field(compare=False)
    inputs: str = field(compare=False)
    #: The next day on which anything here changes by itself.
    changes_on: date | None = None
    next_drop: NextDrop | None = None

    @property
    def input_sha256(self) -> str:
        return digest(self.inputs)

    def document(self) -> dict[str, Any]:
        """What `marketplace scorecard score --json` prints and what a receipt keeps."""
        return {
            "domains": {key: str(share) for key, share in self.domains.items()},
            "score": str(self.score),
            "floor": str(self.floor),
            "claimed": str(self.claimed),
            "ceiling": str(self.ceiling),
            "coverage": {
                "answered": str(self.answered),
                "documented": str(self.documented),
                "verified": str(self.verified),
            },
            "gates_fired": [list(gate) for gate in self.gates_fired],
            "silent_gates": [list(gate) for gate in self.silent_gates],
            "core_missing": self.core_missing,
            "grade": self.grade,
            "why": self.why,
            "input_sha256": self.input_sha256,
        }


def score(rubric: Rubric, card: Card, as_of: date | None = None) -> Result:
    """What the card comes to as of a day (its own unless told otherwise), with every reason."""
    card = card if as_of is None else card.at(as_of)
    sheet = Sheet(rubric, card)
    day = card.as_of.toordinal()
    sums = sheet.sums_on(day)
    verdict = sheet.verdict_on(day, sums)
    return Result(
        score=sums.score,
        floor=sums.floor,
        claimed=sheet.claimed,
        ceiling=sheet.ceiling,
        domains=sheet.domains_on(sums),
        answered=sums.answered,
        documented=sums.documented,
        verified=sums.verified,
        gates_fired=sheet.gates_fired,
        silent_gates=verdict.silent,
        core_missing=sheet.core_missing,
        grade=verdict.grade,
        why=verdict.why,
        states={line.criterion.id: sheet.state_on(line, day) for line in sheet.lines},
        levels={line.criterion.id: line.level_on(day) for line in sheet.lines},
        inputs=canonical(card),
        changes_on=sheet.changes_after(day),
        next_drop=sheet.next_drop(day, verdict.grade),
    )


class Sums(NamedTuple):
    score: Share
    floor: Share
    answered: Share
    documented: Share
    verified: Share
    verified_gates: Share
    by_domain: list[int]


class Verdict(NamedTuple):
    grade: str
    why: list[str]
    silent: list[tuple[str, str, str]]


class Sheet:
    """A card laid out under a rubric, so that several days are quick to ask about."""

    def __init__(self, rubric: Rubric, card: Card) -> None:
        self.rubric, self.card = rubric, card
        applies = rubric.is_applicable(card.facts)
        self.domains = [d for d in rubric.domains if any(applies[c.id] for c in d.criteria)]
        self.weights = [sum(c.weight for c in d.criteria if applies[c.id]) for d in self.domains]
        #: What makes weight / (weight of its domain) a whole number.
        self.common = lcm(*self.weights) if self.weights else 1
        self.unit = rubric.point_scale * rubric.multiplier_scale
        self.whole = sum(d.weight for d in self.domains) * self.common or 1
        self.multipliers = [int(m * rubric.multiplier_scale) for m in rubric.multipliers]
        self.lines = [
            self._line(criterion, place)
            for place, domain in enumerate(self.domains)
            for criterion in domain.criteria
            if applies[criterion.id]
        ]
        #: domain weight × criterion weight ÷ weights of the domain, over `self.whole`.
        self.shares = [
            line.weight
            * self.domains[line.place].weight
            * (self.common // self.weights[line.place])
            for line in self.lines
        ]

    def _line(self, criterion: Criterion, place: int) -> Line:
        answer = self.card.answers.get(criterion.id)
        if answer is None or answer.option is None or answer.level == 0:
            state = "not_looked_at"
            if answer is not None:
                # A badge or a sentence on a web page counts as no answer.
                state = answer.state or "not_found"
            points = 0
            if answer is not None and answer.option is not None:
                points = self._points(criterion, answer.option)
            return Line(criterion, place, criterion.weight, points, 0, _NEVER, _NEVER, None, state)
        option = answer.option
        gate = criterion.gate_of(option)
        level = answer.level
        if criterion.domain == _SECURITY and "security_in_doubt" in self.card.incidents:
            level = min(level, 1)
        lowered, void = _NEVER, _NEVER
        if gate is None:  # a bad answer never lapses
            lowered, void = self._lifetime(criterion, answer)
        points = self._points(criterion, option)
        fires = gate.effect if gate else None
        return Line(criterion, place, criterion.weight, points, level, lowered, void, fires, None)

    def _points(self, criterion: Criterion, option: str) -> int:
        points = criterion.options[option].points
        return points.numerator * (self.rubric.point_scale // points.denominator)

    def _lifetime(self, criterion: Criterion, answer: Answer) -> tuple[int, int]:
        """The first days without one level, and without any."""
        assert answer.dated is not None
        dated = answer.dated.toordinal()
        changed = self.card.model_changed_on
        if criterion.ttl == "behaviour" and changed and answer.dated < changed:
            return 0, 0
        days = self.rubric.ttl_days[criterion.ttl]
        if answer.level == 1:
            days = min(days, self.rubric.ttl_days["attestation"])
        if answer.expires is not None:
            days = min(days, (answer.expires - answer.dated).days, LONGEST_CONTRACT_DAYS)
        return dated + days + 1, dated + 2 * days + 1

    # -- sums --------------------------------------------------------------------------------

    def sums_on(self, day: int) -> Sums:
        by_domain = [0] * len(self.domains)
        on_paper = answered = documented = verified = gates = verified_gates = 0
        for line, share in zip(self.lines, self.shares, strict=True):
            level = line.level_on(day)
            earned = line.points * self.multipliers[level]
            by_domain[line.place] += line.weight * earned
            if level >= 1:
                answered += share
            if level >= 2:
                documented += share
                on_paper += share * earned
            if line.criterion.gates:
                gates += share
                verified_gates += share if level >= 3 else 0
            verified += share if level >= 3 else 0
        total = sum(
            domain.weight * earned * (self.common // weight)
            for domain, earned, weight in zip(self.domains, by_domain, self.weights, strict=True)
        )
        whole = self.whole * self.unit
        return Sums(
            Share(total, whole),
            Share(on_paper, whole),
            Share(answered, self.whole),
            Share(documented, self.whole),
            Share(verified, self.whole),
            Share(verified_gates, gates) if gates else Share(1, 1),
            by_domain,
        )

    def domains_on(self, sums: Sums) -> dict[str, Share]:
        return {
            domain.id: Share(earned, weight * self.unit)
            for domain, earned, weight in zip(
                self.domains, sums.by_domain, self.weights, strict=True
            )
        }

    @cached_property
    def claimed(self) -> Share:
        """What the vendor says, as if all of it were shown."""
        points = sum(line.points * s for line, s in zip(self.lines, self.shares, strict=True))
        return Share(points, self.whole * self.rubric.point_scale)

    @cached_property
    def ceiling(self) -> Share:
        """As claimed, with the best answer to every question that nobody answered."""
        scale = self.rubric.point_scale
        points = sum(
            (scale if self._is_open(line) else line.points) * share
            for line, share in zip(self.lines, self.shares, strict=True)
        )
        return Share(points, self.whole * scale)

    def _is_open(self, line: Line) -> bool:
        answer = self.card.answers.get(line.criterion.id)
        return answer is None or answer.option is None

    # -- the grade ---------------------------------------------------------------------------

    @cached_property
    def gates_fired(self) -> list[tuple[str, str, str]]:
        fired = []
        for line in self.lines:
            if line.fires:
                option = self.card.answers[line.criterion.id].option or ""
                gate = line.criterion.gate_of(option)
                fired.append((line.criterion.id, line.fires, gate.why if gate else ""))
        return fired

    @cached_property
    def core_missing(self) -> list[str]:
        return [
            line.criterion.id
            for line in self.lines
            if line.criterion.core and line.state == "not_looked_at"
        ]

    def state_on(self, line: Line, day: int) -> str:
        if line.state is not None:
            return line.state
        return "answered" if line.level_on(day) >= 1 else "lapsed"

    def verdict_on(self, day: int, sums: Sums) -> Verdict:
        """The band of the score, then whatever lowers it; the lowest wins."""
        grade = next(
            g for g, least in self.rubric.bands if sums.score.part * 100 >= least * sums.score.whole
        )
        why = [f"score {sums.score} -> {grade}"]
        for asked in GRADES:
            if asked == grade and (missing := list(self._unmet(asked, sums))):
                why += [f"{asked} needs {what}" for what in missing]
                grade = GRADES[GRADES.index(grade) + 1]
        for criterion, effect, _ in self.gates_fired:
            grade = _worse(grade, CAPS[effect])
            why.append(f"gate {criterion} {effect} -> at most {CAPS[effect]}")
        grade = self._after_incidents(grade, why)
        silent = list(self._silent_on(day))
        for criterion, state, effect in silent:
            if effect == NOT_RATED:
                grade = grade if grade == "E" else NOT_RATED
                why.append(f"{criterion} {state} on a stop question -> NR (would not answer)")
            else:
                grade = _worse(grade, effect)
                why.append(f"{criterion} {state} -> at most {effect}")
        if self.core_missing:
            why.append(f"not looked at: {', '.join(self.core_missing)} -> NR (review not complete)")
            grade = NOT_RATED
        return Verdict(grade, why, silent)

    def _unmet(self, grade: str, sums: Sums) -> Iterator[str]:
        asked = self.rubric.conditions.get(grade, Conditions())
        if asked.documented is not None and not sums.documented.is_at_least(asked.documented):
            yield f"documents (documented {sums.documented}%)"
        gates = sums.verified_gates
        if asked.verified_gates is not None and not gates.is_at_least(asked.verified_gates):
            yield f"checked gates (verified {gates}% of their weight)"
        if asked.domain is not None:
            for key, share in self.domains_on(sums).items():
                if not share.is_at_least(asked.domain):
                    yield f"every domain at {int(asked.domain * 100)} ({key} {share})"
        if asked.no_open_incident and "open_exposure" in self.card.incidents:
            yield "no open incident"

    def _after_incidents(self, grade: str, why: list[str]) -> str:
        incidents = self.card.incidents
        if "open_exposure" in incidents:
            grade = _worse(grade, "C")
            why.append("open incident: student data was exposed -> at most C")
        if "security_in_doubt" in incidents:
            why.append("security evidence counts as the vendor's word until it is reviewed again")
        if "concealed" in incidents:
            grade = _worse(grade, "E")
            why.append("an incident was hidden or told late -> at most E until reviewed again")
        return grade

    def _silent_on(self, day: int) -> Iterator[tuple[str, str, str]]:
        """Gate questions without an answer that counts, with what that does."""
        for line in self.lines:
            strictest = line.criterion.strictest
            if strictest is None:
                continue
            state = self.state_on(line, day)
            if effect := self.rubric.silence.get((state, strictest)):
                yield line.criterion.id, state, CAPS.get(effect, effect)

    # -- later days --------------------------------------------------------------------------

    @cached_property
    def days_of_change(self) -> list[int]:
        days: Iterable[int] = (
            day
            for line in self.lines
            if line.level
            for day in ((line.lowered_on, line.void_on) if line.level > 1 else (line.lowered_on,))
        )
        return sorted({day for day in days if 0 < day < _NEVER})

    def changes_after(self, day: int) -> date | None:
        later = next((d for d in self.days_of_change if d > day), None)
        return None if later is None else date.fromordinal(later)

    def next_drop(self, day: int, grade: str) -> NextDrop | None:
        """The first day with a worse grade. Ageing never raises a grade, so halving finds it."""
        later = [d for d in self.days_of_change if d > day]
        low, high = 0, len(later)
        while low < high:
            middle = (low + high) // 2
            if RANKS[self._grade_on(later[middle])] > RANKS[grade]:
                high = middle
            else:
                low = middle + 1
        if low == len(later):
            return None
        return NextDrop(date.fromordinal(later[low]), self._grade_on(later[low]))

    def _grade_on(self, day: int) -> str:
        return self.verdict_on(day, self.sums_on(day)).grade


def weakens_on(rubric: Rubric, card: Card) -> dict[str, date]:
    """For each question with evidence: the day from which it counts a level less (it may be
    past); `date.max` where it never does, as with an answer that fires a gate."""
    lines = [line for line in Sheet(rubric, card).lines if line.level]
    last = date.max.toordinal()
    return {
        line.criterion.id: date.fromordinal(min(max(1, line.lowered_on), last)) for line in lines
    }


def _worse(one: str, other: str) -> str:
    return one if RANKS[one] >= RANKS[other] else other
