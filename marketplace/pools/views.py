"""Public pages of pools: the list, one pool, its shares as files, its clearing, its dates."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, render_template, request, url_for

from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.consortia import queries as consortia
from marketplace.core import clock, db, page_cache, tenancy, web
from marketplace.core.calendar import Entry, calendar
from marketplace.core.errors import NotFound
from marketplace.pools import (
    clearing_views,
    console_views,
    join_views,
    life_views,
    list_queries,
    page_views,
    panel_views,
    queries,
    rules,
)
from marketplace.pools.line_views import lines_of
from marketplace.pools.rules import Rung
from marketplace.pools.shared_views import PUBLIC, Shown, bp, find

#: The lead's pages and the join flow register themselves on the same blueprint.
__all__ = ["bp", "clearing_views", "console_views", "join_views", "life_views", "panel_views"]

ROWS = 20
ROWS_IN_A_FILE = 10_000
STATES = ("open", "fill_up", "extended", "cleared", "ordered", "closed", "lapsed")

# -- the list --------------------------------------------------------------------------------


def _asked(session: db.Session) -> tuple[Any, dict[str, str]]:
    """The list's query for the filters in the address; what cannot be read is left out."""
    asked = {name: request.args.get(name, "").strip() for name in ("state", "closes", "tool", "in")}
    tool_id = None
    if asked["tool"]:
        try:
            tool_id = catalogue.known_tool(session, asked["tool"]).id
        except NotFound:
            tool_id = UUID(int=0)
    try:
        closes_before = rules.end_of_day(date.fromisoformat(asked["closes"]))
    except (ValueError, OverflowError):
        asked["closes"], closes_before = "", None
    status = asked["state"] if asked["state"] in STATES else ""
    asked["state"] = status
    home = asked["in"] if len(asked["in"]) == 2 else ""
    query = list_queries.pools_listed(
        tool_id=tool_id, status=status, closes_before=closes_before, state=home
    )
    return query, asked


@bp.get("/pools")
@page_cache.public_page
def pools() -> Any:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        query, asked = _asked(session)
        page = web.paged(session, query, ROWS)
        pooled = catalogue.tools_by_id(session, list_queries.tools_with_pools(session))
        return render_template(
            "pools/pools.html",
            page=page,
            lines=lines_of(session, page.items, pooled),
            asked=asked,
            query=request.query_string.decode(),
            tools=sorted(pooled.values(), key=lambda tool: tool.name),
            now=clock.now(),
        )


def _lines_of_file() -> list[dict[str, Any]]:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        query, _ = _asked(session)
        found = session.exec(query.limit(ROWS_IN_A_FILE)).all()
        tools = catalogue.tools_by_id(session, {pool.tool_id for pool, _ in found})
        return [_told(line) for line in lines_of(session, found, tools)]


def _told(line: dict[str, Any]) -> dict[str, Any]:
    pool, consortium = line["pool"], line["consortium"]
    return {
        "title": pool.title,
        "consortium": consortium.name,
        "tool": line["tool"].name if line["tool"] else "",
        "state": str(pool.status),
        "closes_at_utc": f"{pool.closes_at:%Y-%m-%dT%H:%M:%SZ}",
        "time_zone": pool.time_zone,
        "districts": line["sums"]["districts"],
        "seats_committed": line["sums"]["firm"],
        "seats_waiting": line["sums"]["pending"],
        **{f"seats_{rung}": line["by_rung"].get(rung, (0, 0))[1] for rung in Rung},
        "price_per_seat_cents": line["meter"].unit_cents,
        "page": url_for("pools.pool", consortium=consortium.slug, slug=pool.slug),
    }


FILE_HEADER = (
    "title",
    "consortium",
    "tool",
    "state",
    "closes_at_utc",
    "time_zone",
    "districts",
    "seats_committed",
    "seats_waiting",
    *(f"seats_{rung}" for rung in Rung),
    "price_per_seat_cents",
    "page",
)


@bp.get("/pools.csv")
@page_cache.public_page
def pools_csv() -> Any:
    return web.csv_response("pools", FILE_HEADER, [list(row.values()) for row in _lines_of_file()])


