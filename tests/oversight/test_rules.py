"""The states' clocks: dated, cited, and honest where nothing is loaded."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from marketplace.core.errors import RuleBroken
from marketplace.oversight import queries, rules
from marketplace.oversight.rules import IncidentStatus

DAYS = {"told_on": date(2026, 11, 16), "as_of": queries.CLOCKS_AS_OF}


def clocks(state, knew=date(2026, 11, 10)):
    return rules.clocks_for(state, queries.duties(), vendor_knew_on=knew, **DAYS)


def test_each_clock_counts_from_its_own_day_and_names_its_source():
    vendor, to_state, families = clocks("NY")

    assert vendor.due_on == date(2026, 11, 17)
    assert to_state.due_on == date(2026, 11, 26)
    assert families.due_on == date(2027, 1, 15)
    assert "November 26, 2026" in to_state.words
    assert "8 NYCRR 121.10" in vendor.source
    assert "No counsel has signed this off" in vendor.source


def test_a_day_that_is_not_known_gives_no_date_and_a_state_that_is_not_loaded_says_so():
    (illinois,) = clocks("IL", knew=None)
    (ohio,) = clocks("OH")
    (nowhere,) = clocks(None)

    assert illinois.due_on is None
    assert "we give no date" in illinois.words
    assert "No breach clock is loaded for Ohio" in ohio.words
    assert "your state" in nowhere.words


def test_a_duty_that_nobody_verified_says_so():
    duty = rules.Duty("OH", "OH-1", "vendor", 5, "told", "The vendor tells", "ORC 1", "check")
    (clock,) = rules.clocks_for("OH", [duty], vendor_knew_on=None, **DAYS)

    assert "Unverified" in clock.source


def test_the_clocks_are_those_of_the_law_packs():
    path = Path("../shared/scorecard/state-packs.yaml")
    if not path.exists():
        pytest.skip("the law packs are not beside this checkout")
    packs = yaml.safe_load(path.read_text())
    known = {
        each["id"]: each
        for part in packs.values()
        if isinstance(part, dict)
        for each in part.get("requirements", ())
    }

    assert packs["as_of"] == queries.CLOCKS_AS_OF
    for duty in queries.duties():
        said = known[duty.pack]
        assert (said["cite"], said["confidence"]) == (duty.cite, duty.confidence)
        assert str(duty.days) in said["plain"]


def test_two_different_people_decide():
    rules.check_second_person("ann", "bo", "proof")
    for first, second in ((None, "bo"), ("bo", "bo")):
        with pytest.raises(RuleBroken):
            rules.check_second_person(first, second, "proof")
    for status in (IncidentStatus.CONFIRMED, IncidentStatus.CLOSED, IncidentStatus.NOT_CONFIRMED):
        with pytest.raises(RuleBroken):
            rules.check_open_report(status)
