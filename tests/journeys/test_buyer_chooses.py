"""A buyer finds tools from the home page, weighs them with a colleague and records the choice."""

import pytest

from marketplace.accounts.rules import Role
from tests.conftest import on_sqlite

pytestmark = [pytest.mark.e2e, on_sqlite, pytest.mark.timeout(240)]
PER_SEAT = {"form": "per_seat", "bands": [{"from": 1, "unit_cents": 1250}]}


@pytest.fixture
def district(make, site):
    found = make.district("Maple Local")
    for name, facts in (
        ("Lumen Reading Coach", {"summary": "Listens while children read.", "highest_grade": 5}),
        ("Story Ladder", {"summary": "Stories that grow with the reader."}),
        ("Café Math", {"summary": "Practice with hints.", "subjects": ["math"]}),
    ):
        tool = make.tool(make.vendor(f"Maker of {name}"), name, ai_facts=["It listens."], **facts)
        make.price_schedule(tool, PER_SEAT)
    return found


def unfold(buyer, width):
    """On a phone the filters are folded, so that what was found comes first."""
    fold = buyer.page.locator("summary", has_text="Filters")
    assert fold.is_visible() == (width < 768)
    if width < 768:
        fold.click()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_buyer_goes_from_the_home_page_to_a_decision(width, district, member_of_staff):
    buyer = member_of_staff(district, Role.BUYER, name="Ann Lee", width=width)
    steward = member_of_staff(district, Role.DATA_STEWARD, name="Bo Ray", width=width)

    buyer.open("/").follow("Tools", exact=True)
    buyer.fill("Words", "raeding").fill("Seats you need", "200").press("Show", exact=False)
    buyer.sees("We looked for reading", "2 tools found", "$2,500.00")
    unfold(buyer, width)
    buyer.choose("Grade", "9 (1)").press("Show", exact=False).sees("1 tool found", "Story Ladder")
    unfold(buyer, width)
    buyer.choose("Subject", "Any subject").fill("Words", "math").press("Show", exact=False)
    buyer.follow("Save this search").press("Save").sees("Only you see these")

    buyer.open("/tools").follow("Lumen Reading Coach")
    buyer.fill("Seats you need", "200").press("Show my price").sees("$2,500.00 for 200 seats")
    buyer.follow("Add to a shortlist").tick("A new list").fill("Title of the new list", "Reading")
    buyer.press("Put it on the list").sees("Lumen Reading Coach")
    buyer.open("/tools").follow("Story Ladder").follow("Add to a shortlist")
    buyer.tick("Reading").press("Put it on the list").sees("2 tools on the list")

    steward.follow("Maple Local").follow("Reading", exact=True)
    steward.choose("About", "Story Ladder").fill("Your comment", "No voice is kept.")
    steward.press("Add your comment").sees("No voice is kept.", "Bo Ray")

    here = steward.page.url
    buyer.open(here).follow("Compare them").sees("Notes of your district", "No voice is kept.")
    assert buyer.download("XLSX").startswith(b"PK")
    buyer.open(here).follow("Record the decision").tick("Story Ladder")
    buyer.press("Put the decision on file", refused=422).sees("Write why")
    buyer.fill("Why", "It keeps no voices.").press("Put the decision on file")
    buyer.sees("Decision 1", "It keeps no voices.", "Ann Lee", "Weighed: Lumen Reading Coach")
    buyer.follow("Maple Local", within=".crumb").sees("Decided: Story Ladder")
