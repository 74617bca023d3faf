"""Rounding to whole cents: exact, settled only where errors cannot matter, in any column order."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.pricing import rounding
from marketplace.pricing.members import Member, by_id, member_problems, roster
from marketplace.pricing.rounding import largest_remainder, rounds_surely
from tests.pricing.schedules import per_seat

ODD_MEMBERS = [
    {"seats": True},
    {"seats": 0},
    {"seats": 2.0},
    {"tolerance": False},
    {"tolerance": -1},
    {"limit_cents": 1.5},
    {"limit_cents": 10**17 + 1},
    {"pupils": "9"},
]


def slowly(total, weights, seed):
    """Hamilton's rule member by member."""
    whole = sum(weights.values())
    exact = {member: Fraction(total * weight, whole) for member, weight in weights.items()}
    parts = {member: int(share) for member, share in exact.items()}
    ranked = sorted(exact, key=lambda member: parts[member] - exact[member])
    missing = total - sum(parts.values())
    cut = exact[ranked[missing - 1]] % 1 if missing else 1
    sure = [member for member in exact if exact[member] % 1 > cut]
    return {member: parts[member] + (member in sure) for member in exact}, cut


@given(
    st.integers(0, 10**17),
    st.dictionaries(st.text(max_size=3), st.integers(0, 9), min_size=2, max_size=30),
)
def test_only_members_tied_at_the_cut_differ_from_going_one_by_one(total, weights):
    weights["one"] = 1
    parts = largest_remainder(total, weights, "seed")
    expected, cut = slowly(total, weights, "seed")

    assert sum(parts.values()) == total
    whole = sum(weights.values())
    for member, part in parts.items():
        tied = Fraction(total * weights[member], whole) % 1 == cut
        assert part == expected[member] or (tied and part == expected[member] + 1)


@pytest.mark.parametrize("most_weight", [1, 7, 5_000, 10**7, 10**17])
@pytest.mark.parametrize("most_total", [1, 10**5, 10**10, 10**17])
def test_long_lists_are_shared_like_short_ones(monkeypatch, most_weight, most_total):
    chance = random.Random(most_weight + most_total)
    weights = {f"{n:07}": chance.randint(0, most_weight) for n in range(2_500)} | {"last": 1}
    totals = [0, most_total, *(chance.randrange(most_total) for _ in range(8))]

    long = [largest_remainder(total, weights, "seed") for total in totals]
    monkeypatch.setattr(rounding, "MANY", 10**9)

    assert long == [largest_remainder(total, weights, "seed") for total in totals]


def test_no_sum_is_ever_wrong_up_to_the_largest_amount():
    chance = random.Random(1)
    for _ in range(2_000):
        total = chance.randrange(10**17)
        weights = {member: chance.randint(1, 10**9) for member in range(chance.randint(1, 9))}
        assert sum(largest_remainder(total, weights).values()) == total


@given(st.integers(1, 200), st.lists(st.integers(1, 500), min_size=2, max_size=8), st.randoms())
def test_sure_rounding_survives_any_error_within_the_bound(total, values, chance):
    scale = 10**6
    weights = {member: value * scale for member, value in enumerate(values)}
    whole = sum(values)
    if not rounds_surely(total, [(weight, 1) for weight in weights.values()], 1e-4):
        return
    # An error of 5e-5 cents in a share is that part of the whole in its weight.
    off = int(5e-5 * whole * scale / total)
    moved = {member: weight + chance.choice((-off, 0, off)) for member, weight in weights.items()}
    moved[0] += whole * scale - sum(moved.values())
    if abs(moved[0] - weights[0]) <= 2 * off:
        assert largest_remainder(total, moved) == largest_remainder(total, weights)


def test_a_cut_between_nearly_equal_remainders_is_not_sure():
    assert rounds_surely(1, [(10, 1), (20, 1)], 0.1)
    assert not rounds_surely(1, [(1_000, 1), (1_001, 1)], 0.01)
    assert rounds_surely(1, [(1_000, 2)], 0.01), "twins are tied whatever the error"
    assert rounds_surely(10, [(999_999, 1), (1_000_001, 1)], 0.01), "five cents each, either way"


def test_what_is_odd_about_one_of_many_members_is_found():
    for odd in ODD_MEMBERS:
        many = [Member(f"{k:03}", 5, tolerance=3, limit_cents=9, pupils=4) for k in range(50)]
        many[30] = Member("030", **{"seats": 5, **odd})
        (problem,) = member_problems(per_seat(1), many)
        assert next(iter(odd)) in problem
    twice = [Member("A", 1), Member("B", 1), Member("A", 1)]
    assert member_problems(per_seat(1), by_id(twice)) == [
        'member "A": is listed 2 times; list each district once.'
    ]


def test_members_are_put_in_order_whatever_their_ids_are():
    for ids in (["b", "a"], [10, 9], [2, "1"], ["a", "b"]):
        listed = by_id([Member(each, 1) for each in ids])
        assert [member.id for member in listed] == sorted(ids, key=str)
        again = roster(list(listed))
        assert (
            (again.ids, again.seats) == (listed.ids, listed.seats) == (sorted(ids, key=str), [1, 1])
        )
        assert again.distinct
    assert not by_id([Member("a", 1), Member("a", 2)]).distinct
