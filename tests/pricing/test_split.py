"""Splitting: exact to the cent, and certificates that claim only what was shown."""

from fractions import Fraction
from itertools import chain, combinations

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.pricing.certificate import certify
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.rules import (
    OFFERED_METHODS,
    Form,
    Kind,
    Member,
    PricingRefused,
    effective_cost,
    largest_remainder,
    split,
    true_up,
)
from tests.pricing.schedules import flat, graduated, groups, per_seat, schedules, site, volume

#: `epm` may find the core empty, so it has its own tests.
methods = st.sampled_from([method for method in OFFERED_METHODS if method != "epm"])
SITE = site((1, 90_000), (500, 150_000), platform_fee_cents=10_000)


def smaller_groups(members):
    return chain.from_iterable(combinations(members, size) for size in range(1, len(members)))


def most_saved(schedule, members, shares):
    """How much the best smaller group would save alone, by trying every one of them."""
    return max(
        (
            sum(shares[m.id] for m in group)
            - effective_cost(schedule, sum(m.seats for m in group)).cost_cents
            for group in smaller_groups(members)
        ),
        default=0,
    )


def split_where_there_is_one(schedule, members, method, seed=""):
    """`epm` says so where no split would keep everybody."""
    try:
        return split(schedule, members, method, seed, equal_share="0.3")
    except RuleBroken:
        assert method == "epm"
        assert not split(schedule, members).certificate.core
        return reject()


@given(
    st.integers(-(10**17), 10**17),
    st.dictionaries(st.text(max_size=4), st.integers(0, 10**7), min_size=1, max_size=40),
    st.text(max_size=5),
)
def test_parts_always_sum_and_each_is_within_a_cent_of_exact(total, weights, seed):
    weights["one"] = 1
    parts = largest_remainder(total, weights, seed)

    assert sum(parts.values()) == total
    whole = sum(weights.values())
    assert all(abs(parts[i] - Fraction(total * weights[i], whole)) < 1 for i in weights)
    assert largest_remainder(-total, weights, seed) == {i: -part for i, part in parts.items()}
    assert largest_remainder(total, dict(reversed(weights.items())), seed) == parts


def test_ties_go_round_when_the_period_changes():
    three = {"A": 1, "B": 1, "C": 1}
    lucky = {
        next(
            i for i, part in largest_remainder(10, three, f"consortium|{year}").items() if part == 4
        )
        for year in range(2026, 2046)
    }

    assert lucky == {"A", "B", "C"}


def test_nobody_is_rounded_up_past_a_cap():
    equal = {"A": 1, "B": 1, "C": 1}

    assert largest_remainder(11, equal, caps={"A": 3, "B": 4, "C": 4}) == {"A": 3, "B": 4, "C": 4}
    with pytest.raises(RuleBroken, match="caps"):
        largest_remainder(11, equal, caps={"A": 3, "B": 3, "C": 4})


def test_nothing_can_be_shared_by_nothing():
    assert largest_remainder(0, {"A": 0}) == {"A": 0}
    with pytest.raises(RuleBroken, match="every weight is zero"):
        largest_remainder(5, {"A": 0})
    with pytest.raises(RuleBroken, match="negative"):
        largest_remainder(5, {"A": -1, "B": 2})


@given(schedules(), groups(), methods, st.text(max_size=5), st.randoms())
def test_shares_add_up_and_the_order_of_members_never_matters(
    schedule, members, method, seed, chance
):
    result = split_where_there_is_one(schedule, members, method, seed)
    shuffled = list(members)
    chance.shuffle(shuffled)

    assert sum(result.shares.values()) == result.total_cents
    assert result.alone == {m.id: effective_cost(schedule, m.seats).cost_cents for m in members}
    assert split(schedule, shuffled, method, seed, equal_share="0.3") == result


@given(schedules(falling=True), groups())
def test_a_proportional_share_is_never_above_alone_when_prices_fall(schedule, members):
    """True of volume prices too, cliffs and all, because costs are effective costs."""
    result = split(schedule, members)

    certificate = result.certificate
    assert (certificate.kind, certificate.core) == (Kind.AVERAGE_PRICE, True)
    assert certificate.individually_rational
    assert certificate.joiner_never_raises
    assert all(result.shares[i] <= result.alone[i] for i in result.shares)


@settings(max_examples=150)
@given(schedules(), groups(most=6), methods)
def test_a_certificate_claims_only_what_trying_every_group_confirms(schedule, members, method):
    result = split_where_there_is_one(schedule, members, method)
    certificate = result.certificate

    saved = most_saved(schedule, members, result.shares)
    rational = all(result.shares[i] <= result.alone[i] for i in result.shares)
    assert certificate.individually_rational == rational
    if certificate.core:
        # Exact shares are in the core; each bill is off by less than a cent.
        of_exact_shares = certificate.kind is Kind.AVERAGE_PRICE or method == "epm"
        slack = len(members) - 1 if of_exact_shares else 0
        assert saved <= slack
        assert certificate.blocking is None
    if certificate.blocking:
        group = [m for m in members if m.id in certificate.blocking.members]
        price = effective_cost(schedule, sum(m.seats for m in group)).cost_cents
        bill = sum(result.shares[m.id] for m in group)
        assert certificate.blocking.would_save_cents == bill - price > 0
        assert bill - price <= saved


@given(schedules(), groups(most=6))
def test_a_joiner_never_raises_anyone_when_the_certificate_says_so(schedule, members):
    result = split(schedule, members)

    if result.certificate.joiner_never_raises:
        for group in smaller_groups(members):
            before = split(schedule, group).shares
            assert all(result.shares[m.id] <= before[m.id] + 1 for m in group)


