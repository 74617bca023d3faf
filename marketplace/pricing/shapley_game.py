"""The game that Shapley's value is reckoned for: what a group pays depends on its size alone.

A member uses `size` units, and a group pays f(sum of its sizes) for the effective-cost curve f.
Members of equal size are interchangeable, so everything is kept once per distinct size.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import gcd

from marketplace.pricing.curve import Curve, Piece


@dataclass(frozen=True, slots=True)
class Tier:
    """What changes at `start`: the cost jumps by so many cents, and each unit costs so much more.

    As a function of y units it is jump * [y >= start] + slope * max(0, y - start).
    """

    start: int
    jump: int
    slope: int

    def most(self, size: int) -> int:
        """The most that joining with so many units can change this term."""
        return abs(self.jump) + abs(self.slope) * size


@dataclass(frozen=True)
class Game:
    """f(y) = fixed * [y > 0] + rate * y + the tiers, for members of these sizes."""

    sizes: tuple[int, ...]
    counts: tuple[int, ...]
    curve: Curve
    fixed: int
    rate: int
    tiers: tuple[Tier, ...]

    @cached_property
    def members(self) -> int:
        return sum(self.counts)

    @cached_property
    def whole(self) -> int:
        """The units of everybody together."""
        return sum(size * count for size, count in zip(self.sizes, self.counts))

    @cached_property
    def cost(self) -> int:
        return self.curve(self.whole)

    @cached_property
    def linear_from(self) -> int:
        """From here on, a further unit always costs the same."""
        return self.tiers[-1].start if self.tiers else 1


def game_of(curve: Curve, sizes: Iterable[int]) -> tuple[Game, int]:
    """The game in the largest common unit of the sizes, and how many units that is.

    Districts priced by site have a few sizes in round dollars, which makes the game small.
    """
    counts = Counter(sizes)
    unit = gcd(*counts)
    distinct = sorted(counts)
    units = sum(size * count for size, count in counts.items())
    scaled, whole = _in_units_of(curve.within(units), unit), units // unit
    pieces = [piece for piece in scaled.pieces if piece.start <= whole]
    game = Game(
        sizes=tuple(size // unit for size in distinct),
        counts=tuple(counts[size] for size in distinct),
        curve=scaled,
        fixed=pieces[0].base,
        rate=pieces[0].rate,
        tiers=tuple(_tiers(pieces)),
    )
    return game, unit


def _in_units_of(curve: Curve, unit: int) -> Curve:
    """g(w) = f(unit * w); a piece that holds no multiple of the unit falls away."""
    if unit == 1:
        return curve
    pieces = {-(-p.start // unit): p for p in curve.pieces}
    scaled = tuple(Piece(start, p.base, p.rate * unit) for start, p in pieces.items())
    return Curve(scaled, tuple(pieces))


def _tiers(pieces: list[Piece]) -> Iterable[Tier]:
    for before, piece in pairwise(pieces):
        jump = piece.at(piece.start) - before.at(piece.start)
        slope = piece.rate - before.rate
        if jump or slope:
            yield Tier(piece.start, jump, slope)
