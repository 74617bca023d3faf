"""What follows from an event happens once, with it, or not at all."""

from types import SimpleNamespace

import pytest
from sqlmodel import select

from marketplace.core import clock, db, events
from marketplace.core.access import Actor
from marketplace.core.mail import Letter


@pytest.fixture
def happen(app, make, monkeypatch):
    """Emit `tests.happened` with the given job subscribed; tells whether it stayed."""
    district = make.district()

    def emit_with(job, then=lambda: None):
        monkeypatch.setitem(events.subscribers(), "tests.happened", {"tests.job": job})
        with app.app_context(), db.transaction() as session:
            subject = SimpleNamespace(id=district.id, org_id=district.id)
            events.emit(session, Actor.system(), "tests.happened", subject, seats=3)
            then()

    return emit_with


def letter(session, event):
    session.add(
        Letter(written_at=clock.now(), recipient="x@y.org", subject=str(event.facts), text="")
    )


def test_a_job_runs_once_however_often_the_outbox_is_emptied(happen, deliver, look):
    happen(letter)

    assert [deliver(), deliver()] == [1, 0]
    assert look.exec(select(Letter.subject)).all() == ["{'seats': 3}"]


def test_what_did_not_happen_has_no_consequence(happen, deliver, look):
    def fail():
        raise RuntimeError("the process died")

    with pytest.raises(RuntimeError):
        happen(letter, then=fail)

    assert deliver() == 0
    assert look.exec(select(events.Event)).all() == []


def test_a_job_that_fails_leaves_nothing_and_is_put_off(happen, deliver, look):
    def half(session, event):
        letter(session, event)
        session.flush()
        raise ValueError("half-way")

    happen(half)

    assert deliver() == 0
    assert look.exec(select(Letter)).all() == []
    waiting = look.exec(select(events.Delivery)).one()
    assert (waiting.attempts, waiting.done_at) == (1, None)
    assert waiting.try_at > clock.now()