def test_a_method_that_happens_to_be_at_the_average_price_says_nothing_about_joiners():
    """The first two, alone, would have shared the minimum equally by `epm`."""
    seats = {"A": 28, "B": 11, "C": 43, "D": 39, "E": 54}
    members = [Member(name, count) for name, count in seats.items()]
    schedule = per_seat(61, minimum_cents=2_406)

    together = split(schedule, members, "epm")

    assert together.shares == split(schedule, members).shares
    assert split(schedule, members[:2], "epm").shares["A"] < together.shares["A"]
    assert (together.certificate.kind, together.certificate.core) == (Kind.AVERAGE_PRICE, True)
    assert together.certificate.joiner_never_raises is None
    assert split(schedule, members).certificate.joiner_never_raises


def test_a_joiner_who_raises_the_price_is_said():
    result = split(volume((1, 500), (10, 900)), [Member("A", 5), Member("B", 6)])

    assert result.certificate.joiner_never_raises is False
    assert not result.certificate.core
    assert result.certificate.blocking.members == ("B",)


def test_an_unfair_equal_split_names_who_is_better_off_alone():
    result = split(per_seat(1_000), [Member("big", 98), Member("small", 2)], "equal")

    certificate = result.certificate
    assert (certificate.kind, certificate.core) == (Kind.EXACT, False)
    assert not certificate.individually_rational
    assert certificate.blocking.members == ("small",)
    assert certificate.blocking.would_save_cents == 50_000 - 2_000


def test_an_equal_split_of_equal_districts_is_at_the_average_price():
    twins = [Member("A", 10), Member("B", 10)]

    assert split(per_seat(7), twins, "equal").certificate.kind is Kind.AVERAGE_PRICE
    assert split(per_seat(7), [*twins, Member("C", 9)], "equal").certificate.kind is Kind.EXACT


def test_a_fair_equal_split_is_certified_by_the_bound():
    result = split(flat(9_000), [Member("A", 10), Member("B", 20)], "equal")

    assert result.certificate.kind is Kind.BOUND
    assert result.certificate.core
    assert result.certificate.joiner_never_raises is True


def test_one_member_alone_is_trivially_fair():
    result = split(volume((1, 500), (10, 900)), [Member("A", 11)])

    assert (result.certificate.kind, result.certificate.core) == (Kind.EXACT, True)


def test_a_split_off_by_a_few_cents_names_the_pair_that_would_leave():
    members = {"A": 3, "B": 4, "C": 5}
    curve = effective_curve(volume((1, 10), (7, 8)))

    fair = certify(curve, members, {"A": 24, "B": 32, "C": 40}, dict.fromkeys(members, 99), False)
    unfair = certify(curve, members, {"A": 10, "B": 42, "C": 44}, dict.fromkeys(members, 99), False)

    assert fair.core
    assert unfair.blocking.members == ("B", "C")
    assert unfair.blocking.would_save_cents == 86 - 72


def test_a_site_schedule_adds_up_each_districts_own_price():
    members = [Member("A", 40, pupils=300), Member("B", 90, pupils=900)]

    result = split(SITE, members, "per_pupil")

    assert result.total_cents == 90_000 + 150_000 + 10_000
    assert result.alone == {"A": 100_000, "B": 160_000}
    assert not result.certificate.core
    assert result.certificate.blocking.members == ("B",)


def test_hybrid_can_go_by_seats():
    members = [Member("A", 10), Member("B", 30)]

    result = split(flat(10_000), members, "hybrid", equal_share="0.5", rest="per_seat")

    assert result.shares == {"A": 3_750, "B": 6_250}


@pytest.mark.parametrize("part", ["1.01", "-0.1", "NaN", "Infinity", "half", "1e-999999999", ""])
def test_an_equal_part_that_is_no_part_is_refused(part):
    with pytest.raises(RuleBroken, match="equal_share"):
        split(flat(1_000), [Member("A", 1, 1)], "hybrid", equal_share=part)


def test_a_total_above_the_largest_amount_is_refused():
    assert split(flat(10**17), [Member("A", 1), Member("B", 2)]).total_cents == 10**17
    with pytest.raises(PricingRefused, match="above 10"):
        split(per_seat(10**12), [Member("A", 100_001)])


def test_a_split_by_pupils_needs_some():
    with pytest.raises(RuleBroken, match="pupils are missing"):
        split(flat(1_000), [Member("A", 1)], "per_pupil")
    with pytest.raises(RuleBroken, match="Nobody has any pupils"):
        split(flat(1_000), [Member("A", 1, 0)], "per_pupil")


def test_graduated_prices_share_the_cheaper_seats_by_the_average():
    result = split(graduated((1, 1_000), (101, 500)), [Member("A", 50), Member("B", 150)])

    assert result.shares == {"A": 37_500, "B": 112_500}
    assert Form.GRADUATED == "graduated"


def test_a_true_up_never_bills_less_than_use():
    assert true_up({"A": 10, "B": 10}, {"A": 20, "B": 10}, 100) == {"A": 2_000, "B": 1_000}
    assert true_up({"A": 10, "B": 10}, {"A": 4, "B": 8}, 100) == {"A": 1_000, "B": 1_000}
    with pytest.raises(RuleBroken, match="same districts"):
        true_up({"A": 10}, {"B": 10}, 100)
    with pytest.raises(RuleBroken, match="negative"):
        true_up({"A": -10}, {"A": 10}, 100)
