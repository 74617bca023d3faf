"""Money that goes back: by two people, made at Stripe, disputed, won, lost, failed."""

from datetime import timedelta

import pytest

from marketplace.core import clock, tenancy
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.orders.rules import InvoiceStatus
from marketplace.payments import back_service, queries
from marketplace.payments.rules import BackState
from tests.conftest import NOW, on_sqlite
from tests.fake_stripe.state import BANK_DAYS, DAY, bank_fee
from tests.orders.conftest import across
from tests.payments.conftest import leaid_of, token_of

pytestmark = on_sqlite
LATER = NOW + timedelta(days=BANK_DAYS + 1)


@pytest.fixture
def paid(stripe, pay, deliver, now_is, bill, work):
    """The bill is paid by bank debit, and what Stripe kept is booked: $5.00, by the vendor."""
    stripe.state.complete(pay("debit"), "works")
    stripe.state.pass_time((BANK_DAYS + 1) * DAY)
    with clock.frozen(LATER):
        deliver()
        work()
        yield now_is(bill)[1][0]


def backs(read, attempt):
    return read(queries.backs_of, attempt.id)


@pytest.fixture
def read(look):
    def ask(query, *args):
        look.rollback()
        with tenancy.everyone("test asserts"):
            found = query(look, *args)
            look.expunge_all()
            return found

    return ask


def ask(act, person, attempt, cents=25_00, key="once", reason="Paid twice."):
    return act(
        person,
        across(back_service.ask_refund),
        attempt.id,
        amount_cents=cents,
        reason=reason,
        once_key=key,
    )


def test_two_people_send_a_part_back_and_the_bill_is_open_again(
    bill, paid, people, client_for, deliver, now_is, stripe, read
):
    who = people(bill)
    vendor = f"/v/{bill.printed['vendor']['slug']}"
    first, second = client_for(who["finance"]), client_for(who["second finance"])
    page = f"{vendor}/online-payments/{paid.id}"
    assert "Send money back" in first.get(page).text
    answer = first.send(f"{page}/refund", amount_cents="25.00", reason="Paid twice.", once_key="a")
    assert answer.status_code == 302
    [row] = backs(read, paid)
    decision = f"{vendor}/refunds/{row.id}/decision"

    first.post(decision, data={"allowed": "yes", "csrf_token": token_of(first)})
    assert backs(read, paid)[0].state is BackState.ASKED  # one person cannot do both
    for _click in range(2):
        second.post(decision, data={"allowed": "yes", "csrf_token": token_of(second)})
    deliver()

    [row] = backs(read, paid)
    assert (row.state, row.amount_cents) == (BackState.OUT, 25_00)
    found, [attempt], sums = now_is(bill)
    assert (found.status, found.open_cents) == (InvoiceStatus.PART_PAID, 25_00)
    assert attempt.back_cents == 25_00
    assert sums["cash:stripe"] == stripe.state.balance_cents() == 112_501 - 500 - 25_00
    assert len(stripe.state.all("refund")) == 1
    assert "Refund" in first.get(f"{vendor}/invoices/{bill.id}").text


def test_what_may_not_go_back_does_not(act, bill, paid, people):
    who = people(bill)
    with pytest.raises(NotAllowed):
        ask(act, who["buyer"], paid)
    with pytest.raises(NotAllowed):
        ask(act, who["editor"], paid)
    for cents in (None, 0, -5, 112_502, 10**12):
        with pytest.raises(RuleBroken, match=r"Between \$0.01 and \$1,125.01"):
            ask(act, who["finance"], paid, cents)
    with pytest.raises(RuleBroken, match="few words"):
        ask(act, who["finance"], paid, reason="  ")
    assert ask(act, who["finance"], paid, 112_500).id == ask(act, who["finance"], paid, 5).id
    with pytest.raises(RuleBroken, match=r"and \$0.01 can"):  # the rest is asked for already
        ask(act, who["finance"], paid, 2, "another")


def test_after_a_full_refund_every_account_is_where_it_began_but_for_the_fee(
    bill, paid, deliver, now_is, stripe
):
    """Made in Stripe's dashboard; whoever was paid bears what Stripe keeps."""
    [charge] = stripe.state.all("charge")
    refund = stripe.state.refund(charge["id"], 112_501)

    deliver(times=2, shuffle=5)

    found, _, sums = now_is(bill)
    vendor = f"payable:{bill.printed['vendor']['slug']}"
    assert (found.status, found.open_cents) == (InvoiceStatus.ISSUED, 112_501)
    assert sums[f"receivable:{leaid_of(bill)}"] == 112_501
    assert sums[vendor] == -112_501 + bank_fee(112_501)
    assert sums["cash:stripe"] == stripe.state.balance_cents() == -bank_fee(112_501)

    stripe.state.fail_refund(refund["id"])  # and then the bank sends it back
    deliver(times=2, shuffle=6)
    found, _, sums = now_is(bill)
    assert found.status is InvoiceStatus.PAID
    assert sums["cash:stripe"] == stripe.state.balance_cents()


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_takes_the_money_and_only_a_won_one_gives_it_back(
    bill, paid, deliver, now_is, stripe, won, read, work
):
    [charge] = stripe.state.all("charge")
    dispute = stripe.state.dispute(charge["id"])
    deliver(shuffle=2)
    assert now_is(bill)[0].open_cents == 112_501

    stripe.state.close_dispute(dispute["id"], won=won)
    deliver(times=3, shuffle=7)
    with clock.frozen(LATER + timedelta(hours=2)):
        work()

    found, [attempt], sums = now_is(bill)
    assert found.status is (InvoiceStatus.PAID if won else InvoiceStatus.ISSUED)
    [row] = backs(read, paid)
    assert row.state is (BackState.UNDONE if won else BackState.FINAL)
    assert attempt.back_cents == (0 if won else 112_501)
    assert sums["cash:stripe"] == stripe.state.balance_cents()


def test_a_card_refunded_beyond_its_bill_gives_its_fee_back_last(
    bill, pay, deliver, now_is, stripe, work
):
    stripe.state.complete(pay("card"), "works")
    charge = stripe.state.all("charge")[0]
    stripe.state.refund(charge["id"], 112_501)
    stripe.state.refund(charge["id"], 1_000)

    deliver(shuffle=4)
    with clock.frozen(NOW + timedelta(hours=1)):
        work()

    _, [attempt], sums = now_is(bill)
    assert attempt.back_cents == 113_501
    assert sums["fee:card"] == 1_000  # the district got it back; the consortium bears it
    assert sums["cash:stripe"] == stripe.state.balance_cents()
