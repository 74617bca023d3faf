"""A funder watches its figures move with a purchase, and finds the rows behind them."""

import csv
import io

import pytest

from marketplace.accounts.rules import Role
from tests.conftest import on_sqlite
from tests.journeys.world import BLACK_RIVER, WESTERN_RESERVE

pytestmark = [pytest.mark.e2e, on_sqlite]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_purchase_moves_the_figures_of_a_funder_and_each_links_to_its_rows(
    width, member_of_staff, make, town
):
    buy(make, town, BLACK_RIVER, po_number="PO-1")  # 100 seats for $1,125.01, alone $1,600.00
    funder = make.funder("Harlan Fund")
    officer = member_of_staff(funder, Role.PROGRAMME_OFFICER, width=width)
    desk = figures(officer.sees("Harlan Fund"))
    assert desk == {
        "Districts that bought": "1",
        "Pupils in them": "1,204",
        "Ordered": "$1,125",
        "Saved against buying alone": "$475",
    }
    assert figures(officer.open("/open")) == desk

    buy(make, town, BLACK_RIVER, WESTERN_RESERVE, po_number="PO-2")  # and 200 for $2,250.02
    officer.follow("Harlan Fund", exact=True)
    assert figures(officer) == {
        "Districts that bought": "2",
        "Pupils in them": "2,534",
        "Ordered": "$4,500",
        "Saved against buying alone": "$1,900",
    }
    report = table(officer.download("CSV of this report"))
    assert report["total", "All"][:3] == ["2", "2534", "400"]
    assert report["total", "All"][3:] == ["450004", "0", "640000", "189996"]
    same_as_on_the_page(officer, "By tool", report, "tool")
    same_as_on_the_page(officer, "By school year", report, "year")

    officer.follow("$4,500").sees("2 districts", "Black River Local", "Western Reserve Local")
    rows = officer.page.locator("tbody tr")
    assert [cents(row, "Ordered") for row in rows.all()] == [225_002, 225_002]
    assert cents(officer.page.locator("tfoot tr"), "Ordered") == 450_004
    districts = table(officer.download("CSV of these districts"))
    assert [int(row[3]) for row in districts.values()] != []
    listed = [row for row in districts.values() if "225002" in row]
    assert len(listed) == 2
    officer.open("/open")
    officer.sees("Matches the books to the cent")
    assert table(officer.download("CSV of")) == report


def buy(make, town, *leaids, **fields):
    """A pool clears: each order is placed and posted as the job does it."""
    pool = make.cleared_pool(
        town.consortium, [town.members[leaid] for leaid in leaids], tool=town.coach, **fields
    )
    assert len(make.orders(pool)) == len(leaids)


def figures(person):
    boxes = person.page.locator(".kpi").all()
    return {box.locator("dt").inner_text(): box.locator("dd a").inner_text() for box in boxes}


def table(downloaded):
    _header, *rows = csv.reader(io.StringIO(downloaded.decode()))
    return {(row[0], row[1]): row[2:] for row in rows}


def cents(row, column):
    text = row.locator(f"td[data-l='{column}']").inner_text()
    return int(text.replace("$", "").replace(",", "").replace(".", ""))


def same_as_on_the_page(person, title, report, part):
    """Each row of a table says what the file says."""
    rows = person.page.get_by_role("region", name=title).locator("tbody tr").all()
    assert rows
    for row in rows:
        line = report[part, row.locator("th").inner_text()]
        districts, _pupils, seats, ordered, paid, _alone, saved = (int(x or 0) for x in line)
        assert cents(row, "Districts") == districts
        assert cents(row, "Seats") == seats
        assert [cents(row, name) for name in ("Ordered", "Paid", "Saved")] == [
            ordered, paid, saved,
        ]  # fmt: skip
