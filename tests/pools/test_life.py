"""The life of a pool from draft to closed: each state, each choice, what must not change it."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from marketplace.accounts.models import Organization
from marketplace.catalogue import service as catalogue_service
from marketplace.consortia.models import ByLaws, Consortium
from marketplace.core import clock, jobs, mail
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.pools import queries, service, state_rules
from marketplace.pools.rules import Rung
from marketplace.pools.state_rules import TRANSITIONS, PoolStatus, Step
from tests.conftest import NOW, on_sqlite
from tests.pools.crowd import LATER, after_the_deadline, end_membership, firm, joined, words


@pytest.fixture
def due(app):
    """Let the timed jobs and all that follows run at a moment."""

    def run(at):
        with clock.frozen(at), app.app_context():
            return jobs.run_due()

    return run


@pytest.fixture
def short(app, make, consortium):
    """A pool that missed its 500 seats, with one district of 400."""
    pool = make.pool(consortium, threshold_seats=500)
    make.commitment(pool, joined(make, consortium)[0], 400)
    after_the_deadline(app)
    return pool


def test_every_state_is_reached_and_only_by_the_table():
    reached = {PoolStatus.DRAFT}
    for _ in TRANSITIONS:
        reached |= {
            state_rules.after(step, status)
            for step in Step
            for status in reached
            if state_rules.can(step, status)
        }
    assert reached == set(PoolStatus)
    for step in Step:
        for status in set(PoolStatus) - set(TRANSITIONS[step]):
            with pytest.raises(RuleBroken):
                state_rules.after(step, status)


@on_sqlite
def test_a_pool_lives_from_draft_to_closed(make, act, see, due, consortium, convener):
    tool = make.tool()
    plan = service.Plan(
        tool_id=tool.id,
        price_schedule_id=make.price_schedule(tool, version=3).id,
        title="Reading",
        closes_at=NOW + timedelta(days=30),
        term_starts_on=date(2027, 1, 1),
        term_ends_on=date(2027, 12, 31),
        pay_by=date(2027, 2, 1),
        fill_up_days=2,
    )
    pool = act(convener, service.create_pool, consortium.org_id, plan)
    lived = [pool.status]
    lived.append(act(convener, service.open_pool, pool.id).status)
    make.commitment(pool, joined(make, consortium)[0], 400)
    for at in (NOW + timedelta(days=28, minutes=1), LATER, NOW + timedelta(days=420)):
        due(at)
        lived.append(see(queries.get_pool, pool.id).status)

    assert lived == ["draft", "open", "fill_up", "ordered", "closed"]
    found = see(queries.get_pool, pool.id)
    assert (found.quote_version, found.quote_valid_until) == (3, NOW.date() + timedelta(days=365))
    assert found.by_laws_version == 1


@on_sqlite
def test_all_pools_whose_term_is_over_close_in_the_scope_of_the_worker(make, due, consortium):
    for _ in range(2):
        make.pool(consortium, status=PoolStatus.ORDERED)

    assert [due(NOW + timedelta(days=700))["pools.close_what_is_over"] for _ in "12"] == [2, 0]


# -- the fill-up phase -----------------------------------------------------------------------


@on_sqlite
def test_the_last_phase_is_told_a_day_ahead_and_begins_by_the_clock(
    make, act, see, look, due, consortium, convener
):
    pool = make.pool(consortium)
    _, buyer = joined(make, consortium)
    act(buyer, service.commit_seats, pool.id, **firm(100, contact_email="pat@example.org"))
    with pytest.raises(NotAllowed):
        act(buyer, service.plan_fill_up, pool.id, 3)

    act(convener, service.plan_fill_up, pool.id, 3)
    act(convener, service.plan_fill_up, pool.id, 3)
    starts = pool.closes_at - timedelta(days=3)
    with clock.frozen(starts - timedelta(seconds=1)):
        act(buyer, service.commit_seats, pool.id, **firm(90))
    with clock.frozen(starts):  # no job has run yet
        with pytest.raises(RuleBroken, match="only be added"):
            act(buyer, service.withdraw_commitment, pool.id)
        with pytest.raises(RuleBroken, match="has begun"):
            act(convener, service.plan_fill_up, pool.id, 1)
        act(buyer, service.commit_seats, pool.id, **firm(95, contact_email="pat@example.org"))
    assert see(queries.get_pool, pool.id).status is PoolStatus.OPEN
    due(starts)
    due(starts)

    assert see(queries.get_pool, pool.id).status is PoolStatus.FILL_UP
    subjects = [letter.subject for letter in mail.newest_letters(look)]
    for said in ("until when you can change", "last days for more seats"):
        assert subjects.count(f"{pool.title}: {said}") == 1


@on_sqlite
def test_too_late_for_a_days_notice_is_refused(make, act, consortium, convener):
    pool = make.pool(consortium)
    with (
        clock.frozen(pool.closes_at - timedelta(days=1, hours=23)),
        pytest.raises(RuleBroken, match="a day’s notice"),
    ):
        act(convener, service.plan_fill_up, pool.id, 1)


# -- a missed threshold ----------------------------------------------------------------------


@on_sqlite
def test_extended_the_commitments_stand_and_the_pool_clears_later(
    make, act, see, look, due, consortium, convener, short
):
    with clock.frozen(LATER):
        until = LATER + timedelta(days=10)
        extended = act(convener, service.extend_pool, short.id, until)
        again = act(convener, service.extend_pool, short.id, until)
        assert extended.status is again.status is PoolStatus.EXTENDED
        due(LATER)
        _, other = joined(make, consortium)
        act(other, service.commit_seats, short.id, **firm(200))
    due(until)

    pool = see(queries.get_pool, short.id)
    assert (pool.status, pool.extended_from) == (PoolStatus.ORDERED, short.closes_at)
    assert sorted(a.seats for a in see(queries.allocations, short.id)) == [200, 400]
    subjects = [letter.subject for letter in mail.newest_letters(look)]
    assert f"{short.title}: closed short, please decide" in subjects
    assert subjects.count(f"{short.title}: open again") == 1


@on_sqlite
def test_lowered_it_clears_on_what_the_deadline_froze(act, see, due, convener, short):
    with clock.frozen(LATER):
        with pytest.raises(RuleBroken, match="would still close short"):
            act(convener, service.lower_threshold, short.id, 450)
        act(convener, service.lower_threshold, short.id, 400)
        act(convener, service.lower_threshold, short.id, 400)
    due(LATER)

    pool = see(queries.get_pool, short.id)
    assert pool.status is PoolStatus.ORDERED
    assert [a.share_cents for a in see(queries.allocations, short.id)] == [400 * 1600]
    assert pool.clearing["inputs"]["threshold_seats"] == 400


@on_sqlite
def test_released_it_is_over_for_good(make, act, look, due, consortium, convener, short):
    _, buyer = joined(make, consortium)
    with clock.frozen(LATER):
        for use_case, more in (
            (service.extend_pool, [LATER + timedelta(days=9)]),
            (service.lower_threshold, [400]),
            (service.release_districts, []),
        ):
            with pytest.raises(NotAllowed):
                act(buyer, use_case, short.id, *more)
        act(convener, service.release_districts, short.id)
        act(convener, service.release_districts, short.id)
        with pytest.raises(RuleBroken, match="were released"):
            act(convener, service.extend_pool, short.id, LATER + timedelta(days=9))
        with pytest.raises(RuleBroken, match="were released"):
            act(convener, service.lower_threshold, short.id, 400)
    due(LATER)

    subjects = [letter.subject for letter in mail.newest_letters(look)]
    assert subjects.count(f"{short.title}: ended, you are released") == 1


# -- what changes around an open pool --------------------------------------------------------


@on_sqlite
def test_a_price_withdrawn_mid_pool_is_said_and_the_frozen_quote_holds_while_it_is_valid(
    app, make, act, see, look, due, consortium, convener, address
):
    vendor = make.vendor()
    tool = make.tool(vendor)
    schedule = make.price_schedule(tool, valid_until=date(2027, 1, 10))
    pool = make.pool(consortium, tool, threshold_seats=500, quote_valid_until=date(2027, 1, 10))
    make.commitment(pool, joined(make, consortium)[0], 400)
    listing = make.person(vendor, "administrator")

    act(
        listing,
        catalogue_service.offer_price,
        tool.id,
        schedule.edition_id,
        terms={"form": "per_seat", "bands": [{"from": 1, "unit_cents": 99_900}]},
        valid_until=date(2027, 6, 30),
    )
    due(NOW)
    due(NOW)
    page = words(app.test_client().get(address(pool)))
    due(LATER)

    assert "The vendor has taken this price off its list." in page
    assert "good until Jan 10, 2027" in page
    told = [x for x in mail.newest_letters(look) if "changed its price list" in x.subject]
    assert {x.recipient for x in told} == {"pat@example.org", convener.email}
    assert len(told) == 2
    assert see(queries.get_pool, pool.id).terms["bands"][0]["unit_cents"] == 1600
    with clock.frozen(LATER), pytest.raises(RuleBroken, match="good until January 10"):
        act(convener, service.extend_pool, pool.id, LATER + timedelta(days=60))
    with clock.frozen(LATER + timedelta(days=60)):
        for use_case, more in (
            (service.lower_threshold, [400]),
            (service.extend_pool, [LATER + timedelta(days=70)]),
        ):
            with pytest.raises(RuleBroken, match="Release the districts"):
                act(convener, use_case, pool.id, *more)


@on_sqlite
def test_new_by_laws_and_a_new_zone_leave_an_open_pool_as_it_opened(
    app, make, see, due, consortium, address
):
    pool = make.pool(consortium, by_laws_version=1)
    make.commitment(pool, joined(make, consortium)[0], 300)
    make.commitment(pool, joined(make, consortium)[0], 100)
    row = make.session.exec(select(Consortium).where(Consortium.id == consortium.id)).one()
    row.split_method, row.by_laws_version = "equal", 2
    first = make.session.exec(select(ByLaws).where(ByLaws.org_id == consortium.org_id)).one()
    make.save(ByLaws(**{**first.model_dump(exclude={"id"}), "version": 2}))
    place = make.session.exec(select(Organization).where(Organization.id == row.org_id)).one()
    place.time_zone = "America/Los_Angeles"
    make.session.commit()

    page = words(app.test_client().get(address(pool)))
    due(pool.closes_at - timedelta(seconds=1))
    assert see(queries.get_pool, pool.id).status is PoolStatus.OPEN
    due(pool.closes_at)

    assert "Dec 16, 2026, 9:00 a.m. Central" in page
    assert "Opened under version 1; version 2 is in force now" in page
    assert sorted(a.share_cents for a in see(queries.allocations, pool.id)) == [160_000, 480_000]


@on_sqlite
@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=3), timedelta(days=40)])
def test_a_late_job_comes_to_the_result_of_the_deadline(app, make, act, see, consortium, late):
    """Whoever left, and whatever paper came, after the deadline changes nothing."""
    pool = make.pool(consortium)
    (stays, _), (leaves, _) = joined(make, consortium), joined(make, consortium)
    make.commitment(pool, stays, 1300)
    make.commitment(pool, leaves, 1300)
    bare = make.district()
    member = make.member(consortium, bare, instrument=False)
    make.commitment(pool, bare, 700)
    with clock.frozen(pool.closes_at + timedelta(seconds=1)):
        end_membership(make, act, consortium, leaves)
        make.instrument(member, filed_at=clock.now())

    with clock.frozen(pool.closes_at + late + timedelta(seconds=2)), app.app_context():
        jobs._run_timed("x", jobs.timed_jobs()["pools.clear_due"])

    shares = see(queries.allocations, pool.id)
    assert sorted(a.leaid for a in shares) == sorted([stays.leaid, leaves.leaid])
    assert [a.share_cents for a in shares] == [1300 * 1350] * 2
    assert see(queries.get_pool, pool.id).clearing["left_out"] == [bare.leaid]


@on_sqlite
def test_the_rungs_are_counted_apart(make, act, look, consortium):
    pool = make.pool(consortium)
    for n, rung in enumerate(Rung, 1):
        make.commitment(pool, joined(make, consortium)[0], n * 10, rung=rung)

    by_rung = queries.seats_by_rung(look, [pool.id])[pool.id]

    assert by_rung == {rung: (1, n * 10) for n, rung in enumerate(Rung, 1)}
