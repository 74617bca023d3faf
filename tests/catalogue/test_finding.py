"""Search and counts, the same on both engines."""

import pytest

from marketplace.catalogue import finding_queries as finding
from marketplace.catalogue.finding_queries import Filters


def names(look, **asked):
    return [tool.name for tool in look.exec(finding.published(Filters.of(asked)))]


@pytest.fixture
def shelf(make):
    vendor = make.vendor("Añejo Labs")
    make.tool(
        vendor,
        "Lumen Reading Coach",
        highest_grade=5,
        ai_use="generative",
        open_pools=1,
        lowest_seat_cents=900,
    )
    make.tool(vendor, "Café Math", summary="100% practice_sets.", subjects=["math"],
              lowest_grade=6, highest_grade=8, lowest_seat_cents=500)  # fmt: skip
    make.tool(make.vendor("Borealis"), "Zebra", subjects=["math", "reading"])
    make.tool(vendor, "Hidden Draft", status="draft", subjects=["math"])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cafe", ["Café Math"]),
        ("CAFÉ math", ["Café Math"]),
        ("anejo", ["Café Math", "Lumen Reading Coach"]),
        ("borealis", ["Zebra"]),
        ("reading and writing coach", ["Lumen Reading Coach"]),
        ("100%", ["Café Math"]),
        ("practice_sets", ["Café Math"]),
        ("practiceXsets", []),
        ("%", ["Café Math"]),
        ("draft", []),
        ("'; DROP TABLE tool; --", []),
    ],
)
def test_words_are_found_without_case_and_accents(shelf, look, words, found):
    assert sorted(names(look, q=words)) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Café Math", "Lumen Reading Coach", "Zebra"]),
        ({"grade": "7"}, ["Café Math", "Zebra"]),
        ({"grade": "K", "subject": "reading"}, ["Lumen Reading Coach", "Zebra"]),
        ({"ai": "generative"}, ["Lumen Reading Coach"]),
        ({"pool": "open"}, ["Lumen Reading Coach"]),
        ({"sort": "price"}, ["Café Math", "Lumen Reading Coach", "Zebra"]),
        ({"subject": "arts"}, []),
    ],
)
def test_filters_narrow_and_counts_agree(shelf, look, asked, found):
    assert names(look, **asked) == found
    assert finding.facets(look, Filters.of(asked)).total == len(found)


def test_a_name_that_begins_with_the_words_comes_first(shelf, make, look):
    make.tool(make.vendor(), "Another One", summary="Works like Zebra.")

    assert names(look, q="zebra") == ["Zebra", "Another One"]
