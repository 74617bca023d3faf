"""What a vendor may know of the demand for its tools: sums by step, state and size, no names."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.catalogue.models import Tool
from marketplace.directory.models import District
from marketplace.directory.rules import size_band
from marketplace.pools.models import Commitment, Pool
from marketplace.pools.rules import TAKES_SEATS, Rung

UNKNOWN = "Size not known"


@dataclass
class Demand:
    """(districts, seats) in pools that still take seats."""

    by_tool: dict[str, dict[Rung, tuple[int, int]]] = field(default_factory=dict)
    by_state: dict[str, tuple[int, int]] = field(default_factory=dict)
    by_size: dict[str, tuple[int, int]] = field(default_factory=dict)


def demand_for(session: Session, vendor_id: UUID) -> Demand:
    """One query; the caller sees all, and only sums go to the vendor."""
    columns: Any = (
        Tool.name,
        Commitment.rung,
        District.state,
        District.pupils,
        func.count(),
        func.sum(Commitment.seats),
    )
    query = (
        select(*columns)
        .select_from(Commitment)
        .join(Pool, col(Pool.id) == Commitment.pool_id)
        .join(Tool, col(Tool.id) == Pool.tool_id)
        .outerjoin(District, col(District.leaid) == Commitment.leaid)
        .where(
            Pool.vendor_id == vendor_id,
            col(Pool.status).in_(TAKES_SEATS),
            col(Commitment.withdrawn_at).is_(None),
        )
        .group_by(col(Tool.name), col(Commitment.rung), col(District.state), col(District.pupils))
    )
    found = Demand()
    for name, rung, state, pupils, districts, seats in session.exec(query):
        _add(found.by_tool.setdefault(name, {}), Rung(rung), districts, int(seats))
        _add(found.by_state, state or "Not known", districts, int(seats))
        _add(found.by_size, size_band(pupils) or UNKNOWN, districts, int(seats))
    return found


def _add(sums: dict[Any, tuple[int, int]], key: Any, districts: int, seats: int) -> None:
    before = sums.get(key, (0, 0))
    sums[key] = (before[0] + districts, before[1] + seats)
