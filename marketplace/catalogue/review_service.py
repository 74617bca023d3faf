"""From draft to published, and off again: each step with who may and why."""

from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_queries, listing_rules, queries, questions, rules
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import ToolStatus
from marketplace.catalogue.version_service import freeze_version, project_answers, record_step
from marketplace.core import clock, mail
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.core.web import day

NOT_CONFIRMED = "The vendor did not confirm this listing for a year."


def submit_listing(session: Session, actor: Actor, tool_id: UUID) -> Tool:
    """Ask the operator to publish, or to publish changes; sending it twice changes nothing."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.submit_listing", tool)
    draft = listing_queries.draft_of(session, tool)
    if tool.status in (ToolStatus.SUBMITTED, ToolStatus.IN_REVIEW) or draft.sent_at:
        return tool
    missing = listing_queries.missing_parts(session, tool)
    if tool.status is ToolStatus.PUBLISHED:
        # Also without changes: that is how a vendor confirms the listing for another year.
        rules.check_complete(missing)
        draft.sent_at = clock.now()
    else:
        rules.check_can_submit(tool.status, missing)
        tool.status = ToolStatus.SUBMITTED
        record_step(session, actor, tool)
    session.add(draft)
    tool.submitted_at = clock.now()
    tool.review_note = ""
    emit(session, actor, "catalogue.submitted", tool)
    return tool


# -- the operator opens and closes -----------------------------------------------------------


def take_up_listing(session: Session, actor: Actor, tool_id: UUID) -> Tool:
    """Say that somebody reads it now; taking it up twice changes nothing."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.take_up_listing", tool)
    if tool.status is ToolStatus.IN_REVIEW:
        return tool
    rules.check_can_take_up(tool.status)
    tool.status = ToolStatus.IN_REVIEW
    record_step(session, actor, tool)
    emit(session, actor, "catalogue.taken_up", tool)
    return tool


def publish_listing(
    session: Session, actor: Actor, tool_id: UUID, *, seen_edits: int | None = None
) -> Tool:
    """Freeze the draft as a version and open it to everybody; twice changes nothing."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.publish_listing", tool)
    draft = listing_queries.draft_of(session, tool)
    if tool.status is ToolStatus.PUBLISHED and not draft.sent_at:
        return tool
    is_change = tool.status is ToolStatus.PUBLISHED
    if not is_change:
        rules.check_can_publish(tool.status)
    rules.check_unchanged(tool.edits, seen_edits)
    rules.check_complete(listing_queries.missing_parts(session, tool))
    tool.status = ToolStatus.PUBLISHED
    tool.published_at = tool.published_at or clock.now()
    tool.suspended_at, tool.suspended_because, tool.review_note = None, "", ""
    tool.lowest_seat_cents = queries.lowest_seat_cents(session, tool)
    because = "" if is_change else "Published"
    if is_change:
        _, before, _ = listing_queries.published_answers(session, tool)
        labels = [c.question.label for c in said.changes(questions.load(), before, draft.answers)]
        because = ", ".join(labels[:5]) + (" and more" if len(labels) > 5 else "")
    draft.sent_at = None
    session.add(draft)
    project_answers(session, actor, tool, draft.answers)
    freeze_version(session, actor, tool, draft.answers, because=because or "Confirmed", settle=True)
    if not is_change:
        record_step(session, actor, tool)
    emit(session, actor, "catalogue.published", tool)
    said_so = "Your changes are public." if is_change else "Every district can now find it."
    _tell_vendor(session, tool, f"{tool.name} is published", said_so)
    return tool


def send_back_listing(session: Session, actor: Actor, tool_id: UUID, *, reason: str) -> Tool:
    """Give a listing back to its vendor with what has to change."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.send_back_listing", tool)
    rules.check_reason(reason)
    draft = listing_queries.draft_of(session, tool)
    if tool.status is ToolStatus.PUBLISHED and draft.sent_at:
        draft.sent_at = None  # the published version stays as it is
    else:
        rules.check_can_send_back(tool.status)
        # What was public stays known as suspended; only what never was goes back to draft.
        tool.status = ToolStatus.SUSPENDED if tool.published_at else ToolStatus.DRAFT
        # A step of what was public is public; what is written to the vendor is not.
        record_step(session, actor, tool, "" if tool.published_at else reason)
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
    record_step(session, actor, tool, reason)
    emit(session, actor, "catalogue.suspended", tool)
    _tell_vendor(session, tool, f"{tool.name} is no longer listed", reason)
    return tool


# -- what runs out by the clock --------------------------------------------------------------


def warn_of_expiry(session: Session, actor: Actor) -> int:
    """Write to vendors 90, 60 and 30 days before something runs out, once each."""
    require(actor, "catalogue.warn_of_expiry")
    today = listing_queries.today()
    due = listing_queries.deadlines_to_warn_of(session, today, listing_rules.WARN_DAYS)
    by_tool: dict[UUID, tuple[Tool, list[str]]] = {}
    for deadline, tool in due:
        step = listing_rules.warning_due(deadline.ends_on, today, deadline.warned_days)
        if step is None:
            continue
        deadline.warned_days = step
        words = listing_queries.words_of_deadline(session, tool, deadline.what)
        line = f"- {words}: {day(deadline.ends_on)}"
        by_tool.setdefault(tool.id, (tool, []))[1].append(line)
    for tool, lines in by_tool.values():
        text = "These run out soon. Confirm or renew them, then send the changes for review.\n\n"
        _tell_vendor(
            session, tool, f"{tool.name}: something runs out soon", text + "\n".join(lines)
        )
    return len(by_tool)


def expire_listings(session: Session, actor: Actor) -> int:
    """Take down what no vendor confirmed for a year; the page stays, with the reason."""
    require(actor, "catalogue.expire_listings")
    gone = 0
    for tool_id in listing_queries.listings_run_out(session, listing_queries.today()):
        tool = queries.tool_to_change(session, tool_id)
        if tool.status is not ToolStatus.PUBLISHED:
            continue
        tool.status = ToolStatus.EXPIRED
        tool.suspended_at, tool.suspended_because = clock.now(), NOT_CONFIRMED
        record_step(session, actor, tool, NOT_CONFIRMED)
        emit(session, actor, "catalogue.expired", tool)
        _tell_vendor(session, tool, f"{tool.name} is no longer listed", NOT_CONFIRMED)
        gone += 1
    return gone


def _tell_vendor(session: Session, tool: Tool, subject: str, text: str) -> None:
    vendor = accounts.get_organization(session, tool.org_id)
    people = accounts.people_with_role(session, vendor.id, Role.ADMINISTRATOR, Role.LISTING_EDITOR)
    where = f"Sign in and open /v/{vendor.slug}/listings/{tool.slug}/ to see the listing."
    for person in people:
        mail.send(session, person.email, subject, f"{text}\n\n{where}\n")
