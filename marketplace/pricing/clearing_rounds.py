"""Dropping, round by round, whoever is above their limit.

A limit is in whole cents, and so is a bill. Whoever's exact share is below their limit plus
one cent stays: rounding down, their bill is within the limit, and the last cents go to members
with room for them. Whoever's is not could not be billed within their limit, however the cents
fall. With shares that only rise when somebody leaves, every group in which all bills can be
within the limits is part of the group that is left; so it is the largest, and nobody who was
dropped could be taken back.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice, takewhile
from math import inf
from typing import Any, NamedTuple

from marketplace.core.errors import RuleBroken
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.members import Member, roster
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
    """One round: who was there, what they would have paid together, and who left.

    Who left is kept as two columns and made into `dropped` when asked, for a pool may lose
    thousands whom nobody asks about.
    """

    number: int
    districts: int
    seats: int
    cost_cents: int
    out: tuple[Member, ...]
    share_cents: tuple[int, ...]

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        return tuple(
            [
                Dropped(member.id, member.seats, share, member.limit_cents, self.number)
                for member, share in zip(self.out, self.share_cents)
                if member.limit_cents is not None
            ]
        )


def limits_of(group: Sequence[Member]) -> dict[Any, int]:
    """The most each member pays, where it set a limit."""
    return {m.id: m.limit_cents for m in group if m.limit_cents is not None}


class Left(NamedTuple):
    """Who is left within their limits, the rounds so far, and whether a limit is so tight that
    the last cents must go to others.
    """

    group: Sequence[Member]
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
    left: Sequence[Member] = group
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
        left = without(left, last)
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


def _drop_plainly(schedule: Schedule, group: Sequence[Member], terms: Terms, before: int) -> Left:
    rounds: list[Round] = []
    while group:
        told = one_round(schedule, group, terms, before + len(rounds) + 1)
        rounds.append(told)
        if not told.out:
            break
        group = without(group, told)
    return Left(group, rounds, is_tight(schedule, group, terms))


def _drop_by_weight(schedule: Schedule, group: Sequence[Member], terms: Terms, before: int) -> Left:
    """The same rounds in one pass over the members in order of limit per weight.

    A share is weight * cost / all weights, so it reaches the limit plus a cent exactly when
    (limit + 1) / weight is at most cost / all weights: those who leave in a round are always
    the next ones of the order. A long list is read few times, for memory is what is slow.
    """
    curve, listed = effective_curve(schedule), roster(group)
    units, weights = _columns(schedule, listed, terms)
    by_limit = _ByLimit(listed.limits, weights)
    size, whole = sum(units), sum(weights)
    seats = size if schedule.form is not Form.SITE else sum(listed.seats)
    rounds: list[Round] = []
    check_total(curve(size))  # a smaller group never costs more
    cost, gone, all_seats, member_at = 0, 0, listed.seats, group.__getitem__
    while gone < len(group):
        cost = curve(size)
        places = by_limit.take_over(cost, whole)
        there, there_seats, lost = len(group) - gone, seats, 0
        shares = []
        for i in places:
            weight = weights[i]
            shares.append(weight * cost // whole)
            lost += weight
            size -= units[i]
            seats -= all_seats[i]
        whole -= lost
        gone += len(places)
        out, number = tuple(map(member_at, places)), before + len(rounds) + 1
        rounds.append(Round(number, there, there_seats, cost, out, tuple(shares)))
        if not out:
            break
    left = listed.only(by_limit.stays) if gone else listed
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
        self.order: list[int] = []
        self.waiting = [place for place, key in enumerate(self.keys) if key < inf]
        self.reach = 1 / 16
        self.lined_up_to = 0.0
        self.at = self.settled = 0
        self.stays = bytearray(b"\1") * len(limits)

    def take_over(self, cost: int, whole: int) -> list[int]:
        """The places of those whose share is at least their limit plus one cent."""
        order, limits, weights, at = self.order, self.limits, self.weights, self.at
        start = at
        while at < len(order) or self._line_up(cost / whole if whole else inf):
            place = order[at]
            limit = limits[place]
            assert limit is not None
            if weights[place] * cost >= (limit + 1) * whole > 0:
                at += 1
                continue
            self.at = at
            if at < self.settled or not self._settle_equals():
                break
        self.at = at
        out = order[start:at]
        if len(out) > 1:
            out.sort()
        for place in out:
            self.stays[place] = 0
        return out

    def _line_up(self, price: float) -> bool:
        """Put those who come next in order: at first who is within a sixteenth of the price,
        then four times as far each time, for most pools never get to the end of the order.
        """
        while self.waiting and price:
            bound = price * (1 + self.reach)
            self.reach *= 4
            self.lined_up_to = bound
            near = [place for place in self.waiting if self.keys[place] <= bound]
            if near:
                self.waiting = [place for place in self.waiting if self.keys[place] > bound]
                self.order += sorted(near, key=self.keys.__getitem__)
                return True
        return False

    def _settle_equals(self) -> bool:
        """Put the run of equal floats that comes next in exact order; False for a single one.

        Cut after 2b + 1 bits: two different fractions with denominators below 2^b differ by
        more than what is cut off.
        """
        key, end = self.keys[self.order[self.at]], self.at + 1
        if end == len(self.order) or self.keys[self.order[end]] != key:
            return False
        while end < len(self.order) and self.keys[self.order[end]] == key:
            end += 1
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
        keys, limits, weights = self.keys, self.limits, self.weights
        near = takewhile(lambda place: keys[place] <= last, islice(self.order, self.at, None))
        behind = self.waiting if last > self.lined_up_to else ()
        return any(
            limits[place] * whole <= weights[place] * cost  # type: ignore[operator]
            for place in chain(near, behind)
        )


def _columns(
    schedule: Schedule, group: Sequence[Member], terms: Terms
) -> tuple[list[int], list[int]]:
    """Units of the curve and weights, in the order of the group."""
    seats = roster(group).seats
    if terms.method is Method.PROPORTIONAL:
        weights = seats
    else:
        weights = list(WEIGHTS[terms.method](group, terms).values())
    if schedule.form is not Form.SITE:
        return seats, weights
    return [units_of(schedule, m.seats, m.pupils) for m in group], weights


def _shares_rounded_down(
    schedule: Schedule, group: Sequence[Member], terms: Terms
) -> tuple[int, list[int]]:
    units, weights = _columns(schedule, group, terms)
    cost, whole = effective_curve(schedule)(sum(units)), sum(weights)
    check_total(cost)
    return cost, [weight * cost // whole for weight in weights]


def _round_of(group: Sequence[Member], cost: int, shares: Iterable[int], number: int) -> Round:
    over = [
        (member, share)
        for member, share in zip(group, shares)
        if member.limit_cents is not None and share > member.limit_cents
    ]
    return Round(
        number,
        len(group),
        sum([member.seats for member in group]),
        cost,
        tuple([member for member, _ in over]),
        tuple([share for _, share in over]),
    )


def without(group: Sequence[Member], told: Round) -> list[Member]:
    """Those who are still there after the round."""
    gone = {member.id for member in told.out}
    return [member for member in group if member.id not in gone]
