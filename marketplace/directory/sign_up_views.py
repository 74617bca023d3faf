"""A district signs up by look-up: find it, check what is known, add yourself."""

from typing import Any

from flask import redirect, render_template, request

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor, requests_for_letters
from marketplace.accounts.rules import OrganizationKind, Role, masked
from marketplace.accounts.service import sign_up
from marketplace.core import db, web
from marketplace.core.access import require
from marketplace.core.errors import NotFound
from marketplace.directory import queries
from marketplace.directory.district_views import bp, facts_about, searched
from marketplace.directory.forms import SignUpDistrictForm
from marketplace.directory.states import NAME_BY_CODE


@bp.get("/sign-up/district")
def find_district() -> Any:
    found, page = searched()
    typed = request.args.get("q", "").strip()[:100]
    return render_template("directory/find_district.html", found=found, page=page, typed=typed)


@bp.route("/sign-up/district/<leaid>", methods=["GET", "POST"])
@requests_for_letters
def sign_up_district(leaid: str) -> Any:
    require(current_actor(), "accounts.sign_up", OrganizationKind.DISTRICT)
    district = queries.get_district(db.session(), leaid)
    shown = {"district": district, "state_name": NAME_BY_CODE[district.state]}
    form = SignUpDistrictForm()
    if (hint := _administrator_of(leaid)) is not None:
        return render_template("directory/sign_up_district.html", form=form, hint=hint, **shown)
    if form.submitted(
        lambda writer: sign_up(
            writer,
            current_actor(),
            kind=OrganizationKind.DISTRICT,
            org_name=district.name,
            leaid=district.leaid,
            city=district.city,
            state=district.state,
            person_name=form.person_name.data or "",
            email=form.email.data or "",
            password=form.password.data or "",
        )
    ):
        return redirect("/sign-up/sent")
    known = [fact for fact in facts_about(district) if fact[2]]
    return web.form_page("directory/sign_up_district.html", form, hint=None, facts=known, **shown)


def _administrator_of(leaid: str) -> str | None:
    """Somebody to ask, as 'm***@maple…': enough for a colleague, nothing for a stranger.

    None when the district has not signed up yet; empty when it has, and nobody runs it.
    """
    try:
        organization = accounts.organization_by_leaid(db.session(), leaid)
    except NotFound:
        return None
    people = accounts.people_with_role(db.session(), organization.id, Role.ADMINISTRATOR)
    return masked(people[0].email) if people else ""
