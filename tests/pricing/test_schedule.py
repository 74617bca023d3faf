"""Schedules: what they cost, how they are read, and what is said about them."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.pricing.curve import average_is_least_at, average_never_rises, effective_curve
from marketplace.pricing.rules import (
    PricingRefused,
    Rung,
    cost,
    effective_cost,
    next_tier,
    price_ladder,
    price_per_seat,
    price_sentences,
    schedule_from_json,
    schedule_warnings,
    tier_cliff,
    unit_price_cents,
)
from tests.pricing.schedules import (
    cost_seat_by_seat,
    flat,
    graduated,
    per_seat,
    schedules,
    site,
    volume,
)

VOLUME = volume((1, 1_600), (2_500, 1_350), (5_000, 1_125))


@given(schedules(), st.integers(0, 90))
def test_the_cost_is_what_the_contract_says_seat_by_seat(schedule, seats):
    assert cost(schedule, seats) == cost_seat_by_seat(schedule, seats)


@given(schedules(), st.integers(1, 90))
def test_the_effective_cost_is_the_least_of_all_larger_purchases(schedule, seats):
    larger = range(seats, 200)
    least = min(larger, key=lambda size: (cost_seat_by_seat(schedule, size), size))

    bought = effective_cost(schedule, seats)

    assert (bought.seats_bought, bought.cost_cents) == (least, cost_seat_by_seat(schedule, least))
    assert effective_curve(schedule)(seats) == bought.cost_cents


@given(schedules(), st.integers(1, 90))
def test_average_prices_are_judged_from_the_ends_of_bands_alone(schedule, most):
    curve = effective_curve(schedule)
    averages = [Fraction(curve(size), size) for size in range(1, most + 1)]

    falls = all(after <= before for before, after in itertools.pairwise(averages))
    assert average_never_rises(curve, most) == falls
    assert average_is_least_at(curve, most) == (averages[-1] == min(averages))


@given(schedules())
def test_a_schedule_survives_being_written_and_read(schedule):
    assert schedule_from_json(schedule.to_json()) == schedule


def test_the_written_form_is_the_published_one():
    assert VOLUME.to_json() == {
        "form": "volume",
        "platform_fee_cents": 0,
        "minimum_cents": 0,
        "cap_cents": None,
        "bands": [
            {"from": 1, "unit_cents": 1_600},
            {"from": 2_500, "unit_cents": 1_350},
            {"from": 5_000, "unit_cents": 1_125},
        ],
    }


def test_a_site_price_goes_by_the_districts_own_pupils():
    schedule = site((1, 90_000), (500, 150_000), (2_000, 300_000), platform_fee_cents=10_000)

    assert cost(schedule, seats=40, pupils=499) == 100_000
    assert effective_cost(schedule, 40, pupils=500).cost_cents == 160_000
    with pytest.raises(RuleBroken, match="pupils"):
        cost(schedule, seats=40)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("free", "must be an object"),
        ({}, "schedule.form: must be one of"),
        ({"form": "auction"}, 'not "auction"'),
        ({"form": "flat"}, "needs its total"),
        ({"form": "flat", "total_cents": 10**17 + 1}, "above 10^17"),
        ({"form": "flat", "total_cents": 5.5}, "whole number of cents"),
        ({"form": "flat", "total_cents": True}, "whole number of cents"),
        ({"form": "volume"}, "at least one band"),
        ({"form": "volume", "bands": []}, "at least one band"),
        ({"form": "volume", "bands": [3]}, "must be an object"),
        ({"form": "volume", "bands": [{"unit_cents": 3}]}, '"from" must be a whole number'),
        ({"form": "volume", "bands": [{"from": 1}]}, '"unit_cents" must be a whole number'),
        ({"form": "volume", "bands": [{"from": 10, "unit_cents": 3}]}, '"from" must be 1'),
        ({"form": "volume", "bands": [{"from": 1, "unit_cents": -3}]}, "must not be negative"),
        (
            {"form": "volume", "bands": [{"from": 1, "unit_cents": 3}] * 2},
            "bands must not overlap",
        ),
        (
            {
                "form": "per_seat",
                "bands": [{"from": 1, "unit_cents": 3}, {"from": 2, "unit_cents": 2}],
            },
            "per_seat has one price",
        ),
        (
            {
                "form": "per_seat",
                "minimum_cents": 9,
                "cap_cents": 8,
                "bands": [{"from": 1, "unit_cents": 3}],
            },
            "above cap_cents",
        ),
    ],
)
def test_a_schedule_that_cannot_be_priced_is_refused(document, problem):
    with pytest.raises(PricingRefused) as refusal:
        schedule_from_json(document)

    assert len(refusal.value.problems) == 1
    assert problem in refusal.value.problems[0]


def test_every_problem_of_a_schedule_is_told_at_once():
    bad = {"form": "volume", "platform_fee_cents": "x", "bands": [{"from": "a"}, {"from": 2}]}

    with pytest.raises(PricingRefused) as refusal:
        schedule_from_json(bad)

    assert len(refusal.value.problems) == 3


def test_a_rising_price_is_allowed_but_said():
    assert schedule_warnings(volume((1, 500), (10, 600))) == [
        "The price rises from $5.00 to $6.00 at 10.",
        "Several licenses would cost less than one, first at 10 seats; "
        "this price list allows only one.",
    ]
    assert schedule_warnings(VOLUME) == []


def test_licences_that_are_cheaper_in_several_are_said():
    rising = graduated((1, 50), (11, 900), platform_fee_cents=100, combinable=True)

    assert schedule_warnings(rising)[-1] == (
        "From 11 seats on, several licenses can cost less than one."
    )


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        (flat(500, minimum_cents=600), "$5.00 is never charged: the minimum of $6.00 is above it."),
        (flat(500, cap_cents=400), "$5.00 is never charged: the cap of $4.00 is below it."),
        (site((1, 900), (500, 700)), "never paid: the price for more pupils is $7.00."),
        (site((1, 900), (500, 1_000), cap_cents=950), "$9.50 is below it."),
    ],
)
def test_a_price_nobody_would_pay_is_said(schedule, reason):
    assert reason in schedule_warnings(schedule)[-1]
    assert schedule_warnings(flat(500, minimum_cents=500, cap_cents=500)) == []
    assert schedule_warnings(site((1, 900), (500, 900))) == []


@pytest.mark.parametrize(
    ("bands", "problem"),
    [
        ([(1, 9, 5), (11, None, 4)], "band 1: ends at 9 and the next band starts at 11, so 10 has"),
        ([(1, 11, 5), (11, None, 4)], "band 1: ends at 11 and overlaps the next band"),
        ([(1, 0, 5), (11, None, 4)], '"to" must be a whole number from 1 up'),
        ([(1, 10, 5), (11, 99, 4)], "band 2: is the last and ends at 99"),
    ],
)
def test_gaps_and_overlaps_are_refused_where_bands_say_their_ends(bands, problem):
    written = [{"from": a, "to": b, "unit_cents": c} for a, b, c in bands]

    with pytest.raises(PricingRefused) as refusal:
        schedule_from_json({"form": "volume", "bands": written})

    assert len(refusal.value.problems) == 1
    assert problem in refusal.value.problems[0]


def test_bands_that_meet_are_read_with_or_without_their_ends():
    with_ends = [
        {"from": 1, "to": 2_499, "unit_cents": 1_600},
        {"from": 2_500, "unit_cents": 1_350},
    ]
    plain = [{"from": band["from"], "unit_cents": band["unit_cents"]} for band in with_ends]

    both = [schedule_from_json({"form": "volume", "bands": bands}) for bands in (with_ends, plain)]

    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        (volume((1, 1_000), (99, 900), (100, 800)), "a larger purchase always costs less"),
        (per_seat(100, minimum_cents=0, cap_cents=50), "the cap of $0.50"),
        (graduated((1, 100), (11, 90), minimum_cents=1_000), "the minimum of $10.00"),
        (graduated((1, 100), (11, 90), cap_cents=1_000), "the cap of $10.00"),
    ],
)
def test_a_band_nobody_would_buy_in_is_said(schedule, reason):
    (said,) = schedule_warnings(schedule)

    assert "never reached" in said
    assert reason in said


def test_the_next_tier_says_how_many_seats_are_missing():
    tier = next_tier(VOLUME, 2_000)

    assert (tier.starts_at, tier.seats_missing, tier.unit_cents) == (2_500, 500, 1_350)
    assert tier.price_per_seat == 1_350
    assert next_tier(VOLUME, 5_000) is None
    assert next_tier(volume((1, 500), (10, 600)), 5) is None
    assert next_tier(VOLUME, 0).starts_at == 1


def test_the_price_of_a_seat_today_counts_the_cliff():
    assert tier_cliff(VOLUME, 2_000) is None
    assert tier_cliff(VOLUME, 2_400).seats_bought == 2_500
    assert price_per_seat(VOLUME, 2_400) == Fraction(2_500 * 1_350, 2_400)
    assert unit_price_cents(VOLUME, 2_400) == 1_406
    with pytest.raises(RuleBroken, match="whole number"):
        unit_price_cents(VOLUME, 0)


def test_a_price_list_has_one_line_for_each_band():
    assert price_ladder(VOLUME) == [
        Rung(1, 2_499, 1_600),
        Rung(2_500, 4_999, 1_350),
        Rung(5_000, None, 1_125),
    ]
    assert price_ladder(flat(900)) == [Rung(1, None, 900)]


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (flat(1_000), "$10.00 in all."),
        (volume((1, 900)), "$9.00 a seat."),
        (
            volume((1, 900), (50, 700), minimum_cents=500, cap_cents=9_000_000),
            "$9.00 a seat from 1, $7.00 a seat from 50. All seats have the price of the step that "
            "is reached. Never less than $5.00 in all. Never more than $90,000.00 in all.",
        ),
        (
            graduated((1, 900), (50, 700), platform_fee_cents=100),
            "$9.00 a seat from 1, $7.00 a seat from 50. Each seat has the price of its step. "
            "Plus a platform fee of $1.00.",
        ),
        (
            site((0, 500_000), (1_000, 900_000)),
            "$5,000.00 a district from 1 pupils, $9,000.00 a district from 1,000 pupils.",
        ),
    ],
)
def test_a_price_list_is_told_in_sentences(schedule, said):
    assert price_sentences(schedule) == said
