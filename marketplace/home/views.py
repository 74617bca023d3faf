"""The front page, a district's home, and the pages of plain words."""

from datetime import timedelta
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from flask import Response, current_app, render_template
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.consortia.rules import MemberStatus
from marketplace.core import access, clock, db, tenancy
from marketplace.core.errors import NotFound
from marketplace.core.page_cache import public_page
from marketplace.home import agenda_queries, calendar_views, queries, rules, tasks
from marketplace.home.shared_views import bp
from marketplace.pools import queries as pools
from marketplace.pools.models import Pool
from marketplace.pools.rules import COUNTING_RUNGS, PoolStatus, Rung
from marketplace.pricing.rules import next_tier, price_per_seat, schedule_from_json
from marketplace.uptake import queries as uptake

__all__ = ["bp", "calendar_views"]

CLOSING_SOON = 3
#: RFC 9116 asks for a date after which the file is not to be trusted; at most a year.
SECURITY_TXT_LASTS = timedelta(days=180)
#: One tag a thing, words first: (kind, words, icon).
RUNG_WORDS = {
    Rung.INTEREST: ("", "Interested", "dot"),
    Rung.INTENT: ("warn", "Waiting for board", "clock"),
    Rung.BOARD_APPROVED: ("good", "Board approved", "ok"),
    Rung.COMMITTED: ("good", "Committed", "ok"),
}
POOL_STATES = {
    PoolStatus.OPEN: "Open",
    PoolStatus.FILL_UP: "Filling up",
    PoolStatus.CLEARED: "Cleared",
    PoolStatus.ORDERED: "Ordered",
    PoolStatus.CLOSED: "Closed",
    PoolStatus.LAPSED: "Did not reach its goal",
}
MEMBER_WORDS = {
    MemberStatus.INVITED: ("warn", "Invited", "clock"),
    MemberStatus.REQUESTED: ("", "Asked to join", "dot"),
    MemberStatus.ACTIVE: ("good", "Member", "ok"),
}


class Closing(NamedTuple):
    """A pool on the front page: its seats now, and where the next price step is."""

    pool: Pool
    url: str
    consortium: str
    firm: int
    pending: int
    next_at: int | None
    next_cents: int | None


@bp.get("/")
@public_page
def front() -> Any:
    reader = db.session()
    with tenancy.everyone("open pools and totals are public"):
        found = queries.pools_closing_next(reader, clock.now(), CLOSING_SOON)
        closing = _closing(found)
    return render_template("home/front.html", closing=closing, total=uptake.totals(reader))


def _closing(found: list[Pool]) -> list[Closing]:
    reader = db.session()
    seats = pools.seats_by_rung(reader, [pool.id for pool in found])
    names = accounts.organizations_by_id(reader, [pool.org_id for pool in found])
    shown = []
    for pool in found:
        by_rung = seats.get(pool.id, {})
        firm = sum(count for rung, (_, count) in by_rung.items() if rung in COUNTING_RUNGS)
        pending = sum(count for _, count in by_rung.values()) - firm
        schedule = schedule_from_json(pool.terms)
        step = next_tier(schedule, max(firm, 1))
        consortium = names[pool.org_id]
        shown.append(
            Closing(
                pool=pool,
                url=f"/pools/{consortium.slug}/{pool.slug}",
                consortium=consortium.name,
                firm=firm,
                pending=pending,
                next_at=step.starts_at if step else None,
                next_cents=round(price_per_seat(schedule, step.starts_at)) if step else None,
            )
        )
    return shown


def role_words(role: Role) -> str:
    return str(role).replace("_", " ").capitalize().replace("Ai ", "AI ")


