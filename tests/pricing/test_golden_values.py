"""The hand-checked values of the product description."""

from datetime import date

import pytest

from marketplace.pricing.rules import (
    Member,
    clear,
    effective_cost,
    fee_cents,
    prorate,
    split,
    tier_cliff,
    true_up,
)
from tests.pricing.schedules import flat, volume

PUPILS = (312, 587, 1140, 96, 845)
FIVE = [Member(f"010000{n}", seats=pupils, pupils=pupils) for n, pupils in enumerate(PUPILS)]


def test_48_000_dollars_by_pupils():
    result = split(flat(4_800_000), FIVE, "per_pupil")

    assert list(result.shares.values()) == [502_550, 945_503, 1_836_242, 154_631, 1_361_074]
    assert sum(result.shares.values()) == 4_800_000


def test_30_percent_equal_and_the_rest_by_pupils():
    result = split(flat(4_800_000), FIVE, "hybrid", equal_share="0.30", rest="per_pupil")

    shares = list(result.shares.values())
    assert shares == [639_785, 949_852, 1_573_369, 396_242, 1_240_752]
    per_pupil = [round(share / pupils) for share, pupils in zip(shares, PUPILS)]
    assert per_pupil == [2_051, 1_618, 1_380, 4_128, 1_468]


def test_a_fee_is_taken_on_the_line_and_not_on_the_unit():
    assert fee_cents(2 * 25, 1_000) == 5
    assert 2 * fee_cents(25, 1_000) == 6


def test_a_true_up_keeps_the_committed_total():
    owed = true_up({"A": 100, "B": 50}, {"A": 70, "B": 60}, unit_cents=1_000)

    assert owed == {"A": 90_000, "B": 60_000}


@pytest.mark.parametrize(
    ("term_starts", "term_ends", "starts", "owed"),
    [
        (date(2026, 7, 1), date(2027, 6, 30), date(2026, 11, 16), 223_890),  # 227/365 days
        (date(2026, 7, 1), date(2027, 6, 30), date(2026, 7, 1), 360_000),
        (date(2026, 7, 1), date(2027, 6, 30), date(2027, 6, 30), 986),
        (date(2027, 7, 1), date(2028, 6, 30), date(2028, 2, 29), 120_984),  # 123/366, leap year
    ],
)
def test_joining_late_pays_for_the_days_left(term_starts, term_ends, starts, owed):
    assert prorate(300 * 1_200, term_starts, term_ends, starts) == owed
    assert prorate(-300 * 1_200, term_starts, term_ends, starts) == -owed


def test_a_tier_cliff_takes_200_seats_of_tolerance():
    schedule = volume((1, 1_200), (2_500, 1_000))
    pool = [Member("A", seats=1_300, tolerance=50), Member("B", seats=1_000, tolerance=200)]

    cliff = tier_cliff(schedule, 2_300)
    result = clear(schedule, pool)

    assert effective_cost(schedule, 2_300).cost_cents == 2_500_000
    assert (cliff.spare_seats, cliff.cost_without_cents, cliff.saves_cents) == (
        200,
        2_760_000,
        260_000,
    )
    assert sum(result.spare.values()) == 200
    assert result.spare_left == 0
    assert result.split.total_cents == 2_500_000


def test_a_fee_the_vendor_pays_is_in_no_share():
    result = split(flat(4_800_000), FIVE)

    assert fee_cents(result.total_cents, 400) == 192_000
    assert sum(result.shares.values()) == 4_800_000
