"""The open books and the funders' pages, as strangers and funders see them."""

import csv
import io
import random
import re
from datetime import date

import pytest

from marketplace.accounts.rules import Role
from marketplace.core import db, tenancy
from marketplace.core.access import Actor
from marketplace.directory.states import NAME_BY_CODE
from marketplace.ledger import service as ledger
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.uptake import queries, rules
from tests.conftest import on_sqlite

pytestmark = on_sqlite

PAGES = ("/open", "/open/districts", "/open/data", "/funders")


@pytest.fixture
def stranger(app):
    return app.test_client()


@pytest.fixture
def funder(make):
    return make.funder("Harlan Family Fund", slug="harlan", city="Athens", state="OH")


@pytest.fixture
def officer(make, funder):
    return make.person(funder, Role.PROGRAMME_OFFICER)


def table_of(answer):
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.text)))


def text_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


@pytest.mark.parametrize("url", PAGES)
def test_a_first_run_says_what_comes_next(world, stranger, url):
    world.save()

    page = stranger.get(url)

    assert page.status_code == 200
    assert page.text.count("<h1") == 1


def test_an_empty_site_invents_nothing(world, stranger):
    world.save()

    page = stranger.get("/open").text

    assert "Nothing has been bought yet" in page
    assert "The books are empty" in page
    assert "Matches the books" not in page


def test_the_totals_lead_to_their_rows(world, stranger):
    world.buys(world.district(name="Albertville"), cents=500_00, alone_cents=800_00, paid_cents=0)
    world.save()

    page = stranger.get("/open").text
    rows = stranger.get("/open/districts").text

    assert page.count('href="/open/districts"') >= 4
    assert "$300" in page
    assert "Albertville" in rows
    assert "$500.00" in rows


def test_the_file_says_what_the_page_says(world, stranger, look):
    world.at_random(random.Random(7), districts=40)
    total = rules.total_of(queries.cells(look))

    lines = table_of(stranger.get("/open.csv"))
    page = text_of(stranger.get("/open"))

    [whole] = [line for line in lines if line["by"] == "total"]
    assert int(whole["districts"]) == total.districts
    for part in ("state", "locale", "size"):
        some = [line for line in lines if line["by"] == part]
        for column in ("districts", "seats", "ordered_cents", "paid_cents", "saved_cents"):
            assert sum(int(line[column]) for line in some) == int(whole[column]), (part, column)
    assert f"All {total.districts} {total.pupils_words} {total.seats:,}" in page


def test_json_and_csv_agree(world, stranger):
    world.at_random(random.Random(8), districts=30)

    told = stranger.get("/open.json?year=2026").get_json()
    lines = table_of(stranger.get("/open.csv?year=2026"))

    assert told["filters"] == {"year": "2026"}
    for part in ("state", "locale", "size", "tool", "year"):
        some = [line for line in lines if line["by"] == part]
        assert [row["name"] for row in told[part]] == [line["name"] for line in some]
        assert [row["saved_cents"] for row in told[part]] == [
            int(line["saved_cents"]) for line in some
        ]


def test_the_downloaded_districts_add_up_to_the_total(world, stranger):
    world.at_random(random.Random(9), districts=70)

    for query in ("", "?state=OH", "?locale=rural&year=2026"):
        rows = table_of(stranger.get(f"/open/districts.csv{query}"))
        total = stranger.get(f"/open.json{query}").get_json()["total"]
        assert len(rows) == total["districts"]
        for column in ("seats", "ordered_cents", "paid_cents", "alone_cents", "saved_cents"):
            assert sum(int(row[column]) for row in rows) == total[column]
        assert sum(int(row["pupils"] or 0) for row in rows) == (total["pupils"] or 0)


def test_filters_narrow_the_page_and_its_links(world, stranger):
    world.buys(world.district("OH", "43", name="Rural Ohio"), cents=100_00, alone_cents=100_00)
    world.buys(world.district("NM", "11", name="City Mexico"), cents=200_00, alone_cents=200_00)
    world.save()

    rows = stranger.get("/open/districts?state=OH").text
    page = stranger.get("/open?locale=city").text

    assert "Rural Ohio" in rows
    assert "City Mexico" not in rows
    assert "/open?locale=city&amp;state=NM" in page
    assert "state=OH" not in page.split('class="map"')[1].split("</ul>")[0]
    assert "/open/districts?locale=city" in page


