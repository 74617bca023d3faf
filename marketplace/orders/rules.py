"""Orders, purchase orders, invoices and payments by hand: the words, states and guards.

Money is whole US cents. Dates are calendar days in the zone of the pool.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.consortia.rules import LegalShape
from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.pools.rules import PoolStatus

#: Nobody can pay a bill on the day it arrives: most districts pay after the next board meeting.
SHORTEST_TERM = timedelta(days=30)
LONGEST_REFERENCE = 40


class OrderStatus(StrEnum):
    ORDERED = "ordered"
    PO_ISSUED = "po_issued"
    ACTIVE = "active"
    ENDED = "ended"


class OrderKind(StrEnum):
    """What an order is for: the pool's own share, or what came after during the term."""

    POOL = "pool"
    LATE_JOIN = "late_join"
    ADDED_SEATS = "added_seats"
    SHARE_CHANGE = "share_change"


#: What stands before the pool's name on everything but the pool's own order.
KIND_WORDS = {
    OrderKind.POOL: "",
    OrderKind.LATE_JOIN: "Late join",
    OrderKind.ADDED_SEATS: "Added seats",
    OrderKind.SHARE_CHANGE: "Change of share",
}


class InvoiceStatus(StrEnum):
    ISSUED = "issued"
    PART_PAID = "part_paid"
    PAID = "paid"
    CREDITED = "credited"


class EncumbranceKind(StrEnum):
    SET = "set"
    RELIEVED = "relieved"


class PaymentMeans(StrEnum):
    CHECK = "check"
    ACH = "ach"
    WARRANT = "warrant"
    WIRE = "wire"
    #: Through the payment service: taken from the district's bank account, or by card.
    DEBIT = "debit"
    CARD = "card"
    #: Money of the district that was held for it.
    CREDIT = "credit"


MEANS_WORDS = {
    PaymentMeans.CHECK: "Check",
    PaymentMeans.ACH: "ACH transfer",
    PaymentMeans.WARRANT: "Warrant",
    PaymentMeans.WIRE: "Wire",
    PaymentMeans.DEBIT: "ACH debit",
    PaymentMeans.CARD: "Card",
    PaymentMeans.CREDIT: "Credit",
}
#: What people write down themselves; the others are booked by what they stand for.
BY_HAND = (PaymentMeans.CHECK, PaymentMeans.ACH, PaymentMeans.WARRANT, PaymentMeans.WIRE)


class ReturnReason(StrEnum):
    """Why money that was booked as paid went back, or never came."""

    REFUND = "refund"
    DISPUTE = "dispute"
    BOUNCED = "bounced"


RETURN_WORDS = {
    ReturnReason.REFUND: "Refund",
    ReturnReason.DISPUTE: "Dispute",
    ReturnReason.BOUNCED: "Bounced",
}


class Stage(StrEnum):
    """How far an order has come, as one tag on every page."""

    NEEDS_PO = "needs_po"
    TO_BILL = "to_bill"
    BILLED = "billed"
    PART_PAID = "part_paid"
    PAID = "paid"
    CREDITED = "credited"


#: stage -> (kind of tag, words, icon)
STAGE_TAGS = {
    Stage.NEEDS_PO: ("warn", "Needs a PO", "clock"),
    Stage.TO_BILL: ("info", "Ready to bill", "doc"),
    Stage.BILLED: ("info", "Invoice sent", "doc"),
    Stage.PART_PAID: ("warn", "Part paid", "mid"),
    Stage.PAID: ("good", "Paid", "ok"),
    Stage.CREDITED: ("good", "Credited", "ok"),
}


def stage(has_po: bool, invoice: InvoiceStatus | None) -> Stage:
    if invoice is None:
        return Stage.TO_BILL if has_po else Stage.NEEDS_PO
    return {
        InvoiceStatus.ISSUED: Stage.BILLED,
        InvoiceStatus.PART_PAID: Stage.PART_PAID,
        InvoiceStatus.CREDITED: Stage.CREDITED,
    }.get(invoice, Stage.PAID)


