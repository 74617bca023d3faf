"""The equal profit method: of all splits no group would leave, the one with the most equal
relative savings (Frisk, Göthe-Lundgren, Jörnsten and Rönnqvist, EJOR 205, 2010).

A member's relative share is its share over its cost alone. The method makes the largest
difference of relative shares least, subject to the core. Where several splits do equally
well, the lowest relative share is made as high as possible, and then the smaller members pay
less. Members of the same size pay the same. Constraints are added as the exact test of every
group finds them violated, and everything is in whole numbers: the result is in the core, or
the core is empty, without a doubt.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.blocking import Undecided, improvements
from marketplace.pricing.crowd import Crowd
from marketplace.pricing.curve import Curve, Piece
from marketplace.pricing.dual_simplex import NoSolution, Programme

#: Members of the same size count once. 40 sizes took up to 2 seconds of one processor, and 60
#: up to 18 (2026-11).
MOST_SIZES = 40
MOST_ROUNDS = 400
EPM_BUDGET = 2_000_000_000
#: Shares are first tried rounded down to a binary part of a cent that fits fast arithmetic.
QUICK_BITS = 58


def epm_shares(curve: Curve, units: Mapping[Any, int]) -> dict[Any, Fraction]:
    """Exact shares by the equal profit method; they sum to the cost of everyone together."""
    sizes = len(set(units.values()))
    if sizes > MOST_SIZES:
        raise RuleBroken(
            f"method: epm is worked out for members of at most {MOST_SIZES} different sizes, "
            f"and there are {sizes:,}; choose proportional or shapley.",
            "method",
        )
    if not units:
        return {}
    by_size = _ClassShares(curve, Counter(units.values())).shares()
    return {member: by_size[size] for member, size in units.items()}


class _ClassShares:
    """The search for one share per size, `copies[size]` members each.

    The variables are the spread D >= 0 of relative shares, and for each size how much is paid
    above the lowest relative share L: v = share - L * alone, 0 <= v <= D * alone. The total
    fixes L: L * (all alone) = cost - sum of v.
    """

    def __init__(self, curve: Curve, copies: Mapping[int, int]) -> None:
        self.curve = curve
        self.sizes = sorted(copies)
        self.copies = [copies[size] for size in self.sizes]
        self.alone = [curve(size) for size in self.sizes]
        self.cost = curve(sum(size * copies[size] for size in self.sizes))
        self.all_alone = sum(a * n for a, n in zip(self.alone, self.copies))

    def shares(self) -> dict[int, Fraction]:
        try:
            if self.all_alone == 0:
                return self._free_alone()
            programme = self._programme()
            for _ in range(MOST_ROUNDS):
                values, denominator = programme.solve()
                shares = self._shares_of(values, denominator)
                violated = self._violated(shares)
                if not violated:
                    return dict(zip(self.sizes, shares))
                for group in violated:
                    self._require_core(programme, group)
        except NoSolution:
            raise RuleBroken(
                "method: epm has no answer here, because the core is empty: however the cost is "
                "split, some group would pay less alone. Choose another method.",
                "method",
            ) from None
        except Undecided:
            pass
        raise RuleBroken(
            "method: epm could not be settled for these members in the time allowed; "
            "choose another method.",
            "method",
        )

    def _free_alone(self) -> dict[int, Fraction]:
        """Who gets their seats free alone pays nothing together either."""
        if self.cost:
            raise NoSolution
        return dict.fromkeys(self.sizes, Fraction(0))

    def _programme(self) -> Programme:
        above_lowest = range(1, len(self.sizes) + 1)
        spread = {0: 1}
        raise_lowest = dict(zip(above_lowest, self.copies))
        smaller_pay_less = [{variable: 1} for variable in above_lowest]
        programme = Programme(len(self.sizes) + 1, [spread, raise_lowest, *smaller_pay_less])
        for variable, alone in zip(above_lowest, self.alone):
            programme.require(0, {0: alone, variable: -1})
        programme.require(self.cost, {v: -n for v, n in raise_lowest.items()})
        for at in range(len(self.sizes)):
            self._require_core(programme, {at: 1})
        return programme

    def _require_core(self, programme: Programme, group: Mapping[int, int]) -> None:
        """The group (how many of each size) together pays no more than its cost alone."""
        size = sum(self.sizes[at] * count for at, count in group.items())
        alone = sum(self.alone[at] * count for at, count in group.items())
        programme.require(
            self.all_alone * self.curve(size) - alone * self.cost,
            {
                at + 1: alone * copies - self.all_alone * group.get(at, 0)
                for at, copies in enumerate(self.copies)
            },
        )

    def _shares_of(self, values: list[int], denominator: int) -> list[Fraction]:
        above = values[1:]
        paid_above = sum(n * v for n, v in zip(self.copies, above))
        lowest = Fraction(self.cost * denominator - paid_above, self.all_alone * denominator)
        return [a * lowest + Fraction(v, denominator) for a, v in zip(self.alone, above)]

    def _violated(self, shares: list[Fraction]) -> list[dict[int, int]]:
        """Groups that would pay less alone; none only if there are none at all.

        Shares rounded down to a part of a cent find nearly all of them quickly, and what they
        find is violated indeed. Only when they find nothing are the exact shares tried.
        """
        fine = 1 << max(0, QUICK_BITS - self.cost.bit_length())
        found = self._groups(fine, [int(share * fine) for share in shares])
        if found:
            return found
        exact = lcm(*(share.denominator for share in shares))
        return self._groups(exact, [int(share * exact) for share in shares])

    def _groups(self, parts: int, shares: list[int]) -> list[dict[int, int]]:
        """Blocking groups, with money counted in so many parts of a cent."""
        curve = Curve(
            tuple(Piece(p.start, p.base * parts, p.rate * parts) for p in self.curve.pieces),
            self.curve.starts,
        )
        units = {
            (at, twin): size
            for at, size in enumerate(self.sizes)
            for twin in range(self.copies[at])
        }
        bills = {(at, twin): shares[at] for at, twin in units}
        crowd = Crowd.of(units, bills)
        groups = []
        for members, _ in improvements(curve, crowd, EPM_BUDGET):
            group: dict[int, int] = defaultdict(int)
            for at, _twin in members:
                group[at] += 1
            groups.append(dict(group))
        return groups
