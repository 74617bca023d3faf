"""Every split method as whole-number weights that a cost is shared by."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

from marketplace.pricing.buyers import Buyers
from marketplace.pricing.epm import epm_shares
from marketplace.pricing.members import Member
from marketplace.pricing.methods import WEIGHTS, Method, Terms
from marketplace.pricing.shapley import ShapleyValues, shapley_values


@dataclass(frozen=True, slots=True)
class Weighed:
    """Weights in the order of the buyers, and the most that some may be rounded up to.

    `shapley` says how its values were found; `shown_in_core` that no group would leave.
    """

    weights: Sequence[int]
    caps: dict[Any, int] | None = None
    shapley: ShapleyValues | None = None
    shown_in_core: bool = False


def weigh(buyers: Buyers, group: Sequence[Member], terms: Terms) -> Weighed:
    if terms.method is Method.SHAPLEY:
        return _by_shapley(buyers)
    if terms.method is Method.EPM:
        return _by_equal_profit(buyers)
    if terms.method is Method.PROPORTIONAL and not buyers.by_site:
        return Weighed(buyers.units)
    return Weighed(list(WEIGHTS[terms.method](group, terms).values()))


def _by_shapley(buyers: Buyers) -> Weighed:
    """In floating point a value may be a hair above the cost alone that it equals; hence caps."""
    found = shapley_values(buyers.curve, buyers.units)
    if not found.error_bound_cents:
        return Weighed(found.weights, None, found)
    total, whole = buyers.curve(buyers.total_units), sum(found.weights)
    hair = int(found.error_bound_cents * whole) // total + 1
    caps = {
        member: cents
        for (member, cents), weight in zip(buyers.costs_alone().items(), found.weights)
        if weight <= cents * whole // total + hair
    }
    return Weighed(found.weights, caps, found)


def _by_equal_profit(buyers: Buyers) -> Weighed:
    shares = epm_shares(buyers.curve, buyers.units_by_id())
    unit = lcm(*(share.denominator for share in shares.values()))
    weights = [int(shares[member] * unit) for member in buyers.ids]
    return Weighed(weights, shown_in_core=True)
