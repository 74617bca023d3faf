"""How uptake is counted: plain values in, plain values out."""

from datetime import date

import pytest

from marketplace.uptake import missing_rules, rules
from marketplace.uptake.rules import BANDS, Cell, Figures, Filters, Known, Locale


@pytest.mark.parametrize(
    "day, year",
    [(date(2026, 6, 30), 2025), (date(2026, 7, 1), 2026), (date(2027, 1, 15), 2026)],
)
def test_a_school_year_begins_in_july(day, year):
    first, last = rules.school_year_days(year)

    assert rules.school_year_of(day) == year
    assert first <= day <= last


def test_a_school_year_is_told_as_people_say_it():
    assert rules.school_year_words(2026) == "2026–27"
    assert rules.school_year_words(2099) == "2099–00"


def test_every_size_is_in_exactly_one_band():
    for pupils in (0, 9, 249, 250, 499, 500, 999, 1_000, 2_499, 2_500, 90_000):
        fitting = [b for b in BANDS if b.least <= pupils and (b.most is None or pupils <= b.most)]
        assert len(fitting) == 1, pupils


def test_small_means_fewer_than_2500_pupils():
    assert [band.key for band in BANDS if not band.is_small] == ["2500-up"]


def test_filters_survive_the_address():
    asked = {"state": "OH", "locale": "rural", "size": "250-499", "year": "2026"}

    assert Filters.read(asked).as_query() == asked


@pytest.mark.parametrize(
    "asked",
    [{"state": "Ohio"}, {"locale": "sea"}, {"size": "-1"}, {"year": "soon"}, {"year": "²026"}, {}],
)
def test_what_cannot_be_read_is_not_asked(asked):
    assert Filters.read(asked) == rules.NO_FILTERS


def test_saved_is_alone_less_what_was_charged():
    figures = Figures(districts=1, ordered_cents=6_000, alone_cents=8_000)

    assert (figures.saved_cents, figures.saved_bps) == (2_000, 2_500)
    assert rules.NOTHING.saved_bps == 0


@pytest.mark.parametrize(
    "figures, words, shown",
    [
        (Figures(districts=2, pupils=1_240), "1,240", 1_240),
        (Figures(districts=2, pupils=10, hidden=1), "10", 10),
        (Figures(districts=1, hidden=1), "Hidden", None),
        (Figures(districts=1, unknown=1), "Not known", None),
        (Figures(), "0", 0),
    ],
)
def test_pupils_are_a_number_only_when_there_are_enough(figures, words, shown):
    assert (figures.pupils_words, figures.pupils_shown) == (words, shown)


def test_breakdowns_add_up_to_the_total():
    cells = [
        Cell("OH", Locale.RURAL, BANDS[0], Figures(2, 300, seats=5)),
        Cell("OH", Locale.CITY, BANDS[4], Figures(1, 9_000, seats=7)),
        Cell(None, None, None, Figures(1, unknown=1, seats=1)),
    ]

    for lines in (rules.by_state(cells), rules.by_locale(cells), rules.by_size(cells)):
        assert sum((line.figures for line in lines), rules.NOTHING) == rules.total_of(cells)


def test_places_and_sizes_without_districts_are_listed_as_nothing():
    assert [line.figures.districts for line in rules.by_locale([])] == [0, 0, 0, 0]
    assert len(rules.by_size([])) == len(BANDS)


def test_who_is_missing_is_small_districts_less_those_reached():
    known = [
        Known("OH", Locale.RURAL, BANDS[0], 40),
        Known("OH", Locale.TOWN, BANDS[1], 10),
        Known("VT", Locale.RURAL, BANDS[0], 60),
    ]
    cells = [
        Cell("OH", Locale.RURAL, BANDS[0], Figures(4)),
        Cell("OH", Locale.CITY, BANDS[-1], Figures(3)),
    ]

    by_state = missing_rules.gaps(known, cells, "state")

    assert [(gap.key, gap.small, gap.reached, gap.missing) for gap in by_state] == [
        ("VT", 60, 0, 60),
        ("OH", 50, 4, 46),
    ]
    assert by_state[1].reached_bps == 800


def test_savings_are_gathered_in_steps_of_ten():
    assert rules.in_tens({0: 2, 9: 1, 25: 4}) == [
        ("0 to 9%", 3),
        ("10 to 19%", 0),
        ("20 to 29%", 4),
    ]
    assert rules.in_tens({}) == []
    assert rules.in_tens({-3: 1}) == [("0 to 9%", 1)]
