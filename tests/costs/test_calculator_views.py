"""The public calculator in the browser's terms: addresses, statuses, what stands on the page."""

from tests.conftest import on_sqlite

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


def test_a_stranger_finds_a_form_with_an_example(app):
    page = app.test_client().get(URL)

    assert page.status_code == 200
    assert "Maple Valley, 620, 640" in page.text
    assert len(page.data) < 60_000


def test_the_answer_has_every_bill_and_adds_up(app):
    page = app.test_client().send(URL, **fields())

    assert page.status_code == 200, page.text
    for text in ("$9,920.00", "$18,400.00", "$28,320.00", "No group of districts would pay less"):
        assert text in page.text
