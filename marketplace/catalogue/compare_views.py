"""The compare page: two to four tools side by side, or a picker to choose them."""

from typing import Any

from flask import render_template, request

from marketplace.catalogue import compare as comparing
from marketplace.catalogue import finding_queries, prices, queries
from marketplace.catalogue.finding_queries import Filters
from marketplace.catalogue.offer_queries import schedules_of, vendors_of
from marketplace.catalogue.shared_views import bp
from marketplace.core import db, page_cache
from marketplace.core.errors import RuleBroken

CHOICES = 40


@bp.get("/compare")
@page_cache.public_page
def compare() -> Any:
    session = db.session()
    asked = [s for part in request.args.getlist("tools") for s in part.split(",") if s]
    asked = list(dict.fromkeys(asked))[:12]
    found = queries.known_tools(session, asked)
    picked = [found[slug] for slug in asked if slug in found]
    seats = _seats(request.args.get("seats", ""))
    context = {
        "missing": [slug for slug in asked if slug not in found],
        "left_out": picked[comparing.MOST_TOOLS :],
        "tools": picked[: comparing.MOST_TOOLS],
        "seats": seats,
    }
    if len(picked) < 2 or "pick" in request.args:
        return _picker(session, context)
    return _comparison(session, context, "diff" in request.args)


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


def _comparison(session: Any, context: dict[str, Any], diff: bool) -> str:
    tools, seats = context["tools"], context["seats"]
    offered = schedules_of(session, tools)
    names = {key: org.name for key, org in vendors_of(session, tools).items()}
    groups, hidden = comparing.compare(tools, offered, names, seats), 0
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
        **context,
    )
