"""Shapley's split, exact where that is cheap and certified to a fraction of a cent elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.pricing import shapley_exact as exact
from marketplace.pricing.curve import Curve
from marketplace.pricing.rounding import largest_remainder, rounds_surely
from marketplace.pricing.shapley_game import Game, game_of

#: Up to so many members the value is always reckoned in whole numbers.
ALWAYS_EXACT = 16
#: Beyond that while it takes about a third of a second; to settle a cent, some seconds.
CHEAP, DEAR = 700_000, 6_000_000
#: Errors asked for in cents, one after another until every cent is settled.
PRECISIONS = (1e-6, 1e-8)
#: Values are kept in this fraction of a cent while they are rounded.
FINE_BITS = 40


@dataclass(frozen=True, slots=True)
class ShapleyShares:
    """Bills that add up, and how they were found.

    Each value is within `error_bound_cents` of the exact one: the proven bound of the method,
    plus what its values miss when they are added up. `every_cent_settled` says that exact
    values would be rounded to the same bills.
    """

    shares: dict[Any, int]
    error_bound_cents: float
    efficiency_gap_cents: float
    every_cent_settled: bool


def shapley_shares(
    curve: Curve, units: Mapping[Any, int], alone: Mapping[Any, int], seed: str = ""
) -> ShapleyShares:
    """Each member's Shapley value of the effective cost, rounded to cents that add up."""
    game, unit = game_of(curve, units.values())
    if not game.tiers:
        return _exactly(game, unit, units, _linear_values(game), seed)
    if game.members <= ALWAYS_EXACT or exact.work(game) <= CHEAP:
        return _exactly(game, unit, units, exact.values(game), seed)
    for precision in PRECISIONS:
        found = _certified(game, unit, units, alone, seed, precision)
        if found.every_cent_settled:
            return found
    if exact.work(game) <= DEAR:
        return _exactly(game, unit, units, exact.values(game), seed)
    return found


def _linear_values(game: Game) -> list[int]:
    """n times the value when only a fixed price stands beside a price per unit: no tier at all."""
    return [game.fixed + game.members * game.rate * size for size in game.sizes]


def _exactly(
    game: Game, unit: int, units: Mapping[Any, int], values: list[int], seed: str
) -> ShapleyShares:
    value_of = {size * unit: value for size, value in zip(game.sizes, values)}
    weights = {member: value_of[size] for member, size in units.items()}
    return ShapleyShares(largest_remainder(game.cost, weights, seed), 0.0, 0.0, True)


def _certified(
    game: Game,
    unit: int,
    units: Mapping[Any, int],
    alone: Mapping[Any, int],
    seed: str,
    precision: float,
) -> ShapleyShares:
    from marketplace.pricing import shapley_certified as certified  # noqa: PLC0415  loads numpy

    found = certified.tier_values(game, precision)
    gap = certified.efficiency_gap(game, found.cents)
    error = found.bound + gap
    fine = _fine_values(game, found.cents.tolist())
    value_of = {size * unit: value for size, value in zip(game.sizes, fine)}
    weights = {member: value_of[size] for member, size in units.items()}
    caps = {
        member: alone[member]
        for member, value in weights.items()
        if value <= _fine(alone[member] + error)
    }
    shares = largest_remainder(game.cost, weights, seed, caps)
    settled = rounds_surely(game.cost, dict(zip(fine, game.counts)), error)
    return ShapleyShares(shares, error, gap, settled)


def _fine_values(game: Game, tier_cents: list[float]) -> list[int]:
    """The whole value in fine units; what has no tiers is added exactly."""
    linear = _linear_values(game)
    values = [
        (part << FINE_BITS) // game.members + _fine(cents)
        for part, cents in zip(linear, tier_cents)
    ]
    return [max(0, value) for value in values]


def _fine(cents: float) -> int:
    return int(cents * (1 << FINE_BITS))
