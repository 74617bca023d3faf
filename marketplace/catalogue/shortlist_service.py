"""Weighing tools together: a list, what people say, and the decision that stays on file."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.catalogue import listing_queries, queries
from marketplace.catalogue import shortlist_queries as lists
from marketplace.catalogue.finding_models import (
    Shortlist,
    ShortlistDecision,
    ShortlistNote,
    ShortlistTool,
)
from marketplace.catalogue.rules import fold
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit

MOST_TOOLS = 12
MOST_LISTS = 100
TAKEN = "Your district already has a list with this title. Open it, or choose another title."


def begin_shortlist(
    session: Session, actor: Actor, *, title: str, seats: int | None = None
) -> Shortlist:
    """A new, empty list of the actor's district; titles are told apart."""
    district = accounts.get_organization(session, actor.home)
    require(actor, "catalogue.begin_shortlist", district)
    if lists.titled(session, district.id, fold(title)):
        raise RuleBroken(TAKEN, "title")
    if len(lists.shortlists_of(session, district.id, MOST_LISTS)) >= MOST_LISTS:
        raise RuleBroken(f"A district may keep {MOST_LISTS} lists.", "title")
    shortlist = Shortlist(
        org_id=district.id,
        title=title,
        title_key=fold(title),
        seats=seats,
        begun_at=clock.now(),
        begun_by=actor.person,
    )
    try:
        with session.begin_nested():
            session.add(shortlist)
    except IntegrityError:
        raise RuleBroken(TAKEN, "title") from None
    emit(session, actor, "catalogue.shortlist_begun", shortlist)
    return shortlist


def shortlist_tool(session: Session, actor: Actor, shortlist_id: UUID, tool_id: UUID) -> Shortlist:
    """Put a public tool on a list; one that stands there already stays once."""
    shortlist = lists.get_shortlist(session, shortlist_id, lock=True)
    require(actor, "catalogue.shortlist_tool", shortlist)
    tool = queries.tool_by_id(session, tool_id)
    there = {row.tool_id for row in lists.tools_of(session, shortlist.id)}
    if tool.id in there:
        return shortlist
    if len(there) >= MOST_TOOLS:
        raise RuleBroken(f"{MOST_TOOLS} tools fit on a list. Take one off first.", "shortlist")
    session.add(
        ShortlistTool(
            org_id=shortlist.org_id,
            shortlist_id=shortlist.id,
            tool_id=tool.id,
            added_at=clock.now(),
            added_by=actor.person,
        )
    )
    emit(session, actor, "catalogue.tool_shortlisted", shortlist, tool=str(tool.id))
    return shortlist


def drop_from_shortlist(
    session: Session, actor: Actor, shortlist_id: UUID, tool_id: UUID
) -> Shortlist:
    """Take a tool off; what was said about it and decided stays."""
    shortlist = lists.get_shortlist(session, shortlist_id, lock=True)
    require(actor, "catalogue.drop_from_shortlist", shortlist)
    for row in lists.tools_of(session, shortlist.id):
        if row.tool_id == tool_id:
            session.delete(row)
            emit(session, actor, "catalogue.tool_dropped", shortlist, tool=str(tool_id))
    return shortlist


def comment_shortlist(
    session: Session,
    actor: Actor,
    shortlist_id: UUID,
    *,
    words: str,
    tool_id: UUID | None = None,
    once_key: str,
) -> ShortlistNote:
    """Say something about one tool of the list, or about all; the same form sent twice says it
    once."""
    shortlist = lists.get_shortlist(session, shortlist_id, lock=True)
    require(actor, "catalogue.comment_shortlist", shortlist)
    if sent := lists.note_sent(session, shortlist.id, once_key):
        return sent
    if not words.strip():
        raise RuleBroken("Write what you think in a sentence or two.", "words")
    if tool_id and tool_id not in {row.tool_id for row in lists.tools_of(session, shortlist.id)}:
        raise RuleBroken("This tool was just taken off the list. Choose another.", "tool")
    note = ShortlistNote(
        org_id=shortlist.org_id,
        shortlist_id=shortlist.id,
        tool_id=tool_id,
        words=words,
        written_by=actor.person,
        written_at=clock.now(),
        once_key=once_key,
    )
    session.add(note)
    emit(session, actor, "catalogue.shortlist_commented", shortlist)
    return note


def decide_shortlist(
    session: Session,
    actor: Actor,
    shortlist_id: UUID,
    *,
    tool_id: UUID | None,
    why: str,
    seen_decisions: int,
) -> ShortlistDecision:
    """Put the choice on file, with the reason and the version that was read.

    Of two people who decide at once the later one is told what the first decided. Deciding again
    adds to the record; nothing is taken back.
    """
    shortlist = lists.get_shortlist(session, shortlist_id, lock=True)
    require(actor, "catalogue.decide_shortlist", shortlist)
    on_list = [row.tool_id for row in lists.tools_of(session, shortlist.id)]
    if shortlist.decisions != seen_decisions:
        raise RuleBroken(
            "Somebody decided this list after you opened this page. Their decision stands above. "
            "What you typed is still here: send it again to decide anew."
        )
    if not why.strip():
        raise RuleBroken("Write why, in a sentence or two. Boards and auditors ask.", "why")
    if not on_list:
        raise RuleBroken("Put at least one tool on the list before you decide.")
    if tool_id and tool_id not in on_list:
        raise RuleBroken("This tool is not on the list any more. Choose another.", "tool")
    tools = queries.tools_by_id(session, on_list)
    version = listing_queries.newest_version(session, tool_id) if tool_id else None
    shortlist.decisions += 1
    decision = ShortlistDecision(
        org_id=shortlist.org_id,
        shortlist_id=shortlist.id,
        number=shortlist.decisions,
        tool_id=tool_id,
        version=version.number if version else None,
        why=why,
        weighed=sorted(tool.name for tool in tools.values()),
        decided_by=actor.person,
        decided_at=clock.now(),
    )
    session.add(decision)
    facts = {"tool": str(tool_id) if tool_id else None, "number": decision.number}
    emit(session, actor, "catalogue.shortlist_decided", shortlist, **facts)
    return decision
