"""Clearing day, on both engines: once, reproducible, told to everybody."""

import pytest
from sqlmodel import select

from marketplace.core import clock, jobs, mail
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.events import Event
from marketplace.pools import clearing_rules, queries, service
from marketplace.pools.rules import PoolStatus, Rung
from marketplace.pricing.rules import clear_document
from tests.pools.crowd import LATER, after_the_deadline, end_membership, joined

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
    assert cleared.status is PoolStatus.ORDERED
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

    with clock.frozen(LATER):
        act(convener, service.clear_pool, pool.id)
    assert after_the_deadline(app)["pools.clear_due"] == 0

    look.rollback()
    assert [a.id for a in queries.allocations(look, pool.id)] == first


def test_by_hand_it_takes_two_people_after_the_deadline_and_never_a_member(
    make, act, consortium, convener
):
    pool = make.pool(consortium)
    _, buyer = joined(make, consortium)
    second = make.convener(consortium)

    for use_case in (service.ask_for_clearing, service.clear_pool):
        with pytest.raises(RuleBroken, match="deadline"):
            act(convener, use_case, pool.id)
        with clock.frozen(LATER), pytest.raises(NotAllowed):
            act(buyer, use_case, pool.id)
    with clock.frozen(LATER):
        with pytest.raises(RuleBroken, match="Ask for the clearing first"):
            act(convener, service.clear_pool, pool.id)
        for asker in (convener, second):  # the first one stays
            act(asker, service.ask_for_clearing, pool.id)
        with pytest.raises(RuleBroken, match="somebody else must confirm"):
            act(convener, service.clear_pool, pool.id)
        assert act(second, service.clear_pool, pool.id).status is PoolStatus.LAPSED


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
    again = clear_document(said)
    assert again == said["result"]
    assert again["split"] == clearing["result"]["split"]
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
