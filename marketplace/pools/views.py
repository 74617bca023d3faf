"""Public pages of pools: the list, one pool, its shares as files, its clearing, its dates."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, render_template, request, url_for

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.core import clock, db, page_cache, panels, tenancy, web
from marketplace.core.access import can
from marketplace.core.calendar import Entry, calendar
from marketplace.core.errors import NotFound
from marketplace.pools import (
    clearing_rules,
    console_views,
    join_views,
    page_views,
    queries,
    rules,
    share_rules,
)
from marketplace.pools.models import Pool
from marketplace.pools.shared_views import PUBLIC, Shown, bp, find, totals
from marketplace.pricing import rules as pricing

#: The lead's pages and the join flow register themselves on the same blueprint.
__all__ = ["bp", "console_views", "join_views"]

ROWS = 20
ROWS_IN_A_FILE = 10_000
STATES = ("open", "cleared", "ordered", "closed", "lapsed")

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
    query = queries.pools_listed(
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
        pooled = catalogue.tools_by_id(session, queries.tools_with_pools(session))
        return render_template(
            "pools/pools.html",
            page=page,
            lines=_lines(session, page.items, pooled),
            asked=asked,
            query=request.query_string.decode(),
            tools=sorted(pooled.values(), key=lambda tool: tool.name),
            now=clock.now(),
        )


def _lines(
    session: db.Session, found: Iterable[tuple[Pool, Organization]], tools: dict[UUID, Any]
) -> list[dict[str, Any]]:
    """What a list says about each pool, in one more query."""
    rows = list(found)
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
                "left": rules.days_left(pool.closes_at, clock.now()),
                "open": rules.takes_seats(pool.status, pool.closes_at, clock.now()),
            }
        )
    return lines


def _lines_of_file() -> list[dict[str, Any]]:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        query, _ = _asked(session)
        found = session.exec(query.limit(ROWS_IN_A_FILE)).all()
        tools = catalogue.tools_by_id(session, {pool.tool_id for pool, _ in found})
        return [_told(line) for line in _lines(session, found, tools)]


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
    """The split as it stands, or as it was cleared; limits are in neither."""
    session, pool = db.session(), shown.pool
    with tenancy.everyone(PUBLIC):
        if pool.status in rules.CLEARED_STATES:
            final = session.exec(queries.allocations_listed(pool.id).limit(20_000)).all()
            return [
                _share(org, "cleared", a.seats, a.spare_seats, a.share_cents) for a, org in final
            ]
        today = page_views.split_today(shown, queries.standings(session, pool.id))
        shares = today.shares if today else {}
        rows = session.exec(queries.split_listed(pool.id).limit(20_000)).all()
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


@bp.get("/pools/<consortium>/<slug>/clearing.json")
def clearing_json(consortium: str, slug: str) -> Any:
    """What the pool cleared on; the lead agency reads the limits too."""
    shown = find(consortium, slug)
    if shown.pool.clearing is None:
        raise NotFound("This pool has not been cleared.")
    if can(current_actor(), "pools.see_limits", shown.pool):
        return web.json_response(**shown.pool.clearing)
    return web.json_response(**clearing_rules.published(shown.pool.clearing))


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


# -- on pages further up ---------------------------------------------------------------------


@panels.fill("catalogue.tool_aside")
def join_a_pool(tool: Any) -> str | None:
    """The card on a tool's page: its open pools, or how to start one."""
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = [
            pool
            for pool in queries.pools_of_tool(session, tool.id)
            if rules.takes_seats(pool.status, pool.closes_at, clock.now())
        ][:3]
        names = accounts.organizations_by_id(session, {pool.org_id for pool in found})
        lines = _lines(session, [(pool, names[pool.org_id]) for pool in found], {tool.id: tool})
    seats = request.args.get("seats", "").replace(",", "")
    mine = int(seats) if seats.isascii() and seats.isdigit() and 0 < len(seats) < 7 else 0
    for line in lines:
        line["mine"] = _with_my_seats(line, mine) if mine else None
    return render_template("pools/_tool_card.html", lines=lines, tool=tool, seats_asked=mine)


def _with_my_seats(line: dict[str, Any], mine: int) -> tuple[int, int]:
    schedule = pricing.schedule_from_json(line["pool"].terms)
    return share_rules.at_average_price(schedule, line["sums"]["firm"], mine)


@panels.fill_rows("catalogue.tool_rows")
def prices_in_pools(listed: Any) -> dict[UUID, str]:
    """In each row of the list of tools: the reader's seats in the tool's open pools."""
    pooled = [tool.id for tool in listed.tools if tool.open_pools]
    if not listed.seats or not pooled:
        return {}
    session, found = db.session(), {}
    with tenancy.everyone(PUBLIC):
        pools = queries.open_pools_of_tools(session, pooled)
        lines = _lines(session, pools, {})
    for tool_id in pooled:
        mine = [
            (line, _with_my_seats(line, listed.seats))
            for line in lines
            if line["pool"].tool_id == tool_id and line["open"]
        ]
        if mine:
            found[tool_id] = render_template("pools/_tool_row.html", lines=mine)
    return found


@panels.fill("consortia.consortium")
def pools_of_consortium(consortium: Any) -> str | None:
    return _list_of(consortium, "pools/_consortium_pools.html", drafts=False)


@panels.fill("consortia.console")
def pools_of_console(consortium: Any) -> str | None:
    plans = can(current_actor(), "pools.create_pool", consortium)
    return _list_of(consortium, "pools/_console_pools.html", drafts=plans, plans=plans)


def _list_of(consortium: Any, template: str, drafts: bool, plans: bool = False) -> str:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = queries.pools_of(session, consortium.org_id, drafts=drafts)
        organization = accounts.get_organization(session, consortium.org_id)
        tools = catalogue.tools_by_id(session, {pool.tool_id for pool in found})
        lines = _lines(session, [(pool, organization) for pool in found], tools)
        return render_template(
            template, lines=lines, organization=organization, consortium=consortium, plans=plans
        )


@panels.fill("ledger.books")
def committed_not_yet_money(books: Any) -> str | None:
    """Commitments stand beside the books of their consortium, and in none of its sums."""
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = queries.pools_taking_seats(session, books.consortium_id)
        rungs = queries.seats_by_rung(session, [pool.id for pool in found])
    lines = [(pool, totals(rungs[pool.id])) for pool in found]
    return render_template("pools/_commitments.html", lines=lines, books=books) if lines else None
