"""The rules of orders, bills and payments, without a database."""

from datetime import date
from uuid import uuid4

import pytest

from marketplace.consortia.rules import LegalShape
from marketplace.core.errors import RuleBroken
from marketplace.ledger.rules import Leg, PostingKind, check_legs
from marketplace.orders import rules
from marketplace.orders.rules import InvoiceStatus, OrderStatus, Stage
from marketplace.pools.rules import PoolStatus

TODAY = date(2026, 11, 16)


def test_shares_billed_cancel_to_the_cent():
    legs = rules.legs_billed({"3900002": 200_01, "3900001": 100_02}, "lumen")

    assert legs == [
        Leg("receivable:3900001", 100_02),
        Leg("receivable:3900002", 200_01),
        Leg("payable:lumen", -300_03),
    ]
    check_legs(legs)


def test_a_free_share_has_no_line_and_a_free_pool_no_entry():
    assert rules.legs_billed({"3900001": 0, "3900002": 5}, "x")[0] == Leg("receivable:3900002", 5)
    assert rules.legs_billed({"3900001": 0}, "x") == []


@pytest.mark.parametrize("status", [PoolStatus.OPEN, PoolStatus.LAPSED, PoolStatus.FILL_UP])
def test_only_a_cleared_pool_is_ordered_from(status):
    rules.check_cleared(PoolStatus.CLEARED)

    with pytest.raises(RuleBroken, match="not cleared"):
        rules.check_cleared(status)


def test_a_po_number_is_used_once_whatever_its_capitals():
    rules.check_po_number("PO-18", ["PO-17"])

    with pytest.raises(RuleBroken, match="its own number"):
        rules.check_po_number("po-17", ["PO-17"])
    with pytest.raises(RuleBroken, match="Enter the PO number"):
        rules.check_po_number("", [])
    with pytest.raises(RuleBroken, match="at most 40"):
        rules.check_po_number("9" * 41, [])


def test_an_order_is_billed_once_and_only_with_its_po():
    rules.check_can_invoice(True, None)

    with pytest.raises(RuleBroken, match="never issued twice"):
        rules.check_can_invoice(True, 7)
    with pytest.raises(RuleBroken, match="not issued its PO"):
        rules.check_can_invoice(False, None)


def test_nobody_has_fewer_than_30_days_to_pay():
    assert rules.due_on(date(2027, 7, 1), TODAY) == date(2027, 7, 1)
    assert rules.due_on(date(2026, 11, 20), TODAY) == date(2026, 12, 16)


def test_the_author_of_a_bill_does_not_record_its_payment():
    author, other = uuid4(), uuid4()
    rules.check_other_person(author, other)

    with pytest.raises(RuleBroken, match="somebody else"):
        rules.check_other_person(author, author)


def test_a_payment_is_above_zero_and_never_more_than_is_open():
    rules.check_amount(500, 500)

    with pytest.raises(RuleBroken, match=r"Only \$5.00 is open"):
        rules.check_amount(501, 500)
    with pytest.raises(RuleBroken, match="above zero"):
        rules.check_amount(0, 500)


def test_a_payment_is_dated_between_the_order_and_today():
    rules.check_paid_on(TODAY, TODAY, TODAY)

    with pytest.raises(RuleBroken, match="future"):
        rules.check_paid_on(date(2026, 11, 17), TODAY, TODAY)
    with pytest.raises(RuleBroken, match="before the order"):
        rules.check_paid_on(date(2025, 11, 16), TODAY, TODAY)


def test_part_payments_end_in_paid():
    assert rules.status_after_payment(100, 0) is InvoiceStatus.ISSUED
    assert rules.status_after_payment(100, 99) is InvoiceStatus.PART_PAID
    assert rules.status_after_payment(100, 100) is InvoiceStatus.PAID
    assert rules.status_after_payment(0, 0) is InvoiceStatus.PAID


def test_the_money_goes_to_the_vendor_or_to_the_fiscal_agent():
    direct, legs = rules.posting_of_payment(False, "3900001", "lumen", 70)
    assert (direct, legs) == (
        PostingKind.PAID_DIRECTLY,
        [Leg("payable:lumen", 70), Leg("receivable:3900001", -70)],
    )

    received, legs = rules.posting_of_payment(True, "3900001", "lumen", 70)
    assert (received, legs) == (
        PostingKind.PAYMENT_RECEIVED,
        [Leg("cash:main", 70), Leg("receivable:3900001", -70)],
    )


def test_pooled_cash_is_owed_to_the_consortium_and_the_rest_to_the_vendor():
    vendor, consortium = uuid4(), uuid4()

    assert rules.issuer(LegalShape.POOLED_CASH, vendor, consortium) == consortium
    assert rules.issuer(LegalShape.JOINT, vendor, consortium) == vendor
    assert rules.issuer(LegalShape.PIGGYBACK, vendor, consortium) == vendor


def test_a_vendor_is_paid_from_money_that_has_come_in():
    rules.check_vendor_payment(80, owed_cents=100, cash_cents=80)

    with pytest.raises(RuleBroken, match="come in from members"):
        rules.check_vendor_payment(81, owed_cents=100, cash_cents=80)
    with pytest.raises(RuleBroken, match="is open"):
        rules.check_vendor_payment(101, owed_cents=100, cash_cents=500)


def test_an_order_lives_from_the_first_to_the_last_day_of_its_term():
    start, end = date(2026, 12, 1), date(2027, 11, 30)

    def on(today, has_po=True):
        return rules.status_by_date(OrderStatus.ORDERED, has_po, start, end, today)

    assert on(TODAY) is OrderStatus.PO_ISSUED
    assert on(start) is on(end) is OrderStatus.ACTIVE
    assert on(date(2027, 12, 1)) is OrderStatus.ENDED
    assert on(start, has_po=False) is OrderStatus.ORDERED


def test_every_stage_has_a_tag_with_words_and_an_icon():
    assert rules.stage(False, None) is Stage.NEEDS_PO
    assert rules.stage(True, None) is Stage.TO_BILL
    assert rules.stage(True, InvoiceStatus.PART_PAID) is Stage.PART_PAID
    assert rules.stage(True, InvoiceStatus.PAID) is Stage.PAID
    assert set(rules.STAGE_TAGS) == set(Stage)
