"""Look for the clauses that a state's law asks for in an agreement a district signed or joined."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.agreements import queries, rules
from marketplace.agreements.models import AgreementClause
from marketplace.core import clock, tenancy
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.scorecards import queries as scorecards

PUBLIC = "a district reads the terms that it has joined"


def look_for_clauses(
    session: Session, actor: Actor, agreement_id: UUID, found: Mapping[str, tuple[bool, str]]
) -> list[AgreementClause]:
    """Keep what the actor's district found: {clause: (is it there, page or clause)}.

    What is left out counts as not looked for. The agreement's row is locked, so that two people
    who save at once leave one answer for each clause: the later one.
    """
    with tenancy.everyone(PUBLIC):
        agreement = queries.get_agreement(session, agreement_id, lock=True)
    binds = queries.bound_by(session, agreement_id, actor.home)
    require(actor, "agreements.look_for_clauses", binds)
    asked = scorecards.clauses_asked(agreement.state)
    rows = queries.clauses_looked_for(session, agreement_id, actor.home)
    typed = {clause: (is_there, where.strip()) for clause, (is_there, where) in found.items()}
    if {clause: (row.is_there, row.locator) for clause, row in rows.items()} == typed:
        return list(rows.values())  # the same form, sent twice
    for clause, (is_there, locator) in found.items():
        rules.check_clause(clause, is_there, locator.strip(), asked)
        said: dict[str, Any] = {
            "is_there": is_there,
            "locator": locator.strip(),
            "looked_at": clock.now(),
            "looked_by": actor.person,
        }
        if row := rows.pop(clause, None):
            row.sqlmodel_update(said)
        else:
            row = AgreementClause(
                org_id=actor.home, agreement_id=agreement_id, clause=clause, **said
            )
        session.add(row)
    for row in rows.values():
        session.delete(row)
    session.flush()
    emit(session, actor, "agreements.clauses_looked_for", binds, clauses=len(found))
    return list(queries.clauses_looked_for(session, agreement_id, actor.home).values())
