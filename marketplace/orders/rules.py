"""Orders, purchase orders and invoices: the words, states and guards."""

from enum import StrEnum


class OrderStatus(StrEnum):
    ORDERED = "ordered"
    PO_ISSUED = "po_issued"
    ACTIVE = "active"
    ENDED = "ended"


class InvoiceStatus(StrEnum):
    ISSUED = "issued"
    PART_PAID = "part_paid"
    PAID = "paid"
    CREDITED = "credited"


class PaymentMeans(StrEnum):
    CHECK = "check"
    ACH = "ach"
    WARRANT = "warrant"
