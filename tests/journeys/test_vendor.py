"""A vendor comes by itself, lists a tool with its price, and bills what a pool ordered."""

from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.catalogue.models import Tool
from marketplace.core.money import dollars
from marketplace.orders.models import Order
from marketplace.pools.models import Pool
from tests import cards
from tests.conftest import on_sqlite
from tests.journeys.conftest import PASSWORD
from tests.journeys.world import BLACK_RIVER, WESTERN_RESERVE

pytestmark = [pytest.mark.e2e, on_sqlite, pytest.mark.timeout(240)]
EMAIL = "ines.falk@fieldnotes.example"
BANDS = ((1, "14.00"), (500, "12.50"), ("1,000", "11.25"), ("2,000", "9.80"))
#: 900 and 1,100 seats reach the band from 2,000.
TOTAL_CENTS = 2_000 * 980


@pytest.mark.parametrize("width", [1280, 390])
def test_a_vendor_lists_a_tool_and_bills_what_a_pool_ordered(
    width, visitor, member_of_staff, make, site, town
):
    vendor = visitor(width)
    signs_up(vendor)
    describes_the_tool(vendor)
    offers_a_price(vendor, site)
    describes_the_company(vendor)
    vendor.press("Send for review").sees("In review")
    operator = member_of_staff(make.organization(OrganizationKind.OPERATOR), Role.OPERATOR)
    publishes(operator)
    [tool] = site.read(select(Tool).where(Tool.name == "Fieldnotes Science"))
    make.save(*cards.rows(tool))  # two reviewers have read its papers
    lead = member_of_staff(town.agency, Role.ADMINISTRATOR, convenes=town.circle)
    pool = pools_it(lead, site, town)
    for leaid, seats in ((BLACK_RIVER, 900), (WESTERN_RESERVE, 1_100)):
        commits(member_of_staff(town.members[leaid], Role.BUYER), pool, seats)
    site.work()
    site.pass_time(pool.closes_at)
    site.work()
    [fieldnotes] = site.read(select(Organization).where(Organization.name == "Fieldnotes"))
    orders = site.read(select(Order).where(Order.vendor_id == fieldnotes.id))
    assert sum(order.total_cents for order in orders) == TOTAL_CENTS
    bills(vendor, site)


def signs_up(vendor):
    vendor.open("/sign-up").follow("Sign up a vendor")
    vendor.fill("Name of the organization", "Fieldnotes").choose("State", "Ohio")
    vendor.fill("Your name", "Ines Falk").fill("Work e-mail", EMAIL).fill("Password", PASSWORD)
    vendor.press("Sign up").sees("Check your e-mail")
    vendor.open_letter("Confirm your e-mail address", to=EMAIL).press("Confirm my address")
    vendor.sees("You list no tool yet")


def describes_the_tool(vendor):
    vendor.follow("List a tool").fill("Name of the tool", "Fieldnotes Science")
    vendor.fill("What it does, in one line", "Keeps a class's observations together.")
    vendor.press("Save the draft").sees("These parts are still missing")
    vendor.follow("About the tool").fill("What it does and for whom", "Pupils note what they see.")
    vendor.choose("Lowest grade", "4").choose("Highest grade", "8").tick("Science")
    vendor.fill("Languages", "English\nSpanish").press("Save", exact=True)
    vendor.follow("AI fact sheet").tick("Uses AI that predicts or sorts")
    vendor.fill("What the AI does", "It sorts notes by subject. A teacher decides what stays.")
    vendor.press("Save", exact=True).sees("Your answer brought some more questions.")
    vendor.tick("Never, neither ours nor a supplier").press("Save", exact=True)
    vendor.follow("Add an edition").fill("Name of the edition", "Full license")
    vendor.fill("What is included", "Set-up and two hours of training.")
    vendor.press("Save and set the price").sees("Price of Full license")


