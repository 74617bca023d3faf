"""A consortium's own term: no pool outlives it, and its end is told in time, once a day of four."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlmodel import select

from marketplace.consortia import queries, service
from marketplace.consortia.rules import Choices
from marketplace.core import clock, db, jobs, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import RuleBroken
from marketplace.core.mail import Letter
from marketplace.pools import service as pools_service
from marketplace.pools.rules import PoolStatus
from marketplace.pools.service import Plan
from tests.conftest import NOW, on_sqlite

ENDS = date(2027, 11, 15)  # a year from the founding, the last day included


@pytest.fixture
def led(make, act):
    """A consortium that runs for a year by its by-laws, its lead, and one member."""
    consortium = make.consortium(choices=Choices(term_years=1), runs_until=ENDS)
    member = make.member(consortium)
    return SimpleNamespace(
        org_id=consortium.org_id,
        consortium=consortium,
        name=make.org_of(consortium).name,
        convener=make.convener(consortium),
        buyer=make.buyer(make._organization(member.district_id)),
        schedule=make.price_schedule(make.tool()),
    )


def plan(led, ends_on):
    return Plan(
        tool_id=led.schedule.tool_id,
        price_schedule_id=led.schedule.id,
        title="Reading",
        closes_at=NOW + timedelta(days=30),
        term_starts_on=date(2027, 7, 1),
        term_ends_on=ends_on,
        pay_by=date(2027, 8, 1),
    )


def test_no_pool_is_planned_or_opened_that_outlives_the_consortium(make, act, led):
    with pytest.raises(RuleBroken, match="runs until November 15, 2027") as refusal:
        act(led.convener, pools_service.create_pool, led.org_id, plan(led, date(2028, 6, 30)))
    assert refusal.value.field == "term_ends_on"
    pool = act(led.convener, pools_service.create_pool, led.org_id, plan(led, ENDS))
    with pytest.raises(RuleBroken, match="runs until"):
        act(led.convener, pools_service.change_pool, pool.id, plan(led, ENDS + timedelta(days=1)))
    led.consortium.runs_until = date(2027, 9, 1)  # by-laws with a shorter term
    make.save(led.consortium)

    with pytest.raises(RuleBroken, match="runs until September 1, 2027"):
        act(led.convener, pools_service.open_pool, pool.id)
    assert pool.status is PoolStatus.DRAFT


def warn(app, on):
    at = datetime(on.year, on.month, on.day, 22, 0, tzinfo=UTC)
    with clock.frozen(at), app.app_context():
        return jobs._run_timed("x", jobs.timed_jobs()["consortia.warn_of_terms"])


@on_sqlite
def test_its_end_is_told_at_180_90_60_and_30_days_once_each(app, led, deliver, look):
    days = [ENDS - timedelta(days=n) for n in (181, 180, 179, 90, 60, 30, 29, 0)]
    assert [warn(app, on) for on in days] == [0, 1, 0, 1, 1, 1, 0, 0]
    with clock.frozen(NOW + timedelta(days=400)):
        deliver()

    written = look.exec(select(Letter).where(Letter.recipient == led.buyer.email)).all()
    assert [letter.subject for letter in written] == [f"{led.name} ends on Nov 15, 2027"] * 4
    assert "No pool can be opened whose term ends later." in written[0].text


@on_sqlite
def test_by_laws_with_a_longer_term_move_the_end_and_begin_the_warnings_anew(app, act, led, look):
    warn(app, ENDS - timedelta(days=30))
    act(led.convener, service.save_by_laws, led.org_id, Choices(term_years=2), "", 0)
    draft = act(led.convener, service.put_by_laws_to_vote, led.org_id, 1)
    with app.app_context(), tenancy.everyone("it passed"), db.transaction() as session:
        service.end_by_laws_vote(session, Actor.system(), led.org_id, draft.id, passed=True)

    with tenancy.everyone("test asserts"):
        found = queries.consortium_of(look, led.org_id)
    assert (found.runs_until, found.term_reminded_days) == (date(2028, 11, 15), None)
