"""Shapley's value: exact where it is small, within a proven bound above, and never arbitrary."""

import subprocess
import sys
from fractions import Fraction
from itertools import permutations
from math import factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.pricing import shapley, shapley_certified, shapley_exact, shapley_waves
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.rules import Member, split, split_as_json
from marketplace.pricing.shapley_game import game_of
from tests.pricing.schedules import flat, graduated, groups, per_seat, schedules, site, volume

TIERS = ((1, 1_600), (2_500, 1_350), (5_000, 1_125))
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=6)


def by_every_order(curve, sizes):
    """The words of the definition: average what joining adds over all orders of joining."""
    paid = [0] * len(sizes)
    for order in permutations(range(len(sizes))):
        before = 0
        for member in order:
            paid[member] += curve(before + sizes[member]) - curve(before)
            before += sizes[member]
    return [Fraction(cents, factorial(len(sizes))) for cents in paid]


def exact_values(curve, sizes):
    game, unit = game_of(curve, sizes)
    value_of = {size * unit: value for size, value in zip(game.sizes, shapley_exact.values(game))}
    return [Fraction(value_of[size], factorial(len(sizes))) for size in sizes]


def tiers_part(game):
    """What the tiers alone add, exactly, for one member of each size."""
    n = game.members
    linear = [Fraction(game.fixed, n) + game.rate * size for size in game.sizes]
    values = shapley_exact.values(game)
    return [Fraction(value, factorial(n)) - part for value, part in zip(values, linear)]


def shares_of(schedule, members, **more):
    return split(schedule, members, "shapley", **more).shares


@given(schedules(), SIZES)
def test_the_exact_value_is_the_average_over_all_orders(schedule, sizes):
    curve = effective_curve(schedule)

    assert exact_values(curve, sizes) == by_every_order(curve, sizes)


def test_two_districts_share_what_the_step_saves_in_halves():
    members = [Member("A", 60), Member("B", 40)]

    result = split(volume((1, 1_000), (100, 700)), members, "shapley")

    assert result.total_cents == 70_000
    assert result.shares == {"A": 45_000, "B": 25_000}


def test_three_districts_by_hand():
    """Costs 2 -> 300, 4 -> 500 (five seats), 6 -> 600, 8 -> 800. The one with 4 seats is first,
    in the middle or last, each a third of the time: (500 + 300 + 300) / 3."""
    curve = effective_curve(volume((1, 150), (5, 100)))

    assert exact_values(curve, [4, 2, 2]) == [
        Fraction(1_100, 3),
        Fraction(1_300, 6),
        Fraction(1_300, 6),
    ]


def test_a_platform_fee_is_shared_equally_and_seats_by_use():
    members = [Member("A", 10), Member("B", 30)]

    assert shares_of(per_seat(100, platform_fee_cents=5_000), members) == {"A": 3_500, "B": 5_500}
    three = shares_of(flat(9_001), [*members, Member("C", 1)])
    assert sorted(three.values()) == [3_000, 3_000, 3_001]


def test_one_member_pays_for_everything_and_free_tools_cost_nothing():
    assert shares_of(volume(*TIERS), [Member("A", 2_600)]) == {"A": 2_600 * 1_350}
    assert shares_of(flat(0), [Member("A", 1), Member("B", 2)]) == {"A": 0, "B": 0}
    assert shares_of(graduated((1, 0), (5, 0)), [Member("A", 9)]) == {"A": 0}


@settings(max_examples=60)
@given(schedules(), groups(most=7), st.text(max_size=4), st.randoms())
def test_shares_sum_are_equal_for_equals_and_do_not_depend_on_order(
    schedule, members, seed, chance
):
    shares = shares_of(schedule, members, seed=seed)

    total = split(schedule, members).total_cents
    assert sum(shares.values()) == total
    exact = by_every_order(effective_curve(schedule), [m.seats for m in members])
    assert all(abs(shares[m.id] - value) < 1 for m, value in zip(members, exact))
    for one in members:
        twins = {shares[m.id] for m in members if m.seats == one.seats}
        assert max(twins) - min(twins) <= 1
    assert shares_of(schedule, chance.sample(members, len(members)), seed=seed) == shares


@pytest.mark.parametrize(
    "schedule",
    [
        volume(*TIERS),
        graduated(*TIERS),
        volume((1, 1_600), (3_000, 1_200), minimum_cents=900_000, cap_cents=4_000_000),
        per_seat(900, platform_fee_cents=70_000, cap_cents=5_000_000),
        volume((1, 500), (700, 900), (6_000, 950)),
    ],
)
@pytest.mark.parametrize(
    "sizes", [(170, 5_900), (620, 1_200, 3_400, 80, 900), tuple(range(90, 1_498, 88))]
)
def test_certified_values_are_within_their_bound_of_exact_ones(schedule, sizes):
    game, _ = game_of(effective_curve(schedule), sizes)
    found = shapley_certified.tier_values(game, 1e-6)

    error = max(
        abs(exact - Fraction(c)) for exact, c in zip(tiers_part(game), found.cents.tolist())
    )
    gap = shapley_certified.efficiency_gap(game, found.cents)
    assert len(sizes) <= 16
    assert float(error) <= 1e-3
    assert found.bound <= 1e-6
    assert float(error) <= found.bound + gap + 1e-7


