"""The vendor's side: answer, sign, reply, bring papers, check the facts."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.accounts.models import Organization
from marketplace.catalogue.models import Tool
from marketplace.core import access, db, panels, tenancy, web
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.reviews import (
    evidence_queries,
    evidence_service,
    prefill_service,
    queries,
    reading_service,
    recheck_queries,
    review_service,
    rubric_queries,
    rules,
)
from marketplace.reviews.forms import (
    EvidenceForm,
    PrefillForm,
    PressForm,
    SignForm,
    WordsForm,
    answers_form,
    answers_typed,
    facts_form,
    facts_typed,
)
from marketplace.reviews.message_service import reply_reviewers as reply
from marketplace.reviews.models import Review
from marketplace.reviews.rules import ReviewStatus
from marketplace.reviews.shared_views import WHY, bp, own_tool, paper_of, past_the_scope, sent_file

ROOT = "/v/<slug>/reviews/<tool_slug>"


def _newest(tool: Tool) -> Review | None:
    return next(iter(queries.reviews_of(db.session(), tool.id)), None)


def _under_way(tool: Tool) -> Review:
    review = queries.open_review_of(db.session(), tool.id)
    if review is None:
        raise NotFound("No review is under way.")
    return review


def _back(vendor: Organization, tool: Tool) -> Any:
    return redirect(url_for(".vendor_review", slug=vendor.slug, tool_slug=tool.slug))


@bp.get(ROOT)
@past_the_scope
def vendor_review(slug: str, tool_slug: str) -> Any:
    vendor, tool, actor = own_tool(slug, tool_slug, "reviews.vendor_review")
    session, review = db.session(), _newest(tool)
    rubric = rubric_queries.rubric(review.rubric_version if review else None)
    asked = rubric_queries.applicable(rubric, review.facts) if review and review.facts else []
    published = queries.published_review_of(session, tool.id)
    again, no_recheck = recheck_queries.may_recheck(session, published)
    return render_template(
        "reviews/vendor_review.html",
        again=again,
        no_recheck=no_recheck,
        vendor=vendor,
        tool=tool,
        review=review,
        rubric=rubric,
        asked=asked,
        answered=rubric_queries.answered(review) if review else set(),
        published=published,
        messages=queries.messages_of(session, review.id) if review else [],
        documents=evidence_queries.documents_of(session, tool.id),
        reopened=queries.reopened(session, published.id) if published else {},
        points=queries.questions_to_settle(session, review)
        if review and review.status is ReviewStatus.CHECKING
        else [],
        may_write=access.can(actor, "reviews.answer_rubric", _Seen(tool)),
        form=PressForm(),
    )


class _Seen:
    def __init__(self, tool: Tool) -> None:
        self.vendor_id = tool.org_id


@bp.post(f"{ROOT}/ask")
@past_the_scope
def ask_for_review(slug: str, tool_slug: str) -> Any:
    vendor, tool, actor = own_tool(slug, tool_slug, "reviews.open_review")
    form, lighter = PressForm(), "recheck" in request.form
    if form.submitted(lambda w: review_service.open_review(w, actor, tool.id, recheck=lighter)):
        flash("The review is open. Answer the questions and have an officer sign.", "good")
    for refusal in form.form_errors:
        flash(refusal, "bad")
    return _back(vendor, tool)


@bp.route(f"{ROOT}/answers/<domain>", methods=["GET", "POST"])
@past_the_scope
def answer_rubric(slug: str, tool_slug: str, domain: str) -> Any:
    vendor, tool, actor = own_tool(slug, tool_slug, "reviews.answer_rubric")
    review = _under_way(tool)
    rubric = rubric_queries.rubric(review.rubric_version)
    part = next((d for d in rubric.domains if d.id == domain), None)
    if part is None and domain != "facts":
        raise NotFound("There is no such part.")
    asked = rubric_queries.applicable(rubric, review.facts) if review.facts else []
    form: Any = (
        answers_form(part, asked, review.answers) if part else facts_form(rubric, review.facts)
    )

    def save(writer: Any) -> Any:
        typed: dict[str, Any] = (
            {"answers": answers_typed(form)} if part else {"facts": facts_typed(form, rubric)}
        )
        seen = form.seen_edits.data or ""
        return review_service.answer_rubric(
            writer, actor, review.id, seen_edits=int(seen) if seen.isdecimal() else None, **typed
        )

    if form.submitted(save):
        flash("Saved.", "good")
        return redirect(_next_part(vendor, tool, rubric, domain))
    vendor, tool, _ = own_tool(slug, tool_slug, "reviews.answer_rubric")
    form.seen_edits.data = str(_under_way(tool).edits)
    return web.form_page(
        "reviews/answer_rubric.html", form, vendor=vendor, tool=tool, part=part, rubric=rubric,
        criteria={c.id: c for c in rubric},
    )  # fmt: skip


@bp.route(f"{ROOT}/hecvat", methods=["GET", "POST"])
@past_the_scope
def prefill_answers(slug: str, tool_slug: str) -> Any:
    """What a filled-in HECVAT already says goes into the draft of the review under way."""
    vendor, tool, actor = own_tool(slug, tool_slug, "reviews.prefill_answers")
    review, form = queries.open_review_of(db.session(), tool.id), PrefillForm()
    review_id = review.id if review and not review.signed_at else None
    if review_id is None:
        if form.is_submitted():
            form.refuse(RuleBroken("Begin a review first, or wait for the next one."))
    elif form.submitted(
        lambda w: prefill_service.prefill_answers(w, actor, review_id, form.export.data or "")
    ):
        taken = [each.criterion.id for each in form.result[1]]
        flash(_filled_in(taken), "good" if taken else "warn")
        return _back(vendor, tool)
    vendor, tool, _ = own_tool(slug, tool_slug, "reviews.prefill_answers")
    return web.form_page(
        "reviews/prefill_answers.html",
        form,
        vendor=vendor,
        tool=tool,
        has_draft=review_id is not None,
    )


def _filled_in(questions: list[str]) -> str:
    if not questions:
        return "Nothing new: our questions name none of these ids, or you have answered them."
    return f"Filled in, as your draft: {', '.join(questions)}. Choose an answer for each of them."


def _next_part(vendor: Organization, tool: Tool, rubric: Any, domain: str) -> str:
    parts = ["facts", *(d.id for d in rubric.domains)]
    later = parts[parts.index(domain) + 1 :]
    here: dict[str, Any] = {"slug": vendor.slug, "tool_slug": tool.slug}
    if not later:
        return url_for(".vendor_review", **here)
    return url_for(".answer_rubric", domain=later[0], **here)


@bp.route(f"{ROOT}/sign", methods=["GET", "POST"])
@past_the_scope
def sign_answers(slug: str, tool_slug: str) -> Any:
    vendor, tool, actor = own_tool(slug, tool_slug, "reviews.sign_answers")
    review, form = _under_way(tool), SignForm()
    if not form.is_submitted():
        form.signed_on.data = queries.today()
    if form.submitted(
        lambda w: review_service.sign_answers(
            w,
            actor,
            review.id,
            officer_name=form.officer_name.data or "",
            officer_title=form.officer_title.data or "",
            signed_on=form.signed_on.data,
        )
    ):
        flash("Signed. The reviewers read your answers now.", "good")
        return _back(vendor, tool)
    vendor, tool, _ = own_tool(slug, tool_slug, "reviews.sign_answers")
    return web.form_page(
        "reviews/sign_answers.html", form, vendor=vendor, tool=tool, review=_under_way(tool)
    )


@bp.route(f"{ROOT}/words", methods=["GET", "POST"])
@past_the_scope
def reply_reviewers(slug: str, tool_slug: str) -> Any:
    vendor, tool, actor = own_tool(slug, tool_slug, "reviews.reply_reviewers")
    review, form = _under_way(tool), WordsForm()
    form.ask_about(
        rubric_queries.applicable(rubric_queries.rubric(review.rubric_version), review.facts)
    )
    if form.submitted(
        lambda w: reply(
            w,
            actor,
            review.id,
            question=form.question.data or "",
            words=form.words.data or "",
            once_key=form.key,
        )
    ):
        flash("Sent to the reviewers.", "good")
        return _back(vendor, tool)
    vendor, tool, _ = own_tool(slug, tool_slug, "reviews.reply_reviewers")
    return web.form_page(
        "reviews/reply_reviewers.html", form, vendor=vendor, tool=tool, review=_under_way(tool)
    )


@bp.route(f"{ROOT}/evidence", methods=["GET", "POST"])
@past_the_scope
def file_evidence(slug: str, tool_slug: str) -> Any:
    vendor, tool, actor = own_tool(slug, tool_slug, "reviews.file_evidence")
    form = EvidenceForm()
    if form.validate_on_submit():
        checked, paper = sent_file(form), paper_of(form)
        if checked and paper and form.keep(
            lambda w: evidence_service.file_evidence(w, actor, tool.id, checked, paper)
        ):  # fmt: skip
            flash("Filed. The reviewers can cite it now.", "good")
            return _back(vendor, tool)
    vendor, tool, _ = own_tool(slug, tool_slug, "reviews.file_evidence")
    back = url_for(".vendor_review", slug=vendor.slug, tool_slug=tool.slug)
    return web.form_page("reviews/file_evidence.html", form, tool=tool, back=back)


@bp.route(f"{ROOT}/check", methods=["GET", "POST"])
@past_the_scope
def answer_check(slug: str, tool_slug: str) -> Any:
    vendor, tool, actor = own_tool(slug, tool_slug, "reviews.answer_check")
    review, form = _newest(tool), PressForm()
    if review is None or review.status not in (ReviewStatus.CHECKING, ReviewStatus.PUBLISHED):
        raise NotFound("There is nothing to check.")
    review_id = review.id
    if form.submitted(lambda w: reading_service.answer_check(w, actor, review_id)):
        flash("Thank you. Your check is closed.", "good")
        return _back(vendor, tool)
    session = db.session()
    vendor, tool, _ = own_tool(slug, tool_slug, "reviews.answer_check")
    decided = queries.decisions_of(session, review.id)
    return web.form_page(
        "reviews/answer_check.html",
        form,
        vendor=vendor,
        tool=tool,
        review=review,
        decided=decided,
        asked=rubric_queries.applicable(rubric_queries.rubric(review.rubric_version), review.facts),
        documents=evidence_queries.documents_by_id(
            session, [row.document_id for row in decided.values()]
        ),
        points=queries.questions_to_settle(session, review)
        if review.status is ReviewStatus.CHECKING
        else [],
    )


@panels.fill("catalogue.vendor_home")
def reviews_of_vendor(vendor: Organization) -> str | None:
    """On the vendor's home: how far the review of each tool is."""
    with tenancy.everyone(WHY):
        rows = queries.newest_reviews_of_vendor(db.session(), vendor.id)
    if not rows:
        return None
    words = rules.STATUS_WORDS
    return render_template("reviews/_vendor_home.html", vendor=vendor, rows=rows, words=words)
