"""From a cleared pool to orders, and from an order to its purchase order."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts import queries as accounts
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Instrument
from marketplace.consortia.rules import InstrumentScope, LegalShape
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.guard import queries as guard
from marketplace.ledger import service as ledger
from marketplace.ledger.models import Posted
from marketplace.ledger.rules import PostingKind
from marketplace.orders import (
    agent_service,
    approval_queries,
    approval_rules,
    encumbrance_service,
    list_queries,
    papers,
    purchase_order_service,
    queries,
    rules,
)
from marketplace.orders.models import Order
from marketplace.orders.policy import for_the_books
from marketplace.orders.rules import OrderStatus
from marketplace.pools import service as pools_service
from marketplace.pools.models import Allocation, Commitment, Pool
from marketplace.pools.rules import Rung

#: What other features may ask of orders, besides placing them; each in a file of its own.
from marketplace.orders.addition_service import Addition, place_additions  # isort: skip
from marketplace.orders.booking_service import book_payment, return_payment  # isort: skip
from marketplace.orders.credit_service import withdraw_credit  # isort: skip
from marketplace.orders.invoice_service import issue_credit  # isort: skip
from marketplace.orders.pending_service import (  # isort: skip
    confirm_payment,
    record_payment,
    undo_payment,
)
from marketplace.orders.purchase_order_service import issue_purchase_order  # isort: skip

__all__ = [
    "Addition",
    "Placed",
    "book_payment",
    "confirm_payment",
    "issue_credit",
    "issue_purchase_order",
    "keep_order_states",
    "place_additions",
    "place_orders",
    "record_payment",
    "return_payment",
    "undo_payment",
    "withdraw_credit",
]


class Placed(NamedTuple):
    """The orders placed now, and the LEAIDs held back: by a paper that does not cover the term,
    or by the tool's scorecard."""

    orders: list[Order]
    held_back: list[str]


def place_orders(session: Session, actor: Actor, pool_id: UUID) -> Placed:
    """One order for each share of a cleared pool, billed in the books in one entry.

    Run again it adds what was held back before and now has its paper, and nothing else.
    A member without an instrument that is signed by now and runs for the whole term gets
    no order (an order never predates its instrument, nor outlives its contract), nor does one
    that has not accepted the gaps of the tool's scorecard. A scorecard that stops the purchase
    holds back all of them, with nothing written; the commitments stay.
    """
    pool = list_queries.get_pool(session, pool_id, lock=True)
    require(actor, "orders.place_orders", pool)
    rules.check_cleared(pool.status)
    why_not = guard.why_not_order(session, pool.tool_id)
    if why_not and not actor.is_system:
        raise RuleBroken(why_not)
    allocations = list(
        session.exec(
            select(Allocation).where(Allocation.pool_id == pool.id).order_by(Allocation.leaid)
        )
    )
    already = {order.org_id for order in queries.orders_of_pool(session, pool.id)}
    waiting = [a for a in allocations if a.district_id not in already]
    papers_in_force = {} if why_not else _instruments(session, pool, waiting)
    owing = guard.without_acceptance(session, pool.tool_id, papers_in_force)
    free = papers_in_force.keys() - owing
    covered = [a for a in waiting if a.district_id in free]
    held_back = [a.leaid for a in waiting if a.district_id not in free]
    for_card = [a.leaid for a in waiting if why_not or a.district_id in owing]

    orders = _write_orders(session, pool, allocations, covered, papers_in_force)
    _bill(session, actor, pool, orders, late=bool(already))
    session.add_all(orders)
    session.flush()
    encumbrance_service.set_aside(session, actor, pool, orders)
    if orders and orders[0].legal_shape is LegalShape.POOLED_CASH:
        agent_service.order_for_all(session, actor, pool, orders)
    for order in orders:
        emit(session, actor, "orders.placed", order, leaid=order.leaid, seats=order.seats)
    _issue_known_purchase_orders(session, actor, pool, orders)
    for_paper = sorted(set(held_back) - set(for_card))
    if for_paper and not already:
        emit(session, actor, "orders.held_back", pool, leaids=for_paper)
    if for_card and not already:
        emit(session, actor, "orders.held_for_the_card", pool, leaids=for_card, why=why_not)
    if allocations and not held_back:
        pools_service.note_ordered(session, for_the_books(actor), pool.id)
    return Placed(orders, held_back)


def _instruments(session: Session, pool: Pool, waiting: list[Allocation]) -> dict[UUID, Instrument]:
    if not waiting:
        return {}
    today = clock.today(pool.time_zone)
    return consortia.instruments_in_force(
        session,
        pool.org_id,
        signed_by=today,
        until=pool.term_ends_on,
        buys=InstrumentScope.AI_TOOLS,
    )


