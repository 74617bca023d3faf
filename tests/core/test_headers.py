"""Every answer carries the same protection, and one line in the log."""

import json

import pytest
import structlog
from flask import abort, g, request
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from marketplace.app import create_app
from marketplace.core import db
from marketplace.core.mail import Letter
from marketplace.core.static_files import static_url
from tests.conftest import on_postgresql, on_sqlite

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{}'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture
def site(app):
    @app.get("/nonce")
    def nonce():
        return g.csp_nonce

    @app.get("/reset/<token>")
    def reset(token):
        return token[::-1]

    @app.get("/fails")
    def fails():
        secret = "what somebody typed"
        raise KeyError(len(secret))

    @app.get("/refused/<int:status>")
    def refused(status):
        abort(status)

    @app.post("/twice")
    def twice():
        row = {"recipient": request.form["who"], "subject": "", "text": ""}
        with db.transaction() as session:
            session.add(Letter(id=None, written_at=None, **row))
        return ""

    app.config["WTF_CSRF_ENABLED"] = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@on_sqlite
@pytest.mark.parametrize("path", ["/nonce", "/no-such-page", "/fails", "/refused/403"])
def test_every_answer_is_protected(site, path):
    headers = site.test_client().get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self' '")
    assert "Strict-Transport-Security" not in headers


@on_sqlite
def test_the_policy_is_exact_and_its_nonce_new_each_time(site):
    client = site.test_client()

    first, second = client.get("/nonce"), client.get("/nonce")

    assert first.headers["Content-Security-Policy"] == POLICY.format(first.text)
    assert len(first.text) >= 20
    assert first.text != second.text


def test_https_is_demanded_for_good_only_where_there_is_https(tmp_path):
    app = create_app(MODE="test", VAR=tmp_path, PUBLIC_URL="https://commons.example.org")

    answer = app.test_client().get("/healthz", base_url="https://commons.example.org")

    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-session"
    assert app.config["SESSION_COOKIE_SECURE"] is True
    db.dispose(app)


@on_sqlite
@pytest.mark.parametrize("number", ["abcdef12", "A" * 64, "0af7651916cd43dd-8448eb211c80319c"])
def test_a_well_formed_request_number_is_taken_over(site, number):
    answer = site.test_client().get("/nonce", headers={"X-Request-ID": number})

    assert answer.headers["X-Request-ID"] == number


@on_sqlite
@pytest.mark.parametrize("number", ["", "short", "A" * 65, "<script>12345", 'abc"defgh', "ü" * 9])
def test_any_other_request_number_is_replaced(site, number):
    answer = site.test_client().get("/nonce", headers={"X-Request-ID": number})

    assert answer.headers["X-Request-ID"] != number
    assert len(answer.headers["X-Request-ID"]) == 16


@on_sqlite
def test_each_request_is_one_line_of_the_log(site):
    with capture_logs() as lines:
        site.test_client().get("/nonce?email=somebody@example.org")

    (line,) = lines
    assert {k: line[k] for k in ("event", "method", "path", "status")} == {
        "event": "request", "method": "GET", "path": "/nonce", "status": 200,
    }  # fmt: skip
    assert line["ms"] >= 0
    assert "example.org" not in str(line)


@on_sqlite
def test_links_that_open_something_are_not_in_the_log(site):
    with capture_logs() as lines:
        site.test_client().get("/reset/t0ps3cret")

    assert [line["path"] for line in lines] == ["/reset/<token>"]


@on_sqlite
def test_an_unforeseen_error_is_logged_without_what_was_typed(site, capfd):
    answer = site.test_client().get("/fails", headers={"X-Request-ID": "number-of-it"})

    assert answer.status_code == 500
    with capture_logs(processors=[structlog.contextvars.merge_contextvars, *written()]) as lines:
        site.test_client().get("/fails")
    assert lines[0]["exception"][0]["exc_type"] == "KeyError"
    assert "what somebody typed" not in json.dumps(lines)
    assert "locals" not in json.dumps(lines)


def written():
    """What the site does to a line before it is JSON."""
    return structlog.get_config()["processors"][1:-1]


@on_postgresql
def test_the_values_of_a_refused_row_are_not_logged(site):
    with capture_logs(processors=written()) as lines:
        site.test_client().post("/twice", data={"who": "somebody@example.org"})

    assert lines[0]["exception"][0]["exc_type"] in ("IntegrityError", IntegrityError.__name__)
    assert "somebody@example.org" not in json.dumps(lines)


@on_sqlite
def test_static_files_may_be_kept_because_their_address_changes_with_them(app):
    url = static_url("app.css")
    answer = app.test_client().get(url)

    assert url.startswith("/static/app.css?v=")
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert "public" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer.close()


@on_sqlite
@pytest.mark.parametrize("path", ["/static/no.css", "/static/../wsgi.py", "/static/%2e%2e/wsgi.py"])
def test_there_is_nothing_else_among_the_static_files(app, path):
    assert app.test_client().get(path).status_code == 404
