"""Several at once on PostgreSQL: clicks, news, the return page, refunds; and a small storm."""

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.accounts.login import actor_for
from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import DomainError
from marketplace.ledger import queries as books
from marketplace.orders.models import Invoice, Payment
from marketplace.orders.rules import InvoiceStatus, PaymentMeans
from marketplace.payments import back_service, event_rules, event_service, jobs, service
from marketplace.payments.models import MoneyBack, PaymentAttempt
from tests.conftest import NOW, on_postgresql
from tests.payments.conftest import leaid_of

pytestmark = on_postgresql
LATER = NOW + timedelta(minutes=30)


@pytest.fixture
def at_once(app):
    """Run one thing in several threads, each with a clock and a context of its own."""

    def run(one, jobs_):
        def alone(job):
            with clock.frozen(NOW), app.app_context(), tenancy.everyone("threads of a test"):
                try:
                    return one(job)
                except DomainError as refusal:
                    return refusal

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(alone, jobs_))

    return run


@pytest.fixture
def rows(look):
    def read(table):
        look.rollback()
        with tenancy.everyone("test asserts"):
            found = look.exec(select(table)).all()
            look.expunge_all()
            return found

    return read


def test_many_windows_start_one_attempt(at_once, bill, people, stripe, rows):
    buyer = people(bill)["buyer"]

    def press(n):
        with db.transaction() as session:
            return service.start_payment(
                session,
                actor_for(session, buyer),
                bill.id,
                means=PaymentMeans.DEBIT,
                amount_cents=112_501,
                once_key=f"window-{n % 4}",
                livemode=False,
            ).id

    at_once(press, range(16))

    assert len(rows(PaymentAttempt)) == 1


def test_the_return_page_and_the_webhook_together_book_once(
    at_once, bill, pay, payer, stripe, rows, now_is
):
    session = stripe.state.complete(pay("card"), "works")
    events = [e for e in stripe.state.events if e["type"].startswith(("pay", "check"))]
    assert len(events) == 2
    back = session["success_url"].split("8000", 1)[1]

    def hear(n):
        said = event_rules.read_event(events[n % 2])
        with db.transaction() as writer:
            return event_service.take_event(writer, Actor.system(), said, livemode=False)

    with ThreadPoolExecutor(1) as other:
        returning = other.submit(_with_clock, lambda: payer.get(back).status_code)
        at_once(hear, range(30))
        assert returning.result() == 302
    assert len(rows(Payment)) == 1
    assert now_is(bill)[0].status is InvoiceStatus.PAID


def _with_clock(do):
    with clock.frozen(NOW):
        return do()


def test_a_refund_asked_and_allowed_many_times_goes_back_once(
    at_once, bill, pay, people, stripe, deliver, rows, now_is
):
    stripe.state.complete(pay("card"), "works")
    deliver()
    [attempt] = now_is(bill)[1]
    who = people(bill)

    def ask(n):
        with db.transaction() as session:
            return back_service.ask_refund(
                session,
                actor_for(session, who["finance"]),
                attempt.id,
                amount_cents=80_000,
                reason="Paid twice.",
                once_key=f"form-{n % 3}",
            )

    at_once(ask, range(12))  # three forms for more than half: only one fits
    [row] = rows(MoneyBack)

    def decide(_n):
        with db.transaction() as session:
            actor = actor_for(session, who["second finance"])
            back_service.decide_refund(session, actor, row.id, allowed=True)
        return jobs.send_refunds()

    at_once(decide, range(6))
    deliver()
    assert len(stripe.state.all("refund")) == 1
    assert now_is(bill)[0].open_cents == 80_000
    assert now_is(bill)[2]["cash:stripe"] == 112_501 + 3_391 - 80_000


