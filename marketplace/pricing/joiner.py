"""Does whoever joins ever raise somebody's share? Yes and no only where it was shown."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from marketplace.pricing.curve import Curve, average_never_rises
from marketplace.pricing.members import Member
from marketplace.pricing.methods import WEIGHTS, Method, Terms


def joiner_never_raises(
    terms: Terms, group: Sequence[Member], units: Mapping[Any, int], curve: Curve
) -> bool | None:
    """About exact shares, for every order in which this group could have come together.

    True: for shares by weight where the cost is one for any size (the same bill by more
    weights), or at an average price that never rises; for `shapley` under a concave cost
    (Sprumont, 1990: it is then a population monotonic scheme). False: one of them, joining
    last, raised somebody. None: neither was shown, as always for `epm`.
    """
    total = sum(units.values())
    if terms.method is Method.SHAPLEY:
        return True if is_concave(curve, total) else None
    if terms.method not in WEIGHTS:
        return None
    if _costs_the_same(curve, total):
        return True
    weights = WEIGHTS[terms.method](group, terms)
    if terms.method is Method.HYBRID:
        return False if _hybrid_joiner_raises(terms, group, units, curve) else None
    if _in_proportion(weights, units) and average_never_rises(curve, total):
        return True
    return False if _last_joiner_raises(weights, units, curve) else None


def is_concave(curve: Curve, most: int) -> bool:
    """Does every further unit, up to `most`, cost no more than the one before it?

    Inside a piece every unit costs its rate; so only steps at the ends of pieces are looked at.
    """
    before = None
    for piece, last in curve.spans(most):
        assert last is not None
        step = curve(piece.start) - curve(piece.start - 1)
        rate = piece.rate if last > piece.start else step
        if step < rate or (before is not None and step > before):
            return False
        before = rate
    return True


def _costs_the_same(curve: Curve, most: int) -> bool:
    return curve(1) == curve(most)  # effective costs never fall


def _in_proportion(weights: Mapping[Any, int], units: Mapping[Any, int]) -> bool:
    whole, total = sum(weights.values()), sum(units.values())
    return all(weights[member] * total == size * whole for member, size in units.items())


def _last_joiner_raises(weights: Mapping[Any, int], units: Mapping[Any, int], curve: Curve) -> bool:
    """Did one of them, joining last, raise the price of a weight for the others?"""
    total, whole = sum(units.values()), sum(weights.values())
    cost = curve(total)
    return any(
        cost * (whole - weight) > curve(total - size) * whole
        for size, weight in {(units[member], weights[member]) for member in units}
        if weight < whole
    )


def _hybrid_joiner_raises(
    terms: Terms, group: Sequence[Member], units: Mapping[Any, int], curve: Curve
) -> bool:
    """Like `_last_joiner_raises`: a part by heads, the rest by weight.

    A share is linear in its weight, so if anybody's is raised, the lightest's or the
    heaviest's is.
    """
    by_weight = Terms(Method.PROPORTIONAL if not terms.needs_pupils else Method.PER_PUPIL)
    weights = WEIGHTS[by_weight.method](group, by_weight)
    part = terms.equal_share or Fraction(0)
    heads, total, whole = len(group), sum(units.values()), sum(weights.values())
    ranked = sorted(weights, key=lambda member: weights[member])
    extremes = {*ranked[:2], *ranked[-2:]}

    def share(member: Any, size: int, heads: int, whole: int) -> Fraction:
        return curve(size) * (part / heads + (1 - part) * Fraction(weights[member], whole))

    together = {member: share(member, total, heads, whole) for member in extremes}
    return any(
        together[other] > share(other, total - units[last], heads - 1, whole - weights[last])
        for last in ranked
        if weights[last] < whole
        for other in extremes - {last}
    )
