"""The district's first screen about a tool, papers drafted for it, and the vendor's view."""
# mypy: disable-error-code="arg-type, union-attr"

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import access, db, panels, pdf, web
from marketplace.core.errors import NotFound
from marketplace.scorecards import (
    document_rules,
    law_service,
    queries,
    reading_queries,
    rules,
    view_rules,
)
from marketplace.scorecards.card_views import paper_titles
from marketplace.scorecards.forms import FileReportForm, MarkTaskForm
from marketplace.scorecards.shared_views import bp, tool_and_reading


def _district(leaid: str) -> Organization:
    """The district acted for; anybody else's is not there."""
    district = accounts.organization_by_leaid(db.session(), leaid)
    if not access.can(login.current_actor(), "scorecards.check_tool", district):
        raise NotFound("There is no such district.")
    return district


@bp.get("/d/<leaid>/tools/<slug>")
@login_required
def check_tool(leaid: str, slug: str) -> Any:
    """What a district asks first: may we use it, what does our law need, what is left to us."""
    district, session = _district(leaid), db.session()
    tool, vendor, reading = tool_and_reading(slug)
    ada_on, people, source = reading_queries.ada_of(session, leaid)
    done = reading_queries.tasks_of(session, district.id, tool.id)
    law = reading_queries.law_of(
        reading,
        district.state,
        clauses=queries.clauses_of(session, district.id, tool.id),
        tasks_done=done,
        ada_on=ada_on,
    )
    return render_template(
        "scorecards/check_tool.html",
        district=district,
        tool=tool,
        vendor=vendor,
        it=reading,
        stands=reading.standing if reading else rules.not_reviewed(tool.name),
        law=law,
        packs=reading_queries.packs(),
        ada_on=ada_on,
        people=people,
        source=source,
        papers=[(k, paper_titles()[k]) for k in document_rules.kinds_for(district.state)],
        may_mark=access.can(login.current_actor(), "scorecards.mark_task", district),
        form=MarkTaskForm(),
    )


@bp.post("/d/<leaid>/tools/<slug>/duties/<requirement>")
@login_required
def mark_task(leaid: str, slug: str, requirement: str) -> Any:
    district = _district(leaid)
    actor, form = login.current_actor(), MarkTaskForm()
    access.require(actor, "scorecards.mark_task", district)
    tool = catalogue.known_tool(db.session(), slug, actor)
    if form.submitted(
        lambda writer: law_service.mark_task(
            writer, actor, tool.id, requirement, None if "undo" in request.form else form.day()
        )
    ):
        flash("Marked.", "good")
    else:
        flash("; ".join(m for errors in form.errors.values() for m in errors), "warn")
    return redirect(url_for(".check_tool", leaid=leaid, slug=slug) + "#law")


@bp.get("/d/<leaid>/tools/<slug>/papers/<kind>")
@login_required
def paper(leaid: str, slug: str, kind: str) -> Any:
    district, tool, drafted = _paper(leaid, slug, kind)
    return render_template("scorecards/paper.html", district=district, tool=tool, paper=drafted)


@bp.get("/d/<leaid>/tools/<slug>/papers/<kind>.pdf")
@login_required
def paper_pdf(leaid: str, slug: str, kind: str) -> Response:
    district, tool, drafted = _paper(leaid, slug, kind)
    content = pdf.render(
        "privacy_paper",
        title=drafted.title,
        lead=drafted.lead,
        district=district.name,
        notes=drafted.notes,
        parts=[
            {
                "title": part.title,
                "lines": [
                    {"label": line.label, "words": line.words, "source": line.source}
                    for line in part.lines
                ],
            }
            for part in drafted.parts
        ],
    )
    return web.pdf_response(f"{kind.replace('_', '-')}-{tool.slug}", content)


def _paper(leaid: str, slug: str, kind: str) -> tuple[Organization, Tool, document_rules.Paper]:
    district = _district(leaid)
    tool, vendor, reading = tool_and_reading(slug)
    if reading is None or kind not in document_rules.kinds_for(district.state):
        raise NotFound("There is no such paper.")
    drafted = document_rules.draft(
        kind,
        reading.rubric,
        reading.card,
        reading.result,
        tool=tool.name,
        vendor=vendor,
        district=district.name,
        version=reading.row.version,
        today=queries.today(),
        warnings=[reading.in_doubt] if reading.in_doubt else [],
    )
    return district, tool, drafted


# -- the vendor ------------------------------------------------------------------------------


def _own_tool(vendor: str, slug: str) -> tuple[Organization, Tool]:
    organization = accounts.organization_by_slug(db.session(), OrganizationKind.VENDOR, vendor)
    if login.current_actor().org_id != organization.id:
        raise NotFound("There is no such vendor.")
    tool = catalogue.own_tool(db.session(), organization.id, slug)
    access.require(login.current_actor(), "scorecards.vendor_card", tool)
    return organization, tool


@bp.get("/v/<vendor>/listings/<tool_slug>/scorecard")
@login_required
def vendor_card(vendor: str, tool_slug: str) -> Any:
    """What evidence would raise what, and when it lapses."""
    organization, tool = _own_tool(vendor, tool_slug)
    reading = reading_queries.reading_of(db.session(), tool)
    return render_template(
        "scorecards/vendor_card.html",
        vendor=organization,
        tool=tool,
        it=reading,
        steps=reading_queries.steps_of(reading) if reading else [],
        lapses=view_rules.lapses(reading.rubric, reading.card)[:40] if reading else [],
        reports=reading_queries.reports_of(db.session(), tool.id),
        may_write=access.can(login.current_actor(), "scorecards.file_report", tool),
    )


#: Steps shown for each tool on the vendor's home; its scorecard page has the rest.
STEPS_AT_HOME = 2


@panels.fill("catalogue.vendor_home")
def cards_of_vendor(vendor: Organization) -> str | None:
    """On the vendor's home: how each answer affects the score of each published tool."""
    session = db.session()
    tools = catalogue.published_of_vendor(session, vendor.id)
    if not tools:
        return None
    found = reading_queries.readings_of(session, tools)
    steps = {
        key: reading_queries.steps_of(reading)[:STEPS_AT_HOME] for key, reading in found.items()
    }
    return render_template(
        "scorecards/_vendor_home.html", vendor=vendor, tools=tools, found=found, steps=steps
    )


@panels.fill("catalogue.listing")
def card_of_listing(tool: Tool) -> str:
    """On a listing's page: the way to its scorecard, and what it comes to."""
    session = db.session()
    return render_template(
        "scorecards/_listing.html",
        vendor=accounts.get_organization(session, tool.org_id),
        tool=tool,
        it=reading_queries.reading_of(session, tool),
    )


@bp.route("/v/<vendor>/listings/<tool_slug>/accessibility", methods=["GET", "POST"])
@login_required
def file_report(vendor: str, tool_slug: str) -> Any:
    organization, tool = _own_tool(vendor, tool_slug)
    actor, form = login.current_actor(), FileReportForm()
    access.require(actor, "scorecards.file_report", tool)

    def keep(writer: Any) -> Any:
        content, field = form.sent()
        return law_service.file_report(writer, actor, tool.id, content, field=field)

    if form.submitted(keep):
        filed = form.result
        flash(f"The report is filed. It answers EQ-01 with {filed.answer}.", "good")
        return redirect(url_for(".vendor_card", vendor=vendor, tool_slug=tool_slug))
    return web.form_page("scorecards/file_report.html", form, vendor=organization, tool=tool)