def test_waves_find_the_same_values_as_the_law_of_the_group(monkeypatch):
    sizes = [3 + (7 * k) % 59 for k in range(80)]
    game, _ = game_of(effective_curve(volume((1, 1_600), (900, 1_350), (1_500, 900))), sizes)
    by_law = shapley_certified.tier_values(game, 1e-6)
    monkeypatch.setattr(shapley_certified, "PATIENCE_SECONDS", -1)
    monkeypatch.setattr(shapley_certified, "HEAVY_SECONDS", -1)
    asked = []
    added = shapley_waves.added
    monkeypatch.setattr(shapley_waves, "added", lambda *of: asked.append(1) or added(*of))

    by_waves = shapley_certified.tier_values(game, 1e-6)

    assert asked
    assert abs(by_law.cents - by_waves.cents).max() < 1e-5
    assert shapley_certified.efficiency_gap(game, by_waves.cents) < 1e-5


def test_far_more_nodes_than_needed_are_never_looked_at():
    sizes = [50 + (k * k) % 900 for k in range(2_000)]
    game, _ = game_of(effective_curve(volume((1, 1_600), (20_000, 1_100))), sizes)

    found = shapley_certified.tier_values(game, 1e-6)

    assert found.nodes < len(sizes) / 8
    assert found.looked_at < found.nodes / 3
    assert found.bound <= 1e-6
    assert shapley_certified.efficiency_gap(game, found.cents) < 1e-3


def test_a_large_pool_is_billed_to_the_cent_with_its_bound():
    members = [Member(f"{k:07}", 50 + (k * k) % 900) for k in range(400)]

    result = split(volume((1, 1_600), (20_000, 1_100)), members, "shapley", seed="2027")

    written = split_as_json(result)
    assert sum(result.shares.values()) == result.total_cents
    assert 0 < written["error_bound_cents"] <= 1e-3
    assert written["efficiency_gap_cents"] <= written["error_bound_cents"]
    assert all(result.shares[i] <= result.alone[i] for i in result.shares)
    assert "error_bound_cents" not in split_as_json(split(volume(*TIERS), members))


def test_certified_bills_are_those_of_exact_values(monkeypatch):
    members = [Member(f"{k:07}", 5 + (k * k) % 60) for k in range(40)]
    schedule = volume((1, 1_600), (300, 1_350), (800, 1_100))
    exact = split(schedule, members, "shapley")
    monkeypatch.setattr(shapley, "CHEAP", 0)

    certified = split(schedule, members, "shapley")

    assert exact.shapley.error_bound_cents == 0
    assert certified.shapley.error_bound_cents > 0
    assert certified.shapley.every_cent_settled
    assert certified.shares == exact.shares


def test_common_units_keep_priced_sites_small():
    schedule = site((1, 90_000), (500, 150_000), platform_fee_cents=50_000, cap_cents=20_000_000)
    members = [Member(f"{k:03}", 10, pupils=100 + 9 * k) for k in range(200)]

    result = split(schedule, members, "shapley")

    assert result.total_cents == 20_000_000
    assert sum(result.shares.values()) == result.total_cents
    small = {result.shares[m.id] for m in members if m.pupils < 500}
    assert max(small) - min(small) <= 1


def test_what_would_take_forever_is_refused_in_one_line(monkeypatch):
    """Sites at 900.01 and 1,500.07 dollars have no common unit but the cent."""
    schedule = site((1, 90_001), (500, 150_007), (900, 170_003), cap_cents=2_000_000)
    members = [Member(f"{k:03}", 10, pupils=100 + 45 * k) for k in range(20)]
    assert sum(shares_of(schedule, members).values()) == 2_000_000
    monkeypatch.setattr(shapley, "CHEAP", 0)
    monkeypatch.setattr(shapley_certified, "LONGEST_SECONDS", 0)

    with pytest.raises(RuleBroken, match="shapley would take too long"):
        split(schedule, members, "shapley")


def test_a_total_beyond_floating_point_is_refused_rather_than_guessed():
    schedule = volume((1, 10**11), (10_000, 9 * 10**10))
    members = [Member(f"{k:03}", 50 + (k * k) % 900) for k in range(300)]

    with pytest.raises(RuleBroken, match="cannot be shown to the cent"):
        split(schedule, members, "shapley")


def test_numpy_is_loaded_only_by_who_needs_it():
    asked = "import marketplace.pricing.rules, sys; print('numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "False"
