"""Coming in and going out: sign-in, sign-up, confirmation, reset."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for

from marketplace.accounts import limit_views, login, password_service, queries, service
from marketplace.accounts.forms import (
    ButtonForm,
    DemoSignInForm,
    EmailForm,
    SetPasswordForm,
    SignInForm,
    SignUpForm,
)
from marketplace.accounts.limit_views import guesses, requests_for_letters
from marketplace.accounts.models import User
from marketplace.accounts.rules import DEMO_ACCOUNTS, DEMO_PASSWORD, KIND_WORDS, OrganizationKind
from marketplace.core import db, web
from marketplace.core.access import require
from marketplace.core.errors import RuleBroken

bp = Blueprint("accounts", __name__)
bp.record_once(lambda state: limit_views.init_app(state.app))


def _go_on() -> Any:
    """Where somebody goes who has just come in."""
    wanted = login.next_url(request.args.get("next"))
    return redirect(wanted or login.home_url(login.current_organization()))


@bp.route("/sign-in", methods=["GET", "POST"])
@guesses
def sign_in() -> Any:
    actor, form = login.current_actor(), SignInForm()
    if request.method == "GET" and actor.user_id:
        return _go_on()
    if form.validate_on_submit():
        with db.transaction() as session:
            known = queries.user_by_email(session, form.email.data)
        try:  # outside the transaction: hashing is slow, and a writer must not wait for it
            user = password_service.sign_in(actor, known, form.password.data)
        except RuleBroken as refusal:
            form.refuse(refusal)
        else:
            login.sign_in(user)
            return _go_on()
    return web.form_page(
        "accounts/sign_in.html", form, demo_accounts=_demo_accounts(), demo_password=DEMO_PASSWORD
    )


def _demo_accounts() -> list[tuple[User, str]]:
    """The example people who are here; only the demo has any."""
    if current_app.config["MODE"] != "demo":
        return []
    known = {user.email: user for user in queries.users_by_email(db.session(), DEMO_ACCOUNTS)}
    return [(known[email], words) for email, words in DEMO_ACCOUNTS.items() if email in known]


@bp.post("/sign-in/demo")
def demo_sign_in() -> Any:
    if current_app.config["MODE"] != "demo":
        abort(404)
    form = DemoSignInForm()
    if form.submitted(
        lambda writer: password_service.demo_person(writer, login.current_actor(), form.email.data)
    ):
        login.sign_in(form.result)
        return _go_on()
    flash("This example account is not here yet. Start the demo again.", "error")
    return redirect(url_for(".sign_in"))


@bp.route("/sign-out", methods=["GET", "POST"])
def sign_out() -> Any:
    form = ButtonForm()
    if form.validate_on_submit():
        login.sign_out()
        flash("You are signed out.")
        return redirect(url_for(".sign_in"))
    return web.form_page("accounts/sign_out.html", form)


# -- signing up ------------------------------------------------------------------------------


@bp.get("/sign-up")
def choose_sign_up() -> Any:
    return render_template("accounts/choose_sign_up.html")


@bp.route("/sign-up/<any('vendor', 'funder', 'service-agency'):kind>", methods=["GET", "POST"])
@requests_for_letters
def sign_up(kind: str) -> Any:
    organization_kind = OrganizationKind(kind.replace("-", "_"))
    require(login.current_actor(), "accounts.sign_up", organization_kind)
    form = SignUpForm()
    if form.submitted(
        lambda writer: service.sign_up(
            writer,
            login.current_actor(),
            kind=organization_kind,
            org_name=form.org_name.data,
            state=form.state.data,
            person_name=form.person_name.data,
            email=form.email.data,
            password=form.password.data,
        )
    ):
        return redirect(url_for(".sign_up_sent"))
    return web.form_page("accounts/sign_up.html", form, kind_words=KIND_WORDS[organization_kind])


@bp.get("/sign-up/sent")
def sign_up_sent() -> Any:
    """The same for a new address and for one that has an account: the letter tells."""
    return render_template("accounts/sign_up_sent.html")


# -- links in letters ------------------------------------------------------------------------


@bp.route("/confirm/<token>", methods=["GET", "POST"])
def confirm_email(token: str) -> Any:
    """A button, not the link itself, confirms: mail scanners open every link."""
    form, actor = ButtonForm(), login.current_actor()
    if form.submitted(lambda writer: password_service.confirm_email(writer, actor, token)):
        login.sign_in(form.result)
        flash("Your address is confirmed. Welcome.", "success")
        return redirect(login.home_url(login.current_organization()))
    return web.form_page("accounts/confirm_email.html", form)


@bp.route("/confirm", methods=["GET", "POST"])
@requests_for_letters
def ask_confirmation() -> Any:
    form, actor = EmailForm(), login.current_actor()
    if form.submitted(
        lambda writer: password_service.ask_confirmation(writer, actor, form.email.data)
    ):
        flash("If this address waits to be confirmed, a letter is on its way to it.")
        return redirect(url_for(".sign_in"))
    return web.form_page("accounts/ask_confirmation.html", form)


@bp.route("/reset", methods=["GET", "POST"])
@requests_for_letters
def ask_reset() -> Any:
    form, actor = EmailForm(), login.current_actor()
    if form.submitted(lambda writer: password_service.ask_reset(writer, actor, form.email.data)):
        flash("If this address has an account, a letter with a link is on its way to it.")
        return redirect(url_for(".sign_in"))
    return web.form_page("accounts/ask_reset.html", form)


@bp.route("/reset/<token>", methods=["GET", "POST"])
def set_password(token: str) -> Any:
    form, actor = SetPasswordForm(), login.current_actor()
    if form.submitted(
        lambda writer: password_service.set_password(writer, actor, token, form.password.data)
    ):
        login.sign_out()
        flash("Your new password works from now on. Sign in with it.", "success")
        return redirect(url_for(".sign_in"))
    if request.method == "GET":
        try:
            password_service.check_reset_link(db.session(), actor, token)
        except RuleBroken as refusal:
            again = EmailForm()
            again.refuse(refusal)
            return web.form_page("accounts/ask_reset.html", again)
    return web.form_page("accounts/set_password.html", form)
