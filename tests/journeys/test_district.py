"""The main job: a district comes by itself, buys with others, pays, and checks the books."""

import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.cli import main
from marketplace.core.money import dollars
from marketplace.pools.models import Allocation, Pool
from marketplace.pools.rules import PoolStatus
from tests.conftest import on_postgresql, on_sqlite
from tests.journeys import world
from tests.journeys.conftest import PASSWORD
from tests.journeys.world import SPRINGFIELD

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
EMAIL = "dana.ortiz@springfield.example"
VERIFIER = Path(__file__).parents[2] / "docs" / "verify_ledger.py"
BROWSERS = {
    "desktop": {"width": 1280},
    "phone": {"width": 390},
    "without a script": {"width": 1280, "javascript": False},
    "by keyboard": {"width": 1280, "keyboard": True},
}


@on_sqlite
@pytest.mark.parametrize("hands", BROWSERS)
def test_a_district_buys_with_others_from_sign_up_to_the_books(hands, journey):
    journey(BROWSERS[hands])


@on_postgresql
def test_a_district_buys_with_others_on_postgresql(journey):
    journey(BROWSERS["desktop"])


@pytest.fixture
def journey(visitor, member_of_staff, make, site, town, signed_paper, verify):
    """The whole way, in one browser or another."""

    def go(browser):
        pool = world.pool(make, town, site.now())
        buyer = visitor(**browser)
        signs_up(buyer)
        finds_the_tool(buyer)
        joins_the_consortium(buyer, signed_paper, site)
        lead = member_of_staff(town.agency, Role.ADMINISTRATOR, convenes=town.circle)
        site.work()
        lead_says_yes(lead)
        site.work()
        commits(buyer)
        changes_seats(buyer)
        site.pass_time(pool.closes_at)
        share = its_share(site, pool)
        site.work()  # what follows from the orders: letters
        reads_its_order(buyer, site, share)
        vendor_bills(member_of_staff(town.vendor, Role.FINANCE), share)
        site.work()
        receipt = reads_its_invoice(buyer, share)
        agent = member_of_staff(town.circle, Role.FISCAL_AGENT)
        records_the_payment(agent, site, share)
        confirms_the_payment(buyer)
        books = checks_the_books(buyer, share)
        verify(books, receipt)

    return go


# -- coming in ---------------------------------------------------------------------------------


def signs_up(buyer):
    buyer.open("/").follow("Sign up", exact=True).follow("Sign up a district")
    buyer.fill("Name, city or 7-digit NCES ID", "Spring feild").press("Search")
    buyer.sees("Springfield City School District", "Springfield Local")
    buyer.follow("Springfield Local", within="tbody")
    buyer.sees("Sign up: Springfield Local", "Holland", "3,702", "NCES ELSI")
    buyer.fill("Your name", "Dana Ortiz").fill("Work e-mail", EMAIL).fill("Password", PASSWORD)
    buyer.press("Sign up this district").sees("Check your e-mail")
    buyer.open_letter("Confirm your e-mail address", to=EMAIL)
    buyer.press("Confirm my address").sees("Springfield Local", "Nothing is due")


def finds_the_tool(buyer):
    buyer.follow("Tools", exact=True).sees("2 tools", "Algebra Steps")
    folded = buyer.page.locator("summary", has_text="Filters")  # on a phone
    if folded.is_visible():
        folded.click()
    buyer.choose("Grade", "3 (1)").choose("Subject", "Reading and writing (1)")
    buyer.press("Show", exact=False).sees("1 tool found", "Reading Coach")
    assert "Algebra Steps" not in buyer.page.content()
    buyer.follow("Reading Coach", exact=True).sees("Not reviewed", "$16.00")
    buyer.follow("See the pool").sees("Lakeshore Buyers", "2,180", "Black River Local")