# -- placing orders --------------------------------------------------------------------------


def check_cleared(status: PoolStatus) -> None:
    if status not in (PoolStatus.CLEARED, PoolStatus.ORDERED, PoolStatus.CLOSED):
        raise RuleBroken("This pool has not cleared, so nothing can be ordered from it.")


def legs_billed(shares: Mapping[str, int], vendor_slug: str) -> list[Leg]:
    """Each district owes its share, the vendor is owed them all; free shares have no line."""
    owed = [Leg(f"receivable:{leaid}", cents) for leaid, cents in sorted(shares.items()) if cents]
    total = sum(shares.values())
    return [*owed, Leg(f"payable:{vendor_slug}", -total)] if total else []


def status_by_date(
    status: OrderStatus, has_po: bool, starts_on: date, ends_on: date, today: date
) -> OrderStatus:
    """An order with its PO is active from the first day of its term to the last."""
    if not has_po:
        return status
    if today > ends_on:
        return OrderStatus.ENDED
    return OrderStatus.ACTIVE if today >= starts_on else OrderStatus.PO_ISSUED


# -- papers ----------------------------------------------------------------------------------


def school_year(today: date) -> tuple[date, date]:
    """The last school year (July to June) that is over: what an auditor asks for first."""
    year = today.year if today.month >= 7 else today.year - 1
    return date(year - 1, 7, 1), date(year, 6, 30)


def check_period(since: date, until: date) -> None:
    if until < since:
        raise RuleBroken("The last day is before the first one.", "until")


def file_name(text: str) -> str:
    """A number typed by people as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-.") or "paper"


def tidy(text: str) -> str:
    """What was typed, without stray spaces."""
    return " ".join(text.split())


def same(one: str, other: str) -> bool:
    """Two numbers typed by people are the same whatever their capitals and spaces."""
    return tidy(one).casefold() == tidy(other).casefold()


def check_po_number(number: str, used: Iterable[str]) -> None:
    if not number:
        raise RuleBroken("Enter the PO number from your finance system.", "number")
    if len(number) > LONGEST_REFERENCE or not number.isprintable():
        raise RuleBroken(f"A PO number has at most {LONGEST_REFERENCE} characters.", "number")
    if any(same(number, earlier) for earlier in used):
        raise RuleBroken(
            f"PO {number} is on another order of yours. Each order needs its own number.",
            "number",
        )


def check_can_issue_purchase_order(number_issued: str | None) -> None:
    if number_issued is not None:
        raise RuleBroken(f"This order already has PO {number_issued}. A PO is not changed.")


def check_can_invoice(has_po: bool, number_issued: int | None) -> None:
    if number_issued is not None:
        raise RuleBroken(
            f"Invoice {number_issued} bills this order already. An invoice is never issued twice."
        )
    if not has_po:
        raise RuleBroken("The district has not issued its PO yet. Bill it once the PO is here.")


def due_on(pay_by: date, issued_on: date) -> date:
    """The day the pool agreed on, but never sooner than 30 days after the bill."""
    return max(pay_by, issued_on + SHORTEST_TERM)


def issuer(shape: LegalShape, vendor_id: UUID, consortium_id: UUID) -> UUID:
    """Whom the district owes: with pooled cash the consortium, else the vendor itself."""
    return consortium_id if shape is LegalShape.POOLED_CASH else vendor_id


# -- payments --------------------------------------------------------------------------------


def check_other_person(author_id: UUID | None, recorder_id: UUID | None) -> None:
    """Author ≠ payer: whoever wrote the bill does not also say that it was paid."""
    if author_id is not None and author_id == recorder_id:
        raise RuleBroken(
            "You issued this invoice, so somebody else must record its payment. "
            "Ask a colleague or the consortium’s fiscal agent."
        )


def check_by_hand(means: PaymentMeans) -> None:
    if means not in BY_HAND:
        raise RuleBroken("Choose check, ACH transfer, warrant or wire.", "means")


def check_reference(reference: str, used: Iterable[str]) -> None:
    if not reference:
        raise RuleBroken("Enter the number on the check, transfer or warrant.", "reference")
    if len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        raise RuleBroken(f"A reference has at most {LONGEST_REFERENCE} characters.", "reference")
    if any(same(reference, earlier) for earlier in used):
        raise RuleBroken(
            f"{reference} is already recorded here. If this is another payment, "
            "enter its own number.",
            "reference",
        )


def check_amount(amount_cents: int, open_cents: int) -> None:
    if amount_cents <= 0:
        raise RuleBroken("Enter an amount above zero.", "amount_cents")
    if amount_cents > open_cents:
        raise RuleBroken(
            f"Only {dollars(open_cents)} is open. Enter that much or less.", "amount_cents"
        )


def check_paid_on(paid_on: date, ordered_on: date, today: date) -> None:
    if paid_on > today:
        raise RuleBroken("This date is in the future. Record a payment once it is here.", "paid_on")
    if paid_on < ordered_on:
        raise RuleBroken("This date is before the order. Check the year.", "paid_on")


def status_after_payment(
    total_cents: int, paid_cents: int, credited_cents: int = 0
) -> InvoiceStatus:
    if paid_cents + credited_cents >= total_cents:
        return InvoiceStatus.PAID if paid_cents or not credited_cents else InvoiceStatus.CREDITED
    return InvoiceStatus.PART_PAID if paid_cents else InvoiceStatus.ISSUED


def posting_of_payment(
    by_consortium: bool, leaid: str, vendor_slug: str, cents: int, held_in: str | None = None
) -> tuple[PostingKind, list[Leg]]:
    """Where the money went: into the account named, the fiscal agent's, or to the vendor."""
    owed_less = Leg(f"receivable:{leaid}", -cents)
    if held_in and held_in.startswith("credit:"):
        return PostingKind.CREDIT_USED, [Leg(held_in, cents), owed_less]
    if by_consortium or held_in:
        return PostingKind.PAYMENT_RECEIVED, [Leg(held_in or "cash:main", cents), owed_less]
    return PostingKind.PAID_DIRECTLY, [Leg(f"payable:{vendor_slug}", cents), owed_less]


