"""Payments by hand: one person writes them down, a second confirms them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlmodel import select

from marketplace.accounts import login
from marketplace.accounts.rules import Role
from marketplace.consortia.rules import LegalShape
from marketplace.core import clock, db, tenancy
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from marketplace.ledger import queries as books
from marketplace.ledger.correction_service import close_period
from marketplace.orders import pending_queries, queries
from marketplace.orders.invoice_service import issue_invoice
from marketplace.orders.models import Payment
from marketplace.orders.pending_rules import PendingState, SaidBy
from marketplace.orders.pending_service import confirm_payment, record_payment, undo_payment
from marketplace.orders.rules import InvoiceStatus
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.orders.conftest import a_check, across, press


@pytest.fixture
def bill(make, people, act):
    """An invoice that "finance" issued, and the people around it."""
    order = make.order(make.district("Maple Hollow"))
    who = people(order)
    return act(who["finance"], across(issue_invoice), order.id), who


def note(act, user, invoice, **changes):
    return act(user, across(record_payment), invoice.id, **a_check(**changes))


def confirm(act, user, pending):
    return act(user, across(confirm_payment), pending.id)


# -- who ---------------------------------------------------------------------------------------


def test_nothing_is_in_the_books_until_a_second_person_confirms(act, bill, look):
    invoice, who = bill
    pending = note(act, who["second finance"], invoice)

    look.rollback()
    assert look.exec(select(Payment)).all() == []
    with pytest.raises(RuleBroken, match="somebody else must confirm"):
        confirm(act, who["second finance"], pending)
    payment = confirm(act, who["agent"], pending)
    again = confirm(act, who["agent"], pending)

    assert payment.id == again.id
    look.rollback()
    bill_now = queries.get_invoice(look, invoice.id)
    assert (bill_now.status, bill_now.open_cents) == (InvoiceStatus.PAID, 0)
    kept = pending_queries.get_pending(look, pending.id)
    assert (kept.state, kept.recorded_by) == (PendingState.CONFIRMED, who["second finance"].id)
    assert kept.closed_by == who["agent"].id
    assert len(look.exec(select(Payment)).all()) == 1


@on_sqlite
def test_a_firm_of_one_person_is_paid_with_the_districts_word(act, bill):
    """The author writes it down and cannot confirm it; the district that paid can."""
    invoice, who = bill
    first = note(act, who["finance"], invoice, amount_cents=1_000)
    second = note(act, who["second finance"], invoice, amount_cents=500, reference="2")

    with pytest.raises(RuleBroken, match="You issued this invoice"):
        confirm(act, who["finance"], second)
    with pytest.raises(NotAllowed):
        confirm(act, who["viewer"], first)
    assert confirm(act, who["buyer"], first).amount_cents == 1_000


@on_sqlite
def test_what_the_district_says_it_sent_is_confirmed_by_whoever_is_paid(act, bill, make):
    invoice, who = bill
    pending = note(act, who["buyer"], invoice)

    assert pending.said_by is SaidBy.PAYER
    colleague = make.buyer(org_of(make, invoice))
    for user in (who["buyer"], colleague):
        with pytest.raises(NotAllowed):
            confirm(act, user, pending)
    assert confirm(act, who["finance"], pending).amount_cents == 112_501  # author, other side


def org_of(make, invoice):
    return make._organization(invoice.org_id)


@on_sqlite
@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_neither_buys_nor_bills_writes_no_payment_down(act, bill, role):
    invoice, who = bill
    with pytest.raises(NotAllowed):
        note(act, who[role], invoice)


@on_sqlite
def test_a_fiscal_agent_with_a_role_at_the_payer_speaks_for_nobody(act, bill, make):
    invoice, who = bill
    make.role(who["agent"], org_of(make, invoice), Role.VIEWER)
    pending = note(act, who["second finance"], invoice, amount_cents=100)

    with pytest.raises(NotAllowed):
        note(act, who["agent"], invoice)
    with pytest.raises(NotAllowed):
        confirm(act, who["agent"], pending)


@on_sqlite
def test_with_pooled_cash_agent_and_district_are_the_two(make, act, people):
    consortium = make.consortium(
        legal_shape=LegalShape.POOLED_CASH, fiscal_agent_id=make.agency().id
    )
    invoice = make.invoice(make.order(consortium=consortium))
    who = people(invoice)
    pending = note(act, who["agent"], invoice)

    for role in ("agent", "convener", "second finance"):
        with pytest.raises((NotAllowed, RuleBroken)):
            confirm(act, who[role], pending)
    assert confirm(act, who["buyer"], pending).ledger_seq


# -- what --------------------------------------------------------------------------------------


@on_sqlite
def test_what_waits_counts_as_taken_and_can_be_taken_back(act, bill, look):
    invoice, who = bill
    pending = note(act, who["second finance"], invoice, amount_cents=100_000)

    with pytest.raises(RuleBroken, match=r"Only \$125.01 is open. \$1,000.00 already") as refusal:
        note(act, who["agent"], invoice, amount_cents=12_502, reference="2")
    assert refusal.value.field == "keep_rest"
    for _twice in range(2):
        undone = act(who["second finance"], across(undo_payment), pending.id)
        assert undone.state is PendingState.TAKEN_BACK
    with pytest.raises(RuleBroken, match="was taken back"):
        confirm(act, who["agent"], pending)
    again = note(act, who["second finance"], invoice)  # its number is free again
    payment = confirm(act, who["agent"], again)
    with pytest.raises(RuleBroken, match="stands in the books"):
        act(who["second finance"], across(undo_payment), again.id)
    look.rollback()
    assert payment.amount_cents == queries.get_invoice(look, invoice.id).paid_cents


@on_sqlite
def test_the_other_side_declines_and_who_wrote_it_down_is_told(act, bill, deliver, look):
    invoice, who = bill
    pending = note(act, who["buyer"], invoice)
    deliver()
    asked = set(look.exec(select(Letter.recipient).where(Letter.subject.contains("confirm"))))
    assert {who["finance"].email, who["second finance"].email} <= asked
    assert who["buyer"].email not in asked

    undone = act(who["second finance"], across(undo_payment), pending.id)
    deliver()

    assert undone.state is PendingState.DECLINED
    look.rollback()
    told = look.exec(select(Letter.recipient).where(Letter.subject.startswith("Declined"))).all()
    assert told == [who["buyer"].email]


@on_sqlite
def test_a_number_seen_on_another_bill_is_asked_about(two_bills, act):
    first, second, who = two_bills
    note(act, who["agent"], first)

    with pytest.raises(RuleBroken, match="already written down for invoice 1") as refusal:
        note(act, who["agent"], second, reference=" 10442 ")
    assert refusal.value.field == "same_check"
    assert note(act, who["agent"], second, same_check=True).reference == "10442"
    with pytest.raises(RuleBroken, match="already recorded here"):
        note(act, who["agent"], first, amount_cents=1, same_check=True)


@on_sqlite
def test_a_month_closed_while_it_waited_moves_the_entry_not_the_date(make, act, people):
    with clock.frozen(NOW - timedelta(days=45)):
        order = make.order(po_number="PO-9")
        invoice, who = make.invoice(order), people(order)
    pending = note(act, who["second finance"], invoice, paid_on=date(2026, 10, 30))
    act(who["agent"], close_period, invoice.consortium_id, date(2026, 10, 31))

    payment = confirm(act, who["agent"], pending)

    assert payment.paid_on == date(2026, 10, 30)


@on_postgresql
def test_two_who_confirm_at_once_pay_once(app, act, bill, look):
    invoice, who = bill
    pending = note(act, who["second finance"], invoice)

    def try_it(user):
        with clock.frozen(NOW), app.app_context(), tenancy.everyone("two at once"):
            with db.transaction() as session:
                actor = login.actor_for(session, user)
            with db.transaction() as session:
                return confirm_payment(session, actor, pending.id).id

    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(try_it, [who["agent"], who["convener"]] * 4))

    assert len(ids) == 1
    look.rollback()
    assert len(look.exec(select(Payment)).all()) == 1
    leaid = invoice.printed["district"]["leaid"]
    assert books.balance_of(look, invoice.consortium_id, f"receivable:{leaid}") == 0


# -- pages -------------------------------------------------------------------------------------


@on_sqlite
def test_the_page_asks_for_the_second_person_and_shows_only_its_own_buttons(
    bill, client_for, read, make
):
    invoice, who = bill
    district, vendor = (invoice.printed[side] for side in ("district", "vendor"))
    theirs, ours = f"/v/{vendor['slug']}", f"/d/{district['leaid']}"
    finance, buyer = client_for(who["second finance"]), client_for(who["buyer"])
    facts = {"means": "wire", "reference": "W-1", "paid_on": "2026-11-16", "once_key": "k"}

    sent = finance.send(f"{theirs}/invoices/{invoice.id}/payment", **facts, amount_cents="100")
    page = finance.get(f"{theirs}/invoices/{invoice.id}").text
    other = buyer.get(f"{ours}/invoices/{invoice.id}").text

    assert sent.status_code == 302
    assert "Take back" in page
    assert "/confirm" not in page
    assert "Decline" in other
    assert "/confirm" in other
    assert who["second finance"].name not in other  # of the other side only which it is
    waiting = buyer.get(f"{ours}/payments-waiting").text
    assert "Wire W-1" in waiting
    pending = read(pending_queries.pending_of, invoice.id)[0]
    own_page, their_page = f"{theirs}/invoices/{invoice.id}", f"{ours}/payments-waiting"
    refused = press(finance, own_page, f"{theirs}/pending-payments/{pending.id}/confirm")
    assert refused.status_code == 409
    assert "somebody else must confirm" in refused.text
    stranger = client_for(make.buyer(make.district()))
    undo = f"{ours}/pending-payments/{pending.id}/undo"
    assert press(stranger, "/account/security", undo).status_code == 404
    done = press(buyer, their_page, f"{their_page}/confirm", pending=str(pending.id))
    assert done.status_code == 302
    assert read(queries.payments_of, invoice.id)[0].amount_cents == 10_000


@on_sqlite
def test_a_doubtful_number_keeps_what_was_typed_and_shows_the_box(two_bills, client_for, act):
    first, second, who = two_bills
    note(act, who["agent"], first)
    client = client_for(who["agent"])
    form = f"/c/{first.printed['consortium']['slug']}/invoices/{second.id}/payment"
    facts = {"means": "check", "reference": "10442", "paid_on": "2026-11-16", "once_key": "k9"}

    assert "covers both bills" not in client.get(form).text
    asked = client.send(form, **facts, amount_cents="100.00")

    assert asked.status_code == 422
    assert "covers both bills" in asked.text
    assert 'value="10442"' in asked.text
    assert client.send(form, **facts, amount_cents="100.00", same_check="y").status_code == 302
