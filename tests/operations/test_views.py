"""Machines learn whether the site is well; the operator sees what was given up."""

from datetime import timedelta

import pytest

from marketplace.accounts.rules import Role
from marketplace.core import clock, events
from marketplace.core.access import Actor
from marketplace.core.mail import Letter


@pytest.fixture
def failing_job(make, app, act, monkeypatch):
    """A job that was given up because it always fails."""
    district = make.district()

    def always_fails(_session, _event):
        raise ValueError("the printer is on fire")

    monkeypatch.setitem(
        events.subscribers(), "tests.something_happened", {"tests.always_fails": always_fails}
    )
    act(
        make.operator(),
        lambda session, actor: events.emit(
            session,
            Actor.system(),
            "tests.something_happened",
            type("Subject", (), {"id": district.id, "org_id": district.id}),
        ),
    )
    with app.app_context():
        for minutes in (0, 2, 10, 60, 600, 6000):
            with clock.frozen(clock.now() + timedelta(minutes=minutes)):
                events.deliver()


def test_a_healthy_site_is_ready(app):
    client = app.test_client()

    assert client.get("/healthz").text == "ok\n"
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["checks"]["migrations"]["ok"] is True


def test_whoever_runs_the_site_reads_what_guards_the_books(app):
    check = app.test_client().get("/readyz").json["checks"]["books_guard"]

    assert check["words"].startswith("guarded by triggers only")


def test_metrics_count_answers(app):
    client = app.test_client()
    client.get("/healthz")

    text = client.get("/metrics").text
    assert 'http_requests_total{endpoint="operations.healthz",status="200"}' in text


def test_strangers_read_the_status_but_not_the_letters(app, make):
    make.save(Letter(written_at=clock.now(), recipient="a@b.org", subject="Secret", text="Secret"))
    client = app.test_client()

    assert client.get("/status").status_code == 200
    assert client.get("/outbox").status_code == 404


def test_the_demonstration_shows_its_letters(app, make):
    letter = make.save(
        Letter(written_at=clock.now(), recipient="a@b.org", subject="Hello", text="One\n\nTwo")
    )
    app.config["MODE"] = "demo"
    client = app.test_client()

    assert "Hello" in client.get("/outbox").text
    assert "Two" in client.get(f"/outbox/{letter.id}").text


def test_a_job_that_keeps_failing_is_shown_and_tried_again(
    failing_job, make, client_for, look, deliver, monkeypatch
):
    operator = client_for(make.operator())
    page = operator.get("/admin/jobs").text
    assert "tests.always_fails" in page
    assert "the printer is on fire" in page
    ran = []
    monkeypatch.setitem(
        events.subscribers(),
        "tests.something_happened",
        {"tests.always_fails": lambda _session, event: ran.append(event.id)},
    )
    event_id = page.split('name="event_id" value="')[1].split('"')[0]

    answer = operator.send("/admin/jobs", event_id=event_id, subscriber="tests.always_fails")
    deliver()

    assert answer.status_code == 302
    assert ran == [int(event_id)]


def test_only_the_operator_opens_the_console(make, client_for):
    buyer = client_for(make.person(make.district(), Role.BUYER))

    assert client_for(make.operator()).get("/admin/").status_code == 200
    assert buyer.get("/admin/").status_code == 403
    assert buyer.get("/admin/jobs").status_code == 403


def test_what_the_form_lacks_is_said(make, client_for):
    answer = client_for(make.operator()).post("/admin/jobs", data={"event_id": "x"})

    assert answer.status_code in (400, 422)
