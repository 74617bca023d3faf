"""Public pages: find a tool, read it, compare it, see who makes it."""

from typing import Any

from flask import render_template, request, url_for

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue import (
    answer_views,
    change_views,
    compare_views,
    finding_queries,
    import_views,
    listing_queries,
    operator_views,
    price_views,
    prices,
    queries,
    rules,
    vendor_views,
)
from marketplace.catalogue.answer_forms import FollowToolForm
from marketplace.catalogue.finding_queries import Filters
from marketplace.catalogue.models import Tool
from marketplace.catalogue.offer_queries import offers_of, schedules_of, vendors_of
from marketplace.catalogue.reading_queries import reading_of
from marketplace.catalogue.shared_views import bp
from marketplace.core import access, db, page_cache, tenancy, web
from marketplace.core.errors import NotFound

#: The other pages register themselves on the same blueprint.
__all__ = [
    "answer_views",
    "bp",
    "change_views",
    "compare_views",
    "import_views",
    "operator_views",
    "price_views",
    "vendor_views",
]

ROWS = 20
JSON_ROWS = 200
CSV_ROWS = 20_000


# -- find ------------------------------------------------------------------------------------


@bp.get("/tools")
@page_cache.public_page
def tools() -> Any:
    filters, session = Filters.of(request.args), db.session()
    with tenancy.everyone("the catalogue is public"):
        facets = finding_queries.facets(session, filters)
        page = _page(session, filters, facets.total, ROWS)
        return render_template(
            "catalogue/tools.html",
            filters=filters,
            facets=facets,
            page=page,
            vendors=vendors_of(session, page.items),
            prices={
                key: prices.price_range(s) for key, s in schedules_of(session, page.items).items()
            },
            drops=_drops(session, filters, facets) if not page.total else [],
        )


def _page(session: Any, filters: Filters, total: int, size: int) -> web.Page:
    """The page asked for; the total is already known from the counts."""
    number = min(web.page_number(), max(1, -(-total // size)))
    query = finding_queries.published(filters).limit(size).offset((number - 1) * size)
    return web.Page(session.exec(query).all(), number, size, total)


def _drops(
    session: Any, filters: Filters, facets: finding_queries.Facets
) -> list[tuple[str, int, dict[str, str]]]:
    """Which filter to drop and what that gives, best first."""
    found = []
    for name in filters.active():
        without = filters.without(name)
        counted = finding_queries.facets(session, without) if name == "q" else facets
        found.append((filters.words_of(name), counted.count(without), without.arguments()))
    return sorted((drop for drop in found if drop[1]), key=lambda drop: -drop[1])


@bp.get("/tools.csv")
@page_cache.public_page
def tools_csv() -> Any:
    session = db.session()
    with tenancy.everyone("the catalogue is public"):
        found = session.exec(
            finding_queries.published(Filters.of(request.args)).limit(CSV_ROWS)
        ).all()
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
    filters, session = Filters.of(request.args), db.session()
    with tenancy.everyone("the catalogue is public"):
        total = finding_queries.facets(session, filters).total
        page = _page(session, filters, total, JSON_ROWS)
        vendors, offered = vendors_of(session, page.items), schedules_of(session, page.items)
    return web.json_response(
        total=page.total,
        page=page.number,
        pages=page.pages,
        filters=filters.arguments(),
        tools=[_document(t, vendors[t.org_id], offered.get(t.id, ())) for t in page.items],
    )


def _document(tool: Tool, vendor: Any, offered: Any) -> dict[str, Any]:
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
        "price_schedules": [schedule.to_json() for schedule in offered],
        "url": url_for(".tool", slug=tool.slug),
    }


# -- read ------------------------------------------------------------------------------------


@bp.get("/tools/<slug>")
@page_cache.public_page
def tool(slug: str) -> Any:
    session = db.session()
    actor = login.current_actor()
    found = queries.known_tool(session, slug, actor)
    may_follow = access.can(actor, "catalogue.follow_tool", found) and found.published_at
    follows = bool(may_follow and listing_queries.follows(session, found.id, actor.home))
    with tenancy.everyone("a published listing is public"):
        return render_template(
            "catalogue/tool.html",
            **tool_context(session, found),
            reading=reading_of(session, found, actor),
            form=FollowToolForm() if may_follow else None,
            follows=follows,
        )


def tool_context(session: Any, tool: Tool) -> dict[str, Any]:
    """Whose tool it is and what it costs."""
    return {
        "tool": tool,
        "vendor": accounts.get_organization(session, tool.org_id),
        "profile": queries.vendor_profile(session, tool.org_id),
        "offers": offers_of(session, tool.id),
    }


@bp.get("/tools/<slug>.json")
@page_cache.public_page
def tool_json(slug: str) -> Any:
    session = db.session()
    found = queries.get_tool(session, slug)
    context = tool_context(session, found)
    document = _document(found, context["vendor"], schedules_of(session, [found]).get(found.id, ()))
    editions = [
        {
            "name": offer.edition.name,
            "included": offer.edition.included or None,
            "price": None if offer.offered is None else offer.document(),
        }
        for offer in context["offers"]
    ]
    document.pop("price_schedules")
    return web.json_response(**document, description=found.description or None, editions=editions)


@bp.get("/vendors/<slug>")
@page_cache.public_page
def vendor(slug: str) -> Any:
    session = db.session()
    found = accounts.organization_by_slug(session, OrganizationKind.VENDOR, slug)
    listed = queries.published_of_vendor(session, found.id)
    if not listed and login.current_actor().org_id != found.id:
        raise NotFound("There is no such vendor.")
    offered = schedules_of(session, listed)
    return render_template(
        "catalogue/vendor.html",
        vendor=found,
        profile=queries.vendor_profile(session, found.id),
        tools=listed,
        prices={key: prices.price_range(s) for key, s in offered.items()},
    )
