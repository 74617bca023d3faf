"""A cleared pool becomes orders and purchase orders, once, on both engines."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from marketplace.core import clock, db, events, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from marketplace.ledger import queries as books
from marketplace.orders import purchase_order_service, queries, service
from marketplace.orders.models import Order, PurchaseOrder
from marketplace.orders.rules import OrderStatus


@pytest.fixture
def announce(app):
    """Say again that a pool has cleared."""

    def say(pool):
        with app.app_context(), db.transaction() as session:
            events.emit(session, Actor.system(), "pools.cleared", pool, seats=1, total_cents=1)

    return say


def balances(look, consortium):
    return {b.code: b.cents for b in books.balances(look, consortium.org_id)}


def test_clearing_places_one_order_per_share_and_bills_them_in_one_entry(
    make, announce, deliver, look
):
    consortium = make.consortium()
    pool = make.cleared_pool(consortium)

    announce(pool)
    deliver()

    first, second = queries.orders_of_pool(look, pool.id)
    assert (first.total_cents, first.alone_cents, first.seats) == (112_501, 160_000, 100)
    assert (second.total_cents, second.spare_seats) == (225_002, 1)
    slug = first.agreed["vendor"]["slug"]
    assert balances(look, consortium) == {
        f"receivable:{first.leaid}": 112_501,
        f"receivable:{second.leaid}": 225_002,
        f"payable:{slug}": -337_503,
    }
    assert first.ledger_seq == second.ledger_seq == 1


def test_the_job_may_run_twice(make, announce, deliver, look):
    consortium = make.consortium()
    pool = make.cleared_pool(consortium)

    for _ in range(2):
        announce(pool)
        deliver()

    assert len(queries.orders_of_pool(look, pool.id)) == 2
    assert books.find_head(look, consortium.org_id).seq == 1
    assert events.dead_letters(look) == []


def test_a_crash_in_between_leaves_nothing_half_and_the_next_run_mends_it(
    make, announce, deliver, look, monkeypatch
):
    consortium = make.consortium()
    pool = make.cleared_pool(consortium, po_number="77")

    def crash(*_args, **_kwargs):
        raise OSError("the machine is gone")

    with monkeypatch.context() as broken:
        broken.setattr(purchase_order_service, "add_purchase_order", crash)
        announce(pool)
        deliver()
    assert queries.orders_of_pool(look, pool.id) == []
    assert balances(look, consortium) == {}
    look.rollback()

    with clock.frozen(clock.now() + timedelta(minutes=5)):
        deliver()

    assert len(queries.orders_of_pool(look, pool.id)) == 2
    assert len(look.exec(select(PurchaseOrder)).all()) == 2
    assert sum(balances(look, consortium).values()) == 0


def test_a_member_without_a_paper_for_the_whole_term_gets_no_order_and_the_lead_is_told(
    make, announce, deliver, look
):
    consortium = make.consortium()
    covered, short, later = make.district(), make.district("Short ISD"), make.district()
    make.member(consortium, covered)
    member = make.member(consortium, short, instrument=False)
    make.instrument(member, ends_on=date(2027, 12, 31))
    make.instrument(
        make.member(consortium, later, instrument=False),
        signed_on=clock.now().date() + timedelta(days=1),
    )
    convener = make.convener(consortium, email="lead@example.org")
    pool = make.cleared_pool(consortium, [covered, short, later])

    announce(pool)
    deliver()

    assert [o.org_id for o in queries.orders_of_pool(look, pool.id)] == [covered.id]
    assert f"receivable:{short.leaid}" not in balances(look, consortium)
    query = select(Letter).where(Letter.recipient == convener.email)
    letter = look.exec(query.where(Letter.subject.startswith("No order yet"))).one()
    assert "Short ISD" in letter.text


def test_what_was_held_back_is_ordered_once_the_paper_is_here(make, announce, deliver, look):
    consortium = make.consortium()
    early, late = make.district(), make.district()
    make.member(consortium, early)
    member = make.member(consortium, late, instrument=False)
    pool = make.cleared_pool(consortium, [early, late])
    announce(pool)
    deliver()

    make.instrument(member)
    orders = make.orders(pool)

    assert [o.org_id for o in orders] == [late.id]
    assert balances(look, consortium)[f"receivable:{late.leaid}"] == 225_002
    assert orders[0].ledger_seq == 2
    assert make.orders(pool) == []


def test_a_pool_that_has_not_cleared_is_refused(make, app):
    pool = make.pool(make.consortium())

    with (
        app.app_context(),
        tenancy.everyone("test"),
        pytest.raises(RuleBroken, match="not cleared"),
        db.transaction() as session,
    ):
        service.place_orders(session, Actor.system(), pool.id)


def test_the_lead_may_place_orders_and_a_member_may_not(make, act, look):
    consortium = make.consortium()
    pool = make.cleared_pool(consortium)
    convener = make.convener(consortium)
    district = make.district()
    make.member(consortium, district)

    with pytest.raises(NotAllowed):
        act(make.buyer(district), service.place_orders, pool.id)
    with tenancy.everyone("test"):
        assert len(act(convener, _everywhere, pool.id).orders) == 2


def _everywhere(session, actor, pool_id):
    with tenancy.everyone("the orders are the members' rows"):
        placed = service.place_orders(session, actor, pool_id)
        session.flush()
        return placed


def test_people_of_the_district_get_a_letter_with_the_next_step(make, announce, deliver, look):
    consortium = make.consortium()
    district = make.district()
    make.member(consortium, district)
    make.buyer(district, email="buyer@example.org")
    pool = make.cleared_pool(consortium, [district])

    announce(pool)
    deliver()

    letter = look.exec(select(Letter).where(Letter.subject.contains("is placed"))).one()
    assert letter.recipient == "buyer@example.org"
    assert "$1,125.01" in letter.text
    assert "enter your PO number" in letter.text
    assert f"http://127.0.0.1:8000/d/{district.leaid}/orders/" in letter.text


# -- purchase orders ---------------------------------------------------------------------------


def test_a_commitment_with_a_po_number_has_its_po_issued_and_frozen(make, look):
    order = make.order(po_number=" PO 4711 ")

    paper = queries.purchase_order_of(look, order.id)
    assert (paper.number, paper.total_cents) == ("PO 4711", 112_501)
    assert paper.printed["lines"][0]["cents"] == 112_501
    assert paper.printed["district"]["leaid"] == order.leaid
    assert queries.get_order(look, order.id).status is OrderStatus.PO_ISSUED


def test_a_number_used_before_waits_for_the_buyer(make, look):
    district = make.district()
    make.order(district, po_number="PO-9")

    again = make.order(district, po_number="po-9")

    assert queries.purchase_order_of(look, again.id) is None
    assert queries.get_order(look, again.id).status is OrderStatus.ORDERED


def test_the_buyer_issues_the_po_and_a_second_click_changes_nothing(make, act, look, people):
    order = make.order(po_number="")
    who = people(order)

    first = act(who["buyer"], service.issue_purchase_order, order.id, "2027-118")
    again = act(who["buyer"], service.issue_purchase_order, order.id, " 2027-118")

    assert first.id == again.id
    assert first.issued_by == who["buyer"].id
    with pytest.raises(RuleBroken, match="already has PO 2027-118"):
        act(who["buyer"], service.issue_purchase_order, order.id, "2027-119")


def test_a_viewer_may_not_issue_a_po(make, act, people):
    order = make.order(po_number="")
    who = people(order)

    with pytest.raises(NotAllowed):
        act(who["viewer"], service.issue_purchase_order, order.id, "1")
    with pytest.raises(NotAllowed):
        act(who["finance"], service.issue_purchase_order, order.id, "1")


def test_orders_begin_and_end_with_their_term(make, app, look):
    order = make.order(po_number="1", term_starts_on=date(2026, 12, 1))

    def states_on(day):
        with (
            clock.frozen(clock.now().replace(year=day.year, month=day.month, day=day.day)),
            app.app_context(),
            tenancy.everyone("test"),
            db.transaction() as session,
        ):
            service.keep_order_states(session, Actor.system())
        look.rollback()
        return look.exec(select(Order.status).where(Order.id == order.id)).one()

    assert states_on(date(2026, 11, 30)) is OrderStatus.PO_ISSUED
    assert states_on(date(2026, 12, 1)) is OrderStatus.ACTIVE
    assert states_on(date(2027, 12, 20)) is OrderStatus.ENDED


# -- what uptake counts ------------------------------------------------------------------------


def test_totals_add_up_to_the_orders(make, look):
    consortium = make.consortium()
    pool = make.cleared_pool(consortium)
    make.orders(pool)
    make.order()

    here = queries.Filters(consortium_id=consortium.org_id)
    placed = queries.orders_placed(look, here)
    totals = queries.totals(look, here)
    by_pool = queries.totals_by(look, queries.By.POOL)

    assert totals.orders == len(placed) == 2
    assert totals.seats == sum(o.seats for o in placed) == 300
    assert totals.saved_cents == sum(o.saved_cents for o in placed) == 480_000 - 337_503
    assert by_pool[pool.id] == totals
    assert len(by_pool) == 2