def _write_orders(
    session: Session,
    pool: Pool,
    allocations: list[Allocation],
    covered: list[Allocation],
    instruments: dict[UUID, Instrument],
) -> list[Order]:
    if not covered:
        return []
    total_cents = sum(a.share_cents for a in allocations)
    pool_seats = sum(a.seats for a in allocations)
    names = accounts.organizations_by_id(
        session, [pool.org_id, pool.vendor_id, *(a.district_id for a in covered)]
    )
    tool = session.exec(select(Tool).where(Tool.id == pool.tool_id)).one()
    seen = catalogue.version_at(session, pool.tool_id, pool.opened_at or clock.now())
    shape = consortia.consortium_of(session, pool.org_id).legal_shape
    commitments = _commitments(session, pool)
    orders = []
    for share in covered:
        commitment = commitments.get(share.district_id)
        orders.append(
            Order(
                org_id=share.district_id,
                consortium_id=pool.org_id,
                vendor_id=pool.vendor_id,
                pool_id=pool.id,
                tool_id=pool.tool_id,
                leaid=share.leaid,
                seats=share.seats,
                spare_seats=share.spare_seats,
                total_cents=share.share_cents,
                alone_cents=share.alone_cents,
                term_starts_on=pool.term_starts_on,
                term_ends_on=pool.term_ends_on,
                pay_by=pool.pay_by,
                legal_shape=shape,
                contact_name=commitment.contact_name if commitment else "",
                contact_email=commitment.contact_email if commitment else "",
                ordered_at=clock.now(),
                agreed=papers.agreed(
                    pool=pool,
                    consortium=names[pool.org_id],
                    vendor=names[pool.vendor_id],
                    district=names[share.district_id],
                    tool=tool,
                    listing_version=seen,
                    instrument=instruments[share.district_id],
                    pool_total_cents=total_cents,
                    pool_seats=pool_seats,
                ),
            )
        )
    return orders


def _commitments(session: Session, pool: Pool) -> dict[UUID, Commitment]:
    query = select(Commitment).where(Commitment.pool_id == pool.id)
    return {commitment.district_id: commitment for commitment in session.exec(query)}


def _bill(
    session: Session, actor: Actor, pool: Pool, orders: list[Order], *, late: bool
) -> Posted | None:
    """Post the shares; the key is the pool's, so that no crash or repeat bills them twice."""
    if not orders:
        return None
    slug = orders[0].agreed["vendor"]["slug"]
    legs = rules.legs_billed({order.leaid: order.total_cents for order in orders}, slug)
    if not legs:
        return None
    key = f"split-billed:{pool.id}" + (f":{orders[0].leaid}" if late else "")
    keeper = for_the_books(actor)
    ledger.open_books(session, keeper, pool.org_id)
    entry = ledger.post(
        session,
        keeper,
        pool.org_id,
        key=key,
        kind=PostingKind.SPLIT_BILLED,
        ref=f"pool:{pool.slug}",
        effective_on=clock.today(pool.time_zone),
        legs=legs,
    )
    for order in orders:
        if order.total_cents:
            order.ledger_seq, order.ledger_hash = entry.seq, entry.hash
    return entry


# -- purchase orders ---------------------------------------------------------------------------


def _issue_known_purchase_orders(
    session: Session, actor: Actor, pool: Pool, orders: list[Order]
) -> None:
    """Who committed with a PO number has its PO issued at once; a number used before waits
    for the district's buyer."""
    commitments = _commitments(session, pool) if orders else {}
    buyers = [order.org_id for order in orders]
    used = queries.po_numbers_by_district(session, buyers)
    alone = approval_queries.alone_by_district(session, buyers)
    for order in orders:
        commitment = commitments.get(order.org_id)
        if commitment is None or commitment.rung is not Rung.COMMITTED:
            continue
        number = rules.tidy(commitment.po_number)
        try:
            rules.check_po_number(number, used.get(order.org_id, ()))
        except RuleBroken:
            continue
        if approval_rules.needs_second(order.total_cents, alone.get(order.org_id)):
            purchase_order_service.ask_second_person(session, actor, order, number)
        else:
            purchase_order_service.add_purchase_order(session, actor, order, number)
    session.flush()


def keep_order_states(session: Session, actor: Actor) -> int:
    """Orders become active on the first day of their term and end after the last."""
    require(actor, "orders.keep_order_states")
    tomorrow = clock.now().date() + timedelta(days=1)
    due = select(Order).where(
        (Order.status == OrderStatus.PO_ISSUED) & (Order.term_starts_on <= tomorrow)
        | (Order.status == OrderStatus.ACTIVE) & (Order.term_ends_on < tomorrow)
    )
    changed = 0
    for order in session.exec(due.order_by(col(Order.id)).limit(1000).with_for_update()):
        today = clock.today(order.agreed["pool"]["time_zone"])
        status = rules.status_by_date(
            order.status, True, order.term_starts_on, order.term_ends_on, today
        )
        changed += status is not order.status
        order.status = status
    return changed
