"""One line about each pool, as every list of pools shows it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from marketplace.accounts.models import Organization
from marketplace.core import clock, db
from marketplace.pools import page_views, queries, rules
from marketplace.pools.models import Pool
from marketplace.pools.shared_views import totals
from marketplace.pricing import rules as pricing


def lines_of(
    session: db.Session,
    found: Iterable[tuple[Pool, Organization]],
    tools: dict[UUID, Any],
    counts: dict[UUID, dict[rules.Rung, tuple[int, int]]] | None = None,
) -> list[dict[str, Any]]:
    """What a list says about each pool; in one more query where the seats are not counted yet."""
    rows = list(found)
    if counts is None:
        counts = queries.seats_by_rung(session, [pool.id for pool, _ in rows])
    lines = []
    for pool, organization in rows:
        sums = totals(counts[pool.id])
        schedule = pricing.schedule_from_json(pool.terms)
        meter = page_views.meter_of(pool, schedule, sums["firm"], sums["pending"])
        lines.append(
            {
                "pool": pool,
                "consortium": organization,
                "tool": tools.get(pool.tool_id),
                "meter": meter,
                "sums": sums,
                "by_rung": counts[pool.id],
                "left": rules.days_left(pool.closes_at, clock.now()),
                "open": rules.takes_seats(pool.status, pool.closes_at, clock.now()),
            }
        )
    return lines
