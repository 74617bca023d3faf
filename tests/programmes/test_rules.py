"""Who qualifies, how much it is, and what cannot be meant; plain values."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.programmes import reach_queries, rules, subsidy_rules
from marketplace.programmes.movement_rules import net_after
from marketplace.programmes.rules import Eligibility, Facts, Fits, judge
from marketplace.programmes.subsidy_rules import Share, Subsidy, SubsidyKind, Turn, give
from tests.conftest import on_sqlite
from tests.programmes.conftest import HALF, facts

KNOWN = Facts("3900001", "OH", "43", "2018-19", 640, "2023-24", 400, 80, "2023", True, ("esc",))
AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "rule, changes, fits, why",
    [
        (Eligibility(), {}, Fits.YES, ()),
        (Eligibility(), {"is_listed": False}, Fits.NO, ("closed or merged",)),
        (Eligibility(states=("KS",)), {}, Fits.NO, ("In OH",)),
        (Eligibility(places=("town", "rural")), {}, Fits.YES, ()),
        (Eligibility(rural=True), {"locale": "31"}, Fits.NO, ("Town",)),
        (Eligibility(rural=True), {"locale": None}, Fits.UNKNOWN, ("No locale",)),
        (Eligibility(small=True), {"pupils": 2_500}, Fits.NO, ("2,500 pupils",)),
        (Eligibility(small=True), {"pupils": None}, Fits.UNKNOWN, ("No enrolment",)),
        (Eligibility(pupils_from=641), {}, Fits.NO, ("640 pupils",)),
        (Eligibility(pupils_to=640), {}, Fits.YES, ()),
        # Exactly 20 %; a missing figure is never zero, and no children are no figure.
        (Eligibility(poverty_from_bps=2_000), {}, Fits.YES, ()),
        (Eligibility(poverty_from_bps=2_001), {}, Fits.NO, ("20.0%",)),
        (
            Eligibility(poverty_from_bps=1),
            {"children_in_poverty": None},
            Fits.UNKNOWN,
            ("No poverty",),
        ),
        (Eligibility(poverty_from_bps=1), {"children": 0}, Fits.UNKNOWN, ("No poverty",)),
        (Eligibility(agency="other"), {}, Fits.NO, ("no consortium",)),
        # One no is enough, whatever is missing beside it.
        (Eligibility(states=("KS",), small=True), {"pupils": None}, Fits.NO, ("In OH",)),
    ],
)
def test_a_rule_is_judged_on_public_facts(rule, changes, fits, why):
    found = judge(rule, replace(KNOWN, **changes))

    assert found.fits is fits
    assert len(found.why) == len(why)
    assert all(part in said for part, said in zip(why, found.why, strict=True))


@pytest.mark.parametrize(
    "check, field",
    [
        (lambda: rules.check_rule(Eligibility(states=("ZZ",))), "states"),
        (lambda: rules.check_rule(Eligibility(pupils_from=500, pupils_to=499)), "pupils_to"),
        (lambda: rules.check_rule(Eligibility(pupils_from=-1)), "pupils_from"),
        (lambda: rules.check_rule(Eligibility(poverty_from_bps=10_001)), "poverty"),
        (lambda: rules.check_rule(Eligibility(places=("city",), rural=True)), "rural"),
        (lambda: rules.check_matches(0, 10, False), None),
        (lambda: rules.check_matches(10, 10, False), "for_everybody"),
        (lambda: rules.check_budget(None, 0), "budget"),
        (lambda: rules.check_budget(99, 100), "budget"),
        (lambda: subsidy_rules.check_subsidy(replace(HALF, percent_bps=10_001)), "percent"),
        (lambda: subsidy_rules.check_subsidy(replace(HALF, percent_bps=None)), "percent"),
        (lambda: subsidy_rules.check_subsidy(Subsidy(SubsidyKind.PER_PUPIL)), "per_pupil"),
        (
            lambda: subsidy_rules.check_subsidy(Subsidy(SubsidyKind.LEVEL, floor_cents=5)),
            "floor",
        ),
        (
            lambda: subsidy_rules.check_subsidy(replace(HALF, floor_cents=6, cap_cents=5)),
            "cap",
        ),
        (lambda: subsidy_rules.check_subsidy(replace(HALF, cap_cents=0)), "cap"),
        (lambda: subsidy_rules.check_dates(date(2027, 1, 2), date(2027, 1, 1)), "ends_on"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(check, field):
    with pytest.raises(RuleBroken) as refusal:
        check()

    assert refusal.value.field == field


def test_a_rule_for_everybody_is_fine_when_it_is_meant():
    rules.check_matches(10, 10, for_everybody=True)


def share(key, cents, pupils=100, left=None, minute=0):
    return Share(key, cents, cents if left is None else left, pupils, AT.replace(minute=minute))


A, B, C = share("a", 1_000, 10, minute=3), share("b", 600, 60, minute=1), share("c", 300, None)


@pytest.mark.parametrize(
    "subsidy, money, lines",
    [
        (HALF, 9_999, {"a": 500, "b": 300, "c": 150}),
        (replace(HALF, cap_cents=200), 9_999, {"a": 200, "b": 200, "c": 150}),
        (replace(HALF, floor_cents=400), 9_999, {"a": 500, "b": 400, "c": 300}),
        # First come: c and b came first; a gets what is left.
        (replace(HALF, turn=Turn.FIRST_COME), 500, {"c": 150, "b": 300, "a": 50}),
        (replace(HALF, turn=Turn.PRO_RATA), 95, {"a": 50, "b": 30, "c": 15}),
        (Subsidy(SubsidyKind.PER_PUPIL, per_pupil_cents=5), 9_999, {"a": 50, "b": 300}),
        # $1.00 and $0.10 per pupil: the first $9.00 bring a down to b's price.
        (Subsidy(SubsidyKind.LEVEL), 450, {"a": 450}),
        (Subsidy(SubsidyKind.LEVEL), 970, {"a": 910, "b": 60}),
        (Subsidy(SubsidyKind.LEVEL, cap_cents=100), 970, {"a": 100, "b": 100}),
    ],
)
def test_what_a_rule_gives(subsidy, money, lines):
    found = give(subsidy, [A, B, C], money, "seed")

    assert found.lines == lines
    assert found.used_cents + found.left_cents == money
    assert ("c" in found.missing) == (subsidy.kind is not SubsidyKind.PERCENT)


@given(
    kind=st.sampled_from(SubsidyKind),
    turn=st.sampled_from(Turn),
    number=st.integers(1, 10_000),
    cap=st.none() | st.integers(1, 500),
    money=st.integers(0, 3_000),
    rows=st.lists(
        st.tuples(st.integers(1, 900), st.integers(0, 900), st.none() | st.integers(0, 90)),
        max_size=6,
    ),
)
def test_lines_never_pass_a_share_the_cap_or_the_money(kind, turn, number, cap, money, rows):
    subsidy = Subsidy(kind, number, number, None, cap, turn)
    shares = [share(str(n), s, p, min(left, s), n) for n, (s, left, p) in enumerate(rows)]

    found = give(subsidy, shares, money, "seed")

    assert found.used_cents == sum(found.lines.values())
    assert found.used_cents + found.left_cents == money
    assert found.left_cents >= 0
    left = {each.key: each.left_cents for each in shares}
    assert all(0 < cents <= left[key] for key, cents in found.lines.items())
    assert all(cap is None or cents <= cap for cents in found.lines.values())


def test_grants_on_one_share_are_taken_off_in_turn_and_conserved():
    assert net_after(1_000, [400, 0, 600]) == [600, 600, 0]
    with pytest.raises(RuleBroken, match="larger than the share"):
        net_after(1_000, [400, 601])


PLACES = ("11", "31", "43", None)
COUNTS = (None, 0, 499, 2_500)


def test_the_database_counts_as_the_rule_judges(make, look):
    """The same three answers, on both engines, for every mix of known and missing figures."""
    rows = [
        facts(f"39{n:05}", locale=locale, pupils=pupils, children=children, **poverty, **listed)
        for n, (locale, pupils, children, poverty, listed) in enumerate(
            itertools.product(
                PLACES,
                COUNTS,
                (None, 0, 500),
                ({"children_in_poverty": None}, {"children_in_poverty": 0}),
                ({}, {"name_year": "2022-23"}),
            )
        )
        if children is not None or poverty["children_in_poverty"] is None
    ]
    make.save(*rows)
    leaids = [f"39{n:05}" for n in range(200)]
    known = reach_queries.facts_of(look, leaids).values()
    for rule in (
        Eligibility(),
        Eligibility(states=("OH",), small=True, rural=True),
        Eligibility(places=("city", "rural"), poverty_from_bps=1),
        Eligibility(pupils_from=1, pupils_to=2_499, poverty_from_bps=10_000),
        Eligibility(agency="nobody"),
    ):
        found = reach_queries.reach(look, rule)
        judged = [judge(rule, each).fits for each in known]

        assert (found.fits, found.no, found.unknown) == tuple(
            map(judged.count, Fits.__members__.values())
        )[:3]


@on_sqlite
def test_a_preview_says_years_and_what_is_missing(make, look):
    make.save(
        facts("3900001"),
        facts("3900002", pupils=None, pupils_year=None),
        facts("3900003", pupils_year="2022-23"),
        facts("3900004", name_year="2019-20"),
    )

    found = reach_queries.reach(look, Eligibility(small=True))

    assert (found.fits, found.unknown, found.gone) == (2, 1, 1)
    assert found.pupils == 1_280
    assert found.figures[0].years_words == "2022-23 to 2023-24"
    assert found.figures[0].missing == 1
