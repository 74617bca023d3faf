"""Public pages are kept for strangers, exactly as long as nothing happens."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from flask import Response, g, request, session
from flask_wtf.csrf import generate_csrf

from marketplace.core import clock, db, events, page_cache
from marketplace.core.access import Actor
from marketplace.core.page_cache import KeptPage, PageCache, public_page
from tests.conftest import on_postgresql


@pytest.fixture
def rendered(app):
    """How often each page was really made."""
    app.config["PAGE_CACHE"] = True
    count = {"page": 0}

    @app.get("/page")
    @public_page
    def page():
        count["page"] += 1
        return f"<p>{request.args.get('q', '')}</p><script nonce={g.csp_nonce}></script>"

    @app.get("/with-form")
    @public_page
    def with_form():
        return generate_csrf()

    @app.get("/remembers")
    @public_page
    def remembers():
        session["seen"] = True
        return "remembered"

    @app.get("/with-cookie")
    @public_page
    def with_cookie():
        answer = Response("x")
        answer.set_cookie("colour", "red")
        return answer

    @app.get("/table.csv")
    @public_page
    def table():
        headers = {"Content-Disposition": "attachment; filename=table.csv"}
        return Response("a,b\r\n", mimetype="text/csv", headers=headers)

    @app.get("/broken")
    @public_page
    def broken():
        return "not found", 404

    return count


@pytest.fixture
def happen(app):
    def emit():
        subject = SimpleNamespace(id=uuid4(), org_id=uuid4())
        with app.app_context(), db.transaction() as writer:
            events.emit(writer, Actor.system(), "tests.happened", subject)

    return emit


def test_a_page_is_made_once_and_not_sent_twice(app, rendered):
    client = app.test_client()

    first, second = client.get("/page"), client.get("/page")
    tag = first.headers["ETag"]
    third = client.get("/page", headers={"If-None-Match": tag})

    assert rendered["page"] == 1
    assert second.headers["ETag"] == tag
    assert (third.status_code, third.data) == (304, b"")
    assert third.headers["ETag"] == tag
    assert first.headers["Cache-Control"] == "no-cache"
    assert "Cookie" in first.headers["Vary"]


def test_each_reader_gets_a_nonce_of_their_own(app, rendered):
    client = app.test_client()

    for answer in (client.get("/page"), client.get("/page")):
        nonce = answer.text.split("nonce=")[1].split(">")[0]
        assert f"'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]
    assert rendered["page"] == 1


def test_a_browser_that_keeps_its_page_keeps_its_nonce(app, rendered):
    client = app.test_client()
    tag = client.get("/page").headers["ETag"]

    answer = client.get("/page", headers={"If-None-Match": tag})

    assert "Content-Security-Policy" not in answer.headers


def test_whatever_happens_makes_the_page_new(app, rendered, happen):
    client = app.test_client()
    tag = client.get("/page").headers["ETag"]

    happen()

    answer = client.get("/page", headers={"If-None-Match": tag})
    assert (answer.status_code, rendered["page"]) == (200, 2)
    assert answer.headers["ETag"] != tag


@on_postgresql
@pytest.mark.parametrize("later", [1, 60])
def test_an_event_committed_late_makes_the_page_new_too(app, rendered, happen, later):
    """Numbers are given before the commit, so a lower one may appear after a higher one."""
    happen()
    with app.extensions["engine"].connect() as slow:
        slow.exec_driver_sql(
            "INSERT INTO event (occurred_at, name, org_id, subject_id, facts) VALUES "
            "(now(), 'tests.slow', gen_random_uuid(), gen_random_uuid(), '{}')"
        )
        for _ in range(later):
            happen()
        client = app.test_client()
        tag = client.get("/page").headers["ETag"]

        slow.commit()

    assert client.get("/page", headers={"If-None-Match": tag}).status_code == 200


def test_words_about_time_are_at_most_five_minutes_old(app, rendered):
    client = app.test_client()
    tag = client.get("/page").headers["ETag"]

    with clock.frozen(clock.now() + timedelta(minutes=5)):
        assert client.get("/page", headers={"If-None-Match": tag}).status_code == 200


def test_nobody_with_a_session_is_served_from_here(app, rendered):
    client = app.test_client()
    tag = client.get("/page").headers["ETag"]
    with client.session_transaction() as cookie:
        cookie["anything"] = True

    answer = client.get("/page", headers={"If-None-Match": tag})

    assert (answer.status_code, rendered["page"]) == (200, 2)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("path", ["/with-form", "/remembers", "/with-cookie", "/broken"])
def test_what_is_meant_for_one_person_is_never_kept(app, rendered, path):
    answer = app.test_client().get(path)

    assert len(app.extensions["page_cache"]) == 0
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_two_strangers_do_not_share_a_form_token(app, rendered):
    first, second = (app.test_client().get("/with-form").text for _ in range(2))

    assert first != second


def test_a_kept_download_keeps_its_name_and_kind(app, rendered):
    client = app.test_client()

    for answer in (client.get("/table.csv"), client.get("/table.csv")):
        assert answer.headers["Content-Disposition"] == "attachment; filename=table.csv"
        assert answer.mimetype == "text/csv"
        assert answer.text == "a,b\r\n"


def test_each_question_has_a_page_of_its_own(app, rendered):
    client = app.test_client()

    one, two = client.get("/page?q=1"), client.get("/page?q=2")

    assert ("<p>1</p>" in one.text, "<p>2</p>" in two.text) == (True, True)
    assert one.headers["ETag"] != two.headers["ETag"]


def test_head_tells_the_same_without_the_page(app, rendered):
    client = app.test_client()

    head, page = client.head("/page"), client.get("/page")

    assert head.data == b""
    assert head.headers["ETag"] == page.headers["ETag"]
    assert "<script" in page.text


def test_kept_pages_take_a_bounded_amount_of_memory(monkeypatch):
    monkeypatch.setattr(page_cache, "KEPT_BYTES", 1000)
    monkeypatch.setattr(page_cache, "LARGEST_PAGE_BYTES", 400)
    pages = PageCache()

    for i in range(50):
        pages.keep(str(i), KeptPage(b"x" * 300, "", []))
    pages.keep("huge", KeptPage(b"x" * 401, "", []))
    pages.keep("49", KeptPage(b"x" * 100, "", []))

    assert (len(pages), pages.size) == (3, 700)
    assert pages.get("huge") is None
    assert pages.get("0") is None
    assert len(pages.get("49").body) == 100


def test_strangers_may_see_a_page_a_moment_old(app, rendered, happen):
    """Within the pause nobody asks the database whether something happened."""
    app.config["PAGE_CACHE_PAUSE"] = 60
    client = app.test_client()
    before = client.get("/page").headers["ETag"]
    happen()

    assert client.get("/page").headers["ETag"] == before
    app.config["PAGE_CACHE_PAUSE"] = 0
    assert client.get("/page").headers["ETag"] != before
