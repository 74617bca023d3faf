"""Counting so that nobody stands out, and what a pool would give."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.demand import rules
from marketplace.demand.rules import Count, Interested
from marketplace.pricing.rules import schedule_from_json
from tests.conftest import NOW

TODAY = NOW.date()
SCHEDULE = schedule_from_json(
    {
        "form": "volume", "platform_fee_cents": 0, "minimum_cents": 0, "cap_cents": None,
        "bands": [{"from": 1, "unit_cents": 1600}, {"from": 500, "unit_cents": 1200}],
    }
)  # fmt: skip
counts = st.integers(0, 12).flatmap(
    lambda n: st.builds(Count, st.just(n), st.integers(n, 900), st.integers(0, n))
)


def one(n=1, seats=100, named=False, state="OH", pupils=700, year=2027):
    return Interested(
        UUID(int=n), UUID(int=99), f"District {n}", f"39{n:05}", state, pupils, seats, year,
        named, False,
    )  # fmt: skip


@given(st.dictionaries(st.sampled_from("abcdefgh"), counts))
def test_neither_a_group_nor_what_is_left_over_is_about_fewer_than_five(groups):
    found = rules.shown(groups)

    rest = rules.total_of(count for key, count in groups.items() if key not in found)
    if not found:
        return  # then there is no total to take anything from
    for exact in (*(groups[key] for key in found), rest):
        assert exact.districts == 0 or exact.districts >= 5
        assert exact.unnamed == 0 or exact.unnamed >= 5
    for key, count in found.items():
        assert count.districts % 5 == 0
        assert count.districts <= groups[key].districts
        assert count.seats % 50 == 0
        assert count.seats <= groups[key].seats


def test_a_group_of_four_is_hidden_and_takes_the_smallest_other_with_it():
    groups = {"OH": Count(4, 400), "NE": Count(6, 610), "TX": Count(9, 950)}

    assert rules.shown(groups) == {"TX": Count(5, 950)}
    assert rules.shown(groups | {"OH": Count(5, 400)}).keys() == {"OH", "NE", "TX"}


def test_those_without_a_name_do_not_show_beside_those_with_one():
    rows = [one(n, named=n <= 4) for n in range(1, 6)]

    assert rules.demand_map(rows, lambda row: row.to_districts).total is None
    assert rules.demand_map(rows, lambda row: True).total == Count(5, 500)


def test_a_map_has_the_same_words_for_a_small_group_and_an_empty_one():
    rows = [one(n) for n in range(1, 7)] + [one(9, state="NE", pupils=None, year=2028)]

    found = rules.demand_map(rows, lambda row: False)
    assert found.total == Count(5, 700, 7)
    assert found.by_state == found.by_size == found.by_year == {}  # six would give the seventh away


def test_only_what_is_shown_counts_towards_a_price():
    hidden = rules.group_of([one(n) for n in range(1, 5)])
    named = rules.group_of([one(7, seats=300, named=True)])
    five = rules.group_of([one(n) for n in range(1, 6)])

    assert not hidden
    assert rules.match(SCHEDULE, hidden, hidden).together_cents is None
    assert not rules.match(SCHEDULE, hidden, named).reaches_a_tier
    found = rules.match(SCHEDULE, named, five)
    assert (found.ours_cents, found.together_cents, found.alone_cents) == (1600, 1200, 1600)
    assert [(s.starts_at, s.missing, s.reached_by) for s in found.steps] == [
        (1, 0, "ours"), (500, 0, "together"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seats", "year", "budget", "field"),
    [
        (0, 2027, None, "seats"),
        (-5, 2027, None, "seats"),
        (10**7, 2027, None, "seats"),
        (10, 2020, None, "school_year"),
        (10, 2027, -1, "budget"),
        (10, 2027, 10**12, "budget"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(seats, year, budget, field):
    with pytest.raises(RuleBroken) as refusal:
        rules.check_interest(seats, year, budget, TODAY)

    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("pupils", "other", "like"),
    [(700, 350, True), (700, 1400, True), (700, 349, False), (700, None, False), (None, 1, False)],
)
def test_like_districts_are_from_half_the_size_to_double(pupils, other, like):
    assert rules.alike(pupils, other) is like
