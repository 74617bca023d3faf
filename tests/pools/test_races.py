"""Everybody at once, in the last second, and a machine that dies in between."""

import itertools
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import get_ident

from sqlmodel import select

from marketplace.accounts import login
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import Role
from marketplace.consortia.models import Instrument, Member
from marketplace.consortia.rules import InstrumentKind, LegalShape, MemberStatus
from marketplace.core import clock, db, jobs, mail, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import RuleBroken
from marketplace.core.events import Event
from marketplace.ledger import queries as books
from marketplace.orders import agent_service, encumbrance_service, purchase_order_service
from marketplace.orders import queries as orders
from marketplace.orders import service as orders_service
from marketplace.pools import clearing_service, queries, service
from marketplace.pools.rules import CLEARED_STATES
from marketplace.pools.state_rules import PoolStatus
from tests.conftest import NOW, on_postgresql
from tests.pools.crowd import LATER, firm, joined


def crowd(make, consortium, many):
    """So many member districts with their papers, in a few inserts; each as its buyer."""
    paper = make.instrument(make.member(consortium, instrument=False)).file_id
    districts = [
        Organization(
            kind="district",
            name=f"District {n}",
            slug=f"crowd-{n}",
            leaid=f"46{n:05}",
            state="SD",
            founded_at=NOW,
        )
        for n in range(many)
    ]
    make.save(*districts)
    members = [
        Member(
            org_id=consortium.org_id,
            district_id=district.id,
            status=MemberStatus.ACTIVE,
            asked_at=NOW,
            accepted_by_laws_version=1,
        )
        for district in districts
    ]
    make.save(*members)
    make.save(
        *(
            Instrument(
                org_id=consortium.org_id,
                member_id=member.id,
                district_id=member.district_id,
                kind=InstrumentKind.RESOLUTION,
                signer_name="Pat Lee",
                signer_title="Superintendent",
                signed_on=NOW.date() - timedelta(days=30),
                scope="Joint purchase",
                starts_on=NOW.date() - timedelta(days=30),
                ends_on=NOW.date() + timedelta(days=2000),
                file_id=paper,
                filed_at=NOW - timedelta(days=30),
            )
            for member in members
        )
    )
    return [
        Actor(
            user_id=None,
            org_id=district.id,
            org_kind="district",
            leaid=district.leaid,
            roles=frozenset({(Role.BUYER, district.id)}),
            circles=frozenset({consortium.org_id}),
        )
        for district in districts
    ]


@on_postgresql
def test_a_hundred_clients_in_the_last_second_are_wholly_in_or_wholly_out(
    app, make, look, monkeypatch
):
    """By the database's clock alone: each machine's own clock is up to an hour wrong here."""
    consortium = make.consortium()
    buyers = crowd(make, consortium, 100)
    skews = itertools.cycle((-3600, -1, 0, 2, 3600))
    skew_of = {}

    def wrong_clock():
        skew = skew_of.setdefault(get_ident(), next(skews))
        return datetime.now(UTC) + timedelta(seconds=skew)

    deadline = datetime.now(UTC) + timedelta(seconds=2)
    pool = make.pool(consortium, closes_at=deadline)
    monkeypatch.setattr(clock, "now", wrong_clock)

    def wait_until(seconds):
        time.sleep(max(0, (deadline - datetime.now(UTC)).total_seconds() + seconds))

    def commit(n):
        wait_until((n - 50) * 0.006)
        with app.app_context():
            try:
                with tenancy.scoped_to(buyers[n].scope), db.transaction() as session:
                    service.commit_seats(session, buyers[n], pool.id, **firm(10))
            except RuleBroken:
                return 0
            return 10

    def clear(n):
        with app.app_context():
            for k in range(100):
                wait_until(n * 0.01 + k * 0.05)
                with (
                    tenancy.everyone("the job"),
                    db.transaction() as session,
                ):
                    try:
                        return service.clear_pool(session, Actor.system(), pool.id).status
                    except RuleBroken:
                        continue
        raise AssertionError("the deadline never came")

    first, last = commit(0), 99
    work = [(commit, n) for n in range(1, 99)]
    work[49:49] = [(clear, 0), (clear, 1)]
    with ThreadPoolExecutor(14) as clients:
        results = list(clients.map(lambda job: job[0](job[1]), work))
    wait_until(0.5)
    too_late = commit(last)

    assert (first, too_late) == (10, 0)
    seats = first + sum(n for (job, _), n in zip(work, results) if job is commit)
    found = queries.get_pool(look, pool.id)
    assert found.status in CLEARED_STATES
    inside = queries.commitments(look, pool.id)
    assert sum(c.seats for c in inside) == seats
    assert all(c.changed_at < deadline for c in inside)
    assert sum(a.seats for a in queries.allocations(look, pool.id)) == seats
    assert found.clearing["result"]["seats"] == seats
    assert len(look.exec(select(Event).where(Event.name == "pools.cleared")).all()) == 1


