"""What Stripe tells: believed only when signed, counted once, in any order."""

import contextlib
import itertools
import json
from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.events import Event
from marketplace.ledger import queries as books
from marketplace.orders.models import Invoice, Payment
from marketplace.orders.rules import InvoiceStatus, PaymentMeans
from marketplace.orders.service import book_payment
from marketplace.payments import event_rules, event_service
from marketplace.payments.models import PaymentAttempt, StripeEvent
from marketplace.payments.rules import AttemptState, EventState
from tests.conftest import NOW, on_sqlite
from tests.fake_stripe import SECRET
from tests.fake_stripe.state import BANK_DAYS, DAY
from tests.payments.conftest import leaid_of

pytestmark = on_sqlite
AT = int(NOW.timestamp())


@pytest.fixture
def kept(look):
    """Every event as it is kept, by kind."""

    def read():
        look.rollback()
        return {row.kind: row for row in look.exec(select(StripeEvent)).all()}

    return read


def paid_by_card(stripe, pay):
    stripe.state.complete(pay("card"), "works")
    return next(e for e in stripe.state.events if e["type"] == "payment_intent.succeeded")


def test_only_a_fresh_signature_of_ours_is_believed(app, stripe, pay, now_is, bill):
    event = paid_by_card(stripe, pay)
    other = "whsec_theNewerSecretOfTheTwo"
    app.config["STRIPE_WEBHOOK_SECRETS"] = [other, SECRET]
    client = app.test_client()

    def send(body, headers):
        return client.post("/webhooks/stripe", data=body, headers=headers).status_code

    body, headers = stripe.signed(event, at=AT)
    assert send(body, {}) == 400
    assert send(body.replace("usd", "eur"), headers) == 400
    assert send(body, {"Stripe-Signature": "t=now,v1=0"}) == 400
    assert send(*stripe.signed(event, secret="whsec_somebodyElsesSecret", at=AT)) == 400
    assert send(*stripe.signed(event, at=AT - 301)) == 400
    assert send(*stripe.signed(event, at=AT + 301)) == 400
    assert send("x" * 500_001, headers) == 413
    assert send(*stripe.signed({"id": "evt_1"}, at=AT)) == 400
    assert send(*stripe.signed(["no event"], at=AT)) == 400
    assert now_is(bill)[0].paid_cents == 0
    assert send(*stripe.signed(event, secret=other, at=AT - 299)) == 200
    assert now_is(bill)[0].status is InvoiceStatus.PAID


def test_unknown_kinds_are_kept_and_taken_once(deliver, stripe, kept):
    event = stripe.state.emit("radar.early_fraud_warning.created", {"id": "issfr_1"})

    assert deliver([event, event]) == [200, 200]

    assert kept()[event["type"]].state is EventState.KEPT
    assert kept()[event["type"]].about == {"id": "issfr_1"}


def test_another_mode_another_account_and_another_currency_change_nothing(
    stripe, pay, deliver, now_is, bill, kept
):
    event = paid_by_card(stripe, pay)
    copy = json.loads(json.dumps(event))
    assert deliver([event | {"id": "evt_live", "livemode": True}]) == [400]
    assert deliver([event | {"id": "evt_theirs", "account": "acct_other"}]) == [400]
    copy["data"]["object"]["currency"] = "eur"
    assert deliver([copy | {"id": "evt_euro"}]) == [200]
    assert now_is(bill)[0].paid_cents == 0
    assert "only usd is booked" in kept()["payment_intent.succeeded"].problem
    copy["data"]["object"] |= {"currency": "usd", "amount_received": 10**12}
    assert deliver([copy | {"id": "evt_much"}]) == [200]
    assert now_is(bill)[0].paid_cents == 0

    assert deliver([event]) == [200]
    assert now_is(bill)[0].status is InvoiceStatus.PAID


def test_an_event_that_is_early_is_parked_and_fits_later(
    stripe, pay, deliver, now_is, bill, kept, work
):
    paid_by_card(stripe, pay)
    [charge] = stripe.state.all("charge")
    stripe.state.refund(charge["id"], 25_00)
    early = [e for e in stripe.state.events if e["type"].startswith("refund")]

    assert deliver(early) == [200]
    assert kept()["refund.created"].state is EventState.PARKED
    deliver([e for e in stripe.state.events if e not in early])
    with clock.frozen(NOW + timedelta(minutes=5)):
        work()

    found, [attempt], sums = now_is(bill)
    assert kept()["refund.created"].state is EventState.APPLIED
    assert (attempt.back_cents, found.open_cents) == (25_00, 25_00)
    assert (sums["cash:stripe"], sums["fee:card"]) == (112_501 - 25_00, 0)  # its fee is booked


