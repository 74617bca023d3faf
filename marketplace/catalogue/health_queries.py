"""How a vendor's listings stand: what is answered, what waits, what runs out. Own scope only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_queries, questions
from marketplace.catalogue.listing_models import ChangeNotice, ListingDeadline, ListingDraft
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import ToolStatus


@dataclass(frozen=True)
class Health:
    answered: int
    asked: int
    #: Questions that a change notice put in doubt and nobody settled.
    in_doubt: int
    #: What runs out first, and when.
    runs_out: date | None
    waits_for_us: bool

    @property
    def open_questions(self) -> int:
        return self.asked - self.answered


def health_of(session: Session, tools: Sequence[Tool]) -> dict[UUID, Health]:
    """Three queries, however many listings."""
    ids = [tool.id for tool in tools]
    drafts = {
        draft.tool_id: draft
        for draft in session.exec(select(ListingDraft).where(col(ListingDraft.tool_id).in_(ids)))
    }
    ends: dict[UUID, date] = {}
    query = select(ListingDeadline).where(col(ListingDeadline.tool_id).in_(ids))
    for deadline in session.exec(query):
        ends[deadline.tool_id] = min(deadline.ends_on, ends.get(deadline.tool_id, date.max))
    doubts: dict[UUID, list[ChangeNotice]] = {}
    for notice in session.exec(select(ChangeNotice).where(col(ChangeNotice.tool_id).in_(ids))):
        doubts.setdefault(notice.tool_id, []).append(notice)
    found = {}
    for tool in tools:
        draft = drafts.get(tool.id)
        answers = draft.answers if draft else listing_queries.answers_on_tool(tool)
        counts = [said.progress(section, answers) for section in questions.load().sections]
        found[tool.id] = Health(
            answered=sum(done for done, _ in counts),
            asked=sum(asked for _, asked in counts),
            in_doubt=len(listing_queries.in_doubt(doubts.get(tool.id, ()))),
            runs_out=ends.get(tool.id) if tool.status is ToolStatus.PUBLISHED else None,
            waits_for_us=bool(draft and draft.sent_at)
            or tool.status in (ToolStatus.SUBMITTED, ToolStatus.IN_REVIEW),
        )
    return found
