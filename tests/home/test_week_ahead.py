"""The week ahead by letter, once, and the dates as a calendar."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from marketplace.accounts import letter_service
from marketplace.accounts.letter_rules import LetterKind
from marketplace.core import clock, jobs, tenancy
from marketplace.core.mail import Letter
from marketplace.home import jobs as home_jobs
from marketplace.home import rules
from marketplace.home.rules import Task
from marketplace.pools.rules import Rung
from tests.conftest import NOW, on_postgresql, on_sqlite

MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 8 a.m. Central


@pytest.mark.parametrize(
    "moment, week",
    [
        ("2026-11-23T12:59:59", None),  # 6:59 a.m. Central
        ("2026-11-23T13:00:00", date(2026, 11, 23)),
        ("2026-11-26T05:59:59", date(2026, 11, 23)),  # Wednesday night
        ("2026-11-26T06:00:00", None),
        ("2026-03-09T11:59:59", None),  # the Monday after the clocks went forward
        ("2026-03-09T12:00:00", date(2026, 3, 9)),
    ],
)
def test_it_is_written_on_monday_morning_where_the_district_is(moment, week):
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    assert rules.week_to_write(now, "America/Chicago") == week


@pytest.mark.parametrize("today, friday", [(16, 20), (20, 20), (21, 27), (22, 27)])
def test_friday_is_the_end_of_the_school_week(today, friday):
    assert rules.this_friday(date(2026, 11, today)) == date(2026, 11, friday)


def test_late_and_dateless_things_count_before_friday():
    due = [None, date(2026, 11, 1), date(2026, 11, 20), date(2026, 11, 21)]
    tasks = [Task("x", "/x", due=each) for each in due]

    assert rules.before_friday(tasks, date(2026, 11, 16)) == 3


@pytest.fixture
def member(make):
    consortium, district = make.consortium(name="Ridge Buyers"), make.district("Maple Valley")
    make.member(consortium, district)
    pool = make.pool(consortium, title="Reading", slug="reading", closes_at=NOW + timedelta(days=9))
    make.commitment(pool, district, rung=Rung.INTENT, board_date=date(2026, 11, 24))
    return make.buyer(district), district


@pytest.fixture
def run(app):
    def at(moment):
        with app.app_context(), clock.frozen(moment):
            return jobs._run_timed("home.write_weeks_ahead", home_jobs.write_weeks_ahead)

    return at


@pytest.fixture
def written(look):
    def read():
        look.rollback()
        with tenancy.everyone("test asserts"):
            return look.exec(select(Letter)).all()

    return read


def test_each_district_gets_its_week_once(member, run, written):
    assert [run(MONDAY), run(MONDAY), run(MONDAY + timedelta(days=1))] == [1, 0, 0]

    [letter] = written()
    assert letter.recipient == member[0].email
    assert letter.subject == "Maple Valley: 1 thing before Friday"
    for words in ("NEEDS YOU", "Board vote on Reading (by Nov 24, 2026)", "CHANGED", "/pools/"):
        assert words in letter.text
    assert "List" not in letter.text
    assert letter.stop_url in letter.text


@on_postgresql
def test_two_workers_write_it_once(member, run, written):
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: run(MONDAY), range(2)))
    run(MONDAY)

    assert len(written()) == 1


@on_sqlite
def test_who_stopped_it_gets_none_and_it_is_not_tried_again(member, act, run, written):
    act(member[0], letter_service.choose_letters, set(LetterKind) - {LetterKind.DIGEST})

    assert [run(MONDAY), run(MONDAY)] == [0, 0]
    assert written() == []


@on_sqlite
def test_a_district_with_nothing_to_read_gets_no_letter(make, run, written):
    make.buyer(district := make.district())
    make.member(make.consortium(), district)

    run(MONDAY)

    assert written() == []


@on_sqlite
def test_the_choice_of_letters_is_kept_and_shown(member, client_for):
    client = client_for(member[0])

    assert client.get("/account/letters").text.count(" checked") == 3
    assert client.send("/account/letters", kinds=["digest"]).status_code == 302
    assert client.get("/account/letters").text.count(" checked") == 1
    assert client.send("/account/letters", kinds=["spam"]).status_code == 422


@on_sqlite
def test_the_calendar_of_a_district_opens_without_signing_in(member, client_for, app, make):
    buyer, district = member
    page = client_for(buyer).get(f"/d/{district.leaid}/dates").text
    address = "/calendars/" + page.split("/calendars/")[1].split(".ics")[0] + ".ics"

    feed = app.test_client().get(address)

    assert feed.mimetype == "text/calendar"
    text = feed.text.replace("\r\n ", "")
    assert "SUMMARY:Pool closes: Reading" in text
    assert "DTSTART:20261125T150000Z" in text
    assert "DTSTART;VALUE=DATE:20261124" in text  # the board vote, a whole day
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 3
    assert app.test_client().get(address.replace(".ics", "x.ics")).status_code == 404
    other = client_for(make.buyer(make.district()))
    assert other.get(f"/d/{district.leaid}/dates").status_code == 404
