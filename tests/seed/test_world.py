"""The world is whole, adds up, and stays as it is when it is loaded again."""

from datetime import timedelta

import pytest
from sqlalchemy import func
from sqlmodel import Session, col, select

import seed
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue.models import PriceSchedule, Tool
from marketplace.catalogue.rules import ScheduleForm, ToolStatus
from marketplace.consortia.models import Consortium, Member
from marketplace.consortia.rules import LegalShape, MemberStatus
from marketplace.core.events import Delivery
from marketplace.core.mail import Letter
from marketplace.costs.models import CostProposal
from marketplace.directory.models import District
from marketplace.ledger import queries as ledger
from marketplace.ledger.models import LedgerTxn
from marketplace.orders.models import Invoice, Order, Payment, PurchaseOrder
from marketplace.orders.rules import InvoiceStatus, OrderKind, OrderStatus
from marketplace.pools.models import Allocation, Commitment, Pool
from marketplace.pools.rules import CLEARED_STATES, PoolStatus, Rung
from tests.conftest import NOW


def _all(look, column):
    return set(look.exec(select(column)))


def test_loading_twice_changes_nothing(world):
    assert world.rows_before["purchase"] > 50
    assert world.rows_after == world.rows_before
    assert world.heads_after == world.heads_before
    assert world.second_sentence == world.first_sentence


def test_the_sentence_counts_what_is_there(world):
    assert f"{world.rows_after['district']} districts in the directory" in world.first_sentence
    assert f"{world.rows_after['purchase']} orders" in world.first_sentence
    assert f"{world.rows_after['ledger_txn']} entries" in world.first_sentence


def test_everything_the_brief_names_is_there(look):
    def count(kind):
        return len(look.exec(select(Organization.id).where(Organization.kind == kind)).all())

    assert count(OrganizationKind.VENDOR) == 6
    assert count(OrganizationKind.FUNDER) == 2
    assert count(OrganizationKind.SERVICE_AGENCY) == 3
    assert count(OrganizationKind.DISTRICT) > 80
    assert len(_all(look, Tool.id)) == 14
    assert _all(look, Consortium.legal_shape) == set(LegalShape)


def test_tools_stand_at_every_stage_and_prices_have_every_form(look):
    assert _all(look, Tool.status) >= {
        ToolStatus.DRAFT,
        ToolStatus.SUBMITTED,
        ToolStatus.PUBLISHED,
        ToolStatus.SUSPENDED,
    }
    assert _all(look, PriceSchedule.form) == set(ScheduleForm)
    assert all(look.exec(select(Tool.ai_facts)).all())


def test_ways_to_split_wait_for_a_vote_and_one_was_withdrawn(look):
    proposals = look.exec(select(CostProposal)).all()

    assert {each.method for each in proposals} == {"equal", "hybrid", "per_pupil"}
    assert [each.method for each in proposals if each.withdrawn_at] == ["equal"]
    assert {each.proposed_for_id for each in proposals} & _all(look, Member.district_id)
    assert any(not each.result["split"]["certificate"]["core"] for each in proposals)


def test_pools_commitments_invoices_and_members_are_in_every_state_a_service_leads_to(look):
    # A pool is cleared for as long as its orders take: here they have all been placed.
    assert _all(look, Pool.status) == set(PoolStatus) - {PoolStatus.CLEARED}
    assert _all(look, Commitment.rung) == set(Rung)
    assert _all(look, Invoice.status) >= {
        InvoiceStatus.ISSUED,
        InvoiceStatus.PART_PAID,
        InvoiceStatus.PAID,
    }
    assert _all(look, Order.status) == set(OrderStatus)
    assert _all(look, Member.status) == set(MemberStatus)


def test_open_pools_close_within_two_months_and_are_joined(look):
    pools = look.exec(select(Pool).where(Pool.status == PoolStatus.OPEN)).all()

    assert len(pools) >= 3
    for pool in pools:
        assert timedelta(days=2) < pool.closes_at - NOW < timedelta(days=60), pool.title
    query = select(func.count()).select_from(Commitment).group_by(col(Commitment.pool_id))
    assert max(look.exec(query)) >= 55


