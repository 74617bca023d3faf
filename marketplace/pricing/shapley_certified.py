"""Shapley's value for thousands of members, in floating point with a proven bound.

Owen (1972): a member pays the integral over t in [0, 1] of what its joining adds, on average,
to a group that everyone else has joined with chance t. The cost is a sum of tiers, and the
value of a sum is the sum of values; so at each t only the law of the group's size below the
tiers is needed. Where a tier is surely reached, or surely not, what joining adds is known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log, log1p
from typing import Any

import numpy as np

from marketplace.core.errors import RuleBroken
from marketplace.pricing import shapley_laws as laws
from marketplace.pricing import shapley_waves as waves
from marketplace.pricing.shapley_game import Game, Tier
from marketplace.pricing.shapley_nodes import enough, nodes

#: Nodes that would take longer than this, together, are tried by waves instead.
PATIENCE_SECONDS = 1.5
HEAVY_SECONDS = 0.05
#: Round-off that even values which add up exactly may hide, for each cent that can change.
ROUND_OFF = 2.0**-48
#: About how long a split may take; more is refused, as a page that never comes helps nobody.
LONGEST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class TierValues:
    """For one member of each size, its part of the tiers in cents; `bound` is for each of them."""

    cents: Any
    bound: float
    nodes: int
    looked_at: int


@dataclass(frozen=True, slots=True)
class _Look:
    """One node where the law is needed, and the tiers that are in doubt there."""

    chance: float
    weight: float
    tiers: tuple[Tier, ...]
    seconds: float


def tier_values(game: Game, error_cents: float) -> TierValues:
    """Each size's part of the tiers, to within `error_cents` before rounding errors."""
    crowd = laws.Crowd(game.sizes, game.counts)
    most = float(sum(tier.most(game.sizes[-1]) for tier in game.tiers))
    count, bound = enough(game.members, most, error_cents / 2)
    looks, cents, skipped = _looks(game, crowd, count, error_cents / 2 / most)
    bound += skipped
    waiting, by_waves = _by_waves(game, crowd, looks)
    if by_waves:
        cents, bound = cents + by_waves[0], bound + by_waves[1]
    if sum(look.seconds for look in waiting) > LONGEST_SECONDS:
        raise RuleBroken(
            "method: shapley would take too long for these members and price bands; "
            "choose proportional or epm.",
            "method",
        )
    for look in waiting:
        cents = cents + look.weight * _added(game, crowd, look)
    return TierValues(cents, bound + ROUND_OFF * most, count, len(looks))


def _looks(
    game: Game, crowd: laws.Crowd, count: int, allowed: float
) -> tuple[list[_Look], Any, float]:
    """Where to look; what the surely reached tiers add elsewhere; and a bound on what is skipped.

    `allowed` is the error for each cent that a tier can change.
    """
    points, weights = nodes(count)
    cents, bound = np.zeros(len(game.sizes)), 0.0
    in_doubt: dict[int, list[Tier]] = {}
    for tier in game.tiers:
        first, last = _doubtful(crowd, tier, points, allowed)
        sure = float(weights[last:].sum())
        cents += sure * tier.slope * crowd.weights
        bound += allowed * tier.most(game.sizes[-1]) * (sure + float(weights[:first].sum()))
        for node in range(first, last):
            in_doubt.setdefault(node, []).append(tier)
    looks = [
        _look(game, crowd, float(points[node]), float(weights[node]), tuple(tiers))
        for node, tiers in sorted(in_doubt.items())
    ]
    return looks, cents, bound


def _look(
    game: Game, crowd: laws.Crowd, chance: float, weight: float, tiers: tuple[Tier, ...]
) -> _Look:
    few = min(chance, 1 - chance)
    seconds = laws.seconds_for(crowd, few, _limit(game, chance, tiers), len(tiers))
    return _Look(chance, weight, tiers, seconds)


