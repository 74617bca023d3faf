"""What was shown about the fairness of a split; nothing is claimed that was not shown.

The words, about effective costs: a split is *individually rational* when nobody pays more
than alone, and in the *core* when no group of members would together pay less alone. A
certificate speaks of exact shares; bills differ from them by less than one cent each.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any

from marketplace.pricing.curve import Curve, average_is_least_at, average_never_rises


class Kind(StrEnum):
    AVERAGE_PRICE = "average_price"
    BOUND = "bound"
    EXACT = "exact"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Blocking:
    """A group that would pay less alone, and by how many cents together."""

    members: tuple[Any, ...]
    would_save_cents: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """`joiner_never_raises` is None where neither yes nor no was shown."""

    kind: Kind
    individually_rational: bool
    core: bool
    joiner_never_raises: bool | None
    blocking: Blocking | None = None


def at_average_price(curve: Curve, total_units: int) -> Certificate | None:
    """If the average price a(y) = f(y)/y never rises up to S, then for every group T
    x(T) = s(T) a(S) <= s(T) a(s(T)) = f(s(T)): core. And a larger S only lowers a(S).
    """
    if average_never_rises(curve, total_units):
        return Certificate(Kind.AVERAGE_PRICE, True, core=True, joiner_never_raises=True)
    return None


def certify(
    curve: Curve,
    units: Mapping[Any, int],
    shares: Mapping[Any, int],
    alone: Mapping[Any, int],
    at_average_price: bool,
) -> Certificate:
    """The strongest certificate that is shown quickly: average price, then bound, then none.

    `units` is what each member uses of the effective-cost curve; `at_average_price` says
    that the shares are proportional to it.
    """
    rational = all(shares[member] <= alone[member] for member in shares)
    total_units = sum(units.values())
    joiner = None
    if at_average_price:
        # If the average price a(y) = f(y)/y never rises up to S, then for every group T
        # x(T) = s(T) a(S) <= s(T) a(s(T)) = f(s(T)): core. And a larger S only lowers a(S).
        if average_never_rises(curve, total_units):
            return Certificate(Kind.AVERAGE_PRICE, rational, core=True, joiner_never_raises=True)
        joiner = None if not _somebody_raises(curve, units, total_units) else False
        if average_is_least_at(curve, total_units):
            return Certificate(Kind.AVERAGE_PRICE, rational, True, joiner)
    if len(shares) == 1:
        return Certificate(Kind.EXACT, rational, core=True, joiner_never_raises=joiner)

    crowd = _Crowd.of(units, shares)
    if crowd.no_group_can_save(curve):
        return Certificate(Kind.BOUND, rational, True, joiner)
    blocking = crowd.group_that_saves_most(curve)
    return Certificate(
        Kind.NONE, rational, core=False, joiner_never_raises=joiner, blocking=blocking
    )


def _somebody_raises(curve: Curve, units: Mapping[Any, int], total: int) -> bool:
    """Did one of them, joining last, raise the average price of the others?"""
    return any(
        curve(total - size) * total < curve(total) * (total - size) for size in set(units.values())
    )


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Members from the highest share per unit down, with running sums.

    Whatever size a group has, no group of that size pays more together than the first
    members of this order (the last one in part): the fractional knapsack of Dantzig, 1957.
    """

    order: tuple[Any, ...]
    units: tuple[int, ...]
    shares: tuple[int, ...]
    units_upto: tuple[int, ...]
    shares_upto: tuple[int, ...]

    @classmethod
    def of(cls, units: Mapping[Any, int], shares: Mapping[Any, int]) -> "_Crowd":
        # Two different fractions with denominators below 2^b differ by more than 2^-2b, so
        # cutting after 2b + 1 bits keeps their order without any rational arithmetic.
        bits = 2 * max(units.values()).bit_length() + 1
        ranked = sorted(
            shares,
            key=lambda member: (
                -((shares[member] << bits) // units[member]),
                str(member),
            ),
        )
        sizes = tuple(units[member] for member in ranked)
        bills = tuple(shares[member] for member in ranked)
        return cls(tuple(ranked), sizes, bills, _running(sizes), _running(bills))

    def no_group_can_save(self, curve: Curve) -> bool:
        """Is the bound on every group's bill within its cost, for every possible size?

        On one piece of the curve, bill minus cost is concave in the size, so it is largest
        where the share per unit falls below the rate, or at the nearer end of the piece.
        """
        total = self.units_upto[-1]
        position = 0
        for piece, last in sorted(curve.spans(total), key=lambda span: -span[0].rate):
            assert last is not None
            while position < len(self.order) and self.shares[position] > (
                piece.rate * self.units[position]
            ):
                position += 1
            best = min(max(self.units_upto[position - 1] if position else 0, piece.start), last)
            if self._may_pay_more_than(piece.at(best), best):
                return False
        return True

    def _may_pay_more_than(self, cents: int, size: int) -> bool:
        """Could a group of this size pay more than so many cents?"""
        whole = _first_at_least(self.units_upto, size)
        before_units = self.units_upto[whole - 1] if whole else 0
        before_shares = self.shares_upto[whole - 1] if whole else 0
        part = (size - before_units) * self.shares[whole]
        return part > (cents - before_shares) * self.units[whole]

    def group_that_saves_most(self, curve: Curve) -> Blocking | None:
        """The best group among single members and the first members of the order."""
        together = [
            bill - curve(size) for bill, size in zip(self.shares_upto[:-1], self.units_upto[:-1])
        ]
        singly = [bill - curve(size) for bill, size in zip(self.shares, self.units)]
        saved = max(*together, *singly)
        if saved <= 0:
            return None
        if saved in together:
            found = self.order[: together.index(saved) + 1]
        else:
            found = (self.order[singly.index(saved)],)
        return Blocking(tuple(sorted(found, key=str)), saved)


def _running(values: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(accumulate(values))


def _first_at_least(sums: tuple[int, ...], size: int) -> int:
    return min(bisect_left(sums, size), len(sums) - 1)
