"""A consortium's roll, its messages and its trail, as a lead or a member reads them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization, User
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Consortium, Instrument, Member
from marketplace.core.errors import NotFound
from marketplace.core.events import Event
from marketplace.orders.models import Invoice, Order, PurchaseOrder
from marketplace.orders.rules import InvoiceStatus
from marketplace.outreach import news_rules
from marketplace.outreach.models import Message, MessageTo
from marketplace.outreach.rules import Facts, Standing, standing
from marketplace.pools.models import Allocation, Commitment, Pool
from marketplace.pools.rules import PoolStatus, Rung

#: A trail in one file: more than any consortium has in ten years.
MOST_IN_A_FILE = 100_000


class Line(NamedTuple):
    """One member and how far it has come in one pool (`pool` None: papers only)."""

    district: Organization
    member: Member
    paper_ends_on: date | None
    rung: Rung | None
    board_date: date | None
    seats: int | None
    order_cents: int | None
    po_number: str | None
    invoice_number: int | None
    invoice_id: UUID | None
    paid_cents: int | None
    reminded_at: datetime | None
    standing: Standing

    @property
    def open_cents(self) -> int | None:
        if self.order_cents is None:
            return None
        return self.order_cents - (self.paid_cents or 0)


def pools_of(session: Session, org_id: UUID) -> list[Pool]:
    """The consortium's pools that have opened, the newest first."""
    query = (
        select(Pool)
        .where(Pool.org_id == org_id, Pool.status != PoolStatus.DRAFT)
        .order_by(col(Pool.closes_at).desc(), col(Pool.id))
    )
    return list(session.exec(query))


def roll(session: Session, consortium: Consortium, pool: Pool | None, today: date) -> list[Line]:
    """Every member with its papers and, for a pool, its seats, order, invoice and payment.

    Four queries, however many members.
    """
    papers = _paper_ends(session, consortium.org_id)
    reminded = _reminded(session, consortium.org_id)
    to_accept = {found.id for found, _ in consortia.members_to_accept(session, consortium.org_id)}
    nothing = (None,) * len(_OF_POOL)
    lines = []
    for member, district, *told in session.exec(_members(consortium.org_id, pool)):
        row = _Row(*(told or nothing))
        facts = Facts(
            member=member.status,
            is_approved=member.approved_at is not None,
            accepts_by_laws=member.accepted_by_laws_version is not None
            and member.id not in to_accept,
            paper_ends_on=papers.get(district.id),
            pool=pool.status if pool else None,
            rung=row.rung,
            is_allocated=row.allocated is not None,
            has_order=row.order_cents is not None,
            has_po=row.po_number is not None,
            invoice=row.invoice_status,
        )
        lines.append(
            Line(
                district=district,
                member=member,
                paper_ends_on=papers.get(district.id),
                rung=row.rung,
                board_date=row.board_date,
                seats=row.allocated if row.allocated is not None else row.seats,
                order_cents=row.order_cents,
                po_number=row.po_number,
                invoice_number=row.invoice_number,
                invoice_id=row.invoice_id,
                paid_cents=row.paid_cents,
                reminded_at=reminded.get(district.id),
                standing=standing(facts, today),
            )
        )
    return lines


class _Row(NamedTuple):
    """What a member has in the pool, in the order of `_OF_POOL`."""

    rung: Rung | None
    board_date: date | None
    seats: int | None
    allocated: int | None
    order_cents: int | None
    po_number: str | None
    invoice_number: int | None
    invoice_id: UUID | None
    invoice_status: InvoiceStatus | None
    paid_cents: int | None


_OF_POOL: tuple[Any, ...] = (
    Commitment.rung,
    Commitment.board_date,
    Commitment.seats,
    Allocation.seats,
    Order.total_cents,
    PurchaseOrder.number,
    Invoice.number,
    Invoice.id,
    Invoice.status,
    Invoice.paid_cents,
)


def _members(org_id: UUID, pool: Pool | None) -> Any:
    columns: tuple[Any, ...] = (Member, Organization, *(_OF_POOL if pool else ()))
    query = select(*columns).join(Organization, col(Organization.id) == Member.district_id)
    if pool is not None:
        query = (
            query.outerjoin(
                Commitment,
                (col(Commitment.pool_id) == pool.id)
                & (col(Commitment.district_id) == Member.district_id)
                & col(Commitment.withdrawn_at).is_(None),
            )
            .outerjoin(
                Allocation,
                (col(Allocation.pool_id) == pool.id)
                & (col(Allocation.district_id) == Member.district_id),
            )
            .outerjoin(
                Order,
                (col(Order.pool_id) == pool.id)
                & (col(Order.org_id) == Member.district_id)
                & (Order.part == 0),
            )
            .outerjoin(PurchaseOrder, col(PurchaseOrder.order_id) == Order.id)
            .outerjoin(Invoice, col(Invoice.order_id) == Order.id)
        )
    return query.where(Member.org_id == org_id).order_by(
        col(Organization.name), col(Organization.id)
    )


