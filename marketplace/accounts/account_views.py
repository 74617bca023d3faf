"""My own account: whom I act for, my password, my sessions."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import login, password_service, people_service
from marketplace.accounts.forms import ActForForm, ButtonForm, ChangePasswordForm
from marketplace.accounts.limit_views import guesses
from marketplace.accounts.queries import Identity
from marketplace.accounts.rules import KIND_WORDS, ROLE_WORDS
from marketplace.accounts.sign_in_views import bp
from marketplace.core import web


@bp.get("/account")
@login_required
def account() -> Any:
    return _account(_act_for_form())


def _me() -> Identity:
    identity = login.current_identity()
    assert identity is not None  # the page is behind sign-in
    return identity


def _act_for_form() -> ActForForm:
    form = ActForForm()
    form.offer(_me().organizations.values())
    return form


def _account(form: ActForForm) -> Any:
    identity, current = _me(), login.current_organization()
    if not form.is_submitted():
        form.org_id.data = str(current.id) if current else None
    roles = {
        org.id: ", ".join(words for role, words in ROLE_WORDS.items() if (role, org.id) in held)
        for held in [identity.roles]
        for org in identity.organizations.values()
    }
    return web.form_page(
        "accounts/account.html",
        form,
        identity=identity,
        current=current,
        home=login.home_url(current),
        roles=roles,
        kinds=KIND_WORDS,
    )


@bp.post("/account/act-for")
@login_required
def act_for() -> Any:
    form, actor = _act_for_form(), login.current_actor()
    if form.submitted(lambda writer: people_service.act_for(writer, actor, form.chosen)):
        login.forget_identity()
        flash(f"You act for {form.result.name} now.")
        return redirect(login.home_url(form.result))
    return _account(form)


@bp.route("/account/password", methods=["GET", "POST"])
@login_required
@guesses
def change_password() -> Any:
    form, actor = ChangePasswordForm(), login.current_actor()
    if form.submitted(
        lambda writer: password_service.change_password(
            writer, actor, form.current.data, form.password.data
        )
    ):
        login.sign_in(form.result)
        flash("Your password is changed. You are signed out everywhere else.", "success")
        return redirect(url_for(".account"))
    return web.form_page("accounts/change_password.html", form)


@bp.get("/account/security")
@login_required
def account_security() -> Any:
    return render_template("accounts/account_security.html", form=ButtonForm())


@bp.post("/account/security/sign-out-everywhere")
@login_required
def sign_out_everywhere() -> Any:
    form, actor = ButtonForm(), login.current_actor()
    if form.submitted(lambda writer: password_service.sign_out_everywhere(writer, actor)):
        login.sign_out()
        flash("You are signed out everywhere. Sign in again here when you like.")
        return redirect(url_for(".sign_in"))
    return web.form_page("accounts/account_security.html", form)
