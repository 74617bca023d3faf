"""A person of a district accepts the gaps of a scorecard, in words."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.guard import queries, rules
from marketplace.guard.models import GapAcceptance
from marketplace.scorecards import queries as scorecards


def accept_gaps(
    session: Session, actor: Actor, tool_id: UUID, *, words: str, seen: Collection[str]
) -> GapAcceptance:
    """Keep that the actor's district accepts the gaps of the card as it is today.

    `seen` are the keys of the gaps that stood on the page: a card that changed meanwhile is
    read again first. With nothing left to accept, the newest acceptance is found instead.
    """
    district = accounts.get_organization(session, actor.home, lock=True)
    require(actor, "guard.accept_gaps", district)
    found = scorecards.card_of(session, tool_id)
    if found is None:
        raise RuleBroken("This tool has no scorecard, so there is nothing to accept yet.")
    waiting = queries.open_gaps(session, tool_id, district.id)
    earlier = queries.acceptances_of(session, district.id, tool_id)
    if not waiting:
        if earlier:
            return earlier[0]  # the same form, sent twice
        raise RuleBroken("The scorecard has no gap that your district needs to accept.")
    rules.check_acceptance(waiting, seen, words)
    acceptance = GapAcceptance(
        org_id=district.id,
        tool_id=tool_id,
        card_id=found[0].id,
        card_version=found[0].version,
        gaps=[{"key": g.key, "title": g.title, "words": g.words} for g in waiting],
        words=words.strip(),
        accepted_by=actor.person,
        accepted_at=clock.now(),
    )
    session.add(acceptance)
    session.flush()
    emit(session, actor, "guard.gaps_accepted", acceptance, tool=str(tool_id))
    return acceptance
