"""Dropping, round by round, whoever is above their limit.

A limit is in whole cents, and so is a bill. Whoever's exact share is below their limit plus
one cent stays: rounding down, their bill is within the limit, and the last cents go to members
with room for them. Whoever's is not could not be billed within their limit, however the cents
fall. With shares that only rise when somebody leaves, every group in which all bills can be
within the limits is part of the group that is left; so it is the largest, and nobody who was
dropped could be taken back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.members import Member
from marketplace.pricing.methods import WEIGHTS, Method, Terms
from marketplace.pricing.purchase import units_of
from marketplace.pricing.schedule import Schedule
from marketplace.pricing.split import bills, check_total

#: A member's weight is its own under these methods, whoever else is there.
OWN_WEIGHT = (Method.PROPORTIONAL, Method.PER_PUPIL, Method.EQUAL)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Who left in which round, and the share it would have paid then, rounded down."""

    id: Any
    seats: int
    share_cents: int
    limit_cents: int
    round: int


@dataclass(frozen=True, slots=True)
class Round:
    """One round: who was there, what they would have paid together, and who left."""

    number: int
    districts: int
    seats: int
    cost_cents: int
    dropped: tuple[Dropped, ...]


def limits_of(group: Sequence[Member]) -> dict[Any, int]:
    """The most each member pays, where it set a limit."""
    return {m.id: m.limit_cents for m in group if m.limit_cents is not None}


def drop_all_above(
    schedule: Schedule, group: Sequence[Member], terms: Terms, before: int = 0
) -> tuple[list[Member], list[Round]]:
    """Everybody who can be billed within their limits, and the rounds that led there.

    `before` rounds have gone already. Takes O(n log n) for members with their own weight.
    """
    rounds: list[Round] = []
    left = list(group)
    while left:
        if terms.method in OWN_WEIGHT:
            left, told = _drop_by_weight(schedule, left, terms, before + len(rounds))
        else:
            left, told = _drop_plainly(schedule, left, terms, before + len(rounds))
        rounds += told
        last = one_cent_over(schedule, left, terms, before + len(rounds))
        if not last:
            break
        # The round that found everyone within their limit, but for the last cents.
        rounds[-1] = last
        left = _without(left, last.dropped)
    return left, rounds


def one_round(schedule: Schedule, group: Sequence[Member], terms: Terms, number: int) -> Round:
    """One split of the group, and who is above their limit in it."""
    if terms.method in WEIGHTS:
        cost, shares = _shares_rounded_down(schedule, group, terms)
    else:
        bought, shares = bills(schedule, group, terms)
        cost = bought.cost_cents
    return _round_of(group, cost, shares, number)


def one_cent_over(
    schedule: Schedule, group: Sequence[Member], terms: Terms, number: int
) -> Round | None:
    """Who leaves when the last cents find too little room below the limits, which is rare."""
    if not group or terms.method not in WEIGHTS or not limits_of(group):
        return None
    try:
        bills(schedule, group, terms, limits_of(group))
    except RuleBroken:
        bought, shares = bills(schedule, group, terms)
        return _round_of(group, bought.cost_cents, shares, number)
    return None


def _drop_plainly(
    schedule: Schedule, group: list[Member], terms: Terms, before: int
) -> tuple[list[Member], list[Round]]:
    rounds: list[Round] = []
    while group:
        told = one_round(schedule, group, terms, before + len(rounds) + 1)
        rounds.append(told)
        if not told.dropped:
            break
        group = _without(group, told.dropped)
    return group, rounds


def _drop_by_weight(
    schedule: Schedule, group: list[Member], terms: Terms, before: int
) -> tuple[list[Member], list[Round]]:
    """The same rounds in one pass over the members in order of limit per weight.

    A share is weight * cost / all weights, so it reaches the limit plus a cent exactly when
    (limit + 1) / weight is at most cost / all weights: those who leave in a round are always
    the next ones of the order.
    """
    curve = effective_curve(schedule)
    weights = WEIGHTS[terms.method](group, terms)
    units = {m.id: units_of(schedule, m.seats, m.pupils) for m in group}
    order = _by_limit_per_weight(group, weights)
    size, whole = sum(units.values()), sum(weights.values())
    seats, districts = sum(m.seats for m in group), len(group)
    place = {member.id: at for at, member in enumerate(group)}
    gone: set[Any] = set()
    rounds: list[Round] = []
    at = 0
    while districts:
        number = before + len(rounds) + 1
        cost = curve(size)
        check_total(cost)
        over = []
        while at < len(order):
            member = order[at]
            weight, limit = weights[member.id], member.limit_cents
            assert limit is not None
            if weight * cost < (limit + 1) * whole:
                break
            over.append(Dropped(member.id, member.seats, weight * cost // whole, limit, number))
            at += 1
        over.sort(key=lambda out: place[out.id])
        rounds.append(Round(number, districts, seats, cost, tuple(over)))
        if not over:
            break
        for out in over:
            gone.add(out.id)
            size -= units[out.id]
            whole -= weights[out.id]
            seats -= out.seats
        districts -= len(over)
    return [member for member in group if member.id not in gone], rounds


def _by_limit_per_weight(group: Sequence[Member], weights: Mapping[Any, int]) -> list[Member]:
    """Those whose share can reach their limit, the lowest limit per weight first.

    Cut after 2b + 1 bits: two different fractions with denominators below 2^b differ by more.
    """
    bits = 2 * max(weights.values()).bit_length() + 1
    ranked = sorted(
        (((member.limit_cents + 1) << bits) // weights[member.id], at)
        for at, member in enumerate(group)
        if member.limit_cents is not None and weights[member.id]
    )
    return [group[at] for _, at in ranked]


def _shares_rounded_down(
    schedule: Schedule, group: Sequence[Member], terms: Terms
) -> tuple[int, dict[Any, int]]:
    cost = effective_curve(schedule)(sum(units_of(schedule, m.seats, m.pupils) for m in group))
    check_total(cost)
    weights = WEIGHTS[terms.method](group, terms)
    whole = sum(weights.values())
    return cost, {member: weight * cost // whole for member, weight in weights.items()}


def _round_of(group: Sequence[Member], cost: int, shares: Mapping[Any, int], number: int) -> Round:
    over = tuple(
        Dropped(member.id, member.seats, shares[member.id], member.limit_cents, number)
        for member in group
        if member.limit_cents is not None and shares[member.id] > member.limit_cents
    )
    return Round(number, len(group), sum(member.seats for member in group), cost, over)


def _without(group: Sequence[Member], dropped: Sequence[Dropped]) -> list[Member]:
    gone = {out.id for out in dropped}
    return [member for member in group if member.id not in gone]
