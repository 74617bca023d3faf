"""What a vendor does to its listings, editions and prices: one function per use case."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role, slug_of
from marketplace.catalogue import listing_queries, prices, queries, questions, rules
from marketplace.catalogue.listing_models import ChangeNotice, ListingDraft, NoticeReceipt
from marketplace.catalogue.listing_rules import CHANGE_WORDS
from marketplace.catalogue.models import Edition, PriceSchedule, Tool, VendorProfile
from marketplace.catalogue.rules import ScheduleForm, ToolStatus
from marketplace.catalogue.shelf_service import shelve_tool
from marketplace.catalogue.version_service import freeze_version, project_answers, record_step
from marketplace.core import clock, mail, tenancy
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.pricing import rules as pricing

#: Who at a district hears of a change.
TOLD = (Role.BUYER, Role.ADMINISTRATOR, Role.DATA_STEWARD)

# -- the vendor writes -----------------------------------------------------------------------


def describe_vendor(
    session: Session,
    actor: Actor,
    *,
    about: str = "",
    website: str = "",
    city: str = "",
    state: str = "",
    billing_email: str,
    remit_to: str,
) -> VendorProfile:
    """What the vendor says about itself, and where its payments go."""
    vendor = accounts.get_organization(session, actor.home)
    require(actor, "catalogue.describe_vendor", vendor)
    profile = queries.vendor_profile(session, vendor.id) or VendorProfile(org_id=vendor.id)
    profile.about, profile.website = about, website
    profile.city, profile.state = city, state
    profile.billing_email, profile.remit_to = billing_email, remit_to
    is_new = profile not in session
    session.add(profile)
    if is_new or session.is_modified(profile):
        emit(session, actor, "catalogue.vendor_described", profile)
    return profile


def start_listing(session: Session, actor: Actor, *, name: str, summary: str) -> Tool:
    """A new draft. Its address is made from its first name and never changes.

    The same form sent twice finds the draft it began; the vendor is locked meanwhile.
    """
    vendor = accounts.get_organization(session, actor.home, lock=True)
    require(actor, "catalogue.start_listing", vendor)
    if begun := queries.draft_begun(session, vendor.id, name, summary):
        return begun
    if queries.lists_already(session, vendor.id, name):
        raise RuleBroken(
            "You already list a tool with this name. Open it, or choose another name.", "name"
        )
    tool = Tool(
        org_id=vendor.id,
        slug=_free_slug(session, slug_of(name)),
        name=name,
        summary=summary,
        created_at=clock.now(),
    )
    answers = listing_queries.first_answers(name, summary)
    project_answers(session, actor, tool, answers)
    try:
        with session.begin_nested():
            session.add(tool)
    except IntegrityError:
        raise RuleBroken("This name was taken a moment ago. Save again.", "name") from None
    session.add(
        ListingDraft(
            org_id=vendor.id,
            tool_id=tool.id,
            question_set=questions.NEWEST,
            answers=answers,
            saved_at=clock.now(),
            saved_by=actor.user_id,
        )
    )
    record_step(session, actor, tool)
    emit(session, actor, "catalogue.listing_started", tool)
    return tool


def _free_slug(session: Session, wanted: str) -> str:
    with tenancy.everyone("an address is taken whoever took it"):
        taken = set(session.exec(select(Tool.slug).where(col(Tool.slug).startswith(wanted))))
    if wanted not in taken:
        return wanted
    return next(f"{wanted}-{n}" for n in range(2, 10_000) if f"{wanted}-{n}" not in taken)


def _count_change(tool: Tool, seen_edits: int | None) -> None:
    """The listing is locked; whoever wrote without seeing the last change is told."""
    rules.check_unchanged(tool.edits, seen_edits)
    tool.edits += 1


def save_edition(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    edition_id: UUID | None = None,
    name: str,
    included: str = "",
    seen_edits: int | None = None,
) -> Edition:
    """A new edition, or a changed one; names are told apart within a tool."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.save_edition", tool)
    _count_change(tool, seen_edits)
    others = [e for e in queries.editions_of(session, tool.id) if e.id != edition_id]
    if rules.fold(name) in {rules.fold(other.name) for other in others}:
        raise RuleBroken("There is already an edition with this name.", "name")
    edition = (
        queries.own_edition(session, tool.id, edition_id)
        if edition_id
        else Edition(org_id=tool.org_id, tool_id=tool.id, name=name)
    )
    edition.name, edition.included = name, included
    session.add(edition)
    _freeze_if_public(session, actor, tool, f"Edition “{name}”")
    emit(session, actor, "catalogue.listing_changed", tool, part="edition")
    return edition


