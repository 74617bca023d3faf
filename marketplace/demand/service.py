"""Showing interest and taking it back."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from marketplace.catalogue import queries as catalogue
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.demand import queries, rules
from marketplace.demand.models import Interest


def show_interest(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    seats: int,
    school_year: int,
    budget_cents: int | None = None,
    to_districts: bool = False,
    to_vendor: bool = False,
    contact_name: str = "",
    contact_email: str = "",
) -> Interest:
    """The actor's district would like so many seats; saying it again replaces what was said, and
    the same again changes nothing.

    It binds nobody. Raises `RuleBroken` at the field that cannot be, `NotFound` for a tool that
    is not listed.
    """
    tool = catalogue.tool_by_id(session, tool_id)
    require(actor, "demand.show_interest", tool)
    if tool.status != "published":
        raise RuleBroken("This tool is not listed now.")
    rules.check_interest(seats, school_year, budget_cents, clock.now().date())
    if (to_districts or to_vendor) and not contact_email:
        raise RuleBroken("Enter an e-mail address, or let nobody see your name.", "contact_email")
    now, is_new = clock.now(), False
    found = queries.interest(session, actor.home, tool.id, lock=True)
    if found is None:
        found, is_new = _first(session, actor, tool.id, seats, school_year)
    said = {
        "seats": seats,
        "school_year": school_year,
        "budget_cents": budget_cents,
        "to_districts": to_districts,
        "to_vendor": to_vendor,
        "contact_name": contact_name,
        "contact_email": contact_email,
    }
    if found.withdrawn_at is not None:
        found.shown_at, found.withdrawn_at, is_new = now, None, True
    elif not is_new and all(getattr(found, name) == value for name, value in said.items()):
        return found
    for name, value in said.items():
        setattr(found, name, value)
    found.changed_at = now
    session.add(found)
    session.flush()
    emit(session, actor, "demand.interest_shown" if is_new else "demand.interest_changed", found)
    return found


def _first(
    session: Session, actor: Actor, tool_id: UUID, seats: int, school_year: int
) -> tuple[Interest, bool]:
    """A new row; where the other half of a double click was quicker, that one, locked."""
    now = clock.now()
    row = Interest(
        org_id=actor.home,
        tool_id=tool_id,
        leaid=actor.leaid or "",
        seats=seats,
        school_year=school_year,
        shown_at=now,
        changed_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        there = queries.interest(session, actor.home, tool_id, lock=True)
        assert there is not None
        return there, False
    return row, True


def withdraw_interest(session: Session, actor: Actor, interest_id: UUID) -> Interest:
    """No longer interested; a second time changes nothing. Names and contacts go with it."""
    found = queries.get_interest(session, interest_id)
    require(actor, "demand.withdraw_interest", found)
    if found.withdrawn_at is None:
        found.withdrawn_at = found.changed_at = clock.now()
        found.to_districts = found.to_vendor = False
        found.contact_name = found.contact_email = ""
        session.add(found)
        emit(session, actor, "demand.interest_withdrawn", found)
    return found
