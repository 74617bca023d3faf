"""Changes over time: notices, followers, and every frozen version of a listing."""

from secrets import token_hex
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_queries, listing_service, queries, questions
from marketplace.catalogue.answer_forms import AnnounceChangeForm, FollowToolForm
from marketplace.catalogue.listing_rules import CHANGE_WORDS, ChangeKind, reopened
from marketplace.catalogue.models import Tool
from marketplace.catalogue.reading_queries import as_drafted, parts_of
from marketplace.catalogue.rules import ToolStatus
from marketplace.catalogue.shared_views import bp
from marketplace.catalogue.vendor_views import back_to, own_tool
from marketplace.core import access, db, files, page_cache, tenancy, web
from marketplace.core.errors import NotFound

PUBLIC_STEPS = (ToolStatus.PUBLISHED, ToolStatus.SUSPENDED, ToolStatus.EXPIRED)


@bp.route("/v/<slug>/listings/<tool_slug>/announce", methods=["GET", "POST"])
@login_required
def announce_change(slug: str, tool_slug: str) -> Any:
    vendor, tool = own_tool(slug, tool_slug, "catalogue.announce_change")
    actor, form = login.current_actor(), AnnounceChangeForm()
    if not form.is_submitted():
        form.once_key.data = token_hex(8)
    if form.submitted(
        lambda writer: listing_service.announce_change(
            writer,
            actor,
            tool.id,
            kind=ChangeKind(form.kind.data),
            words=form.words.data or "",
            takes_effect_on=form.takes_effect_on.data or listing_queries.today(),
            once_key=form.once_key.data[:32],
        )
    ):
        flash("Announced. Every district that uses or follows the tool gets a letter.", "good")
        return back_to(vendor, tool)
    vendor, tool = own_tool(slug, tool_slug, "catalogue.announce_change")
    asked = questions.load()
    touched = {
        CHANGE_WORDS[kind]: [asked.by_key[key].label for key in reopened(asked, kind)]
        for kind in ChangeKind
    }
    return web.form_page(
        "catalogue/announce_change.html", form, vendor=vendor, tool=tool, touched=touched
    )


@bp.post("/tools/<slug>/follow")
@login_required
def follow_tool(slug: str) -> Any:
    tool, actor = _followable(slug, "catalogue.follow_tool"), login.current_actor()
    if FollowToolForm().submitted(lambda w: listing_service.follow_tool(w, actor, tool.id)):
        flash(f"We write to your district when {tool.name} changes.", "good")
    return redirect(url_for(".tool", slug=slug))


@bp.post("/tools/<slug>/unfollow")
@login_required
def unfollow_tool(slug: str) -> Any:
    tool, actor = _followable(slug, "catalogue.unfollow_tool"), login.current_actor()
    if FollowToolForm().submitted(lambda w: listing_service.unfollow_tool(w, actor, tool.id)):
        flash(f"Your district no longer follows {tool.name}.", "good")
    return redirect(url_for(".tool", slug=slug))


def _followable(slug: str, action: str) -> Tool:
    tool = queries.known_tool(db.session(), slug)
    access.require(login.current_actor(), action, tool)
    return tool


# -- what was published ----------------------------------------------------------------------


def _once_public(slug: str) -> Tool:
    tool = queries.known_tool(db.session(), slug, login.current_actor())
    if tool.published_at is None:
        raise NotFound("There is no such tool.")
    return tool


@bp.get("/tools/<slug>/history")
@page_cache.public_page
def history(slug: str) -> Any:
    tool, session = _once_public(slug), db.session()
    with tenancy.everyone("the history of a listing is public"):
        notices = listing_queries.notices_of(session, tool.id)
        return render_template(
            "catalogue/history.html",
            tool=tool,
            versions=listing_queries.versions_of(session, tool.id),
            steps=[
                s for s in listing_queries.steps_of(session, tool.id) if s.status in PUBLIC_STEPS
            ],
            notices=notices,
            change_words=CHANGE_WORDS,
            asked=questions.load().by_key,
        )


@bp.get("/tools/<slug>/history/<int:number>")
@page_cache.public_page
def version(slug: str, number: int) -> Any:
    tool, session, actor = _once_public(slug), db.session(), login.current_actor()
    if number > 1_000_000:
        raise NotFound("There is no such version.")
    found = listing_queries.get_version(session, tool.id, number)
    newest = listing_queries.newest_version(session, tool.id)
    answers = found.content["answers"]
    before = listing_queries.get_version(session, tool.id, number - 1) if number > 1 else None
    with tenancy.everyone("a frozen version is public"):
        changes = said.changes(
            questions.load(found.question_set), before.content["answers"] if before else {}, answers
        )
        readable = [
            c for c in changes if listing_queries.may_read(actor, c.question.who, tool.org_id)
        ]
        return render_template(
            "catalogue/version.html",
            tool=as_drafted(tool, answers),
            vendor=accounts.get_organization(session, tool.org_id),
            version=found,
            is_newest=newest is not None and newest.number == number,
            parts=parts_of(found.question_set, answers, actor, tool),
            prices=listing_queries.frozen_prices(found),
            changes=readable if before else [],
        )


@bp.get("/tools/<slug>/files/<uuid:file_id>")
def evidence(slug: str, file_id: UUID) -> Any:
    """A file that stands beside an answer, as a download; the audience is that of the answer."""
    session, actor = db.session(), login.current_actor()
    with tenancy.everyone("what is read follows from the answer the file stands at"):
        tool = queries.tool_with_files(session, slug, actor)
        listing_queries.readable_file(session, tool, file_id, actor)
        stored = files.get_file(session, file_id)
        return web.file_response(stored.name, stored.media_type, stored.content)
