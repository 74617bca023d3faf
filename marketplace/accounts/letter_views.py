"""Which letters I want, and the way out that every such letter carries."""

from typing import Any

from flask import flash, redirect, url_for
from flask_login import login_required

from marketplace.accounts import letter_queries, letter_service, login, stop_links
from marketplace.accounts.forms import ButtonForm, LettersForm
from marketplace.accounts.letter_rules import LETTER_WORDS, LetterKind
from marketplace.accounts.sign_in_views import bp
from marketplace.core import db, web


@bp.route("/account/letters", methods=["GET", "POST"])
@login_required
def account_letters() -> Any:
    form, actor = LettersForm(), login.current_actor()
    if not form.is_submitted():
        stopped = {stop.kind for stop in letter_queries.stops_of(db.session(), actor.person)}
        form.kinds.data = [kind.value for kind in LetterKind if kind not in stopped]
    if form.submitted(
        lambda writer: letter_service.choose_letters(
            writer, actor, {LetterKind(kind) for kind in form.kinds.data or ()}
        )
    ):
        flash("Your choice is kept.", "success")
        return redirect(url_for(".account"))
    return web.form_page("accounts/account_letters.html", form)


@bp.route("/letters/stop/<token>", methods=["GET", "POST"])
def stop_letters(token: str) -> Any:
    """Opening the link changes nothing, since mail programs open links by themselves."""
    form, actor = ButtonForm(), login.current_actor()
    user_id, kind = stop_links.read_stop(token)
    if form.submitted(lambda writer: letter_service.stop_letters(writer, actor, token)):
        return redirect(url_for(".stop_letters", token=token))
    name, brings = LETTER_WORDS[kind]
    stopped = {stop.kind for stop in letter_queries.stops_of(db.session(), user_id)}
    return web.form_page(
        "accounts/stop_letters.html", form, done=kind in stopped, name=name, brings=brings
    )
