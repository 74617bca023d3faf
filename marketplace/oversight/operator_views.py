"""The operator's desk for incidents: proof by one person, agreement by another."""
# mypy: disable-error-code="arg-type"

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.core import db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.oversight import queries, service
from marketplace.oversight.forms import (
    CloseIncidentForm,
    DismissIncidentForm,
    PressForm,
    ProposeConfirmationForm,
    ProposeLateNoticeForm,
)
from marketplace.oversight.models import Incident
from marketplace.oversight.shared_views import DECIDES, bp, tools_of


@bp.get("/admin/incidents")
@login_required
def review_incidents() -> Any:
    require(current_actor(), "oversight.review_incidents")
    with tenancy.everyone(DECIDES):
        page = web.paged(db.session(), queries.incidents_listed(), 30)
    return render_template("oversight/review_incidents.html", page=page, tools=tools_of(page.items))


def _incident(incident_id: UUID, action: str) -> Incident:
    if not can(current_actor(), action):
        raise NotFound("There is no such incident.")
    with tenancy.everyone(DECIDES):
        return queries.get_incident(db.session(), incident_id)


def _page(incident_id: UUID, form: Any = None, which: str = "") -> Any:
    """The desk of one incident; `which` names the form that was refused."""
    session, found = db.session(), _incident(incident_id, "oversight.review_incident")
    with tenancy.everyone(DECIDES):
        steps = queries.steps_of(session, found.id)
        told = len(queries.districts_told(session, found.id))
    signed = {found.reported_by, found.proposed_by, found.confirmed_by, found.late_proposed_by}
    return web.form_page(
        "oversight/review_incident.html",
        form or PressForm(),
        incident=found,
        tool=tools_of([found]).get(found.tool_id),
        reporter=accounts.get_organization(session, found.org_id),
        people={key: accounts.get_user(session, key).name for key in signed if key},
        steps=steps,
        told=told,
        propose=form if which == "propose" else ProposeConfirmationForm(formdata=None),
        dismiss=form if which == "dismiss" else DismissIncidentForm(formdata=None),
        late=form if which == "late" else ProposeLateNoticeForm(formdata=None),
        close=form if which == "close" else CloseIncidentForm(formdata=None),
        which=which,
        me=current_actor().user_id,
    )


@bp.get("/admin/incidents/<uuid:incident_id>")
@login_required
def review_incident(incident_id: UUID) -> Any:
    return _page(incident_id)


def _decide(
    incident_id: UUID, action: str, which: str, form: Any, use_case: Callable[..., Any], said: str
) -> Any:
    _incident(incident_id, action)

    def run(writer: Any) -> Any:
        with tenancy.everyone(DECIDES):
            result = use_case(writer)
            writer.flush()
            return result

    if form.submitted(run):
        flash(said, "good")
        return redirect(url_for(".review_incident", incident_id=incident_id))
    return _page(incident_id, form, which)


@bp.post("/admin/incidents/<uuid:incident_id>/propose")
@login_required
def propose_confirmation(incident_id: UUID) -> Any:
    form = ProposeConfirmationForm()
    return _decide(
        incident_id,
        "oversight.propose_confirmation",
        "propose",
        form,
        lambda writer: service.propose_confirmation(
            writer,
            current_actor(),
            incident_id,
            public_words=form.public_words.data,
            evidence_words=form.evidence_words.data,
            exposes_students=bool(form.exposes_students.data),
            file=form.checked,
        ),
        "The proof is on file. Another person must agree now.",
    )


@bp.post("/admin/incidents/<uuid:incident_id>/confirm")
@login_required
def confirm_incident(incident_id: UUID) -> Any:
    return _decide(
        incident_id,
        "oversight.confirm_incident",
        "confirm",
        PressForm(),
        lambda writer: service.confirm_incident(writer, current_actor(), incident_id),
        "Confirmed. Every district that uses the tool is told today.",
    )


@bp.post("/admin/incidents/<uuid:incident_id>/dismiss")
@login_required
def dismiss_incident(incident_id: UUID) -> Any:
    form = DismissIncidentForm()
    return _decide(
        incident_id,
        "oversight.dismiss_incident",
        "dismiss",
        form,
        lambda writer: service.dismiss_incident(
            writer, current_actor(), incident_id, form.why.data
        ),
        "The report stands as not confirmed.",
    )


@bp.post("/admin/incidents/<uuid:incident_id>/late")
@login_required
def propose_late_notice(incident_id: UUID) -> Any:
    form = ProposeLateNoticeForm()
    return _decide(
        incident_id,
        "oversight.propose_late_notice",
        "late",
        form,
        lambda writer: service.propose_late_notice(
            writer, current_actor(), incident_id, form.proves.data
        ),
        "On file. Another person must agree now.",
    )


@bp.post("/admin/incidents/<uuid:incident_id>/late/confirm")
@login_required
def confirm_late_notice(incident_id: UUID) -> Any:
    return _decide(
        incident_id,
        "oversight.confirm_late_notice",
        "late-confirm",
        PressForm(),
        lambda writer: service.confirm_late_notice(writer, current_actor(), incident_id),
        "Proven. The scorecard is stopped until it is reviewed again.",
    )


@bp.post("/admin/incidents/<uuid:incident_id>/close")
@login_required
def close_incident(incident_id: UUID) -> Any:
    form = CloseIncidentForm()
    return _decide(
        incident_id,
        "oversight.close_incident",
        "close",
        form,
        lambda writer: service.close_incident(writer, current_actor(), incident_id, form.done.data),
        "Closed. The line stays for 36 months.",
    )
