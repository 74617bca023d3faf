"""Dropping, round by round, whoever is above their limit.

A limit is in whole cents, and so is a bill. Whoever's exact share is below their limit plus
one cent stays: rounding down, their bill is within the limit, and the last cents go to members
with room for them. Whoever's is not could not be billed within their limit, however the cents
fall. With shares that only rise when somebody leaves, every group in which all bills can be
within the limits is part of the group that is left; so it is the largest, and nobody who was
dropped could be taken back.
"""

from collections.abc import Iterable, Sequence
from itertools import compress
from math import inf
from typing import Any, NamedTuple

from marketplace.core.errors import RuleBroken
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.members import Member
from marketplace.pricing.methods import OWN_WEIGHT, WEIGHTS, Method, Terms
from marketplace.pricing.purchase import units_of
from marketplace.pricing.schedule import Form, Schedule
from marketplace.pricing.split import bills, check_total


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
    by_limit = _ByLimit([member.limit_cents for member in group], weights)
    size, whole = sum(units), sum(weights)
    seats = size if schedule.form is not Form.SITE else sum(member.seats for member in group)
    rounds: list[Round] = []
    cost = gone = 0
    while gone < len(group):
        number = before + len(rounds) + 1
        cost = curve(size)
        check_total(cost)
        out = by_limit.take_over(cost, whole)
        dropped = tuple([_dropped(group[i], weights[i] * cost // whole, number) for i in out])
        rounds.append(Round(number, len(group) - gone, seats, cost, dropped))
        if not out:
            break
        size -= sum([units[i] for i in out])
        whole -= sum([weights[i] for i in out])
        seats -= sum([each.seats for each in dropped])
        gone += len(out)
    left = list(compress(group, by_limit.stays)) if gone else group
    return Left(left, rounds, by_limit.is_tight(cost, whole))


class _ByLimit:
    """Members in order of (limit + 1) / weight, and how far down that order they have left.

    Division to a float never turns the order of two fractions round, it only makes some
    equal; a run of equals is put in exact order when it is reached.
    """

    def __init__(self, limits: Sequence[int | None], weights: Sequence[int]) -> None:
        self.limits = limits
        self.weights = weights
        self.keys = [
            (limit + 1) / weight if limit is not None and weight else inf
            for limit, weight in zip(limits, weights)
        ]
        self.order = sorted(range(len(limits)), key=self.keys.__getitem__)
        self.at = self.settled = 0
        self.stays = bytearray(b"\1") * len(limits)

    def take_over(self, cost: int, whole: int) -> list[int]:
        """The places of those whose share is at least their limit plus one cent."""
        start = self.at
        while self.at < len(self.order):
            if self._is_over(self.order[self.at], cost, whole):
                self.at += 1
            elif self.at < self.settled or not self._settle_equals():
                break
        out = sorted(self.order[start : self.at])
        for place in out:
            self.stays[place] = 0
        return out

    def _is_over(self, place: int, cost: int, whole: int) -> bool:
        limit = self.limits[place]
        return limit is not None and self.weights[place] * cost >= (limit + 1) * whole > 0

    def _settle_equals(self) -> bool:
        """Put the run of equal floats that comes next in exact order; False for a single one.

        Cut after 2b + 1 bits: two different fractions with denominators below 2^b differ by
        more than what is cut off.
        """
        key, end = self.keys[self.order[self.at]], self.at
        if key == inf:
            return False
        while end < len(self.order) and self.keys[self.order[end]] == key:
            end += 1
        if end == self.at + 1:
            return False
        run = self.order[self.at : end]
        bits = 2 * max([self.weights[place] for place in run]).bit_length() + 1
        run.sort(key=lambda place: ((self._limit(place) + 1) << bits) // self.weights[place])
        self.order[self.at : end] = run
        self.settled = end
        return True

    def _limit(self, place: int) -> int:
        limit = self.limits[place]
        assert limit is not None
        return limit

    def is_tight(self, cost: int, whole: int) -> bool:
        """Is the share, rounded down, of anybody who stays the very limit?

        Then limit / weight <= cost / whole, so (limit + 1) / weight is at most one cent over
        the least weight above it (a hair for the floats); nobody behind that is looked at.
        """
        if not whole:
            return False
        least = min(self.weights)
        last = (cost / whole + 1 / least) * (1 + 1e-9) if least else inf
        for place in self.order[self.at :]:
            if self.keys[place] > last or self.keys[place] == inf:
                return False
            if self._limit(place) * whole <= self.weights[place] * cost:
                return True
        return False


def _columns(
    schedule: Schedule, group: Sequence[Member], terms: Terms
) -> tuple[list[int], list[int]]:
    """Units of the curve and weights, in the order of the group."""
    seats = [member.seats for member in group]
    if terms.method is Method.PROPORTIONAL:
        weights = seats
    else:
        weights = list(WEIGHTS[terms.method](group, terms).values())
    if schedule.form is not Form.SITE:
        return seats, weights
    return [units_of(schedule, m.seats, m.pupils) for m in group], weights


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