@bp.get("/d/<leaid>/")
@login_required
def district(leaid: str) -> Any:
    actor, reader = login.current_actor(), db.session()
    organization = accounts.organization_by_leaid(reader, leaid)
    if not access.can(actor, "home.district", organization):
        raise NotFound("There is no such district.")
    today = clock.today(organization.time_zone)
    found = agenda_queries.agenda(reader, organization, today, clock.now())
    reviews_for = [org for _, org in found.memberships if actor.has(Role.REVIEWER, org.id)]
    soon = rules.before_friday(found.tasks, today)
    rows = [tasks.as_row(task, today) for task in found.tasks]
    return render_template(
        "home/district.html",
        organization=organization,
        soon=rows[:soon],
        later=rows[soon:],
        friday=rules.this_friday(today),
        next_day=rules.next_date(
            [c.board_date for c, _ in found.commitments]
            + [tasks.closing_day(p) for _, p in found.commitments],
            today,
        ),
        reviews_for=reviews_for,
        memberships=found.memberships,
        papers=found.papers,
        commitments=[(c, pool, found.slugs.get(pool.org_id)) for c, pool in found.commitments],
        bought=found.bought,
        colleagues=queries.colleagues(reader, organization.id),
        rung_words=RUNG_WORDS,
        pool_states=POOL_STATES,
        member_words=MEMBER_WORDS,
        role_words=role_words,
    )


# -- plain words -----------------------------------------------------------------------------


@bp.get("/help")
@public_page
def help() -> Any:
    return render_template("home/help.html")


@bp.get("/help/pools")
@public_page
def help_pools() -> Any:
    return render_template("home/help_pools.html")


@bp.get("/help/split")
@public_page
def help_split() -> Any:
    return render_template("home/help_split.html")


@bp.get("/help/board-packet")
@public_page
def help_board_packet() -> Any:
    return render_template("home/help_board_packet.html")


@bp.get("/help/checks")
@public_page
def help_checks() -> Any:
    return render_template("home/help_checks.html")


@bp.get("/help/contact")
@public_page
def help_contact() -> Any:
    return render_template("home/help_contact.html")


@bp.get("/accessibility")
@public_page
def accessibility() -> Any:
    return render_template("home/accessibility.html")


@bp.get("/privacy")
@public_page
def privacy() -> Any:
    return render_template("home/privacy.html")


@bp.get("/security")
@public_page
def security() -> Any:
    return render_template("home/security.html")


# -- for machines ----------------------------------------------------------------------------

SIGNED_IN = ("/account", "/admin/", "/c/", "/d/", "/f/", "/v/")


@bp.get("/.well-known/security.txt")
def security_txt() -> Response:
    site = current_app.config["PUBLIC_URL"]
    # Only the day, so that the file stays the same between two visits.
    expires = (clock.now() + SECURITY_TXT_LASTS).date()
    lines = (
        f"Contact: {site}/help/contact",
        f"Expires: {expires.isoformat()}T00:00:00Z",
        f"Policy: {site}/security",
        "Preferred-Languages: en",
        f"Canonical: {site}/.well-known/security.txt",
    )
    return _plain(lines)


@bp.get("/robots.txt")
def robots() -> Response:
    site = current_app.config["PUBLIC_URL"]
    closed = (f"Disallow: {prefix}" for prefix in SIGNED_IN)
    return _plain(("User-agent: *", *closed, f"Sitemap: {site}/sitemap.xml"))


#: The protocol allows no more in one file.
MOST_ADDRESSES = 50_000
FIRST_PAGES = ("/", "/tools", "/pools", "/consortia", "/open", "/help")


@bp.get("/sitemap.xml")
@public_page
def sitemap() -> Response:
    """The addresses of all that is public and lasts, for search engines."""
    site, reader = current_app.config["PUBLIC_URL"], db.session()
    with tenancy.everyone("the site map lists public pages"):
        pages = [*FIRST_PAGES, *queries.public_addresses(reader)][:MOST_ADDRESSES]
    lines = "\n".join(f"<url><loc>{escape(site + page)}</loc></url>" for page in pages)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return Response(
        f'{head}<urlset xmlns="{space}">\n{lines}\n</urlset>\n', mimetype="application/xml"
    )


def _plain(lines: tuple[str, ...]) -> Response:
    answer = Response("\n".join(lines) + "\n", mimetype="text/plain")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