@pytest.mark.parametrize("planted", [False, True])
def test_a_storm_whose_workers_are_killed_loses_and_doubles_nothing(
    app, make, at_once, people, stripe, rows, planted
):
    """Twelve payments, most refunded or disputed, 5 deliveries of each event, shuffled; the first
    of each and a third of the others die before their end. With the planted bug (the row that
    makes an event count once is committed before its effect) the same test misses money."""
    wanted = _bills_paid_at_stripe(app, make, people, stripe)
    deliveries = [event_rules.read_event(e) for e in stripe.deliveries(times=5, shuffle=9)]
    dice, dies, met = random.Random(8), [], set()
    for said in deliveries:
        dies.append(said.id not in met or dice.random() < 0.3)
        met.add(said.id)

    class Killed(DomainError):
        """The worker is gone, and with it its transaction."""

    def take(n):
        if planted:
            with db.transaction() as session:
                if not event_service._is_new(session, deliveries[n]):
                    return
            with db.transaction() as session:
                if dies[n]:
                    raise Killed
                row = event_service.queries.get_event(session, deliveries[n].id)
                event_service._apply(session, Actor.system(), row)
            return
        with db.transaction() as session:
            event_service.take_event(session, Actor.system(), deliveries[n], livemode=False)
            if dies[n]:
                raise Killed

    if planted:  # in one order, so that it is found each time
        at_once(lambda _: [_survived(take, n) for n in range(len(deliveries))], [0])
    else:
        at_once(take, range(len(deliveries)))
        # Stripe tries again what nobody took.
        at_once(lambda n: dies.__setitem__(n, False) or take(n), range(len(deliveries)))
    for minutes in (1, 10, 30):
        with (
            clock.frozen(NOW + timedelta(minutes=minutes)),
            app.app_context(),
            tenancy.everyone("test"),
            db.transaction() as session,
        ):
            jobs.apply_parked(session)
    ends = _ends(rows)
    assert (ends == wanted) is not planted
    if not planted:
        _books_hold(rows, make)


def _survived(take, n):
    with contextlib.suppress(DomainError):
        take(n)


def _bills_paid_at_stripe(app, make, people, stripe):
    """Bills, each paid by card at Stripe; what must be open of each in the end."""
    wanted = {}
    consortium = make.consortium()
    for n in range(12):
        bill = make.invoice(make.order(make.district(), consortium=consortium, po_number=f"{n}"))
        buyer = people(bill)["buyer"]
        with app.app_context(), tenancy.everyone("test"), db.transaction() as session:
            attempt = service.start_payment(
                session,
                actor_for(session, buyer),
                bill.id,
                means=PaymentMeans.CARD,
                amount_cents=bill.total_cents,
                once_key=f"storm-{n}",
                livemode=False,
            )
        session_ = stripe.state.make(
            "checkout.session", "cs_test", status="open", payment_status="unpaid",
            amount_total=attempt.amount_cents + attempt.fee_cents, currency="usd",
            payment_method_types=["card"], payment_intent=None,
            expires_at=stripe.state.now() + 9_999, metadata={"attempt": str(attempt.id)},
        )  # fmt: skip
        session_["_intent_metadata"] = {"attempt": str(attempt.id)}
        stripe.state.complete(session_["id"], "works")
        charge = stripe.state.all("charge")[-1]
        open_cents = 0
        if n % 3 == 0:
            stripe.state.refund(charge["id"], 1_000 + n)
            stripe.state.refund(charge["id"], 7)
            open_cents = 1_007 + n
        elif n % 3 == 1:
            dispute = stripe.state.dispute(charge["id"])
            stripe.state.close_dispute(dispute["id"], won=n % 2 == 0)
            open_cents = 0 if n % 2 == 0 else bill.total_cents
        wanted[leaid_of(bill)] = open_cents
    return wanted


def _ends(rows):
    return {leaid_of(bill): bill.open_cents for bill in rows(Invoice)}


def _books_hold(rows, make):
    for consortium_id in {bill.consortium_id for bill in rows(Invoice)}:
        with tenancy.everyone("test asserts"):
            assert books.verify(make.session, consortium_id).problems == []
            sums = {b.code: b.cents for b in books.balances(make.session, consortium_id)}
        assert sum(sums.values()) == 0
        for bill in rows(Invoice):
            assert sums[f"receivable:{leaid_of(bill)}"] == bill.open_cents
