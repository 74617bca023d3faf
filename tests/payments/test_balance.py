"""Sending money on, and the comparison with Stripe's balance: planted faults are found."""

from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.consortia.rules import LegalShape
from marketplace.core import clock
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.orders.rules import PaymentMeans
from marketplace.orders.service import book_payment
from marketplace.payments import balance_service, jobs, transfer_service
from marketplace.payments.models import StripeFinding
from marketplace.payments.rules import FindingKind, FindingState
from tests.conftest import NOW, on_sqlite
from tests.orders.conftest import across
from tests.payments.conftest import token_of

pytestmark = on_sqlite
NEXT_DAY = NOW + timedelta(days=3)


@pytest.fixture
def rows(look):
    def read(table):
        look.rollback()
        found = look.exec(select(table)).all()
        look.expunge_all()
        return found

    return read


def nightly(work, when=NEXT_DAY):
    with clock.frozen(when):
        work()


# -- sent on -----------------------------------------------------------------------------------


def test_a_vendor_connects_and_is_sent_what_came_less_the_fee_once(
    bill, pay, people, client_for, deliver, now_is, stripe, work
):
    slug = bill.printed["vendor"]["slug"]
    finance = client_for(people(bill)["finance"])
    assert "Connect an account" in finance.get(f"/v/{slug}/payouts").text
    token = {"csrf_token": token_of(finance)}
    answer = finance.post(f"/v/{slug}/payouts/connect", data=token)
    assert answer.location.startswith(f"{stripe.url}/join/acct_")
    again = finance.post(f"/v/{slug}/payouts/connect", data=token)
    assert again.location == answer.location
    [account] = stripe.state.all("account")
    stripe.state.finish_account(account["id"])
    stripe.state.complete(pay("card"), "works")
    deliver()

    for hours in (1, 2, 3):
        nightly(work, NOW + timedelta(hours=hours))
    deliver()

    _found, _attempts, sums = now_is(bill)
    [transfer] = stripe.state.all("transfer")
    assert transfer["amount"] == 112_501  # the district paid the card's fee
    assert (sums[f"payable:{slug}"], sums["cash:stripe"], sums["fee:card"]) == (0, 0, 0)
    assert stripe.state.balance_cents() == 0
    page = finance.get(f"/v/{slug}/payouts").text
    assert transfer["id"] in page
    assert "Connected" in page


def test_without_an_account_the_operator_sends_a_check_and_writes_it_down(
    make, bill, pay, client_for, people, deliver, now_is, stripe, work
):
    stripe.state.complete(pay("card"), "works")
    deliver()
    nightly(work)
    operator = client_for(make.operator())
    [attempt] = now_is(bill)[1]
    assert bill.printed["issuer"]["name"] in operator.get("/admin/stripe").text
    here = f"/admin/stripe/payments/{attempt.id}/remit"

    assert operator.send(here, reference="").status_code == 422
    for _click in range(2):
        data = {"reference": "Check 311", "csrf_token": token_of(operator)}
        assert operator.post(here, data=data).status_code == 302

    sums = now_is(bill)[2]
    assert sums["cash:stripe"] == 0
    assert sums[f"payable:{bill.printed['vendor']['slug']}"] == 0
    stranger = client_for(people(bill)["finance"])
    assert stranger.get("/admin/stripe").status_code == 404
    assert stranger.get(here).status_code == 404


def test_pooled_cash_goes_to_the_fiscal_agents_account(
    make, act, people, client_for, deliver, now_is, stripe, work
):
    consortium = make.consortium(
        legal_shape=LegalShape.POOLED_CASH, fiscal_agent_id=make.agency().id
    )
    bill = make.invoice(make.order(consortium=consortium))
    buyer = client_for(people(bill)["buyer"])
    here = f"/d/{bill.printed['district']['leaid']}/invoices/{bill.id}/pay"
    answer = buyer.send(here, means="debit", amount_cents="1125.01", once_key="x")
    stripe.state.complete(answer.location.rsplit("/", 1)[1], "works")
    stripe.state.pass_time(5 * 86_400)
    with clock.frozen(NOW + timedelta(days=5)):
        deliver()
        work()
    [attempt] = now_is(bill)[1]

    remit = across(transfer_service.remit_by_hand)
    act(make.operator(), remit, attempt.id, reference="ACH 12")

    sums = now_is(bill)[2]
    assert (sums["cash:main"], sums["cash:stripe"], sums["fee:stripe"]) == (112_001, 0, 500)


