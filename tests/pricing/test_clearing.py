"""Clearing a pool: the largest group in which everyone is within their limit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.pricing.clearing_rounds import _drop_by_weight, _drop_plainly
from marketplace.pricing.members import by_id
from marketplace.pricing.methods import terms_of
from marketplace.pricing.rules import Member, clear, split
from tests.pricing.schedules import groups, per_seat, schedules, volume

POOL = volume((1, 1_600), (2_500, 1_350), (5_000, 1_125))


@given(schedules(falling=True), groups(limits=True), st.none() | st.integers(1, 150), st.randoms())
def test_nobody_in_a_cleared_pool_pays_above_their_limit(schedule, members, threshold, chance):
    result = clear(schedule, members, threshold)
    shuffled = list(members)
    chance.shuffle(shuffled)

    limit = {m.id: m.limit_cents for m in members}
    shares = result.split.shares
    assert all(limit[i] is None or shares[i] <= limit[i] for i in result.members)
    assert sum(shares.values()) == result.split.total_cents
    assert {*result.members, *(out.id for out in result.dropped)} == {m.id for m in members}
    assert clear(schedule, shuffled, threshold) == result


@given(schedules(falling=True), groups(limits=True))
def test_no_dropped_member_could_have_stayed(schedule, members):
    """A cent of rounding aside: the theorem is about exact shares."""
    result = clear(schedule, members)
    stayed = [m for m in members if m.id in result.members]

    for out in result.dropped:
        with_them = [*stayed, next(m for m in members if m.id == out.id)]
        shares = split(schedule, with_them).shares
        assert any(m.limit_cents is not None and shares[m.id] >= m.limit_cents for m in with_them)


@given(schedules(falling=True), groups(limits=True), st.none() | st.integers(1, 150))
def test_tolerance_and_spare_seats_stay_within_what_was_offered(schedule, members, threshold):
    result = clear(schedule, members, threshold)

    room = {m.id: m.tolerance for m in members}
    paid, spare, bought = result.tolerance_paid, result.spare, result.split.purchase
    assert all(paid[i] >= 0 and spare[i] >= 0 and paid[i] + spare[i] <= room[i] for i in paid)
    firm = sum(m.seats for m in members if m.id in result.members)
    assert result.seats == firm + sum(paid.values()) == bought.seats_needed
    if result.lapsed:
        assert not any(paid.values())
        assert not any(spare.values())
    else:
        assert sum(spare.values()) + result.spare_left == bought.spare_seats
        assert result.seats >= (threshold or 0)


def test_a_departure_can_push_the_next_one_over():
    members = [
        Member("A", 2_000),
        Member("B", 400, limit_cents=400 * 1_500),
        Member("C", 300, limit_cents=300 * 1_200),
    ]

    result = clear(POOL, members)

    # With C: 2,700 seats at $13.50. Without: 2,400 seats still buy 2,500 at $13.50, $14.06 each.
    assert result.members == ("A", "B")
    assert [(out.id, out.round) for out in result.dropped] == [("C", 1)]
    assert result.rounds == 2
    assert (
        "C was dropped at $13.50 a seat because its limit is $12.00 a seat "
        "(its share $4,050.00, its limit $3,600.00)." in result.explanation
    )


def test_a_chain_of_departures_is_told_round_by_round():
    members = [
        Member("A", 2_300),
        Member("B", 100, limit_cents=100 * 1_380),
        Member("C", 100, limit_cents=100 * 1_300),
    ]

    result = clear(POOL, members)

    assert [(out.id, out.round, out.share_cents) for out in result.dropped] == [
        ("C", 1, 135_000),
        ("B", 2, 140_625),
    ]
    assert result.members == ("A",)
    assert result.explanation[-1] == "The pool clears: 1 district pays $33,750.00."


def test_a_threshold_takes_tolerance_seats_and_they_are_paid():
    members = [Member("A", 60, tolerance=30), Member("B", 30, tolerance=10)]

    result = clear(per_seat(100), members, threshold_seats=100)

    assert sum(result.tolerance_paid.values()) == 10
    assert (result.seats, result.split.total_cents, result.lapsed) == (100, 10_000, False)
    assert result.tolerance_paid["A"] in (7, 8)


def test_tolerance_seats_are_checked_against_limits_again():
    members = [
        Member("A", 60, tolerance=30),
        Member("B", 30, tolerance=10, limit_cents=3_000),
    ]

    result = clear(per_seat(100), members, threshold_seats=90)
    tight = clear(per_seat(100), members, threshold_seats=95)

    assert result.members == ("A", "B")
    assert [out.id for out in tight.dropped] == ["B"]
    assert tight.lapsed


def test_a_pool_that_cannot_reach_its_threshold_lapses():
    members = [Member("A", 60, tolerance=5), Member("B", 30)]

    result = clear(per_seat(100), members, threshold_seats=100)

    assert result.lapsed
    assert result.members == ("A", "B")
    assert result.tolerance_paid == {"A": 0, "B": 0}
    assert "90 firm seats and 5 tolerance seats do not reach the 100" in result.explanation[-1]


def test_a_pool_that_loses_everyone_lapses():
    result = clear(per_seat(100), [Member("A", 10, limit_cents=999)])

    assert result.lapsed
    assert (result.members, result.seats, result.split.total_cents) == ((), 0, 0)


@pytest.mark.parametrize("threshold", [-1, 2.5, True, 10**12])
def test_a_threshold_that_is_no_number_of_seats_is_refused(threshold):
    with pytest.raises(RuleBroken, match="threshold_seats"):
        clear(per_seat(100), [Member("A", 10)], threshold)


@given(
    schedules(),
    groups(limits=True),
    st.sampled_from(["proportional", "equal", "per_pupil"]),
    st.sampled_from([1, 7, 1_000]),
)
def test_lining_members_up_by_their_limits_drops_whom_a_look_at_each_one_drops(
    schedule, members, method, spread
):
    """Spread limits lie far beyond the price, where members are lined up in several turns."""
    group = by_id(
        replace(m, pupils=m.seats, limit_cents=m.limit_cents and m.limit_cents * spread)
        for m in members
    )

    lined_up = _drop_by_weight(schedule, group, terms_of(method), 0)
    plainly = _drop_plainly(schedule, group, terms_of(method), 0)

    assert list(lined_up.group) == list(plainly.group)
    assert lined_up.rounds == plainly.rounds
    assert lined_up.is_tight == plainly.is_tight
