"""Letters about purchase orders that need a second person, and about changed limits."""

from sqlmodel import Session, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import User
from marketplace.accounts.rules import Role
from marketplace.core import mail
from marketplace.core.events import Event, on
from marketplace.core.money import dollars
from marketplace.core.web import link_to
from marketplace.orders import approval_queries, queries
from marketplace.orders.approval_models import SpendingRule

APPROVERS = (Role.APPROVER, Role.ADMINISTRATOR)


@on("orders.purchase_order_asked")
def ask_the_approvers(session: Session, event: Event) -> None:
    """Those whose limit is high enough, and not whoever asks."""
    request = approval_queries.get_request(session, event.subject_id)
    order = queries.get_order(session, request.order_id)
    limits = approval_queries.limits_of(session, request.org_id)
    people = [
        user
        for user in accounts.people_with_role(session, request.org_id, *APPROVERS)
        if user.id != request.asked_by
        and limits.get(user.id, request.total_cents) >= request.total_cents
    ]
    _write(
        session,
        people,
        f"Please approve PO {request.number}, {dollars(request.total_cents)}",
        f"{order.agreed['tool']['name']} from {order.agreed['vendor']['name']}, "
        f"{order.seats:,} seats. It is above what one person orders alone.",
        "Approve or refuse it: "
        + link_to("orders.approve_purchase_order", leaid=order.leaid, request_id=request.id),
    )


@on("orders.purchase_order_refused")
def tell_who_asked(session: Session, event: Event) -> None:
    request = approval_queries.get_request(session, event.subject_id)
    if event.facts["own"] or request.asked_by is None:
        return
    order = queries.get_order(session, request.order_id)
    _write(
        session,
        [accounts.get_user(session, request.asked_by)],
        f"PO {request.number} was not approved",
        f"The reason: {request.words}",
        "You can ask again: "
        + link_to("orders.issue_purchase_order", leaid=order.leaid, order_id=order.id),
    )


@on("orders.purchasing_rules_set")
def tell_of_new_limits(session: Session, event: Event) -> None:
    """Everybody who approves hears of it, so that no limit is lifted in silence."""
    rule = session.exec(select(SpendingRule).where(SpendingRule.id == event.subject_id)).one()
    district = accounts.get_organization(session, rule.org_id)
    alone = rule.alone_up_to_cents
    now = "any amount" if alone is None else f"up to {dollars(alone)}"
    _write(
        session,
        accounts.people_with_role(session, rule.org_id, *APPROVERS),
        f"Limits for orders changed at {district.name}",
        f"One person now orders {now} alone.",
        "See all limits: " + link_to("orders.set_purchasing_rules", leaid=district.leaid),
    )


def _write(session: Session, people: list[User], subject: str, *lines: str) -> None:
    for person in people:
        text = "\n\n".join([f"Dear {person.name},", *lines])
        mail.send(session, person.email, subject, text + "\n")
