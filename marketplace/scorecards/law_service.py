"""What vendors file and districts mark beside a card: accessibility reports, tasks done."""

from datetime import date
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.catalogue import queries as catalogue
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.scorecards import acr_rules, queries, reading_queries
from marketplace.scorecards.models import AccessibilityReport, LawTask


def file_report(
    session: Session, actor: Actor, tool_id: UUID, content: bytes | str, *, field: str = "content"
) -> AccessibilityReport:
    """File an accessibility report (OpenACR, YAML or JSON) for a tool. Public at once; the same
    text filed again is the report that is there. Refused at `field`, and nothing is kept."""
    tool = catalogue.tool_to_change(session, tool_id)
    require(actor, "scorecards.file_report", tool)
    try:
        report = queries.read_acr(queries.acr_document(content))
    except RuleBroken as refusal:
        raise RuleBroken(str(refusal), field) from None
    if report.problems:
        raise RuleBroken(" ".join(report.problems[:5]), field)
    raw = content.encode() if isinstance(content, str) else content
    fingerprint, text = sha256(raw).hexdigest(), raw.decode("utf-8-sig")
    if filed := reading_queries.report_with_hash(session, tool.id, fingerprint):
        return filed
    answer, because = acr_rules.answer_to_eq01(report, queries.today())
    filed = AccessibilityReport(
        org_id=tool.org_id,
        tool_id=tool.id,
        title=report.title[:300],
        dated=report.dated,
        sha256=fingerprint,
        content=text,
        counts=report.document(),
        answer=answer,
        because=because,
        filed_at=clock.now(),
        filed_by=actor.user_id,
    )
    session.add(filed)
    session.flush()
    emit(session, actor, "scorecards.report_filed", filed, tool=str(tool.id), answer=answer)
    return filed


def mark_task(
    session: Session, actor: Actor, tool_id: UUID, requirement: str, done_on: date | None
) -> LawTask | None:
    """A district marks a duty of its own about a tool as done; None takes the mark away."""
    district = accounts.get_organization(session, actor.home, lock=True)
    require(actor, "scorecards.mark_task", district)
    tool = catalogue.tool_by_id(session, tool_id, actor)
    duty = reading_queries.requirement(requirement)
    if done_on is not None and done_on > clock.today(district.time_zone):
        raise RuleBroken("Enter the day on which it was done, not one to come.", "done_on")
    task = reading_queries.task_to_change(session, district.id, tool.id, duty.id)
    if done_on is None:
        if task is not None:
            session.delete(task)
            emit(session, actor, "scorecards.task_unmarked", task, requirement=duty.id)
        return None
    if task is not None and task.done_on == done_on:
        return task
    task = task or LawTask(
        org_id=district.id, tool_id=tool.id, requirement=duty.id, done_on=done_on
    )
    task.done_on, task.done_by = done_on, actor.user_id
    session.add(task)
    session.flush()
    emit(session, actor, "scorecards.task_marked", task, requirement=duty.id)
    return task
