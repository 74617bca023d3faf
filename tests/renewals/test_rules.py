"""The rules of a running term, by hand-checked figures."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.consortia.rules import LateJoin
from marketplace.core.errors import RuleBroken
from marketplace.pricing.rules import (
    Method,
    SplitTerms,
    Term,
    TrueUpPolicy,
    schedule_from_json,
    settle_use,
)
from marketplace.renewals import rules, settlement_rules
from marketplace.renewals.rules import Answer, Side
from marketplace.renewals.settlement_rules import Deal, Holding

TERM = Term(date(2026, 7, 1), date(2027, 6, 30))
PER_SEAT = {"form": "per_seat", "bands": [{"from": 1, "unit_cents": 1200}]}
VOLUME = {
    "form": "volume",
    "bands": [{"from": 1, "unit_cents": 1600}, {"from": 500, "unit_cents": 1200}],
}


def deal(terms=PER_SEAT, method=Method.PROPORTIONAL):
    whole = {"platform_fee_cents": 0, "minimum_cents": 0, "cap_cents": None} | terms
    return Deal(schedule_from_json(whole), TERM, SplitTerms(method, "seed"))


def whole_term(leaid, seats):
    return Holding(leaid, seats, TERM.starts, TERM.ends)


# -- joining late, and more seats ----------------------------------------------------------------


def test_three_hundred_seats_from_mid_november_cost_two_thousand_two_hundred_dollars():
    """Golden value of product.md: 227 of 365 days."""
    price = settlement_rules.prices_of_more(deal(), {"A": 500}, {"B": 300}, date(2026, 11, 16), {})[
        "B"
    ]

    assert (price.cents, price.full_cents) == (223_890, 360_000)
    assert (price.days, price.term_days) == (227, 365)


def test_who_comes_late_pays_the_price_that_all_seats_reach_together():
    start = date(2026, 7, 1)
    price = settlement_rules.prices_of_more(deal(VOLUME), {"A": 450}, {"B": 50}, start, {})["B"]

    assert price.cents == 50 * 1200
    assert price.alone_cents == 50 * 1600


@given(
    held=st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 900), min_size=1),
    added=st.integers(1, 900),
    day=st.integers(0, 364),
    method=st.sampled_from([Method.PROPORTIONAL, Method.EQUAL]),
)
def test_nobody_pays_more_for_late_seats_than_alone(held, added, day, method):
    start = TERM.starts + timedelta(days=day)
    price = settlement_rules.prices_of_more(deal(VOLUME, method), held, {"Z": added}, start, {})[
        "Z"
    ]

    assert 0 <= price.cents <= price.alone_cents


def test_seats_added_later_are_one_spell_after_another():
    more = Holding("A", 20, date(2026, 11, 16), TERM.ends)
    first, second = settlement_rules.stays([whole_term("A", 100), more], {})

    assert (first.member.seats, first.ends) == (100, date(2026, 11, 15))
    assert (second.member.seats, second.starts) == (120, date(2026, 11, 16))


# -- leaving ---------------------------------------------------------------------------------------


def leave(terms, asked_on, consents=(), free_until=date(2026, 7, 1)):
    return settlement_rules.leaving(
        deal(terms),
        [whole_term("A", 450), whole_term("B", 60), whole_term("C", 40)],
        {},
        "B",
        first_day_without=date(2027, 1, 1),
        asked_on=asked_on,
        free_until=free_until,
        consents=consents,
    )


def test_after_the_drop_date_a_share_may_not_rise_without_everybodys_yes():
    late = date(2026, 12, 1)

    refused = leave(VOLUME, late)
    assert not refused.allowed
    assert set(refused.consents_missing) == {"A", "C"}
    assert refused.change.raised.keys() == {"A", "C"}
    assert not leave(VOLUME, late, consents=["A"]).allowed
    assert leave(VOLUME, late, consents=["A", "C"]).allowed


def test_leaving_is_free_before_the_drop_date_and_where_nobody_pays_more():
    assert leave(VOLUME, date(2026, 12, 1), free_until=date(2026, 12, 1)).allowed
    assert leave(PER_SEAT, date(2026, 12, 2)).allowed


# -- the true-up -----------------------------------------------------------------------------------

GOLDEN = ({"A": 100_000, "B": 50_000}, {"A": 100, "B": 50}, {"A": 70, "B": 60})


@pytest.mark.parametrize(
    ("policy", "owed"),
    [
        (TrueUpPolicy.COMMITTED_TOTAL, {"A": 90_000, "B": 60_000}),
        (TrueUpPolicy.COMMITTED_VERSUS_ACTUAL, {"A": 70_000, "B": 60_000}),
        (TrueUpPolicy.SURPLUS_SHARED, {"A": 86_667, "B": 43_333}),
    ],
)
def test_the_three_policies_settle_the_golden_case(policy, owed):
    """$900.00 and $600.00 with the committed total kept: golden value of product.md."""
    assert settlement_rules.settle(policy, *GOLDEN) == owed


counts = st.dictionaries(
    st.sampled_from("ABCDEFG"), st.tuples(st.integers(1, 500), st.integers(0, 500)), min_size=1
)


@given(counts, st.integers(1, 5_000), st.sampled_from(TrueUpPolicy))
def test_at_one_rate_it_is_the_published_rule_of_pricing(seats_and_use, rate, policy):
    seats = {leaid: pair[0] for leaid, pair in seats_and_use.items()}
    used = {leaid: pair[1] for leaid, pair in seats_and_use.items()}
    shares = {leaid: count * rate for leaid, count in seats.items()}

    owed = settlement_rules.settle(policy, shares, seats, used, "seed")
    published = settle_use(policy, seats, used, rate, seed="seed").owed

    assert sum(owed.values()) == sum(published.values())
    assert all(abs(owed[leaid] - published[leaid]) <= 1 for leaid in seats)
    assert min(owed.values()) >= 0


@given(
    st.dictionaries(
        st.sampled_from("ABCDEFG"),
        st.tuples(st.integers(0, 10**7), st.integers(1, 500), st.integers(0, 500)),
        min_size=1,
    )
)
def test_with_the_total_kept_the_bills_still_add_up_to_the_cent(rows):
    shares = {leaid: row[0] for leaid, row in rows.items()}
    seats = {leaid: row[1] for leaid, row in rows.items()}
    used = {leaid: min(row[2], row[1]) for leaid, row in rows.items()}

    owed = settlement_rules.settle(TrueUpPolicy.COMMITTED_TOTAL, shares, seats, used)

    assert sum(owed.values()) == sum(shares.values())


def test_a_late_joiner_lowers_the_shares_of_the_others_only_where_the_by_laws_say_so():
    holdings = [whole_term("A", 300), Holding("B", 250, date(2027, 1, 1), TERM.ends)]
    billed = {"A": 480_000, "B": 148_767}

    keep = settlement_rules.fair_shares(deal(VOLUME), holdings, {}, billed, LateJoin.PRORATED)
    fall = settlement_rules.fair_shares(
        deal(VOLUME), holdings, {}, billed, LateJoin.PRORATED_SHARED
    )

    assert keep == billed
    # 184 days at $16 and 181 days at $12
    assert fall["A"] == round(300 * (1600 * 184 + 1200 * 181) / 365)
    assert fall["B"] <= billed["B"]


# -- notices, answers, sides -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_left", "sent", "due"),
    [
        (181, [], None), (180, [], 180), (179, [180], None), (90, [180], 90),
        (45, [], 60), (45, [180], 60), (45, [60], None), (30, [60], 30), (0, [60], 30),
        (0, [30], None), (-1, [], None),
    ],
)  # fmt: skip
def test_one_notice_at_a_time_and_each_once(days_left, sent, due):
    ends = date(2027, 6, 30)
    assert rules.notice_due(ends, ends - timedelta(days=days_left), sent) == due


def test_the_next_term_is_as_long_as_this_one():
    assert rules.next_term(TERM.starts, TERM.ends) == (date(2027, 7, 1), date(2028, 6, 30))
    year = rules.next_term(date(2027, 3, 1), date(2028, 2, 29))
    assert year == (date(2028, 3, 1), date(2029, 2, 28))


def test_fewer_seats_are_fewer_and_a_yes_is_not_less():
    rules.check_answer(Answer.LEAVE, None, 100)
    rules.check_answer(Answer.FEWER, 99, 100)
    rules.check_answer(Answer.RENEW, 100, 100)
    for answer, seats in ((Answer.FEWER, 100), (Answer.RENEW, 99), (Answer.RENEW, None)):
        with pytest.raises(RuleBroken):
            rules.check_answer(answer, seats, 100)


def test_nobody_confirms_its_own_count():
    with pytest.raises(RuleBroken, match="other side"):
        rules.check_other_side(Side.VENDOR, Side.VENDOR)
    rules.check_other_side(Side.VENDOR, Side.DISTRICT)
