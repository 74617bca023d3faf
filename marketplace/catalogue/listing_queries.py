"""What may be asked about drafts, frozen versions, steps, notices and followers.

What was published is public for good, so versions and notices are read across vendors; a draft
is read from the vendor's own scope, or by the operator once it was sent.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, or_, select

from marketplace.catalogue import answers as said
from marketplace.catalogue import prices, queries, questions, rules
from marketplace.catalogue.answers import Answers
from marketplace.catalogue.listing_models import (
    ChangeNotice,
    ListingDeadline,
    ListingDraft,
    ListingImport,
    ListingStep,
    ListingVersion,
    NoticeReceipt,
    ToolFollower,
)
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import ToolStatus
from marketplace.core import access, clock, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotFound
from marketplace.pricing import rules as pricing

_WHY = "what was once published is public"


def today() -> date:
    """The day at the vendor counts from where the country's last one begins: it is never early."""
    return clock.today("Pacific/Honolulu")


# -- drafts ----------------------------------------------------------------------------------


def draft_of(session: Session, tool: Tool) -> ListingDraft:
    """The vendor's draft; for a listing older than the question set, made from what it said.

    Not saved: whoever writes adds it to the session.
    """
    query = select(ListingDraft).where(ListingDraft.tool_id == tool.id)
    kept = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    return kept or ListingDraft(
        org_id=tool.org_id,
        tool_id=tool.id,
        question_set=questions.NEWEST,
        answers=answers_on_tool(tool),
        saved_at=tool.created_at,
    )


def answers_on_tool(tool: Tool) -> dict[str, dict[str, Any]]:
    """The answers that stand on the tool itself."""
    day = (tool.published_at or tool.created_at).date().isoformat()
    found = {}
    for question in questions.load():
        value = getattr(tool, question.key) if question.column else None
        if question.key == "ai_use":
            value = str(value) if tool.ai_facts else None
        if value not in (None, "", []):
            found[question.key] = {"value": value, "on": day}
    return found


def first_answers(name: str, summary: str) -> dict[str, dict[str, Any]]:
    """What a draft begins with."""
    day = today().isoformat()
    return {"name": {"value": name, "on": day}, "summary": {"value": summary, "on": day}}


def drafts_sent(session: Session) -> list[UUID]:
    """For the operator: published tools whose changes wait, longest first."""
    query = select(ListingDraft).where(col(ListingDraft.sent_at).is_not(None))
    return [d.tool_id for d in session.exec(query.order_by(col(ListingDraft.sent_at)).limit(200))]


# -- versions --------------------------------------------------------------------------------


def versions_of(session: Session, tool_id: UUID) -> list[ListingVersion]:
    """Every frozen version, newest first."""
    query = (
        select(ListingVersion)
        .where(ListingVersion.tool_id == tool_id)
        .order_by(col(ListingVersion.number).desc())
    )
    with tenancy.everyone(_WHY):
        return list(session.exec(query))


def newest_version(session: Session, tool_id: UUID) -> ListingVersion | None:
    query = select(ListingVersion).where(ListingVersion.tool_id == tool_id)
    with tenancy.everyone(_WHY):
        return session.exec(query.order_by(col(ListingVersion.number).desc()).limit(1)).first()


def answers_now(session: Session, tools: Iterable[Tool]) -> dict[UUID, tuple[str, Answers]]:
    """(question set, answers) that buyers read of each of a few tools: one query."""
    wanted = {tool.id: tool for tool in tools}
    newest = (
        select(ListingVersion.tool_id, func.max(ListingVersion.number).label("number"))
        .where(col(ListingVersion.tool_id).in_(set(wanted)))
        .group_by(col(ListingVersion.tool_id))
        .subquery()
    )
    query = select(ListingVersion).join(
        newest,
        (newest.c.tool_id == ListingVersion.tool_id) & (newest.c.number == ListingVersion.number),
    )
    with tenancy.everyone(_WHY):
        found = {v.tool_id: (v.question_set, v.content["answers"]) for v in session.exec(query)}
    old = {i: (questions.NEWEST, answers_on_tool(t)) for i, t in wanted.items() if i not in found}
    return found | old