def in_a_child(app, work):
    """Run `work` in a process of its own, which may die; its exit status."""
    child = os.fork()
    if child == 0:
        for name in ("engine", "primary_reader"):
            app.extensions[name].dispose(close=False)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dying(module, name, after=1):
    """The function does its work `after` times, then the machine is gone."""
    real, count = getattr(module, name), itertools.count(1)

    def dies(*args, **kwargs):
        result = real(*args, **kwargs)
        if next(count) >= after:
            os._exit(9)
        return result

    setattr(module, name, dies)


@on_postgresql
def test_killed_between_any_two_steps_there_is_one_result(app, make, look):
    """Pooled cash, so that clearing, orders, the agent's order, encumbrances, the books and
    the letters all happen; the process is killed in each of them and started again."""
    consortium = make.consortium(legal_shape=LegalShape.POOLED_CASH)
    make.convener(consortium)
    pool = make.pool(consortium)
    for n in range(3):
        row = make.commitment(pool, joined(make, consortium)[0], 1000 + n, po_number=f"PO-{n}")
        row.contact_email = f"contact{n}@example.org"
        make.save(row)
    look.rollback()

    def run_due():
        with clock.frozen(LATER), app.app_context():
            jobs.run_due()

    for module, name, after in (
        (clearing_service, "_allocate", 1),
        (orders_service, "_bill", 1),
        (encumbrance_service, "set_aside", 1),
        (agent_service, "order_for_all", 1),
        (purchase_order_service, "add_purchase_order", 2),
        (mail, "send", 2),
        (mail, "send", 1),
    ):

        def die(module=module, name=name, after=after):
            dying(module, name, after)
            run_due()

        assert in_a_child(app, die) == 9, name
    assert in_a_child(app, run_due) == 0
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda _: run_due(), range(2)))

    shares = queries.allocations(look, pool.id)
    placed = orders.orders_of_pool(look, pool.id)
    assert queries.get_pool(look, pool.id).status is PoolStatus.ORDERED
    assert sum(a.share_cents for a in shares) == 3003 * 1350
    assert [o.total_cents for o in placed] == [a.share_cents for a in shares]
    assert books.find_head(look, consortium.org_id).seq == 1
    (agent_order,) = orders.agent_orders(look, pool.id)
    assert agent_order.total_cents == 3003 * 1350
    assert [line["cents"] for line in agent_order.printed["lines"]] == [
        o.total_cents for o in placed
    ]
    for order in placed:
        assert orders.encumbered_cents(look, order.org_id) == order.total_cents
        assert orders.purchase_order_of(look, order.id) is not None
    letters = Counter((x.recipient, x.subject) for x in mail.newest_letters(look))
    assert letters
    assert set(letters.values()) == {1}
    events = Counter(look.exec(select(Event.name)).all())
    assert (events["pools.cleared"], events["orders.placed"]) == (1, 3)


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
