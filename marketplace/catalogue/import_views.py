"""Listings from a file: choose it, look at what was read, then import."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.catalogue import (
    import_service,
    imports,
    listing_queries,
    queries,
    questions,
    spreadsheets,
)
from marketplace.catalogue.answer_forms import RunImportForm, StartImportForm
from marketplace.catalogue.listing_models import ListingImport
from marketplace.catalogue.rules import fold
from marketplace.catalogue.shared_views import bp
from marketplace.catalogue.vendor_views import own_vendor
from marketplace.core import access, db, web
from marketplace.core.errors import RuleBroken
from marketplace.core.uploads import TYPES

#: So many problems stand on the page; the rest is a number.
PROBLEMS_SHOWN = 60
#: So many columns with a name of their own may be given a question on the page.
UNKNOWN_COLUMNS = 8


@bp.route("/v/<slug>/listings/import", methods=["GET", "POST"])
@login_required
def start_import(slug: str) -> Any:
    vendor, actor = own_vendor(slug), login.current_actor()
    access.require(actor, "catalogue.start_import", vendor)
    form = StartImportForm()
    if form.is_submitted() and form.validate():
        try:
            table = spreadsheets.read_table(form.checked.media_type, form.checked.content)
        except RuleBroken as refusal:
            form.refuse(refusal)
        else:
            form.keep(
                lambda writer: import_service.start_import(
                    writer, actor, name=form.checked.name, table=table
                )
            )
            return redirect(url_for(".run_import", slug=slug, import_id=form.result.id))
    return web.form_page("catalogue/start_import.html", form, vendor=own_vendor(slug))


@bp.get("/v/<slug>/listings/import/template.<any(csv, xlsx):ending>")
@login_required
def import_template(slug: str, ending: str) -> Any:
    access.require(login.current_actor(), "catalogue.import_template", own_vendor(slug))
    asked = questions.load()
    if ending == "csv":
        return web.csv_response("listings", spreadsheets.template_header(asked), [])
    return web.file_response("listings.xlsx", TYPES["xlsx"], spreadsheets.template_xlsx(asked))


@bp.route("/v/<slug>/listings/import/<uuid:import_id>", methods=["GET", "POST"])
@login_required
def run_import(slug: str, import_id: UUID) -> Any:
    own_vendor(slug)
    actor, form = login.current_actor(), RunImportForm()
    wanted = listing_queries.own_import(db.session(), import_id)
    access.require(actor, "catalogue.run_import", wanted)
    columns = _columns(wanted)
    looking = "look" in request.form
    if not looking and form.submitted(
        lambda writer: import_service.run_import(
            writer, actor, import_id, columns=columns, only_good="only_good" in request.form
        )
    ):
        flash(_done(form.result), "good")
        return redirect(url_for(".vendor_home", slug=slug))
    wanted = listing_queries.own_import(db.session(), import_id)
    return web.form_page(
        "catalogue/run_import.html", form, vendor=own_vendor(slug), **_look(wanted, columns)
    )


def _columns(wanted: ListingImport) -> dict[int, str]:
    """By the names of the columns, and by what was chosen on the page for the others."""
    known = questions.load()
    found = imports.guess(wanted.header, known)
    for column in range(len(wanted.header)):
        chosen = request.form.get(f"column_{column}")
        if chosen is not None:
            found.pop(column, None)
            if chosen in known.by_key:
                found[column] = chosen
    return found


def _look(wanted: ListingImport, columns: dict[int, str]) -> dict[str, Any]:
    known = questions.load()
    listed = {fold(tool.name) for tool in queries.listings_of(db.session(), wanted.org_id)}
    rows = imports.examine(
        wanted.header, wanted.rows, columns, known, listing_queries.today(), listed
    )
    good = [row for row in rows if row.is_good]
    problems = [(row.number, *problem) for row in rows for problem in row.problems]
    named = imports.guess(wanted.header, known)
    other = [c for c in range(len(wanted.header)) if c not in named]
    return {
        "wanted": wanted,
        "columns": columns,
        "asked": known,
        "good": len(good),
        "new": sum(fold(row.answers["name"]) not in listed for row in good),
        "problems": problems[:PROBLEMS_SHOWN],
        "more_problems": len(problems) - PROBLEMS_SHOWN,
        "bad": len(rows) - len(good),
        "choosable": [*named, *other]
        if len(wanted.header) <= UNKNOWN_COLUMNS
        else other[:UNKNOWN_COLUMNS],
        "left_out": [wanted.header[c] for c in range(len(wanted.header)) if c not in columns],
    }


def _done(wanted: ListingImport) -> str:
    parts = [f"{wanted.added:,} drafts begun"]
    if wanted.changed:
        parts.append(f"{wanted.changed:,} listings filled in")
    if wanted.left_out:
        parts.append(f"{wanted.left_out:,} rows left out")
    return f"Import done: {', '.join(parts)}. Nothing is public yet."
