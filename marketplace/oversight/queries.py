"""Incidents of tools, their timelines, who uses a tool, and the states' clocks."""

import csv
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.agreements import queries as agreements
from marketplace.catalogue import queries as catalogue
from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.orders import queries as orders
from marketplace.oversight.models import Incident, IncidentNotice, IncidentStep
from marketplace.oversight.rules import Duty, IncidentStatus
from marketplace.pools.models import Commitment, Pool
from marketplace.pools.rules import PoolStatus
from marketplace.scorecards.rules import incident_shown_until

#: Where the duties come from: the law packs of this day.
CLOCKS_AS_OF = date(2026, 11, 21)
_CLOCKS = Path(__file__).parent / "breach_clocks.csv"


@cache
def duties() -> tuple[Duty, ...]:
    """The breach-notice duties of the law packs that name a number of days."""
    with _CLOCKS.open(newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    return tuple(Duty(**row | {"days": int(row["days"])}) for row in rows)


def get_incident(session: Session, incident_id: UUID, *, lock: bool = False) -> Incident:
    query = select(Incident).where(Incident.id == incident_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such incident.")
    return found


def reported_with(session: Session, org_id: UUID, once_key: str) -> Incident | None:
    query = select(Incident).where(Incident.org_id == org_id, Incident.once_key == once_key)
    return session.exec(query).one_or_none()


def steps_of(session: Session, incident_id: UUID) -> list[IncidentStep]:
    query = select(IncidentStep).where(IncidentStep.incident_id == incident_id)
    return list(session.exec(query.order_by(col(IncidentStep.number))))


def incidents_listed(*statuses: IncidentStatus) -> Any:
    """The query behind lists: newest report first."""
    query = select(Incident).order_by(col(Incident.reported_at).desc(), col(Incident.id))
    return query.where(col(Incident.status).in_(statuses)) if statuses else query


def shown_on_tool(session: Session, tool_id: UUID) -> list[Incident]:
    """What stands on a tool's page: reports, open incidents, and closed ones for 36 months."""
    shown = (IncidentStatus.UNCONFIRMED, IncidentStatus.CONFIRMED, IncidentStatus.CLOSED)
    query = incidents_listed(*shown).where(Incident.tool_id == tool_id)
    today = clock.now().date()
    return [
        incident
        for incident in session.exec(query)
        if incident.closed_at is None or incident_shown_until(incident.closed_at.date()) >= today
    ]


def incidents_of_vendor(session: Session, vendor_id: UUID) -> list[Incident]:
    query = incidents_listed().where(Incident.vendor_id == vendor_id)
    return list(session.exec(query.limit(100)))


def open_incidents(session: Session) -> list[UUID]:
    query = select(Incident.id).where(Incident.status == IncidentStatus.CONFIRMED)
    return sorted(session.exec(query))


# -- who is told -----------------------------------------------------------------------------


def districts_using(session: Session, tool_id: UUID) -> set[UUID]:
    """Districts with an order in force, seats in a pool, an agreement, or that follow it."""
    committed = (
        select(Commitment.district_id)
        .join(Pool, col(Pool.id) == Commitment.pool_id)
        .where(
            Pool.tool_id == tool_id,
            col(Commitment.withdrawn_at).is_(None),
            col(Pool.status).in_((PoolStatus.OPEN, PoolStatus.FILL_UP, PoolStatus.CLEARED)),
        )
    )
    return {
        *orders.districts_using(session, tool_id),
        *session.exec(committed),
        *agreements.districts_covered(session, tool_id),
        *catalogue.districts_following(session, tool_id),
    }


def districts_told(session: Session, incident_id: UUID) -> set[UUID]:
    query = select(IncidentNotice.org_id).where(IncidentNotice.incident_id == incident_id)
    return set(session.exec(query))


def notices_of_district(session: Session, org_id: UUID) -> list[tuple[IncidentNotice, Incident]]:
    """What a district was told, newest first."""
    query = (
        select(IncidentNotice, Incident)
        .join(Incident, col(Incident.id) == IncidentNotice.incident_id)
        .where(IncidentNotice.org_id == org_id)
        .order_by(col(IncidentNotice.told_at).desc(), col(IncidentNotice.id))
        .limit(200)
    )
    return [(notice, incident) for notice, incident in session.exec(query)]


def told_counts(session: Session, incident_ids: Iterable[UUID]) -> dict[UUID, int]:
    query = select(IncidentNotice.incident_id).where(
        col(IncidentNotice.incident_id).in_(set(incident_ids))
    )
    found: dict[UUID, int] = {}
    for incident_id in session.exec(query):
        found[incident_id] = found.get(incident_id, 0) + 1
    return found
