"""What a movement of money has to meet: days, sums and grants as they stand under the locks."""

from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.ledger import queries as books
from marketplace.ledger import rules as ledger_rules
from marketplace.programmes import movement_rules, queries
from marketplace.programmes.models import GrantAward, Programme, ProgrammeVersion
from marketplace.programmes.movement_rules import IN_FORCE, NEEDED, MovementKind


def check_day(session: Session, consortium_id: UUID, on: date) -> None:
    """Not in the future, and not in a month that is closed in these books."""
    today = clock.today(accounts.get_organization(session, consortium_id).time_zone)
    if on > today:
        raise RuleBroken("This day is not here yet. Use today or an earlier day.", "effective_on")
    ledger_rules.check_period_open(on, books.closed_through(session, consortium_id), "effective_on")


def check_sum(
    session: Session,
    version: ProgrammeVersion,
    kind: MovementKind,
    consortium_id: UUID,
    cents: int | None,
) -> int:
    """Money in stays within the pledge; money back leaves what is promised in its books."""
    if kind is MovementKind.RECEIVED:
        cents = movement_rules.check_amount(cents)
        fund = queries.fund_of(session, version)
        movement_rules.check_received(cents, fund.pledged_cents, fund.received_cents)
        return cents
    here = queries.fund_of(session, version, consortium_id)
    return movement_rules.check_amount(cents, here.held_cents - here.committed_cents)


def grants_to_move(
    session: Session, programme: Programme, kind: MovementKind, ids: tuple[UUID, ...]
) -> list[GrantAward]:
    """The grants of a movement, locked, each in the state the movement needs, of one pool."""
    if not ids:
        raise RuleBroken("Choose a grant.", "awards")
    found = queries.awards(session, ids)
    for award_id in ids:
        award = found.get(award_id)
        if award is None or award.programme_id != programme.id:
            raise NotFound("There is no such grant.")
        movement_rules.check_award(award.status, NEEDED[kind][0])
    if len({award.pool_id for award in found.values()}) != 1:
        raise RuleBroken("Choose grants of one pool at a time.", "awards")
    return sorted(found.values(), key=lambda award: award.number)


def check_fits_share(session: Session, award: GrantAward) -> None:
    """All grants in force on a share together are never more than the share."""
    known = queries.grants_on_orders(session, [award.order_id])[award.order_id]
    movement_rules.net_after(
        award.share_cents, [each.cents for each in known if each.status in IN_FORCE]
    )
