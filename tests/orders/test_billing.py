"""Invoices and payments by hand, on both engines: numbered, frozen, counted once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlmodel import select

from marketplace.accounts.login import actor_for
from marketplace.catalogue.models import Tool
from marketplace.consortia.rules import LegalShape
from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from marketplace.ledger import queries as books
from marketplace.orders import list_queries, queries
from marketplace.orders.booking_service import return_payment
from marketplace.orders.invoice_service import issue_invoice, issue_ready_invoices
from marketplace.orders.models import Invoice, Payment
from marketplace.orders.payment_service import pay_vendor
from marketplace.orders.rules import InvoiceStatus, PaymentMeans, ReturnReason
from tests.conftest import NOW, on_postgresql
from tests.orders.conftest import across, pay

TODAY = date(2026, 11, 16)
A_LOT = {"amount_cents": 112_500}


def a_check(**changes):
    facts = {
        "means": PaymentMeans.CHECK,
        "reference": "10442",
        "amount_cents": 112_501,
        "paid_on": TODAY,
        "once_key": uuid4().hex,
    }
    return facts | changes


@pytest.fixture
def as_system(app):
    """Run a use case as the machine does, which believes a bank or a payment service."""

    def run(use_case, *args, **facts):
        with app.app_context(), tenancy.everyone("a job"), db.transaction() as session:
            return use_case(session, Actor.system(), *args, **facts)

    return run


def balance(look, row, code):
    look.rollback()
    return books.balance_of(look, row.consortium_id, code)


# -- invoices ----------------------------------------------------------------------------------


def test_the_vendor_issues_an_invoice_that_says_all_and_is_frozen(make, act, look, people):
    order = make.order(po_number="2027-118")
    who = people(order)

    invoice = act(who["finance"], across(issue_invoice), order.id)

    said = invoice.printed
    assert (invoice.number, invoice.total_cents, invoice.paid_cents) == (1, 112_501, 0)
    assert (said["po_number"], said["due_on"]) == ("2027-118", "2027-07-01")
    assert said["lines"][0]["note"] == "100 of the pool’s 100 seats"
    entry = books.get_entry(look, order.consortium_id, said["check"]["seq"])
    assert said["check"]["hash"] == entry.hash
    assert (f"receivable:{order.leaid}", 112_501) in entry.legs


def test_an_invoice_is_never_issued_twice(make, act, people):
    invoice = make.invoice()
    who = people(invoice)

    with pytest.raises(RuleBroken, match="never issued twice"):
        act(who["finance"], across(issue_invoice), invoice.order_id)


def test_an_order_without_its_po_is_not_billed(make, act, people, look):
    order = make.order(po_number="")
    who = people(order)

    with pytest.raises(RuleBroken, match="not issued its PO"):
        act(who["finance"], across(issue_invoice), order.id)
    assert look.exec(select(Invoice)).all() == []


@pytest.mark.parametrize("role", ["buyer", "editor", "agent", "convener"])
def test_only_the_vendors_finance_side_bills_a_joint_order(make, act, people, role):
    order = make.order()
    who = people(order)

    with pytest.raises(NotAllowed):
        act(who[role], across(issue_invoice), order.id)


def test_with_pooled_cash_the_consortium_bills_and_the_vendor_does_not(make, act, people):
    agency = make.agency("River ESC")
    consortium = make.consortium(legal_shape=LegalShape.POOLED_CASH, fiscal_agent_id=agency.id)
    order = make.order(consortium=consortium)
    who = people(order)

    with pytest.raises(NotAllowed):
        act(who["finance"], across(issue_invoice), order.id)
    invoice = act(who["agent"], across(issue_invoice), order.id)

    assert invoice.issuer_id == consortium.org_id
    assert "c/o River ESC, fiscal agent" in invoice.printed["remit_to"]


def test_all_that_are_ready_are_issued_in_one_go(make, act, people, look):
    consortium = make.consortium()
    districts = [make.district() for _ in range(3)]
    for district in districts:
        make.member(consortium, district)
    pool = make.cleared_pool(consortium, districts, po_number="7")
    orders = make.orders(pool)
    who = people(orders[0])

    issued = act(who["finance"], across(issue_ready_invoices), pool.id)
    again = act(who["finance"], across(issue_ready_invoices), pool.id)

    assert sorted(invoice.number for invoice in issued) == [1, 2, 3]
    assert again == []


def test_a_refused_invoice_leaves_no_gap(make, act, people, look):
    first = make.order()
    who = people(first)
    act(who["finance"], across(issue_invoice), first.id)
    with pytest.raises(RuleBroken):
        act(who["finance"], across(issue_invoice), first.id)
    tool = look.exec(select(Tool).where(Tool.id == first.tool_id)).one()
    second = make.order(tool=tool)

    invoice = act(who["finance"], across(issue_invoice), second.id)

    assert invoice.number == 2


@on_postgresql
def test_20_parallel_invoices_are_numbered_1_to_20(make, app, people, look):
    consortium = make.consortium()
    districts = [make.district() for _ in range(20)]
    for district in districts:
        make.member(consortium, district)
    orders = make.orders(make.cleared_pool(consortium, districts, po_number="1"))
    with tenancy.everyone("test"):
        actor = actor_for(make.session, people(orders[0])["finance"])

    def issue(order):
        with (
            clock.frozen(NOW),
            app.app_context(),
            tenancy.everyone("test"),
            db.transaction() as session,
        ):
            return issue_invoice(session, actor, order.id).number

    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(issue, orders))

    assert sorted(numbers) == list(range(1, 21))
    assert len(look.exec(select(Invoice)).all()) == 20


def test_the_district_gets_a_letter_with_its_invoice(make, deliver, look):
    district = make.district()
    make.buyer(district, email="buyer@example.org")
    make.invoice(make.order(district))

    deliver()

    letter = look.exec(select(Letter).where(Letter.subject.startswith("Invoice 1"))).one()
    assert letter.recipient == "buyer@example.org"
    assert "$1,125.01" in letter.text


# -- payments ----------------------------------------------------------------------------------


def test_a_check_is_posted_and_the_invoice_is_paid(make, act, people, look):
    invoice = make.invoice()
    who = people(invoice)

    payment = act(who["agent"], pay, invoice.id, **a_check())

    vendor = invoice.printed["vendor"]["slug"]
    leaid = invoice.printed["district"]["leaid"]
    assert queries.get_invoice(look, invoice.id).status is InvoiceStatus.PAID
    entry = books.get_entry(look, invoice.consortium_id, payment.ledger_seq)
    assert set(entry.legs) == {(f"payable:{vendor}", 112_501), (f"receivable:{leaid}", -112_501)}
    assert entry.hash == payment.ledger_hash
    assert balance(look, invoice, f"receivable:{leaid}") == 0
    assert balance(look, invoice, f"payable:{vendor}") == 0


def test_parts_add_up_and_never_above_what_is_open(make, act, people, look):
    invoice = make.invoice()
    who = people(invoice)
    leaid = invoice.printed["district"]["leaid"]

    act(who["agent"], pay, invoice.id, **a_check(amount_cents=40_000))

    assert queries.get_invoice(look, invoice.id).status is InvoiceStatus.PART_PAID
    assert balance(look, invoice, f"receivable:{leaid}") == 72_501
    with pytest.raises(RuleBroken, match=r"Only \$725.01 is open"):
        act(
            who["agent"],
            pay,
            invoice.id,
            **a_check(reference="2", amount_cents=72_502),
        )
    act(
        who["convener"],
        pay,
        invoice.id,
        **a_check(reference="2", amount_cents=72_501),
    )
    assert balance(look, invoice, f"receivable:{leaid}") == 0


def test_an_order_of_the_evening_is_paid_on_the_same_day(make, act, people):
    """Nine in the evening in New York is the next day already in UTC."""
    with clock.frozen(datetime(2026, 11, 17, 2, tzinfo=UTC)):
        invoice = make.invoice(make.order())
        paid = a_check(paid_on=date(2026, 11, 16))
        payment = act(people(invoice)["agent"], pay, invoice.id, **paid)

    assert payment.paid_on == date(2026, 11, 16)


def test_the_same_reference_twice_is_refused_and_the_same_form_twice_is_harmless(
    make, act, people, look
):
    invoice = make.invoice()
    who = people(invoice)
    form = a_check(amount_cents=100)

    first = act(who["agent"], pay, invoice.id, **form)
    again = act(who["agent"], pay, invoice.id, **form)

    assert first.id == again.id
    with pytest.raises(RuleBroken, match="10442 is already recorded"):
        act(who["agent"], pay, invoice.id, **a_check(amount_cents=100))
    act(
        who["agent"],
        pay,
        invoice.id,
        **a_check(amount_cents=100, means=PaymentMeans.ACH),
    )
    look.rollback()
    assert len(look.exec(select(Payment)).all()) == 2


def test_a_payment_that_went_back_opens_its_bill_again_and_no_more_of_it(
    make, act, as_system, people, look
):
    invoice = make.invoice()
    who = people(invoice)
    payment = act(who["agent"], pay, invoice.id, **a_check())
    back = {
        "amount_cents": 12_501,
        "reason": ReturnReason.BOUNCED,
        "reference": "NSF 10442",
        "returned_on": TODAY,
        "once_key": "returned once",
    }

    first = as_system(return_payment, payment.id, **back)
    again = as_system(return_payment, payment.id, **back)

    assert first.id == again.id
    look.rollback()
    bill = look.exec(select(Invoice).where(Invoice.id == invoice.id)).one()
    assert (bill.status, bill.open_cents) == (InvoiceStatus.PART_PAID, 12_501)
    assert balance(look, invoice, f"receivable:{invoice.printed['district']['leaid']}") == 12_501
    with pytest.raises(RuleBroken, match=r"\$1,000.00 of this payment can go back"):
        as_system(return_payment, payment.id, **back | {"once_key": "b"} | A_LOT)
    with pytest.raises(NotAllowed):
        act(who["agent"], across(return_payment), payment.id, **back | {"once_key": "c"})


def test_both_sides_get_a_letter(make, act, people, deliver, look):
    invoice = make.invoice()
    who = people(invoice)
    act(who["agent"], pay, invoice.id, **a_check())

    deliver()

    query = select(Letter.recipient).where(Letter.subject.contains("received for invoice"))
    told = set(look.exec(query))
    assert {who["buyer"].email, who["second finance"].email} <= told
    assert who["editor"].email not in told


def test_pooled_cash_goes_through_the_fiscal_agent_to_the_vendor(make, act, people, look):
    consortium = make.consortium(
        legal_shape=LegalShape.POOLED_CASH, fiscal_agent_id=make.agency().id
    )
    invoice = make.invoice(make.order(consortium=consortium))
    who = people(invoice)
    vendor = invoice.printed["vendor"]["slug"]

    with pytest.raises(NotAllowed):
        act(who["second finance"], pay, invoice.id, **a_check())
    act(who["agent"], pay, invoice.id, **a_check(amount_cents=50_000))
    assert balance(look, invoice, "cash:main") == 50_000
    assert balance(look, invoice, f"payable:{vendor}") == -112_501

    def pay_out(user, **facts):
        return act(user, pay_vendor, consortium.org_id, invoice.vendor_id, **a_check(**facts))

    with pytest.raises(RuleBroken, match="come in from members"):
        pay_out(who["agent"], amount_cents=50_001)
    with pytest.raises(NotAllowed):
        pay_out(who["convener"], amount_cents=50_000)
    key = uuid4().hex
    first = pay_out(who["agent"], amount_cents=30_000, once_key=key)
    assert pay_out(who["agent"], amount_cents=30_000, once_key=key).id == first.id
    with pytest.raises(RuleBroken, match="already recorded"):
        pay_out(who["agent"], amount_cents=20_000)
    assert balance(look, invoice, "cash:main") == 20_000
    assert balance(look, invoice, f"payable:{vendor}") == -82_501


def test_the_books_hold_for_each_district_what_its_orders_leave_open(make, act, people, look):
    consortium = make.consortium()
    district = make.district()
    first = make.invoice(make.order(district, consortium=consortium, po_number="1"))
    make.cleared_pool(consortium, [district])
    who = people(first)
    act(who["agent"], pay, first.id, **a_check(amount_cents=12_345))

    rows = list_queries.rows(look, list_queries.listed(district_id=district.id))
    sums = list_queries.sums(look, list_queries.listed(district_id=district.id))

    held = balance(look, first, f"receivable:{district.leaid}")
    assert held == sum(row.open_cents for row in rows) == sums.open_cents == 112_501 - 12_345
