"""Who may read along: the lead names observers and lets them go."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia import observer_queries, observer_service
from marketplace.consortia.forms import NameObserverForm, PressForm
from marketplace.consortia.rules import OBSERVING_KINDS
from marketplace.consortia.shared_views import across, bp, led
from marketplace.core import db, web
from marketplace.core.errors import NotFound, RuleBroken


@bp.route("/c/<slug>/observers", methods=["GET", "POST"])
@login_required
def observers(slug: str) -> Any:
    organization, _ = led(slug, "consortia.observers")
    form, actor = NameObserverForm(), current_actor()

    def named(writer: Any) -> Organization:
        chosen = _called(writer, form.observer.data or "")
        across(
            writer,
            observer_service.name_observer,
            actor,
            organization.id,
            chosen.id,
            form.words.data or "",
        )
        return chosen

    if form.submitted(named):
        flash(f"{form.result.name} reads along from now on. It gets a letter.", "success")
        return redirect(url_for(".observers", slug=slug))
    session = db.session()
    return web.form_page(
        "consortia/observers.html",
        form,
        organization=organization,
        observers=observer_queries.observers(session, organization.id),
        people=observer_queries.observing_people(session, organization.id),
        press=PressForm(),
    )


def _called(session: db.Session, words: str) -> Organization:
    """The one organization that is meant, by its whole name or its LEAID."""
    words = words.strip()
    if len(words) == 7 and words.isdecimal():
        try:
            return accounts.organization_by_leaid(session, words)
        except NotFound:
            raise RuleBroken("No district on this site has that LEAID.", "observer") from None
    found = [
        org
        for kind in OBSERVING_KINDS
        for org in accounts.organizations_called(session, OrganizationKind(kind), words)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise RuleBroken("Several have that name. Enter the district’s LEAID.", "observer")
    raise RuleBroken(
        "No district, agency or funder here has exactly that name. Look at how it signed up.",
        "observer",
    )


@bp.post("/c/<slug>/observers/<uuid:observer_id>/end")
@login_required
def end_observing(slug: str, observer_id: UUID) -> Any:
    organization, _ = led(slug, "consortia.observers")
    if observer_queries.get_observer(db.session(), observer_id).org_id != organization.id:
        raise NotFound("There is no such observer.")
    if PressForm().submitted(
        lambda writer: across(writer, observer_service.end_observing, current_actor(), observer_id)
    ):
        flash("It reads along no more.")
    return redirect(url_for(".observers", slug=slug))
