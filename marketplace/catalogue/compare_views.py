"""The compare page: two to four tools side by side, or a picker to choose them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import render_template, request

from marketplace.accounts import login
from marketplace.catalogue import compare as comparing
from marketplace.catalogue import (
    finding_queries,
    listing_queries,
    prices,
    queries,
    shortlist_queries,
)
from marketplace.catalogue.finding_queries import Filters
from marketplace.catalogue.models import Tool
from marketplace.catalogue.offer_queries import schedules_of
from marketplace.catalogue.shared_views import bp
from marketplace.core import db, page_cache, web
from marketplace.core.errors import NotFound, RuleBroken

CHOICES = 40


@bp.get("/compare")
@page_cache.public_page
def compare() -> Any:
    session = db.session()
    asked = _asked()
    found = queries.known_tools_with_makers(session, asked)
    picked = [found[slug][0] for slug in asked if slug in found]
    seats = _seats(request.args.get("seats", ""))
    context = {
        "missing": [slug for slug in asked if slug not in found],
        "left_out": picked[comparing.MOST_TOOLS :],
        "tools": picked[: comparing.MOST_TOOLS],
        "seats": seats,
    }
    if len(picked) < 2 or "pick" in request.args:
        return _picker(session, context)
    return _comparison(session, context, _makers(found), "diff" in request.args)


def _makers(found: dict[str, tuple[Tool, str]]) -> dict[UUID, str]:
    return {tool.org_id: maker for tool, maker in found.values()}


def _seats(typed: str) -> int | None:
    try:
        return min(prices.read_count(typed), comparing.LARGEST_SEATS) or None
    except RuleBroken:
        return None


def _picker(session: Any, context: dict[str, Any]) -> str:
    filters = Filters(q=Filters.of(request.args).q)
    picked = {tool.id for tool in context["tools"]}
    offered = finding_queries.found_tools(session, filters, CHOICES)
    choices = [tool for tool in offered if tool.id not in picked]
    context |= {"groups": [], "choices": choices, "filters": filters}
    return render_template("catalogue/compare.html", **context)


def _comparison(session: Any, context: dict[str, Any], makers: dict[UUID, str], diff: bool) -> str:
    tools, seats = context["tools"], context["seats"]
    offered, groups = _groups(session, tools, makers, seats)
    hidden = 0
    if diff:
        groups, hidden = comparing.only_differing(groups)
    return render_template(
        "catalogue/compare.html",
        groups=groups,
        hidden=hidden,
        diff=diff,
        prices={key: prices.price_range(s) for key, s in offered.items()},
        costs=comparing.costs(tools, offered, seats) if seats else [],
        withdrawn=comparing.is_withdrawn,
        link=web.link_to("catalogue.compare", **_address(tools, seats)),
        address=_address(tools, seats),
        notes=_notes(session, tools),
        **context,
    )


def _groups(
    session: Any, tools: Sequence[Tool], makers: dict[UUID, str], seats: int | None
) -> tuple[Any, list[Any]]:
    actor = login.current_actor()
    offered = schedules_of(session, tools)
    given = listing_queries.answers_now(session, tools)

    def may_read(who: str) -> bool:
        return who == "public" or (who == "districts" and actor.org_kind == "district")

    return offered, comparing.compare(tools, offered, makers, seats, given, may_read)


def _address(tools: Sequence[Tool], seats: int | None) -> dict[str, Any]:
    """What an address needs to show the same comparison to somebody else."""
    found: dict[str, Any] = {"tools": ",".join(tool.slug for tool in tools)}
    return found | ({"seats": seats} if seats else {})


def _notes(session: Any, tools: Sequence[Tool]) -> dict[Any, Any]:
    """What people of the reader's own district said about these tools."""
    actor = login.current_actor()
    if actor.org_kind != "district" or actor.org_id is None:
        return {}
    return shortlist_queries.notes_about(session, actor.org_id, [tool.id for tool in tools])


@bp.get("/compare.xlsx")
@page_cache.public_page
def compare_xlsx() -> Any:
    """The comparison as a workbook; with the notes of the reader's district when it has some."""
    session = db.session()
    found = queries.known_tools_with_makers(session, asked := _asked())
    tools = [found[slug][0] for slug in asked if slug in found][: comparing.MOST_TOOLS]
    if len(tools) < 2:
        raise NotFound("There is nothing to compare.")
    _, groups = _groups(session, tools, _makers(found), _seats(request.args.get("seats", "")))
    if "diff" in request.args:
        groups, _ = comparing.only_differing(groups)
    notes = _notes(session, tools)
    rows: list[Sequence[str]] = [("", *(tool.name for tool in tools))]
    for group in groups:
        rows.append((group.title,))
        rows += [
            (row.question, *(f"{c.text} ({c.sub})" if c.sub else c.text for c in row.cells))
            for row in group.rows
        ]
    if notes:
        said = ["\n".join(f"{who}: {n.words}" for n, who in notes.get(t.id, ())) for t in tools]
        rows += [("Notes of your district",), ("Notes", *said)]
    return web.workbook_response("compare", rows)


def _asked() -> list[str]:
    slugs = [s for part in request.args.getlist("tools") for s in part.split(",") if s]
    return list(dict.fromkeys(slugs))[:12]
