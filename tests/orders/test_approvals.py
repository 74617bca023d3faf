"""Limits for orders: above them a purchase order waits for a second person."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from marketplace.accounts import login
from marketplace.accounts.rules import Role
from marketplace.core import clock, db, tenancy
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from marketplace.orders import approval_queries, queries
from marketplace.orders.approval_rules import RequestState, limit_of
from marketplace.orders.approval_service import (
    approve_purchase_order,
    refuse_purchase_order,
    set_purchasing_rules,
)
from marketplace.orders.invoice_service import issue_invoice
from marketplace.orders.models import PurchaseOrder
from marketplace.orders.pending_service import record_payment
from marketplace.orders.service import issue_purchase_order
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.orders.conftest import a_check, across, press


@pytest.fixture
def office(make, people):
    """A district with an order of $1,125.01 that has no PO, and the people who buy there."""
    district = make.district("Maple Hollow")
    order = make.order(district, po_number="")
    who = people(order)
    who["administrator"] = make.person(district, Role.ADMINISTRATOR)
    who["board"] = make.person(district, Role.APPROVER)
    who["principal"] = make.person(district, Role.APPROVER)
    return order, who


@pytest.fixture
def limited(office, act):
    """One person orders up to $1,000 alone, the principal approves up to $1,100."""
    order, who = office
    act(
        who["administrator"],
        set_purchasing_rules,
        order.org_id,
        alone_up_to_cents=100_000,
        limits={who["principal"].id: 110_000},
    )
    return order, who


def test_without_limits_and_up_to_them_a_buyer_orders_alone(office, act):
    order, who = office
    act(
        who["administrator"],
        set_purchasing_rules,
        order.org_id,
        alone_up_to_cents=112_501,
        limits={},
    )
    assert isinstance(act(who["buyer"], issue_purchase_order, order.id, "A-1"), PurchaseOrder)


def test_above_the_limit_a_second_person_with_a_limit_high_enough_approves(
    limited, act, look, deliver
):
    order, who = limited
    request = act(who["buyer"], issue_purchase_order, order.id, "A-1")
    again = act(who["buyer"], issue_purchase_order, order.id, " a-1 ")

    assert request.id == again.id
    assert request.state is RequestState.WAITING
    look.rollback()
    assert queries.purchase_order_of(look, order.id) is None
    with pytest.raises(RuleBroken, match="waits for an approver already"):
        act(who["buyer"], issue_purchase_order, order.id, "A-2")
    with pytest.raises(NotAllowed):
        act(who["buyer"], approve_purchase_order, request.id)
    with pytest.raises(RuleBroken, match=r"You approve up to \$1,100.00"):
        act(who["principal"], approve_purchase_order, request.id)
    paper = act(who["board"], approve_purchase_order, request.id)
    assert act(who["board"], approve_purchase_order, request.id).id == paper.id
    deliver()

    assert (paper.number, paper.issued_by) == ("A-1", who["board"].id)
    look.rollback()
    asked = set(look.exec(select(Letter.recipient).where(Letter.subject.startswith("Please app"))))
    assert asked == {who["board"].email, who["administrator"].email}


@on_sqlite
def test_nobody_approves_what_they_asked_for(limited, act):
    order, who = limited
    request = act(who["administrator"], issue_purchase_order, order.id, "A-1")
    with pytest.raises(RuleBroken, match="somebody else must approve"):
        act(who["administrator"], approve_purchase_order, request.id)


@on_sqlite
def test_whoever_approved_does_not_say_that_the_bill_is_paid(limited, act):
    order, who = limited
    request = act(who["buyer"], issue_purchase_order, order.id, "A-1")
    act(who["administrator"], approve_purchase_order, request.id)
    invoice = act(who["finance"], across(issue_invoice), order.id)

    with pytest.raises(RuleBroken, match="a colleague must say that it is paid"):
        act(who["administrator"], across(record_payment), invoice.id, **a_check())
    assert act(who["buyer"], across(record_payment), invoice.id, **a_check()).amount_cents


@on_sqlite
def test_refused_with_a_reason_or_taken_back_it_can_be_asked_again(limited, act, look, deliver):
    order, who = limited
    request = act(who["buyer"], issue_purchase_order, order.id, "A-1")

    with pytest.raises(RuleBroken, match="few words") as refusal:
        act(who["board"], refuse_purchase_order, request.id, words=" ")
    assert refusal.value.field == "words"
    with pytest.raises(NotAllowed):
        act(who["viewer"], refuse_purchase_order, request.id, words="No")
    done = act(who["board"], refuse_purchase_order, request.id, words="Wrong fund")
    assert done.state is RequestState.REFUSED
    with pytest.raises(RuleBroken, match="closed"):
        act(who["board"], approve_purchase_order, request.id)
    second = act(who["buyer"], issue_purchase_order, order.id, "A-2")
    back = act(who["buyer"], refuse_purchase_order, second.id, words="")
    deliver()

    assert back.state is RequestState.WITHDRAWN
    letters = look.exec(select(Letter).where(Letter.subject.contains("was not approved"))).all()
    assert [(each.recipient, "Wrong fund" in each.text) for each in letters] == [
        (who["buyer"].email, True)
    ]


@on_sqlite
def test_a_number_that_came_with_the_commitment_waits_too(make, people, act, look):
    district, consortium = make.district(), make.consortium()
    make.member(consortium, district)
    administrator = make.person(district, Role.ADMINISTRATOR)
    facts = {"alone_up_to_cents": 0, "limits": {}}
    act(administrator, set_purchasing_rules, district.id, **facts)
    order = make.orders(make.cleared_pool(consortium, [district], po_number="PO-9"))[0]

    look.rollback()
    assert queries.purchase_order_of(look, order.id) is None
    request = approval_queries.waiting_for_order(look, order.id)
    assert (request.number, request.asked_by) == ("PO-9", None)
    assert act(administrator, approve_purchase_order, request.id).number == "PO-9"


@on_sqlite
def test_limits_need_an_administrator_and_one_approver_without_a_limit(office, act, look):
    order, who = office
    facts = {"alone_up_to_cents": 100, "limits": {}}
    for role in ("buyer", "board"):
        with pytest.raises(NotAllowed):
            act(who[role], set_purchasing_rules, order.org_id, **facts)
    everybody = {who[role].id: 5 for role in ("administrator", "board", "principal")}
    with pytest.raises(RuleBroken, match="Leave the limit of one person empty"):
        act(
            who["administrator"],
            set_purchasing_rules,
            order.org_id,
            alone_up_to_cents=100,
            limits=everybody | {who["finance"].id: None},
        )
    act(who["administrator"], set_purchasing_rules, order.org_id, **facts)
    assert approval_queries.alone_up_to_cents(look, order.org_id) == 100
    for typed in ("x", "1,00", "-5"):
        with pytest.raises(RuleBroken, match="no amount"):
            limit_of(typed)
    assert (limit_of(" "), limit_of("$25,000")) == (None, 2_500_000)


@on_postgresql
def test_approved_by_two_at_once_it_is_issued_once(app, limited, act, look):
    order, who = limited
    request = act(who["buyer"], issue_purchase_order, order.id, "A-1")

    def approve(user):
        with clock.frozen(NOW), app.app_context(), tenancy.everyone("two at once"):
            with db.transaction() as session:
                actor = login.actor_for(session, user)
            with db.transaction() as session:
                return approve_purchase_order(session, actor, request.id).id

    with ThreadPoolExecutor(6) as threads:
        ids = set(threads.map(approve, [who["board"], who["administrator"]] * 3))

    assert len(ids) == 1
    look.rollback()
    assert len(look.exec(select(PurchaseOrder)).all()) == 1


@on_sqlite
def test_the_pages_from_the_limit_to_the_approved_po(office, client_for):
    order, who = office
    here = f"/d/{order.leaid}"
    boss, buyer = client_for(who["administrator"]), client_for(who["buyer"])
    page = f"{here}/purchasing"
    limit = f"limit-{who['principal'].id}"

    refused = boss.send(page, alone_up_to="lots", **{limit: "7"})
    assert refused.status_code == 422
    assert 'value="lots"' in refused.text
    assert 'value="7"' in refused.text
    assert boss.send(page, alone_up_to="1,000", **{limit: "1,100"}).status_code == 302
    seen = buyer.get(page).text
    assert "$1,000.00" in seen
    assert "Save the limits" not in seen
    asked = buyer.send(f"{here}/orders/{order.id}/purchase-order", number="A-1").location
    assert "a colleague who approves must say yes" in buyer.get(asked).text
    assert "PO A-1 waits for an approver" in buyer.get(f"{here}/orders/{order.id}").text
    refused = press(boss, asked, f"{asked}/refuse", words="")
    assert refused.status_code == 422
    assert "few words" in refused.text
    assert "/purchase-orders/" in boss.send(asked).location
    assert client_for(who["finance"]).get(asked).status_code == 404
