"""The limits of a district, and what waits for an approver."""

from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.core.errors import NotFound
from marketplace.orders.approval_models import ApproverLimit, PurchaseOrderRequest, SpendingRule
from marketplace.orders.approval_rules import RequestState
from marketplace.orders.models import Order


def spending_rule_of(
    session: Session, district_id: UUID, *, lock: bool = False
) -> SpendingRule | None:
    query = select(SpendingRule).where(SpendingRule.org_id == district_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.exec(query).one_or_none()


def alone_up_to_cents(session: Session, district_id: UUID) -> int | None:
    rule = spending_rule_of(session, district_id)
    return rule.alone_up_to_cents if rule else None


def alone_by_district(session: Session, district_ids: list[UUID]) -> dict[UUID, int | None]:
    """The same for many districts; who has set no limit is not in it."""
    found: dict[UUID, int | None] = {}
    for start in range(0, len(district_ids), 1000):
        query = select(SpendingRule.org_id, SpendingRule.alone_up_to_cents).where(
            col(SpendingRule.org_id).in_(district_ids[start : start + 1000])
        )
        found.update(session.exec(query).all())
    return found


def limits_of(session: Session, district_id: UUID) -> dict[UUID, int]:
    """Up to how many cents each person approves; who is not in it has no limit."""
    query = select(ApproverLimit.user_id, ApproverLimit.up_to_cents).where(
        ApproverLimit.org_id == district_id
    )
    return dict(session.exec(query).all())


def get_request(session: Session, request_id: UUID, *, lock: bool = False) -> PurchaseOrderRequest:
    query = select(PurchaseOrderRequest).where(PurchaseOrderRequest.id == request_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such request.")
    return found


def waiting_for_order(session: Session, order_id: UUID) -> PurchaseOrderRequest | None:
    query = select(PurchaseOrderRequest).where(
        PurchaseOrderRequest.order_id == order_id,
        PurchaseOrderRequest.state == RequestState.WAITING,
    )
    return session.exec(query).one_or_none()


def latest_for_order(session: Session, order_id: UUID) -> PurchaseOrderRequest | None:
    query = select(PurchaseOrderRequest).where(PurchaseOrderRequest.order_id == order_id)
    newest = query.order_by(col(PurchaseOrderRequest.asked_at).desc(), col(PurchaseOrderRequest.id))
    return session.exec(newest.limit(1)).first()


def approver_of(session: Session, order_id: UUID) -> UUID | None:
    """Who approved the purchase order of an order, if a second person had to."""
    query = select(PurchaseOrderRequest.decided_by).where(
        PurchaseOrderRequest.order_id == order_id,
        PurchaseOrderRequest.state == RequestState.APPROVED,
    )
    return session.exec(query).first()


def waiting_of(session: Session, district_id: UUID) -> list[tuple[PurchaseOrderRequest, Order]]:
    """What waits for an approver of a district, oldest first."""
    query = (
        select(PurchaseOrderRequest, Order)
        .join(Order, col(Order.id) == col(PurchaseOrderRequest.order_id))
        .where(
            PurchaseOrderRequest.org_id == district_id,
            PurchaseOrderRequest.state == RequestState.WAITING,
        )
        .order_by(col(PurchaseOrderRequest.asked_at), col(PurchaseOrderRequest.id))
        .limit(50)
    )
    return [(request, order) for request, order in session.exec(query)]
