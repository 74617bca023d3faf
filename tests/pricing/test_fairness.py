"""Certificates, the equal profit method, what-if and the ladder, against trying every group."""

import random
from fractions import Fraction
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.pricing import blocking, blocking_table, epm
from marketplace.pricing.blocking import Undecided, largest_saving
from marketplace.pricing.certificate import Kind, certify
from marketplace.pricing.curve import Curve, Piece, effective_curve
from marketplace.pricing.rules import (
    Member,
    clear,
    largest_remainder,
    shares_by_tier,
    split,
    what_if,
)
from tests.pricing.schedules import flat, groups, per_seat, schedules, volume


def every_group(ids, smaller=True):
    most = len(ids) if smaller else len(ids) + 1
    return chain.from_iterable(combinations(ids, size) for size in range(1, most))


def most_saved(curve, units, shares):
    saved = (
        sum(shares[i] for i in group) - curve(sum(units[i] for i in group))
        for group in every_group(list(units))
    )
    return max(saved, default=0)


@pytest.mark.parametrize(("first_free", "most_tried"), [(12, 20), (2, -1)])
@settings(max_examples=80)
@given(schedule=schedules(), members=groups(most=8), chance=st.randoms(use_true_random=False))
def test_the_exact_test_agrees_with_trying_every_group(
    first_free, most_tried, schedule, members, chance
):
    """With the core grown from two members, and by tables only, as for large groups."""
    curve = effective_curve(schedule)
    units = {m.id: m.seats for m in members}
    shares = largest_remainder(
        curve(sum(units.values())), {i: chance.randint(1, 60) for i in units}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocking, "FIRST_FREE", first_free)
        patch.setattr(blocking_table, "MOST_TRIED", most_tried)
        found = largest_saving(curve, units, shares)

    assert (found.would_save_cents if found else 0) == max(0, most_saved(curve, units, shares))
    if found:
        alone = curve(sum(units[i] for i in found.members))
        assert sum(shares[i] for i in found.members) - alone == found.would_save_cents


def test_where_the_work_allowed_is_too_little_nothing_is_claimed():
    chance = random.Random(1)
    units = {f"{n:03}": chance.randint(50, 5_000) for n in range(200)}
    curve = effective_curve(volume((1, 900), (20_000, 1_100)))
    shares = largest_remainder(curve(sum(units.values())), units)

    certificate = certify(curve, units, shares, shares, False, exact_budget=0)

    assert (certificate.kind, certificate.core) == (Kind.NONE, False)
    with pytest.raises(Undecided):
        largest_saving(curve, units, shares, budget=0)


def is_in_core(curve, units, shares):
    return all(
        sum(shares[i] for i in group) <= curve(sum(units[i] for i in group))
        for group in every_group(list(units))
    )


@settings(max_examples=60)
@given(schedules(), groups(most=6), st.randoms(use_true_random=False))
def test_equal_profit_shares_are_in_the_core_in_whatever_order(schedule, members, chance):
    curve = effective_curve(schedule)
    units = {m.id: m.seats for m in members}
    try:
        shares = epm.epm_shares(curve, units)
    except RuleBroken:
        return  # an empty core: see below
    turned = list(units)
    chance.shuffle(turned)

    assert sum(shares.values()) == curve(sum(units.values()))
    assert is_in_core(curve, units, shares)
    assert epm.epm_shares(curve, {i: units[i] for i in turned}) == shares


def test_equal_profit_gives_everyone_the_same_relative_saving_where_it_can():
    result = split(flat(9_000), [Member("A", 10), Member("B", 90)], "epm")

    assert result.shares == {"A": 4_500, "B": 4_500}
    assert (result.certificate.kind, result.certificate.core) == (Kind.EXACT, True)


def test_an_empty_core_is_said_by_name():
    bands = Curve((Piece(1, 100, 0), Piece(3, 190, 0)), (1, 3))

    with pytest.raises(RuleBroken, match="the core is empty"):
        epm.epm_shares(bands, {"A": 1, "B": 1, "C": 1})
    assert sum(epm.epm_shares(bands, {"A": 1, "B": 1}).values()) == 100


def test_equal_profit_is_refused_above_the_sizes_it_was_measured_for():
    curve = effective_curve(per_seat(100))
    many = {str(n): n + 1 for n in range(epm.MOST_SIZES + 1)}

    with pytest.raises(RuleBroken, match="different sizes"):
        epm.epm_shares(curve, many)
    assert epm.epm_shares(curve, dict.fromkeys(many, 5))["0"] == Fraction(500)


@given(schedules(falling=True), groups(most=6, limits=True))
def test_nobody_dropped_could_be_billed_within_the_limits_however_the_last_cents_fall(
    schedule, members
):
    """The cleared group holds every group whose shares, rounded down, are within the limits."""
    curve, result = effective_curve(schedule), clear(schedule, members)
    for group in every_group(members, smaller=False):
        seats = sum(m.seats for m in group)
        cost = curve(seats)
        room = sum(
            m.limit_cents is None or m.seats * cost // seats < m.limit_cents
            for m in group
            if m.seats * cost % seats
        )
        missing = cost - sum(m.seats * cost // seats for m in group)
        fits = missing <= room and all(
            m.limit_cents is None or m.seats * cost // seats <= m.limit_cents for m in group
        )
        if fits:
            assert {m.id for m in group} <= set(result.members)


def test_a_last_cent_goes_to_whoever_has_room_for_it():
    pool = [Member(name, 1, limit_cents=33) for name in "AB"] + [Member("C", 1)]

    result = clear(flat(100), pool)

    assert result.split.shares == {"A": 33, "B": 33, "C": 34}


def test_a_chain_in_which_one_leaves_each_round_is_told_one_by_one():
    count, fee = 2_000, 10**9
    pool = [Member(f"{n:05}", 10, limit_cents=1_000 + fee // (count - n) - 1) for n in range(count)]

    result = clear(per_seat(100, platform_fee_cents=fee), pool)

    assert result.rounds == count
    assert [out.id for out in result.dropped] == [m.id for m in pool]


def test_limits_too_close_for_a_float_are_told_apart():
    big = 10**16
    pool = [Member("A", 1, limit_cents=big), Member("B", 1, limit_cents=big + 1)]

    result = clear(flat(2 * big + 2), pool)

    assert [out.id for out in result.dropped] == ["A", "B"]


def test_what_if_says_who_else_would_be_there():
    schedule = volume((1, 1_000), (100, 500))
    pool = [Member("A", 60), Member("B", 30, limit_cents=16_000)]

    answer = what_if(schedule, pool, Member("A", 70))

    assert [out.id for out in answer.before.dropped] == ["B"]
    assert answer.joins == ("B",)
    assert answer.is_cleared
    with pytest.raises(RuleBroken, match="no member"):
        what_if(schedule, pool, Member("Z", 1))


def test_the_ladder_says_what_each_would_pay_at_each_tier():
    schedule = volume((1, 1_600), (2_500, 1_350), (5_000, 1_125))

    steps = shares_by_tier(schedule, [Member("A", 600), Member("B", 400)])

    assert [(s.starts_at, s.seats_missing) for s in steps] == [(2_500, 1_500), (5_000, 4_000)]
    assert steps[0].shares == {"A": 600 * 1_350, "B": 400 * 1_350}
    assert steps[1].shares == {"A": 600 * 1_125, "B": 400 * 1_125}
    assert shares_by_tier(flat(100), [Member("A", 1)]) == []
