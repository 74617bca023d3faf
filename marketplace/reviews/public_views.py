"""What everybody sees, and what anybody with a part in it may start: appeals, stops, changes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.catalogue.models import Tool
from marketplace.core import access, db, page_cache, panels, tenancy, web
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.reviews import (
    appeal_service,
    evidence_queries,
    evidence_service,
    queries,
    rubric_queries,
    rules,
)
from marketplace.reviews.forms import AppealDecisionForm, AppealForm, ChangeForm, StopForm
from marketplace.reviews.models import Review
from marketplace.reviews.rules import Outcome, ReviewStatus, Seat
from marketplace.reviews.shared_views import bp, only, past_the_scope
from marketplace.reviews.watch_rules import Decision

PUBLIC = "who reviewed a tool, who stepped aside, appeals and stops are public"


@bp.get("/tools/<slug>/reviewers")
@page_cache.public_page
def review_history(slug: str) -> Any:
    session, actor = db.session(), login.current_actor()
    with tenancy.everyone(PUBLIC):
        tool, vendor = evidence_queries.public_tool(session, slug)
        return render_template(
            "reviews/review_history.html",
            tool=tool,
            vendor=vendor,
            documents=[
                (d, evidence_queries.may_read(actor, d, tool.org_id))
                for d in evidence_queries.documents_of(session, tool.id)
            ],
            captures=evidence_queries.captures_of_tool(session, tool.id),
            **history_of(tool),
        )


def history_of(tool: Tool) -> Mapping[str, Any]:
    """Reviews with their people, recusals, appeals, stops and corrections of a tool."""
    session, actor = db.session(), login.current_actor()
    reviews = queries.reviews_of(session, tool.id)
    seats = {
        r.id: sorted(queries.seats_of(session, r.id), key=lambda s: list(Seat).index(s.seat))
        for r in reviews
        if r.published_at
    }
    appeals = evidence_queries.appeals_of(session, tool.id)
    people = [seat.user_id for rows in seats.values() for seat in rows]
    homes = [seat.home_id for rows in seats.values() for seat in rows]
    newest = next((r for r in reviews if r.published_at), None)
    stop = evidence_queries.stop_of(session, tool.id)
    return {
        "reviews": reviews,
        "seats": seats,
        "newest": newest,
        "facts_asked": rubric_queries.rubric().facts,
        "users": queries.users_by_id(session, people),
        "organizations": accounts.organizations_by_id(
            session, [*homes, *(a.org_id for a in appeals)]
        ),
        "recusals": queries.recusals(session, tool.org_id),
        "appeals": appeals,
        "appealed": {appeal.review_id for appeal in appeals if appeal.outcome},
        "stops": evidence_queries.stops_of(session, tool.id),
        "stopped": stop if stop and stop.confirmed_at else None,
        "corrections": queries.corrections_of(session, newest.id) if newest else [],
        "reopened": queries.reopened(session, newest.id) if newest else {},
        "drawn": rubric_queries.drawn(newest) if newest else [],
        # Who has not signed in is asked to when following the link.
        "may_appeal": newest is not None
        and (actor.user_id is None or access.can(actor, "reviews.appeal_review", newest)),
    }


@bp.get("/tools/<slug>/documents/<uuid:document_id>")
@page_cache.public_page
def document(slug: str, document_id: UUID) -> Any:
    session, actor = db.session(), login.current_actor()
    with tenancy.everyone("the policy decides who reads a document"):
        tool, _ = evidence_queries.public_tool(session, slug)
        _, file = evidence_queries.readable_document(session, actor, tool, document_id)
    return web.file_response(file.name, file.media_type, file.content)


@bp.get("/open/method/reviews")
@page_cache.public_page
def method_reviews() -> Any:
    """How often two blind readings agree, question by question."""
    with tenancy.everyone("rates over all published reviews are public"):
        rates = rules.agreement(queries.blind_pairs(db.session()))
    return render_template(
        "reviews/method_reviews.html", rates=rates, rubric=rubric_queries.rubric(), words=rules
    )


@panels.fill("scorecards.method")
def agreement_rates(_nothing: Any) -> str | None:
    with tenancy.everyone("rates over all published reviews are public"):
        rates = rules.agreement(queries.blind_pairs(db.session()))
    rubric = rubric_queries.rubric()
    return render_template("reviews/_agreement_section.html", rates=rates, rubric=rubric)


@panels.fill("scorecards.privacy")
def who_reviewed(tool: Tool) -> str | None:
    """On the privacy page, which names the readers itself: the way to all else about them."""
    return render_template("reviews/_privacy.html", tool=tool)


@panels.fill("catalogue.tool_aside")
def review_of_tool(tool: Tool) -> str | None:
    """Beside a tool: where its review stands, with the way to the people behind it."""
    with tenancy.everyone(PUBLIC):
        rows = queries.reviews_of(db.session(), tool.id)
    if not rows:
        return None
    return render_template("reviews/_tool_aside.html", tool=tool, review=rows[0])


# -- appeals ---------------------------------------------------------------------------------


def _published(tool: Tool) -> Review:
    review = queries.published_review_of(db.session(), tool.id)
    if review is None:
        raise NotFound("There is no published review.")
    return review


@bp.route("/tools/<slug>/appeal", methods=["GET", "POST"])
@past_the_scope
def appeal_review(slug: str) -> Any:
    actor = login.current_actor()
    tool, _ = evidence_queries.public_tool(db.session(), slug)
    review, form = _published(tool), AppealForm()
    access.require(actor, "reviews.appeal_review", review)
    rubric = rubric_queries.rubric(review.rubric_version)
    form.ask_about(rubric_queries.applicable(rubric, review.facts))
    if form.submitted(
        lambda w: appeal_service.appeal_review(
            w,
            actor,
            tool.id,
            question=form.question.data or "",
            words=form.words.data or "",
            once_key=form.key,
        )
    ):
        flash("Your appeal is filed. Two others decide it within 20 working days.", "good")
        return redirect(url_for(".review_history", slug=slug))
    tool, vendor = evidence_queries.public_tool(db.session(), slug)
    return web.form_page("reviews/appeal_review.html", form, tool=tool, vendor=vendor)


@bp.route("/reviews/appeals/<uuid:appeal_id>", methods=["GET", "POST"])
@past_the_scope
def decide_appeal(appeal_id: UUID) -> Any:
    session, actor = db.session(), login.current_actor()
    appeal = evidence_queries.get_appeal(session, appeal_id)
    mine = queries.my_seat(session, actor, appeal.review_id, *rules.DECIDE_APPEALS).id
    review = queries.get_review(session, appeal.review_id)
    form, criterion = AppealDecisionForm(), _criterion(review, appeal.question)
    form.ask(criterion, evidence_queries.documents_of(session, review.tool_id))

    def decide(writer: Any) -> Any:
        if form.outcome.data not in list(Outcome):
            raise RuleBroken("Choose a decision.", "outcome")
        outcome = Outcome(form.outcome.data)
        found = form.found if outcome is Outcome.CORRECTED else None
        return appeal_service.decide_appeal(
            writer, actor, appeal_id, outcome=outcome, why=form.why.data or "", found=found
        )

    if form.submitted(decide):
        held = form.result.outcome is not None
        words = "Decided. The reason is public." if held else "Kept. It counts once both find so."
        flash(words, "good")
        return redirect(url_for(".inbox"))
    session = db.session()
    votes = evidence_queries.votes_on(session, appeal_id)
    found_by = [(vote, seat.id == mine) for vote, seat in votes.values()] if mine in votes else []
    appeal = evidence_queries.get_appeal(session, appeal_id)
    now = queries.decisions_of(session, appeal.review_id).get(appeal.question)
    if now and not form.is_submitted():
        form.show(queries.found_of(now))
        form.words.data = ""
    return web.form_page(
        "reviews/decide_appeal.html",
        form,
        appeal=appeal,
        criterion=criterion,
        now=now,
        found_by=found_by,
        review=queries.get_review(session, appeal.review_id),
        tool=evidence_queries.tool_of(session, review.tool_id),
        appellant=accounts.get_organization(session, appeal.org_id),
        documents=evidence_queries.documents_by_id(
            session, [row.document_id for row in (now, *(vote for vote, _ in found_by)) if row]
        ),
    )


def _criterion(review: Review, question: str) -> Any:
    return rubric_queries.rubric(review.rubric_version).by_id[question]


# -- stops and changes -----------------------------------------------------------------------


@bp.route("/reviews/stop/<slug>", methods=["GET", "POST"])
@past_the_scope
def stop_tool(slug: str) -> Any:
    actor = only("reviews.stop_tool")
    tool, _ = evidence_queries.public_tool(db.session(), slug)
    form = StopForm()
    if form.submitted(
        lambda w: appeal_service.stop_tool(w, actor, tool.id, reason=form.reason.data or "")
    ):
        held = form.result.confirmed_at is not None
        words = "Stopped, from this moment." if held else "Asked. A second person must confirm it."
        flash(words, "good")
        return redirect(url_for(".review_history" if held else ".stop_tool", slug=slug))
    session = db.session()
    tool, vendor = evidence_queries.public_tool(session, slug)
    stop = evidence_queries.stop_of(session, tool.id)
    published = queries.published_review_of(session, tool.id)
    return web.form_page(
        "reviews/stop_tool.html",
        form,
        tool=tool,
        vendor=vendor,
        stop=stop,
        is_mine=bool(stop and stop.asked_by_id == actor.user_id),
        can_stop=published is not None and published.status is ReviewStatus.PUBLISHED,
    )


@bp.get("/reviews/changes")
@past_the_scope
def changes() -> Any:
    only("reviews.changes")
    rows = evidence_queries.changes_waiting(db.session())
    return render_template("reviews/changes.html", page=web.paged_list(rows))


@bp.route("/reviews/changes/<uuid:capture_id>", methods=["GET", "POST"])
@past_the_scope
def decide_change(capture_id: UUID) -> Any:
    actor = only("reviews.decide_change")
    evidence_queries.get_capture(db.session(), capture_id)
    form = ChangeForm()
    if form.submitted(
        lambda w: evidence_service.decide_change(
            w, actor, capture_id, decision=Decision(form.decision.data), why=form.why.data or ""
        )
    ):
        flash("Decided.", "good")
        return redirect(url_for(".changes"))
    session = db.session()
    capture = evidence_queries.get_capture(session, capture_id)
    touched = rubric_queries.touched_by_topics(rubric_queries.rubric(), capture.change["topics"])
    return web.form_page(
        "reviews/decide_change.html",
        form,
        capture=capture,
        policy=evidence_queries.get_policy(session, capture.policy_id),
        tool=evidence_queries.tool_of(session, capture.tool_id),
        touched=[rubric_queries.rubric().by_id[q] for q in touched],
    )
