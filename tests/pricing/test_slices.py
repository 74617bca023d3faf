"""Time slices: who pays what when districts or seats change during a term."""

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.pricing.certificate import Kind
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.methods import Method, terms_of
from marketplace.pricing.rules import Member, PricingRefused, Stay, Term, split, split_over_term
from tests.pricing.schedules import flat, graduated, per_seat, schedules, volume

YEAR = Term(date(2026, 7, 1), date(2027, 6, 30))
LEAP = Term(date(2027, 7, 1), date(2028, 6, 30))


@st.composite
def stays(draw, term=YEAR):
    """Up to five districts, each with up to three spells that do not overlap."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        days = draw(st.lists(st.integers(0, term.days - 1), min_size=2, max_size=6, unique=True))
        days.sort()
        for first, last in zip(days[::2], days[1::2]):
            member = Member(f"{number}", draw(st.integers(1, 25)), draw(st.integers(1, 50)))
            begins = term.starts + timedelta(days=first)
            found.append(Stay(member, begins, term.starts + timedelta(days=last)))
    return found


def day_by_day(schedule, term, spells):
    """The slow, obvious way: every day is split by seats on its own."""
    effective, owed = effective_curve(schedule), {}
    for passed in range(term.days):
        today = term.starts + timedelta(days=passed)
        here = [s.member for s in spells if s.starts <= today <= s.ends]
        seats = sum(member.seats for member in here)
        for member in here:
            share = Fraction(effective(seats) * member.seats, seats * term.days)
            owed[member.id] = owed.get(member.id, 0) + share
    return owed


@given(schedules(), stays())
def test_slices_come_to_what_splitting_every_single_day_comes_to(schedule, spells):
    result = split_over_term(schedule, YEAR, spells)

    exact = day_by_day(schedule, YEAR, spells)
    assert result.exact == exact
    assert sum(result.shares.values()) == result.total_cents
    assert abs(result.total_cents - sum(exact.values())) <= Fraction(1, 2)
    assert all(abs(result.shares[member] - exact[member]) < Fraction(3, 2) for member in exact)


@given(schedules(), stays(), st.randoms(use_true_random=False))
def test_the_order_of_the_stays_never_matters(schedule, spells, chance: random.Random):
    mixed = list(spells)
    chance.shuffle(mixed)

    assert split_over_term(schedule, YEAR, mixed) == split_over_term(schedule, YEAR, spells)


@given(schedules(falling=True), stays())
def test_whoever_is_said_to_pay_no_more_than_alone_does_so_to_the_cent(schedule, spells):
    result = split_over_term(schedule, YEAR, spells)

    if result.certificate.individually_rational:
        assert all(result.shares[m] <= result.alone[m] + 1 for m in result.shares)
    if result.certificate.kind is Kind.AVERAGE_PRICE:
        assert result.certificate.individually_rational


@pytest.mark.parametrize("method", ["proportional", "per_pupil", "equal"])
def test_a_term_without_changes_is_the_plain_split(method):
    members = [Member("A", 620, 640), Member("B", 1_780, 1_500), Member("C", 77, 80)]
    schedule = volume((1, 1_600), (2_500, 1_350), platform_fee_cents=99_999)

    over_term = split_over_term(schedule, LEAP, map(Stay, members), terms_of(method, "s"))

    plain = split(schedule, members, method, "s")
    assert (over_term.shares, over_term.alone) == (plain.shares, plain.alone)
    assert over_term.largest_purchase == plain.purchase


def test_joining_in_november_pays_227_of_365_days():
    late = Stay(Member("A", 300), date(2026, 11, 16))

    result = split_over_term(per_seat(1_200), YEAR, [late])

    assert result.shares == result.alone == {"A": 223_890}
    assert (result.slices[0].slice.days, YEAR.days) == (227, 365)


def test_a_leap_year_has_366_days():
    from_leap_day = Stay(Member("A", 300), date(2028, 2, 29))

    assert split_over_term(per_seat(1_200), LEAP, [from_leap_day]).shares == {"A": 120_984}


def test_a_flat_price_is_shared_by_who_is_there_and_more_seats_count_from_their_day():
    always = Stay(Member("A", 10))
    first, then = Stay(Member("B", 10), ends=date(2026, 12, 31)), date(2027, 1, 1)
    more = Stay(Member("B", 30), then)

    result = split_over_term(flat(365_000), YEAR, [always, first, more])

    assert result.shares == {"A": 92_000 + 45_250, "B": 92_000 + 135_750}
    assert [(p.slice.days, p.purchase.seats_needed) for p in result.slices] == [
        (184, 20),
        (181, 40),
    ]


def test_days_without_anybody_cost_nothing():
    gone = Stay(Member("A", 10), ends=date(2026, 7, 10))
    back = Stay(Member("A", 10), date(2027, 6, 1))

    assert split_over_term(per_seat(3_650), YEAR, [gone, back]).total_cents == 100 * 40


def test_a_graduated_price_steps_within_each_slice():
    schedule = graduated((1, 1_000), (11, 500))
    result = split_over_term(
        schedule, YEAR, [Stay(Member("A", 10)), Stay(Member("B", 10), YEAR.ends)]
    )

    assert result.total_cents == round(10_000 + 5_000 / 365)
    assert result.certificate.kind is Kind.AVERAGE_PRICE


@pytest.mark.parametrize(
    ("stay", "problem"),
    [
        (Stay(Member("A", 5), date(2026, 6, 30)), "is not within the term"),
        (Stay(Member("A", 5), ends=date(2027, 7, 1)), "is not within the term"),
        (Stay(Member("A", 5), date(2027, 1, 2), date(2027, 1, 1)), "before it starts"),
        (Stay(Member("B", 5), date(2027, 1, 2)), 'member "B": has two numbers of seats'),
        (Stay(Member("A", 0)), "seats must be a whole number from 1"),
    ],
)
def test_stays_that_cannot_be_are_refused(stay, problem):
    with pytest.raises(PricingRefused, match=problem):
        split_over_term(per_seat(5), YEAR, [Stay(Member("B", 5)), stay])


def test_a_term_has_days_and_an_end():
    with pytest.raises(RuleBroken, match="ends before it starts"):
        Term(date(2027, 1, 2), date(2027, 1, 1))
    with pytest.raises(RuleBroken, match="ten years"):
        Term(date(2027, 1, 1), date(2037, 12, 31))


def test_shapley_is_for_a_whole_term():
    terms = terms_of("proportional")
    object.__setattr__(terms, "method", Method.SHAPLEY)

    with pytest.raises(RuleBroken, match="shapley is for one whole term; with dates choose"):
        split_over_term(per_seat(5), YEAR, [Stay(Member("A", 5))], terms)