# -- what does not fit -------------------------------------------------------------------------


def test_everything_that_fits_is_no_finding(bill, pay, deliver, stripe, work, rows):
    stripe.state.complete(pay("card"), "works")
    stripe.state.refund(stripe.state.all("charge")[0]["id"], 500)
    deliver()
    nightly(work)
    assert rows(StripeFinding) == []


def test_planted_gaps_and_duplicates_are_found_and_two_people_settle_them(
    app, make, bill, pay, people, client_for, deliver, now_is, stripe, work, rows, as_system
):
    stripe.state.complete(pay("debit", "125.01"), "works")
    stripe.state.pass_time(5 * 86_400)
    deliver(lose={"payment_intent.succeeded", "checkout.session.async_payment_succeeded"})
    as_system(
        book_payment, bill.id, amount_cents=400_00, means=PaymentMeans.DEBIT,
        reference="pi_booked_twice", paid_on=NOW.date(), once_key="twice", held_in="cash:stripe",
    )  # fmt: skip
    with clock.frozen(NOW + timedelta(days=5, hours=4)), app.app_context():
        jobs.read_balance()  # alone: what asks for lost news would have mended the gap itself
    found = rows(StripeFinding)
    assert {row.kind for row in found} == {FindingKind.NOT_HERE, FindingKind.TWICE}
    assert now_is(bill)[0].paid_cents == 400_00

    operator, agent = client_for(make.operator()), client_for(people(bill)["agent"])
    desk = f"/c/{bill.printed['consortium']['slug']}/at-stripe"
    for page in (operator.get("/admin/stripe").text, agent.get(desk).text):
        assert "At Stripe, not in our books" in page
        assert "In our books twice" in page
    for row in found:
        here, theirs = f"/admin/stripe/findings/{row.id}", f"{desk}/findings/{row.id}"
        assert operator.send(here, do="book", note="").status_code == 422
        operator.send(here, do="book", note="News of Nov 21 were lost.")
        agree = {"do": "agree"}
        operator.post(here, data=agree | {"csrf_token": token_of(operator)})
        assert {r.state for r in rows(StripeFinding) if r.id == row.id} == {FindingState.PROPOSED}
        for _click in range(2):
            agent.post(theirs, data=agree | {"csrf_token": token_of(agent)})

    assert {row.state for row in rows(StripeFinding)} == {FindingState.RESOLVED}
    nightly(work, NOW + timedelta(days=6))
    final, _, sums = now_is(bill)
    assert final.paid_cents == 125_01
    assert sums["cash:stripe"] == stripe.state.balance_cents() == 124_01
    assert len(rows(StripeFinding)) == 2


def test_one_person_settles_nothing(make, act):
    row = make.save(
        StripeFinding(
            kind=FindingKind.DIFFERS, about="txn_1", amount_cents=5, words="Differs.", said={},
            found_at=NOW, state=FindingState.OPEN,
        )
    )  # fmt: skip
    operator = make.operator()
    act(operator, across(balance_service.propose_settling), row.id, does_book=False, note="Ours.")
    with pytest.raises(RuleBroken, match="somebody else must decide"):
        act(operator, across(balance_service.settle), row.id, agreed=True)
    with pytest.raises(NotAllowed):
        act(make.buyer(make.district()), across(balance_service.settle), row.id, agreed=True)
    done = act(make.operator(), across(balance_service.settle), row.id, agreed=False)
    assert done.state is FindingState.OPEN
