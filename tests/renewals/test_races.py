"""Two at once on PostgreSQL: whoever holds the pool's row first is counted, the other sees it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from marketplace.accounts.login import actor_for
from marketplace.core import clock, db, tenancy
from marketplace.core.errors import RuleBroken
from marketplace.ledger import queries as books
from marketplace.orders import queries
from marketplace.renewals import leaving_service, request_service, true_up_service
from tests.conftest import on_postgresql
from tests.renewals.conftest import AT_THE_END, at
from tests.renewals.test_service import ask, ask_to_leave, books_are_sound, count, orders, owed

pytestmark = on_postgresql


def at_once(app, moment, *calls):
    """Run use cases as these people at the same time; what each gave, or its refusal."""

    def run(call):
        user, use_case, *args = call
        with clock.frozen(moment), app.app_context(), tenancy.everyone("a race"):
            with db.transaction() as session:
                actor = actor_for(session, user)
            try:
                with db.transaction() as session:
                    return use_case(session, actor, *args).status
            except RuleBroken as refusal:
                return str(refusal)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_people_approve_one_true_up_at_once(app, act, look, term):
    world = term([100, 50])
    with at(AT_THE_END):
        count(act, world, 0, 70)
        count(act, world, 1, 60)
        run = act(world.lead, true_up_service.propose_true_up, world.pool.id)
    second = world.agent

    said = at_once(
        app, AT_THE_END, *[(second, true_up_service.approve_true_up, run.id) for _ in range(4)]
    )

    assert said == ["approved"] * 4
    assert owed(look, world, world.orders[0].leaid) == 90_000
    assert owed(look, world, world.orders[1].leaid) == 60_000
    assert len([o for o in orders(look, world) if o.part]) == 1
    assert books_are_sound(look, world)


def test_a_withdrawal_and_a_true_up_at_once_settle_each_cent_once(app, act, look, term):
    world = term([100, 50])
    with at(AT_THE_END):
        request = ask_to_leave(act, world, 1, starts_on=date(2027, 6, 25))
        count(act, world, 0, 70)
        run = act(world.lead, true_up_service.propose_true_up, world.pool.id)

    said = at_once(
        app,
        AT_THE_END,
        (world.lead, leaving_service.approve_leaving, request.id),
        (world.agent, true_up_service.approve_true_up, run.id),
    )

    won = [each for each in said if each == "approved"]
    lost = [each for each in said if each != "approved"]
    assert len(won) == 1
    assert "changed since" in lost[0] or "is posted" in lost[0]
    assert books_are_sound(look, world)


def test_two_late_joins_at_once_are_priced_one_after_the_other(app, make, act, look, term):
    world = term([400], 1600, {"from": 500, "unit_cents": 1200}, spare=2)
    first, second = ask(act, world, n=1, seats=60), ask(act, world, n=2, seats=60)
    now = clock.now()

    said = at_once(
        app,
        now,
        (world.lead, request_service.approve_late_join, first.id),
        (world.agent, request_service.approve_late_join, second.id),
        (world.lead, request_service.approve_late_join, first.id),
    )

    assert said == ["approved"] * 3
    late = [o for o in orders(look, world) if o.org_id != world.districts[0].id]
    assert len(late) == 2
    # Whoever is second finds the other's seats counted: 520 seats reach $12.00.
    assert min(o.total_cents for o in late) == 44_778
    billed = sum(o.total_cents for o in queries.orders_of_pool(look, world.pool.id))
    assert -books.balance_of(look, world.org.id, f"payable:{world.vendor.slug}") == billed
    assert books_are_sound(look, world)
