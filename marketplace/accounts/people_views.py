"""Colleagues: who they are, inviting them, and accepting an invitation."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_login import login_required

from marketplace.accounts import login, people_service, queries, rules
from marketplace.accounts.forms import AcceptInvitationForm, ButtonForm, InviteForm
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import ROLE_WORDS, ROLES_OF, Role
from marketplace.accounts.sign_in_views import bp
from marketplace.core import clock, db, tenancy, web
from marketplace.core.access import can, require


def _my_organization() -> Organization:
    return queries.get_organization(db.session(), login.current_actor().home)


@bp.get("/account/people")
@login_required
def people() -> Any:
    return _people(ButtonForm())


def _people(form: ButtonForm) -> Any:
    actor, organization = login.current_actor(), _my_organization()
    require(actor, "accounts.people", organization)
    return web.form_page(
        "accounts/people.html",
        form,
        organization=organization,
        me=actor.user_id,
        may_invite=can(actor, "accounts.invite", organization),
        page=web.paged(db.session(), queries.roles_held(organization.id)),
        invitations=queries.waiting_invitations(db.session(), organization.id, clock.now()),
        role_words=ROLE_WORDS,
    )


@bp.route("/account/people/invite", methods=["GET", "POST"])
@login_required
def invite() -> Any:
    actor, organization = login.current_actor(), _my_organization()
    require(actor, "accounts.invite", organization)
    form = InviteForm()
    form.offer(ROLES_OF[organization.kind])
    if form.submitted(
        lambda writer: people_service.invite(
            writer, actor, organization.id, email=form.email.data, role=Role(form.role.data)
        )
    ):
        flash(f"The invitation to {form.result.email} is on its way.", "success")
        return redirect(url_for(".people"))
    return web.form_page("accounts/invite.html", form, organization=organization)


@bp.post("/account/people/invitations/<uuid:invitation_id>/withdraw")
@login_required
def withdraw_invitation(invitation_id: UUID) -> Any:
    actor, form = login.current_actor(), ButtonForm()
    if form.submitted(
        lambda writer: people_service.withdraw_invitation(writer, actor, actor.home, invitation_id)
    ):
        flash("The invitation is withdrawn. Its link works no more.")
        return redirect(url_for(".people"))
    return _people(form)


@bp.post("/account/people/<uuid:membership_id>/remove-role")
@login_required
def remove_role(membership_id: UUID) -> Any:
    actor, form = login.current_actor(), ButtonForm()
    if form.submitted(
        lambda writer: people_service.remove_role(writer, actor, actor.home, membership_id)
    ):
        flash("The role is taken back.")
        return redirect(url_for(".people"))
    return _people(form)


@bp.route("/invite/<token>", methods=["GET", "POST"])
def accept_invitation(token: str) -> Any:
    with tenancy.everyone("an invitation is found by the secret in its letter"):
        return _accept_invitation(token)


def _accept_invitation(token: str) -> Any:
    actor, session = login.current_actor(), db.session()
    invitation = queries.invitation_by_token(session, token)
    rules.check_invitation(
        invitation.accepted_at, invitation.withdrawn_at, invitation.expires_at, clock.now()
    )
    known = queries.user_by_email(session, invitation.email)
    form = ButtonForm() if actor.user_id or known else AcceptInvitationForm()
    if form.submitted(
        lambda writer: people_service.accept_invitation(
            writer,
            actor,
            token,
            name=form.name.data if "name" in form else None,
            password=form.password.data if "password" in form else None,
        )
    ):
        login.forget_identity()
        if actor.user_id is None:
            login.sign_in(form.result)
        flash("You are in. Welcome.", "success")
        return redirect(login.home_url(login.current_organization()))
    return web.form_page(
        "accounts/accept_invitation.html",
        form,
        organization=queries.get_organization(session, invitation.org_id),
        role=ROLE_WORDS[invitation.role],
        mailbox=rules.masked(invitation.email),
        is_mine=known is not None and known.id == actor.user_id,
        signed_in=actor.user_id is not None,
        has_account=known is not None,
        sign_in_url=url_for(".sign_in", next=request.path),
    )
