"""Reading shortlists from the scope of the district that owns them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, func, select

from marketplace.accounts.models import User
from marketplace.catalogue import queries
from marketplace.catalogue.finding_models import (
    Shortlist,
    ShortlistDecision,
    ShortlistNote,
    ShortlistTool,
)
from marketplace.catalogue.models import Tool
from marketplace.core.errors import NotFound

NOTES_SHOWN = 200


@dataclass(frozen=True)
class Listed:
    """A shortlist as the list of lists shows it."""

    shortlist: Shortlist
    tools: int
    chosen: str


def get_shortlist(session: Session, shortlist_id: UUID, *, lock: bool = False) -> Shortlist:
    """Locked, so that what people do to one list happens one after the other."""
    query = select(Shortlist).where(Shortlist.id == shortlist_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such shortlist.")
    return found


def titled(session: Session, org_id: UUID, title_key: str) -> Shortlist | None:
    query = select(Shortlist).where(Shortlist.org_id == org_id, Shortlist.title_key == title_key)
    return session.exec(query).one_or_none()


def shortlists_of(session: Session, org_id: UUID, limit: int = 100) -> list[Listed]:
    """A district's shortlists, newest first: two queries, a third for names of tools."""
    query = select(Shortlist).where(Shortlist.org_id == org_id)
    lists = list(session.exec(query.order_by(col(Shortlist.begun_at).desc()).limit(limit)))
    ids = [one.id for one in lists]
    counts = dict(
        session.exec(
            select(ShortlistTool.shortlist_id, func.count())
            .where(col(ShortlistTool.shortlist_id).in_(ids))
            .group_by(col(ShortlistTool.shortlist_id))
        ).all()
    )
    newest = {
        decision.shortlist_id: decision
        for decision in session.exec(
            select(ShortlistDecision)
            .where(col(ShortlistDecision.shortlist_id).in_(ids))
            .order_by(col(ShortlistDecision.number))
        )
    }
    names = queries.tools_by_id(session, {d.tool_id for d in newest.values() if d.tool_id})
    return [Listed(one, counts.get(one.id, 0), _chosen(newest.get(one.id), names)) for one in lists]


def _chosen(decision: ShortlistDecision | None, tools: dict[UUID, Tool]) -> str:
    if decision is None:
        return ""
    if decision.tool_id is None:
        return "None of them"
    return tools[decision.tool_id].name if decision.tool_id in tools else "A tool"


def tools_of(session: Session, shortlist_id: UUID) -> list[ShortlistTool]:
    query = select(ShortlistTool).where(ShortlistTool.shortlist_id == shortlist_id)
    return list(
        session.exec(query.order_by(col(ShortlistTool.added_at), col(ShortlistTool.tool_id)))
    )


def notes_of(session: Session, shortlist_id: UUID) -> list[ShortlistNote]:
    """What people said, oldest first; of very many, the newest."""
    query = select(ShortlistNote).where(ShortlistNote.shortlist_id == shortlist_id)
    newest = query.order_by(col(ShortlistNote.written_at).desc(), col(ShortlistNote.id))
    return list(session.exec(newest.limit(NOTES_SHOWN)))[::-1]


def note_sent(session: Session, shortlist_id: UUID, once_key: str) -> ShortlistNote | None:
    query = select(ShortlistNote).where(
        ShortlistNote.shortlist_id == shortlist_id, ShortlistNote.once_key == once_key
    )
    return session.exec(query).one_or_none()


def decisions_of(session: Session, shortlist_id: UUID) -> list[ShortlistDecision]:
    """Newest first."""
    query = select(ShortlistDecision).where(ShortlistDecision.shortlist_id == shortlist_id)
    return list(session.exec(query.order_by(col(ShortlistDecision.number).desc())))


def notes_about(
    session: Session, org_id: UUID, tool_ids: Iterable[UUID]
) -> dict[UUID, list[tuple[ShortlistNote, str]]]:
    """What people of a district said about these tools on any list, with their names: one query."""
    query = (
        select(ShortlistNote, User.name)
        .join(User, col(User.id) == ShortlistNote.written_by)
        .where(ShortlistNote.org_id == org_id, col(ShortlistNote.tool_id).in_(set(tool_ids)))
        .order_by(col(ShortlistNote.written_at).desc())
        .limit(NOTES_SHOWN)
    )
    found: dict[UUID, list[tuple[ShortlistNote, str]]] = {}
    for note, name in session.exec(query):
        if note.tool_id:
            found.setdefault(note.tool_id, []).append((note, name))
    return found


def names_of(session: Session, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    rows: Sequence[tuple[UUID, str]] = session.exec(
        select(User.id, User.name).where(col(User.id).in_(set(user_ids)))
    ).all()
    return dict(rows)
