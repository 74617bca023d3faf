"""Dropping, round by round, whoever is above their limit.

A limit is in whole cents, and so is a bill. Whoever's exact share is below their limit plus
one cent stays: rounding down, their bill is within the limit, and the last cents go to members
with room for them. Whoever's is not could not be billed within their limit, however the cents
fall. With shares that only rise when somebody leaves, every group in which all bills can be
within the limits is part of the group that is left; so it is the largest, and nobody who was
dropped could be taken back.
"""

from collections.abc import Iterable, Sequence
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
    if terms.method not in WEIGHTS:
        return _billed_round(schedule, group, terms, number)
    cost, shares = _shares_rounded_down(schedule, group, terms)
    return _round_of(group, cost, shares, number)


def one_cent_over(
    schedule: Schedule, group: Sequence[Member], terms: Terms, number: int
) -> Round | None:
    """Who leaves when the last cents find too little room below the limits, which is rare."""
    if not group or terms.method not in WEIGHTS:
        return None
    _, shares = _shares_rounded_down(schedule, group, terms)
    if not any(member.limit_cents == share for member, share in zip(group, shares)):
        return None
    try:
        bills(schedule, group, terms, limits_of(group))
    except RuleBroken:
        return _billed_round(schedule, group, terms, number)
    return None


def _billed_round(schedule: Schedule, group: Sequence[Member], terms: Terms, number: int) -> Round:
    bought, shares = bills(schedule, group, terms)
    return _round_of(group, bought.cost_cents, [shares[m.id] for m in group], number)


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
    units, weights = _columns(schedule, group, terms)
    order = _by_limit_per_weight(group, weights)
    size, whole, seats = sum(units), sum(weights), sum([member.seats for member in group])
    rounds: list[Round] = []
    start = at = 0
    while at < len(group):
        number = before + len(rounds) + 1
        cost = curve(size)
        check_total(cost)
        while at < len(order) and _is_over(group[order[at]], weights[order[at]], cost, whole):
            at += 1
        out = sorted(order[start:at])
        dropped = tuple([_dropped(group[i], weights[i] * cost // whole, number) for i in out])
        rounds.append(Round(number, len(group) - start, seats, cost, dropped))
        if start == at:
            break
        size -= sum([units[i] for i in out])
        whole -= sum([weights[i] for i in out])
        seats -= sum([group[i].seats for i in out])
        start = at
    gone = {*order[:at]}
    return [member for i, member in enumerate(group) if i not in gone], rounds


def _columns(
    schedule: Schedule, group: Sequence[Member], terms: Terms
) -> tuple[list[int], list[int]]:
    """Units of the curve and weights, in the order of the group."""
    weights = list(WEIGHTS[terms.method](group, terms).values())
    if schedule.form is not Form.SITE:
        return [member.seats for member in group], weights
    return [units_of(schedule, m.seats, m.pupils) for m in group], weights


def _by_limit_per_weight(group: Sequence[Member], weights: Sequence[int]) -> list[int]:
    """Places of those whose share can reach their limit, the lowest limit per weight first.

    Cut after 2b + 1 bits: two different fractions with denominators below 2^b differ by more.
    """
    bits = 2 * max(weights).bit_length() + 1
    able = [i for i, m in enumerate(group) if m.limit_cents is not None and weights[i]]
    keys = {i: ((_limit(group[i]) + 1) << bits) // weights[i] for i in able}
    return sorted(able, key=keys.__getitem__)


def _is_over(member: Member, weight: int, cost: int, whole: int) -> bool:
    return weight * cost >= (_limit(member) + 1) * whole


def _limit(member: Member) -> int:
    assert member.limit_cents is not None
    return member.limit_cents


def _dropped(member: Member, share: int, number: int) -> Dropped:
    return Dropped(member.id, member.seats, share, _limit(member), number)


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
