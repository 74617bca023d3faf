"""A district says once to which accounts it charges what it buys."""

from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlmodel import Session, select

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.orders import charge_codes, list_queries, statement_rules
from marketplace.orders.models import ChargeCode


def choose_charge_codes(
    session: Session,
    actor: Actor,
    district_id: UUID,
    *,
    applies_to: str,
    function_code: str,
    object_code: str,
) -> ChargeCode:
    """Remember function and object for one tool or for every tool; the last choice counts."""
    district = accounts.get_organization(session, district_id)
    require(actor, "orders.choose_charge_codes", district)
    tools = {statement_rules.EVERY_TOOL, *list_queries.tools_ordered(session, district.id)}
    if applies_to not in tools:
        raise RuleBroken("Choose a tool that you have ordered.", "applies_to")
    statement_rules.check_codes(
        function_code,
        object_code,
        charge_codes.codes("function"),
        charge_codes.codes("object"),
    )
    said = {
        "function_code": function_code,
        "object_code": object_code,
        "edition": charge_codes.EDITION,
        "chosen_at": clock.now(),
        "chosen_by": actor.user_id,
    }
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = (insert_on_postgresql if on_postgresql else insert_on_sqlite)(ChargeCode)
    new = insert.values(id=uuid4(), org_id=district.id, applies_to=applies_to, **said)
    where = ["org_id", "applies_to"]
    session.execute(new.on_conflict_do_update(index_elements=where, set_=said))
    query = select(ChargeCode).where(
        ChargeCode.org_id == district.id, ChargeCode.applies_to == applies_to
    )
    chosen = session.exec(query.execution_options(populate_existing=True)).one()
    emit(session, actor, "orders.charge_codes_chosen", chosen, applies_to=applies_to)
    return chosen
