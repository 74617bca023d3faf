"""Programmes at the funder's desk and in public: the list, one of them, new ones, new versions."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import db, tenancy, web
from marketplace.core.access import can
from marketplace.core.errors import RuleBroken
from marketplace.core.page_cache import public_page
from marketplace.programmes import queries, reach_queries, rules, service
from marketplace.programmes.forms import ProgrammeForm, typed
from marketplace.programmes.models import Programme, ProgrammeVersion
from marketplace.programmes.reach_queries import Reach
from marketplace.programmes.rules import Eligibility
from marketplace.programmes.shared_views import (
    SHARES,
    agency_name,
    bp,
    own_programme,
    sit_down,
    version_words,
)

PUBLIC = "programmes, their rules and their sums are public"


@bp.get("/f/<slug>/programmes")
@login_required
def programmes(slug: str) -> Any:
    funder = sit_down(slug)
    found = queries.programmes_of(db.session(), funder.id)
    pledged = {programme.id: version.budget_cents for programme, version in found}
    return render_template(
        "programmes/programmes.html",
        funder=funder,
        found=found,
        funds=queries.funds(db.session(), pledged) if pledged else {},
        may_create=can(current_actor(), "programmes.create_programme", funder),
    )


@bp.route("/f/<slug>/programmes/new", methods=["GET", "POST"])
@login_required
def create_programme(slug: str) -> Any:
    funder = sit_down(slug, "programmes.create_programme")
    actor, form = current_actor(), ProgrammeForm()
    del form["seen"], form["why"]
    form.offer(reach_queries.agencies(db.session()))
    if request.form.get("preview"):
        return _form_page(form, funder, None)
    if form.submitted(
        lambda w: service.create_programme(
            w, actor, funder.id, form.title.data or "", form.terms(), form.once_key.data or ""
        )
    ):
        flash("The programme is open. Its rule and budget are public.", "good")
        return redirect(url_for(".programme", slug=slug, programme=form.result.slug))
    return _form_page(form, funder, None)


@bp.route("/f/<slug>/programmes/<programme>/change", methods=["GET", "POST"])
@login_required
def change_programme(slug: str, programme: str) -> Any:
    funder, found = own_programme(slug, programme, "programmes.change_programme")
    version = queries.in_force(db.session(), found.id)
    actor, form = current_actor(), ProgrammeForm(data=typed(found, version))
    form.offer(reach_queries.agencies(db.session()))
    del form["title"]
    if request.form.get("preview"):
        return _form_page(form, funder, found)
    seen = form.seen.data or ""
    if form.submitted(
        lambda w: service.change_programme(
            w,
            actor,
            found.id,
            int(seen) if seen.isdecimal() else 0,
            form.terms(),
            form.once_key.data or "",
        )
    ):
        flash(f"Version {form.result.number} is in force. Grants before it stay as they are.")
        return redirect(url_for(".programme", slug=slug, programme=programme))
    return _form_page(form, funder, queries.get_programme(db.session(), found.id))


def _form_page(form: ProgrammeForm, funder: Organization, programme: Programme | None) -> Any:
    """The form, and below it who qualifies by the rule as it is typed."""
    preview, rule = _preview(form)
    return web.form_page(
        "programmes/create_programme.html"
        if programme is None
        else "programmes/change_programme.html",
        form,
        funder=funder,
        programme=programme,
        preview=preview,
        rule_words=rule.words(agency_name(rule)) if rule else [],
    )


def _preview(form: ProgrammeForm) -> tuple[Reach | None, Eligibility | None]:
    """Who qualifies by what is typed; None where the rule cannot be read."""
    if request.method != "POST":
        return None, None
    if request.form.get("preview"):
        form.validate()
        names = ("states", "places", "pupils_from", "pupils_to", "poverty", "agency")
        for name in form._fields:
            if name not in names:
                form[name].errors = ()
    rule = form.rule()
    try:
        rules.check_rule(rule)
    except RuleBroken as refusal:
        if request.form.get("preview"):
            form.refuse(refusal)
        return None, None
    return reach_queries.reach(db.session(), rule), rule


@bp.get("/f/<slug>/programmes/<programme>")
@login_required
def programme(slug: str, programme: str) -> Any:
    funder, found = own_programme(slug, programme)
    session, actor = db.session(), current_actor()
    versions = queries.versions(session, found.id)
    with tenancy.everyone(SHARES):
        grants = queries.granted(session, programme_id=found.id)
        pools = queries.pools_to_help(session)
    return render_template(
        "programmes/programme.html",
        **_shown(funder, found, versions[0]),
        versions=versions,
        movements=queries.movements(session, programme_id=found.id),
        grants=grants,
        pools=pools,
        may_move=can(actor, "programmes.move_money", found),
    )


@bp.get("/funders/<slug>/programmes/<programme>")
@public_page
def public_programme(slug: str, programme: str) -> Any:
    session = db.session()
    funder = accounts.organization_by_slug(session, OrganizationKind.FUNDER, slug)
    with tenancy.everyone(PUBLIC):
        found = queries.programme_by_slug(session, funder.id, programme)
        version = queries.in_force(session, found.id)
        shown = _shown(funder, found, version)
    return render_template("programmes/public_programme.html", **shown)


def _shown(funder: Organization, found: Programme, version: ProgrammeVersion) -> dict[str, Any]:
    session = db.session()
    rule = Eligibility.from_json(version.rule)
    return {
        "funder": funder,
        "programme": found,
        "version": version,
        "words": version_words(version),
        "fund": queries.fund_of(session, version),
        "reach": reach_queries.reach(session, rule),
    }
