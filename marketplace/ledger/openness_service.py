"""What the by-laws let the public see of the books, written down beside the books."""

from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.ledger import desk_queries, queries, sight_rules
from marketplace.ledger.models import LedgerHead, LedgerOpenness
from marketplace.ledger.rules import Openness


def set_openness(
    session: Session, actor: Actor, consortium_id: UUID, openness: Openness, clause: str
) -> LedgerOpenness:
    """Write down what the by-laws let the public see of the books, and where they say so. Only
    by-laws that have come into force do this, so books and by-laws never differ."""
    require(actor, "ledger.set_openness", LedgerHead(org_id=consortium_id))
    clause = " ".join(clause.split())
    sight_rules.check_clause(clause)
    queries.lock_head(session, consortium_id)
    found = desk_queries.openness_of(session, consortium_id)
    if found and (found.openness, found.clause) == (openness, clause):
        return found
    said = found or LedgerOpenness(org_id=consortium_id)  # type: ignore[call-arg]
    said.openness, said.clause = openness, clause
    said.set_at, said.set_by = clock.now(), actor.user_id
    session.add(said)
    session.flush()
    emit(session, actor, "ledger.openness_set", said, openness=str(openness))
    return said
