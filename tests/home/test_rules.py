"""What needs a district, by date."""

from datetime import date

import pytest

from marketplace.home import rules
from marketplace.home.rules import Task

TODAY = date(2026, 11, 16)


def test_what_has_no_date_comes_first_then_by_date():
    now, soon, later = Task("a", "/"), Task("b", "/", TODAY), Task("c", "/", date(2026, 12, 8))

    assert rules.in_order([later, soon, now]) == [now, soon, later]


@pytest.mark.parametrize("due, late", [(date(2026, 11, 15), True), (TODAY, False), (None, False)])
def test_a_task_is_late_from_the_day_after(due, late):
    assert rules.is_late(Task("a", "/", due), TODAY) is late


def test_the_next_date_is_never_in_the_past():
    days = [date(2026, 12, 8), None, TODAY, date(2020, 1, 1)]

    assert rules.next_date(days, TODAY) == TODAY
    assert rules.next_date([None, date(2020, 1, 1)], TODAY) is None


@pytest.mark.parametrize(
    "ends_on, missing, ends_soon",
    [
        (None, True, False),
        (date(2026, 11, 15), True, False),
        (TODAY, False, True),
        (date(2027, 1, 14), False, True),
        (date(2027, 1, 15), False, False),
    ],
)
def test_a_paper_is_missing_or_ends_soon(ends_on, missing, ends_soon):
    assert rules.paper_is_missing(ends_on, TODAY) is missing
    assert rules.paper_ends_soon(ends_on, TODAY) is ends_soon
