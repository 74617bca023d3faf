"""Public pages of incidents, the report, the vendor's answer, and what a district was told."""
# mypy: disable-error-code="arg-type"

from secrets import token_hex
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue import queries as catalogue
from marketplace.core import db, page_cache, panels, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.oversight import operator_views, queries, service
from marketplace.oversight.forms import AnswerIncidentForm, ReportIncidentForm
from marketplace.oversight.rules import STATUS_WORDS, IncidentStatus
from marketplace.oversight.shared_views import PUBLIC, bp, tools_of

#: The operator's pages register themselves on the same blueprint.
__all__ = ["bp", "operator_views"]

ROWS_IN_A_FILE = 5_000


@bp.get("/open/incidents")
@page_cache.public_page
def incidents() -> Any:
    with tenancy.everyone(PUBLIC):
        page = web.paged(db.session(), queries.incidents_listed(), 30)
        told = queries.told_counts(db.session(), [incident.id for incident in page.items])
    return render_template(
        "oversight/incidents.html", page=page, tools=tools_of(page.items), told=told
    )


HEADER = ("tool", "status", "reported_at", "confirmed_at", "closed_at", "words", "page")


def _told() -> list[dict[str, str]]:
    with tenancy.everyone(PUBLIC):
        found = db.session().exec(queries.incidents_listed().limit(ROWS_IN_A_FILE)).all()
    tools = tools_of(found)
    return [
        dict(
            zip(
                HEADER,
                (
                    tools[each.tool_id].name if each.tool_id in tools else "",
                    str(each.status),
                    each.reported_at.isoformat(),
                    each.confirmed_at.isoformat() if each.confirmed_at else "",
                    each.closed_at.isoformat() if each.closed_at else "",
                    each.public_words if each.confirmed_at else "",
                    url_for(".incident", incident_id=each.id),
                ),
            )
        )
        for each in found
    ]


@bp.get("/open/incidents.csv")
@page_cache.public_page
def incidents_csv() -> Any:
    return web.csv_response("incidents", HEADER, [list(row.values()) for row in _told()])


@bp.get("/open/incidents.json")
@page_cache.public_page
def incidents_json() -> Any:
    return web.json_response(incidents=_told(), at_most=ROWS_IN_A_FILE)


@bp.get("/open/incidents/<uuid:incident_id>")
@page_cache.public_page
def incident(incident_id: UUID) -> Any:
    """The public timeline: never who reported it, nor the report, nor the proof itself."""
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = queries.get_incident(session, incident_id)
        require(current_actor(), "oversight.incident", found)
        steps = queries.steps_of(session, found.id)
        told = queries.told_counts(session, [found.id]).get(found.id, 0)
    return render_template(
        "oversight/incident.html",
        incident=found,
        tool=tools_of([found]).get(found.tool_id),
        vendor=accounts.get_organization(session, found.vendor_id),
        steps=steps,
        told=told,
        may_answer=can(current_actor(), "oversight.answer_incident", found),
    )


@bp.route("/tools/<slug>/report-incident", methods=["GET", "POST"])
@login_required
def report_incident(slug: str) -> Any:
    session, actor = db.session(), current_actor()
    tool = catalogue.known_tool(session, slug)
    if not can(actor, "oversight.report_incident", tool):
        raise NotFound("There is no such tool.")
    form = ReportIncidentForm(data={"once_key": token_hex(16)})
    if form.submitted(
        lambda writer: service.report_incident(
            writer,
            actor,
            tool.id,
            words=form.words.data,
            once_key=(form.once_key.data or "")[:64] or token_hex(16),
            happened_on=form.happened_on.data,
            vendor_knew_on=form.vendor_knew_on.data,
        )
    ):
        flash("Reported. Two people look at it; until then it stands as not confirmed.", "good")
        return redirect(url_for(".incident", incident_id=form.result.id))
    return web.form_page("oversight/report_incident.html", form, tool=tool)