def _paper_ends(session: Session, org_id: UUID) -> dict[UUID, date]:
    query = (
        select(Instrument.district_id, func.max(Instrument.ends_on))
        .where(Instrument.org_id == org_id)
        .group_by(col(Instrument.district_id))
    )
    return dict(session.exec(query).all())


def _reminded(session: Session, org_id: UUID) -> dict[UUID, datetime]:
    query = (
        select(MessageTo.district_id, func.max(Message.sent_at))
        .join(Message, col(Message.id) == MessageTo.message_id)
        .where(MessageTo.org_id == org_id, Message.kind == "reminder")
        .group_by(col(MessageTo.district_id))
    )
    return dict(session.exec(query).all())


# -- messages --------------------------------------------------------------------------------


def messages_listed(org_id: UUID) -> Any:
    """The query behind the list: what was sent, the newest first."""
    return (
        select(Message)
        .where(Message.org_id == org_id)
        .order_by(col(Message.sent_at).desc(), col(Message.id))
    )


def message(session: Session, org_id: UUID, message_id: UUID) -> Message:
    query = select(Message).where(Message.id == message_id, Message.org_id == org_id)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such message.")
    return found


def message_of_form(session: Session, org_id: UUID, once_key: str) -> Message | None:
    query = select(Message).where(Message.org_id == org_id, Message.once_key == once_key)
    return session.exec(query).one_or_none()


def reached_by(session: Session, message_id: UUID) -> list[tuple[MessageTo, Organization]]:
    query = (
        select(MessageTo, Organization)
        .join(Organization, col(Organization.id) == MessageTo.district_id)
        .where(MessageTo.message_id == message_id)
        .order_by(col(Organization.name), col(Organization.id))
    )
    return [(to, district) for to, district in session.exec(query)]


def reach(session: Session, messages: Iterable[Message]) -> dict[UUID, int]:
    """How many districts each message went to."""
    query = (
        select(MessageTo.message_id, func.count())
        .where(col(MessageTo.message_id).in_([each.id for each in messages]))
        .group_by(col(MessageTo.message_id))
    )
    return dict(session.exec(query).all())


def messages_to(district_id: UUID) -> Any:
    """The query behind a district's own list: message and sender, the newest first."""
    return (
        select(Message, Organization)
        .join(MessageTo, col(MessageTo.message_id) == Message.id)
        .join(Organization, col(Organization.id) == Message.org_id)
        .where(MessageTo.district_id == district_id)
        .order_by(col(Message.sent_at).desc(), col(Message.id))
    )


# -- the trail -------------------------------------------------------------------------------


def trail_listed(org_id: UUID, words: str = "") -> Any:
    """The query behind the trail: every event of the consortium, the newest first."""
    query = select(Event).where(Event.org_id == org_id).order_by(col(Event.id).desc())
    return query.where(col(Event.name).like(f"{words}.%")) if words else query


def names_in(session: Session, events: Sequence[Event]) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """The names of the people who acted, and of the organizations that acted or are named."""
    people = {event.actor_id for event in events if event.actor_id}
    organizations = {event.actor_org_id for event in events if event.actor_org_id}
    organizations |= {found for event in events for found in news_rules.ids_in(event.facts)}
    named = session.exec(select(User.id, User.name).where(col(User.id).in_(people))).all()
    acting = session.exec(
        select(Organization.id, Organization.name).where(col(Organization.id).in_(organizations))
    ).all()
    return dict(named), dict(acting)


class News(NamedTuple):
    """Something public that happened, and the page it is about."""

    event_id: int
    title: str
    words: str
    path: str
    at: datetime


def public_news(
    session: Session,
    org_ids: Collection[UUID],
    *,
    limit: int,
    since: datetime | None = None,
    pool_id: UUID | None = None,
) -> list[News]:
    """What strangers may know of these consortia, the newest first; of one pool if it is given."""
    names = news_rules.POOL_NEWS if pool_id else tuple(news_rules.PUBLIC_NEWS)
    query = (
        select(Event, Organization)
        .join(Organization, col(Organization.id) == Event.org_id)
        .where(col(Event.org_id).in_(org_ids), col(Event.name).in_(names))
        .order_by(col(Event.id).desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(Event.occurred_at >= since)
    if pool_id is not None:
        query = query.where(Event.subject_id == pool_id)
    found = session.exec(query).all()
    pools = _pool_names(session, [event.subject_id for event, _ in found])
    return [
        _news(event, consortium, *pools.get(event.subject_id, ("", "")))
        for event, consortium in found
    ]


def _news(event: Event, consortium: Organization, pool: str, slug: str) -> News:
    page = f"/pools/{consortium.slug}/{slug}" if slug else f"/consortia/{consortium.slug}"
    words = news_rules.PUBLIC_NEWS[event.name].format(
        consortium=consortium.name, pool=pool or "A pool"
    )
    title = f"{news_rules.happened(event.name)}: {pool or consortium.name}"
    return News(event.id or 0, title, words, page, event.occurred_at)


def _pool_names(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """Title and short name of those of the ids that are pools."""
    query = select(Pool.id, Pool.title, Pool.slug).where(col(Pool.id).in_(set(ids)))
    return {pool_id: (title, slug) for pool_id, title, slug in session.exec(query)}
