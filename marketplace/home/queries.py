"""What the front page and a district's home read. Each is one query, however long its answer."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Membership, Organization, User
from marketplace.accounts.rules import Role
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import ToolStatus
from marketplace.consortia.models import Consortium, Instrument, Member
from marketplace.consortia.rules import MemberStatus
from marketplace.decisions.models import Decision, Elector
from marketplace.orders.models import Invoice, Order, PurchaseOrder
from marketplace.orders.rules import InvoiceStatus
from marketplace.pools.models import Pool
from marketplace.pools.rules import TAKES_SEATS, PoolStatus
from marketplace.renewals.models import RenewalAnswer
from marketplace.renewals.rules import NOTICE_DAYS

#: A home shows the newest papers; their own pages list them all.
SHOWN_ORDERS = 50


class Bought(NamedTuple):
    """An order of the district, as far as it has come."""

    order_id: UUID
    title: str
    pool_slug: str
    consortium_slug: str
    pay_by: date
    total_cents: int
    ordered_at: datetime
    po_number: str | None
    invoice_id: UUID | None
    invoice_number: int | None
    invoice_status: InvoiceStatus | None
    billed_cents: int | None
    paid_cents: int | None
    due_on: date | None

    @property
    def open_cents(self) -> int:
        """What is still to pay of the invoice; a credited one is settled."""
        if self.invoice_status is InvoiceStatus.CREDITED:
            return 0
        return (self.billed_cents or 0) - (self.paid_cents or 0)


class Colleague(NamedTuple):
    name: str
    roles: tuple[Role, ...]


def pools_closing_next(session: Session, now: datetime, limit: int) -> list[Pool]:
    """Pools that still take seats, the one that closes soonest first."""
    query = (
        select(Pool)
        .where(col(Pool.status).in_(TAKES_SEATS), Pool.closes_at > now)
        .order_by(col(Pool.closes_at), col(Pool.id))
        .limit(limit)
    )
    return list(session.exec(query))


def open_pools_of(
    session: Session, consortia: Iterable[UUID], now: datetime
) -> list[tuple[Pool, str]]:
    """Pools of these consortia that still take seats, each with its consortium's short name."""
    query = (
        select(Pool, Organization.slug)
        .join(Organization, col(Organization.id) == Pool.org_id)
        .where(
            col(Pool.org_id).in_(set(consortia)),
            col(Pool.status).in_(TAKES_SEATS),
            Pool.closes_at > now,
        )
        .order_by(col(Pool.closes_at), col(Pool.id))
        .limit(SHOWN_ORDERS)
    )
    return [(pool, slug) for pool, slug in session.exec(query)]


def papers_of(session: Session, district_id: UUID) -> list[Instrument]:
    """The district's membership papers, the one that runs longest last."""
    query = (
        select(Instrument)
        .where(Instrument.district_id == district_id)
        .order_by(col(Instrument.ends_on), col(Instrument.id))
    )
    return list(session.exec(query))


def by_laws_to_accept(session: Session, district_id: UUID) -> list[Organization]:
    """Consortia whose last major change of by-laws this member has not accepted."""
    query = (
        select(Organization)
        .join(Consortium, col(Consortium.org_id) == Organization.id)
        .join(Member, col(Member.org_id) == Organization.id)
        .where(
            Member.district_id == district_id,
            Member.status == MemberStatus.ACTIVE,
            func.coalesce(Member.accepted_by_laws_version, 0) < Consortium.accept_from_version,
        )
        .order_by(col(Organization.name), col(Organization.id))
    )
    return list(session.exec(query))


def votes_waiting(session: Session, district_id: UUID, now: datetime) -> list[tuple[Decision, str]]:
    """Open decisions in which the district may still vote itself, with the consortium's slug."""
    query = (
        select(Decision, Organization.slug)
        .join(Elector, col(Elector.decision_id) == Decision.id)
        .join(Organization, col(Organization.id) == Decision.org_id)
        .where(
            Elector.district_id == district_id,
            col(Elector.choice).is_(None),
            col(Elector.conflicted_at).is_(None),
            col(Elector.proxy_to_id).is_(None),
            col(Decision.closed_at).is_(None),
            Decision.closes_at > now,
        )
        .order_by(col(Decision.closes_at), col(Decision.id))
        .limit(SHOWN_ORDERS)
    )
    return [(decision, slug) for decision, slug in session.exec(query)]


