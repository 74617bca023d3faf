"""The exit card: what a district gets back, by when, from whom; and the proof of deletion."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.core import db, files, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.orders import queries as orders
from marketplace.renewals import exit_queries, exit_service, renewal_queries
from marketplace.renewals.forms import FileCertificateForm
from marketplace.renewals.shared_views import bp, district_desk, vendor_desk

CERTIFICATES = "a certificate belongs to the district; the vendor may file it for it"


@bp.get("/d/<leaid>/exit/<uuid:order_id>")
@login_required
def exit_card(leaid: str, order_id: UUID) -> Any:
    district, session = district_desk(leaid), db.session()
    order = orders.get_order(session, order_id)
    require(login.current_actor(), "renewals.exit_card", order)
    answers = exit_queries.exit_answers(session, order)
    days = answers["days"]
    return render_template(
        "renewals/exit_card.html",
        district=district,
        order=order,
        said=order.agreed,
        answers=answers,
        delete_by=order.term_ends_on + timedelta(days=days) if days is not None else None,
        contact=exit_queries.vendor_contact(session, order.vendor_id),
        certificates=renewal_queries.certificates_of(session, [order.id]),
        may_file=can(login.current_actor(), "renewals.file_certificate", order),
    )


@bp.route("/d/<leaid>/exit/<uuid:order_id>/certificate", methods=["GET", "POST"])
@bp.route("/v/<vendor>/exit/<uuid:order_id>/certificate", methods=["GET", "POST"])
@login_required
def file_certificate(order_id: UUID, leaid: str | None = None, vendor: str | None = None) -> Any:
    if vendor:
        vendor_desk(vendor)
        back = url_for("renewals.vendor_terms", vendor=vendor)
    else:
        district_desk(leaid or "")
        back = url_for("renewals.exit_card", leaid=leaid, order_id=order_id)
    order, actor = orders.get_order(db.session(), order_id), login.current_actor()
    require(actor, "renewals.file_certificate", order)
    form = FileCertificateForm()

    with tenancy.everyone(CERTIFICATES):
        sent = form.submitted(
            lambda w: exit_service.file_certificate(w, actor, order_id, **form.facts())
        )
    if sent:
        flash("The certificate is on file.", "good")
        return redirect(back)
    order = orders.get_order(db.session(), order_id)
    return web.form_page(
        "renewals/file_certificate.html", form, order=order, said=order.agreed, back=back
    )


@bp.get("/d/<leaid>/certificates/<uuid:certificate_id>.pdf")
@bp.get("/v/<vendor>/certificates/<uuid:certificate_id>.pdf")
@login_required
def certificate_file(
    certificate_id: UUID, leaid: str | None = None, vendor: str | None = None
) -> Response:
    if vendor:
        vendor_desk(vendor)
    else:
        district_desk(leaid or "")
    certificate = renewal_queries.get_certificate(db.session(), certificate_id)
    if not can(login.current_actor(), "renewals.certificate_file", certificate):
        raise NotFound("There is no such certificate.")
    with tenancy.everyone(CERTIFICATES):
        stored = files.get_file(db.session(), certificate.file_id)
    return web.file_response(stored.name, stored.media_type, stored.content)
