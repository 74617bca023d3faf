"""The group that would save most by buying alone, found exactly.

A group saves bill(T) - f(units(T)). On one straight piece of the curve that is a knapsack, and
finding it is weakly NP-hard. It is searched as in Pisinger's "expanding core" (1997): start
from the bound, let only the members whose choice is nearly a tie go free, and let more go
free until the bound shows that nobody else's choice can matter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.blocking_table import Knapsack
from marketplace.pricing.crowd import Bound, Crowd
from marketplace.pricing.curve import Curve

#: How many cells a patient search may fill: about half a minute of one processor (2026-11).
PATIENT_BUDGET = 20_000_000_000
#: Putting one member in order costs about as much as so many cells.
CELLS_A_MEMBER = 200
FIRST_FREE = 12


@dataclass(frozen=True, slots=True)
class Blocking:
    """A group that would pay less alone, and by how many cents together."""

    members: tuple[Any, ...]
    would_save_cents: int


@dataclass(frozen=True, slots=True)
class Search:
    """The best group found; `is_exact` says that no group would save more."""

    blocking: Blocking | None
    is_exact: bool


class Undecided(RuleBroken):
    """The question is too large for the work allowed."""


def largest_saving(
    curve: Curve,
    units: Mapping[Any, int],
    shares: Mapping[Any, int],
    budget: int = PATIENT_BUDGET,
) -> Blocking | None:
    """The group that would save most alone, None when no group would save anything; exact."""
    found = search(curve, Crowd.of(units, shares), budget)
    if not found.is_exact:
        raise Undecided("This group is too large to try every way of leaving it.")
    return found.blocking


def search(curve: Curve, crowd: Crowd, budget: int) -> Search:
    """The group that would save most, as far as the budget (in cells of a table) reaches."""
    best: Blocking | None = None
    try:
        for group, saved in improvements(curve, crowd, budget):
            best = Blocking(tuple(sorted(group, key=str)), saved)
    except Undecided:
        return Search(best, is_exact=False)
    return Search(best, is_exact=True)


def improvements(curve: Curve, crowd: Crowd, budget: int) -> Iterator[tuple[list[Any], int]]:
    """Groups that save more and more, the last one most; `Undecided` if the budget runs out.

    Where everyone together pays just their cost, the group is never everyone.
    """
    saved, group = crowd.quick_groups(curve)
    if saved > 0:
        yield group, saved
    saved = max(saved, 0)
    left = budget
    hopeful = [bound for bound in crowd.bounds(curve) if bound.saving > 0]
    for bound in sorted(hopeful, key=lambda bound: -bound.saving // bound.scale):
        if bound.saving < (saved + 1) * bound.scale:
            continue
        left -= CELLS_A_MEMBER * len(crowd.units)
        piece_search = _PieceSearch(crowd, bound)
        for knapsack in piece_search.cores():
            left -= knapsack.cells
            if left < 0 or not knapsack.fits:
                raise Undecided("This group is too large to try every way of leaving it.")
            better = piece_search.better_than(saved, knapsack)
            if better:
                group, saved = better
                yield group, saved
            if piece_search.is_settled(saved):
                break


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Some members of one class who stay or leave together."""

    alike: int
    count: int
    gain: int


class _PieceSearch:
    """The search among groups whose size lies on one piece of the curve."""

    def __init__(self, crowd: Crowd, bound: Bound) -> None:
        self.crowd = crowd
        self.bound = bound
        self.bundles = sorted(
            _bundles(crowd, bound), key=lambda part: (abs(part.gain), part.alike, part.count)
        )
        self.free = min(FIRST_FREE, len(self.bundles))
        self.size = [part.count * crowd.units[part.alike] for part in self.bundles]
        rate = bound.piece.rate
        self.value = [
            part.count * crowd.shares[part.alike] - rate * size
            for part, size in zip(self.bundles, self.size)
        ]
        joins = [at for at, part in enumerate(self.bundles) if part.gain > 0]
        self.joined_units = sum(self.size[at] for at in joins)
        self.joined_value = sum(self.value[at] for at in joins)
        for at in range(self.free):
            self._set_free(at)

    def cores(self) -> Iterator[Knapsack]:
        """Larger and larger choices; everybody else follows the sign of their gain."""
        while True:
            low = self.bound.piece.start - self.joined_units
            high = self.bound.last - self.joined_units
            yield Knapsack.of(self.size[: self.free], self.value[: self.free], low, high)
            if self.free == len(self.bundles):
                return
            wider = min(2 * self.free, len(self.bundles))
            for at in range(self.free, wider):
                self._set_free(at)
            self.free = wider

    def _set_free(self, at: int) -> None:
        if self.bundles[at].gain > 0:
            self.joined_units -= self.size[at]
            self.joined_value -= self.value[at]

    def better_than(self, saved: int, knapsack: Knapsack) -> tuple[list[Any], int] | None:
        """The best group with this core, if it saves more."""
        rest = self.joined_value - self.bound.piece.base
        choice = knapsack.best_above(saved - rest)
        if choice is None:
            return None
        chosen = {*choice.chosen}
        counts: dict[int, int] = {}
        for at, part in enumerate(self.bundles):
            if at in chosen if at < self.free else part.gain > 0:
                counts[part.alike] = counts.get(part.alike, 0) + part.count
        group = [
            member
            for alike, count in counts.items()
            for member in sorted(self.crowd.members[alike], key=str)[:count]
        ]
        return group, choice.value + rest

    def is_settled(self, saved: int) -> bool:
        """Could a group that goes against the gain of anyone not free still save more?"""
        if self.free == len(self.bundles):
            return True
        against = abs(self.bundles[self.free].gain)
        return self.bound.saving - against < (saved + 1) * self.bound.scale


def _bundles(crowd: Crowd, bound: Bound) -> Iterator[_Bundle]:
    """Each class as bundles of 1, 2, 4, … members, which make up every number of them."""
    for alike, members in enumerate(crowd.members):
        gain = bound.gain(crowd.units[alike], crowd.shares[alike])
        left, count = len(members), 1
        while left:
            count = min(count, left)
            yield _Bundle(alike, count, count * gain)
            left -= count
            count *= 2
