"""Planning, committing and clearing, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlmodel import select

from marketplace.accounts import login
from marketplace.accounts.rules import Role
from marketplace.consortia import service as consortia_service
from marketplace.consortia.rules import ConsortiumStatus, MemberStatus
from marketplace.core import clock, db, jobs, mail, tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from marketplace.directory import queries as directory
from marketplace.pools import clearing_rules, queries, service
from marketplace.pools.rules import PoolStatus, Rung
from marketplace.pricing.rules import clear_document
from tests.conftest import NOW, on_postgresql

TODAY = NOW.date()
LATER = timedelta(days=31)


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


@pytest.fixture
def consortium(make):
    return make.consortium()


@pytest.fixture
def convener(make, consortium):
    return make.convener(consortium)


def joined(make, consortium, **fields):
    """A member district and its buyer."""
    district = make.district(**fields)
    make.member(consortium, district)
    return district, make.buyer(district)


def firm(seats, **more):
    return {"seats": seats, "rung": Rung.COMMITTED, "po_number": "PO-1"} | more


def after_the_deadline(app, run=jobs.run_due):
    with clock.frozen(NOW + LATER), app.app_context():
        return run()


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


def across(use_case):
    def run(session, actor, *args, **kwargs):
        with tenancy.everyone("any district may show interest in a public pool"):
            result = use_case(session, actor, *args, **kwargs)
            session.flush()
        return result

    return run


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


# -- clearing --------------------------------------------------------------------------------


def test_the_deadline_clears_the_pool_to_the_cent(app, make, look, consortium):
    pool = make.pool(consortium)
    for seats in (1300, 1201, 333):
        district, _ = joined(make, consortium)
        make.commitment(pool, district, seats)
    waiting, _ = joined(make, consortium)
    make.commitment(pool, waiting, 5000, rung=Rung.INTENT)

    done = after_the_deadline(app)

    assert done["pools.clear_due"] == 1
    cleared = queries.get_pool(look, pool.id)
    assert cleared.status is PoolStatus.CLEARED
    shares = queries.allocations(look, pool.id)
    assert sum(a.share_cents for a in shares) == 2834 * 1350
    assert sorted(a.seats for a in shares) == [333, 1201, 1300]
    assert all(a.share_cents <= a.alone_cents for a in shares)
    (event,) = look.exec(select(Event).where(Event.name == "pools.cleared")).all()
    assert event.facts["seats"] == 2834
    assert event.facts["total_cents"] == 2834 * 1350


def test_clearing_again_changes_nothing(app, make, act, look, consortium, convener):
    pool = make.pool(consortium)
    make.commitment(pool, joined(make, consortium)[0], 100)
    after_the_deadline(app)
    first = [a.id for a in queries.allocations(look, pool.id)]

    with clock.frozen(NOW + LATER):
        act(convener, service.clear_pool, pool.id)
    assert after_the_deadline(app)["pools.clear_due"] == 0

    look.rollback()
    assert [a.id for a in queries.allocations(look, pool.id)] == first


def test_nobody_clears_a_pool_early_and_a_member_never(make, act, consortium, convener):
    pool = make.pool(consortium)
    _, buyer = joined(make, consortium)

    with pytest.raises(RuleBroken, match="deadline"):
        act(convener, service.clear_pool, pool.id)
    with clock.frozen(NOW + LATER), pytest.raises(NotAllowed):
        act(buyer, service.clear_pool, pool.id)
    with clock.frozen(NOW + LATER):
        assert act(convener, service.clear_pool, pool.id).status is PoolStatus.LAPSED


def test_nobody_pays_more_than_its_limit(app, make, look, consortium):
    pool = make.pool(consortium)
    (rich, _), (poor, _) = joined(make, consortium), joined(make, consortium)
    make.commitment(pool, rich, 1000)
    make.commitment(pool, poor, 400, limit_cents=400 * 1600 - 1)

    after_the_deadline(app)

    (share,) = queries.allocations(look, pool.id)
    assert share.district_id == rich.id
    clearing = queries.get_pool(look, pool.id).clearing
    assert [out["id"] for out in clearing["result"]["dropped"]] == [poor.leaid]


def test_a_share_never_passes_the_cost_alone_even_under_a_rising_price(app, make, look, consortium):
    rising = {
        "form": "graduated",
        "platform_fee_cents": 0,
        "minimum_cents": 0,
        "cap_cents": None,
        "bands": [{"from": 1, "unit_cents": 100}, {"from": 101, "unit_cents": 500}],
    }
    pool = make.pool(consortium, terms=rising)
    for seats in (100, 100):
        make.commitment(pool, joined(make, consortium)[0], seats)

    after_the_deadline(app)

    assert all(a.share_cents <= a.alone_cents for a in queries.allocations(look, pool.id))


def test_below_the_threshold_the_pool_lapses_and_nobody_owes(app, make, look, consortium):
    pool = make.pool(consortium, threshold_seats=500)
    make.commitment(pool, joined(make, consortium)[0], 400, tolerance=50)

    after_the_deadline(app)

    assert queries.get_pool(look, pool.id).status is PoolStatus.LAPSED
    assert queries.allocations(look, pool.id) == []


def test_tolerance_seats_reach_the_threshold(app, make, look, consortium):
    pool = make.pool(consortium, threshold_seats=500)
    make.commitment(pool, joined(make, consortium)[0], 400, tolerance=150)

    after_the_deadline(app)

    (share,) = queries.allocations(look, pool.id)
    assert (share.seats, share.share_cents) == (500, 500 * 1600)


def end_membership(make, act, consortium, district):
    lead = make.convener(consortium)
    act(lead, consortia_service.end_membership, consortium.org_id, district.id)


def test_a_membership_that_ended_since_is_left_out(app, make, act, look, deliver, consortium):
    pool = make.pool(consortium)
    (stays, _), (leaves, _) = joined(make, consortium), joined(make, consortium)
    make.commitment(pool, stays, 100)
    make.commitment(pool, leaves, 100)

    end_membership(make, act, consortium, leaves)
    after_the_deadline(app, lambda: jobs._run_timed("x", jobs.timed_jobs()["pools.clear_due"]))

    assert [a.district_id for a in queries.allocations(look, pool.id)] == [stays.id]
    assert queries.get_pool(look, pool.id).clearing["left_out"] == [leaves.leaid]


def test_leaving_the_consortium_withdraws_from_its_open_pools(make, act, look, deliver, consortium):
    pool = make.pool(consortium)
    leaves, _ = joined(make, consortium)
    make.commitment(pool, leaves, 100)

    end_membership(make, act, consortium, leaves)
    deliver()

    assert queries.commitments(look, pool.id) == []


def test_the_published_inputs_give_the_same_result_and_no_limit(app, make, look, consortium):
    pool = make.pool(consortium)
    limits = [None, 640_001, 500_003, 100_007]
    for seats, limit in zip((2000, 400, 350, 300), limits):
        make.commitment(pool, joined(make, consortium)[0], seats, limit_cents=limit)
    after_the_deadline(app)
    clearing = queries.get_pool(look, pool.id).clearing

    said = clearing_rules.published(clearing)

    assert clear_document(clearing["inputs"]) == clearing["result"]
    again = clear_document(said["inputs"])
    assert again["split"] == clearing["result"]["split"] == said["result"]["split"]
    assert again["rounds"] == clearing["result"]["rounds"]
    for private in ("640001", "500003", "100007", "6,400.01", "5,000.03", "1,000.07"):
        assert private not in str(said)


def test_who_is_left_out_hears_why_and_the_lead_hears_the_sum(
    app, make, look, consortium, convener
):
    pool = make.pool(consortium)
    for email, more in (
        ("in@example.org", {}),
        ("too-dear@example.org", {"limit_cents": 1}),
        ("waiting@example.org", {"rung": Rung.INTENT}),
    ):
        row = make.commitment(pool, joined(make, consortium)[0], 100, **more)
        row.contact_email = email
        make.save(row)

    after_the_deadline(app)
    after_the_deadline(app)

    letters = [x for x in mail.newest_letters(look) if x.subject.startswith(f"{pool.title}: ")]
    texts = {letter.recipient: letter.text for letter in letters}
    assert "in@example.org" not in texts  # the letter about its order says it
    assert "above the most you will pay" in texts["too-dear@example.org"]
    assert "not approved or committed" in texts["waiting@example.org"]
    assert "1 district shares $1,600.00 for 100 seats" in texts[convener.email]
    assert len(letters) == len(texts) == 3


# -- races -----------------------------------------------------------------------------------


@on_postgresql
def test_fifty_commitments_and_a_clearing_at_the_same_moment(app, make, look, consortium):
    """Each district is wholly in or wholly out, and what is in is billed exactly once."""
    buyers = [joined(make, consortium)[1] for _ in range(50)]
    pool = make.pool(consortium)
    make.commitment(pool, joined(make, consortium)[0], 7)

    def commit(buyer):
        with app.app_context(), clock.frozen(pool.closes_at - timedelta(microseconds=1)):
            with db.transaction() as session, tenancy.everyone("finding out who acts"):
                actor = login.actor_for(session, buyer)
            try:
                with tenancy.scoped_to(actor.scope), db.transaction() as session:
                    service.commit_seats(session, actor, pool.id, **firm(10))
            except RuleBroken:
                return 0
            return 10

    def clear(_):
        with app.app_context(), clock.frozen(pool.closes_at):
            return jobs._run_timed("pools.clear_due", jobs.timed_jobs()["pools.clear_due"])

    work = [(commit, buyer) for buyer in buyers]
    work.insert(25, (clear, None))
    work.insert(26, (clear, None))
    with ThreadPoolExecutor(16) as crowd:
        results = list(crowd.map(lambda job: job[0](job[1]), work))

    committed = sum(n for (job, _), n in zip(work, results) if job is commit)
    cleared = queries.get_pool(look, pool.id)
    assert cleared.status is PoolStatus.CLEARED
    allocations = queries.allocations(look, pool.id)
    assert sum(a.seats for a in allocations) == committed + 7
    assert sum(c.seats for c in queries.commitments(look, pool.id)) == committed + 7
    assert cleared.clearing["result"]["seats"] == committed + 7
    assert len(look.exec(select(Event).where(Event.name == "pools.cleared")).all()) == 1


@on_postgresql
def test_one_form_sent_at_once_ten_times_counts_once(app, make, look, consortium):
    _, buyer = joined(make, consortium)
    pool = make.pool(consortium)

    def commit(_):
        with app.app_context(), clock.frozen(NOW):
            with db.transaction() as session, tenancy.everyone("finding out who acts"):
                actor = login.actor_for(session, buyer)
            with tenancy.scoped_to(actor.scope), db.transaction() as session:
                service.commit_seats(session, actor, pool.id, **firm(10, key="once"))

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(commit, range(10)))

    assert [c.seats for c in queries.commitments(look, pool.id)] == [10]
    assert len(look.exec(select(Event).where(Event.name == "pools.committed")).all()) == 1
