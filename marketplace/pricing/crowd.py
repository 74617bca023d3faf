"""Members by share per unit, and the most that a group of any size can pay together."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from marketplace.pricing.curve import Curve, Piece


@dataclass(frozen=True, slots=True)
class Bound:
    """No group whose size lies on this span of the curve saves more than `saving / scale` cents.

    It is the fractional knapsack of Dantzig (1957) together with its dual price: a group that
    differs from "everyone with gain > 0" in a member of gain g saves at least |g| / scale less,
    where gain = scale * share - price * units.
    """

    piece: Piece
    last: int
    saving: int
    price: int
    scale: int

    def gain(self, units: int, share: int) -> int:
        return self.scale * share - self.price * units


@dataclass(frozen=True, slots=True)
class Crowd:
    """Members of equal units and share are one class; classes by share per unit, highest first."""

    members: tuple[tuple[Any, ...], ...]
    units: tuple[int, ...]
    shares: tuple[int, ...]
    units_upto: tuple[int, ...]
    shares_upto: tuple[int, ...]

    @classmethod
    def of(cls, units: Mapping[Any, int], shares: Mapping[Any, int]) -> "Crowd":
        # Two different fractions with denominators below 2^b differ by more than 2^-2b, so
        # cutting after 2b + 1 bits keeps their order without any rational arithmetic.
        bits = 2 * max(units.values()).bit_length() + 1
        alike: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for member, share in shares.items():
            alike[units[member], share].append(member)
        ranked = sorted(alike, key=lambda twin: (-((twin[1] << bits) // twin[0]), twin[0]))
        counts = [len(alike[twin]) for twin in ranked]
        return cls(
            members=tuple(tuple(alike[twin]) for twin in ranked),
            units=tuple(size for size, _ in ranked),
            shares=tuple(share for _, share in ranked),
            units_upto=tuple(accumulate(n * size for n, (size, _) in zip(counts, ranked))),
            shares_upto=tuple(accumulate(n * share for n, (_, share) in zip(counts, ranked))),
        )

    @property
    def total_units(self) -> int:
        return self.units_upto[-1]

    def bounds(self, curve: Curve) -> Iterator[Bound]:
        """The bound for each piece of the curve up to the size of everyone together.

        On one piece, the most that a size can pay minus its cost is concave in the size, so
        it is largest where the share per unit falls below the rate, or at the nearer end.
        """
        position = 0
        spans = sorted(curve.spans(self.total_units), key=lambda span: -span[0].rate)
        for piece, last in spans:
            assert last is not None
            while position < len(self.units) and self.shares[position] > (
                piece.rate * self.units[position]
            ):
                position += 1
            free = self.units_upto[position - 1] if position else 0
            size = min(max(free, piece.start), last)
            at = bisect_left(self.units_upto, size)
            scale, price = self.units[at], self.shares[at]
            before_units = self.units_upto[at - 1] if at else 0
            before_shares = self.shares_upto[at - 1] if at else 0
            whole = before_shares - piece.at(size)
            saving = scale * whole + (size - before_units) * price
            if size == free:
                saving, price, scale = saving // scale, piece.rate, 1
            yield Bound(piece, last, saving, price, scale)

    def quick_groups(self, curve: Curve) -> tuple[int, list[Any]]:
        """The best saving among single members and the first classes of the order."""
        sizes, bills = self.units_upto[:-1], self.shares_upto[:-1]
        together = [bill - curve(size) for size, bill in zip(sizes, bills)]
        singly = [share - curve(size) for size, share in zip(self.units, self.shares)]
        best = max(*together, *singly) if together else singly[0]
        if best in together:
            first = self.members[: together.index(best) + 1]
            return best, [member for alike in first for member in alike]
        return best, [min(self.members[singly.index(best)], key=str)]