def offer_price(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    edition_id: UUID,
    *,
    terms: dict[str, Any],
    valid_until: date,
    term_months: int = 12,
    seen_edits: int | None = None,
) -> PriceSchedule:
    """A new version of an edition's price. The one before is withdrawn, never edited:
    pools that froze it keep it. Offering the same again changes nothing."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.offer_price", tool)
    edition = queries.own_edition(session, tool.id, edition_id)
    prices.check_offer(term_months, valid_until, queries.last_zone_today())
    exact = pricing.schedule_from_json(terms).to_json()

    versions = queries.price_versions(session, edition.id)
    offered = (exact, term_months, valid_until, None)
    for last in versions[:1]:
        if (last.terms, last.term_months, last.valid_until, last.withdrawn_at) == offered:
            return last
    _count_change(tool, seen_edits)
    for earlier in versions:
        earlier.withdrawn_at = earlier.withdrawn_at or clock.now()
    schedule = PriceSchedule(
        org_id=tool.org_id,
        tool_id=tool.id,
        edition_id=edition.id,
        version=versions[0].version + 1 if versions else 1,
        form=ScheduleForm(exact["form"]),
        terms=exact,
        term_months=term_months,
        valid_until=valid_until,
        offered_at=clock.now(),
    )
    session.add(schedule)
    session.flush()
    tool.lowest_seat_cents = queries.lowest_seat_cents(session, tool)
    _freeze_if_public(
        session, actor, tool, f"Price of “{edition.name}”, version {schedule.version}"
    )
    emit(
        session,
        actor,
        "catalogue.price_offered",
        tool,
        schedule=str(schedule.id),
        version=schedule.version,
    )
    return schedule


def _freeze_if_public(session: Session, actor: Actor, tool: Tool, because: str) -> None:
    """Editions and prices of a published listing are public at once, as a version of their own."""
    if tool.status is ToolStatus.PUBLISHED:
        _, answers, _ = listing_queries.published_answers(session, tool)
        freeze_version(session, actor, tool, answers, because=because)


# -- what others tell ------------------------------------------------------------------------


def note_open_pools(session: Session, actor: Actor, tool_id: UUID, count: int) -> None:
    """`pools` tells how many open pools buy the tool now, so that lists need no second query."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.note_open_pools", tool)
    if tool.open_pools != count:
        tool.open_pools = max(0, count)
        shelve_tool(session, actor, tool)
        emit(session, actor, "catalogue.open_pools_noted", tool, count=count)


def note_privacy_grade(session: Session, actor: Actor, tool_id: UUID, grade: str) -> None:
    """`scorecards` tells how a tool's card stands, so that lists need no second query."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.note_privacy_grade", tool)
    if grade not in rules.PRIVACY_WORDS:
        raise RuleBroken(f"“{grade}” is not a privacy grade.")
    if (tool.privacy_grade or "") != grade:
        tool.privacy_grade = grade or None
        session.add(tool)
        emit(session, actor, "catalogue.privacy_grade_noted", tool, grade=grade)


def tell_districts(
    session: Session, actor: Actor, notice_id: UUID, districts: Iterable[UUID]
) -> int:
    """Write to each of these districts that was not told yet; returns how many were."""
    notice = listing_queries.notice_by_id(session, notice_id)
    require(actor, "catalogue.tell_districts", notice)
    # The tool is locked, so that two jobs with the same district in hand take turns.
    tool = queries.tool_to_change(session, notice.tool_id)
    vendor = accounts.get_organization(session, tool.org_id)
    told = listing_queries.districts_told(session, notice.id)
    new = [district for district in dict.fromkeys(districts) if district not in told]
    for district in new:
        session.add(NoticeReceipt(org_id=district, notice_id=notice.id, told_at=clock.now()))
        for person in accounts.people_with_role(session, district, *TOLD):
            mail.send(
                session,
                person.email,
                f"{vendor.name} announces a change to {tool.name}",
                _letter(tool, notice, vendor.name),
            )
    session.flush()
    return len(new)


def _letter(tool: Tool, notice: ChangeNotice, vendor: str) -> str:
    day = f"{notice.takes_effect_on:%B} {notice.takes_effect_on.day}, {notice.takes_effect_on.year}"
    return (
        f"{CHANGE_WORDS[notice.kind]} changes on {day}.\n\n{vendor} writes:\n\n{notice.words}\n\n"
        "The answers this touches are marked as changed and not yet reviewed:\n"
        f"{mail.site_address()}/tools/{tool.slug}/history\n\n"
        "You get this letter because your district uses or follows the tool.\n"
    )
