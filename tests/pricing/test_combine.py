"""Several licences instead of one: exact against trying every set, and quick at a million seats."""

import itertools
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.pricing.combine import combined, combining_pays_from
from marketplace.pricing.curve import effective_curve, one_licence_curve
from marketplace.pricing.rules import (
    Form,
    Member,
    PricingRefused,
    cost,
    effective_cost,
    schedule_from_json,
    split,
)
from tests.pricing.schedules import flat, graduated, schedules, site, volume

PACKS = graduated((1, 50), (11, 900), platform_fee_cents=100, combinable=True)


def cheapest_sets(one_licence, most):
    """The least cost for each number of seats, by trying every first licence."""
    least = [0]
    for seats in range(1, most + 1):
        least.append(
            min(one_licence(size) + least[max(0, seats - size)] for size in range(1, seats + 1))
        )
    return least


@given(schedules(), st.integers(1, 150))
def test_the_cheapest_set_of_licences_is_found_for_every_number_of_seats(schedule, most):
    least = cheapest_sets(one_licence_curve(schedule), most)

    curve = effective_curve(replace(schedule, combinable=True))

    assert [curve(seats) for seats in range(most + 1)] == least
    for piece, last in curve.spans(most):
        assert [piece.at(y) for y in range(piece.start, last + 1)] == least[piece.start : last + 1]


@given(schedules(), st.integers(1, 300))
def test_the_licences_named_cover_the_seats_and_cost_what_is_said(schedule, seats):
    schedule = replace(schedule, combinable=True)

    bought = effective_cost(schedule, seats)

    named = bought.licences or ((bought.seats_bought, 1),)
    assert sum(size * count for size, count in named) == bought.seats_bought >= seats
    assert sum(cost(schedule, size) * count for size, count in named) == bought.cost_cents
    assert bought.cost_cents == effective_curve(schedule)(seats)


@given(schedules())
def test_where_combining_pays_from_is_the_first_such_size(schedule):
    one = one_licence_curve(schedule)
    least = cheapest_sets(one, 120)

    first = next((seats for seats in range(1, 121) if least[seats] < one(seats)), None)

    assert combining_pays_from(one, 120) == first


def test_packs_of_ten_are_bought_ten_at_a_time():
    bought = effective_cost(PACKS, 35)

    assert bought.licences == ((10, 3), (5, 1))
    assert bought.cost_cents == 3 * 600 + 350
    assert effective_cost(replace(PACKS, combinable=False), 35).cost_cents == 600 + 25 * 900


@pytest.mark.parametrize(
    "schedule",
    [
        PACKS,
        volume((1, 500), (10, 600), combinable=True),
        volume((1, 500), (10, 600), platform_fee_cents=1_000, combinable=True),
        volume((1, 1_000), (100, 800), (200, 900), (5_000, 850), combinable=True),
        graduated((1, 10), (8, 100), (20, 50), platform_fee_cents=3, combinable=True),
    ],
)
def test_a_million_seats_are_priced_quickly(schedule):
    began = time.process_time()

    bought = effective_cost(schedule, 1_000_000)

    assert time.process_time() - began < 15
    assert sum(size * count for size, count in bought.licences or ((10**6, 1),)) >= 10**6
    sizes = itertools.product((999_990, 999_000, 500_000), repeat=1)
    curve = effective_curve(schedule)
    assert all(curve(a) + curve(10**6 - a) >= bought.cost_cents for (a,) in sizes)


def test_what_cannot_be_exact_is_refused_and_says_how_to_mend_it():
    with pytest.raises(PricingRefused, match=r"combinable: .* leave combinable out"):
        effective_cost(graduated((1, 10), (3, 100), platform_fee_cents=3, combinable=True), 10**8)


def test_a_pattern_without_an_end_has_no_list_of_all_its_pieces():
    curve = effective_curve(PACKS)

    with pytest.raises(PricingRefused, match="pattern without an end"):
        _ = curve.pieces
    assert curve.within(95)(95) == curve(95) == 9 * 600 + 350
    settled = effective_curve(volume((1, 1_000), (100, 800), (200, 900), combinable=True))
    assert settled.pieces[-1].rate == 800


@pytest.mark.parametrize("schedule", [flat(9_000), site((1, 900), (500, 700)), volume((1, 5))])
def test_where_one_licence_is_always_cheapest_nothing_changes(schedule):
    one = one_licence_curve(schedule)

    assert combined(one) is one


def test_a_pool_is_split_at_the_price_of_the_cheapest_set():
    result = split(PACKS, [Member("A", 25), Member("B", 10)])

    assert result.total_cents == 2_150
    assert result.alone == {"A": 2 * 600 + 350, "B": 600}
    assert result.shares == {"A": 1_536, "B": 614}


def test_the_vendors_leave_is_read_and_written_only_where_given():
    assert "combinable" not in replace(PACKS, combinable=False).to_json()
    assert schedule_from_json(PACKS.to_json()) == PACKS
    assert PACKS.form is Form.GRADUATED
    with pytest.raises(PricingRefused, match="must be true or false, not 1"):
        schedule_from_json(PACKS.to_json() | {"combinable": 1})
