"""The open books as a stranger reads them."""

import csv
import io
import json
import re

import pytest
from sqlalchemy import event

from marketplace.core import clock, tenancy
from marketplace.ledger import outsider, queries, watch
from tests.conftest import NOW, on_sqlite
from tests.ledger.conftest import without_triggers

pytestmark = on_sqlite


@pytest.fixture
def stranger(app):
    return app.test_client()


def txn_of(look, books, seq):
    """A request ends every scope of its thread, so this opens one of its own."""
    with tenancy.everyone("test asserts"):
        return queries.get_txn(look, books.id, seq)


def rows(page):
    return re.findall(r"<tr><th scope=\"row\">.*?</tr>", page.text.split("<tfoot>")[0], re.DOTALL)


def test_anybody_reads_every_entry_with_both_sides(year, stranger):
    page = stranger.get("/open/ledger")

    assert page.status_code == 200
    assert "6 entries" in page.text
    assert len(rows(page)) == 6
    assert "Owed by Albertville City" in page.text
    assert "Owed to BrightPath Learning" in page.text
    assert page.text.count("<h1") == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=payment_received", [3]),
        ("ref=invoice:1", [3, 1]),
        ("ref=reading", [6, 5, 4, 3, 1]),
        ("district=albertville", [3, 1]),
        ("district=0100006", [1]),
        ("vendor=BrightPath", [6, 1]),
        ("vendor=brightpath", [6, 1]),
        ("account=grant:rural-start", [2]),
        ("since=2026-09-20&until=2026-09-30", [4, 3]),
        ("amount=36,000.00", [6, 3, 1]),
        ("amount=$5", [5, 4]),
        ("consortium=three-rivers&kind=vendor_paid", [6]),
        ("district=nowhere", []),
    ],
)
def test_a_search_finds_what_was_asked_and_nothing_else(year, stranger, query, found):
    page = stranger.get(f"/open/ledger?{query}")
    told = stranger.get(f"/open/ledger.json?{query}").json["entries"]

    assert [entry["seq"] for entry in told] == found
    assert len(rows(page)) == len(found)
    assert ("Nothing matches" in page.text) == (not found)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("since=yesterday", "Write the date as 2027-01-15"),
        ("amount=lots", "Write the amount as 1,234.56"),
        ("consortium=unknown", "Not a valid choice"),
    ],
)
def test_a_search_that_cannot_be_read_says_why_and_keeps_the_rest(year, stranger, query, says):
    page = stranger.get(f"/open/ledger?{query}&ref=kept")

    assert page.status_code == 422
    assert says in page.text
    assert 'value="kept"' in page.text
    assert stranger.get(f"/open/ledger.json?{query}").status_code == 409


def test_long_books_come_in_pages(post, stranger):
    for n in range(30):
        post(f"k{n}")

    first, second, far = (stranger.get(f"/open/ledger?kind=fee&page={n}") for n in (1, 2, 99))
    assert (len(rows(first)), len(rows(second))) == (25, 5)
    assert rows(far) == rows(second)
    assert "kind=fee&amp;page=2" in first.text


def test_an_entry_explains_itself_and_shows_its_seal(year, books, stranger, look):
    page = stranger.get("/open/ledger/three-rivers/1")

    assert "Each district now owes its share" in page.text
    assert "It owes $36,000.00 more." in page.text
    txn = txn_of(look, books, 1)
    assert f"1:{txn.hash}" in page.text
    assert "0" * 64 in page.text
    assert txn.body[:60].replace('"', "&#34;") in page.text


def test_an_entry_and_its_reversal_point_to_each_other(year, stranger):
    cancelled, mirror = (stranger.get(f"/open/ledger/three-rivers/{n}") for n in (4, 5))

    assert 'href="/open/ledger/three-rivers/5"' in cancelled.text
    assert "This entry was cancelled" in cancelled.text
    assert 'href="/open/ledger/three-rivers/4"' in mirror.text


def test_the_rows_of_an_account_add_up_to_its_balance(year, stranger):
    page = stranger.get("/open/ledger/three-rivers/accounts/cash:main")

    assert 'Now: <strong class="num">$5,000.00</strong>' in page.text
    balances = re.findall(r'data-l="Balance" class="n">([^<]+)<', page.text)
    assert balances == ["$5,000.00", "$41,000.00", "$41,005.00", "$41,000.00", "$5,000.00"]


def test_a_debt_of_the_consortium_counts_upwards(year, stranger):
    page = stranger.get("/open/ledger/three-rivers/accounts/payable:brightpath")

    assert 'Now: <strong class="num">$12,000.00</strong>' in page.text


def test_an_account_of_many_pages_keeps_its_running_balance(post, stranger):
    for n in range(30):
        post(f"k{n}", ("cash:main", 100), ("fee:lead", -100))

    page = stranger.get("/open/ledger/three-rivers/accounts/cash:main?page=2")
    assert re.findall(r'data-l="Balance" class="n">([^<]+)<', page.text) == [
        "$5.00", "$4.00", "$3.00", "$2.00", "$1.00",
    ]  # fmt: skip


