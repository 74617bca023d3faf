"""A district pays a bill online: by bank debit and by card, in parts, and when things go wrong."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.core import clock, db
from marketplace.core.mail import Letter
from marketplace.orders.rules import InvoiceStatus
from marketplace.payments.gateway import Gateway
from marketplace.payments.rules import AttemptState
from tests.conftest import NOW, on_sqlite
from tests.fake_stripe.state import BANK_DAYS, DAY
from tests.payments.conftest import leaid_of, token_of

pytestmark = on_sqlite
LATER = NOW + timedelta(days=BANK_DAYS + 1)


def address(bill, rest):
    return f"/d/{leaid_of(bill)}{rest}"


def page_of(payer, bill, attempt):
    return payer.get(address(bill, f"/online-payments/{attempt.id}")).text


def come_back(payer, stripe, session_id, how="works"):
    """Pay on Stripe's page and follow it back to the site."""
    session = stripe.state.complete(session_id, how)
    return payer.get(session["success_url"].split("8000", 1)[1], follow_redirects=True).text


def test_a_bank_debit_is_processing_for_days_and_then_the_bill_is_paid_once(
    bill, pay, payer, stripe, deliver, now_is
):
    invoice_page = payer.get(address(bill, f"/invoices/{bill.id}")).text
    assert "Pay $1,125.01" in invoice_page
    button = payer.get(address(bill, f"/invoices/{bill.id}/pay")).text
    assert re.findall(r'name="means" value="(\w*)"', button) == ["debit", "card"]
    session_id = pay("debit")

    assert "3 to 5 days" in come_back(payer, stripe, session_id)
    assert deliver() == [200] * 3
    found, [attempt], _sums = now_is(bill)
    assert (attempt.state, found.status) == (AttemptState.PROCESSING, InvoiceStatus.ISSUED)
    assert (
        "Your bank takes 3 to 5 days. Nothing to do."
        in payer.get(address(bill, f"/invoices/{bill.id}")).text
    )

    stripe.state.pass_time((BANK_DAYS + 1) * DAY)
    with clock.frozen(LATER):
        deliver()
        deliver(times=2, shuffle=1)

    found, [attempt], sums = now_is(bill)
    assert (found.status, found.paid_cents, attempt.state) == (
        InvoiceStatus.PAID, 112_501, AttemptState.PAID,
    )  # fmt: skip
    assert (sums["cash:stripe"], sums[f"receivable:{leaid_of(bill)}"]) == (112_501, 0)
    page = page_of(payer, bill, attempt)
    assert "Paid. Thank you." in page
    receipt = re.search(r'href="(/d/[^"]+/payments/[^"]+)">Receipt', page)[1]
    assert "ACH debit pi_" in payer.get(receipt).text


def test_a_debit_that_fails_opens_the_bill_again_and_says_why(
    bill, pay, payer, stripe, deliver, now_is, work, look
):
    stripe.state.complete(pay("debit"), "fails")
    stripe.state.pass_time((BANK_DAYS + 1) * DAY)

    deliver()
    work()
    look.rollback()
    letters = look.exec(select(Letter.text).where(Letter.subject.contains("did not work"))).all()
    assert len(letters) == 1
    assert "insufficient funds" in letters[0]

    found, [attempt], sums = now_is(bill)
    assert (found.open_cents, attempt.state) == (112_501, AttemptState.FAILED)
    assert "cash:stripe" not in sums
    page = page_of(payer, bill, attempt)
    assert "insufficient funds" in page
    assert "Pay again" in page
    with clock.frozen(LATER):
        assert pay("debit", once_key="another")


def test_a_refused_card_may_be_followed_by_one_that_works_and_the_fee_is_booked_apart(
    bill, pay, payer, stripe, deliver, now_is
):
    session_id = pay("card")
    assert stripe.state.objects[session_id]["amount_total"] == 112_501 + 3_391
    stripe.state.complete(session_id, "fails")
    deliver()
    assert now_is(bill)[1][0].state is AttemptState.OPEN
    assert "Your card was declined." in page_of(payer, bill, now_is(bill)[1][0])

    assert "Paid. Thank you." in come_back(payer, stripe, session_id)
    deliver(shuffle=3, times=2)

    found, [attempt], sums = now_is(bill)
    assert (found.open_cents, attempt.problem) == (0, "")
    assert (sums["cash:stripe"], sums["fee:card"]) == (112_501 + 3_391, -3_391)


def test_parts_are_paid_one_after_the_other_and_never_more_than_is_open(
    bill, pay, payer, stripe, deliver, now_is
):
    pay_page = address(bill, f"/invoices/{bill.id}/pay")
    stripe.state.complete(pay("debit", "125.01"), "works")
    deliver()

    assert "Pay $1,000.00 from a bank account" in payer.get(pay_page).text
    answer = payer.send(pay_page, means="debit", amount_cents="1,000.01", once_key="b")
    assert answer.status_code == 422
    assert "Only $1,000.00 is open" in answer.text
    assert "Pay $40.00 from a bank account" in payer.get(pay_page + "?amount=40").text
    stripe.state.complete(pay("card", "1,000.00", "c"), "works")
    deliver()

    assert now_is(bill)[0].paid_cents == 100_000
    assert "All of it is paid or on its way" in payer.get(pay_page).text


