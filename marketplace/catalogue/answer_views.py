"""The editor: one page for each section of the question set, preview, differences, copying."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_queries, listing_service, queries, questions
from marketplace.catalogue.answer_forms import AnswersForm, CopyAnswersForm, answers_form
from marketplace.catalogue.offer_queries import offers_of
from marketplace.catalogue.questions import WHO_WORDS, Section
from marketplace.catalogue.reading_queries import Reading, as_drafted, parts_of
from marketplace.catalogue.shared_views import bp
from marketplace.catalogue.vendor_views import back_to, own_tool, own_vendor
from marketplace.core import clock, db, web
from marketplace.core.errors import NotFound


@bp.route("/v/<slug>/listings/<tool_slug>/questions/<section>", methods=["GET", "POST"])
@login_required
def answer_questions(slug: str, tool_slug: str, section: str) -> Any:
    vendor, tool = own_tool(slug, tool_slug, "catalogue.answer_questions")
    asked, actor = _section(section), login.current_actor()
    draft = listing_queries.draft_of(db.session(), tool)
    form = answers_form(asked, draft.answers, clock.today(vendor.time_zone))
    autosave = "autosave" in request.form

    def save(writer: Any) -> Any:
        return listing_service.answer_questions(
            writer,
            actor,
            tool.id,
            form.values,
            seen=form.marks,
            confirmed=() if autosave else form.ticked("still"),
            new_files={} if autosave else form.new_files,
            dropped_files=() if autosave else form.ticked("drop"),
        )

    if autosave and form.is_submitted():
        form.validate()  # what is wrong stays in its box; the rest need not wait for it
        return _page(slug, tool_slug, asked, form, fresh=form.keep(save))
    if form.submitted(save):
        return _onward(slug, tool_slug, asked, form)
    return _page(slug, tool_slug, asked, form)


def _section(key: str) -> Section:
    section = questions.load().section(key)
    if section is None:
        raise NotFound("There is no such part of a listing.")
    return section


def _onward(slug: str, tool_slug: str, asked: Section, form: AnswersForm) -> Any:
    """To the list; or to the next part; or back here when an answer brought new questions."""
    vendor, tool = own_tool(slug, tool_slug, "catalogue.answer_questions")
    answers = listing_queries.draft_of(db.session(), tool).answers
    here: dict[str, Any] = {"slug": slug, "tool_slug": tool_slug}
    new = [q for q in said.asked_of(asked, answers) if q.key not in form]
    if any(said.value_of(answers, q.key) is None for q in new):
        flash("Saved. Your answer brought some more questions.", "good")
        return redirect(url_for(".answer_questions", section=asked.key, **here))
    flash(f"{asked.title}: saved.", "good")
    keys = [section.key for section in questions.load().sections]
    later = keys[keys.index(asked.key) + 1 :]
    if "onward" in request.form and later:
        return redirect(url_for(".answer_questions", section=later[0], **here))
    return back_to(vendor, tool)


def _page(
    slug: str, tool_slug: str, asked: Section, form: AnswersForm, *, fresh: bool = False
) -> Any:
    """All is read again: somebody else may have saved meanwhile."""
    vendor, tool = own_tool(slug, tool_slug, "catalogue.answer_questions")
    draft = listing_queries.draft_of(db.session(), tool)
    if form.errors and getattr(form, "changed_meanwhile", False):
        form.take_in(draft.answers)
    elif fresh:
        form.show_marks(draft.answers)
    return web.form_page(
        "catalogue/answer_questions.html",
        form,
        vendor=vendor,
        tool=tool,
        draft=draft,
        section=asked,
        who_words=WHO_WORDS,
        answers=draft.answers,
        preview=[said.said(q, draft.answers) for q in said.asked_of(asked, draft.answers)],
        in_doubt=listing_queries.in_doubt(listing_queries.notices_of(db.session(), tool.id)),
        is_last=asked.key == questions.load().sections[-1].key,
        is_saved=fresh,
    )


@bp.get("/v/<slug>/listings/<tool_slug>/preview")
@login_required
def preview_listing(slug: str, tool_slug: str) -> Any:
    vendor, tool = own_tool(slug, tool_slug, "catalogue.preview_listing")
    session = db.session()
    draft = listing_queries.draft_of(session, tool)
    shown = as_drafted(tool, draft.answers)
    parts = parts_of(questions.NEWEST, draft.answers, login.current_actor(), tool)
    return render_template(
        "catalogue/tool.html",
        is_preview=True,
        tool=shown,
        vendor=vendor,
        profile=queries.vendor_profile(session, tool.org_id),
        offers=offers_of(session, tool.id),
        reading=Reading(parts),
    )


@bp.get("/v/<slug>/listings/<tool_slug>/changes")
@login_required
def listing_changes(slug: str, tool_slug: str) -> Any:
    vendor, tool = own_tool(slug, tool_slug, "catalogue.listing_changes")
    session = db.session()
    draft = listing_queries.draft_of(session, tool)
    _, before, version = listing_queries.published_answers(session, tool)
    return render_template(
        "catalogue/listing_changes.html",
        vendor=vendor,
        tool=tool,
        version=version,
        changes=said.changes(questions.load(), before, draft.answers) if version else [],
    )


@bp.route("/v/<slug>/listings/<tool_slug>/copy", methods=["GET", "POST"])
@login_required
def copy_answers(slug: str, tool_slug: str) -> Any:
    vendor, tool = own_tool(slug, tool_slug, "catalogue.copy_answers")
    actor, form = login.current_actor(), CopyAnswersForm()
    others = [t for t in queries.listings_of(db.session(), vendor.id) if t.id != tool.id]
    form.source.choices = [(str(other.id), other.name) for other in others]
    form.sections.choices = [(s.key, s.title) for s in questions.load().sections]
    if not form.is_submitted():
        form.sections.data = ["data", "setup", "company", "terms"]
    if form.submitted(
        lambda writer: listing_service.copy_answers(
            writer, actor, tool.id, from_id=UUID(form.source.data), sections=form.sections.data
        )
    ):
        flash("Copied where this listing had no answer yet. Look through each part.", "good")
        return back_to(vendor, tool)
    page = {"vendor": own_vendor(slug), "others": others}
    _, page["tool"] = own_tool(slug, tool_slug, "catalogue.copy_answers")
    return web.form_page("catalogue/copy_answers.html", form, **page)
