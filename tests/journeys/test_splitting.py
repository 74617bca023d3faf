"""How to split: a stranger reckons, a lead tries methods and proposes one, a member reads it."""

import pytest

from marketplace.accounts.rules import Role
from tests.conftest import on_sqlite
from tests.journeys import world
from tests.journeys.world import BLACK_RIVER

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
BROWSERS = {
    "desktop": {"width": 1280},
    "phone": {"width": 390},
    "without a script": {"width": 390, "javascript": False},
}


@on_sqlite
@pytest.mark.parametrize("hands", BROWSERS)
def test_a_way_to_split_is_tried_proposed_and_read(
    hands, visitor, member_of_staff, make, site, town
):
    browser = BROWSERS[hands]
    pool = world.pool(make, town, site.now())
    stranger = visitor(**browser)
    reckons_on_the_public_page(stranger)
    reads_the_math_of_a_share(stranger, town, pool)
    lead = member_of_staff(
        town.agency, Role.ADMINISTRATOR, convenes=town.circle, name="Lee Park", **browser
    )
    tries_methods(lead, town)
    proposes(lead)
    member = member_of_staff(town.members[BLACK_RIVER], Role.VIEWER, name="Sam Ito", **browser)
    reads_the_proposal(member, town)
    lead.press("Withdraw this proposal").sees("The proposal is withdrawn.")
    member.open(member.page.url).sees("It will not be voted on.")


def reckons_on_the_public_page(stranger):
    stranger.open("/open/method/split").sees("Split a cost fairly", "The methods in plain words")
    members = stranger.page.get_by_role("textbox", name="Districts")
    members.fill("Maple, many\nOak, 480, 845")
    stranger.press("Work it out", refused=422).sees("Row 1: Write a whole number")
    assert members.input_value() == "Maple, many\nOak, 480, 845"
    members.fill("Maple, 1,620, 1,640\nOak, 480, 845")
    stranger.tick("Equal parts")
    stranger.press("Work it out").sees("$16,800.00", "Oak would save $9,120.00 by buying apart.")


def reads_the_math_of_a_share(stranger, town, pool):
    stranger.open(f"/pools/{town.circle.slug}/{pool.slug}")
    stranger.page.get_by_text("Show the math for the shares").click()
    stranger.follow("The whole math").sees(
        "The math of the shares", "Step by step", "2 CFR 200.405(d)"
    )
    stranger.follow("Black River Local", within="tbody")
    stranger.sees("$33,925.00 × 1,000 ÷ 2,180 seats", "What each method would give it")


def tries_methods(lead, town):
    lead.open(f"/consortia/{town.circle.slug}").follow("Try the methods")
    lead.sees("How to split the cost", "No proposal yet", "Fair to every group")
    lead.fill("Seats of Black River Local", "lots").press("Work it out", refused=422)
    lead.sees("Black River Local: Write a whole number from 0")
    lead.fill("Seats of Black River Local", "200").tick("Equal parts").press("Work it out")
    lead.sees("Black River Local would save", "pays")


def proposes(lead):
    lead.fill("Why this method?", "One vote each, one bill each.")
    lead.press("Store as a proposal to vote on")
    lead.sees("Your proposal is stored.", "Proposal: Equal parts", "These figures are frozen.")


def reads_the_proposal(member, town):
    member.open(f"/consortia/{town.circle.slug}").sees("1 proposal waits for a vote.")
    member.follow("Equal parts").sees("One vote each, one bill each.", "Check it yourself")
    assert b'"method":"equal"' in member.download("frozen inputs")
