"""Forms that keep what was typed, refusals in plain words, downloads that run nothing."""

import csv
import io
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from flask import request
from flask_login import login_required
from sqlmodel import select
from wtforms import StringField
from wtforms.validators import InputRequired

from marketplace.accounts import login
from marketplace.core import db, files, mail, tenancy, web
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.files import StoredFile
from marketplace.core.mail import Letter
from marketplace.core.web import Page
from tests.conftest import on_sqlite


class SeatsForm(web.Form):
    seats = StringField("Seats", [InputRequired("Type how many seats.")])


PAGE = """<form method="post">
<input type="hidden" name="csrf_token" value="{{ form.csrf_token._value() }}">
<input name="seats" value="{{ form.seats.data or '' }}">
{% for error in form.seats.errors %}<p class="at-field">{{ error }}</p>{% endfor %}
{% for error in form.form_errors %}<p class="above">{{ error }}</p>{% endfor %}
{{ about }}</form>"""


@pytest.fixture
def site(app, tmp_path):
    """A page with a form, and pages that refuse."""

    @app.route("/seats", methods=["GET", "POST"])
    def seats():
        form = SeatsForm()

        def use_case(writer):
            mail.send(writer, "a@b.org", form.seats.data, "")
            writer.flush()
            if form.seats.data == "13":
                raise RuleBroken("Thirteen is too many.", "seats")
            if form.seats.data == "14":
                raise RuleBroken("The pool is closed.")
            return "kept"

        if form.submitted(use_case):
            return f"result: {form.result}"
        from_string = app.jinja_env.from_string(PAGE)
        return from_string.render(form=form, about=""), 422 if form.errors else 200

    @app.get("/raises/<kind>")
    @app.get("/raises/<kind>.json", endpoint="raises_json")
    def raises(kind):
        raise {
            "unknown": NotFound("There is no such pool."),
            "foreign": NotFound("That pool belongs to somebody else."),
            "forbidden": NotAllowed("Only buyers may do that."),
            "late": RuleBroken("This pool is closed."),
            "bug": KeyError("x"),
        }[kind]

    @app.get("/echo")
    def echo():
        return request.args.get("q", "")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def test_what_is_valid_is_done_in_one_transaction(site, look):
    answer = site.test_client().send("/seats", seats="12")

    assert answer.text == "result: kept"
    assert look.exec(select(Letter.subject)).all() == ["12"]


@pytest.mark.parametrize(
    ("seats", "words"),
    [
        ("13", '<p class="at-field">Thirteen is too many.</p>'),
        ("14", '<p class="above">The pool is closed.</p>'),
        ("", '<p class="at-field">Type how many seats.</p>'),
    ],
)
def test_what_is_refused_is_said_kept_and_half_saves_nothing(site, look, seats, words):
    answer = site.test_client().send("/seats", seats=seats)

    assert answer.status_code == 422
    assert words in answer.text
    assert f'name="seats" value="{seats}"' in answer.text
    assert look.exec(select(Letter)).all() == []


def test_after_a_refusal_the_page_still_shows_what_it_is_about(site, make, client_for):
    """A refusal rolls back, and rows read before must still be shown, inside their scope."""
    district = make.district()
    buyer = make.buyer(district)
    document = files.StoredFile(
        org_id=district.id, name="signed.pdf", media_type="application/pdf", size=1,
        fingerprint="f", content=b"x", stored_at=district.founded_at,
    )  # fmt: skip
    make.save(document)

    @site.route("/about", methods=["GET", "POST"])
    @login_required
    def about():
        found = db.session().exec(select(StoredFile)).one()
        form = SeatsForm()

        def refuse(writer):
            raise RuleBroken("No.", "seats")

        form.submitted(refuse)
        template = site.jinja_env.from_string(PAGE)
        organization = login.current_organization()
        return template.render(form=form, about=f"{found.name} of {organization.name}"), 422

    answer = client_for(buyer).send("/about", seats="12")

    assert answer.status_code == 422
    assert f"signed.pdf of {district.name}" in answer.text


@on_sqlite
def test_an_unknown_thing_and_somebody_elses_give_the_same_page(site):
    client = site.test_client()

    unknown, foreign = client.get("/raises/unknown"), client.get("/raises/foreign")
    no_page = client.get("/there-is-no-such-page")

    assert unknown.status_code == foreign.status_code == no_page.status_code == 404
    assert unknown.data == foreign.data == no_page.data


@on_sqlite
@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/raises/forbidden", 403, "Only buyers may do that."),
        ("/raises/late", 409, "This pool is closed."),
        ("/raises/bug", 500, "Nothing was half-saved."),
    ],
)
def test_a_refusal_is_a_page_in_plain_words(site, path, status, words):
    answer = site.test_client().get(path)

    assert answer.status_code == status
    assert words in answer.text
    assert "KeyError" not in answer.text
    assert answer.text.count("<h1") == 1


@on_sqlite
def test_machines_get_refusals_they_can_read(site):
    answer = site.test_client().get("/raises/foreign.json")

    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == 404
    assert "somebody" not in answer.text


@on_sqlite
def test_only_our_own_forms_are_listened_to(site, look):
    answer = site.test_client().post("/seats", data={"seats": "12"})

    assert answer.status_code == 400
    assert "Go back, reload it and try again." in answer.text
    assert look.exec(select(Letter)).all() == []


