"""The public pages of the directory: find a district, and what is known about it."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from marketplace.core import db, web
from marketplace.core.money import whole_dollars
from marketplace.core.page_cache import public_page
from marketplace.directory import queries, rules
from marketplace.directory.models import District
from marketplace.directory.states import NAME_BY_CODE

bp = Blueprint("directory", __name__)
PAGE_SIZE = 25
MOST_DOWNLOADED = 5_000
CSV_COLUMNS = (
    *("leaid", "name", "name_year", "name_source", "street", "city", "state", "zip"),
    *("county_fips", "county_name", "locale", "latitude", "longitude", "place_year"),
    *("place_source", "pupils", "pupils_year", "pupils_source", "children"),
    *("children_in_poverty", "poverty_year", "poverty_source", "frl_bps", "frl_year"),
    *("frl_source", "spending_per_pupil_cents", "spending_year", "spending_source"),
)


def searched(size: int = PAGE_SIZE) -> tuple[queries.Found, web.Page]:
    """The districts asked for by `?q=`, `?state=` and `?page=`."""
    number = web.page_number()
    found = queries.search(db.session(), _typed(), number, state=_state(), size=size)
    if number > 1 and not found.districts:  # past the end: begin again
        number = 1
        found = queries.search(db.session(), _typed(), number, state=_state(), size=size)
    return found, web.Page(found.districts, number, size, found.total)


def _typed() -> str:
    return request.args.get("q", "").strip()[:100]


def _state() -> str:
    state = request.args.get("state", "").upper()
    return state if state in NAME_BY_CODE else ""


@bp.get("/districts")
@public_page
def districts() -> Any:
    found, page = searched()
    return render_template(
        "directory/districts.html",
        found=found,
        page=page,
        typed=_typed(),
        state=_state(),
        locale_name=rules.locale_name,
        states=[("", "All states"), *NAME_BY_CODE.items()],
        filters={name: value for name, value in (("q", _typed()), ("state", _state())) if value},
    )


@bp.get("/districts.json")
@public_page
def districts_json() -> Any:
    """Small: also what suggests districts while somebody types."""
    found, page = searched()
    to_sign_up = request.args.get("for") == "sign-up"
    return web.json_response(
        total=found.total,
        page=page.number,
        pages=page.pages,
        is_close=found.is_close,
        results=[_in_short(district, to_sign_up) for district in found.districts],
    )


def _in_short(district: District, to_sign_up: bool) -> dict[str, Any]:
    page = "directory.sign_up_district" if to_sign_up else "directory.district"
    where = ", ".join(part for part in (district.city, district.state) if part)
    size = "" if district.pupils is None else f" · {district.pupils:,} pupils"
    return {
        "leaid": district.leaid,
        "name": district.name,
        "city": district.city,
        "state": district.state,
        "pupils": district.pupils,
        "pupils_year": district.pupils_year,
        "label": district.name,
        "note": where + size,
        "url": url_for(page, leaid=district.leaid),
    }


@bp.get("/districts.csv")
def districts_csv() -> Any:
    """Every district found, up to 5,000, with the year and source of each figure."""
    found, _ = searched(MOST_DOWNLOADED)
    rows = ([getattr(district, c) for c in CSV_COLUMNS] for district in found.districts)
    return web.csv_response("districts", CSV_COLUMNS, rows)


@bp.get("/districts/<leaid>")
@public_page
def district(leaid: str) -> Any:
    if leaid[7:8] == "-":  # readable addresses are welcome, one of them is kept
        return redirect(url_for(".district", leaid=leaid[:7]), 301)
    known = queries.get_district(db.session(), leaid)
    return render_template(
        "directory/district.html",
        district=known,
        facts=facts_about(known),
        state_name=NAME_BY_CODE[known.state],
        is_small=rules.is_small(known.pupils),
        is_rural=rules.is_rural(known.locale),
        is_high_need=rules.is_high_need(known.children, known.children_in_poverty),
    )


def facts_about(district: District) -> list[tuple[str, str, str]]:
    """What is known: the words, the figure and where it comes from."""

    def where_from(group: str) -> str:
        year, source = (getattr(district, f"{group}_{part}") for part in ("year", "source"))
        return "" if source is None else f"{source}, {year}" if year else f"{source}, no year given"

    poverty = rules.poverty_bps(district.children, district.children_in_poverty)
    spending = district.spending_per_pupil_cents
    wages = district.teacher_wage_index_bps
    figures = [
        ("Pupils", _count(district.pupils), "pupils"),
        ("Children 5 to 17 living here", _count(district.children), "poverty"),
        ("Of them in poverty", _share(poverty), "poverty"),
        ("Everybody living here", _count(district.people), "poverty"),
        ("Pupils with free or reduced-price lunch", _share(district.frl_bps), "frl"),
        ("Spending per pupil", spending and whole_dollars(spending), "spending"),
        ("Teacher wages (nation = 1.000)", wages and f"{wages / 10_000:.3f}", "wages"),
        ("Kind of place", district.locale and rules.locale_name(district.locale), "place"),
        ("County", district.county_name, "place"),
        ("State’s own ID", district.state_agency_id, "state_id"),
    ]
    return [(words, figure or "Not known", where_from(group)) for words, figure, group in figures]


def _count(figure: int | None) -> str | None:
    return None if figure is None else f"{figure:,}"


def _share(bps: int | None) -> str | None:
    return None if bps is None else f"{bps / 100:.1f}%"
