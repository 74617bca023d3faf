"""A district's pages: its agreements, filing one, and ending an offer."""
# mypy: disable-error-code="arg-type, union-attr"

from secrets import token_hex
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_login import login_required
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.agreements import queries, rules, service
from marketplace.agreements.forms import (
    FileAgreementForm,
    WithdrawOfferForm,
)
from marketplace.agreements.models import Agreement
from marketplace.agreements.rules import Family
from marketplace.agreements.service import Paper
from marketplace.agreements.shared_views import (
    bp,
    ids_of,
    named_products,
    names_of,
    own_desk,
)
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import db, panels, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound


def own_district(leaid: str, action: str) -> Organization:
    """The district acted for; anybody else's is not there."""
    actor = current_actor()
    district = accounts.organization_by_leaid(db.session(), leaid)
    if actor.org_id != district.id:
        raise NotFound("There is no such district.")
    require(actor, action, district)
    return district


@bp.get("/d/<leaid>/agreements")
@login_required
def district_agreements(leaid: str) -> Any:
    district, session = own_district(leaid, "agreements.district_agreements"), db.session()
    own = queries.agreements_of_district(session, district.id)
    joins = queries.joins_of_district(session, district.id)
    tools = catalogue.tools_by_id(session, {join.tool_id for join in joins})
    return render_template(
        "agreements/district_agreements.html",
        district=district,
        own=own,
        products=named_products(own),
        joins=joins,
        tools=tools,
        vendors=names_of([*(a.vendor_id for a in own), *(j.vendor_id for j in joins)]),
        follow_up=rules.follow_up_on,
        today=queries.today(),
        may_file=can(current_actor(), "agreements.file_agreement", district),
    )


@bp.route("/d/<leaid>/agreements/new/<slug>", methods=["GET", "POST"])
@login_required
def file_agreement(leaid: str, slug: str) -> Any:
    """File the district's own signed agreement; the address names one of the vendor's tools."""
    district = own_district(leaid, "agreements.file_agreement")
    session, actor = db.session(), current_actor()
    tool = catalogue.known_tool(session, slug)
    vendor = accounts.get_organization(session, tool.org_id)
    form = FileAgreementForm(
        data={
            "state": district.state,
            "provider": vendor.name,
            "products": [str(tool.id)],
            "once_key": token_hex(16),
        }
    )
    form.products.choices = _products(catalogue.published_of_vendor(session, vendor.id) or [tool])
    earlier = [
        agreement
        for agreement in queries.agreements_of_district(session, district.id)
        if agreement.vendor_id == vendor.id and agreement.superseded_by is None
    ]
    form.replaces.choices = [
        SelectChoice("", "Nothing: it is the first"),
        *(SelectChoice(str(a.id), _called(a)) for a in earlier),
    ]
    if form.submitted(
        lambda writer: service.file_agreement(
            writer,
            actor,
            vendor.id,
            _paper(form),
            form.checked,
            once_key=(form.once_key.data or "")[:64] or token_hex(16),
            replaces=UUID(form.replaces.data) if form.replaces.data else None,
        )
    ):
        flash("The agreement is on file.", "good")
        return redirect(url_for(".agreement", agreement_id=form.result.id))
    return web.form_page(
        "agreements/file_agreement.html",
        form,
        district=district,
        vendor=vendor,
        tool=tool,
        has_earlier=bool(earlier),
    )


def _called(agreement: Agreement) -> str:
    words = rules.FAMILY_WORDS[agreement.family]
    return f"{words}, {agreement.version}, signed {web.day(agreement.signed_on)}"


def _products(tools: list[Tool]) -> list[SelectChoice]:
    """Each tool with all its editions, and each edition by itself."""
    choices = []
    for tool in tools:
        choices.append(SelectChoice(str(tool.id), f"{tool.name}, all editions"))
        choices += [
            SelectChoice(f"{tool.id}:{edition.id}", f"{tool.name}, {edition.name} only")
            for edition in catalogue.editions_of(db.session(), tool.id)
        ]
    return choices


def _paper(form: Any) -> Paper:
    return Paper(
        family=Family(form.family.data),
        version=form.version.data.strip(),
        state=form.state.data,
        provider=form.provider.data.strip(),
        products=frozenset(ids_of(value) for value in form.products.data),
        data_elements=frozenset(form.data_elements.data),
        signed_on=form.signed_on.data,
        effective_on=form.effective_on.data,
        ends_on=form.ends_on.data,
        offer_present=form.offer_present.data == "yes",
        offer_until=form.offer_until.data,
        offer_conditions=(form.offer_conditions.data or "").strip(),
        modifications=(form.modifications.data or "").strip(),
        ai_addendum=form.ai_addendum.data == "yes",
        district_signer=form.district_signer.data.strip(),
        vendor_signer=form.vendor_signer.data.strip(),
        registry_url=(form.registry_url.data or "").strip(),
    )


@bp.route("/d/<leaid>/agreements/<uuid:agreement_id>/withdraw", methods=["GET", "POST"])
@bp.route("/v/<slug>/agreements/<uuid:agreement_id>/withdraw", methods=["GET", "POST"])
@login_required
def withdraw_offer(agreement_id: UUID, leaid: str = "", slug: str = "") -> Any:
    """The district that filed it, or its vendor, ends a standing offer."""
    own_desk(leaid, slug, "There is no such agreement.")
    session, actor = db.session(), current_actor()
    agreement = queries.get_agreement(session, agreement_id)
    require(actor, "agreements.withdraw_offer", agreement)
    form = WithdrawOfferForm()
    if form.submitted(
        lambda writer: service.withdraw_offer(writer, actor, agreement_id, form.reason.data)
    ):
        flash("The offer has ended. Districts that joined are told.", "good")
        return redirect(url_for(".agreement", agreement_id=agreement_id))
    with tenancy.everyone("who withdraws an offer learns how many joined it"):
        joined = queries.joined_counts(session, [agreement.id]).get(agreement.id, 0)
    return web.form_page("agreements/withdraw_offer.html", form, agreement=agreement, joined=joined)


@panels.fill("home.district")
def agreements_of_home(organization: Any) -> str | None:
    """On the district's home: how many agreements are in force, and what waits."""
    if not can(current_actor(), "agreements.district_agreements", organization):
        return None
    session = db.session()
    return render_template(
        "agreements/_district_panel.html",
        district=organization,
        own=len(queries.agreements_of_district(session, organization.id)),
        joins=queries.joins_of_district(session, organization.id),
    )
