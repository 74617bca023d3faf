"""The roll, reminders with a preview, messages, the trail and the feeds, in a browser."""

import csv
import io
from xml.etree import ElementTree

import pytest
from sqlalchemy import event

from marketplace.consortia import service
from marketplace.consortia.rules import ConsortiumStatus
from tests.conftest import on_sqlite

pytestmark = on_sqlite
ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_roll_shows_one_standing_a_member(circle, client_for):
    page = client_for(circle.lead).get(f"/c/{circle.slug}/roll")

    assert page.status_code == 200
    for words in ("Waiting for board", "Committed", "Paper missing", "Not started"):
        assert words in page.text
    assert "What happens at the deadline" in page.text
    assert "today 1 district" in page.text
    assert f"/c/{circle.slug}/remind?" in page.text


def test_the_roll_as_files_has_the_same_rows(circle, client_for):
    client = client_for(circle.lead)
    rows = list(csv.DictReader(io.StringIO(client.get(f"/c/{circle.slug}/roll.csv").text)))
    narrowed = client.get(f"/c/{circle.slug}/roll.json?standing=committed").get_json()

    assert {row["District"]: row["Standing"] for row in rows} == {
        "Absent": "Not started",
        "Committed": "Committed",
        "Paperless": "Paper missing",
        "Waiting": "Waiting for board",
    }
    assert [row["District"] for row in narrowed["members"]] == ["Committed"]


def test_the_roll_follows_a_cleared_pool_to_its_payment(make, circle, client_for):
    make.cleared_pool(circle.consortium, [circle.committed], slug="math", title="Math")

    page = client_for(circle.lead).get(f"/c/{circle.slug}/roll?pool=math")

    assert "No order yet" in page.text
    assert "Not in the order" in page.text


def test_the_roll_asks_as_often_for_forty_members_as_for_four(make, circle, client_for, app):
    client, counted = client_for(circle.lead), []

    def count():
        told = []
        engine = app.extensions["engine"]
        event.listen(engine, "before_cursor_execute", listener := lambda *a: told.append(a[2]))
        client.get(f"/c/{circle.slug}/roll")
        event.remove(engine, "before_cursor_execute", listener)
        return len(told)

    count()
    counted.append(count())
    for _ in range(36):
        make.member(circle.consortium)
    counted.append(count())
    assert counted[0] == counted[1] <= 12


def test_a_reminder_is_shown_then_sent_once(circle, client_for, letters):
    client = client_for(circle.lead)
    url = f"/c/{circle.slug}/remind?pool=reading&standing=waits_for_board"
    first = client.get(url)
    assert "Has your board voted on Reading?" in first.text
    assert "To Waiting" in first.text
    fields = {
        "pool": "reading",
        "standing": "waits_for_board",
        "districts": str(circle.waiting.id),
        "subject": "A vote?",
        "text": "<b>Please</b>",
        "once_key": "one",
    }

    shown = client.send(url, **fields, do="preview")
    assert letters() == {}
    assert "&lt;b&gt;Please&lt;/b&gt;" in shown.text
    sent = client.send(url, **fields)
    assert sent.status_code == 302
    assert client.send(url, **fields).location == sent.location
    assert len(letters()) == 1
    assert "Waiting" in client.get(sent.location).text
    assert "A vote?" in client.get(f"/c/{circle.slug}/messages").text


def test_bad_words_are_refused_with_everything_typed_still_there(circle, client_for, letters):
    url = f"/c/{circle.slug}/remind?pool=reading&standing=waits_for_board"
    page = client_for(circle.lead).send(
        url, pool="reading", standing="waits_for_board", subject="", text="My own words"
    )

    assert page.status_code == 422
    assert "Enter a subject." in page.text
    assert "Choose at least one district." in page.text
    assert "My own words" in page.text
    assert letters() == {}


@pytest.mark.parametrize("standing", ["paid", "nonsense"])
def test_what_cannot_be_reminded_of_leads_back_to_the_roll(circle, client_for, standing):
    url = f"/c/{circle.slug}/remind?pool=reading&standing={standing}"

    assert client_for(circle.lead).get(url).location == f"/c/{circle.slug}/roll"


def test_a_message_stands_on_the_page_of_each_member(circle, client_for, make, letters):
    lead = client_for(circle.lead)
    sent = lead.send(
        f"/c/{circle.slug}/messages/new", subject="We meet", text="In May.", once_key="m"
    )

    assert sent.status_code == 302
    assert len(letters()) == 4
    mine = client_for(circle.readers["absent"]).get(f"/d/{circle.absent.leaid}/messages")
    assert "In May." in mine.text
    assert (
        client_for(make.buyer(make.district()))
        .get(f"/d/{circle.absent.leaid}/messages")
        .status_code
        == 404
    )


def test_the_trail_names_who_did_what(circle, client_for):
    lead = client_for(circle.lead)
    lead.send(f"/c/{circle.slug}/messages/new", subject="We meet", text="In May.", once_key="m")

    page = lead.get(f"/c/{circle.slug}/trail?area=outreach")
    rows = list(csv.DictReader(io.StringIO(lead.get(f"/c/{circle.slug}/trail.csv").text)))

    assert "Message sent" in page.text
    assert "Lee Lead" in page.text
    assert rows[0]["Event"] == "outreach.message_sent"
    assert rows[0]["Who"] == "Lee Lead"


def test_members_and_strangers_do_not_see_roll_and_trail(circle, client_for, make):
    for user in (circle.readers["waiting"], make.convener(make.consortium())):
        client = client_for(user)
        for page in ("roll", "roll.csv", "trail", "messages", "messages/new"):
            assert client.get(f"/c/{circle.slug}/{page}").status_code in (403, 404)


def test_feeds_tell_strangers_what_is_public(make, act, app):
    consortium = make.consortium(name="Three Rivers", status=ConsortiumStatus.FORMING)
    act(make.convener(consortium), service.constitute, consortium.org_id)
    address = f"/consortia/{make.org_of(consortium).slug}/feed.atom"

    feed = ElementTree.fromstring(app.test_client().get(address).text)

    assert feed.find(f"{ATOM}title").text == "Three Rivers"
    assert [entry.find(f"{ATOM}summary").text for entry in feed.iter(f"{ATOM}entry")] == [
        "Three Rivers is constituted and can open pools."
    ]


def test_a_pool_has_its_feed_once_it_is_open(circle, make, app):
    draft = make.pool(circle.consortium, slug="hidden", status="draft")
    client = app.test_client()

    assert client.get(f"/pools/{circle.slug}/reading/feed.atom").status_code == 200
    assert client.get(f"/pools/{circle.slug}/{draft.slug}/feed.atom").status_code == 404
