"""Dropping, round by round, whoever is above their limit.

A limit is in whole cents, and so is a bill. Whoever's exact share is below their limit plus
one cent stays: rounding down, their bill is within the limit, and the last cents go to members
with room for them. Whoever's is not could not be billed within their limit, however the cents
fall. With shares that only rise when somebody leaves, every group in which all bills can be
within the limits is part of the group that is left; so it is the largest, and nobody who was
dropped could be taken back.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from marketplace.core.errors import RuleBroken
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.members import Member
from marketplace.pricing.methods import WEIGHTS, Method, Terms
from marketplace.pricing.purchase import units_of
from marketplace.pricing.schedule import Form, Schedule
from marketplace.pricing.split import bills, check_total

#: A member's weight is its own under these methods, whoever else is there.
OWN_WEIGHT = (Method.PROPORTIONAL, Method.PER_PUPIL, Method.EQUAL)


class Dropped(NamedTuple):
    """Who left in which round, and the share it would have paid then, rounded down."""

    id: Any
    seats: int
    share_cents: int
    limit_cents: int
    round: int


class Round(NamedTuple):
    """One round: who was there, what they would have paid together, and who left."""

    number: int
    districts: int
    seats: int
    cost_cents: int
    dropped: tuple[Dropped, ...]


def limits_of(group: Sequence[Member]) -> dict[Any, int]:
    """The most each member pays, where it set a limit."""
    return {m.id: m.limit_cents for m in group if m.limit_cents is not None}


class Left(NamedTuple):
    """Who is left within their limits, the rounds so far, and whether a limit is so tight that
    the last cents must go to others.
    """

    group: list[Member]
    rounds: list[Round]
    is_tight: bool


def drop_all_above(
    schedule: Schedule, group: Sequence[Member], terms: Terms, before: int = 0
) -> Left:
    """Everybody who can be billed within their limits, and the rounds that led there.

    `before` rounds have gone already. Takes O(n log n) for members with their own weight.
    """
    drop = _drop_by_weight if terms.method in OWN_WEIGHT else _drop_plainly
    rounds: list[Round] = []
    left = list(group)
    while left:
        left, told, is_tight = drop(schedule, left, terms, before + len(rounds))
        rounds += told
        if not is_tight:
            break
        last = one_cent_over(schedule, left, terms, before + len(rounds))
        if not last:
            return Left(left, rounds, is_tight=True)
        # The round that found everyone within their limit, but for the last cents.
        rounds[-1] = last
        left = _without(left, last.dropped)
    return Left(left, rounds, is_tight=False)


def is_tight(schedule: Schedule, group: Sequence[Member], terms: Terms) -> bool:
    """Might the last cents take somebody past their limit, who is within it before them?"""
    if not group or terms.method not in WEIGHTS:
        return False
    _, shares = _shares_rounded_down(schedule, group, terms)
    return any(member.limit_cents == share for member, share in zip(group, shares))


def one_round(schedule: Schedule, group: Sequence[Member], terms: Terms, number: int) -> Round:
    """One split of the group, and who is above their limit in it."""
    if terms.method not in WEIGHTS:
        return _billed_round(schedule, group, terms, number)
    cost, shares = _shares_rounded_down(schedule, group, terms)
    return _round_of(group, cost, shares, number)


def one_cent_over(
    schedule: Schedule, group: Sequence[Member], terms: Terms, number: int
) -> Round | None:
    """Who leaves when the last cents find too little room below the limits, which is rare."""
    try:
        bills(schedule, group, terms, limits_of(group))
    except RuleBroken:
        return _billed_round(schedule, group, terms, number)
    return None


def _billed_round(schedule: Schedule, group: Sequence[Member], terms: Terms, number: int) -> Round:
    bought, shares = bills(schedule, group, terms)
    return _round_of(group, bought.cost_cents, [shares[m.id] for m in group], number)


def _drop_plainly(schedule: Schedule, group: list[Member], terms: Terms, before: int) -> Left:
    rounds: list[Round] = []
    while group:
        told = one_round(schedule, group, terms, before + len(rounds) + 1)
        rounds.append(told)
        if not told.dropped:
            break
        group = _without(group, told.dropped)
    return Left(group, rounds, is_tight(schedule, group, terms))


def _drop_by_weight(schedule: Schedule, group: list[Member], terms: Terms, before: int) -> Left:
    """The same rounds in one pass over the members in order of limit per weight.

    A share is weight * cost / all weights, so it reaches the limit plus a cent exactly when
    (limit + 1) / weight is at most cost / all weights: those who leave in a round are always
    the next ones of the order. A long list is read few times, for memory is what is slow.
    """
    curve = effective_curve(schedule)
    units, weights = _columns(schedule, group, terms)
    limits = [member.limit_cents for member in group]
    order = _by_limit_per_weight(limits, weights)
    size, whole = sum(units), sum(weights)
    seats = sum([member.seats for member in group])
    rounds: list[Round] = []
    cost = start = at = 0
    while at < len(group):
        number = before + len(rounds) + 1
        cost = curve(size)
        check_total(cost)
        while at < len(order) and weights[order[at]] * cost >= (limits[order[at]] + 1) * whole:
            at += 1
        out = sorted(order[start:at])
        dropped = tuple([_dropped(group[i], weights[i] * cost // whole, number) for i in out])
        rounds.append(Round(number, len(group) - start, seats, cost, dropped))
        if start == at:
            break
        size -= sum([units[i] for i in out])
        whole -= sum([weights[i] for i in out])
        seats -= sum([each.seats for each in dropped])
        start = at
    gone = {*order[:at]}
    left = [member for i, member in enumerate(group) if i not in gone] if gone else group
    within = ((weights[i], limits[i]) for i in order[at:])
    return Left(left, rounds, _reaches_a_limit(within, cost, whole, min(weights)))


def _reaches_a_limit(
    within: Iterable[tuple[int, int]], cost: int, whole: int, least_weight: int
) -> bool:
    """Is anybody's share, rounded down, the limit itself? They come by limit per weight.

    Then limit / weight <= cost / whole, so (limit + 1) / weight is at most one cent over the
    least weight above it; behind that nobody needs to be looked at.
    """
    for weight, limit in within:
        if limit * whole <= weight * cost:
            return True
        if least_weight and (limit + 1) * whole * least_weight > weight * (
            cost * least_weight + whole
        ):
            return False
    return False


def _columns(
    schedule: Schedule, group: Sequence[Member], terms: Terms
) -> tuple[list[int], list[int]]:
    """Units of the curve and weights, in the order of the group."""
    weights = list(WEIGHTS[terms.method](group, terms).values())
    if schedule.form is not Form.SITE:
        return [member.seats for member in group], weights
    return [units_of(schedule, m.seats, m.pupils) for m in group], weights


def _by_limit_per_weight(limits: Sequence[int | None], weights: Sequence[int]) -> list[int]:
    """Places of those whose share can reach their limit, the lowest (limit + 1) / weight first.

    Division to a float never turns the order of two fractions round, it only makes some equal;
    those are put in order exactly. (Cut after 2b + 1 bits: two different fractions with
    denominators below 2^b differ by more.)
    """
    keys = {
        place: (limit + 1) / weight
        for place, (limit, weight) in enumerate(zip(limits, weights))
        if limit is not None and weight
    }
    order = sorted(keys, key=keys.__getitem__)
    if len(set(keys.values())) == len(keys):
        return order
    bits = 2 * max(weights).bit_length() + 1
    exact: list[int] = []
    for _, equal in groupby(order, keys.__getitem__):
        tied = list(equal)
        if len(tied) > 1:
            tied.sort(key=lambda place: ((limits[place] + 1) << bits) // weights[place])  # type: ignore[operator]
        exact += tied
    return exact


def _dropped(member: Member, share: int, number: int) -> Dropped:
    assert member.limit_cents is not None
    return Dropped(member.id, member.seats, share, member.limit_cents, number)


def _shares_rounded_down(
    schedule: Schedule, group: Sequence[Member], terms: Terms
) -> tuple[int, list[int]]:
    units, weights = _columns(schedule, group, terms)
    cost, whole = effective_curve(schedule)(sum(units)), sum(weights)
    check_total(cost)
    return cost, [weight * cost // whole for weight in weights]


def _round_of(group: Sequence[Member], cost: int, shares: Iterable[int], number: int) -> Round:
    dropped = tuple(
        [
            _dropped(member, share, number)
            for member, share in zip(group, shares)
            if member.limit_cents is not None and share > member.limit_cents
        ]
    )
    return Round(number, len(group), sum([member.seats for member in group]), cost, dropped)


def _without(group: Sequence[Member], dropped: Sequence[Dropped]) -> list[Member]:
    gone = {out.id for out in dropped}
    return [member for member in group if member.id not in gone]
