"""Who a programme is for: a rule on public facts that anybody can read and check.

All facts are of the federal directory: locale (NCES framework of 2006), enrolment (NCES CCD),
children 5 to 17 in poverty (Census SAIPE), each with its year. A figure that is missing is
missing: it never counts as zero, and the rule then says that it cannot tell.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from marketplace.accounts.rules import STATES
from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.directory.rules import SMALL_BELOW_PUPILS, locale_name, poverty_bps

#: The first digit of an NCES locale code says the kind of place.
PLACES = {"1": "city", "2": "suburb", "3": "town", "4": "rural"}
DIGIT_OF_PLACE = {words: digit for digit, words in PLACES.items()}
LARGEST_BUDGET_CENTS = 10**13


class Leftover(StrEnum):
    """What becomes of money that is not spent when a programme ends."""

    RETURN = "return"
    NEXT_YEAR = "next_year"


LEFTOVER_WORDS = {
    Leftover.RETURN: "It goes back to the funder.",
    Leftover.NEXT_YEAR: "It stays set aside for the next school year.",
}


class Fits(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


#: fits -> (kind of tag, words, icon)
FITS_TAGS = {
    Fits.YES: ("good", "Qualifies", "ok"),
    Fits.NO: ("", "Does not qualify", "no"),
    Fits.UNKNOWN: ("warn", "Cannot tell", "mid"),
}


@dataclass(frozen=True)
class Eligibility:
    """All that is asked must hold; what is not asked is left open."""

    states: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    pupils_from: int | None = None
    pupils_to: int | None = None
    #: Children 5 to 17 in poverty, of 10,000, at least.
    poverty_from_bps: int | None = None
    small: bool = False
    rural: bool = False
    #: The address of an education service agency: members of a consortium that it leads.
    agency: str = ""

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        lists = {name: tuple(kept.get(name, ())) for name in ("states", "places")}
        return cls(**{**kept, **lists})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def asks_pupils(self) -> bool:
        return self.small or self.pupils_from is not None or self.pupils_to is not None

    @property
    def asks_place(self) -> bool:
        return bool(self.places) or self.rural

    def words(self, agency_name: str = "") -> list[str]:
        """The rule, a line for each thing it asks."""
        lines = []
        if self.states:
            lines.append("In " + either([STATES[code][0] for code in self.states]))
        if self.places:
            lines.append("A " + either(self.places) + " place, by its NCES locale")
        if self.rural:
            lines.append("Rural, by its NCES locale (41 to 43)")
        if self.small:
            lines.append(f"Small: fewer than {SMALL_BELOW_PUPILS:,} pupils")
        if self.pupils_from is not None or self.pupils_to is not None:
            lines.append(span_words(self.pupils_from, self.pupils_to))
        if self.poverty_from_bps is not None:
            share = f"{self.poverty_from_bps / 100:g}%"
            lines.append(f"At least {share} of children 5 to 17 in poverty (Census SAIPE)")
        if self.agency:
            lines.append(f"In a consortium led by {agency_name or self.agency}")
        lines.append("On the newest federal list of districts")
        return lines


def either(words: Collection[str]) -> str:
    """“Ohio”, “Ohio or Kansas”, “Ohio, Kansas or Iowa”."""
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last


def span_words(least: int | None, most: int | None) -> str:
    if least is None:
        return f"{most:,} pupils at most"
    return f"{least:,} pupils or more" if most is None else f"{least:,} to {most:,} pupils"


@dataclass(frozen=True)
class Facts:
    """What the directory says about one district, each figure with its year."""

    leaid: str
    state: str
    locale: str | None
    locale_year: str | None
    pupils: int | None
    pupils_year: str | None
    children: int | None
    children_in_poverty: int | None
    poverty_year: str | None
    #: False where a newer federal list of its state no longer has it: closed or merged.
    is_listed: bool
    #: Addresses of the agencies that lead a consortium it belongs to.
    agencies: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "agencies": list(self.agencies)}


@dataclass(frozen=True)
class Verdict:
    fits: Fits
    #: Why not, or what is missing; empty where the district qualifies.
    why: tuple[str, ...] = field(default=())


def judge(rule: Eligibility, facts: Facts) -> Verdict:
    """Whether a district qualifies. One thing that does not hold is enough for no; where the
    rest holds and a figure is missing, nobody can tell."""
    against, missing = [], []
    for holds, no, gap in _questions(rule, facts):
        if holds is None:
            missing.append(gap)
        elif not holds:
            against.append(no)
    if against:
        return Verdict(Fits.NO, tuple(against))
    return Verdict(Fits.UNKNOWN, tuple(missing)) if missing else Verdict(Fits.YES)


def _questions(rule: Eligibility, facts: Facts) -> list[tuple[bool | None, str, str]]:
    """(holds, or None where a figure is missing; the words for no; the words for missing)."""
    gone = "Not on the newest federal list of its state: closed or merged"
    found: list[tuple[bool | None, str, str]] = [(facts.is_listed, gone, "")]
    if rule.states:
        found.append((facts.state in rule.states, f"In {facts.state}", ""))
    digit, pupils = (facts.locale or "")[:1], facts.pupils
    place, no_place = locale_name(facts.locale), "No locale is known"
    if rule.places:
        found.append((PLACES[digit] in rule.places if digit else None, place, no_place))
    if rule.rural:
        found.append((digit == "4" if digit else None, place, no_place))
    many = f"{pupils:,} pupils" if pupils is not None else ""
    no_pupils = "No enrolment is known"
    if rule.small:
        holds = pupils < SMALL_BELOW_PUPILS if pupils is not None else None
        found.append((holds, many, no_pupils))
    if rule.pupils_from is not None:
        found.append((pupils >= rule.pupils_from if pupils is not None else None, many, no_pupils))
    if rule.pupils_to is not None:
        found.append((pupils <= rule.pupils_to if pupils is not None else None, many, no_pupils))
    if rule.poverty_from_bps is not None:
        found.append(_poverty(rule.poverty_from_bps, facts))
    if rule.agency:
        found.append((rule.agency in facts.agencies, "In no consortium of this agency", ""))
    return found


def _poverty(least_bps: int, facts: Facts) -> tuple[bool | None, str, str]:
    bps = poverty_bps(facts.children, facts.children_in_poverty)
    if not facts.children or facts.children_in_poverty is None or bps is None:
        return None, "", "No poverty figure is known"
    holds = facts.children_in_poverty * 10_000 >= least_bps * facts.children  # not rounded
    return holds, f"{bps / 100:.1f}% of children in poverty", ""


def check_rule(rule: Eligibility) -> None:
    """What cannot be meant is refused at its field."""
    for code in rule.states:
        if code not in STATES:
            raise RuleBroken(f"{code} is no state. Use postal codes, such as OH, KS.", "states")
    for name, value in (("pupils_from", rule.pupils_from), ("pupils_to", rule.pupils_to)):
        if value is not None and value < 0:
            raise RuleBroken("Pupils cannot be below zero.", name)
    low, high = rule.pupils_from, rule.pupils_to
    if low is not None and high is not None and high < low:
        raise RuleBroken("This is below the smallest enrolment. No district fits.", "pupils_to")
    if rule.poverty_from_bps is not None and not 0 < rule.poverty_from_bps <= 10_000:
        raise RuleBroken("Enter a share from 0.01 to 100 percent.", "poverty")
    if rule.rural and rule.places and "rural" not in rule.places:
        raise RuleBroken(
            "Rural is asked, yet it is not among the places. No district fits.", "rural"
        )


def check_matches(fits: int, listed: int, for_everybody: bool) -> None:
    """A rule that fits nobody is a slip; one that fits everybody must be meant."""
    if not fits:
        raise RuleBroken("No district on the newest federal lists fits this rule. Ask less.")
    if fits == listed and not for_everybody:
        raise RuleBroken(
            f"This rule fits all {listed:,} districts. Tick the box if you mean that.",
            "for_everybody",
        )


def check_budget(budget_cents: int | None, given_cents: int) -> None:
    """A budget never falls below what is promised or paid already."""
    if not budget_cents or budget_cents < 0:
        raise RuleBroken("Enter a budget above zero.", "budget")
    if budget_cents > LARGEST_BUDGET_CENTS:
        raise RuleBroken("This amount is too large.", "budget")
    if budget_cents < given_cents:
        raise RuleBroken(
            f"{dollars(given_cents)} is already awarded. The budget cannot be below that.",
            "budget",
        )
