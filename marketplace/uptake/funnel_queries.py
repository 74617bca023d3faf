"""How far each district of the directory came, and the releases made of it."""

from datetime import date
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.consortia.models import Member
from marketplace.core import tenancy
from marketplace.demand.models import Interest
from marketplace.directory.models import District
from marketplace.orders.models import Order
from marketplace.orders.rules import OrderKind, OrderStatus
from marketplace.pools.models import Commitment
from marketplace.pools.rules import Rung
from marketplace.uptake.funnel_rules import Row, Step
from marketplace.uptake.models import FunnelRelease

WHY = "counts of districts, in which no small group shows, are public"
STEP_OF_RUNG = {
    Rung.INTEREST: Step.INTERESTED,
    Rung.INTENT: Step.INTENT,
    Rung.BOARD_APPROVED: Step.BOARD_APPROVED,
    Rung.COMMITTED: Step.BOARD_APPROVED,
}


def rows(session: Session) -> list[Row]:
    """All districts on the newest federal list of their state; six queries, all of them sums or
    single columns. For the nightly job, never for a page."""
    with tenancy.everyone(WHY):
        reached = _furthest(session)
    year = func.substr(District.name_year, 1, 4)
    newest = select(District.state, func.max(year).label("year")).group_by(District.state)
    latest = newest.subquery()
    columns: Any = (
        District.leaid,
        District.state,
        District.locale,
        District.pupils,
        District.children,
        District.children_in_poverty,
    )
    query: Any = (
        select(*columns)
        .join(latest, (latest.c.state == District.state) & (latest.c.year == year))
        .order_by(District.leaid)
    )
    return [Row._make((*facts, reached.get(leaid, 0))) for leaid, *facts in session.exec(query)]


def _furthest(session: Session) -> dict[str, int]:
    """LEAID -> the furthest step; whoever is not in it was never asked."""
    found: dict[str, int] = {}

    def note(leaid: str | None, step: int) -> None:
        if leaid:
            found[leaid] = max(found.get(leaid, 0), step)

    members = select(Organization.leaid).join(Member, col(Member.district_id) == Organization.id)
    for leaid in session.exec(members):
        note(leaid, Step.INVITED)
    interested = select(Interest.leaid).where(col(Interest.withdrawn_at).is_(None))
    for leaid in session.exec(interested):
        note(leaid, Step.INTERESTED)
    committed = select(Commitment.leaid, Commitment.rung).where(
        col(Commitment.withdrawn_at).is_(None)
    )
    for leaid, rung in session.exec(committed):
        note(leaid, STEP_OF_RUNG[Rung(rung)])
    live = func.max(case((col(Order.status).in_((OrderStatus.ACTIVE, OrderStatus.ENDED)), 1)))
    terms = func.count(func.distinct(Order.term_starts_on))
    ordered: Any = (
        select(Order.leaid, live, terms)
        .where(Order.kind == OrderKind.POOL)
        .group_by(Order.leaid, col(Order.tool_id))
    )
    for leaid, is_live, times in session.exec(ordered):
        note(leaid, Step.RENEWED if times > 1 else Step.LIVE if is_live else Step.ORDERED)
    return found


def years(session: Session) -> dict[str, list[str]]:
    """From which years the facts of the directory are, the first and the last of each."""
    columns: Any = [
        bound(column)
        for column in (District.pupils_year, District.poverty_year, District.place_year)
        for bound in (func.min, func.max)
    ]
    found = session.exec(select(*columns)).one()
    names = ("Enrolment (NCES)", "Poverty (Census SAIPE)", "Place (NCES EDGE)")
    return {
        name: sorted({year for year in found[2 * n : 2 * n + 2] if year})
        for n, name in enumerate(names)
    }


def latest(session: Session) -> FunnelRelease | None:
    query = select(FunnelRelease).order_by(col(FunnelRelease.number).desc()).limit(1)
    return session.exec(query).first()


def is_to_be_looked_at(session: Session, today: date) -> bool:
    """Whether nobody has compared the rows with the newest release today (UTC)."""
    last = latest(session)
    return last is None or last.checked_at.date() != today


def release_by_number(session: Session, number: int) -> FunnelRelease | None:
    return session.exec(select(FunnelRelease).where(FunnelRelease.number == number)).first()
