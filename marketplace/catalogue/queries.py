"""What others may ask about tools and their prices.

What was once published is public for good (pools and orders point at it), so those reads look
across vendors by themselves; a draft is seen only from its vendor's own scope.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, or_, select

from marketplace.accounts.models import Organization
from marketplace.catalogue import prices, rules
from marketplace.catalogue.listing_models import ChangeNotice, ListingVersion, ToolFollower
from marketplace.catalogue.models import Edition, PriceSchedule, Tool, VendorProfile
from marketplace.catalogue.rules import ToolStatus
from marketplace.core import access, clock, tenancy
from marketplace.core.access import NOBODY, Actor
from marketplace.core.errors import NotFound
from marketplace.pricing import rules as pricing

_WHY = "what was once published is public"


def last_zone_today() -> date:
    """A price is good until its last day has ended everywhere in the country."""
    return clock.today("Pacific/Honolulu")


def get_tool(session: Session, slug: str, actor: Actor = NOBODY) -> Tool:
    """A published tool, or one of the actor's own organization in any state."""
    return _one(session, Tool.slug == slug, actor, Tool.status == ToolStatus.PUBLISHED)


def known_tool(session: Session, slug: str, actor: Actor = NOBODY) -> Tool:
    """As `get_tool`, and also one that was public once and no longer is."""
    return _one(session, Tool.slug == slug, actor, col(Tool.published_at).is_not(None))


def tool_with_maker(
    session: Session, slug: str, actor: Actor = NOBODY
) -> tuple[Tool, Organization, VendorProfile | None, ListingVersion | None]:
    """As `known_tool`, with who makes it and the version that buyers read now: one query."""
    newest = (
        select(func.max(ListingVersion.number))
        .where(ListingVersion.tool_id == Tool.id)
        .correlate(Tool)
        .scalar_subquery()
    )
    query = (
        select(Tool, Organization, VendorProfile, ListingVersion)
        .join(Organization, col(Organization.id) == Tool.org_id)
        .outerjoin(VendorProfile, col(VendorProfile.org_id) == Tool.org_id)
        .outerjoin(
            ListingVersion,
            (col(ListingVersion.tool_id) == Tool.id) & (col(ListingVersion.number) == newest),
        )
        .where(Tool.slug == slug, _seen(actor, col(Tool.published_at).is_not(None)))
    )
    with tenancy.everyone(_WHY):
        found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such tool.")
    return found


def tool_with_files(session: Session, slug: str, actor: Actor) -> Tool:
    """As `known_tool`; the operator also sees a listing that was sent and never published."""
    if access.is_operator(actor, None):
        return tool_sent_for_review(session, slug)
    return known_tool(session, slug, actor)


def tool_by_id(session: Session, tool_id: UUID, actor: Actor = NOBODY) -> Tool:
    return _one(session, Tool.id == tool_id, actor, col(Tool.published_at).is_not(None))


def _one(session: Session, which: object, actor: Actor, is_open: object) -> Tool:
    with tenancy.everyone(_WHY):
        tool = session.exec(select(Tool).where(which, _seen(actor, is_open))).one_or_none()  # type: ignore[arg-type]
    if tool is None:
        raise NotFound("There is no such tool.")
    return tool


def _seen(actor: Actor, is_open: Any) -> Any:
    return or_(is_open, Tool.org_id == actor.org_id) if actor.org_id else is_open


def tools_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, Tool]:
    """Tools that are or were public, by id, in one query."""
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(Tool).where(col(Tool.id).in_(wanted), col(Tool.published_at).is_not(None))
    with tenancy.everyone(_WHY):
        return {tool.id: tool for tool in session.exec(query)}


def known_tools_with_makers(session: Session, slugs: Iterable[str]) -> dict[str, tuple[Tool, str]]:
    """Tools that are or were public, by slug, each with the name of its maker: one query."""
    query = (
        select(Tool, Organization.name)
        .join(Organization, col(Organization.id) == Tool.org_id)
        .where(col(Tool.slug).in_(set(slugs)), col(Tool.published_at).is_not(None))
    )
    with tenancy.everyone(_WHY):
        return {tool.slug: (tool, maker) for tool, maker in session.exec(query)}


def version_at(session: Session, tool_id: UUID, moment: datetime) -> int | None:
    """The number of the version that buyers read at a moment; None before the first."""
    query = select(func.max(ListingVersion.number)).where(
        ListingVersion.tool_id == tool_id, ListingVersion.published_at <= moment
    )
    with tenancy.everyone(_WHY):
        return session.exec(query).one()


