"""The public calculator in the browser's terms: addresses, statuses, what stands on the page."""

import csv
import io
import json
import re

import pytest

from marketplace.app import create_app
from marketplace.core import db
from marketplace.pricing.rules import OFFERED_METHODS, split_document
from tests.conftest import Browser, on_sqlite

URL = "/open/method/split"

pytestmark = on_sqlite


def fields(**changed):
    return {
        "kind": "volume",
        "bands": "1, 16.00\n2500, 13.50",
        "method": "proportional",
        "members": "Maple, 620, 640\nCedar, 1150, 1310",
        "seed": "us",
        **changed,
    }


@pytest.fixture
def send(app):
    def run(**changed):
        return app.test_client().send(URL, **fields(**changed))

    return run


def test_a_stranger_finds_a_form_with_an_example_that_works(app):
    client = app.test_client()
    page = client.get(URL)
    pasted = re.search(r'<textarea[^>]*id="members"[^>]*>(.*?)</textarea>', page.text, re.S)[1]

    answer = client.send(URL, **fields(members=pasted.strip()))

    assert (page.status_code, answer.status_code) == (200, 200)
    assert "What each one pays" not in page.text
    assert "$33,750.00" not in page.text
    assert len(page.data) < 60_000


def test_every_offered_method_is_explained_and_can_be_chosen(app, send):
    page = app.test_client().get(URL).text

    for method in OFFERED_METHODS:
        assert f'value="{method.value}"' in page
        answer = send(method=method.value, equal_percent="30", rest="per_seat")
        assert answer.status_code == 200, method
        assert "$28,320.00" in answer.text


def test_the_answer_has_every_bill_and_the_certificate(send):
    page = send()

    assert page.status_code == 200
    for text in (
        "$9,920.00",
        "$18,400.00",
        "$28,320.00",
        "$15.50",  # for each pupil of Maple
        "No group of districts would pay less",
        "2 CFR 200.405(d)",
    ):
        assert text in page.text


def test_a_group_that_would_leave_is_named_with_the_dollars(send):
    page = send(method="equal")

    assert "Maple would save $4,240.00 by buying apart." in page.text
    assert "pays $4,240.00 more" in page.text
    assert "Dearer than alone" in page.text


def test_a_bill_above_a_limit_says_so(send):
    assert "more than its limit of $9,000.00" in send(members="Maple, 620, 640, 9000").text


def test_bad_rows_are_listed_with_row_and_remedy_and_nothing_typed_is_lost(send):
    pasted = "Maple, many\nCedar, -4\nOak, NaN\nPine, 12"
    page = send(members=pasted, bands="1, free", seed="kept")

    assert page.status_code == 422
    for text in ("Row 1: Write a whole number", "Row 2:", "not “NaN”", "Row 1: Write the price"):
        assert text in page.text
    for kept in (pasted, "1, free", 'value="kept"'):
        assert kept in page.text
    assert "<title>Error:" in page.text


def test_a_refused_download_is_a_page_and_not_a_file(send):
    page = send(members="Maple, many", then="csv")

    assert page.status_code == 422
    assert page.mimetype == "text/html"


def test_a_script_in_a_name_stays_text(send):
    page = send(members="<script>alert(1)</script>, 5\n><img src=x>, 7", method="equal")

    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x>" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_the_csv_has_every_bill_and_no_formula(send):
    answer = send(members="=1+1, 5\n@cmd, 7\nMaple, 8", then="csv")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="split.csv"'
    assert [row["id"] for row in rows] == ["'=1+1", "'@cmd", "Maple"]
    assert sum(int(row["bill_cents"]) for row in rows) == 20 * 1600
    assert rows[2]["bill_dollars"] == "128.00"


def test_the_json_is_split_again_to_the_same_bills(send):
    inputs = json.loads(
        send(method="hybrid", equal_percent="30", rest="per_pupil", then="json").text
    )
    rows = csv.DictReader(
        io.StringIO(send(method="hybrid", equal_percent="30", rest="per_pupil", then="csv").text)
    )

    shares = split_document(inputs)["shares"]
    assert shares == {row["id"]: int(row["bill_cents"]) for row in rows}


def test_a_long_list_shows_a_part_and_the_download_has_all(send):
    pasted = "\n".join(f"District {n}, {n % 90 + 10}, {n % 900 + 10}" for n in range(5_000))
    page, file = send(members=pasted), send(members=pasted, then="csv")

    assert "The first 50. The download has all of them." in page.text
    assert len(page.data) - len(pasted) < 60_000
    assert file.text.count("\n") == 5_001


def test_a_list_too_long_for_a_page_is_told_so_and_kept(send):
    pasted = "\n".join(f"District {n}, 5" for n in range(25_000))
    page = send(members=pasted)

    assert page.status_code == 422
    assert "25,000 districts" in page.text
    assert "marketplace split" in page.text
    assert pasted in page.text


def test_two_hundred_thousand_rows_are_one_clear_line(send):
    page = send(members="\n".join(f"D{n},5" for n in range(200_000)))

    assert page.status_code == 422
    assert "The list has 200,000 rows." in page.text


def test_more_than_ten_megabytes_are_refused_in_words(send):
    page = send(members="x" * 12_100_000)

    assert page.status_code == 413
    assert "10 MB" in page.text


@pytest.fixture
def limited(app, database_url, tmp_path):
    site = create_app(
        MODE="test",
        VAR=tmp_path,
        DATABASE_URL=database_url,
        SECRET_KEYS=["a secret for tests only, long enough"],
        RATE_LIMITS=True,
    )
    site.test_client_class = Browser
    yield site
    db.dispose(site)
    create_app(  # the limiter is one for the process: leave it as other tests expect it
        MODE="test", VAR=tmp_path, DATABASE_URL=database_url
    )


def test_who_reckons_too_often_waits_and_may_still_read(limited):
    client = limited.test_client()

    statuses = [client.send(URL, **fields()).status_code for _ in range(22)]

    assert statuses == [200] * 20 + [429] * 2
    assert client.get(URL).status_code == 200


def test_what_is_odd_about_a_price_list_is_said(send):
    page = send(bands="1, 16.00\n2500, 18.00")

    assert page.status_code == 200
    assert "The price rises from $16.00 to $18.00" in page.text


def test_several_licenses_side_by_side_may_cost_less_than_one(send):
    one = send(kind="per_seat", bands="1, 10.00", cap="9000.00", members="Maple, 1200")
    several = send(
        kind="graduated",
        bands="1, 5.00\n1001, 20.00",
        combinable="y",
        members="Maple, 1500",
    )

    assert "$9,000.00" in one.text
    assert "$7,500.00" in several.text  # two licenses of 750; one would cost $15,000.00