def offers_a_price(vendor, site):
    """Four bands; the third is first typed below the second, and all that was typed stays."""
    vendor.tick("Volume: all seats")
    for row, (start, price) in enumerate(BANDS, start=1):
        vendor.fill(f"Band {row}: from how many", start)
        vendor.fill(f"Band {row}: price in dollars", price)
    vendor.fill("Band 3: from how many", "400").fill("Length of a license", "12")
    vendor.fill_day("Price is good until", site.today() + timedelta(days=300))
    vendor.press("Save this price", refused=422)
    vendor.sees("There is a problem", "Band 3: It must start above the band before it (500 seats).")
    assert vendor.page.title().startswith("Error: ")
    assert vendor.page.get_by_label("Band 4: price in dollars").input_value() == "9.80"
    vendor.fill("Band 3: from how many", "1,000").press("Preview")
    vendor.sees("Not saved yet.", "$19,600.00").press("Save this price")
    vendor.sees("$9.80 to $14.00 a seat", "version 1")


def describes_the_company(vendor):
    vendor.follow("Your company", within="main .tasks")
    vendor.fill("Billing e-mail", "billing@fieldnotes.example")
    vendor.fill("Remit-to address", "Fieldnotes\n7 Mill Lane\nKent, OH 44240").press("Save")
    vendor.follow("Fieldnotes Science", exact=True).sees("All parts are there.")


def publishes(operator):
    operator.open("/admin/listings").follow("Fieldnotes Science", exact=True)
    operator.sees("It sorts notes by subject.", "$9.80")
    operator.press("Publish Fieldnotes Science").sees("Fieldnotes Science is published.")


def pools_it(lead, site, town):
    today = site.today("America/New_York")
    lead.open("/tools?q=fieldnotes").follow("Fieldnotes Science", exact=True)
    lead.open(f"/c/{town.circle.slug}/").follow("Plan a pool")
    options = lead.page.get_by_label("Tool and price").locator("option").all_inner_texts()
    [wanted] = [option for option in options if option.startswith("Fieldnotes Science")]
    lead.choose("Tool and price", wanted).fill("Title", "Fieldnotes for grades 4 to 8")
    lead.fill_day("Last day to commit", today + timedelta(days=10))
    lead.fill_day("Term starts", today + timedelta(days=40))
    lead.fill_day("Term ends", today + timedelta(days=400))
    lead.fill_day("Pay by", today + timedelta(days=60))
    lead.press("Save the draft").sees("This is a draft. Only you see it.")
    lead.follow("Open the pool").press("Open the pool").sees("Be the first")
    [pool] = site.read(select(Pool))
    return pool


def commits(buyer, pool, seats):
    buyer.open("/pools").follow("Fieldnotes for grades 4 to 8").follow("Join this pool")
    buyer.fill("Firm seats", seats).tick("We commit, with a purchase order")
    buyer.fill("Purchase order number", f"PO-{seats}").press("Continue").press("Continue")
    buyer.press(f"Commit {seats:,} seats").sees(f"{seats:,} seats are in the pool")


def bills(vendor, site):
    letter = site.letter("PO PO-900 from Black River Local", to=EMAIL)
    assert "900 seats" in letter.text
    vendor.open("/").follow("Fieldnotes", exact=True).sees(dollars(TOTAL_CENTS), "2 orders")
    vendor.follow("Orders and invoices").sees("Ready to bill", "Black River Local", "PO-1100")
    vendor.follow("Black River Local", within="tbody")
    vendor.sees("Fieldnotes Science for Black River Local", "$8,820.00", "PO PO-900 issued")
    vendor.follow("Issue the invoice").press("Issue invoice for $8,820.00")
    vendor.sees("Invoice 1 is issued and sent.", "Send it to: Fieldnotes 7 Mill Lane")
    vendor.follow("Orders", exact=True, within=".crumb")
    vendor.follow("Issue 1 invoice for").press("Issue 1 invoice").sees(
        "Invoices issued and sent: 1."
    )
    vendor.sees("$19,600.00", "No. 1", "No. 2")
    assert "Ready to bill" not in vendor.page.locator("tbody").inner_text()