def joins_the_consortium(buyer, paper, site):
    buyer.follow("Ask to join the consortium").follow("Ask to join", exact=True)
    buyer.fill("A word to the lead agency", "We teach 3,702 pupils.").tick(
        "We have read the by-laws"
    )
    buyer.press("Ask to join").sees("Your request is with the lead agency")
    today = site.today("America/New_York")
    buyer.fill("Who signed", "Robin Hale").fill("Title of the signer", "Superintendent")
    buyer.fill_day("Signed on", today).fill(
        "Its words on what it covers", "Joint purchase of software"
    )
    buyer.fill_day("In force from", today)
    buyer.fill_day("In force until", today + timedelta(days=3 * 365))
    buyer.attach("The signed PDF", paper)
    buyer.press("File the paper").sees("The paper is on file.", "The lead agency says yes")


def lead_says_yes(lead):
    lead.open_letter("asks to join", to=lead.email)
    lead.follow("Springfield Local", exact=True).sees("Robin Hale", "We teach 3,702 pupils.")
    lead.press("Say yes").sees("Springfield Local is a member now.", "Active")


# -- the pool ----------------------------------------------------------------------------------


def commits(buyer):
    buyer.follow("Springfield Local", exact=True)
    buyer.follow("Decide if you join Reading Coach")
    buyer.fill("Seats for your district", "200").press("Update", stays=True)
    # 2,380 seats: 2,500 for $33,925.00 cost less, and 200 / 2,380 of that are ours
    buyer.sees("With 200 seats you would pay today", "$2,850.84")
    buyer.follow("Join this pool").sees("How many seats?", "Your district has 3,702 pupils.")
    buyer.fill("Firm seats", "200").press("Update prices", stays=True)
    buyer.sees("200 seats, at each price step of the pool", "$2,850.84", "$2,714.00")
    buyer.fill("Firm seats", "180").tick("We commit, with a purchase order")
    buyer.fill("Purchase order number", "PO-2207").press("Continue").sees("Whom do we write to?")

    buyer.open("/").follow("Pools", exact=True).follow("Reading Coach for grades 1 to 5")
    buyer.follow("Join this pool").sees("Whom do we write to?")  # where it was left
    buyer.press("Continue").sees("Check your answers", "PO-2207", "Dana Ortiz", EMAIL)
    buyer.press("Commit 180 seats").sees("180 seats are in the pool", "They count")


def changes_seats(buyer):
    buyer.follow("See the pool").sees("Springfield Local, you").follow("Change seats")
    assert buyer.page.get_by_label("Purchase order number").input_value() == "PO-2207"
    buyer.fill("Firm seats", "240").press("Continue").press("Continue")
    buyer.sees("$3,364.46").press("Commit 240 seats").sees("240 seats are in the pool")
    buyer.follow("See the pool").sees("2,420")


def its_share(site, pool):
    """What the job made of the pool: the cents that every page and paper has to name."""
    [cleared] = site.read(select(Pool).where(Pool.id == pool.id))
    shares = site.read(select(Allocation).where(Allocation.pool_id == pool.id))
    assert cleared.status in (PoolStatus.CLEARED, PoolStatus.ORDERED)
    assert sum(each.share_cents for each in shares) == 2_500 * 1_357
    [ours] = [each for each in shares if each.leaid == SPRINGFIELD]
    assert (ours.seats, ours.share_cents) == (240, 336_446)
    return ours.share_cents


# -- order, bill, payment ----------------------------------------------------------------------


def reads_its_order(buyer, site, share):
    letter = site.letter("is placed", to=EMAIL).text
    assert f"Your share is {dollars(share)} for 240 seats" in letter
    assert "PO PO-2207 was issued" in letter
    buyer.open_letter("is placed", to=EMAIL)
    buyer.sees("Reading Coach for Springfield Local", dollars(share), "PO PO-2207 issued")
    buyer.follow("PO PO-2207 issued").sees("Purchase order PO-2207", "$3,364.46")
    paper = text_of(buyer.download("PDF of this PO"))
    for words in ("PO-2207", "Springfield Local", "$3,364.46", "Northlight Learning"):
        assert words in paper, (words, paper)


def vendor_bills(vendor, share):
    vendor.follow("Orders and invoices").sees("Springfield Local", "Black River Local")
    vendor.follow("Springfield Local", within="tbody").follow("Issue the invoice")
    vendor.press(f"Issue invoice for {dollars(share)}").sees("Invoice 1 is issued and sent.")


