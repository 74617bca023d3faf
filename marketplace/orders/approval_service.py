"""A district's limits for ordering, and the second person above them."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.orders import (
    approval_queries,
    approval_rules,
    purchase_order_service,
    queries,
    rules,
)
from marketplace.orders.approval_models import ApproverLimit, PurchaseOrderRequest, SpendingRule
from marketplace.orders.approval_rules import RequestState
from marketplace.orders.models import PurchaseOrder

#: Who may approve, each up to their own limit.
APPROVERS = (Role.APPROVER, Role.ADMINISTRATOR)


def set_purchasing_rules(
    session: Session,
    actor: Actor,
    district_id: UUID,
    *,
    alone_up_to_cents: int | None,
    limits: Mapping[UUID, int | None],
) -> SpendingRule:
    """Set what one person orders alone (None: any amount) and how far each approver goes.

    Everybody who approves is told, so that no limit is lifted in silence. What waits stays
    waiting. Raises RuleBroken when nobody could approve any amount.
    """
    district = accounts.get_organization(session, district_id, lock=True)
    require(actor, "orders.set_purchasing_rules", district)
    people = {user.id for user in accounts.people_with_role(session, district.id, *APPROVERS)}
    said = {user_id: cents for user_id, cents in limits.items() if user_id in people}
    approval_rules.check_limits(
        alone_up_to_cents, [said.get(user_id) for user_id in sorted(people)]
    )
    rule = approval_queries.spending_rule_of(session, district.id, lock=True)
    if rule is None:
        rule = SpendingRule(org_id=district.id, changed_at=clock.now())
    before = (rule.alone_up_to_cents, approval_queries.limits_of(session, district.id))
    new = {user_id: cents for user_id, cents in said.items() if cents is not None}
    if before == (alone_up_to_cents, new) and rule.changed_by is not None:
        return rule  # the same form, sent twice
    rule.alone_up_to_cents, rule.changed_at = alone_up_to_cents, clock.now()
    rule.changed_by = actor.user_id
    session.add(rule)
    for old in session.exec(select(ApproverLimit).where(ApproverLimit.org_id == district.id)):
        session.delete(old)
    session.flush()
    session.add_all(
        ApproverLimit(org_id=district.id, user_id=user_id, up_to_cents=cents)
        for user_id, cents in new.items()
    )
    session.flush()
    emit(session, actor, "orders.purchasing_rules_set", rule, alone_up_to_cents=alone_up_to_cents)
    return rule


def approve_purchase_order(session: Session, actor: Actor, request_id: UUID) -> PurchaseOrder:
    """A second person approves, and the purchase order is issued. Twice is once."""
    found = approval_queries.get_request(session, request_id)
    order = queries.get_order(session, found.order_id, lock=True)
    request = approval_queries.get_request(session, request_id, lock=True)
    require(actor, "orders.approve_purchase_order", order)
    issued = queries.purchase_order_of(session, order.id)
    if request.state is RequestState.APPROVED and issued is not None:
        return issued
    approval_rules.check_asked(request.state)
    limit = approval_queries.limits_of(session, order.org_id).get(actor.person)
    approval_rules.check_approver(request.asked_by, actor.person, order.total_cents, limit)
    rules.check_po_number(request.number, queries.po_numbers_of(session, order.org_id))
    _decide(session, actor, request, RequestState.APPROVED)
    paper = purchase_order_service.add_purchase_order(session, actor, order, request.number)
    session.flush()
    return paper


def refuse_purchase_order(
    session: Session, actor: Actor, request_id: UUID, *, words: str
) -> PurchaseOrderRequest:
    """An approver says no, with a reason; whoever asked takes it back. Twice is once."""
    found = approval_queries.get_request(session, request_id)
    order = queries.get_order(session, found.order_id, lock=True)
    request = approval_queries.get_request(session, request_id, lock=True)
    require(actor, "orders.refuse_purchase_order", order)
    own = request.asked_by == actor.person
    if not own and not actor.acts_as(*APPROVERS):
        raise RuleBroken("Only an approver refuses what a colleague asked for.")
    if request.state in (RequestState.REFUSED, RequestState.WITHDRAWN):
        return request
    approval_rules.check_asked(request.state)
    if not own:
        approval_rules.check_words(words)
    request.words = " ".join(words.split())
    _decide(session, actor, request, RequestState.WITHDRAWN if own else RequestState.REFUSED)
    emit(session, actor, "orders.purchase_order_refused", request, own=own)
    return request


def _decide(
    session: Session, actor: Actor, request: PurchaseOrderRequest, state: RequestState
) -> None:
    request.state, request.decided_at = state, clock.now()
    request.decided_by = actor.user_id
    session.add(request)
    session.flush()
