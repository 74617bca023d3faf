"""What a vendor and the operator can do to listings: one function per use case."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role, slug_of
from marketplace.catalogue import prices, queries, rules
from marketplace.catalogue.models import Edition, PriceSchedule, Tool, VendorProfile
from marketplace.catalogue.rules import AIUse, ScheduleForm, ToolStatus
from marketplace.core import clock, mail, tenancy
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.pricing import rules as pricing

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
    tool = Tool(
        org_id=vendor.id,
        slug=_free_slug(session, slug_of(name)),
        name=name,
        summary=summary,
        created_at=clock.now(),
    )
    _make_findable(session, tool)
    try:
        with session.begin_nested():
            session.add(tool)
    except IntegrityError:
        raise RuleBroken("This name was taken a moment ago. Save again.", "name") from None
    emit(session, actor, "catalogue.listing_started", tool)
    return tool


def _free_slug(session: Session, wanted: str) -> str:
    with tenancy.everyone("an address is taken whoever took it"):
        taken = set(session.exec(select(Tool.slug).where(col(Tool.slug).startswith(wanted))))
    if wanted not in taken:
        return wanted
    return next(f"{wanted}-{n}" for n in range(2, 10_000) if f"{wanted}-{n}" not in taken)


def _make_findable(session: Session, tool: Tool) -> None:
    vendor = accounts.get_organization(session, tool.org_id)
    tool.search_text = rules.search_text(tool.name, tool.summary, vendor.name, tool.subjects)
    tool.subject_keys = rules.subject_keys(tool.subjects)


def describe_tool(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    name: str,
    summary: str,
    description: str = "",
    lowest_grade: int = 0,
    highest_grade: int = 12,
    subjects: Sequence[str] = (),
    languages: Sequence[str] = (),
    runs_on: str = "",
    works_with: str = "",
    seen_edits: int | None = None,
) -> Tool:
    """The part of a listing that says what the tool is and for whom."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.describe_tool", tool)
    _count_change(tool, seen_edits)
    rules.check_grades(lowest_grade, highest_grade)
    rules.check_subjects(subjects)
    tool.name, tool.summary, tool.description = name, summary, description
    tool.lowest_grade, tool.highest_grade = lowest_grade, highest_grade
    tool.subjects, tool.languages = list(subjects), list(languages)
    tool.runs_on, tool.works_with = runs_on, works_with
    _make_findable(session, tool)
    emit(session, actor, "catalogue.listing_changed", tool, part="about")
    return tool


def _count_change(tool: Tool, seen_edits: int | None) -> None:
    """The listing is locked; whoever wrote without seeing the last change is told."""
    rules.check_unchanged(tool.edits, seen_edits)
    tool.edits += 1


def explain_ai(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    ai_use: AIUse,
    ai_facts: Sequence[str],
    seen_edits: int | None = None,
) -> Tool:
    """How much the tool relies on AI, and the sentences the vendor answers for."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.explain_ai", tool)
    _count_change(tool, seen_edits)
    tool.ai_use, tool.ai_facts = ai_use, list(ai_facts)
    emit(session, actor, "catalogue.listing_changed", tool, part="ai")
    return tool


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
    tool.lowest_seat_cents = _lowest_seat_cents(session, tool)
    emit(
        session,
        actor,
        "catalogue.price_offered",
        tool,
        schedule=str(schedule.id),
        version=schedule.version,
    )
    return schedule


def _lowest_seat_cents(session: Session, tool: Tool) -> int | None:
    in_force = queries.schedules_of(session, tool.id)
    return prices.lowest_seat_cents(pricing.schedule_from_json(s.terms) for s in in_force)


def submit_listing(session: Session, actor: Actor, tool_id: UUID) -> Tool:
    """Ask the operator to publish; sending it twice changes nothing."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.submit_listing", tool)
    if tool.status in (ToolStatus.SUBMITTED, ToolStatus.IN_REVIEW):
        return tool
    rules.check_can_submit(tool.status, queries.missing_parts(session, tool))
    tool.status = ToolStatus.SUBMITTED
    tool.submitted_at = clock.now()
    tool.review_note = ""
    emit(session, actor, "catalogue.submitted", tool)
    return tool


# -- the operator opens and closes -----------------------------------------------------------


def publish_listing(
    session: Session, actor: Actor, tool_id: UUID, *, seen_edits: int | None = None
) -> Tool:
    """Open the listing to everybody; publishing twice changes nothing and writes once."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.publish_listing", tool)
    if tool.status is ToolStatus.PUBLISHED:
        return tool
    rules.check_can_publish(tool.status)
    rules.check_unchanged(tool.edits, seen_edits)
    rules.check_complete(queries.missing_parts(session, tool))
    tool.status = ToolStatus.PUBLISHED
    tool.published_at = tool.published_at or clock.now()
    tool.suspended_at, tool.suspended_because, tool.review_note = None, "", ""
    tool.lowest_seat_cents = _lowest_seat_cents(session, tool)
    emit(session, actor, "catalogue.published", tool)
    _tell_vendor(session, tool, f"{tool.name} is published", "Every district can now find it.")
    return tool


def send_back_listing(session: Session, actor: Actor, tool_id: UUID, *, reason: str) -> Tool:
    """Give a listing back to its vendor with what has to change."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.send_back_listing", tool)
    rules.check_reason(reason)
    rules.check_can_send_back(tool.status)
    # What was public stays known as suspended; only what never was goes back to draft.
    tool.status = ToolStatus.SUSPENDED if tool.published_at else ToolStatus.DRAFT
    tool.review_note = reason
    emit(session, actor, "catalogue.sent_back", tool)
    _tell_vendor(session, tool, f"{tool.name} needs a change before it is published", reason)
    return tool


def suspend_listing(session: Session, actor: Actor, tool_id: UUID, *, reason: str) -> Tool:
    """Take a published listing down; the reason is public."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.suspend_listing", tool)
    if tool.status is ToolStatus.SUSPENDED:
        return tool
    rules.check_reason(reason)
    rules.check_can_suspend(tool.status)
    tool.status = ToolStatus.SUSPENDED
    tool.suspended_at, tool.suspended_because = clock.now(), reason
    emit(session, actor, "catalogue.suspended", tool)
    _tell_vendor(session, tool, f"{tool.name} is no longer listed", reason)
    return tool


def _tell_vendor(session: Session, tool: Tool, subject: str, text: str) -> None:
    vendor = accounts.get_organization(session, tool.org_id)
    people = accounts.people_with_role(session, vendor.id, Role.ADMINISTRATOR, Role.LISTING_EDITOR)
    where = f"Sign in and open /v/{vendor.slug}/listings/{tool.slug}/ to see the listing."
    for person in people:
        mail.send(session, person.email, subject, f"{text}\n\n{where}\n")


# -- what others tell ------------------------------------------------------------------------


def note_open_pools(session: Session, actor: Actor, tool_id: UUID, count: int) -> None:
    """`pools` tells how many open pools buy the tool now, so that lists need no second query."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.note_open_pools", tool)
    if tool.open_pools != count:
        tool.open_pools = max(0, count)
        emit(session, actor, "catalogue.open_pools_noted", tool, count=count)