def test_a_filter_that_fits_nobody_leads_back(world, stranger):
    world.buys(world.district("OH"))
    world.save()

    page = stranger.get("/open?state=VT").text

    assert "No district fits these filters" in page
    assert '<a class="btn" href="/open">Show everything</a>' in page


def test_purchases_count_in_the_year_their_term_starts(world, stranger):
    world.buys(world.district(name="Early"), starts_on=date(2026, 6, 30))
    world.buys(world.district(name="Late"), starts_on=date(2026, 7, 1))
    world.save()

    assert "Early" in stranger.get("/open/districts?year=2025").text
    assert "Early" not in stranger.get("/open/districts?year=2026").text
    assert "Late" in stranger.get("/open/districts?year=2026").text


# -- small groups ----------------------------------------------------------------------------


def test_few_pupils_are_hidden_everywhere(world, stranger, funder):
    world.buys(world.district("VT", "43", pupils=7, name="Tiny Hollow"), seats=1234)
    world.buys(world.district("OH", "43", pupils=640), seats=10)
    world.save()

    rows = table_of(stranger.get("/open/districts.csv"))
    by = {(line["by"], line["name"]): line for line in table_of(stranger.get("/open.csv"))}

    assert [row["pupils"] for row in rows if row["district"] == "Tiny Hollow"] == [""]
    assert by["state", "VT"]["pupils"] == ""
    assert by["total", "All"]["pupils"] == "640"
    assert "Hidden" in stranger.get("/open?state=VT").text
    for url in ("/open", "/open/districts", "/funders/harlan/report"):
        assert "647" not in stranger.get(url).text, url


def test_hidden_pupils_cannot_be_worked_out_by_subtraction(world, look):
    """Whatever is asked, every difference of two figures is nothing or at least ten."""
    world.at_random(random.Random(11), districts=80)

    shown = set()
    for state in (None, "OH", "IL", "NM", "TX"):
        for locale in (None, *rules.Locale):
            for band in (None, *rules.BANDS):
                filters = rules.Filters(state, locale, band)
                shown.add(rules.total_of(queries.cells(look, filters)).pupils)
                for line in rules.by_size(queries.cells(look, filters)):
                    shown.add(line.figures.pupils)

    tiny = [d for d in world.districts if d.pupils is not None and d.pupils < 10]
    assert tiny
    assert all(pupils == 0 or pupils >= 10 for pupils in shown)


# -- the books -------------------------------------------------------------------------------


def post(app, world, cents):
    with app.app_context(), tenancy.everyone("the site posts"), db.transaction() as session:
        ledger.open_books(session, Actor.system(), world.consortium.id)
        ledger.post(
            session,
            Actor.system(),
            world.consortium.id,
            key="order:1",
            kind=PostingKind.SPLIT_BILLED,
            ref="pool:reading",
            effective_on=date(2026, 11, 2),
            legs=[Leg("receivable:0100005", cents), Leg("payable:brightpath", -cents)],
        )


def test_the_page_says_that_it_matches_the_books(app, world, stranger):
    world.buys(world.district(), cents=5_000)
    world.save()
    post(app, world, 5_000)

    page = stranger.get("/open").text

    assert "Matches the books to the cent" in page
    assert "$50.00" in page.split("Latest entries")[1]


def test_a_grant_and_a_write_off_are_no_difference_from_the_books(app, world, stranger):
    world.buys(world.district(), cents=5_000)
    world.save()
    post(app, world, 5_000)
    for number, (kind, account, cents) in enumerate(
        [
            (PostingKind.GRANT_APPLIED, "grant:rural-reach", 1_200),
            (PostingKind.WRITE_OFF, "writeoff", 300),
            (PostingKind.FEE, "fee:late", -50),
        ]
    ):
        with app.app_context(), tenancy.everyone("the site posts"), db.transaction() as session:
            ledger.post(
                session,
                Actor.system(),
                world.consortium.id,
                key=f"after:{number}",
                kind=kind,
                ref="pool:reading",
                effective_on=date(2026, 11, 3),
                legs=[Leg(account, cents), Leg("receivable:0100005", -cents)],
            )

    page = stranger.get("/open").text

    assert "Matches the books to the cent" in page
    assert "By the books districts owe $35.50" in page
    assert "$14.50 less for grants" in page


def test_a_difference_from_the_books_is_not_hidden(app, world, stranger):
    world.buys(world.district(), cents=5_000)
    world.save()
    post(app, world, 4_999)

    page = stranger.get("/open").text

    assert "Off from the books by −$0.01" in page
    assert "Matches the books" not in page


# -- funders ---------------------------------------------------------------------------------


