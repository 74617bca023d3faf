"""What was done in a consortium: all of it for its lead, the public part as feeds."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, request, url_for
from flask_login import login_required

from marketplace.consortia import queries as consortia
from marketplace.core import atom, db, tenancy, web
from marketplace.core.errors import NotFound
from marketplace.core.events import Event
from marketplace.core.mail import site_address
from marketplace.core.page_cache import public_page
from marketplace.outreach import news_rules, queries
from marketplace.outreach.queries import News
from marketplace.outreach.roll_views import bp, led
from marketplace.pools import queries as pools
from marketplace.pools.rules import PoolStatus

PUBLIC = "news of consortia and pools are public"
AREAS = ("consortia", "decisions", "pools", "orders", "renewals", "ledger", "costs", "outreach")
NEWEST = 50


@bp.get("/c/<slug>/trail")
@login_required
def trail(slug: str) -> Any:
    organization, _ = led(slug, "outreach.trail")
    asked = _area_asked()
    page = web.paged(db.session(), queries.trail_listed(organization.id, asked))
    return render_template(
        "outreach/trail.html",
        organization=organization,
        areas=AREAS,
        asked=asked,
        page=page,
        rows=_rows(page.items),
    )


@bp.get("/c/<slug>/trail.csv")
@login_required
def trail_csv(slug: str) -> Any:
    organization, _ = led(slug, "outreach.trail")
    query = queries.trail_listed(organization.id, _area_asked())
    events = list(db.session().exec(query.limit(queries.MOST_IN_A_FILE)))
    rows = [
        (event.occurred_at.isoformat(), event.name, what, who, of, facts)
        for event, what, who, of, facts in _rows(events)
    ]
    return web.csv_response(
        f"{organization.slug}-trail", ("At (UTC)", "Event", "What", "Who", "For", "Facts"), rows
    )


def _area_asked() -> str:
    asked = request.args.get("area", "")
    return asked if asked in AREAS else ""


def _rows(events: Sequence[Event]) -> list[tuple[Event, str, str, str, str]]:
    """Each event with what happened, who did it, for whom, and its facts in words."""
    people, organizations = queries.names_in(db.session(), events)
    return [
        (
            event,
            news_rules.happened(event.name),
            people.get(event.actor_id, "The site") if event.actor_id else "The site",
            organizations.get(event.actor_org_id, "") if event.actor_org_id else "",
            news_rules.facts_in_words(event.facts, organizations),
        )
        for event in events
    ]


@bp.get("/consortia/<slug>/feed.atom")
@public_page
def consortium_feed(slug: str) -> Any:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        organization, _ = consortia.consortium_by_slug(session, slug)
        news = queries.public_news(session, [organization.id], limit=NEWEST)
    return atom.response(
        organization.name,
        here=f"{site_address()}{url_for('.consortium_feed', slug=slug)}",
        page=f"{site_address()}/consortia/{slug}",
        entries=_entries(news),
    )


@bp.get("/pools/<consortium>/<slug>/feed.atom")
@public_page
def pool_feed(consortium: str, slug: str) -> Any:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        pool, organization, _, _ = pools.pool_with_all(session, consortium, slug)
        if pool.status is PoolStatus.DRAFT:
            raise NotFound("There is no such pool.")
        news = queries.public_news(session, [organization.id], limit=NEWEST, pool_id=pool.id)
    return atom.response(
        f"{pool.title}, {organization.name}",
        here=f"{site_address()}{url_for('.pool_feed', consortium=consortium, slug=slug)}",
        page=f"{site_address()}/pools/{consortium}/{slug}",
        entries=_entries(news),
    )


def _entries(news: Sequence[News]) -> list[atom.Entry]:
    site = site_address()
    return [
        atom.Entry(f"{site}{each.path}#news-{each.event_id}", each.title, each.words, each.at)
        for each in news
    ]
