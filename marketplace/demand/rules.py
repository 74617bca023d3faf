"""Who is interested, counted so that no single district shows, and what a pool would give them.

A figure about fewer than five districts is hidden, and an empty group looks the same as a small
one. A district's name stands only where it said it may.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

from marketplace.core.disclosure import FEWEST_DISTRICTS
from marketplace.core.errors import RuleBroken
from marketplace.directory.rules import size_band
from marketplace.pricing.rules import Form, Schedule, price_ladder, unit_price_cents

#: Groups of fewer districts are hidden.
FEWEST = FEWEST_DISTRICTS
ROUND_SEATS = 50
MOST_SEATS = 1_000_000
MOST_CENTS = 10**10
YEARS_AHEAD = 3
UNKNOWN_STATE, UNKNOWN_SIZE = "Not known", "Size not known"
SIZE_WORDS = {
    "<250": "Under 250 pupils",
    "<500": "250 to 499 pupils",
    "<1000": "500 to 999 pupils",
    "<2500": "1,000 to 2,499 pupils",
    "2500+": "2,500 pupils or more",
}
K = TypeVar("K", bound=Hashable)


def school_year_of(day: date) -> int:
    """The year in which the school year (July 1 to June 30) of a day begins."""
    return day.year if day.month >= 7 else day.year - 1


def year_words(year: int) -> str:
    """2026 -> '2026–27'."""
    return f"{year}–{(year + 1) % 100:02}"


def years_to_choose(today: date) -> list[int]:
    first = school_year_of(today)
    return list(range(first, first + YEARS_AHEAD))


def check_interest(seats: int, year: int, budget_cents: int | None, today: date) -> None:
    """Raises `RuleBroken` at the field that cannot be."""
    if not 0 < seats <= MOST_SEATS:
        raise RuleBroken(f"Enter a whole number from 1 to {MOST_SEATS:,}.", "seats")
    if year not in years_to_choose(today):
        raise RuleBroken("Choose one of the school years.", "school_year")
    if budget_cents is not None and not 0 < budget_cents <= MOST_CENTS:
        raise RuleBroken("Enter an amount from $0.01 to $100,000,000.00.", "budget")


# -- counting --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    districts: int = 0
    seats: int = 0
    #: Those of the districts whose name the reader does not see.
    unnamed: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.districts + other.districts,
            self.seats + other.seats,
            self.unnamed + other.unnamed,
        )

    @property
    def is_safe(self) -> bool:
        """Nobody stands out: not in the group, and not among those in it without a name."""
        return self.districts >= FEWEST and (not self.unnamed or self.unnamed >= FEWEST)

    @property
    def rounded(self) -> "Count":
        """Down to five districts and fifty seats, so that two pages of different groups, or the
        same page a day later, do not give away the one between them."""
        districts = self.districts // FEWEST * FEWEST
        return Count(districts, self.seats // ROUND_SEATS * ROUND_SEATS, self.unnamed)


NOTHING = Count()


def total_of(counts: Iterable[Count]) -> Count:
    return sum(counts, NOTHING)


def shown(groups: Mapping[K, Count]) -> dict[K, Count]:
    """The groups that may be shown, rounded: those in which nobody stands out.

    What is left over must be nothing or such a group as well, or it could be worked out from the
    total; so the smallest of the others goes too until that holds.
    """
    kept = {key: count for key, count in groups.items() if count.is_safe}
    rest = total_of(count for key, count in groups.items() if key not in kept)
    for key in sorted(kept, key=lambda key: (kept[key].districts, str(key))):
        if not rest.districts or rest.is_safe:
            break
        rest += kept.pop(key)
    return {key: count.rounded for key, count in kept.items()}


def grouped(pairs: Iterable[tuple[K, Count]]) -> dict[K, Count]:
    found: dict[K, Count] = {}
    for key, count in pairs:
        found[key] = found.get(key, NOTHING) + count
    return found


@dataclass(frozen=True)
class Interested:
    """One district's interest with what counting and matching need."""

    org_id: UUID
    tool_id: UUID
    name: str
    leaid: str
    state: str
    pupils: int | None
    seats: int
    school_year: int
    to_districts: bool
    to_vendor: bool
    contact_name: str = ""
    contact_email: str = ""

    def count(self, named: bool) -> Count:
        return Count(1, self.seats, 0 if named else 1)