def test_what_never_fits_is_left_after_a_week_and_shown_to_the_operator(
    stripe, make, client_for, deliver, kept, work
):
    event = stripe.state.emit("refund.created", {
        "id": "re_x", "status": "succeeded", "amount": 5, "currency": "usd",
        "payment_intent": "pi_elsewhere", "charge": "ch_elsewhere", "metadata": {},
    })  # fmt: skip
    deliver([event])
    with clock.frozen(NOW + timedelta(days=8)):
        work()
    assert kept()["refund.created"].state is EventState.LEFT

    page = client_for(make.operator()).get("/admin/stripe").text
    assert event["id"] in page
    assert "not tried any more" in page


class Undo(Exception):
    """Nothing of an order is kept, so that the next one begins anew."""


def test_every_order_of_the_news_ends_in_the_same_state(app, stripe, pay, bill):
    """A quarter of all orders of five events, spread evenly."""
    stripe.state.complete(pay("card"), "fails")
    session = stripe.state.all("checkout.session")[0]
    stripe.state.complete(session["id"], "works")
    stripe.state.dispute(stripe.state.all("charge")[-1]["id"])
    stripe.state.close_dispute(stripe.state.all("dispute")[0]["id"], won=True)
    kinds = {
        *("payment_intent.payment_failed", "payment_intent.succeeded"),
        *("checkout.session.completed", "charge.dispute.created", "charge.dispute.closed"),
    }
    events = [event_rules.read_event(e) for e in stripe.state.events if e["type"] in kinds]
    assert len(events) == 5
    ends = set()

    with app.app_context(), tenancy.everyone("test"):
        for order in itertools.islice(itertools.permutations(events), 0, None, 4):
            with contextlib.suppress(Undo), db.transaction() as session:
                for event in order:
                    event_service.take_event(session, Actor.system(), event, livemode=False)
                for event in order * 2:  # what the job does with those that were early
                    event_service.apply_parked(session, Actor.system(), event.id)
                ends.add(_end(session, bill))
                raise Undo
    [(state, status, paid, sums)] = ends
    assert (state, status, paid) == (AttemptState.PAID, InvoiceStatus.PAID, 112_501)
    assert dict(sums)["cash:stripe"] == 112_501 + 3_391


def _end(session, bill):
    attempt = session.exec(select(PaymentAttempt)).one()
    found = session.exec(select(Invoice).where(Invoice.id == bill.id)).one()
    sums = tuple(sorted((b.code, b.cents) for b in books.balances(session, bill.consortium_id)))
    return attempt.state, found.status, found.paid_cents, sums


def test_an_unforeseen_error_undoes_all_of_it_so_that_stripe_sends_it_again(
    app, stripe, pay, deliver, now_is, bill, kept, monkeypatch
):
    event = paid_by_card(stripe, pay)

    def fail(*_args, **_more):
        raise OSError("the disk is full")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    with monkeypatch.context() as patch:
        patch.setattr("marketplace.orders.booking_service.emit", fail)
        assert deliver([event]) == [500]
    assert kept() == {}
    assert now_is(bill)[0].paid_cents == 0

    assert deliver([event]) == [200]
    assert now_is(bill)[0].status is InvoiceStatus.PAID


def test_money_for_a_bill_that_was_paid_meanwhile_is_held_as_credit(
    stripe, pay, deliver, now_is, bill, as_system
):
    stripe.state.complete(pay("debit"), "works")
    as_system(
        book_payment, bill.id, amount_cents=112_401, means=PaymentMeans.CHECK,
        reference="10442", paid_on=NOW.date(), once_key="check",
    )  # fmt: skip
    stripe.state.pass_time((BANK_DAYS + 1) * DAY)

    deliver()

    found, [attempt], sums = now_is(bill)
    assert (found.status, attempt.booked_cents, attempt.held_cents) == (
        InvoiceStatus.PAID, 100, 112_401,
    )  # fmt: skip
    assert (sums["cash:stripe"], sums[f"credit:{leaid_of(bill)}"]) == (112_501, -112_401)


def test_the_event_its_effect_and_what_follows_are_one(stripe, pay, deliver, look, kept):
    deliver([paid_by_card(stripe, pay)] * 3)

    look.rollback()
    assert len(kept()) == 1
    with tenancy.everyone("test asserts"):
        assert len(look.exec(select(Payment)).all()) == 1
    told = look.exec(select(Event.name).where(Event.name == "orders.payment_recorded")).all()
    assert len(told) == 1