def get_version(session: Session, tool_id: UUID, number: int) -> ListingVersion:
    query = select(ListingVersion).where(
        ListingVersion.tool_id == tool_id, ListingVersion.number == number
    )
    with tenancy.everyone(_WHY):
        version = session.exec(query).one_or_none()
    if version is None:
        raise NotFound("There is no such version.")
    return version


def published_answers(session: Session, tool: Tool) -> tuple[str, Answers, ListingVersion | None]:
    """(question set, answers, version) that buyers read now."""
    version = newest_version(session, tool.id)
    return *answers_in(version, tool), version


def answers_in(version: ListingVersion | None, tool: Tool) -> tuple[str, Answers]:
    """(question set, answers) of a version; of a tool from before the first, what it says."""
    if version is None:
        return questions.NEWEST, answers_on_tool(tool)
    return version.question_set, version.content["answers"]


def may_read(actor: Actor, who: str, org_id: UUID) -> bool:
    """Whether an answer for `who` may be shown; the vendor and the operator read all."""
    if who == "public" or actor.org_id == org_id or actor.org_kind == "operator":
        return True
    return who == "districts" and actor.org_kind == "district"


def readable_file(session: Session, tool: Tool, file_id: UUID, actor: Actor) -> None:
    """Refuse a file that stands beside no answer which the actor may read.

    Drafts count for those who write them and for the operator.
    """
    written = [(v.question_set, v.content["answers"]) for v in versions_of(session, tool.id)]
    if actor.org_id == tool.org_id or access.is_operator(actor, tool):
        draft = draft_of(session, tool)
        written.append((draft.question_set, draft.answers))
    for question_set, answers in written:
        asked = questions.load(question_set).by_key
        for key, answer in answers.items():
            is_it = answer.get("file", {}).get("id") == str(file_id)
            if is_it and may_read(actor, asked[key].who, tool.org_id):
                return
    raise NotFound("There is no such document.")


def frozen_prices(version: ListingVersion) -> list[dict[str, Any]]:
    """The editions of a version with their prices in words."""
    found = []
    for edition in version.content["editions"]:
        price = edition["price"]
        schedule = pricing.schedule_from_json(price["terms"]) if price else None
        found.append({
            "name": edition["name"],
            "included": edition["included"],
            "range": prices.price_range([schedule]) if schedule else "",
            "extras": pricing.price_extras(schedule) if schedule else [],
            "valid_until": date.fromisoformat(price["valid_until"]) if price else None,
            "version": price["version"] if price else None,
        })  # fmt: skip
    return found


# -- steps, deadlines, notices ---------------------------------------------------------------


def steps_of(session: Session, tool_id: UUID) -> list[ListingStep]:
    """What happened to a listing, newest first."""
    query = select(ListingStep).where(ListingStep.tool_id == tool_id)
    order = list(ToolStatus)
    with tenancy.everyone("whoever may see the tool may see the steps that were public"):
        steps = list(session.exec(query))
    return sorted(steps, key=lambda s: (s.taken_at, order.index(s.status)), reverse=True)


def deadlines_of(session: Session, tool_id: UUID) -> list[ListingDeadline]:
    query = (
        select(ListingDeadline)
        .where(ListingDeadline.tool_id == tool_id)
        .order_by(col(ListingDeadline.ends_on), col(ListingDeadline.what))
    )
    with tenancy.everyone("the days on which published answers run out are public"):
        return list(session.exec(query))


def words_of_deadline(session: Session, tool: Tool, what: str) -> str:
    if what == "listing":
        return "The listing itself, to be confirmed once a year"
    if what.startswith("price:"):
        names = {str(e.id): e.name for e in queries.editions_of(session, tool.id)}
        return f"The price of {names.get(what.removeprefix('price:'), 'an edition')}"
    asked = questions.load().by_key.get(what)
    return asked.label if asked else what


def notices_of(session: Session, tool_id: UUID) -> list[ChangeNotice]:
    query = (
        select(ChangeNotice)
        .where(ChangeNotice.tool_id == tool_id)
        .order_by(col(ChangeNotice.announced_at).desc())
    )
    with tenancy.everyone("change notices are public"):
        return list(session.exec(query))


