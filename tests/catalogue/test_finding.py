"""Search and counts, the same on both engines."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue import finding_queries as finding
from marketplace.catalogue import finding_rules, review_service
from marketplace.catalogue.finding_queries import Filters
from marketplace.catalogue.shelf import bits_of, places_in
from tests.catalogue.conftest import across
from tests.conftest import on_sqlite


def names(look, **asked):
    look.rollback()  # what was committed since the last look counts
    return [tool.name for tool in finding.found_tools(look, Filters.of(asked), 100)]


@pytest.fixture
def shelf(make):
    vendor = make.vendor("Añejo Labs")
    make.tool(
        vendor,
        "Lumen Reading Coach",
        summary="Listens while children read aloud.",
        highest_grade=5,
        ai_use="generative",
        open_pools=1,
        lowest_seat_cents=900,
        languages=["Español", "English"],
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
        ("listening child", ["Lumen Reading Coach"]),  # stems
        ("a tool for coaching", ["Lumen Reading Coach"]),  # words that say nothing
        ("coa", ["Lumen Reading Coach"]),  # the last word is being typed
        ("100%", ["Café Math"]),
        ("practice_sets", ["Café Math"]),
        ("practiceXsets", []),
        ("%", []),
        ("draft", []),
        ('"coach', ["Lumen Reading Coach"]),
        ("coach NEAR(", []),
        ("'; DROP TABLE tool; --", []),
        ("name:coach & !math | *", []),
    ],
)
def test_words_are_found_without_case_accents_and_endings(shelf, look, words, found):
    assert sorted(names(look, q=words)) == found


@pytest.mark.parametrize(
    ("typed", "instead"),
    [("raeding", "reading"), ("lumin", "lumen"), ("boraelis", "borealis"), ("qqqqqqq", "")],
)
def test_a_slip_of_the_finger_finds_the_nearest_word(shelf, look, typed, instead):
    found = finding.search(look, Filters.of({"q": typed}))

    assert found.instead == instead
    assert bool(found.total) is bool(instead)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Café Math", "Lumen Reading Coach", "Zebra"]),
        ({"grade": "7"}, ["Café Math", "Zebra"]),
        ({"grade": "K", "subject": "reading"}, ["Lumen Reading Coach", "Zebra"]),
        ({"ai": "generative"}, ["Lumen Reading Coach"]),
        ({"pool": "open"}, ["Lumen Reading Coach"]),
        ({"language": "Español"}, ["Lumen Reading Coach"]),
        ({"sort": "price"}, ["Café Math", "Lumen Reading Coach", "Zebra"]),
        ({"subject": "arts"}, []),
    ],
)
def test_filters_narrow_and_counts_agree(shelf, look, asked, found):
    assert names(look, **asked) == found
    assert finding.search(look, Filters.of(asked)).total == len(found)


def test_each_option_says_what_choosing_it_gives(shelf, look):
    filters = Filters.of({"subject": "math", "grade": "7"})
    found = finding.search(look, filters)

    for subject, count in found.options("subject", ["math", "reading", "arts"]):
        assert count == len(names(look, subject=subject, grade="7"))


def test_a_name_that_begins_with_the_words_comes_first(shelf, make, look):
    make.tool(make.vendor(), "Another One", summary="Works like Zebra.")

    assert names(look, q="zebra") == ["Zebra", "Another One"]


def test_the_price_filter_goes_by_the_size_nearest_mine(make, look):
    falls, stays = make.tool(name="Falls"), make.tool(name="Stays")
    make.price_schedule(falls)  # $16.00, from 2,500 seats $13.50, from 5,000 $11.25
    make.price_schedule(stays, {"form": "per_seat", "bands": [{"from": 1, "unit_cents": 1999}]})

    assert names(look, price="20", seats="400") == ["Falls", "Stays"]
    assert names(look, price="10", seats="4,900") == []
    make.price_schedule(falls, {"form": "per_seat", "bands": [{"from": 1, "unit_cents": 900}]})
    assert names(look, price="10", seats="4900") == ["Falls"]


def test_what_is_published_is_found_at_once_and_what_is_suspended_no_more(
    make, act, look, editor, complete
):
    operator = make.operator()
    assert names(look, q="coach") == []

    act(editor, review_service.submit_listing, complete.id)
    act(operator, across(review_service.publish_listing), complete.id)
    assert names(look, q="coach") == ["Reading Coach"]

    act(operator, across(review_service.suspend_listing), complete.id, reason="Not true.")
    assert names(look, q="coach") == []
    assert names(look) == []


@on_sqlite
def test_a_text_that_changes_alone_is_found_at_once(make, look):
    tool = make.tool(name="Zebra", description="Counts spots.")
    assert names(look, q="stripes") == []

    tool.description = "Counts stripes."
    make.save(tool)
    make.shelve(tool)

    assert names(look, q="stripes") == ["Zebra"]


def test_a_publication_that_fails_half_way_leaves_the_shelf_as_it_was(
    make, act, look, editor, complete, monkeypatch
):
    act(editor, review_service.submit_listing, complete.id)
    monkeypatch.setattr(review_service, "emit", lambda *a, **k: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        act(make.operator(), across(review_service.publish_listing), complete.id)

    assert names(look) == []
    assert names(look, q="coach") == []


def test_many_publish_at_once_and_each_has_a_place_of_its_own(make, act, look, app):
    operator = make.operator()
    tools = []
    for n in range(6):
        vendor = make.vendor()
        make.vendor_profile(vendor)
        tool = make.tool(vendor, f"Tool number {n}", status="submitted", description="For class.",
                         ai_facts=["Listens."], submitted_at=None)  # fmt: skip
        make.price_schedule(tool, edition=make.edition(tool))
        tools.append(tool)
    threads = [
        threading.Thread(
            target=act, args=(operator, across(review_service.publish_listing), tool.id)
        )
        for tool in tools
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(names(look)) == 6
    assert len(names(look, q="number")) == 6


# -- pure ------------------------------------------------------------------------------------


@given(st.sets(st.integers(0, 3000)))
def test_a_set_of_places_goes_into_bits_and_back(places):
    assert places_in(bits_of(places)) == sorted(places)


@given(st.text(max_size=400))
def test_whatever_is_typed_becomes_a_few_plain_words(typed):
    words = finding_rules.asked_words(typed)

    assert len(words) <= finding_rules.MOST_WORDS
    assert all(word.isascii() and word.isalnum() for word in words)


@given(st.integers(1, 1_000_000))
def test_the_nearest_size_is_never_further_off_than_any_other(seats):
    near = finding_rules.nearest_size(seats)

    def apart(size):
        return max(size, seats) / min(size, seats)

    assert all(apart(near) <= apart(size) for size in finding_rules.SIZES)
