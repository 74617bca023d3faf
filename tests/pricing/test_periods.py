"""True-ups, joining, leaving and bills by the month."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.pricing.periods import POLICY_WORDS, calendar_months
from marketplace.pricing.rules import (
    Grant,
    Member,
    Stay,
    Term,
    TrueUpPolicy,
    earmarked,
    invoices,
    mid_term_join,
    settle_by_split,
    settle_use,
    withdraw,
)
from tests.pricing.schedules import flat, per_seat, volume

COMMITTED, USED = {"A": 100, "B": 50}, {"A": 70, "B": 60}
YEAR = Term(date(2026, 7, 1), date(2027, 6, 30))
seats = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 99), min_size=4)


@pytest.mark.parametrize(
    ("policy", "owed"),
    [
        (TrueUpPolicy.COMMITTED_TOTAL, {"A": 90_000, "B": 60_000}),
        (TrueUpPolicy.COMMITTED_VERSUS_ACTUAL, {"A": 70_000, "B": 60_000}),
        (TrueUpPolicy.SURPLUS_SHARED, {"A": 86_667, "B": 43_333}),
    ],
)
def test_the_three_published_policies(policy, owed):
    result = settle_use(policy, COMMITTED, USED, 1_000)

    assert result.owed == owed
    assert result.differences == {"A": owed["A"] - 100_000, "B": owed["B"] - 50_000}
    assert policy in POLICY_WORDS


@given(st.sampled_from(TrueUpPolicy), seats, seats, st.integers(0, 5_000))
def test_every_policy_conserves_the_total_it_promises(policy, committed, used, unit_cents):
    if not any(committed.values()):
        committed = committed | {"A": 1}
    more = max(sum(committed.values()), sum(used.values()))

    result = settle_use(policy, committed, used, unit_cents) if unit_cents else None

    if result:
        whole = policy is TrueUpPolicy.COMMITTED_TOTAL
        assert sum(result.owed.values()) == unit_cents * (more if whole else sum(used.values()))
        billed = unit_cents * sum(committed.values())
        assert sum(result.differences.values()) == sum(result.owed.values()) - billed


def test_bills_and_seats_are_of_the_same_districts():
    with pytest.raises(RuleBroken, match="same districts"):
        settle_use(TrueUpPolicy.SURPLUS_SHARED, COMMITTED, USED, 1_000, billed={"A": 5})


def test_use_on_a_price_list_with_steps_is_split_again():
    schedule = volume((1, 1_200), (150, 1_000))
    billed = {"A": 100_000, "B": 50_000, "C": 9_000}
    used = [Member("A", 70), Member("B", 60), Member("C", 0)]

    result = settle_by_split(schedule, used, billed)

    assert result.owed == {"A": 80_769, "B": 69_231, "C": 0}
    assert sum(result.differences.values()) == 150_000 - 159_000
    with pytest.raises(RuleBroken, match="same districts"):
        settle_by_split(schedule, used, {"A": 100_000})


def test_everybody_sees_what_a_joiner_changes():
    here = [Stay(Member("A", 100)), Stay(Member("B", 100))]

    change = mid_term_join(flat(365_000), YEAR, here, Stay(Member("C", 200), date(2027, 1, 1)))

    assert change.before == {"A": 182_500, "B": 182_500}
    assert change.after == {"A": 137_250, "B": 137_250, "C": 90_500}
    assert change.raised == {}


class TestLeaving:
    stays = (Stay(Member("A", 100)), Stay(Member("B", 100)), Stay(Member("C", 200)))

    def leave(self, schedule=None, *, asked_on=date(2026, 10, 2), **more):
        return withdraw(
            schedule or flat(365_000),
            YEAR,
            self.stays,
            "C",
            last_day=date(2026, 12, 31),
            asked_on=asked_on,
            free_until=date(2026, 10, 1),
            **more,
        )

    def test_it_is_free_until_the_published_day(self):
        result = self.leave(asked_on=date(2026, 10, 1))

        assert result.allowed
        assert result.change.before == {"A": 91_250, "B": 91_250, "C": 182_500}
        assert result.change.after == {"A": 136_500, "B": 136_500, "C": 92_000}

    def test_after_it_nobody_elses_bill_may_rise(self):
        assert self.leave(per_seat(365)).reason == "Nobody else's bill rises."
        assert not self.leave().allowed
        assert self.leave().consents_missing == ("A", "B")

    def test_or_every_remaining_member_consents_in_writing(self):
        assert not self.leave(consents={"A"}).allowed
        assert not self.leave(consents={"A", "C"}).allowed
        assert self.leave(consents={"A", "B"}).allowed

    def test_the_last_one_may_go(self):
        result = withdraw(
            flat(365_000),
            YEAR,
            self.stays[:1],
            "A",
            last_day=None,
            asked_on=date(2027, 1, 1),
            free_until=date(2026, 10, 1),
        )

        assert (result.allowed, result.change.after) == (True, {})

    def test_who_is_not_there_cannot_leave(self):
        more = {"asked_on": YEAR.starts, "free_until": YEAR.starts}
        with pytest.raises(RuleBroken, match="cannot leave"):
            withdraw(flat(5), YEAR, self.stays, "D", last_day=None, **more)
        with pytest.raises(RuleBroken, match="within the term"):
            withdraw(flat(5), YEAR, self.stays, "C", last_day=date(2028, 1, 1), **more)


def test_36_months_do_not_drift():
    bills = invoices(Fraction(5_190_049, 100), 36)

    assert sum(bills) == 51_900
    assert set(bills) == {1_441, 1_442}
    assert 36 * round(51_900.49 / 36) == 51_912


@given(st.fractions(-(10**9), 10**9), st.lists(st.integers(0, 31), min_size=1, max_size=40))
def test_bills_so_far_are_always_within_half_a_cent_of_what_is_due(exact, lengths):
    lengths = [*lengths, 1]

    bills = invoices(exact, lengths)

    for count in range(len(lengths) + 1):
        due = exact * sum(lengths[:count]) / sum(lengths)
        assert abs(sum(bills[:count]) - due) <= Fraction(1, 2)


def test_a_term_has_its_calendar_months():
    assert calendar_months(Term(date(2028, 1, 15), date(2028, 3, 2))) == [17, 29, 2]
    assert sum(calendar_months(YEAR)) == YEAR.days
    with pytest.raises(RuleBroken, match="at least one period"):
        invoices(100, 0)


def test_a_refund_and_a_grant_stay_apart():
    refund = settle_use(TrueUpPolicy.COMMITTED_VERSUS_ACTUAL, COMMITTED, USED, 1_000)

    (grant,) = earmarked(refund.owed, [Grant("state", "A", 99_000)])

    assert (grant.used_cents, grant.left_cents) == (70_000, 29_000)
