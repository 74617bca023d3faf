"""The front page, a district's home, and the pages of plain words."""

import re
from datetime import date

import pytest

from marketplace.consortia.rules import MemberStatus
from marketplace.orders.rules import InvoiceStatus
from marketplace.pools.rules import Rung
from tests.conftest import on_sqlite
from tests.uptake.world import World

pytestmark = on_sqlite

PLAIN = {
    "/help": "Help",
    "/help/pools": "How a pool works",
    "/help/split": "How we split the cost",
    "/help/board-packet": "Board packet guide",
    "/help/checks": "How to check the books",
    "/help/contact": "Report a problem",
    "/accessibility": "Accessibility",
    "/privacy": "Privacy",
    "/security": "Security",
}


@pytest.fixture
def stranger(app):
    return app.test_client()


def todo(page):
    """The lines of the task list."""
    block = page.text.split('id="todo"')[1].split("</section>")[0]
    return [
        " ".join(re.sub(r"<[^>]+>", " ", item).split())
        for item in re.findall(r"<li>.*?</li>", block, re.DOTALL)
    ]


# -- the front page --------------------------------------------------------------------------


def test_a_first_run_says_how_to_start(make, stranger):
    World(make.session).save()

    page = stranger.get("/")

    assert page.status_code == 200
    assert "Start the first pool" in page.text
    assert 'action="/districts"' in page.text
    assert page.text.count("<h1") == 1