def answers_of_version(session: Session, tool_id: UUID, number: int | None) -> dict[str, Any]:
    """What a listing answered in a version (None: the newest); nothing before the first."""
    query = select(ListingVersion).where(ListingVersion.tool_id == tool_id)
    if number is not None:
        query = query.where(ListingVersion.number == number)
    query = query.order_by(col(ListingVersion.number).desc()).limit(1)
    with tenancy.everyone(_WHY):
        version = session.exec(query).first()
    return dict(version.content["answers"]) if version else {}


def editions_of(session: Session, tool_id: UUID) -> list[Edition]:
    """The editions of a tool that the caller was allowed to see, oldest first."""
    query = select(Edition).where(Edition.tool_id == tool_id)
    with tenancy.everyone("whoever may see the tool may see its editions"):
        return sorted(session.exec(query), key=lambda edition: edition.name)


def editions_with_prices(
    session: Session, tool_id: UUID
) -> list[tuple[Edition, PriceSchedule | None]]:
    """As `editions_of`, each with the price in force today: one query."""
    in_force = (
        (col(PriceSchedule.edition_id) == Edition.id)
        & col(PriceSchedule.withdrawn_at).is_(None)
        & (col(PriceSchedule.valid_until) >= last_zone_today())
    )
    query = (
        select(Edition, PriceSchedule)
        .outerjoin(PriceSchedule, in_force)
        .where(Edition.tool_id == tool_id)
        .order_by(col(PriceSchedule.offered_at), col(PriceSchedule.id))
    )
    with tenancy.everyone("whoever may see the tool may see its editions and prices"):
        newest = {edition.id: (edition, price) for edition, price in session.exec(query)}
    return sorted(newest.values(), key=lambda pair: pair[0].name)


def schedules_of(session: Session, tool_id: UUID) -> list[PriceSchedule]:
    """The prices of a tool that are in force today."""
    return schedules_in_force(session, [tool_id]).get(tool_id, [])


def schedules_in_force(
    session: Session, tool_ids: Iterable[UUID]
) -> dict[UUID, list[PriceSchedule]]:
    """The prices in force today of many tools, in one query."""
    wanted = set(tool_ids)
    if not wanted:
        return {}
    query = (
        select(PriceSchedule)
        .where(
            col(PriceSchedule.tool_id).in_(wanted),
            col(PriceSchedule.withdrawn_at).is_(None),
            PriceSchedule.valid_until >= last_zone_today(),
        )
        .order_by(col(PriceSchedule.offered_at), col(PriceSchedule.id))
    )
    found: dict[UUID, list[PriceSchedule]] = {}
    with tenancy.everyone("whoever may see the tool may see its prices"):
        for schedule in session.exec(query):
            found.setdefault(schedule.tool_id, []).append(schedule)
    return found


def terms_in_force(session: Session, tool_ids: Iterable[UUID]) -> list[tuple[UUID, Any]]:
    """(tool, terms) of the prices in force of many tools, in one query; no whole rows."""
    wanted = set(tool_ids)
    if not wanted:
        return []
    columns: Any = (PriceSchedule.tool_id, PriceSchedule.terms)
    query = (
        select(*columns)
        .where(
            col(PriceSchedule.tool_id).in_(wanted),
            col(PriceSchedule.withdrawn_at).is_(None),
            PriceSchedule.valid_until >= last_zone_today(),
        )
        .order_by(col(PriceSchedule.offered_at), col(PriceSchedule.id))
    )
    with tenancy.everyone("whoever may see the tool may see its prices"):
        return list(session.exec(query))


def get_schedule(session: Session, schedule_id: UUID) -> PriceSchedule:
    """One price schedule in any state: pools keep pointing at the version they froze."""
    query = select(PriceSchedule).where(PriceSchedule.id == schedule_id)
    with tenancy.everyone("whoever holds the id of a price has seen it in a pool or on a tool"):
        schedule = session.exec(query).one_or_none()
    if schedule is None:
        raise NotFound("There is no such price.")
    return schedule


def vendor_profile(session: Session, org_id: UUID) -> VendorProfile | None:
    """What a vendor says about itself; `orders` prints the remit-to address from it."""
    with tenancy.everyone("a vendor's profile is read by those who buy from it"):
        return session.exec(
            select(VendorProfile).where(VendorProfile.org_id == org_id)
        ).one_or_none()


# -- the vendor's own listings ---------------------------------------------------------------


