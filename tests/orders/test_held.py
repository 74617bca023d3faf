"""What is paid beyond a bill: held, used on the next one, or sent back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from marketplace.accounts import login
from marketplace.consortia.models import Consortium
from marketplace.core import clock, db, tenancy
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from marketplace.ledger import queries as books
from marketplace.orders import held_queries, pending_queries, queries
from marketplace.orders.held_service import return_credit, use_credit
from marketplace.orders.pending_service import confirm_payment, record_payment
from marketplace.orders.rules import InvoiceStatus, PaymentMeans
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.orders.conftest import a_check, across, press

SENT = {"means": PaymentMeans.CHECK, "reference": "R-1", "paid_on": NOW.date()}


@pytest.fixture
def overpaid(two_bills, act, look):
    """$100 came beyond the first of two bills: bill, the other bill, people, what is held."""
    first, second, who = two_bills
    facts = a_check(amount_cents=122_501, keep_rest=True)
    pending = act(who["second finance"], across(record_payment), first.id, **facts)
    act(who["agent"], across(confirm_payment), pending.id)
    look.rollback()
    return first, second, who, held_queries.held_with(look, first)[0]


def balances(look, invoice):
    look.rollback()
    said = invoice.printed
    codes = [f"receivable:{said['district']['leaid']}", f"credit:{said['district']['leaid']}"]
    codes.append(f"payable:{said['vendor']['slug']}")
    return [books.balance_of(look, invoice.consortium_id, code) for code in codes]


def test_more_than_the_bill_is_asked_about_and_then_held(two_bills, act, look, deliver):
    first, _second, who = two_bills
    with pytest.raises(RuleBroken, match="tick the box") as refusal:
        act(who["agent"], across(record_payment), first.id, **a_check(amount_cents=122_501))
    assert refusal.value.field == "keep_rest"
    facts = a_check(amount_cents=122_501, keep_rest=True)
    pending = act(who["agent"], across(record_payment), first.id, **facts)
    payment = act(who["buyer"], across(confirm_payment), pending.id)
    again = act(who["buyer"], across(confirm_payment), pending.id)
    deliver()

    assert (payment.id, payment.amount_cents) == (again.id, 112_501)
    assert balances(look, first) == [112_501, -10_000, 10_000 - 112_501]
    assert queries.get_invoice(look, first.id).status is InvoiceStatus.PAID
    assert [held.left_cents for held in held_queries.held_with(look, first)] == [10_000]
    letters = look.exec(select(Letter.recipient).where(Letter.subject.startswith("$100.00 more")))
    assert who["buyer"].email in set(letters)


@on_sqlite
def test_what_came_in_meanwhile_makes_the_rest_credit(two_bills, act, look):
    first, _second, who = two_bills
    part = act(who["agent"], across(record_payment), first.id, **a_check(amount_cents=50_000))
    rest = act(
        who["agent"],
        across(record_payment),
        first.id,
        **a_check(amount_cents=70_000, reference="2", keep_rest=True),
    )
    act(who["buyer"], across(confirm_payment), rest.id)
    act(who["buyer"], across(confirm_payment), part.id)

    look.rollback()
    assert [held.total_cents for held in held_queries.held_with(look, first)] == [7_499]
    late = pending_queries.pending_of(look, first.id)
    assert late == []


@on_sqlite
def test_it_pays_an_open_bill_once_and_the_statement_still_agrees(overpaid, act, look, client_for):
    first, second, who, held = overpaid

    assert act(who["buyer"], across(use_credit), held.id) == 10_000
    assert act(who["buyer"], across(use_credit), held.id) == 0

    assert balances(look, first) == [102_501, 0, -102_501]
    assert queries.get_invoice(look, second.id).open_cents == 102_501
    leaid = first.printed["district"]["leaid"]
    buyer = client_for(who["buyer"])
    assert "Orders minus payments equal the books" in buyer.get(f"/d/{leaid}/ledger").text
    with pytest.raises(RuleBroken, match="nothing is to be sent back"):
        act(who["second finance"], across(return_credit), held.id, **SENT, once_key="r")


@on_sqlite
def test_the_next_bill_takes_it_by_itself(overpaid, make, act, look):
    first, second, who, held = overpaid
    act(who["buyer"], across(use_credit), held.id)  # all of it on the second
    facts = a_check(amount_cents=112_501, reference="9", keep_rest=True)
    pending = act(who["second finance"], across(record_payment), second.id, **facts)
    act(who["agent"], across(confirm_payment), pending.id)
    look.rollback()
    assert held_queries.held_with(look, second)[0].left_cents == 10_000

    tool = make.tool(make._organization(first.vendor_id))
    district = make._organization(first.org_id)
    query = select(Consortium).where(Consortium.org_id == first.consortium_id)
    with tenancy.everyone("tests build rows of every organization"):
        circle = make.session.exec(query).one()
    pool = make.cleared_pool(circle, [district], po_number="PO-3", tool=tool)
    third = make.invoice(make.orders(pool)[0])

    assert third.paid_cents == 10_000
    assert third.status is InvoiceStatus.PART_PAID


@on_sqlite
def test_it_goes_back_once_and_by_another_person(overpaid, act, look):
    first, _second, who, held = overpaid
    with pytest.raises(RuleBroken, match="You confirmed this payment"):
        act(who["agent"], across(return_credit), held.id, **SENT, once_key="r")
    with pytest.raises(NotAllowed):
        act(who["buyer"], across(return_credit), held.id, **SENT, once_key="r")
    for _twice in range(2):
        done = act(who["finance"], across(return_credit), held.id, **SENT, once_key="r")
        assert done.returned_cents == 10_000
    with pytest.raises(RuleBroken, match="already sent back"):
        act(who["finance"], across(return_credit), held.id, **SENT, once_key="other")

    assert balances(look, first) == [112_501, 0, -112_501]


@on_postgresql
def test_used_by_two_at_once_it_pays_once(app, overpaid, look):
    first, _second, who, held = overpaid

    def use(_n):
        with clock.frozen(NOW), app.app_context(), tenancy.everyone("two at once"):
            with db.transaction() as session:
                actor = login.actor_for(session, who["buyer"])
            with db.transaction() as session:
                return use_credit(session, actor, held.id)

    with ThreadPoolExecutor(8) as threads:
        used = sorted(threads.map(use, range(8)))

    assert used == [0] * 7 + [10_000]
    assert balances(look, first)[1] == 0


@on_sqlite
def test_its_page_leads_to_both_ways(overpaid, client_for):
    first, _second, who, held = overpaid
    desk = f"/v/{first.printed['vendor']['slug']}"
    finance = client_for(who["finance"])
    page = f"{desk}/held-credits/{held.id}"

    assert f"/held-credits/{held.id}" in finance.get(f"{desk}/invoices/{first.id}").text
    seen = finance.get(page).text
    assert "Use the credit on these" in seen
    assert "Record that it was sent back" in seen
    refused = finance.send(f"{page}/return", means="check", reference=" ", paid_on="2026-11-16")
    assert refused.status_code == 422
    assert press(finance, page, f"{page}/use").status_code == 302
    assert "Nothing is left to send back" in finance.get(page).text
    assert client_for(who["viewer"]).get(page).status_code == 404