@on_sqlite
def test_what_is_too_large_is_refused(site):
    too_large = {"seats": "x" * 12_000_001}

    answer = site.test_client().post("/seats", data=too_large)

    assert answer.status_code == 413
    assert "10 MB" in answer.text


@on_sqlite
def test_the_wrong_method_is_told_the_right_ones(site):
    answer = site.test_client().delete("/seats")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/echo?q=a%00b", "/raises/%00"])
def test_a_character_no_database_keeps_is_a_bad_request(site, path):
    assert site.test_client().get(path).status_code == 400
    assert site.test_client().send("/seats", seats="1\0002").status_code == 400


@on_sqlite
def test_when_the_page_of_an_error_fails_too_a_plain_one_is_shown(site, monkeypatch):
    def broken(*_arguments, **_context):
        raise RuntimeError("the database is away")

    monkeypatch.setattr(web, "render_template", broken)

    answer = site.test_client().get("/raises/bug")

    assert answer.status_code == 500
    assert "We are having a problem" in answer.text


def test_a_failed_statement_does_not_spoil_the_page_that_says_so(site, make, client_for):
    @site.get("/bad-sql")
    @login_required
    def bad_sql():
        db.session().connection().exec_driver_sql("SELECT nonsense FROM nowhere")

    district = make.district()

    answer = client_for(make.buyer(district)).get("/bad-sql")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert district.name in answer.text


# -- lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "number", "pages", "rows"),
    [(0, 1, 1, (0, 0)), (1, 1, 1, (1, 1)), (50, 1, 1, (1, 50)), (51, 2, 2, (51, 51)),
     (149, 2, 3, (51, 100))],
)  # fmt: skip
def test_a_page_knows_its_rows(total, number, pages, rows):
    page = Page([], number, 50, total)

    assert page.pages == pages
    assert (page.first_row, page.last_row) == rows


@on_sqlite
@pytest.mark.parametrize(
    ("asked", "number"),
    [("1", 1), ("7", 7), ("", 1), ("0", 1), ("-3", 1), ("1.5", 1), ("x", 1), ("²", 1),
     ("9" * 30, 1), ("999999", 100_000), ("1 OR 1=1", 1)],
)  # fmt: skip
def test_a_page_number_is_a_number_whatever_is_asked(app, asked, number):
    with app.test_request_context("/list", query_string={"page": asked}):
        assert web.page_number() == number


@on_sqlite
def test_neighbours_keep_the_question(app):
    with app.test_request_context("/tools?grade=3&grade=4&q=a%26b&page=2"):
        page = Page([], 2, 50, 149)

        assert page.prev_url == "/tools?grade=3&grade=4&q=a%26b&page=1"
        assert page.next_url == "/tools?grade=3&grade=4&q=a%26b&page=3"
        assert Page([], 1, 50, 149).prev_url is None
        assert Page([], 3, 50, 149).next_url is None


def test_owned_rows_are_paged_and_counted_within_the_scope(app, make):
    ours, theirs = make.district(), make.district()
    for district in (ours, theirs):
        make.save(*(
            StoredFile(org_id=district.id, name=f"{i}", media_type="x", size=1, fingerprint="",
                       content=b"x", stored_at=district.founded_at)
            for i in range(3)
        ))  # fmt: skip

    with app.test_request_context("/list?page=9"), tenancy.scoped_to([ours.id]):
        page = web.paged(db.session(), select(StoredFile).order_by(StoredFile.name), size=2)

        assert (page.total, page.number, [row.name for row in page.items]) == (3, 2, ["2"])


# -- downloads and words ---------------------------------------------------------------------


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_text_that_a_spreadsheet_would_run_is_disarmed(start):
    answer = web.csv_response("seats", ["name"], [[f"{start}cmd|' /C calc'!A0"]])

    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True), newline="")))
    assert rows == [["name"], [f"'{start}cmd|' /C calc'!A0"]]


def test_numbers_stay_numbers():
    answer = web.csv_response("seats", ["a", "b", "c", "d"], [[-5, "-5", "+1.50", "A, B"]])

    assert answer.get_data(as_text=True) == 'a,b,c,d\r\n-5,-5,+1.50,"A, B"\r\n'
    assert answer.headers["Content-Disposition"] == 'attachment; filename="seats.csv"'


def test_dates_and_numbers_in_words():
    deadline = datetime(2027, 1, 16, 5, 59, tzinfo=UTC)

    assert web.day(date(2027, 1, 5)) == "Jan 5, 2027"
    assert web.moment(deadline, "America/Chicago") == "Jan 15, 2027, 11:59 p.m. Central"
    assert web.utc(deadline) == "05:59 UTC, Jan 16, 2027"
    assert [web.percent(bps) for bps in (0, 49, 50, 6149, 6150, 10_000)] == [
        "0%", "0%", "1%", "61%", "62%", "100%",
    ]  # fmt: skip


def test_a_refusal_for_an_unknown_field_stands_above_the_form():
    form = SimpleNamespace(_fields={}, form_errors=[])

    web.Form.refuse(form, RuleBroken("No.", "nowhere"))

    assert form.form_errors == ["No."]
