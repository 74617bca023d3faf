"""Funders: who they are to the public, their report, and their own desk."""

from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import access, db, tenancy, web
from marketplace.core.errors import NotFound
from marketplace.core.page_cache import public_page
from marketplace.programmes import queries as programmes
from marketplace.uptake import missing_rules, queries, rules
from marketplace.uptake.rules import Filters
from marketplace.uptake.shared_views import bp, breakdowns_csv, rural_and_town, uptake

#: Above this many, dots on a picture run into each other and bars are drawn.
MOST_DOTS = 200


@bp.get("/funders")
@public_page
def funders() -> Any:
    found = accounts.organizations_of_kind(db.session(), OrganizationKind.FUNDER)
    return render_template("uptake/funders.html", funders=found)


@bp.get("/funders/<slug>")
@public_page
def funder(slug: str) -> Any:
    found = _funder(slug)
    cells = queries.cells(db.session())
    return render_template(
        "uptake/funder.html",
        funder=found,
        programmes=_programmes(found),
        total=rules.total_of(cells),
        rural=rural_and_town(cells),
    )


@bp.get("/funders/<slug>/report")
@public_page
def funder_report(slug: str) -> Any:
    found, filters = _funder(slug), Filters.read(request.args)
    return render_template("uptake/funder_report.html", funder=found, it=_report(found, filters))


@bp.get("/funders/<slug>/report.csv")
def funder_report_csv(slug: str) -> Any:
    found = _funder(slug)
    return breakdowns_csv(f"{found.slug}-report", Filters.read(request.args))


@bp.get("/funders/<slug>/missing.csv")
def funder_missing_csv(slug: str) -> Any:
    found, filters = _funder(slug), Filters.read(request.args)
    small = queries.small_districts(db.session(), filters)
    cells = queries.cells(db.session(), filters)
    rows = [
        (part, gap.words, gap.small, gap.reached, gap.missing)
        for part in ("state", "locale", "size")
        for gap in missing_rules.gaps(small, cells, part)
    ]
    header = ("by", "name", "small_districts", "reached", "not_reached")
    return web.csv_response(f"{found.slug}-missing", header, rows)


@bp.get("/f/<slug>/")
@login_required
def funder_desk(slug: str) -> Any:
    found, actor = _funder(slug), login.current_actor()
    if not access.can(actor, "uptake.funder_desk", found):
        raise NotFound("There is no such funder.")
    filters = Filters.read(request.args)
    return render_template("uptake/funder_desk.html", funder=found, it=_report(found, filters))


def _funder(slug: str) -> Organization:
    return accounts.organization_by_slug(db.session(), OrganizationKind.FUNDER, slug)


def _programmes(funder: Organization) -> list[Any]:
    with tenancy.everyone("programmes, their rules and budgets are public"):
        return programmes.programmes_of(db.session(), funder.id)


def _report(funder: Organization, filters: Filters) -> dict[str, Any]:
    """What funders see: uptake, the spread of savings, and who is missing."""
    reader = db.session()
    cells = queries.cells(reader, filters)
    small = queries.small_districts(reader, filters)
    percents = queries.saved_percents(reader, filters)
    return {
        **uptake(filters, cells),
        "csv_url": f"/funders/{funder.slug}/report.csv?{urlencode(filters.as_query())}",
        "missing_url": f"/funders/{funder.slug}/missing.csv?{urlencode(filters.as_query())}",
        "dots": [p for p, n in sorted(percents.items()) for _ in range(n)]
        if sum(percents.values()) <= MOST_DOTS
        else None,
        "tens": rules.in_tens(percents),
        "missing_by_state": missing_rules.gaps(small, cells, "state"),
        "missing_by_locale": missing_rules.gaps(small, cells, "locale"),
        "missing_by_size": missing_rules.gaps(small, cells, "size"),
        "small_districts": sum(known.districts for known in small),
    }
