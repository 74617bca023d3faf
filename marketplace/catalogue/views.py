"""Public pages: find a tool, read it, compare it, see who makes it."""

from typing import Any

from flask import render_template, request

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue import (
    answer_views,
    change_views,
    compare_views,
    find_views,
    import_views,
    listing_queries,
    operator_views,
    price_views,
    prices,
    queries,
    questions,
    saved_views,
    shortlist_views,
    vendor_views,
)
from marketplace.catalogue.answer_forms import FollowToolForm
from marketplace.catalogue.find_views import tool_document
from marketplace.catalogue.finding_queries import Filters
from marketplace.catalogue.offer_queries import offers_of, schedules_of
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
    "find_views",
    "import_views",
    "operator_views",
    "price_views",
    "saved_views",
    "shortlist_views",
    "vendor_views",
]

# -- read ------------------------------------------------------------------------------------


@bp.get("/tools/<slug>")
@page_cache.public_page
def tool(slug: str) -> Any:
    session = db.session()
    actor = login.current_actor()
    found, vendor, profile, version = queries.tool_with_maker(session, slug, actor)
    seats = Filters.of(request.args).seats
    may_follow = access.can(actor, "catalogue.follow_tool", found) and found.published_at
    follows = bool(may_follow and listing_queries.follows(session, found.id, actor.home))
    with tenancy.everyone("a published listing is public"):
        offers = offers_of(session, found.id)
        priced = [offer.schedule for offer in offers if offer.schedule]
        return render_template(
            "catalogue/tool.html",
            tool=found,
            vendor=vendor,
            profile=profile,
            offers=offers,
            seats=seats,
            my_cents=prices.cheapest_of(priced, seats) if seats else None,
            reading=reading_of(session, found, version, actor),
            form=FollowToolForm() if may_follow else None,
            follows=follows,
            lists_for=actor.leaid if access.can(actor, "catalogue.weigh_tools") else None,
        )


@bp.get("/tools/<slug>.json")
@page_cache.public_page
def tool_json(slug: str) -> Any:
    session = db.session()
    found = queries.get_tool(session, slug)
    maker = accounts.get_organization(session, found.org_id)
    document = tool_document(found, maker, ())
    editions = [
        {
            "name": offer.edition.name,
            "included": offer.edition.included or None,
            "price": None if offer.offered is None else offer.document(),
        }
        for offer in offers_of(session, found.id)
    ]
    document.pop("price_schedules")
    question_set, answers, version = listing_queries.published_answers(session, found)
    open_to_all = [q for q in questions.load(question_set) if q.who == "public" and not q.column]
    return web.json_response(
        **document,
        description=found.description or None,
        editions=editions,
        version=version.number if version else None,
        question_set=question_set,
        answers={q.key: answers.get(q.key, {}).get("value") for q in open_to_all},
    )


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
