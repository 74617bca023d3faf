"""Demand for a tool as a map and tables, for members and its vendor; sums on the vendor's home."""

from collections.abc import Callable
from typing import Any

from flask import render_template
from flask_login import login_required

from marketplace.accounts import login
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import access, db, panels, tenancy, web
from marketplace.core.errors import NotFound
from marketplace.demand import district_views, lead_views, queries, rules
from marketplace.demand.rules import Count, DemandMap, Interested
from marketplace.demand.shared_views import SUMS, bp, today
from marketplace.pools.rules import Rung

#: The other pages register themselves on the same blueprint.
__all__ = ["bp", "district_views", "lead_views"]

RUNG_WORDS = {
    Rung.INTEREST: "Interested",
    Rung.INTENT: "Waiting for board",
    Rung.BOARD_APPROVED: "Board approved",
    Rung.COMMITTED: "Committed",
}


def _map(slug: str) -> tuple[Tool, DemandMap, list[Interested]]:
    """The tool, its map for this reader, and the districts whose name this reader may see."""
    session, actor = db.session(), login.current_actor()
    tool = catalogue.get_tool(session, slug)
    if not access.can(actor, "demand.demand_map", tool):
        raise NotFound("There is no such page.")
    with tenancy.everyone(SUMS):
        rows = queries.waiting(session, today(), tool_ids=[tool.id])
    is_named = _named(tool)
    named = [row for row in rows if is_named(row) and row.org_id != actor.org_id]
    return tool, rules.demand_map(rows, is_named), sorted(named, key=lambda row: row.name)


def _named(tool: Tool) -> Callable[[Interested], bool]:
    actor = login.current_actor()
    if access.can(actor, "demand.see_names", tool):
        return lambda row: row.to_vendor
    return lambda row: row.to_districts or row.org_id == actor.org_id


@bp.get("/tools/<slug>/demand")
@login_required
def demand_map(slug: str) -> Any:
    tool, found, named = _map(slug)
    return render_template(
        "demand/demand_map.html", tool=tool, demand=found, named=named, fewest=rules.FEWEST
    )


def _rows(found: DemandMap) -> list[tuple[str, str, Count]]:
    parts = (("state", found.by_state), ("size", found.by_size), ("year", found.by_year))
    rows = [(by, key, count) for by, groups in parts for key, count in sorted(groups.items())]
    return [("all", "", found.total), *rows] if found.total else []


@bp.get("/tools/<slug>/demand.csv")
@login_required
def demand_csv(slug: str) -> Any:
    _, found, _ = _map(slug)
    rows = [(by, key, count.districts, count.seats) for by, key, count in _rows(found)]
    return web.csv_response("demand", ("by", "group", "districts_at_least", "seats_at_least"), rows)


@bp.get("/tools/<slug>/demand.json")
@login_required
def demand_json(slug: str) -> Any:
    tool, found, _ = _map(slug)
    return web.json_response(
        tool=tool.slug,
        hidden_below=rules.FEWEST,
        groups=[
            {
                "by": by,
                "group": key,
                "districts_at_least": count.districts,
                "seats_at_least": count.seats,
            }
            for by, key, count in _rows(found)
        ],
    )


@panels.fill("catalogue.vendor_home")
def demand_for_vendor(vendor: Any) -> str | None:
    """Sums over the vendor's tools; the page itself is the vendor's."""
    session = db.session()
    with tenancy.everyone(SUMS):
        tools = queries.published_of(session, vendor.id)
        ids = [tool.id for tool in tools]
        rows = queries.waiting(session, today(), tool_ids=ids) if ids else []
        pooled = queries.pool_seats(session, vendor.id)
    by_tool: dict[str, dict[Rung, int]] = {}
    for name, rung, _, _, count in pooled:
        sums = by_tool.setdefault(name, {})
        sums[rung] = sums.get(rung, 0) + count.seats
    return render_template(
        "demand/_vendor_panel.html",
        tools=tools,
        interest=_interest(rows),
        by_tool=by_tool,
        rungs=RUNG_WORDS,
        # Who is in a pool stands on the pool's own page; here nobody is named.
        by_state=rules.shown(_grouped(pooled, lambda row: row[2] or rules.UNKNOWN_STATE)),
        by_size=rules.shown(
            _grouped(pooled, lambda row: rules.SIZE_WORDS.get(row[3] or "", rules.UNKNOWN_SIZE))
        ),
        fewest=rules.FEWEST,
    )


def _interest(rows: list[Interested]) -> dict[Any, Count]:
    """By tool, for the vendor. No sum over tools stands beside them."""
    groups = rules.grouped((row.tool_id, row.count(row.to_vendor)) for row in rows)
    return {key: count.rounded for key, count in groups.items() if count.is_safe}


def _grouped(pooled: list[Any], key: Callable[[Any], str]) -> dict[str, Count]:
    unnamed = (
        (key(row), Count(row[4].districts, row[4].seats, row[4].districts)) for row in pooled
    )
    return rules.grouped(unnamed)
