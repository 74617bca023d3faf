"""The pages of a hand-over: the offer on the desk, and its answer and record for both sides."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia import handover_queries, handover_service, queries
from marketplace.consortia.forms import OfferOfficeForm, PressForm
from marketplace.consortia.handover_rules import ANSWER_WORDS, OFFICE_WORDS, OfferAnswer, Office
from marketplace.consortia.models import Consortium, Handover, OfficeOf
from marketplace.consortia.shared_views import WHY, across, bp, public
from marketplace.core import db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.ledger import queries as ledger


def _office(said: str) -> Office:
    if said not in set(Office):
        raise NotFound("There is no such office.")
    return Office(said)


@bp.route("/c/<slug>/hand-over/<office>", methods=["GET", "POST"])
@login_required
def offer_office(slug: str, office: str) -> Any:
    """Whoever has the office offers it, or takes the offer back."""
    session, actor, kind = db.session(), current_actor(), _office(office)
    organization, consortium = queries.consortium_by_slug(session, slug)
    held_by = consortium.holder_of(kind)
    if held_by is None:
        raise NotFound("This consortium has no such office.")
    require(actor, "consortia.offer_office", OfficeOf(organization.id, kind))
    waiting = handover_queries.open_offer(session, organization.id, kind)
    form = _offer_form(kind, consortium, held_by)

    def offer(writer: Any) -> Handover:
        if waiting is not None and "take_back" in request.form:
            return handover_service.take_offer_back(writer, actor, waiting.id)
        return handover_service.offer_office(
            writer,
            actor,
            organization.id,
            kind,
            to_id=UUID(form.to.data),
            successor_id=UUID(form.successor.data) if form.successor.data else None,
            words=form.words.data or "",
        )

    if waiting is not None and "take_back" in request.form:
        form = PressForm()
    if form.submitted(offer):
        back = form.result.answer is OfferAnswer.TAKEN_BACK
        flash("The offer is taken back." if back else "The offer is made. Both sides get a letter.")
        return redirect(url_for(".offer_office", slug=slug, office=office))
    named = {held_by, *([waiting.to_id] if waiting else [])}
    return web.form_page(
        "consortia/offer_office.html",
        form,
        organization=organization,
        held_by=held_by,
        office=OFFICE_WORDS[kind],
        has_successor=kind is Office.FISCAL_AGENT,
        waiting=waiting,
        names=accounts.organizations_by_id(db.session(), named),
    )


def _offer_form(kind: Office, consortium: Consortium, held_by: UUID) -> Any:
    """Agencies and members may take over; the successor that was named is proposed."""
    session = db.session()
    agencies = accounts.organizations_of_kind(session, OrganizationKind.SERVICE_AGENCY)
    members = [member.district_id for member in queries.active_members(session, consortium.org_id)]
    known = accounts.organizations_by_id(session, members).values()
    found = {
        str(org.id): org.name
        for org in sorted([*agencies, *known], key=lambda org: (org.name, str(org.id)))
    }
    proposed = str(consortium.successor_id or "") if kind is Office.FISCAL_AGENT else ""
    form = OfferOfficeForm(data={"to": proposed})
    taking = {key: name for key, name in found.items() if key != str(held_by)}
    form.to.choices = {"": "Choose", **taking}
    form.successor.choices = {"": "None", **found}
    return form


@bp.route("/consortia/<slug>/hand-overs/<uuid:handover_id>", methods=["GET", "POST"])
@login_required
def hand_over(slug: str, handover_id: UUID) -> Any:
    """The agency that was offered an office answers; afterwards both sides read the record."""
    session, actor = db.session(), current_actor()
    organization, _ = public(slug)
    offer = handover_queries.get_handover(session, handover_id)
    if offer.org_id != organization.id:
        raise NotFound("There is no such hand-over.")
    require(actor, "consortia.hand_over", offer)
    form = PressForm()
    declines = "decline" in request.form
    use_case = handover_service.decline_office if declines else handover_service.accept_office
    if form.submitted(lambda writer: across(writer, use_case, actor, handover_id)):
        flash("You have declined." if declines else "The office is yours now.", "success")
        return redirect(url_for(".hand_over", slug=slug, handover_id=handover_id))
    with tenancy.everyone(WHY):
        session = db.session()
        named = [each for each in (offer.from_id, offer.to_id, offer.successor_id) if each]
        return web.form_page(
            "consortia/hand_over.html",
            form,
            organization=organization,
            offer=offer,
            office=OFFICE_WORDS[offer.office],
            answered=ANSWER_WORDS[offer.answer] if offer.answer else "",
            may_answer=offer.answer is None and can(actor, "consortia.accept_office", offer),
            names=accounts.organizations_by_id(session, named),
            accounts_named=ledger.names_of(session, offer.held),
        )
