"""Splitting the cost of one purchase: first buy well, then share, then say what was shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.core.money import LARGEST_CENTS
from marketplace.pricing.certificate import Certificate, Kind, certify
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.members import Member, by_id, member_problems
from marketplace.pricing.methods import WEIGHTS, Method, Rest, Terms, terms_of
from marketplace.pricing.purchase import Purchase, best_purchase, units_of
from marketplace.pricing.refusals import PricingRefused, refuse
from marketplace.pricing.rounding import largest_remainder
from marketplace.pricing.schedule import Form, Schedule


@dataclass(frozen=True, slots=True)
class Split:
    """Who pays what. Shares add up to `total_cents`; `alone` is each member buying alone."""

    total_cents: int
    purchase: Purchase
    shares: dict[Any, int]
    alone: dict[Any, int]
    certificate: Certificate


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


def split_group(schedule: Schedule, group: Sequence[Member], terms: Terms) -> Split:
    """Like `split`, for checked members in order of id and checked terms."""
    bought, shares = bills(schedule, group, terms)
    units = {m.id: units_of(schedule, m.seats, m.pupils) for m in group}
    effective = effective_curve(schedule)
    alone = {member: effective(size) for member, size in units.items()}
    if not group:
        certificate = Certificate(Kind.EXACT, True, True, None)
    else:
        certificate = certify(
            effective,
            units,
            shares,
            alone,
            at_average_price=_in_proportion(WEIGHTS[terms.method](group, terms), units),
        )
    return Split(bought.cost_cents, bought, shares, alone, certificate)


def bills(
    schedule: Schedule, group: Sequence[Member], terms: Terms
) -> tuple[Purchase, dict[Any, int]]:
    """The purchase and each member's bill.

    Where the exact share is within the stand-alone cost, so is the bill: that cost is in
    whole cents, and a bill is never rounded past the next whole cent.
    """
    bought = purchase_for(schedule, group)
    if bought.cost_cents > LARGEST_CENTS:
        raise PricingRefused(["total: is above 10^17 cents, the largest amount kept here."])
    if not group:
        return bought, {}
    weights = WEIGHTS[terms.method](group, terms)
    return bought, largest_remainder(bought.cost_cents, weights, terms.seed)


def _in_proportion(weights: Mapping[Any, int], units: Mapping[Any, int]) -> bool:
    """Do the weights go exactly by units? Then everyone pays the average price, whatever the
    method is called: an equal split of equal districts is as fair as a proportional one.
    """
    whole, total = sum(weights.values()), sum(units.values())
    return all(weights[member] * total == units[member] * whole for member in units)


def purchase_for(schedule: Schedule, group: Sequence[Member]) -> Purchase:
    """The cheapest purchase that gives every member of the group its seats."""
    seats = sum(member.seats for member in group)
    if not group:
        return Purchase(0, 0, 0)
    if schedule.form is Form.SITE:
        site_cents = sum(units_of(schedule, m.seats, m.pupils) for m in group)
        return Purchase(seats, effective_curve(schedule)(site_cents), seats)
    return best_purchase(schedule, seats)
