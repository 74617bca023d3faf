"""What stands on an order, a purchase order and an invoice: plain values, frozen when issued.

Texts are for people, money is whole cents, dates are ISO. Nothing on a paper is looked up
again later, so a new name or address changes no paper that is out.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from marketplace.orders.rules import MEANS_WORDS

FORMAT = 1


def party(organization: Any) -> dict[str, Any]:
    """Name and place of an organization; a district carries its NCES number too."""
    place = ", ".join(part for part in (organization.city, organization.state) if part)
    return {
        "name": organization.name,
        "slug": organization.slug,
        "leaid": organization.leaid,
        "place": place,
    }


def agreed(
    *,
    pool: Any,
    consortium: Any,
    vendor: Any,
    district: Any,
    tool: Any,
    listing_version: int | None,
    instrument: Any,
    pool_total_cents: int,
    pool_seats: int,
    why: str = "",
) -> dict[str, Any]:
    """What an order rests on; `why` says in a line what one that came later is for."""
    return {
        "v": FORMAT,
        "pool": {
            "title": pool.title,
            "slug": pool.slug,
            "split_method": pool.split_method,
            "time_zone": pool.time_zone,
            "total_cents": pool_total_cents,
            "seats": pool_seats,
        },
        "why": why,
        "tool": {"name": tool.name, "slug": tool.slug, "version": listing_version},
        "consortium": party(consortium),
        "vendor": party(vendor),
        "district": party(district),
        "instrument": {
            "id": str(instrument.id),
            "kind": instrument.kind.value.replace("_", " "),
            "signer": f"{instrument.signer_name}, {instrument.signer_title}",
            "signed_on": instrument.signed_on.isoformat(),
            "starts_on": instrument.starts_on.isoformat(),
            "ends_on": instrument.ends_on.isoformat(),
        },
    }


def agent_order(orders: Sequence[Any], agent: Any) -> dict[str, Any]:
    """What a fiscal agent orders for all members of a pool, and whom it bills again."""
    said: Mapping[str, Any] = orders[0].agreed
    return {
        "v": FORMAT,
        "consortium": said["consortium"],
        "fiscal_agent": party(agent) if agent else None,
        "vendor": said["vendor"],
        "pool": said["pool"],
        "tool": said["tool"]["name"],
        "term": {
            "starts_on": orders[0].term_starts_on.isoformat(),
            "ends_on": orders[0].term_ends_on.isoformat(),
        },
        "lines": [
            {
                "order_id": str(order.id),
                "district": order.agreed["district"]["name"],
                "leaid": order.leaid,
                "seats": order.seats,
                "cents": order.total_cents,
            }
            for order in orders
        ],
    }


def _body(order: Any) -> dict[str, Any]:
    """What purchase order and invoice have in common."""
    said: Mapping[str, Any] = order.agreed
    return {
        "v": FORMAT,
        "district": said["district"],
        "vendor": said["vendor"],
        "consortium": said["consortium"],
        "contact": {"name": order.contact_name, "email": order.contact_email},
        "pool": said["pool"],
        "tool": said["tool"]["name"],
        "why": said.get("why", ""),
        "instrument": said["instrument"],
        "lines": lines(order),
        "total_cents": order.total_cents,
        "term": {
            "starts_on": order.term_starts_on.isoformat(),
            "ends_on": order.term_ends_on.isoformat(),
        },
    }


def lines(order: Any) -> list[dict[str, Any]]:
    """The seats at the district's exact share; spare seats on a line of their own, free."""
    pool = order.agreed["pool"]
    why = order.agreed.get("why") or f"{order.seats:,} of the pool’s {pool['seats']:,} seats"
    seats = [
        {
            "what": order.agreed["tool"]["name"],
            "note": why,
            "seats": order.seats,
            "cents": order.total_cents,
        }
    ]
    if order.spare_seats:
        seats.append(
            {
                "what": "Spare seats",
                "note": "The cheapest purchase buys more seats than were needed",
                "seats": order.spare_seats,
                "cents": 0,
            }
        )
    return seats


def purchase_order(order: Any, number: str, issued_on: date) -> dict[str, Any]:
    return _body(order) | {
        "number": number,
        "issued_on": issued_on.isoformat(),
        "pay_by": order.pay_by.isoformat(),
    }


def invoice(
    order: Any,
    *,
    number: int,
    po_number: str,
    issued_on: date,
    due_on: date,
    issuer: Any,
    remit_to: str,
    billing_email: str,
) -> dict[str, Any]:
    paper = _body(order) | {
        "number": number,
        "po_number": po_number,
        "issued_on": issued_on.isoformat(),
        "due_on": due_on.isoformat(),
        "issuer": party(issuer),
        "remit_to": remit_to.splitlines() or [issuer.name],
        "billing_email": billing_email,
        "check": None,
    }
    if order.ledger_seq is not None:
        paper["check"] = {
            "consortium": order.agreed["consortium"]["slug"],
            "seq": order.ledger_seq,
            "hash": order.ledger_hash,
            "account": f"receivable:{order.leaid}",
        }
    return paper


def receipt(bill: Mapping[str, Any], payment: Any, paid_cents: int) -> dict[str, Any]:
    """What a payment's receipt says: from its frozen bill, and rows that are never changed.

    `paid_cents` is what was paid on the bill with this payment and before it. The receipt has
    the number of its entry in the consortium's books.
    """
    return {
        "v": FORMAT,
        "number": payment.ledger_seq,
        "means": MEANS_WORDS[payment.means],
        "reference": payment.reference,
        "amount_cents": payment.amount_cents,
        "paid_on": payment.paid_on.isoformat(),
        "invoice": bill["number"],
        "po_number": bill["po_number"],
        "total_cents": bill["total_cents"],
        "paid_cents": paid_cents,
        "open_cents": bill["total_cents"] - paid_cents,
        "tool": bill["tool"],
        "district": bill["district"],
        "issuer": bill["issuer"],
        "consortium": bill["consortium"],
        "account": f"receivable:{bill['district']['leaid']}",
        "seal": f"{payment.ledger_seq}:{payment.ledger_hash}",
    }


def credit_note(
    order: Any,
    *,
    number: int,
    cents: int,
    issued_on: date,
    why: str,
    issuer: Any,
    seq: int,
    seal: str,
) -> dict[str, Any]:
    """What stands on a credit note; `why` says in a line what it is for."""
    said: Mapping[str, Any] = order.agreed
    return {
        "v": FORMAT,
        "number": number,
        "issued_on": issued_on.isoformat(),
        "district": said["district"],
        "vendor": said["vendor"],
        "consortium": said["consortium"],
        "pool": said["pool"],
        "tool": said["tool"]["name"],
        "issuer": party(issuer),
        "why": why,
        "total_cents": cents,
        "check": {
            "consortium": said["consortium"]["slug"],
            "seq": seq,
            "hash": seal,
            "account": f"receivable:{order.leaid}",
        },
    }