def in_doubt(notices: Iterable[ChangeNotice]) -> set[str]:
    """The questions whose answers changed and were not reviewed since."""
    return {key for notice in notices if notice.settled_by is None for key in notice.reopened}


def notice_by_id(session: Session, notice_id: UUID) -> ChangeNotice:
    query = select(ChangeNotice).where(ChangeNotice.id == notice_id)
    with tenancy.everyone("change notices are public"):
        notice = session.exec(query).one_or_none()
    if notice is None:
        raise NotFound("There is no such notice.")
    return notice


def districts_told(session: Session, notice_id: UUID) -> set[UUID]:
    query = select(NoticeReceipt).where(NoticeReceipt.notice_id == notice_id)
    with tenancy.everyone("a vendor learns how many were told, and nobody is told twice"):
        return {receipt.org_id for receipt in session.exec(query)}


def followers_of(session: Session, tool_id: UUID) -> list[UUID]:
    query = select(ToolFollower).where(ToolFollower.tool_id == tool_id)
    with tenancy.everyone("a change is told to everybody who follows the tool"):
        return [row.org_id for row in session.exec(query.order_by(col(ToolFollower.since)))]


def follows(session: Session, tool_id: UUID, district_id: UUID) -> ToolFollower | None:
    query = select(ToolFollower).where(
        ToolFollower.tool_id == tool_id, ToolFollower.org_id == district_id
    )
    return session.exec(query).one_or_none()


def deadlines_to_warn_of(session: Session, day: date, steps: Iterable[int]) -> list[Any]:
    """(deadline, tool) of published tools for which a warning is due; the caller sees all."""
    due = [
        (ListingDeadline.ends_on <= date.fromordinal(day.toordinal() + step))
        & (ListingDeadline.warned_days > step)
        for step in steps
    ]
    query = (
        select(ListingDeadline, Tool)
        .join(Tool, col(Tool.id) == ListingDeadline.tool_id)
        .where(or_(*due), ListingDeadline.ends_on >= day, Tool.status == ToolStatus.PUBLISHED)
        .order_by(col(ListingDeadline.tool_id), col(ListingDeadline.ends_on))
        .limit(500)
    )
    return list(session.exec(query))


def listings_run_out(session: Session, day: date) -> list[UUID]:
    """Published tools that nobody confirmed for a year; the caller sees all."""
    query = (
        select(ListingDeadline)
        .join(Tool, col(Tool.id) == ListingDeadline.tool_id)
        .where(
            ListingDeadline.what == "listing",
            ListingDeadline.ends_on < day,
            Tool.status == ToolStatus.PUBLISHED,
        )
        .limit(200)
    )
    return [deadline.tool_id for deadline in session.exec(query)]


# -- imports ---------------------------------------------------------------------------------


def own_import(session: Session, import_id: UUID, *, lock: bool = False) -> ListingImport:
    """An uploaded file, from its owner's scope."""
    query = select(ListingImport).where(ListingImport.id == import_id)
    found = session.exec(
        (query.with_for_update() if lock else query).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such import.")
    return found


def missing_parts(session: Session, tool: Tool) -> list[str]:
    """What the draft still needs before anybody may publish it, one sentence for each part."""
    draft = draft_of(session, tool)
    open_ones: dict[str, list[str]] = {}
    for section, question in said.missing(questions.load(), draft.answers):
        open_ones.setdefault(section.title, []).append(question.label)
    priced = {schedule.edition_id for schedule in queries.schedules_of(session, tool.id)}
    editions = queries.editions_of(session, tool.id)
    profile = queries.vendor_profile(session, tool.org_id)
    by_the_line = said.value_of(draft.answers, "service_lines")
    return rules.missing_parts(
        unanswered=[f"{title}: {', '.join(labels)}." for title, labels in open_ones.items()],
        is_sold=said.value_of(draft.answers, "license_kind") != "open_source" or not by_the_line,
        editions=len(editions),
        editions_without_price=[e.name for e in editions if e.id not in priced],
        billing_email=profile.billing_email if profile else "",
        remit_to=profile.remit_to if profile else "",
    )
