"""The price ladder of a group: how many seats until each next tier, and what all would pay."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.pricing.members import Member, by_id, member_problems
from marketplace.pricing.methods import WEIGHTS, Method, Rest, terms_of
from marketplace.pricing.purchase import effective_cost, price_per_seat
from marketplace.pricing.refusals import refuse
from marketplace.pricing.rounding import largest_remainder
from marketplace.pricing.schedule import Form, Schedule
from marketplace.pricing.split import split_group

#: Stands for all the seats that are still missing; no member has this id.
NEWCOMERS = None


@dataclass(frozen=True, slots=True)
class LadderStep:
    """A size of purchase at which a seat costs less than at every smaller size of the ladder.

    `shares` is what each of today's members would pay there, in cents, for today's seats.
    """

    starts_at: int
    seats_missing: int
    unit_cents: int
    price_per_seat: Fraction
    cost_cents: int
    shares: dict[Any, int]


def shares_by_tier(
    schedule: Schedule,
    members: Iterable[Member],
    method: Method | str = Method.PROPORTIONAL,
    seed: str = "",
    equal_share: Fraction | Decimal | str | None = None,
    rest: Rest | str | None = None,
) -> list[LadderStep]:
    """Every tier ahead at which a seat costs less than now, and each member's share there.

    The seats still missing pay their part of the cost, seat by seat; today's members share
    what is left by their method. Under the proportional split that is what they would pay
    whoever comes; under another it is what they would pay if those who come are, taken
    together, like those who are there. Flat and site prices have no tier ahead.
    """
    terms = terms_of(method, seed, equal_share, rest)
    group = by_id(members)
    refuse(member_problems(schedule, group, terms.needs_pupils))
    ahead = _tiers_ahead(schedule, sum(member.seats for member in group))
    if not ahead:
        return []
    if terms.method in WEIGHTS:
        weights = WEIGHTS[terms.method](group, terms)
    else:
        weights = split_group(schedule, group, terms).shares
    seats = sum(member.seats for member in group)
    return [
        LadderStep(
            starts_at=starts_at,
            seats_missing=starts_at - seats,
            unit_cents=unit_cents,
            price_per_seat=price,
            cost_cents=cost,
            shares=_shares_at(cost, starts_at, seats, weights, seed),
        )
        for starts_at, unit_cents, price in ahead
        for cost in [effective_cost(schedule, starts_at).cost_cents]
    ]


def _tiers_ahead(schedule: Schedule, seats: int) -> list[tuple[int, int, Fraction]]:
    """Where each cheaper tier starts, its price in the list, and what a seat costs there."""
    if schedule.form in (Form.FLAT, Form.SITE):
        return []
    lowest = price_per_seat(schedule, seats)
    ahead = []
    for band in schedule.bands:
        if band.starts_at > seats and (price := price_per_seat(schedule, band.starts_at)) < lowest:
            lowest = price
            ahead.append((band.starts_at, band.unit_cents, price))
    return ahead


def _shares_at(
    cost: int, size: int, seats: int, weights: Mapping[Any, int], seed: str
) -> dict[Any, int]:
    """cost * seats / size among the members by weight, rounded together with the newcomers."""
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    scaled: dict[Any, int] = {member: weight * seats for member, weight in weights.items()}
    scaled[NEWCOMERS] = (size - seats) * whole
    shares = largest_remainder(cost, scaled, seed)
    del shares[NEWCOMERS]
    return shares
