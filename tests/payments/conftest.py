"""A site with keys, the stand-in for Stripe, and a bill to be paid."""

import pytest
from sqlmodel import select

from marketplace.core import clock, db, jobs, tenancy
from marketplace.core.access import Actor
from marketplace.ledger import queries as books
from marketplace.orders.models import Invoice
from marketplace.payments.models import PaymentAttempt
from tests.conftest import NOW
from tests.fake_stripe import KEY, SECRET, FakeStripe
from tests.orders.conftest import people

__all__ = ["people"]


@pytest.fixture
def stripe(app):
    with FakeStripe(now=NOW.timestamp) as fake:
        app.config.update(
            STRIPE_SECRET_KEY=KEY, STRIPE_WEBHOOK_SECRETS=[SECRET], STRIPE_API_BASE=fake.url
        )
        yield fake


@pytest.fixture
def bill(make):
    """$1,125.01, billed by a vendor to a district."""
    return make.invoice(make.order(make.district("Maple Hollow"), po_number="2027-118"))


@pytest.fixture
def payer(bill, people, client_for):
    return client_for(people(bill)["buyer"])


@pytest.fixture
def pay(stripe, bill, payer):
    """`pay("debit", "100.00")`: press the button; the session at Stripe that this makes."""

    def press(means="debit", amount=None, once_key="once", to=None):
        to = to or bill
        fields = {"means": means, "once_key": once_key, "amount_cents": amount or "1125.01"}
        fields["csrf_token"] = token_of(payer)  # the page itself may have been open before
        answer = payer.post(f"/d/{leaid_of(to)}/invoices/{to.id}/pay", data=fields)
        assert answer.status_code == 303, answer.text
        assert answer.location.startswith(f"{stripe.url}/pay/")
        return answer.location.rsplit("/", 1)[1]

    return press


def token_of(client, page="/account"):
    return client.get(page).text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def leaid_of(bill):
    return bill.printed["district"]["leaid"]


@pytest.fixture
def deliver(stripe, app):
    """Post what has happened at Stripe to the site; the statuses that came back."""
    told = set()

    def post(events=None, **how):
        if events is None:
            events = [e for e in stripe.deliveries(**how) if how or e["id"] not in told]
            told.update(e["id"] for e in events)
        client = app.test_client()
        statuses = []
        for event in events:
            body, headers = stripe.signed(event, at=int(clock.now().timestamp()))
            statuses.append(client.post("/webhooks/stripe", data=body, headers=headers).status_code)
        return statuses

    return post


@pytest.fixture
def now_is(look):
    """How a bill, its attempts and its consortium's accounts stand."""

    def read(bill):
        look.rollback()
        with tenancy.everyone("test asserts"):
            found = look.exec(select(Invoice).where(Invoice.id == bill.id)).one()
            attempts = look.exec(
                select(PaymentAttempt)
                .where(PaymentAttempt.invoice_id == bill.id)
                .order_by(PaymentAttempt.started_at)
            ).all()
            look.expunge_all()
        sums = {b.code: b.cents for b in books.balances(look, bill.consortium_id)}
        return found, attempts, sums

    return read


@pytest.fixture
def work(app):
    """What the worker does every minute."""

    def run():
        with app.app_context():
            return jobs.run_due()

    return run


@pytest.fixture
def as_system(app):
    def run(use_case, *args, **facts):
        with app.app_context(), tenancy.everyone("a job"), db.transaction() as session:
            return use_case(session, Actor.system(), *args, **facts)

    return run