def check_can_return(amount_cents: int, left_cents: int) -> None:
    if not 0 < amount_cents <= left_cents:
        raise RuleBroken(
            f"Between $0.01 and {dollars(left_cents)} of this payment can go back.", "amount_cents"
        )


def check_vendor_payment(amount_cents: int, owed_cents: int, cash_cents: int) -> None:
    """The fiscal agent pays out what is owed, from money that has come in."""
    check_amount(amount_cents, max(owed_cents, 0))
    if amount_cents > cash_cents:
        raise RuleBroken(
            f"Only {dollars(max(cash_cents, 0))} has come in from members. "
            "Pay the rest when more is here.",
            "amount_cents",
        )


# -- credits and refunds -----------------------------------------------------------------------


def credit_spread(cents: int, open_cents: Iterable[int]) -> list[int]:
    """How much of a credit each open bill takes, in the order given; what is left over is
    owed back to the district."""
    taken = []
    for still_open in open_cents:
        part = min(cents, max(still_open, 0))
        taken.append(part)
        cents -= part
    return taken


def posting_of_refund(by_consortium: bool, leaid: str, vendor_slug: str, cents: int) -> list[Leg]:
    """The mirror of `posting_of_payment`: whoever was paid gives the money back."""
    gives = "cash:main" if by_consortium else f"payable:{vendor_slug}"
    return [Leg(f"receivable:{leaid}", cents), Leg(gives, -cents)]


def check_can_refund(owed_back_cents: int, refunded: bool) -> None:
    if refunded:
        raise RuleBroken("This credit is already sent back.")
    if owed_back_cents <= 0:
        raise RuleBroken("Bills took up all of this credit, so nothing is to be sent back.")


def check_can_withdraw(refunded_cents: int) -> None:
    if refunded_cents:
        raise RuleBroken(
            f"{dollars(refunded_cents)} of this credit was sent to the district as money. "
            "It has to come back first."
        )
