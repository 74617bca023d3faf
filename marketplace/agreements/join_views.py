"""Can we join? The eight checks, and the record of the copy a district signed and sent."""
# mypy: disable-error-code="arg-type, union-attr"

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from marketplace.accounts.login import current_actor
from marketplace.agreements import join_rules, queries, service
from marketplace.agreements.forms import CanWeJoinForm, RecordJoinForm
from marketplace.agreements.models import Agreement
from marketplace.agreements.service import SentCopy
from marketplace.agreements.shared_views import (
    bp,
    ids_of,
    named_products,
    names_of,
    own_desk,
    readable,
    stored_pdf,
)
from marketplace.catalogue import queries as catalogue
from marketplace.core import db, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound


def _wanted(agreement: Agreement) -> list[SelectChoice]:
    """What a district may want of an agreement: its tools, in each edition they come in."""
    seen, choices = set(), []
    for named in named_products([agreement]).get(agreement.id, []):
        if named.tool.id in seen:
            continue
        seen.add(named.tool.id)
        editions = catalogue.editions_of(db.session(), named.tool.id)
        choices += [
            SelectChoice(f"{named.tool.id}:{edition.id}", f"{named.tool.name}, {edition.name}")
            for edition in editions
        ] or [SelectChoice(str(named.tool.id), named.tool.name)]
    return choices


@bp.get("/agreements/<uuid:agreement_id>/can-we-join")
@login_required
def can_we_join(agreement_id: UUID) -> Any:
    """The eight checks for the actor's district; nothing is stored."""
    actor, session = current_actor(), db.session()
    agreement = readable(agreement_id, "agreements.can_we_join")
    form = CanWeJoinForm(formdata=request.args if "check" in request.args else None)
    form.product.choices = _wanted(agreement)
    checks = None
    if "check" in request.args and form.validate():
        tool_id, edition_id = ids_of(form.product.data)
        checks = service.checks_of(
            session,
            actor,
            agreement,
            catalogue.tool_by_id(session, tool_id),
            edition_id=edition_id,
            data_elements=form.data_elements.data,
            until=form.until.data,
        )
    names = names_of([agreement.org_id, agreement.vendor_id])
    query = request.query_string.decode()
    page = render_template(
        "agreements/can_we_join.html",
        form=form,
        agreement=agreement,
        vendor=names[agreement.vendor_id],
        owner=names[agreement.org_id],
        checks=checks,
        passes=checks is not None and join_rules.may_join(checks),
        join_url=f"{url_for('.record_join', agreement_id=agreement.id)}?{query}",
        may_record=can(actor, "agreements.record_join", agreement),
    )
    return page, 422 if form.errors else 200


@bp.route("/agreements/<uuid:agreement_id>/join", methods=["GET", "POST"])
@login_required
def record_join(agreement_id: UUID) -> Any:
    actor = current_actor()
    agreement = readable(agreement_id, "agreements.can_we_join")
    require(actor, "agreements.record_join", agreement)
    form = RecordJoinForm(data=_asked_before())
    form.product.choices = _wanted(agreement)

    def record(writer: Any) -> Any:
        tool_id, edition_id = ids_of(form.product.data)
        return service.record_join(
            writer,
            actor,
            agreement_id,
            tool_id,
            SentCopy(
                signer=form.signer.data.strip(),
                signed_on=form.signed_on.data,
                sent_on=form.sent_on.data,
                sent_to=form.sent_to.data.strip(),
            ),
            form.checked,
            edition_id=edition_id,
            data_elements=form.data_elements.data,
            until=form.until.data,
        )

    if form.submitted(record):
        flash("On file. The vendor is told and asked to say that it has your copy.", "good")
        return redirect(url_for(".district_agreements", leaid=actor.leaid))
    names = names_of([agreement.org_id, agreement.vendor_id])
    return web.form_page(
        "agreements/record_join.html",
        form,
        agreement=agreement,
        vendor=names[agreement.vendor_id],
        owner=names[agreement.org_id],
    )


def _asked_before() -> dict[str, Any]:
    """What the checks were run with, from the address."""
    until = request.args.get("until", "")
    asked = CanWeJoinForm(formdata=request.args)
    return {
        "product": request.args.get("product", ""),
        "data_elements": request.args.getlist("data_elements"),
        "until": asked.until.data if until else None,
    }


@bp.get("/d/<leaid>/agreements/joined/<uuid:join_id>.pdf", endpoint="join_file")
@bp.get("/v/<slug>/join-notices/<uuid:join_id>.pdf", endpoint="join_file")
@login_required
def join_file(join_id: UUID, leaid: str = "", slug: str = "") -> Any:
    """The copy a district signed, for that district and the vendor."""
    own_desk(leaid, slug, "There is no such document.")
    join = queries.get_join(db.session(), join_id)
    if not can(current_actor(), "agreements.join_file", join):
        raise NotFound("There is no such document.")
    return stored_pdf(join.file_id)
