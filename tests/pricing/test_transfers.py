"""Grants and caps: explicit lines after the split, each conserving its total."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.pricing.rules import Grant, after, capped, earmarked, pooled

amounts = st.integers(0, 3_000)
bills = st.dictionaries(st.sampled_from("ABCDEFG"), amounts, min_size=1)


@given(bills, st.lists(st.tuples(st.sampled_from("ABCDEFG"), amounts), max_size=9))
def test_an_earmarked_grant_pays_its_own_member_and_nobody_else(owed, given_to):
    grants = [Grant(f"grant {n}", m, c) for n, (m, c) in enumerate(given_to) if m in owed]

    transfers = earmarked(owed, grants)

    net = after(owed, transfers)
    offered = {m: sum(g.cents for g in grants if g.member == m) for m in owed}
    assert net == {m: max(0, owed[m] - offered[m]) for m in owed}
    for grant, transfer in zip(grants, transfers, strict=True):
        assert set(transfer.lines) <= {grant.member}
        assert transfer.used_cents + transfer.left_cents == grant.cents
        assert -sum(transfer.lines.values()) == transfer.used_cents


def test_grants_for_one_member_are_used_in_their_order():
    first, second = earmarked({"A": 500}, [Grant("x", "A", 400), Grant("y", "A", 400)])

    assert (first.used_cents, second.used_cents, second.left_cents) == (400, 100, 300)
    with pytest.raises(RuleBroken, match="not one of the members"):
        earmarked({"A": 500}, [Grant("x", "B", 400)])
    with pytest.raises(RuleBroken, match="must not be below zero"):
        earmarked({"A": 500}, [Grant("x", "A", -1)])


def level_by_bisection(owed, pupils, cents):
    """The price per pupil to which the money lowers the highest ones: slow and obvious."""
    low, high = Fraction(0), Fraction(10**6)
    for _ in range(60):
        middle = (low + high) / 2
        needed = sum(max(0, owed[m] - middle * pupils[m]) for m in owed if pupils[m])
        low, high = (middle, high) if needed > cents else (low, middle)
    return high


@given(bills, st.lists(st.integers(0, 90), min_size=7, max_size=7), st.integers(0, 9_000))
def test_a_pooled_grant_lowers_the_highest_price_per_pupil_first(owed, heads, cents):
    pupils = dict(zip("ABCDEFG", heads))

    transfer = pooled(owed, pupils, cents, "state")

    level = level_by_bisection(owed, pupils, cents)
    net = after(owed, [transfer])
    assert transfer.used_cents + transfer.left_cents == cents
    assert -sum(transfer.lines.values()) == transfer.used_cents
    for member, cents_owed in owed.items():
        exact = min(cents_owed, level * pupils[member]) if pupils[member] else cents_owed
        assert 0 <= net[member] <= cents_owed
        assert abs(net[member] - exact) <= 1 + Fraction(1, 10**6)
    if transfer.left_cents:
        assert all(net[member] == 0 for member in owed if pupils[member])


def test_a_pooled_grant_by_hand():
    # $10, $6 and $2 a pupil; $70.00 brings the first two down to $5 a pupil.
    owed, pupils = {"A": 10_000, "B": 12_000, "C": 2_000}, {"A": 10, "B": 20, "C": 10}

    assert pooled(owed, pupils, 7_000, "state").lines == {"A": -5_000, "B": -2_000}
    assert pooled(owed, pupils, 7_000, "state", eligible={"C"}).lines == {"C": -2_000}


def test_13_000_districts_and_great_amounts_stay_exact():
    owed = {number: 10**13 + 7919 * number % 10**9 for number in range(13_000)}
    pupils = {number: 1 + number * number % 5_000 for number in owed}

    transfer = pooled(owed, pupils, 10**16 + 1, "state")

    assert -sum(transfer.lines.values()) == 10**16 + 1
    lowest = min((owed[m] - transfer.lines[m] * -1) / pupils[m] for m in transfer.lines)
    spared = [owed[m] / pupils[m] for m in owed if m not in transfer.lines]
    assert max(spared) <= lowest + 1


@given(bills, st.dictionaries(st.sampled_from("ABCDEFG"), amounts))
def test_caps_keep_the_total_and_nobody_is_above_theirs(owed, caps):
    room = sum(min(caps.get(m, 10**9), 10**9) if owed[m] else 0 for m in owed)
    if room < sum(owed.values()):
        with pytest.raises(RuleBroken, match="nobody may pay"):
            capped(owed, caps)
        return

    transfer = capped(owed, caps)

    net = after(owed, [transfer])
    assert sum(transfer.lines.values()) == 0
    assert sum(net.values()) == sum(owed.values())
    assert all(net[m] <= caps[m] for m in net if m in caps)
    free = [m for m in owed if owed[m] and net[m] < caps.get(m, 10**9)]
    scale = {Fraction(net[m], owed[m]) for m in free}
    assert not scale or min(scale) >= 1 - Fraction(1, min(owed[m] for m in free))


def test_a_cap_by_hand():
    lines = capped({"A": 900, "B": 600, "C": 300}, {"A": 600}).lines

    assert lines == {"A": -300, "B": 200, "C": 100}
    assert capped({"A": 900, "B": 600}, {"A": 900}).lines == {}
