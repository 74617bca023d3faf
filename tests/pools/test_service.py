"""Planning, committing and clearing, on both engines."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.consortia.rules import ConsortiumStatus, MemberStatus
from marketplace.core import clock, tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from marketplace.directory import queries as directory
from marketplace.pools import queries, service
from marketplace.pools.rules import PoolStatus, Rung
from tests.conftest import NOW
from tests.pools.crowd import across, firm, joined


@pytest.fixture
def pupils(monkeypatch):
    """The directory knows these districts: `pupils({leaid: 640})`."""

    def known(counts):
        rows = {leaid: SimpleNamespace(leaid=leaid, pupils=n) for leaid, n in counts.items()}
        monkeypatch.setattr(
            directory,
            "districts_by_leaid",
            lambda _session, leaids: {k: rows[k] for k in leaids if k in rows},
        )

    return known


# -- planning --------------------------------------------------------------------------------


@pytest.fixture
def plan(make):
    tool = make.tool()
    schedule = make.price_schedule(tool)

    def plan(**changes):
        return service.Plan(
            **{
                "tool_id": tool.id,
                "price_schedule_id": schedule.id,
                "title": "Reading Coach, 2027–28",
                "closes_at": NOW + timedelta(days=30),
                "term_starts_on": date(2027, 7, 1),
                "term_ends_on": date(2028, 6, 30),
                "pay_by": date(2027, 8, 1),
            }
            | changes
        )

    return plan


def test_a_pool_is_planned_then_opened_with_its_price_frozen(
    make, act, look, consortium, convener, plan
):
    pool = act(convener, service.create_pool, consortium.org_id, plan())
    assert pool.status is PoolStatus.DRAFT

    opened = act(convener, service.open_pool, pool.id)
    again = act(convener, service.open_pool, pool.id)

    assert opened.status is again.status is PoolStatus.OPEN
    assert opened.slug == "reading-coach-2027-28"
    assert opened.terms["bands"][0]["unit_cents"] == 1600
    events = [e for e in look.exec(select(Event.name)) if e == "pools.opened"]
    assert len(events) == 1


def test_what_is_open_is_not_changed_any_more(act, consortium, convener, plan):
    pool = act(convener, service.create_pool, consortium.org_id, plan())
    act(convener, service.change_pool, pool.id, plan(threshold_seats=500))
    act(convener, service.open_pool, pool.id)

    with pytest.raises(RuleBroken, match="stay as they are"):
        act(convener, service.change_pool, pool.id, plan(threshold_seats=900))


def test_a_consortium_that_is_still_forming_opens_no_pool(make, act, plan):
    consortium = make.consortium(status=ConsortiumStatus.FORMING)
    convener = make.convener(consortium)
    pool = act(convener, service.create_pool, consortium.org_id, plan())

    with pytest.raises(RuleBroken, match="still forming"):
        act(convener, service.open_pool, pool.id)


def test_a_price_taken_back_before_opening_stops_the_pool(make, act, consortium, convener, plan):
    said = plan()
    pool = act(convener, service.create_pool, consortium.org_id, said)
    with tenancy.everyone("the vendor takes its price back"):
        schedule = service.catalogue.get_schedule(make.session, said.price_schedule_id)
        schedule.withdrawn_at = NOW
        make.session.commit()

    with pytest.raises(RuleBroken, match="no longer offers"):
        act(convener, service.open_pool, pool.id)


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"closes_at": NOW}, "closes_day"),
        ({"closes_at": NOW + timedelta(days=500)}, "closes_day"),
        ({"term_starts_on": date(2026, 12, 1)}, "term_starts_on"),
        ({"term_ends_on": date(2027, 7, 1)}, "term_ends_on"),
        ({"pay_by": date(2026, 12, 1)}, "pay_by"),
        ({"pay_by": date(2029, 1, 1)}, "pay_by"),
    ],
)
def test_dates_that_cannot_be_are_refused_at_their_field(
    act, consortium, convener, plan, changes, field
):
    with pytest.raises(RuleBroken) as refusal:
        act(convener, service.create_pool, consortium.org_id, plan(**changes))
    assert refusal.value.field == field


def test_two_pools_of_one_consortium_never_share_a_title(act, consortium, convener, plan):
    act(convener, service.create_pool, consortium.org_id, plan())

    with pytest.raises(RuleBroken, match="already has a pool"):
        act(convener, service.create_pool, consortium.org_id, plan())


def test_a_member_plans_no_pool_and_a_stranger_finds_no_consortium(make, act, consortium, plan):
    _, buyer = joined(make, consortium)
    with pytest.raises(NotAllowed):
        act(buyer, service.create_pool, consortium.org_id, plan())
    with pytest.raises(NotFound):
        act(make.convener(make.consortium()), service.create_pool, consortium.org_id, plan())


# -- committing ------------------------------------------------------------------------------


def test_a_member_commits_and_changes_its_mind(make, act, look, consortium):
    _district, buyer = joined(make, consortium)
    pool = make.pool(consortium)

    act(buyer, service.commit_seats, pool.id, **firm(100))
    act(buyer, service.commit_seats, pool.id, **firm(120, tolerance=10, limit_cents=200_000))

    (commitment,) = queries.commitments(look, pool.id)
    assert (commitment.seats, commitment.tolerance, commitment.limit_cents) == (120, 10, 200_000)


def test_the_same_form_sent_twice_changes_nothing(make, act, look, consortium):
    _, buyer = joined(make, consortium)
    pool = make.pool(consortium)

    act(buyer, service.commit_seats, pool.id, **firm(100, key="k1"))
    act(buyer, service.commit_seats, pool.id, **firm(300, key="k1"))

    assert [c.seats for c in queries.commitments(look, pool.id)] == [100]
    assert len(look.exec(select(Event).where(Event.name == "pools.committed")).all()) == 1


def test_the_top_rungs_need_a_member_with_a_paper_for_the_whole_term(make, act, consortium):
    pool = make.pool(consortium)
    stranger = make.buyer(make.district())
    short_paper = make.district()
    member = make.member(consortium, short_paper, instrument=False)
    make.instrument(member, ends_on=pool.term_ends_on - timedelta(days=1))
    late_paper = make.district()
    make.instrument(
        make.member(consortium, late_paper, instrument=False),
        starts_on=pool.term_starts_on + timedelta(days=1),
        ends_on=date(2035, 1, 1),
    )

    for buyer, reason in (
        (stranger, "Only active members"),
        (make.buyer(short_paper), "whole term"),
        (make.buyer(late_paper), "whole term"),
    ):
        with pytest.raises(RuleBroken, match=reason):
            act(buyer, across(service.commit_seats), pool.id, **firm(50))
        act(buyer, across(service.commit_seats), pool.id, seats=50, rung=Rung.INTEREST)


def test_an_invited_district_is_no_member_yet(make, act, consortium):
    district = make.district()
    make.member(consortium, district, status=MemberStatus.INVITED)
    pool = make.pool(consortium)

    with pytest.raises(RuleBroken, match="Only active members"):
        act(make.buyer(district), across(service.commit_seats), pool.id, **firm(50))


def test_nobody_commits_more_seats_than_it_has_pupils(make, act, consortium, pupils):
    district, buyer = joined(make, consortium)
    pupils({district.leaid: 312})
    pool = make.pool(consortium)

    with pytest.raises(RuleBroken, match="312 pupils") as refusal:
        act(buyer, service.commit_seats, pool.id, **firm(313))
    assert refusal.value.field == "seats"
    act(buyer, service.commit_seats, pool.id, **firm(312))


def test_only_a_buyer_of_the_district_commits(make, act, consortium):
    district, _ = joined(make, consortium)
    viewer = make.person(district, Role.VIEWER)
    pool = make.pool(consortium)

    with pytest.raises(NotAllowed):
        act(viewer, service.commit_seats, pool.id, **firm(10))


def test_at_the_deadline_the_pool_is_closed_and_a_second_before_it_is_open(make, act, consortium):
    (_, early), (_, late) = joined(make, consortium), joined(make, consortium)
    pool = make.pool(consortium)

    with clock.frozen(pool.closes_at - timedelta(seconds=1)):
        act(early, service.commit_seats, pool.id, **firm(10))
    with clock.frozen(pool.closes_at), pytest.raises(RuleBroken, match="has closed"):
        act(late, service.commit_seats, pool.id, **firm(10))
    with clock.frozen(pool.closes_at), pytest.raises(RuleBroken, match="has closed"):
        act(early, service.withdraw_commitment, pool.id)


def test_whoever_withdraws_counts_no_more_and_may_come_back(make, act, look, consortium):
    _, buyer = joined(make, consortium)
    pool = make.pool(consortium)
    act(buyer, service.commit_seats, pool.id, **firm(100))

    act(buyer, service.withdraw_commitment, pool.id)
    act(buyer, service.withdraw_commitment, pool.id)
    assert queries.commitments(look, pool.id) == []
    act(buyer, service.commit_seats, pool.id, **firm(40))

    look.rollback()
    assert [c.seats for c in queries.commitments(look, pool.id)] == [40]


def test_in_the_fill_up_phase_seats_are_only_added(make, act, consortium):
    _, buyer = joined(make, consortium)
    pool = make.pool(consortium, status=PoolStatus.FILL_UP)
    act(buyer, service.commit_seats, pool.id, **firm(100))

    with pytest.raises(RuleBroken, match="only be added"):
        act(buyer, service.commit_seats, pool.id, **firm(99))
    with pytest.raises(RuleBroken, match="only be added"):
        act(buyer, service.withdraw_commitment, pool.id)
    act(buyer, service.commit_seats, pool.id, **firm(101))


def test_a_draft_pool_does_not_exist_for_a_district(make, act, consortium):
    _, buyer = joined(make, consortium)
    pool = make.pool(consortium, status=PoolStatus.DRAFT)

    with pytest.raises(NotFound):
        act(buyer, service.commit_seats, pool.id, **firm(10))