@pytest.mark.parametrize(
    ("amount", "means", "words"),
    [
        ("0", "debit", "above zero"),
        ("-5.00", "debit", "such as 9,500"),
        ("0.49", "debit", "least"),
        ("1125.02", "debit", "Only $1,125.01 is open"),
        ("10000000000.00", "debit", "Only $1,125.01 is open"),
        ("12 USD", "debit", "such as 9,500"),
        ("", "debit", "above zero"),
        ("1125.01", "check", "Choose a bank account or a card"),
        ("1125.01", "gold", "Choose a bank account or a card"),
    ],
)
def test_what_the_form_says_is_checked_against_the_bill(
    bill, payer, stripe, now_is, amount, means, words
):
    answer = payer.send(
        address(bill, f"/invoices/{bill.id}/pay"), means=means, amount_cents=amount, once_key="x"
    )

    assert answer.status_code == 422
    assert words in answer.text
    assert now_is(bill)[1] == []
    assert stripe.requests == []


def test_the_same_button_twice_is_one_attempt_and_another_window_is_told(
    bill, pay, payer, stripe, now_is
):
    first, again = pay(once_key="once"), pay(once_key="once")

    assert first == again
    assert len(now_is(bill)[1]) == 1
    answer = payer.post(  # a window that was open before has a key of its own
        address(bill, f"/invoices/{bill.id}/pay"),
        data={"means": "card", "amount_cents": "1125.01", "once_key": "other",
              "csrf_token": token_of(payer)},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "not finished" in answer.text


def test_cancelling_closes_the_page_at_stripe_and_expiry_frees_the_bill(
    bill, pay, payer, stripe, deliver, now_is
):
    session_id = pay()
    attempt = now_is(bill)[1][0]
    here = address(bill, f"/online-payments/{attempt.id}")
    assert "Go on to Stripe" in payer.get(here).text
    payer.post(f"{here}/cancel", data={"csrf_token": token_of(payer, here)})
    assert stripe.state.objects[session_id]["status"] == "expired"
    assert now_is(bill)[1][0].state is AttemptState.EXPIRED

    second = pay(once_key="second")
    stripe.state.pass_time(3 * 3600)
    with clock.frozen(NOW + timedelta(hours=3)):
        deliver()
    assert stripe.state.objects[second]["status"] == "expired"
    assert [a.state for a in now_is(bill)[1]] == [AttemptState.EXPIRED] * 2


def test_what_was_paid_meanwhile_cannot_be_cancelled(bill, pay, payer, stripe, now_is):
    stripe.state.complete(pay(), "works")  # in another window; the news are not here yet
    here = address(bill, f"/online-payments/{now_is(bill)[1][0].id}")

    answer = payer.post(f"{here}/cancel", data={"csrf_token": token_of(payer, here)})

    assert "cannot be cancelled" in payer.get(answer.location).text
    assert "Processing" in payer.get(here).text


@pytest.mark.parametrize("trouble", ["500", "garbage", "down"])
def test_while_stripe_is_away_nothing_is_lost_and_later_it_is_one_session(
    bill, payer, stripe, now_is, trouble
):
    stripe.trouble = trouble
    here = address(bill, f"/invoices/{bill.id}/pay")

    answer = payer.send(here, means="debit", amount_cents="1125.01", once_key="once")

    waits = payer.get(answer.location).text
    assert "Stripe does not answer just now. Nothing was charged." in waits
    attempt = now_is(bill)[1][0]
    assert attempt.state is AttemptState.STARTED
    stripe.trouble = ""
    again = f"{answer.location}/continue"
    for _press in range(2):
        there = payer.post(again, data={"csrf_token": token_of(payer, answer.location)})
        assert there.location.startswith(f"{stripe.url}/pay/")
    assert len(stripe.state.all("checkout.session")) == 1


def test_a_page_that_was_never_made_frees_its_bill_when_its_time_is_over(
    bill, payer, stripe, now_is, work
):
    stripe.trouble = "down"
    payer.send(
        address(bill, f"/invoices/{bill.id}/pay"),
        means="debit", amount_cents="1125.01", once_key="once",
    )  # fmt: skip

    with clock.frozen(NOW + timedelta(hours=3)):
        work()

    assert now_is(bill)[1][0].state is AttemptState.EXPIRED


def test_news_that_were_lost_are_asked_for_after_an_hour(bill, pay, stripe, now_is, work):
    stripe.state.complete(pay("card"), "works")

    with clock.frozen(NOW + timedelta(minutes=61)):
        work()

    assert now_is(bill)[0].status is InvoiceStatus.PAID


def test_without_keys_the_site_says_how_to_pay_and_works(app, bill, payer):
    page = payer.get(address(bill, f"/invoices/{bill.id}")).text
    assert "by check, ACH or warrant" in page
    assert "Pay $1,125.01</a>" not in page

    assert "takes checks, warrants" in payer.get(address(bill, f"/invoices/{bill.id}/pay")).text
    assert app.test_client().post("/webhooks/stripe", data="{}").status_code == 404


def test_who_may_not_pay_does_not(bill, people, client_for, stripe, now_is):
    here = address(bill, f"/invoices/{bill.id}/pay")
    for role, status in (("viewer", 403), ("finance", 404), ("agent", 404)):
        client = client_for(people(bill)[role])
        data = {"means": "debit", "amount_cents": "1", "csrf_token": token_of(client)}
        assert client.get(here).status_code == status
        assert client.post(here, data=data).status_code == status
    assert now_is(bill)[1] == []


def test_no_network_call_while_a_transaction_is_open(app, stripe):
    with app.app_context(), db.transaction(), pytest.raises(RuntimeError, match="commit first"):
        Gateway.here().session("cs_test_x")
    assert stripe.requests == []
