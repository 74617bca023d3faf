"""What a vendor does to the answers of a listing, and what follows when something changes."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_queries, listing_rules, queries, questions
from marketplace.catalogue.listing_models import (
    ChangeNotice,
    ListingDraft,
    ToolFollower,
)
from marketplace.catalogue.listing_rules import ChangeKind
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import ToolStatus
from marketplace.catalogue.version_service import project_answers
from marketplace.core import clock, files
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.core.uploads import CheckedFile


def answer_questions(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    answers: Mapping[str, Any],
    *,
    seen: Mapping[str, str] | None = None,
    confirmed: Collection[str] = (),
    new_files: Mapping[str, CheckedFile] | None = None,
    dropped_files: Collection[str] = (),
) -> Tool:
    """Save answers, as `answers.read` returns them, in the draft.

    `seen` carries the mark of each answer its writer saw. What the writer left alone stays as
    it is now, whoever changed it; what both changed is refused, so that nothing is lost.
    """
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.answer_questions", tool)
    draft = listing_queries.draft_of(session, tool)
    written = listing_rules.settle(questions.load(), draft.answers, answers, seen)
    kept = {key: dict(answer) for key, answer in draft.answers.items()}
    asked, day = questions.load().by_key, clock.now().date()
    today = listing_queries.today().isoformat()
    for key, value in written.items():
        _put(kept, key, said.checked(asked[key], value, day), today)
    for key in confirmed:
        if key in kept:
            kept[key]["on"] = today
    for key, checked in (new_files or {}).items():
        kept.setdefault(key, {"value": None, "on": today})["file"] = _stored(
            session, actor, tool, checked
        )
    for key in dropped_files:
        kept.get(key, {}).pop("file", None)
    _save_draft(session, actor, tool, draft, kept)
    return tool


def _put(kept: dict[str, dict[str, Any]], key: str, value: Any, today: str) -> None:
    file = kept.get(key, {}).get("file")
    if value is None and file is None:
        kept.pop(key, None)
        return
    kept[key] = {"value": value, "on": today} | ({"file": file} if file else {})


def _stored(session: Session, actor: Actor, tool: Tool, checked: CheckedFile) -> dict[str, Any]:
    stored = files.store(session, actor, tool.org_id, checked)
    session.flush()
    return {
        "id": str(stored.id),
        "name": stored.name,
        "size": stored.size,
        "media_type": stored.media_type,
        "fingerprint": stored.fingerprint,
    }


def _save_draft(
    session: Session, actor: Actor, tool: Tool, draft: ListingDraft, kept: dict[str, Any]
) -> None:
    """Saving what is there already changes nothing."""
    if draft in session and draft.answers == kept:
        return
    listing_rules.check_together(kept)
    changed = sorted(k for k in {*kept, *draft.answers} if kept.get(k) != draft.answers.get(k))
    draft.answers, draft.saved_at, draft.saved_by = kept, clock.now(), actor.user_id
    draft.question_set = questions.NEWEST
    session.add(draft)
    if not changed:
        return
    tool.edits += 1
    if tool.published_at is None:
        project_answers(session, actor, tool, kept)
    emit(session, actor, "catalogue.listing_changed", tool, questions=changed)


def copy_answers(
    session: Session, actor: Actor, tool_id: UUID, *, from_id: UUID, sections: Collection[str]
) -> Tool:
    """Take over the answers of another listing of the same vendor, where this one has none.

    Name, one-line summary and files stay behind: they belong to the other tool.
    """
    if from_id == tool_id:
        raise RuleBroken("Choose another listing than this one.", "source")
    # Always in the same order, so that two who copy crosswise do not wait for each other.
    both = {each: queries.tool_to_change(session, each) for each in sorted((tool_id, from_id))}
    tool, source = both[tool_id], both[from_id]
    require(actor, "catalogue.copy_answers", tool)
    require(actor, "catalogue.copy_answers", source)
    draft = listing_queries.draft_of(session, tool)
    earlier = listing_queries.draft_of(session, source).answers
    kept = {key: dict(answer) for key, answer in draft.answers.items()}
    for section in questions.load().sections:
        for question in section.questions if section.key in sections else ():
            value = said.value_of(earlier, question.key)
            if value is not None and said.value_of(kept, question.key) is None:
                _put(kept, question.key, value, earlier[question.key]["on"])
    _save_draft(session, actor, tool, draft, kept)
    return tool


# -- changes that districts must hear of -----------------------------------------------------


def announce_change(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    kind: ChangeKind,
    words: str,
    takes_effect_on: date,
    once_key: str,
) -> ChangeNotice:
    """Tell the districts; the same form sent twice tells them once."""
    tool = queries.tool_to_change(session, tool_id)
    require(actor, "catalogue.announce_change", tool)
    for notice in listing_queries.notices_of(session, tool.id):
        if notice.once_key == once_key:
            return notice
    if tool.status is not ToolStatus.PUBLISHED:
        raise RuleBroken("Only a published listing has changes to announce.")
    listing_rules.check_notice(words, takes_effect_on, listing_queries.today())
    notice = ChangeNotice(
        org_id=tool.org_id,
        tool_id=tool.id,
        kind=kind,
        words=words,
        takes_effect_on=takes_effect_on,
        announced_at=clock.now(),
        once_key=once_key,
        reopened=listing_rules.reopened(questions.load(), kind),
    )
    session.add(notice)
    session.flush()
    emit(session, actor, "catalogue.change_announced", notice, tool=str(tool.id), kind=str(kind))
    return notice


def follow_tool(session: Session, actor: Actor, tool_id: UUID) -> None:
    """The actor's district wants to hear of changes; asking twice changes nothing."""
    tool = queries.tool_by_id(session, tool_id, actor)
    require(actor, "catalogue.follow_tool", tool)
    if listing_queries.follows(session, tool.id, actor.home):
        return
    follower = ToolFollower(org_id=actor.home, tool_id=tool.id, since=clock.now())
    try:
        with session.begin_nested():
            session.add(follower)
    except IntegrityError:  # the other half of a double click was quicker
        return
    emit(session, actor, "catalogue.tool_followed", follower)


def unfollow_tool(session: Session, actor: Actor, tool_id: UUID) -> None:
    tool = queries.tool_by_id(session, tool_id, actor)
    require(actor, "catalogue.unfollow_tool", tool)
    if follower := listing_queries.follows(session, tool.id, actor.home):
        session.delete(follower)
        emit(session, actor, "catalogue.tool_unfollowed", follower)