@bp.route("/v/<slug>/incidents/<uuid:incident_id>/answer", methods=["GET", "POST"])
@login_required
def answer_incident(slug: str, incident_id: UUID) -> Any:
    session, actor = db.session(), current_actor()
    vendor = accounts.organization_by_slug(session, OrganizationKind.VENDOR, slug)
    if actor.org_id != vendor.id:
        raise NotFound("There is no such vendor.")
    found = queries.get_incident(session, incident_id)
    if found.vendor_id != vendor.id:
        raise NotFound("There is no such incident.")
    require(actor, "oversight.answer_incident", found)
    form = AnswerIncidentForm()

    def answer(writer: Any) -> Any:
        with tenancy.everyone("the vendor writes on the timeline of a report that others own"):
            return service.answer_incident(writer, actor, incident_id, form.words.data)

    if form.submitted(answer):
        flash("Your answer stands on the timeline.", "good")
        return redirect(url_for(".incident", incident_id=incident_id))
    return web.form_page(
        "oversight/answer_incident.html",
        form,
        vendor=vendor,
        incident=found,
        tool=tools_of([found]).get(found.tool_id),
    )


@bp.get("/d/<leaid>/incidents")
@login_required
def district_incidents(leaid: str) -> Any:
    """What the district was told, and the dates its state asks for."""
    session, actor = db.session(), current_actor()
    district = accounts.organization_by_leaid(session, leaid)
    if not can(actor, "oversight.district_incidents", district):
        raise NotFound("There is no such district.")
    with tenancy.everyone("a district reads what it was told of an incident that others reported"):
        notices = queries.notices_of_district(session, district.id)
    return render_template(
        "oversight/district_incidents.html",
        district=district,
        notices=notices,
        tools=tools_of([incident for _, incident in notices]),
    )


# -- on pages further up ---------------------------------------------------------------------


def _shown(tool_id: UUID) -> list[Any]:
    """Asked for once a page, though it fills more than one place there."""
    asked = g.setdefault("incidents_shown", {})
    if tool_id not in asked:
        with tenancy.everyone(PUBLIC):
            asked[tool_id] = queries.shown_on_tool(db.session(), tool_id)
    return list(asked[tool_id])


@panels.fill("catalogue.tool_top")
def banner_of_tool(tool: Any) -> str | None:
    """A confirmed incident stands above everything else on the tool's page."""
    found = [i for i in _shown(tool.id) if i.status is IncidentStatus.CONFIRMED]
    return render_template("oversight/_banner.html", found=found, tool=tool) if found else None


@panels.fill("pools.pool")
def banner_of_pool(pool: Any) -> str | None:
    found = [i for i in _shown(pool.tool_id) if i.status is IncidentStatus.CONFIRMED]
    tool = tools_of(found).get(pool.tool_id)
    return render_template("oversight/_banner.html", found=found, tool=tool) if tool else None


@panels.fill("catalogue.tool")
def incidents_of_tool(tool: Any) -> str | None:
    """Reports, open incidents and closed lines, and where to report one."""
    return render_template(
        "oversight/_tool_incidents.html",
        tool=tool,
        found=_shown(tool.id),
        words=STATUS_WORDS,
        may_report=can(current_actor(), "oversight.report_incident", tool),
    )


@panels.fill("home.district")
def incidents_of_home(organization: Any) -> str | None:
    if not can(current_actor(), "oversight.district_incidents", organization):
        return None
    with tenancy.everyone("a district reads what it was told"):
        notices = queries.notices_of_district(db.session(), organization.id)
    open_ones = [n for n, incident in notices if incident.status is IncidentStatus.CONFIRMED]
    if not notices:
        return None
    return render_template(
        "oversight/_district_panel.html",
        district=organization,
        notices=notices,
        open_ones=open_ones,
    )


@panels.fill("catalogue.vendor_home")
def incidents_of_vendor(vendor: Any) -> str | None:
    if current_actor().org_id != vendor.id:
        return None
    found = queries.incidents_of_vendor(db.session(), vendor.id)
    if not found:
        return None
    return render_template(
        "oversight/_vendor_panel.html", vendor=vendor, found=found, tools=tools_of(found)
    )
