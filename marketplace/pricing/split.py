"""Splitting the cost of one purchase: first buy well, then share, then say what was shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

from marketplace.core.money import LARGEST_CENTS
from marketplace.pricing.certificate import (
    Certificate,
    Kind,
    at_average_price,
    certify,
    shown_in_core,
)
from marketplace.pricing.curve import Curve, effective_curve
from marketplace.pricing.epm import epm_shares
from marketplace.pricing.joiner import joiner_never_raises
from marketplace.pricing.members import Member, by_id, member_problems, roster
from marketplace.pricing.methods import WEIGHTS, Method, Rest, Terms, terms_of
from marketplace.pricing.purchase import Purchase, best_purchase, units_of
from marketplace.pricing.refusals import PricingRefused, refuse
from marketplace.pricing.rounding import shared_out
from marketplace.pricing.schedule import Form, Schedule
from marketplace.pricing.shapley import ShapleyValues, shapley_values


@dataclass(frozen=True)
class Buyers:
    """Who buys how much: columns in the order of the group, and what any amount costs."""

    ids: list[Any]
    units: list[int]
    curve: Curve
    by_site: bool

    def by_id(self) -> dict[Any, int]:
        return dict(zip(self.ids, self.units))

    def costs_alone(self) -> dict[Any, int]:
        """What each would pay without the others; equal districts are priced once."""
        cost_of = {size: self.curve(size) for size in set(self.units)}
        return {member: cost_of[size] for member, size in zip(self.ids, self.units)}


def buyers_of(schedule: Schedule, group: Sequence[Member]) -> Buyers:
    listed = roster(group)
    units = listed.seats
    by_site = schedule.form is Form.SITE
    if by_site:
        units = [units_of(schedule, member.seats, member.pupils) for member in group]
    return Buyers(listed.ids, units, effective_curve(schedule), by_site)


@dataclass(frozen=True)
class Split:
    """Who pays what. Shares add up to `total_cents`.

    `shapley` says how the values were found, where they were asked for.
    """

    total_cents: int
    purchase: Purchase
    shares: dict[Any, int]
    certificate: Certificate
    buyers: Buyers
    shapley: ShapleyValues | None = None

    @cached_property
    def alone(self) -> dict[Any, int]:
        """What each member would pay buying alone; reckoned when it is first asked for."""
        return self.buyers.costs_alone()


def split(
    schedule: Schedule,
    members: Iterable[Member],
    method: Method | str = Method.PROPORTIONAL,
    seed: str = "",
    equal_share: Fraction | Decimal | str | None = None,
    rest: Rest | str | None = None,
) -> Split:
    """Split the cheapest purchase for these members; the order they come in never matters."""
    terms = terms_of(method, seed, equal_share, rest)
    group = by_id(members)
    refuse(member_problems(schedule, group, terms.needs_pupils))
    return split_group(schedule, group, terms)


def split_group(
    schedule: Schedule,
    group: Sequence[Member],
    terms: Terms,
    caps: Mapping[Any, int] | None = None,
) -> Split:
    """Like `split`, for checked members in order of id and checked terms.

    Nobody is rounded up past their cap.
    """
    buyers = buyers_of(schedule, group)
    bought = purchase_for(schedule, group, buyers)
    if not group:
        return Split(0, bought, {}, Certificate(Kind.EXACT, True, True, None), buyers)
    weighed = weigh(buyers, group, terms)
    shares = _shared(bought, buyers, weighed, terms, caps)
    proportional = _in_proportion(weighed.weights, buyers.units)
    certificate = at_average_price(buyers.curve, sum(buyers.units)) if proportional else None
    if certificate is None and weighed.shown_in_core:
        certificate = shown_in_core()
    if certificate is None:
        certificate = certify(
            buyers.curve,
            buyers.by_id(),
            shares,
            buyers.costs_alone(),
            proportional,
            lambda: joiner_never_raises(terms, group, buyers.by_id(), buyers.curve),
        )
    return Split(bought.cost_cents, bought, shares, certificate, buyers, weighed.shapley)


def bills(
    schedule: Schedule,
    group: Sequence[Member],
    terms: Terms,
    caps: Mapping[Any, int] | None = None,
) -> tuple[Purchase, dict[Any, int]]:
    """The purchase and each member's bill.

    Where the exact share is within the stand-alone cost, so is the bill: that cost is in
    whole cents, and a bill is never rounded past the next whole cent.
    """
    buyers = buyers_of(schedule, group)
    bought = purchase_for(schedule, group, buyers)
    if not group:
        return bought, {}
    return bought, _shared(bought, buyers, weigh(buyers, group, terms), terms, caps)


def check_total(cents: int) -> None:
    """No total is above the largest amount that is kept."""
    if cents > LARGEST_CENTS:
        raise PricingRefused(["total: is above 10^17 cents, the largest amount kept here."])


@dataclass(frozen=True, slots=True)
class Weighed:
    """Whole-number weights that the cost is shared by, and caps on being rounded up."""

    weights: Sequence[int]
    caps: dict[Any, int] | None = None
    shapley: ShapleyValues | None = None
    shown_in_core: bool = False


def weigh(buyers: Buyers, group: Sequence[Member], terms: Terms) -> Weighed:
    """What the cost of this group is shared by, whatever the method."""
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
    total, whole = buyers.curve(sum(buyers.units)), sum(found.weights)
    hair = int(found.error_bound_cents * whole) // total + 1
    caps = {
        member: cents
        for (member, cents), weight in zip(buyers.costs_alone().items(), found.weights)
        if weight <= cents * whole // total + hair
    }
    return Weighed(found.weights, caps, found)


def _by_equal_profit(buyers: Buyers) -> Weighed:
    """The exact shares are in the core and sum to the cost; in a common part they are weights."""
    shares = epm_shares(buyers.curve, buyers.by_id())
    parts = lcm(*(share.denominator for share in shares.values()))
    weights = [int(shares[member] * parts) for member in buyers.ids]
    return Weighed(weights, shown_in_core=True)


def purchase_for(
    schedule: Schedule, group: Sequence[Member], buyers: Buyers | None = None
) -> Purchase:
    """The cheapest purchase that gives every member of the group its seats."""
    buyers = buyers or buyers_of(schedule, group)
    units = sum(buyers.units)
    if not group:
        return Purchase(0, 0, 0)
    if buyers.by_site:
        seats = sum([member.seats for member in group])
        bought = Purchase(seats, buyers.curve(units), seats)
    else:
        bought = best_purchase(schedule, units)
    check_total(bought.cost_cents)
    return bought


def _shared(
    bought: Purchase,
    buyers: Buyers,
    weighed: Weighed,
    terms: Terms,
    caps: Mapping[Any, int] | None,
) -> dict[Any, int]:
    if weighed.caps:
        caps = weighed.caps | {
            member: min(cap, weighed.caps.get(member, cap)) for member, cap in (caps or {}).items()
        }
    return shared_out(bought.cost_cents, buyers.ids, weighed.weights, terms.seed, caps)


def _in_proportion(weights: Sequence[int], units: Sequence[int]) -> bool:
    """Do the weights go exactly by units? Then everyone pays the average price, whatever the
    method is called: an equal split of equal districts is as fair as a proportional one.
    """
    if weights is units:
        return True
    whole, total = sum(weights), sum(units)
    return all(weight * total == size * whole for weight, size in zip(weights, units))