def test_the_front_page_shows_the_three_pools_that_close_first(desk, stranger):
    for days in (40, 10, 30, 20):
        pool = desk.open_pool(days=days, tool=days // 20, starts_on=date(2027, 1, days // 10))
        pool.title = f"Pool in {days} days"
    desk.world.save()

    page = stranger.get("/").text

    shown = re.findall(r"Pool in (\d+) days", page)
    assert shown == ["10", "20", "30"]


def test_a_pool_whose_time_is_over_is_not_shown_as_open(desk, stranger):
    desk.open_pool(days=-1)

    assert "No pool is open yet" in stranger.get("/").text


def test_only_firm_seats_count_in_the_bar(desk, stranger, make):
    pool = desk.open_pool()
    desk.commits(pool, Rung.COMMITTED, seats=620)
    other = desk.world.district()
    desk.world.save()
    desk.facts, desk.organization = other, desk.world.organizations[other.leaid]
    desk.commits(pool, Rung.INTENT, seats=100)

    page = stranger.get("/").text

    assert "620 seats committed, 100 more not firm yet, on the way to 1,000." in page
    assert '<strong class="num">380</strong> more bring a seat to $10.00' in page


def test_the_running_totals_lead_to_their_rows(desk, stranger):
    desk.orders(500_00)

    page = stranger.get("/").text

    assert page.count('href="/open/districts"') == 4
    assert "$500" in page


def test_the_front_page_asks_little_of_the_database(desk, stranger, count_queries):
    few = count_queries(lambda: stranger.get("/"))
    for days in (10, 20, 30):
        desk.open_pool(days=days, tool=days // 10 - 1)

    many = count_queries(lambda: stranger.get("/"))

    assert few <= many <= 6


# -- a district's home -----------------------------------------------------------------------


def test_a_new_district_is_told_to_find_a_consortium(desk, client_for):
    page = client_for(desk.buyer).get(desk.url)

    assert page.status_code == 200
    assert "You’re up to date." in page.text
    assert "Find a consortium" in page.text
    assert "Pat Rivera" in page.text
    assert todo(page) == []


def test_an_invitation_is_something_to_answer(desk, client_for):
    desk.joins(MemberStatus.INVITED)

    assert todo(client_for(desk.buyer).get(desk.url)) == [
        "Answer the invitation of Three Rivers Now"
    ]


def test_a_member_without_a_paper_is_asked_for_it(desk, client_for):
    desk.joins()
    asked = todo(client_for(desk.buyer).get(desk.url))

    desk.signs()

    assert asked[0].startswith("Hand in your membership paper for Three Rivers Now")
    assert todo(client_for(desk.buyer).get(desk.url)) == []


def test_a_paper_that_ends_soon_is_to_be_renewed(desk, client_for):
    desk.joins().signs(ends_on=date(2026, 12, 20))

    [line] = todo(client_for(desk.buyer).get(desk.url))

    assert line.startswith("Renew your membership paper for Three Rivers Dec 20, 2026")


def test_an_open_pool_waits_for_a_decision_until_seats_are_firm(desk, client_for):
    desk.joins().signs()
    pool = desk.open_pool()
    undecided = todo(client_for(desk.buyer).get(desk.url))

    commitment = desk.commits(pool, Rung.INTENT, board_date=date(2026, 12, 8))
    voting = todo(client_for(desk.buyer).get(desk.url))
    commitment.rung = Rung.COMMITTED
    desk.make.save(commitment)
    firm = client_for(desk.buyer).get(desk.url)

    assert undecided[0].startswith("Decide if you join Reading Tutor together Dec 16, 2026")
    assert voting[0].startswith("Board vote on Reading Tutor together Dec 8, 2026")
    assert "620 seats do not count yet" in voting[0]
    assert todo(firm) == []
    assert "Next: Dec 8, 2026" in firm.text


def test_an_order_asks_for_its_po_and_then_for_its_payment(desk, client_for):
    desk.joins().signs()
    without_po = desk.orders(700_00)
    [line] = todo(client_for(desk.buyer).get(desk.url))
    assert line.startswith("Issue your purchase order for Reading Tutor together Late since Sep 1")
    assert f"/orders/{without_po.id}" in client_for(desk.buyer).get(desk.url).text


def test_an_invoice_is_to_be_paid_until_it_is_paid(desk, client_for):
    desk.joins().signs()
    desk.orders(700_00, paid_cents=200_00, po="PO-1")

    [line] = todo(client_for(desk.buyer).get(desk.url))

    assert line.startswith("Pay invoice")
    assert "$500.00 is open." in line


def test_a_paid_invoice_is_nothing_to_do(desk, client_for):
    desk.joins().signs()
    desk.orders(700_00, paid_cents=700_00, po="PO-1")

    assert todo(client_for(desk.buyer).get(desk.url)) == []


def test_a_credited_invoice_is_nothing_to_pay(desk, client_for):
    desk.joins().signs()
    desk.orders(700_00, paid_cents=0, po="PO-1")
    [invoice] = desk.world.invoices
    invoice.status = InvoiceStatus.CREDITED
    desk.make.save(invoice)

    assert todo(client_for(desk.buyer).get(desk.url)) == []


def test_a_vote_after_the_deadline_is_due_by_the_deadline(desk, client_for):
    desk.joins().signs()
    desk.commits(desk.open_pool(days=10), Rung.INTENT, board_date=date(2026, 12, 8))

    [line] = todo(client_for(desk.buyer).get(desk.url))

    assert line.startswith("Board vote on Reading Tutor together Nov 26, 2026")
    assert "Your board votes Dec 8, 2026." in line


def test_what_is_late_comes_first(desk, client_for):
    desk.joins().signs()
    desk.open_pool(tool=1)
    desk.orders(700_00, paid_cents=0, po="PO-1")

    lines = todo(client_for(desk.buyer).get(desk.url))

    assert [line.split()[0] for line in lines] == ["Pay", "Decide"]


def test_a_home_is_closed_to_everyone_else(desk, client_for, make):
    desk.joins()
    neighbour = make.buyer(make.district())
    vendor = make.person(make.vendor(), "listing_editor")

    for user in (neighbour, vendor):
        there, nowhere = client_for(user).get(desk.url), client_for(user).get("/d/9999999/")
        assert there.status_code == nowhere.status_code == 404
        assert "Maple Valley" not in there.text


def test_another_districts_rows_do_not_show(desk, client_for, make):
    desk.joins().signs()
    pool = desk.open_pool()
    desk.commits(pool)
    other = desk.world.district(name="Pine Ridge")
    desk.world.buys(other, cents=987_65, alone_cents=987_65, paid_cents=0)
    desk.world.save()

    page = client_for(desk.buyer).get(desk.url).text

    assert "Pine Ridge" not in page
    assert "987.65" not in page


def test_a_busy_home_asks_no_more_of_the_database(desk, client_for, count_queries):
    desk.joins().signs()
    client = client_for(desk.buyer)
    few = count_queries(lambda: client.get(desk.url))

    for tool in range(3):
        desk.commits(desk.open_pool(days=10 + tool, tool=tool), Rung.INTENT)
        desk.colleague()
    many = count_queries(lambda: client.get(desk.url))

    assert few == many


# -- plain words -----------------------------------------------------------------------------


@pytest.mark.parametrize("url", PLAIN)
def test_every_page_of_plain_words_opens(make, stranger, url):
    page = stranger.get(url)

    assert page.status_code == 200
    assert f"<h1>{PLAIN[url]}</h1>" in page.text


def test_security_txt_says_whom_to_write_to_and_until_when(stranger):
    text = stranger.get("/.well-known/security.txt").text

    assert "Contact: http://127.0.0.1:8000/help/contact\n" in text
    assert "Expires: 2027-05-15T00:00:00Z\n" in text
    assert stranger.get("/.well-known/security.txt").mimetype == "text/plain"


def test_machines_are_kept_out_of_signed_in_pages(stranger):
    lines = stranger.get("/robots.txt").text.splitlines()

    assert lines[0] == "User-agent: *"
    assert {"Disallow: /d/", "Disallow: /admin/"} <= set(lines)
