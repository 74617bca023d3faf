"""What happens when something is refused: nothing is lost, nothing happens twice."""

import pytest
from sqlmodel import select

from marketplace.accounts.models import Invitation, Membership, Organization
from marketplace.accounts.rules import INVITATION_LASTS, Role
from marketplace.pools.models import Commitment
from tests.conftest import on_sqlite
from tests.journeys import world
from tests.journeys.conftest import PASSWORD
from tests.journeys.world import BLACK_RIVER, SPRINGFIELD

pytestmark = [pytest.mark.e2e, on_sqlite]
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_refused_form_keeps_what_was_typed_and_leads_to_each_problem(visitor, town, width):
    stranger = visitor(width).open(f"/sign-up/district/{SPRINGFIELD}")
    stranger.fill("Your name", "Dana Ortiz").fill("Work e-mail", "dana at springfield")
    stranger.fill("Password", "short").press("Sign up this district", refused=422)
    page = stranger.page
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.hasAttribute('data-errors')")
    assert page.get_by_label("Your name").input_value() == "Dana Ortiz"
    assert page.get_by_label("Work e-mail").input_value() == "dana at springfield"
    assert page.get_by_label("Password").input_value() == ""
    stranger.sees("There is a problem", "Use at least")
    page.locator("[data-errors] a").last.click()
    assert page.evaluate("document.activeElement.id") == "password"
    assert page.locator("#password").get_attribute("aria-invalid") == "true"


def test_without_a_script_the_browser_itself_goes_to_the_problems(visitor, town):
    stranger = visitor(javascript=False).open(f"/sign-up/district/{SPRINGFIELD}")
    stranger.fill("Your name", "Dana Ortiz").press("Sign up this district", refused=422)
    stranger.sees("There is a problem", "Enter your work e-mail.")
    assert stranger.page.title().startswith("Error: ")
    assert stranger.page.get_by_label("Your name").input_value() == "Dana Ortiz"


def test_seats_beyond_the_pupils_are_refused_in_place_and_the_rest_stays(
    member_of_staff, make, town, site
):
    pool = world.pool(make, town, site.now())
    buyer = member_of_staff(town.members[BLACK_RIVER], Role.BUYER)
    buyer.open(f"/pools/{town.circle.slug}/{pool.slug}").follow("Change seats")
    buyer.fill("Firm seats", "90000").fill("Most you will pay", "12,000")
    buyer.press("Continue", stays=True, refused=422)
    buyer.sees("There is a problem", "Your district has 1,204 pupils")
    assert buyer.page.evaluate("document.activeElement.hasAttribute('data-errors')")
    assert buyer.page.get_by_label("Firm seats").input_value() == "90000"
    assert buyer.page.get_by_label("Most you will pay").input_value() == "12,000"
    [sent] = site.read(select(Commitment).where(Commitment.leaid == BLACK_RIVER))
    assert sent.seats == 1_000


def test_pages_that_are_not_there_not_open_or_not_for_that_say_so(member_of_staff, town):
    buyer = member_of_staff(town.members[BLACK_RIVER], Role.BUYER)
    buyer.open_refused("/tools/no-such-tool", 404).sees("Page not found")
    buyer.open_refused(f"/v/{town.vendor.slug}/orders", 404).sees("Page not found")
    buyer.open_refused("/account/people/invite", 403).sees("This is not open to you")
    buyer.open_refused("/account/act-for", 405).sees("That does not work here")
    buyer.follow("Go to the start page")


def test_an_invitation_that_has_run_out_says_what_to_do(member_of_staff, visitor, town, site):
    admin = member_of_staff(town.members[BLACK_RIVER], Role.ADMINISTRATOR)
    admin.open("/account/people/invite").fill("Work e-mail", "kim@blackriver.example")
    admin.choose("Role", "Buyer").press("Send the invitation", exact=False)
    site.work()
    address = site.letter("You are invited", to="kim@blackriver.example")
    guest = visitor().open_letter("You are invited", to=address.recipient)
    guest.sees("Join Black River Local")
    site.pass_time(site.now() + INVITATION_LASTS)
    guest.fill("Your name", "Kim Reyes").fill("Password", PASSWORD)
    guest.press("Join", refused=409).sees("invitation")
    [invitation] = site.read(select(Invitation))
    assert invitation.accepted_at is None


def test_pressing_twice_sending_again_and_going_back_change_nothing_twice(
    member_of_staff, make, town, site
):
    pool = world.pool(make, town, site.now())
    buyer = member_of_staff(town.members[BLACK_RIVER], Role.BUYER)
    page, posts = buyer.page, []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    buyer.open(f"/pools/{town.circle.slug}/{pool.slug}").follow("Change seats")
    buyer.fill("Firm seats", "1100").press("Continue").press("Continue")
    posts.clear()
    with page.expect_navigation(url="**/join/sent"):
        page.get_by_role("button", name="Commit 1,100 seats").dblclick(no_wait_after=True)
    buyer.look_around().sees("1,100 seats are in the pool")
    once = standing(site)
    assert once.seats == 1_100

    # Where the browser swallowed the second press, it comes now: the very same request.
    again = page.request.post(
        posts[0].url, data=posts[0].post_data, headers={"Content-Type": FORM, "Referer": page.url}
    )
    assert (again.status, again.url) == (200, page.url)
    assert standing(site).changed_at == once.changed_at

    buyer.back().sees("How many seats?")  # there is nothing left to send a second time
    assert page.get_by_label("Firm seats").input_value() == "1100"
    assert standing(site).changed_at == once.changed_at


def standing(site):
    [found] = site.read(select(Commitment).where(Commitment.leaid == BLACK_RIVER))
    return found


def test_signing_up_by_a_double_click_founds_one_district(visitor, town, site):
    stranger = visitor().open(f"/sign-up/district/{SPRINGFIELD}")
    stranger.fill("Your name", "Dana Ortiz").fill("Work e-mail", "dana@springfield.example")
    stranger.fill("Password", PASSWORD)
    # The second click ends the first one's page, so no single navigation can be waited for.
    stranger.page.get_by_role("button", name="Sign up this district").dblclick(no_wait_after=True)
    stranger.page.get_by_role("heading", name="Check your e-mail").wait_for()
    founded = select(Organization).where(Organization.leaid == SPRINGFIELD)
    [district] = site.read(founded)
    people = site.read(select(Membership).where(Membership.org_id == district.id))
    assert len({person.user_id for person in people}) == 1