def listings_of(session: Session, org_id: UUID) -> list[Tool]:
    """A vendor's listings in every state, from its own scope."""
    query = select(Tool).where(Tool.org_id == org_id).order_by(col(Tool.name), col(Tool.id))
    return list(session.exec(query))


def own_tool(session: Session, org_id: UUID, slug: str) -> Tool:
    """One of a vendor's listings, from its own scope."""
    query = select(Tool).where(Tool.slug == slug, Tool.org_id == org_id)
    return _found(session.exec(query.execution_options(populate_existing=True)).one_or_none())


def lists_already(session: Session, org_id: UUID, name: str) -> bool:
    """Whether a vendor has a listing of this name, however it is spelled; names come first in
    what a search looks through."""
    begins = col(Tool.search_text).startswith(f"{rules.fold(name)} | ", autoescape=True)
    query = select(Tool.id).where(Tool.org_id == org_id, begins).limit(1)
    return session.exec(query).first() is not None


def draft_begun(session: Session, org_id: UUID, name: str, summary: str) -> Tool | None:
    """A draft that was begun with these words and not touched since."""
    query = select(Tool).where(
        Tool.org_id == org_id,
        Tool.name == name,
        Tool.summary == summary,
        Tool.status == ToolStatus.DRAFT,
        Tool.edits == 0,
    )
    return session.exec(query.order_by(col(Tool.created_at))).first()


def tool_to_change(session: Session, tool_id: UUID) -> Tool:
    """The listing, locked until the transaction ends, from the scope of the caller."""
    query = select(Tool).where(Tool.id == tool_id).with_for_update()
    return _found(session.exec(query.execution_options(populate_existing=True)).one_or_none())


def _found(tool: Tool | None) -> Tool:
    if tool is None:
        raise NotFound("There is no such tool.")
    return tool


def own_edition(session: Session, tool_id: UUID, edition_id: UUID) -> Edition:
    query = select(Edition).where(Edition.id == edition_id, Edition.tool_id == tool_id)
    edition = session.exec(query).one_or_none()
    if edition is None:
        raise NotFound("There is no such edition.")
    return edition


def price_versions(session: Session, edition_id: UUID) -> list[PriceSchedule]:
    """Every price an edition ever had, newest first."""
    query = (
        select(PriceSchedule)
        .where(PriceSchedule.edition_id == edition_id)
        .order_by(col(PriceSchedule.version).desc())
    )
    return list(session.exec(query))


def tools_by_status(session: Session, *statuses: ToolStatus, limit: int = 200) -> list[Tool]:
    """For the operator, who looks across vendors: those longest in line first."""
    query = (
        select(Tool)
        .where(col(Tool.status).in_(statuses))
        .order_by(col(Tool.submitted_at), col(Tool.name))
        .limit(limit)
    )
    return list(session.exec(query))


def tool_sent_for_review(session: Session, slug: str) -> Tool:
    """For the operator: a listing that was sent at least once, in whatever state it is now."""
    query = select(Tool).where(Tool.slug == slug, col(Tool.submitted_at).is_not(None))
    return _found(session.exec(query.execution_options(populate_existing=True)).one_or_none())


def published_of_vendor(session: Session, org_id: UUID) -> list[Tool]:
    query = (
        select(Tool)
        .where(Tool.org_id == org_id, Tool.status == ToolStatus.PUBLISHED)
        .order_by(col(Tool.name), col(Tool.id))
    )
    with tenancy.everyone(_WHY):
        return list(session.exec(query))


def lowest_seat_cents(session: Session, tool: Tool) -> int | None:
    in_force = schedules_of(session, tool.id)
    return prices.lowest_seat_cents(pricing.schedule_from_json(s.terms) for s in in_force)


def changes_announced(session: Session, tool_id: UUID, after: date) -> list[tuple[date, str]]:
    """(day, words) of the vendor's notices that were announced after a day, oldest first."""
    query = (
        select(ChangeNotice)
        .where(ChangeNotice.tool_id == tool_id)
        .order_by(col(ChangeNotice.announced_at))
    )
    with tenancy.everyone("change notices are public"):
        found = [(notice.announced_at.date(), notice.words) for notice in session.exec(query)]
    return [(day, words) for day, words in found if day > after]


def districts_following(session: Session, tool_id: UUID) -> set[UUID]:
    """Districts that want to hear of changes of a tool."""
    query = select(ToolFollower.org_id).where(ToolFollower.tool_id == tool_id)
    with tenancy.everyone("what concerns a tool is told to everybody who follows it"):
        return set(session.exec(query))