@bp.get("/pools.json")
@page_cache.public_page
def pools_json() -> Any:
    return web.json_response(pools=_lines_of_file(), at_most=ROWS_IN_A_FILE)


# -- one pool --------------------------------------------------------------------------------


@bp.get("/pools/<consortium>/<slug>")
@page_cache.public_page
def pool(consortium: str, slug: str) -> Any:
    shown = find(consortium, slug)
    with tenancy.everyone(PUBLIC):
        context = page_views.context_of(shown)
        page = render_template("pools/pool.html", **context)
    return page, 422 if context["try_problem"] else 200


SHARES_HEADER = ("leaid", "district", "state", "rung", "seats", "spare_seats", "share_cents")


def _shares(shown: Shown) -> list[dict[str, Any]]:
    """The split as it stands, or as it was cleared; limits are in neither, and names only for
    who may see them."""
    with tenancy.everyone(PUBLIC):
        named = consortia.sees_names(db.session(), current_actor(), shown.consortium)
    rows = _named_shares(shown)
    if named:
        return rows
    hidden = [row | {"leaid": "", "district": "A member", "state": ""} for row in rows]
    return sorted(hidden, key=lambda row: [str(cell) for cell in row.values()])


def _named_shares(shown: Shown) -> list[dict[str, Any]]:
    session, pool = db.session(), shown.pool
    with tenancy.everyone(PUBLIC):
        if pool.status in rules.CLEARED_STATES:
            final = session.exec(list_queries.allocations_listed(pool.id).limit(20_000)).all()
            return [
                _share(org, "cleared", a.seats, a.spare_seats, a.share_cents) for a, org in final
            ]
        today = page_views.split_today(shown, queries.standings(session, pool.id))
        shares = today.shares if today else {}
        rows = session.exec(list_queries.split_listed(pool.id).limit(20_000)).all()
        return [
            _share(
                org,
                str(c.rung),
                c.seats,
                0,
                shares.get(c.leaid) if c.rung in rules.COUNTING_RUNGS else None,
            )
            for c, org in rows
        ]


def _share(
    district: Organization, rung: str, seats: int, spare: int, cents: int | None
) -> dict[str, Any]:
    said = (district.leaid, district.name, district.state, rung, seats, spare, cents)
    return dict(zip(SHARES_HEADER, said))


@bp.get("/pools/<consortium>/<slug>/shares.csv")
@page_cache.public_page
def shares_csv(consortium: str, slug: str) -> Any:
    shown = find(consortium, slug)
    rows = [["" if cell is None else cell for cell in row.values()] for row in _shares(shown)]
    return web.csv_response(f"{shown.pool.slug}-shares", SHARES_HEADER, rows)


@bp.get("/pools/<consortium>/<slug>/shares.json")
@page_cache.public_page
def shares_json(consortium: str, slug: str) -> Any:
    shown = find(consortium, slug)
    rows = _shares(shown)
    counted = [row["share_cents"] for row in rows if row["share_cents"] is not None]
    return web.json_response(
        pool=shown.pool.title,
        state=str(shown.pool.status),
        total_cents=sum(counted),
        split_method=shown.pool.split_method,
        shares=rows,
    )


@bp.get("/pools/<consortium>/<slug>/dates.ics")
@page_cache.public_page
def dates_ics(consortium: str, slug: str) -> Any:
    shown = find(consortium, slug)
    pool, address = shown.pool, shown.url(_external=True)
    local = f"{web.moment(pool.closes_at, pool.time_zone)} ({web.utc(pool.closes_at)})"
    entries = [
        Entry(f"{pool.id}-closes", f"Commit by: {pool.title}", pool.closes_at, local, address),
        Entry(f"{pool.id}-pay", f"Pay by: {pool.title}", pool.pay_by, pool.title, address),
        Entry(f"{pool.id}-starts", f"Starts: {pool.title}", pool.term_starts_on, "Term", address),
        Entry(f"{pool.id}-ends", f"Ends: {pool.title}", pool.term_ends_on, "Term", address),
    ]
    text = calendar(pool.title, pool.time_zone, pool.opened_at or pool.closes_at, entries)
    return Response(
        text,
        mimetype="text/calendar",
        headers={"Content-Disposition": f'attachment; filename="{pool.slug}.ics"'},
    )
