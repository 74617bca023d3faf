"""A district's dates as a feed for a calendar program, which cannot sign in."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Response, render_template
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.core import access, clock, db, links, tenancy, web
from marketplace.core.calendar import Entry, calendar
from marketplace.core.errors import NotFound
from marketplace.core.mail import site_address
from marketplace.core.web import utc
from marketplace.home import agenda_queries
from marketplace.home.agenda_queries import Agenda
from marketplace.home.shared_views import bp
from marketplace.pools.models import Pool

PURPOSE = "calendar of a district"


@bp.get("/d/<leaid>/dates")
@login_required
def dates(leaid: str) -> Any:
    organization = accounts.organization_by_leaid(db.session(), leaid)
    if not access.can(login.current_actor(), "home.district", organization):
        raise NotFound("There is no such district.")
    token = links.seal(PURPOSE, organization.id.hex)
    entries = sorted(_entries(organization, _agenda(organization)), key=_day_of)
    return render_template(
        "home/dates.html",
        organization=organization,
        entries=[(each, _when(each.on, organization.time_zone)) for each in entries],
        address=web.link_to("home.calendar_feed", token=token),
        file=f"/calendars/{token}.ics",
    )


@bp.get("/calendars/<token>.ics")
def calendar_feed(token: str) -> Any:
    """Whoever knows the address reads the dates, as with the secret address of any calendar."""
    [org_id] = links.unseal(PURPOSE, token)
    with tenancy.everyone("the address of this feed is a district's own secret"):
        organization = accounts.get_organization(db.session(), UUID(org_id))
        entries = list(_entries(organization, _agenda(organization)))
    text = calendar(organization.name, organization.time_zone, clock.now(), entries)
    return Response(text, mimetype="text/calendar")


def _agenda(organization: Organization) -> Agenda:
    today = clock.today(organization.time_zone)
    return agenda_queries.agenda(db.session(), organization, today, clock.now())


def _entries(organization: Organization, found: Agenda) -> Iterator[Entry]:
    """Deadlines, board votes, bills, papers and terms; each with the page it is about."""
    seen: set[UUID] = set()
    slugs = found.slugs
    for pool, slug in found.open_pools:
        seen.add(pool.id)
        yield _deadline(pool, f"/pools/{slug}/{pool.slug}")
    for commitment, pool in found.commitments:
        page = f"/pools/{slugs.get(pool.org_id, '')}/{pool.slug}"
        if pool.id not in seen and pool.closes_at > clock.now():
            yield _deadline(pool, page)
        if commitment.board_date:
            yield _entry("board", pool.id, f"Board vote: {pool.title}", commitment.board_date, page)
    for order in found.bought:
        page = f"/d/{organization.leaid}/orders/{order.order_id}"
        if order.invoice_id and order.open_cents > 0 and order.due_on:
            title = f"Pay invoice {order.invoice_number}: {order.title}"
            yield _entry("bill", order.order_id, title, order.due_on, page)
        elif order.invoice_id is None:
            yield _entry("order", order.order_id, f"Pay by: {order.title}", order.pay_by, page)
    for paper in found.papers:
        if paper.org_id in slugs:
            page = f"/consortia/{slugs[paper.org_id]}"
            yield _entry("paper", paper.id, "Membership paper ends", paper.ends_on, page)


def _deadline(pool: Pool, page: str) -> Entry:
    words = f"{web.moment(pool.closes_at, pool.time_zone)} ({utc(pool.closes_at)})"
    return Entry(
        uid=f"deadline-{pool.id}@commons",
        title=f"Pool closes: {pool.title}",
        on=pool.closes_at,
        words=words,
        url=f"{site_address()}{page}",
    )


def _entry(kind: str, key: UUID, title: str, on: date, page: str) -> Entry:
    return Entry(f"{kind}-{key}@commons", title, on, web.day(on), f"{site_address()}{page}")


def _day_of(entry: Entry) -> date:
    return entry.on.date() if isinstance(entry.on, datetime) else entry.on


def _when(on: date | datetime, zone: str) -> str:
    return web.moment(on, zone) if isinstance(on, datetime) else web.day(on)
