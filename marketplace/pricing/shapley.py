"""Shapley's value of a cost: exact where that is cheap, certified to a fraction of a cent above."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from marketplace.core.errors import RuleBroken
from marketplace.pricing import shapley_exact as exact
from marketplace.pricing.curve import Curve
from marketplace.pricing.rounding import rounds_surely
from marketplace.pricing.shapley_game import Game, game_of

#: Up to so many members the value is always reckoned in whole numbers.
ALWAYS_EXACT = 16
#: Beyond that while it takes about a third of a second; to settle a cent, a few seconds.
CHEAP, DEAR = 700_000, 6_000_000
#: Errors asked for in cents, one after another until every cent is settled.
PRECISIONS = (1e-6, 1e-8)
#: A value that may be off by more is no basis for a bill.
LARGEST_ERROR = 0.25
#: Values in floating point become whole numbers of this fraction of a cent.
FINE_BITS = 40


@dataclass(frozen=True, slots=True)
class ShapleyValues:
    """Whole-number weights in proportion to the values.

    Each value is within `error_bound_cents` of the true one: the proven bound of the method,
    plus what the values miss when they are added up, which shows the rounding errors.
    `every_cent_settled` says that true values would be rounded to the same bills.
    """

    weights: list[int]
    error_bound_cents: float = 0.0
    efficiency_gap_cents: float = 0.0
    every_cent_settled: bool = True

    def to_json(self) -> dict[str, float | bool]:
        return {
            "error_bound_cents": self.error_bound_cents,
            "efficiency_gap_cents": self.efficiency_gap_cents,
            "every_cent_settled": self.every_cent_settled,
        }


def shapley_values(curve: Curve, units: Sequence[int]) -> ShapleyValues:
    """What each member adds to the effective cost, on average over all orders of joining."""
    game, unit = game_of(curve, units)

    def by_member(values: Sequence[int]) -> list[int]:
        value_of = {size * unit: value for size, value in zip(game.sizes, values)}
        return [value_of[size] for size in units]

    if not game.tiers:
        return ShapleyValues(by_member(_linear_values(game)))
    work = exact.work(game)
    if game.members <= ALWAYS_EXACT or work <= CHEAP:
        return ShapleyValues(by_member(exact.values(game)))
    found = _certified(game)
    if not found.every_cent_settled and work <= DEAR:
        return ShapleyValues(by_member(exact.values(game)))
    if found.error_bound_cents > LARGEST_ERROR:
        raise RuleBroken(
            "method: shapley cannot be shown to the cent for a total this large; "
            "choose proportional or epm.",
            "method",
        )
    return replace(found, weights=by_member(found.weights))


def _linear_values(game: Game) -> list[int]:
    """n times the value, where a fixed price and a price per unit are all there is.

    The fixed price is shared equally (symmetry), and each pays for its own units.
    """
    return [game.fixed + game.members * game.rate * size for size in game.sizes]


def _certified(game: Game) -> ShapleyValues:
    """The values of one member of each size, in fine units."""
    from marketplace.pricing import shapley_certified as certified  # noqa: PLC0415  loads numpy

    for precision in PRECISIONS:
        found = certified.tier_values(game, precision)
        gap = certified.efficiency_gap(game, found.cents)
        values = [
            max(0, (linear << FINE_BITS) // game.members + _fine(cents))
            for linear, cents in zip(_linear_values(game), found.cents.tolist())
        ]
        error = found.bound + gap
        settled = rounds_surely(game.cost, zip(values, game.counts), error)
        if settled or gap > found.bound:  # more nodes do not help against rounding errors
            break
    return ShapleyValues(values, error, gap, settled)


def _fine(cents: float) -> int:
    return int(cents * (1 << FINE_BITS))