def test_a_funder_has_a_public_page_and_a_report(world, stranger, funder):
    world.buys(world.district("OH", "43", 640))
    world.district("OH", "43", 80)
    world.save()

    page, report = stranger.get("/funders/harlan"), stranger.get("/funders/harlan/report")

    assert page.status_code == report.status_code == 200
    for text in (page.text, report.text):
        assert "Harlan Family Fund" in text
    assert "This funder has no programme here yet" in page.text
    assert "whoever paid" in report.text
    assert "lists 2 small districts" in text_of(report)
    assert "Rural 2 1 1 50%" in text_of(report)


def test_a_district_that_buys_changes_the_report(world, stranger, funder):
    district = world.district("OH", "43", 640)
    world.save()
    assert "Rural 1 0 1 0%" in text_of(stranger.get("/funders/harlan/report"))

    world.buys(district)
    world.save()

    assert "Rural 1 1 0 100%" in text_of(stranger.get("/funders/harlan/report"))


def test_the_report_downloads_what_it_shows(world, stranger, funder):
    world.at_random(random.Random(4), districts=20)

    told = table_of(stranger.get("/funders/harlan/report.csv?state=OH"))

    assert told == table_of(stranger.get("/open.csv?state=OH"))


def test_who_is_missing_can_be_downloaded_with_every_state(world, stranger, funder):
    world.buys(world.district("OH", "43", 640))
    for pupils in (80, 2_499, 2_500):
        world.district("VT", "43", pupils)
    world.save()

    rows = table_of(stranger.get("/funders/harlan/missing.csv"))

    assert [list(row.values()) for row in rows if row["by"] == "state"] == [
        ["state", "VT", "2", "0", "2"],
        ["state", "OH", "1", "1", "0"],
    ]


def test_a_funder_opens_its_own_desk(world, client_for, officer):
    world.buys(world.district())
    world.save()

    page = client_for(officer).get("/f/harlan/")

    assert page.status_code == 200
    assert "Who is missing" in page.text


def test_nobody_else_opens_a_funders_desk(world, client_for, officer, make):
    world.save()
    other = make.person(make.funder(slug="other"), Role.PROGRAMME_OFFICER)
    buyer = make.buyer(make.district())

    for user in (other, buyer):
        here, nowhere = client_for(user).get("/f/harlan/"), client_for(user).get("/f/none/")
        assert here.status_code == nowhere.status_code == 404


def test_a_stranger_is_asked_to_sign_in_at_the_desk(stranger, funder):
    assert stranger.get("/f/harlan/").status_code in (302, 401)


@pytest.mark.parametrize("url", ["/funders/none", "/funders/none/report", "/f/none/"])
def test_an_unknown_funder_is_not_found(client_for, officer, url):
    assert client_for(officer).get(url).status_code == 404


def test_a_vendor_is_not_a_funder(world, stranger, make):
    vendor = make.vendor(slug="brightpath-x")

    assert stranger.get(f"/funders/{vendor.slug}").status_code == 404


# -- size ------------------------------------------------------------------------------------

LONG_PAGES = ("/open", "/open/districts", "/funders/harlan/report", "/open.csv")


def test_queries_do_not_grow_with_the_districts(world, stranger, funder, count_queries):
    world.at_random(random.Random(1), districts=3)
    world.buys(world.districts[0], starts_on=date(2028, 9, 1))
    world.save()
    few = [count_queries(lambda url=url: stranger.get(url)) for url in LONG_PAGES]

    world.at_random(random.Random(2), districts=300)
    many = [count_queries(lambda url=url: stranger.get(url)) for url in LONG_PAGES]

    assert few == many
    assert max(many) <= 8


def test_long_pages_stay_light(world, stranger, funder, monkeypatch):
    monkeypatch.setattr("tests.uptake.world.STATES", tuple(NAME_BY_CODE))
    world.at_random(random.Random(2), districts=600)

    for url in LONG_PAGES[:3]:
        assert len(stranger.get(url).data) <= 60_000, url


def test_the_list_is_paged_and_its_total_is_of_all_pages(world, stranger):
    for _ in range(60):
        world.buys(world.district(), cents=1_00, alone_cents=2_00)
    world.save()

    first, second = stranger.get("/open/districts"), stranger.get("/open/districts?page=2")

    assert first.text.count('<tr><th scope="row">') == 51
    assert second.text.count('<tr><th scope="row">') == 11
    assert "$60.00" in first.text
    assert "$60.00" in second.text
