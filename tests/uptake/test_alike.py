"""What districts alike use: shown from five districts on, and never the reader's own."""

from datetime import date

import pytest

from marketplace.core import tenancy
from marketplace.directory.models import District
from marketplace.uptake.alike_queries import used_by_alike

TODAY = date(2027, 9, 1)


@pytest.fixture
def place(make):
    """A district that stands in the directory: 700 pupils, remote countryside, unless told."""

    def made(pupils=700, locale="43"):
        district = make.district()
        make.save(
            District(
                leaid=district.leaid, search_key=district.leaid, state="OH", name=district.name,
                name_year="2021-22", name_source="made up", pupils=pupils, locale=locale,
            )
        )  # fmt: skip
        return district

    return made


@pytest.fixture
def seen_by(look):
    def seen(district, today=TODAY):
        with tenancy.everyone("the panel counts across districts"):
            return used_by_alike(look, district.leaid, district.id, today)

    return seen


def buy(make, districts, po_number="PO-1"):
    consortium = make.consortium()
    for district in districts:
        make.member(consortium, district)
    make.orders(make.cleared_pool(consortium, districts, po_number=po_number))


def test_four_other_districts_stay_hidden(make, place, seen_by):
    reader = place()
    buy(make, [reader, *(place() for _ in range(4))])

    assert seen_by(reader) == []


def test_five_others_show_and_the_number_is_rounded_down(make, place, seen_by):
    reader = place()
    buy(make, [reader, *(place() for _ in range(6))])

    assert [used.at_least for used in seen_by(reader)] == [5]


def test_districts_of_another_size_or_kind_of_place_do_not_make_up_the_five(make, place, seen_by):
    reader = place()
    buy(make, [*(place() for _ in range(4)), place(pupils=9_000), place(locale="11")])

    assert seen_by(reader) == []


def test_a_term_that_ended_counts_no_more(make, place, seen_by):
    reader = place()
    buy(make, [place() for _ in range(5)])

    assert seen_by(reader)
    assert seen_by(reader, today=date(2040, 1, 1)) == []


def test_a_district_of_unknown_size_is_told_nothing(make, place, seen_by):
    reader = place(pupils=None)
    buy(make, [place() for _ in range(5)])

    assert seen_by(reader) == []


def test_an_order_without_its_purchase_order_is_not_use(make, place, seen_by):
    reader = place()
    buy(make, [place() for _ in range(5)], po_number="")

    assert seen_by(reader) == []