def test_the_trial_balance_links_every_total_to_its_rows(year, stranger):
    page = stranger.get("/open/ledger/three-rivers")

    foot = page.text.split("<tfoot>")[1]
    assert foot.count("$17,000.00") == 2
    for code in re.findall(r'class="hash">([a-z]+:?[^<]*)<', page.text.split("<tfoot>")[0]):
        link = f"/open/ledger/three-rivers/accounts/{code}"
        assert f'href="{link}"' in page.text
        assert stranger.get(link).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/open/ledger/no-such-books",
        "/open/ledger/no-such-books/1",
        "/open/ledger/no-such-books/export.jsonl",
        "/open/ledger/three-rivers/7",
        "/open/ledger/three-rivers/0",
        "/open/ledger/three-rivers/99999999999999999999999",
        "/open/ledger/three-rivers/accounts/cash:other",
        "/open/ledger/three-rivers/accounts/nonsense",
        "/open/ledger/three-rivers/export.exe",
    ],
)
def test_what_is_not_there_is_not_found(year, stranger, address):
    assert stranger.get(address).status_code == 404


def test_a_consortium_without_books_is_not_found(make, year, stranger):
    make.vendor("Not a consortium", slug="a-vendor")
    assert stranger.get("/open/ledger/a-vendor").status_code == 404
    assert stranger.get("/open/ledger/three-rivers").status_code == 200


def test_the_download_passes_the_outsiders_check(year, stranger, tmp_path):
    export = stranger.get("/open/ledger/three-rivers/export.jsonl")
    (tmp_path / "books.jsonl").write_bytes(export.data)

    assert outsider.verify_ledger.check(tmp_path / "books.jsonl").startswith(
        "OK: 6 entries, 13 lines"
    )


def test_the_table_has_every_line_of_the_search(year, stranger):
    text = stranger.get("/open/ledger.csv?kind=split_billed").text
    table = list(csv.DictReader(io.StringIO(text)))

    assert [(row["account"], int(row["amount_cents"])) for row in table] == [
        ("receivable:0100005", 3_600_000),
        ("receivable:0100006", 1_200_000),
        ("payable:brightpath", -4_800_000),
    ]


def test_the_table_has_all_that_is_found_however_much(year, stranger, monkeypatch):
    """Read in pieces and sent in blocks: nothing is left out and nothing stands twice."""
    monkeypatch.setattr("marketplace.ledger.search_queries.PIECE", 2)
    monkeypatch.setattr("marketplace.core.web.ROWS_IN_A_BLOCK", 3)
    monkeypatch.setattr("marketplace.ledger.views.ROWS_IN_A_FILE", 1)

    table = list(csv.DictReader(io.StringIO(stranger.get("/open/ledger.csv").text)))

    assert [int(row["seq"]) for row in table] == sorted(
        (seq for seq, lines in enumerate((3, 2, 2, 2, 2, 2), 1) for _ in range(lines)),
        reverse=True,
    )
    assert sum(int(row["amount_cents"]) for row in table) == 0


def test_the_checks_page_shows_the_seal_and_how_to_repeat_the_check(year, books, stranger, look):
    page = stranger.get("/open/checks")

    assert f"6:{txn_of(look, books, 6).hash}" in page.text
    assert "Holds" in page.text
    program = stranger.get("/open/checks/verify_ledger.py")
    assert b"def check(path" in program.data


def test_a_failed_check_is_red_on_every_page_of_the_books(year, app, stranger):
    without_triggers(app, "UPDATE ledger_balance SET balance_cents = 1 WHERE code = 'cash:main'")

    for address in ("/open/ledger", "/open/ledger/three-rivers", "/open/checks"):
        assert "A check failed" in stranger.get(address).text
    assert "cash:main: the balance kept is not the sum" in stranger.get("/open/checks").text


def test_a_check_holds_for_ten_minutes(post, stranger):
    post("a")
    assert "1 entry, 15:00 UTC" in stranger.get("/open/ledger/three-rivers").text
    post("b")
    assert "1 entry, 15:00 UTC" in stranger.get("/open/ledger/three-rivers").text
    with clock.frozen(NOW + watch.HOLDS_FOR):
        assert "2 entries, 15:10 UTC" in stranger.get("/open/ledger/three-rivers").text


def test_books_too_large_for_a_page_are_left_to_the_command(post, stranger, monkeypatch):
    post("a")
    monkeypatch.setattr(watch, "ENTRIES_AT_ONCE", 0)

    page = stranger.get("/open/checks")
    assert "Not checked on this page" in page.text
    assert "Holds" not in page.text


def test_pages_need_the_same_few_queries_however_long_the_books(post, app, stranger, queries_of):
    post("first")
    few = [queries_of(address) for address in PAGES]
    for n in range(40):
        post(f"k{n}", (f"receivable:{n:07}", 5), ("fee:lead", -5))
    many = [queries_of(address) for address in PAGES]

    assert many == few
    assert max(many) < 12


PAGES = [
    "/open/ledger",
    "/open/ledger/three-rivers",
    "/open/ledger/three-rivers/1",
    "/open/ledger/three-rivers/accounts/fee:lead",
]


@pytest.fixture
def queries_of(app, stranger):
    """Count the statements of a page, its check being known."""

    def count(address):
        stranger.get(address)
        told = []

        def note(_c, _cursor, sql, *_rest):
            told.append(sql)

        event.listen(app.extensions["engine"], "before_cursor_execute", note)
        try:
            page = stranger.get(address)
        finally:
            event.remove(app.extensions["engine"], "before_cursor_execute", note)
        assert page.status_code == 200
        assert len(page.data) < 60_000
        return len([sql for sql in told if sql.startswith("SELECT")])

    return count


def test_what_the_json_says_is_what_is_sealed(year, books, stranger, look):
    told = stranger.get("/open/ledger.json").json["entries"]
    for entry in told:
        sealed = json.loads(txn_of(look, books, entry["seq"]).body)
        assert (sealed["e"], sealed["kind"], sealed["ref"]) == (
            entry["legs"], entry["kind"], entry["ref"],
        )  # fmt: skip
