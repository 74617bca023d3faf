"""Splitting the cost of one purchase: first buy well, then share, then say what was shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from marketplace.core.money import LARGEST_CENTS
from marketplace.pricing.buyers import Buyers, buyers_of
from marketplace.pricing.certificate import (
    Certificate,
    Kind,
    at_average_price,
    certify,
    shown_in_core,
)
from marketplace.pricing.joiner import joiner_never_raises
from marketplace.pricing.members import Member, by_id, member_problems
from marketplace.pricing.methods import OWN_WEIGHT, Method, Rest, Terms, terms_of
from marketplace.pricing.purchase import Purchase, best_purchase
from marketplace.pricing.refusals import PricingRefused, refuse
from marketplace.pricing.rounding import shared_out
from marketplace.pricing.schedule import Schedule
from marketplace.pricing.shapley import ShapleyValues
from marketplace.pricing.weighing import Weighed, weigh


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
    certificate = _certificate(group, buyers, weighed, shares, terms)
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


def purchase_for(
    schedule: Schedule, group: Sequence[Member], buyers: Buyers | None = None
) -> Purchase:
    """The cheapest purchase that gives every member of the group its seats."""
    if not group:
        return Purchase(0, 0, 0)
    buyers = buyers or buyers_of(schedule, group)
    if buyers.by_site:
        seats = sum(member.seats for member in group)
        bought = Purchase(seats, buyers.curve(buyers.total_units), seats)
    else:
        bought = best_purchase(schedule, buyers.total_units)
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


def _certificate(
    group: Sequence[Member],
    buyers: Buyers,
    weighed: Weighed,
    shares: Mapping[Any, int],
    terms: Terms,
) -> Certificate:
    """The quickest one that decides; what the others need is reckoned only for them."""

    def joiner() -> bool | None:
        return joiner_never_raises(terms, group, buyers.units_by_id(), buyers.curve)

    proportional = _in_proportion(weighed.weights, buyers.units)
    if proportional and (shown := at_average_price(buyers.curve, buyers.total_units)):
        if terms.method in OWN_WEIGHT:
            return shown
        # This group pays the average price, but a part of it might not have.
        return replace(shown, joiner_never_raises=joiner())
    if weighed.shown_in_core:
        return shown_in_core()
    units, alone = buyers.units_by_id(), buyers.costs_alone()
    return certify(buyers.curve, units, shares, alone, proportional, joiner)


def _in_proportion(weights: Sequence[int], units: Sequence[int]) -> bool:
    """Do the weights go exactly by units? Then everyone pays the average price, whatever the
    method is called: an equal split of equal districts is as fair as a proportional one.
    """
    if weights is units:
        return True
    whole, total = sum(weights), sum(units)
    return all(weight * total == size * whole for weight, size in zip(weights, units))
