"""What the guard asks: the gaps of a tool's card, and which of them a district accepted.

For pools and orders (they need no scope of their own):

- `check_may_open(session, tool_id)`: a pool may open on the tool.
- `check_may_commit(session, tool_id, district_id)`: a district may commit on the top rungs.
- `why_not_order(session, tool_id)`: why no order may be placed, or "".
- `without_acceptance(session, tool_id, district_ids)`: districts that owe an acceptance.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.catalogue import queries as catalogue
from marketplace.core import tenancy
from marketplace.guard import rules
from marketplace.guard.models import GapAcceptance
from marketplace.guard.rules import Gap
from marketplace.scorecards import queries as scorecards
from marketplace.scorecards import rules as cards

_WHY = "the guard asks what a district accepted, before anybody buys"


def gaps(session: Session, tool_id: UUID) -> tuple[Gap, ...]:
    """The gaps of a tool's newest card today; none where there is no card."""
    found = scorecards.card_of(session, tool_id)
    if found is None:
        return ()
    card, standing = found
    return _gaps_on(card.inputs, card.rubric_version, scorecards.today(), tuple(standing.incidents))


@lru_cache(maxsize=512)
def _gaps_on(inputs: str, version: str, day: date, incidents: tuple[str, ...]) -> tuple[Gap, ...]:
    """Scoring a card takes some milliseconds, and a card is asked for often."""
    rubric = scorecards.rubric(version)
    card = cards.from_canonical(inputs, rubric).at(day, frozenset(incidents))
    options = {key: answer.option for key, answer in card.answers.items()}
    return rules.gaps_of(rubric, options, cards.score(rubric, card))


def acceptances_of(session: Session, org_id: UUID, tool_id: UUID) -> list[GapAcceptance]:
    """What a district accepted of a tool, newest first."""
    query = select(GapAcceptance).where(
        GapAcceptance.org_id == org_id, GapAcceptance.tool_id == tool_id
    )
    newest = query.order_by(col(GapAcceptance.accepted_at).desc(), col(GapAcceptance.id))
    return list(session.exec(newest))


def accepted_keys(
    session: Session, tool_id: UUID, district_ids: Iterable[UUID]
) -> dict[UUID, set[str]]:
    """Keys of the gaps each district ever accepted for a tool, in one query."""
    query = select(GapAcceptance).where(
        GapAcceptance.tool_id == tool_id, col(GapAcceptance.org_id).in_(set(district_ids))
    )
    found: dict[UUID, set[str]] = {}
    with tenancy.everyone(_WHY):
        for row in session.exec(query):
            found.setdefault(row.org_id, set()).update(gap["key"] for gap in row.gaps)
    return found


def open_gaps(session: Session, tool_id: UUID, district_id: UUID) -> tuple[Gap, ...]:
    """The gaps of a tool's card that a district has not accepted."""
    found = gaps(session, tool_id)
    if not found:
        return ()
    accepted = accepted_keys(session, tool_id, [district_id]).get(district_id, set())
    return rules.not_yet_accepted(found, accepted)


# -- the guard -------------------------------------------------------------------------------


def _standing(session: Session, tool_id: UUID) -> tuple[str, str]:
    """(name of the tool, what blocks buying it)."""
    tool = catalogue.tools_by_id(session, [tool_id]).get(tool_id)
    name = tool.name if tool else "this tool"
    return name, scorecards.standings(session, [tool_id])[tool_id].blocks_purchase


def check_may_open(session: Session, tool_id: UUID) -> None:
    """A pool may open on this tool, or `RuleBroken` says why not."""
    rules.check_may_buy(*_standing(session, tool_id))


def check_may_commit(session: Session, tool_id: UUID, district_id: UUID) -> None:
    """A district may commit on the top two rungs, or `RuleBroken` at `rung` says why not."""
    name, blocks = _standing(session, tool_id)
    waiting: Sequence[Any] = () if blocks else open_gaps(session, tool_id, district_id)
    rules.check_may_buy(name, blocks, waiting, "rung")


def why_not_order(session: Session, tool_id: UUID) -> str:
    """Why no order of this tool may be placed now, in a sentence; empty when it may."""
    return rules.why_not(*_standing(session, tool_id))


def without_acceptance(session: Session, tool_id: UUID, district_ids: Iterable[UUID]) -> set[UUID]:
    """Districts that have not accepted every gap of the card as it is today."""
    found, wanted = gaps(session, tool_id), set(district_ids)
    if not found or not wanted:
        return set()
    accepted = accepted_keys(session, tool_id, wanted)
    return {
        district
        for district in wanted
        if rules.not_yet_accepted(found, accepted.get(district, set()))
    }