def test_books_hold_and_cover_more_than_a_year(look):
    for consortium in look.exec(select(Consortium)).all():
        proof = ledger.verify(look, consortium.org_id)
        assert proof.ok, proof.problems
        assert proof.entries >= 10
    months = {day.strftime("%Y-%m") for day in _all(look, LedgerTxn.effective_on)}
    assert len(months) >= 12


def test_parts_add_up_to_their_totals(look):
    for pool in look.exec(select(Pool).where(col(Pool.status).in_(CLEARED_STATES))).all():
        shares = look.exec(select(Allocation).where(Allocation.pool_id == pool.id)).all()
        of_pool = select(Order).where(Order.pool_id == pool.id, Order.kind == OrderKind.POOL)
        orders = look.exec(of_pool).all()
        total = pool.clearing["result"]["split"]["total_cents"]
        assert sum(share.share_cents for share in shares) == total
        assert sum(order.total_cents for order in orders) == total
        assert all(order.total_cents <= order.alone_cents for order in orders)
    paid = dict(
        look.exec(
            select(col(Payment.invoice_id), func.sum(Payment.amount_cents)).group_by(
                col(Payment.invoice_id)
            )
        ).all()
    )
    for invoice in look.exec(select(Invoice)).all():
        assert int(paid.get(invoice.id, 0)) == invoice.paid_cents


def test_what_districts_owe_in_the_books_is_what_their_orders_leave_open(look):
    for consortium in look.exec(select(Consortium)).all():
        orders = look.exec(select(Order).where(Order.consortium_id == consortium.org_id)).all()
        open_cents = dict.fromkeys((order.leaid for order in orders), 0)
        for order in orders:
            invoice = look.exec(select(Invoice).where(Invoice.order_id == order.id)).one_or_none()
            settled = invoice.paid_cents + invoice.credited_cents if invoice else 0
            open_cents[order.leaid] += order.total_cents - settled
        for leaid, cents in open_cents.items():
            assert ledger.balance_of(look, consortium.org_id, f"receivable:{leaid}") == cents


def test_no_district_commits_more_seats_than_it_has_pupils(look):
    pupils = dict(look.exec(select(District.leaid, District.pupils)).all())
    commitments = look.exec(select(Commitment)).all()

    assert commitments
    assert all(each.seats + each.tolerance <= pupils[each.leaid] for each in commitments)


def test_authors_approvers_and_payers_are_different_people(look):
    query = select(Invoice.issued_by, Payment.recorded_by).join(
        Payment, col(Payment.invoice_id) == Invoice.id
    )
    pairs = look.exec(query).all()

    assert pairs
    assert all(author != recorder for author, recorder in pairs)
    assert None not in _all(look, PurchaseOrder.issued_at)


def test_directory_facts_carry_source_and_year(look):
    for district in look.exec(select(District)).all():
        assert (district.name_year, district.name_source) > ("2000", "")
        assert district.pupils is None or (district.pupils_year and district.pupils_source)
        assert district.children is None or (district.poverty_year and district.poverty_source)


def test_nothing_waits_for_the_worker_and_nobody_gets_a_year_of_letters(look):
    assert not look.exec(select(Delivery).where(col(Delivery.done_at).is_(None))).all()
    assert not look.exec(select(Letter).where(col(Letter.sent_at).is_(None))).all()
    letters = look.exec(select(Letter)).all()
    assert len(letters) > 100
    assert all(letter.recipient.endswith("demo.test") for letter in letters)
    assert all(letter.sent_at == letter.written_at <= NOW for letter in letters)


def test_nothing_has_happened_after_now(look):
    for column in (Commitment.changed_at, Payment.recorded_at, Order.ordered_at, Tool.created_at):
        assert max(_all(look, column)) <= NOW


def test_an_interrupted_load_leaves_nothing_behind(app, monkeypatch):
    def power_cut(_diary):
        raise KeyboardInterrupt

    monkeypatch.setattr(seed.accounts, "bring_colleagues", power_cut)
    with app.app_context(), pytest.raises(KeyboardInterrupt):
        seed.load()

    with Session(app.extensions["engine"]) as session:
        assert session.exec(select(Organization)).all() == []
        assert session.exec(select(District)).all() == []
