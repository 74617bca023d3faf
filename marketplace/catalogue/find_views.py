"""Find a tool: the list with its filters, its downloads, and the feed of what is new."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for

from marketplace.accounts import login
from marketplace.catalogue import finding_queries, prices, rules
from marketplace.catalogue.finding_queries import Filters, Found
from marketplace.catalogue.models import Tool
from marketplace.catalogue.offer_queries import schedules_of, vendors_of
from marketplace.catalogue.saved_queries import news_of
from marketplace.catalogue.shared_views import bp
from marketplace.core import atom, db, page_cache, panels, tenancy, web
from marketplace.core.money import dollars

ROWS = 20
JSON_ROWS = 200
CSV_ROWS = 20_000
FEED_ROWS = 50
PUBLIC = "the catalogue is public"


@dataclass(frozen=True)
class Listed:
    """What the slot "catalogue.tool_rows" is about: a page's tools, and the seats asked for."""

    tools: Sequence[Any]
    seats: int | None


@bp.get("/tools")
@page_cache.public_page
def tools() -> Any:
    filters, session, actor = Filters.of(request.args), db.session(), login.current_actor()
    with tenancy.everyone(PUBLIC):
        found = finding_queries.search(session, filters)
        page = _page(found, ROWS, lambda placed: finding_queries.lines_of(session, placed))
        offered = {line.id: line.schedules for line in page.items if line.schedules}
        return render_template(
            "catalogue/tools.html",
            filters=filters,
            found=found,
            page=page,
            prices={key: prices.price_range(s) for key, s in offered.items()},
            mine=_costs(offered, filters.seats) if filters.seats else {},
            in_pools=panels.row_panels("catalogue.tool_rows", Listed(page.items, filters.seats)),
            drops=_drops(found) if not page.total else [],
            option_words=finding_queries.option_words,
            price_words=finding_queries.PRICE_WORDS,
            saves_for=actor.leaid if actor.org_kind == "district" else None,
        )


def _page(found: Found, size: int, read: Callable[[Any], Sequence[Any]]) -> web.Page:
    """The page asked for; the total is already known from the counts."""
    total = found.total
    number = min(web.page_number(), max(1, -(-total // size)))
    placed = found.page((number - 1) * size, size)
    return web.Page(read(placed), number, size, total)


def _costs(offered: Any, seats: int) -> dict[Any, tuple[str, str]]:
    """What so many seats cost one district alone: in all, and each."""
    least = {key: prices.cheapest_of(schedules, seats) for key, schedules in offered.items()}
    return {
        key: (dollars(cents), dollars((cents + seats // 2) // seats))
        for key, cents in least.items()
        if cents is not None
    }


def _drops(found: Found) -> list[tuple[str, int, dict[str, str]]]:
    """Which filter to drop and what that gives, best first."""
    left = [(name, found.filters.without(name)) for name in found.filters.active()]
    counted = [
        (found.filters.words_of(name), found.count(without), without.arguments())
        for name, without in left
    ]
    return sorted((drop for drop in counted if drop[1]), key=lambda drop: -drop[1])


@bp.get("/tools.csv")
@page_cache.public_page
def tools_csv() -> Any:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = finding_queries.found_tools(session, Filters.of(request.args), CSV_ROWS)
        vendors, offered = vendors_of(session, found), schedules_of(session, found)
    header = (
        "name",
        "vendor",
        "summary",
        "grades",
        "subjects",
        "ai",
        "price",
        "open_pools",
        "page",
    )
    rows = (
        (
            tool.name,
            vendors[tool.org_id].name,
            tool.summary,
            rules.grade_words(tool.lowest_grade, tool.highest_grade),
            rules.subject_words(tool.subjects),
            str(tool.ai_use),
            prices.price_range(offered.get(tool.id, ())) or rules.NOT_ANSWERED,
            tool.open_pools,
            url_for(".tool", slug=tool.slug),
        )
        for tool in found
    )
    return web.csv_response("tools", header, rows)


@bp.get("/tools.json")
@page_cache.public_page
def tools_json() -> Any:
    """The tools as data; with `rows=0` only how many they are, for the button of the filters."""
    filters, session = Filters.of(request.args), db.session()
    with tenancy.everyone(PUBLIC):
        found = finding_queries.search(session, filters)
        if request.args.get("rows") == "0":
            return web.json_response(total=found.total, filters=filters.arguments())
        page = _page(found, JSON_ROWS, lambda p: finding_queries.tools_on(session, p))
        vendors, offered = vendors_of(session, page.items), schedules_of(session, page.items)
    return web.json_response(
        total=page.total,
        page=page.number,
        pages=page.pages,
        filters=filters.arguments(),
        tools=[tool_document(t, vendors[t.org_id], offered.get(t.id, ())) for t in page.items],
    )


def tool_document(tool: Tool, vendor: Any, offered: Any) -> dict[str, Any]:
    """A tool as other programs read it; what was not answered is null."""
    return {
        "slug": tool.slug,
        "name": tool.name,
        "summary": tool.summary,
        "vendor": {"slug": vendor.slug, "name": vendor.name},
        "status": str(tool.status),
        "lowest_grade": tool.lowest_grade,
        "highest_grade": tool.highest_grade,
        "subjects": tool.subjects,
        "languages": tool.languages or None,
        "ai_use": str(tool.ai_use) if tool.ai_facts else None,
        "ai_facts": tool.ai_facts or None,
        "runs_on": tool.runs_on or None,
        "works_with": tool.works_with or None,
        "privacy_review": None,
        "open_pools": tool.open_pools,
        "privacy_grade": tool.privacy_grade or None,
        "price_schedules": [schedule.to_json() for schedule in offered],
        "url": url_for(".tool", slug=tool.slug),
    }


@bp.get("/tools.atom")
@page_cache.public_page
def tools_atom() -> Any:
    """New and changed tools, newest first; takes the same filters as the list."""
    filters, session = Filters.of(request.args), db.session()
    news = news_of(finding_queries.search(session, filters))[:FEED_ROWS]
    with tenancy.everyone(PUBLIC):
        found = {tool.id: tool for tool in finding_queries.tools_on(session, news)}
    entries = [
        atom.Entry(
            address=web.link_to("catalogue.tool", slug=found[row.tool_id].slug),
            title=found[row.tool_id].name,
            words=found[row.tool_id].summary,
            at=row.news_at,
        )
        for row in news
        if row.tool_id in found
    ]
    return atom.response(
        f"New and changed tools: {filters.title}",
        here=web.link_to("catalogue.tools_atom", **filters.arguments()),
        page=web.link_to("catalogue.tools", **filters.arguments()),
        entries=entries,
    )