def reads_its_invoice(buyer, share):
    buyer.open("/").follow("Springfield Local", exact=True)
    buyer.follow("Pay invoice 1").sees("Invoice 1 from Northlight Learning", dollars(share))
    buyer.sees("PO PO-2207", "No payment is in the books yet", "100 Main Street")
    receipt = buyer.page.locator("#check ~ .hash").inner_text()
    paper = text_of(buyer.download("PDF of this invoice"))
    for words in ("Invoice 1", "PO-2207", dollars(share), "Springfield Local", "100 Main Street"):
        assert words in paper, (words, paper)
    assert receipt in paper.replace("\n", "")
    return receipt


def records_the_payment(agent, site, share):
    agent.sees("Money", "$33,925.00", "Springfield Local")
    agent.follow("No. 1").follow("Record a payment")
    agent.tick("Check").fill("Number on the check", "104233")
    agent.fill_day("Date on it", site.today("America/New_York"))
    assert agent.page.get_by_label("Amount").input_value() == "3,364.46"
    agent.press("Write it down").sees("A second person confirms it", "Check 104233")
    assert agent.page.get_by_role("button", name="Confirm").count() == 0


def confirms_the_payment(buyer):
    buyer.open("/").follow("Springfield Local", exact=True).follow("Pay invoice 1")
    buyer.sees("Written down, not in the books", "Check 104233")
    buyer.press("Confirm Check 104233").sees("is confirmed and in the books", "Paid")
    buyer.sees("Nothing to do. This invoice is paid in full.")


# -- the books ---------------------------------------------------------------------------------


def checks_the_books(buyer, share):
    buyer.open("/").follow("Springfield Local", exact=True).follow("My ledger")
    buyer.sees("Orders minus payments equal the books")
    table = buyer.page.locator("table", has_text="Rows of Lakeshore Buyers")
    rows = table.locator("tbody tr")
    assert rows.count() == 2
    assert dollars(share) in rows.nth(0).locator("td[data-l=Credit]").inner_text()
    assert dollars(share) in rows.nth(1).locator("td[data-l=Debit]").inner_text()
    assert table.locator("tfoot td[data-l=Balance]").inner_text() == "$0.00"
    buyer.follow("in the open books of Lakeshore Buyers").sees("Now: $0.00", "2 rows")
    buyer.follow("Paid to the vendor", within="tbody").sees(dollars(share))
    buyer.follow("Lakeshore Buyers", within="main, nav").sees("Books of Lakeshore Buyers")
    owed = 2_500 * 1_357 - share
    sums = buyer.page.locator("tfoot td.n").all_inner_texts()
    assert sums == [dollars(owed)] * 2, sums
    return buyer.download("Sealed entries")


@pytest.fixture
def verify(app, tmp_path, monkeypatch):
    """The operator's command and the outsider's script find the same as the pages."""

    def run(export, receipt):
        entries = [json.loads(line) for line in export.decode().splitlines()]
        ours = [
            cents
            for entry in entries
            for account, cents, _ in json.loads(entry["body"])["e"]
            if account == f"receivable:{SPRINGFIELD}"
        ]
        assert ours == [336_446, -336_446]
        file = tmp_path / "books.jsonl"
        file.write_bytes(export)
        outsider = subprocess.run(
            [sys.executable, VERIFIER, file, receipt], capture_output=True, text=True, check=False
        )
        assert outsider.stdout.startswith(f"OK: {len(entries)} entries"), outsider.stderr
        monkeypatch.setenv("MODE", "test")
        monkeypatch.setenv("VAR", str(app.config["VAR"]))
        monkeypatch.setenv("DATABASE_URL", app.config["DATABASE_URL"])
        operator = CliRunner().invoke(main, ["ledger", "verify"])
        assert operator.exit_code == 0, operator.output
        assert f"{len(entries)} entries hold, head {entries[-1]['hash']}" in operator.output

    return run


# -- papers ------------------------------------------------------------------------------------


@pytest.fixture
def signed_paper(tmp_path):
    path = tmp_path / "signed agreement.pdf"
    path.write_bytes(b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n")
    return path


def text_of(pdf):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