@dataclass(frozen=True)
class DemandMap:
    """The demand for one tool as members and its vendor read it. No total: nothing to show."""

    total: Count | None
    by_state: dict[str, Count] = field(default_factory=dict)
    by_size: dict[str, Count] = field(default_factory=dict)
    by_year: dict[str, Count] = field(default_factory=dict)


def demand_map(rows: Iterable[Interested], is_named: Callable[[Interested], bool]) -> DemandMap:
    """`is_named`: whose name this reader sees, itself included."""
    counted = [(row, row.count(is_named(row))) for row in rows]
    total = total_of(count for _, count in counted)
    if not total.is_safe:
        return DemandMap(None)
    return DemandMap(
        total.rounded,
        shown(grouped((row.state or UNKNOWN_STATE, count) for row, count in counted)),
        shown(grouped((size_words(row.pupils), count) for row, count in counted)),
        shown(grouped((year_words(row.school_year), count) for row, count in counted)),
    )


def size_words(pupils: int | None) -> str:
    return SIZE_WORDS.get(size_band(pupils) or "", UNKNOWN_SIZE)


# -- matching --------------------------------------------------------------------------------


def alike(pupils: int | None, other: int | None) -> bool:
    """Similar in size: not less than half and not more than double."""
    return bool(pupils and other and other <= 2 * pupils and pupils <= 2 * other)


@dataclass(frozen=True)
class Group:
    """Districts of which some let their names be seen; the others show only from five on."""

    named: list[Interested]
    others: Count | None

    @property
    def shown(self) -> Count:
        """What may be added up: all that stands on the page."""
        return total_of(row.count(True) for row in self.named) + (self.others or NOTHING)

    def __bool__(self) -> bool:
        return bool(self.named or self.others)


def group_of(rows: Iterable[Interested]) -> Group:
    named, others = [], NOTHING
    for row in rows:
        if row.to_districts:
            named.append(row)
        else:
            others += row.count(False)
    return Group(
        sorted(named, key=lambda row: (row.name, row.leaid)),
        others.rounded if others.is_safe else None,
    )


@dataclass(frozen=True)
class TierStep:
    """One line of the price list: from how many seats, what each costs, what is missing for it."""

    starts_at: int
    unit_cents: int
    missing: int
    #: "ours": those in the group reach it; "together": with the neighbors; "": neither.
    reached_by: str


@dataclass(frozen=True)
class Match:
    """What a pool of these districts would pay for a seat, in cents; None without any seat."""

    ours: Count
    together: Count
    #: What a district of average size pays for a seat alone, and how many seats that is.
    alone_seats: int
    alone_cents: int
    ours_cents: int | None
    together_cents: int | None
    steps: list[TierStep]

    @property
    def reaches_a_tier(self) -> bool:
        best = self.together_cents if self.together_cents is not None else self.ours_cents
        return best is not None and best < self.alone_cents


def match(schedule: Schedule, ours: Group, neighbors: Group) -> Match:
    """Only what is shown counts, so that no price gives away a hidden district."""
    first, both = ours.shown, ours.shown + neighbors.shown

    def price(seats: int) -> int | None:
        return unit_price_cents(schedule, seats) if seats else None

    usual = first if first.districts else both
    alone = max(1, usual.seats // max(1, usual.districts))
    steps = []
    for step in price_ladder(schedule) if schedule.form is not Form.FLAT else ():
        reached = "ours" if first.seats >= step.starts_at else ""
        if not reached and both.seats >= step.starts_at:
            reached = "together"
        missing = max(0, step.starts_at - both.seats)
        steps.append(TierStep(step.starts_at, step.unit_cents, missing, reached))
    return Match(
        first,
        both,
        alone,
        unit_price_cents(schedule, alone),
        price(first.seats),
        price(both.seats),
        steps,
    )