def renewals_waiting(session: Session, district_id: UUID, today: date) -> list[tuple[Pool, str]]:
    """Terms that end within the longest notice and of which the district has not said yet if it
    goes on, with the consortium's slug."""
    query = (
        select(Pool, Organization.slug)
        .join(Order, col(Order.pool_id) == Pool.id)
        .join(Organization, col(Organization.id) == Pool.org_id)
        .outerjoin(
            RenewalAnswer,
            (col(RenewalAnswer.pool_id) == Pool.id)
            & (col(RenewalAnswer.district_id) == district_id),
        )
        .where(
            Order.org_id == district_id,
            Pool.term_ends_on >= today,
            Pool.term_ends_on <= today + timedelta(days=max(NOTICE_DAYS)),
            col(RenewalAnswer.id).is_(None),
        )
        .order_by(col(Pool.term_ends_on), col(Pool.id))
        .limit(SHOWN_ORDERS)
    )
    return list({pool.id: (pool, slug) for pool, slug in session.exec(query)}.values())


def bought_by(session: Session, district_id: UUID) -> list[Bought]:
    """The district's orders with their papers, newest first."""
    columns: tuple[Any, ...] = (
        Order.id,
        Pool.title,
        Pool.slug,
        Organization.slug,
        Order.pay_by,
        Order.total_cents,
        Order.ordered_at,
        PurchaseOrder.number,
        Invoice.id,
        Invoice.number,
        Invoice.status,
        Invoice.total_cents - Invoice.credited_cents,
        Invoice.paid_cents,
        Invoice.due_on,
    )
    query = (
        select(*columns)
        .select_from(Order)
        .join(Pool, col(Pool.id) == Order.pool_id)
        .join(Organization, col(Organization.id) == Order.consortium_id)
        .outerjoin(PurchaseOrder, col(PurchaseOrder.order_id) == Order.id)
        .outerjoin(Invoice, col(Invoice.order_id) == Order.id)
        .where(Order.org_id == district_id)
        .order_by(col(Order.ordered_at).desc(), col(Order.id))
        .limit(SHOWN_ORDERS)
    )
    return [Bought(*row) for row in session.exec(query)]


def colleagues(session: Session, org_id: UUID) -> list[Colleague]:
    """Who acts for an organization today, by name."""
    query = (
        select(User.id, User.name, Membership.role)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(Membership.org_id == org_id, col(Membership.ended_at).is_(None), col(User.active))
        .order_by(func.lower(User.name), col(User.id), col(Membership.since))
    )
    found: dict[UUID, tuple[str, list[Role]]] = {}
    for user_id, name, role in session.exec(query):
        found.setdefault(user_id, (name, []))[1].append(Role(role))
    return [Colleague(name, tuple(roles)) for name, roles in found.values()]


def public_addresses(session: Session) -> list[str]:
    """Tools, their makers, pools and consortia: two queries, however many there are."""
    listed = session.exec(
        select(Tool.slug, Organization.slug)
        .join(Organization, col(Organization.id) == Tool.org_id)
        .where(Tool.status == ToolStatus.PUBLISHED)
        .order_by(col(Tool.slug))
    ).all()
    makers = sorted({maker for _, maker in listed})
    pools = session.exec(
        select(Organization.slug, Pool.slug)
        .join(Organization, col(Organization.id) == Pool.org_id)
        .where(Pool.status != PoolStatus.DRAFT)
        .order_by(col(Organization.slug), col(Pool.slug))
    ).all()
    return [
        *(f"/tools/{slug}" for slug, _ in listed),
        *(f"/vendors/{slug}" for slug in makers),
        *(f"/consortia/{slug}" for slug in sorted({consortium for consortium, _ in pools})),
        *(f"/pools/{consortium}/{slug}" for consortium, slug in pools),
    ]
