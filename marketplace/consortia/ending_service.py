"""How a consortium ends: warned of its term, wound up, dissolved. What must be settled before
that lies further down; it is asked there, and said here."""

from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.consortia import queries, rules
from marketplace.consortia.models import Consortium
from marketplace.consortia.rules import ConsortiumStatus
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.ledger import service as ledger_service


def warn_of_term(session: Session, actor: Actor, org_id: UUID) -> int | None:
    """Note that a warning of the end of its term is due, once for each of its days: 180, 90, 60
    and 30 days ahead. The letters follow. The number of days, or None where none is due."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.warn_of_term", consortium)
    if consortium.runs_until is None or consortium.status is ConsortiumStatus.DISSOLVED:
        return None
    today = clock.today(accounts.get_organization(session, org_id).time_zone)
    warned = consortium.term_reminded_days
    days = rules.reminder_due(consortium.runs_until, today, 999 if warned is None else warned)
    if days is not None:
        consortium.term_reminded_days = days
        session.add(consortium)
        ends_on = consortium.runs_until.isoformat()
        emit(session, actor, "consortia.term_ends", consortium, days=days, ends_on=ends_on)
    return days


def wind_up(session: Session, actor: Actor, org_id: UUID) -> Consortium:
    """From today on nothing new begins; what is open is finished. Again changes nothing."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.wind_up", consortium)
    rules.check_not_dissolved(consortium.status)
    if consortium.winding_up_on is None:
        organization = accounts.get_organization(session, org_id)
        consortium.winding_up_on = clock.today(organization.time_zone)
        session.add(consortium)
        emit(session, actor, "consortia.winds_up", consortium)
    return consortium


def dissolve(session: Session, actor: Actor, org_id: UUID) -> Consortium:
    """The consortium ends and its books are sealed: they refuse unless every account stands at
    zero, and nothing is posted to them any more. Pages and papers stay to be read."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.dissolve", consortium)
    if consortium.status is not ConsortiumStatus.DISSOLVED:
        ledger_service.seal_books(session, actor, org_id)
        organization = accounts.get_organization(session, org_id)
        consortium.status = ConsortiumStatus.DISSOLVED
        consortium.dissolved_on = clock.today(organization.time_zone)
        session.add(consortium)
        emit(session, actor, "consortia.dissolved", consortium)
    return consortium
