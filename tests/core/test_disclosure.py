"""Small groups are hidden, and nothing that is hidden follows from what is shown."""

import pytest

from bench import disclosure
from marketplace.core.disclosure import FEWEST_DISTRICTS, Sum, hidden, shown

LINE = [Sum("all", ("a", "b", "c", "d"))]


@pytest.mark.parametrize(
    "counts, most, gone",
    [
        # Nothing small: nothing hidden.
        ({"all": 40, "a": 10, "b": 10, "c": 10, "d": 10}, {}, ""),
        # One small one would follow from the rest, so the smallest beside it goes too.
        ({"all": 34, "a": 3, "b": 12, "c": 10, "d": 9}, {}, "ad"),
        # Two small ones together are under five: a third goes.
        ({"all": 23, "a": 2, "b": 1, "c": 11, "d": 9}, {}, "abd"),
        # Empty and small look the same.
        ({"all": 20, "a": 0, "b": 5, "c": 7, "d": 8}, {}, "ab"),
        # Where there is no district at all, everybody knows that it is 0.
        ({"all": 20, "a": 0, "b": 5, "c": 7, "d": 8}, {"a": 0, "b": 9, "c": 9, "d": 9}, ""),
        # All of the hidden must have come, so each follows: a third one goes.
        ({"all": 26, "a": 1, "b": 9, "c": 8, "d": 8}, {"a": 1, "b": 20, "c": 8, "d": 20}, "acd"),
        # Too small as a whole.
        ({"all": 3, "a": 1, "b": 2, "c": 0, "d": 0}, {}, "abcd+"),
    ],
)
def test_what_is_hidden_in_one_table(counts, most, gone):
    found = hidden(counts, LINE, FEWEST_DISTRICTS, most)

    expected = {key for key in gone if key != "+"} | ({"all"} if "+" in gone else set())
    assert found == expected
    assert found == hidden(counts, LINE, FEWEST_DISTRICTS, most)


def test_hidden_and_empty_look_the_same():
    assert shown({"a": 0, "b": 3, "c": 9}, {"b"}) == {"a": None, "b": None, "c": 9}


def test_tables_that_meet_in_a_figure_that_nobody_shows_are_seen_together():
    """All districts of a state in the countryside are small: two tables show the same group."""
    sums = [
        Sum("all", ("city", "country")),
        Sum("all", ("big", "small")),
        Sum("country", ("country-small", "country-big")),
        Sum("small", ("country-small", "city-small")),
    ]
    finer = {"country-small": 3, "country-big": 0, "city-small": 0}
    most = dict.fromkeys(("all", "city", "country", "big", "small"), 90)
    most |= {"country-small": 9, "country-big": 0, "city-small": 0}
    counts = {"all": 40, "city": 37, "country": 3, "big": 37, "small": 3, **finer}

    found = hidden(counts, sums, FEWEST_DISTRICTS, most, unpublished=list(finer))

    assert {"country", "city", "small", "big"} <= found


def test_the_auditor_finds_nothing_and_finds_a_planted_fault():
    """The full figure, of 2,000 data sets: `marketplace bench disclosure`."""
    assert disclosure.audit(40)["with_disclosure"] == 0
    assert disclosure.audit(5, disclosure.primary_only)["with_disclosure"] > 0
