"""Reminders and messages: who gets one, once, and who may send them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from marketplace.accounts import letter_service, stop_links
from marketplace.accounts.letter_rules import LetterKind
from marketplace.core import tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.mail import Letter
from marketplace.outreach import service
from marketplace.outreach.models import Message, MessageTo
from marketplace.outreach.rules import Standing
from tests.conftest import on_postgresql, on_sqlite


@pytest.fixture
def remind(circle, act):
    def run(user=None, standing=Standing.WAITS_FOR_BOARD, districts=None, **changed):
        fields = {
            "pool": circle.pool,
            "standing": standing,
            "district_ids": districts or {circle.waiting.id},
            "subject": "Has your board voted?",
            "text": "Please tell us.",
            "once_key": "k1",
        }
        return act(user or circle.lead, service.remind, circle.org_id, **fields | changed)

    return run


def test_a_reminder_reaches_the_readers_of_the_chosen_districts(circle, remind, letters):
    sent = remind()

    [letter] = letters().values()
    assert letter.recipient == circle.readers["waiting"].email
    assert letter.subject == "Ridge Buyers: Has your board voted?"
    for words in ("To Waiting", "Please tell us.", "Lee Lead", f"/pools/{circle.slug}/reading"):
        assert words in letter.text
    assert letter.stop_url in letter.text
    assert sent.standing == "waits_for_board"


def test_the_same_form_again_sends_nothing(remind, letters, look):
    assert remind().id == remind(subject="Another subject").id

    assert len(letters()) == 1
    with tenancy.everyone("test asserts"):
        assert len(look.exec(select(MessageTo)).all()) == 1


@on_postgresql
def test_a_double_click_sends_it_once(remind, look):
    with ThreadPoolExecutor(2) as both:
        found = list(both.map(lambda _: remind().id, range(2)))

    assert found[0] == found[1]
    with tenancy.everyone("test asserts"):
        assert len(look.exec(select(Letter)).all()) == 1


@on_sqlite
def test_a_district_that_moved_on_is_not_reminded(circle, remind, letters):
    with pytest.raises(RuleBroken, match="has moved on"):
        remind(districts={circle.waiting.id, circle.committed.id})
    assert letters() == {}


@on_sqlite
@pytest.mark.parametrize("subject, text", [("", "Words"), ("x" * 121, "Words"), ("Words", " ")])
def test_a_letter_needs_a_subject_and_a_text(remind, letters, subject, text):
    with pytest.raises(RuleBroken):
        remind(subject=subject, text=text)
    assert letters() == {}


@on_sqlite
def test_only_the_convener_writes(circle, remind, act, make):
    other = make.convener(make.consortium())
    with pytest.raises(NotAllowed):
        remind(circle.readers["waiting"])
    with pytest.raises((NotAllowed, NotFound)):
        remind(other)


@on_sqlite
def test_who_stopped_reminders_still_gets_messages(circle, remind, act, letters, look):
    reader = circle.readers["waiting"]
    act(reader, letter_service.choose_letters, {LetterKind.MESSAGES, LetterKind.DIGEST})

    remind()
    assert letters() == {}
    act(
        circle.lead, service.write_message, circle.org_id,
        subject="News", text="We meet in May.", once_key="k2",
    )  # fmt: skip
    assert set(letters()) == {person.email for person in circle.readers.values()}
    with tenancy.everyone("test asserts"):
        [reminder] = look.exec(select(MessageTo).join(Message).where(Message.kind == "reminder"))
    assert reminder.letters == 0  # it stands on the district's page all the same


@on_sqlite
def test_the_link_of_a_letter_stops_its_kind_and_no_other(circle, remind, act, app, letters):
    remind()
    token = letters()[circle.readers["waiting"].email].stop_url.rpartition("/")[2]

    stranger = app.test_client()
    assert "Stop these letters?" in stranger.get(f"/letters/stop/{token}").text
    form = stranger.get(f"/letters/stop/{token}").text
    csrf = form.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    for _ in range(2):  # twice does no harm
        assert stranger.post(f"/letters/stop/{token}", data={"csrf_token": csrf}).status_code == 302
    assert "No more of these letters" in stranger.get(f"/letters/stop/{token}").text
    assert stranger.get(f"/letters/stop/{token[:-2]}xx").status_code == 404

    with app.app_context():
        assert stop_links.read_stop(token) == (
            circle.readers["waiting"].id,
            LetterKind.REMINDERS,
        )
    before = len(letters())
    remind(once_key="k3")
    assert len(letters()) == before