def _by_waves(
    game: Game, crowd: laws.Crowd, looks: list[_Look]
) -> tuple[list[_Look], tuple[Any, float] | None]:
    """The sum over nodes whose law is costly but smooth, and the nodes that are left."""
    heavy = [look for look in looks if look.seconds > HEAVY_SECONDS]
    if sum(look.seconds for look in heavy) <= PATIENCE_SECONDS or not heavy:
        return looks, None
    found = waves.added(game, crowd, [(k.chance, k.weight, k.tiers) for k in heavy])
    if found is None:
        return looks, None
    return [look for look in looks if look.seconds <= HEAVY_SECONDS], found


def _doubtful(crowd: laws.Crowd, tier: Tier, points: Any, allowed: float) -> tuple[int, int]:
    """The nodes from `first` up to `last` at which it is in doubt whether the tier is reached.

    Groups only grow with t, so before the first node the chance of a group that the member
    lifts over the tier, P(X >= b) / t at most, is smaller still; after the last node so is
    the chance of a group below the tier, P(X < b) / (1 - t) at most.
    """
    mean = float(crowd.weights @ crowd.counts)
    enough_small = log(allowed)

    def surely_not(node: int) -> bool:
        t = float(points[node])
        return t * mean < tier.start and (
            laws.log_tail(crowd, t, tier.start) - log(t) < enough_small
        )

    def surely(node: int) -> bool:
        t = float(points[node])
        return t * mean > tier.start - 1 and (
            laws.log_tail(crowd, t, tier.start - 1) - log1p(-t) < enough_small
        )

    first = _first(len(points), lambda node: not surely_not(node))
    return first, max(first, _first(len(points), surely))


def _first(count: int, holds: Callable[[int], bool]) -> int:
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _limit(game: Game, chance: float, tiers: Sequence[Tier]) -> int:
    """Up to where the law is needed: of the group, or of who stays out when most are in."""
    if chance <= 0.5:
        return max(tier.start for tier in tiers)
    return game.whole - min(tier.start for tier in tiers) + 1


def _added(game: Game, crowd: laws.Crowd, look: _Look) -> Any:
    """What joining adds on average at this node, by the law of the smaller side."""
    few = min(look.chance, 1 - look.chance)
    limit = _limit(game, look.chance, look.tiers)
    below = np.concatenate(([0.0], np.cumsum(laws.law_below(crowd, few, limit))))
    # below[x] = P(X < x); short[x] = E max(0, x - X)
    short = np.concatenate(([0.0], np.cumsum(below[1:])))
    if look.chance <= 0.5:
        return sum(_joining(crowd, few, tier, below, short) for tier in look.tiers)
    return sum(_staying(crowd, few, game.whole, tier, below, short) for tier in look.tiers)


def _joining(crowd: laws.Crowd, t: float, tier: Tier, below: Any, short: Any) -> Any:
    """Jump: P(b - s <= X_-i < b). Slope: s - E max(0, b - X_-i) + E max(0, b - s - X_-i)."""
    added: Any = 0.0
    if tier.jump:
        added = tier.jump * _step(crowd, t, below, tier.start)
    if tier.slope:
        added = added + tier.slope * (crowd.weights - _step(crowd, t, short, tier.start))
    return added


def _staying(crowd: laws.Crowd, t: float, whole: int, tier: Tier, below: Any, short: Any) -> Any:
    """The same for who stays out, Y = S - X: the tier is reached while Y is at most S - b."""
    room = whole - tier.start
    added: Any = 0.0
    if tier.jump:
        added = tier.jump * _step(crowd, t, below, room + 1)
    if tier.slope:
        added = added + tier.slope * _step(crowd, t, short, room)
    return added


def _step(crowd: laws.Crowd, t: float, sums: Any, place: int) -> Any:
    """sums_-i(b) - sums_-i(b - s), where sums = (1 - t) sums_-i(b) + t sums_-i(b - s)."""
    places = place - crowd.sizes
    return (sums[place] - laws.without_one(sums, crowd, t, places)) / (1 - t)


def efficiency_gap(game: Game, cents: Any) -> float:
    """How far the values are from adding up, which exact ones would do to the cent."""
    tiers = sum(t.jump + t.slope * (game.whole - t.start) for t in game.tiers)
    return abs(float(np.asarray(game.counts, dtype=np.float64) @ cents) - tiers)
