"""The operator's side: open reviews, give people their seats, watch policies."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for

from marketplace.accounts import queries as accounts
from marketplace.catalogue.models import Tool
from marketplace.core import db, panels, web
from marketplace.core.errors import RuleBroken
from marketplace.reviews import (
    evidence_queries,
    evidence_service,
    queries,
    recheck_queries,
    review_service,
    rules,
    seat_service,
)
from marketplace.reviews.forms import AssignForm, PressForm, WatchForm
from marketplace.reviews.rules import OPEN, ReviewStatus
from marketplace.reviews.shared_views import bp, only, past_the_scope, sent_file


@bp.get("/admin/reviews")
@past_the_scope
def desk() -> Any:
    only("reviews.desk")
    session = db.session()
    return render_template(
        "reviews/desk.html",
        under_way=queries.under_way(session),
        finished=queries.finished(session),
        without=queries.tools_without_review(session),
        appeals=evidence_queries.appeals_open(session),
        stops=evidence_queries.stops_waiting(session),
        changes=evidence_queries.changes_waiting(session),
        form=PressForm(),
    )


@bp.post("/admin/reviews/open/<tool_slug>")
@past_the_scope
def open_review(tool_slug: str) -> Any:
    actor = only("reviews.desk")
    tool, _ = evidence_queries.public_tool(db.session(), tool_slug)
    form, alone = PressForm(), "without_vendor" in request.form
    lighter = "recheck" in request.form
    if form.submitted(
        lambda w: review_service.open_review(
            w, actor, tool.id, without_vendor=alone, recheck=lighter
        )
    ):
        flash("The review is open. Choose two reviewers.", "good")
        return redirect(url_for(".assign_seat", review_id=form.result.id))
    for refusal in form.form_errors:
        flash(refusal, "bad")
    return redirect(url_for(".desk"))


@bp.route("/admin/reviews/<uuid:review_id>", methods=["GET", "POST"])
@past_the_scope
def assign_seat(review_id: UUID) -> Any:
    actor, session = only("reviews.assign_seat"), db.session()
    review, form = queries.get_review(session, review_id), AssignForm()
    people = queries.reviewers(session)
    form.person.choices = [("", "Choose"), *((str(u.id), f"{u.name}, {o.name}") for u, o in people)]

    def save(writer: Any) -> Any:
        person = form.person_typed
        if person is None:
            raise RuleBroken("Choose a reviewer.", "person")
        return seat_service.assign_seat(
            writer, actor, review_id, user_id=person, seat=form.seat_typed
        )

    if form.submitted(save):
        flash("The seat is taken. A letter is on its way.", "good")
        return redirect(url_for(".assign_seat", review_id=review_id))
    session = db.session()
    review = queries.get_review(session, review_id)
    seats = queries.seats_of(session, review.id)
    again, no_recheck = recheck_queries.may_recheck(session, review)
    return web.form_page(
        "reviews/assign_seat.html",
        form,
        review=review,
        tool=evidence_queries.tool_of(session, review.tool_id),
        seats=seats,
        users=queries.users_by_id(session, [s.user_id for s in seats]),
        homes=accounts.organizations_by_id(session, [s.home_id for s in seats]),
        barred=queries.negotiators(session, review.vendor_id),
        recusals=queries.recusals(session, review.vendor_id),
        again=again,
        no_recheck=no_recheck,
        appeals=[a for a in evidence_queries.appeals_of(session, review.tool_id) if a.is_open],
        reopened=queries.reopened(session, review.id),
        is_open=review.status in OPEN or review.status is ReviewStatus.PUBLISHED,
        words=rules,
    )


@bp.route("/admin/reviews/watch/<tool_slug>", methods=["GET", "POST"])
@past_the_scope
def watch_policy(tool_slug: str) -> Any:
    actor = only("reviews.watch_policy")
    tool, _ = evidence_queries.public_tool(db.session(), tool_slug)
    form = WatchForm()
    if form.submitted(
        lambda w: evidence_service.watch_policy(
            w, actor, tool.id, title=form.title.data or "", url=form.url.data or ""
        )
    ):
        flash("We look at it once a day. You may also upload its text below.", "good")
        return redirect(url_for(".watch_policy", tool_slug=tool_slug))
    return _watch_page(form, tool_slug)


def _watch_page(form: WatchForm, tool_slug: str) -> Any:
    session = db.session()
    tool, vendor = evidence_queries.public_tool(session, tool_slug)
    return web.form_page(
        "reviews/watch_policy.html",
        form,
        tool=tool,
        vendor=vendor,
        policies=evidence_queries.policies_of(session, tool.id),
        captures=evidence_queries.captures_of_tool(session, tool.id),
    )


@bp.post("/admin/reviews/policies/<uuid:policy_id>/capture")
@past_the_scope
def capture_policy(policy_id: UUID) -> Any:
    actor = only("reviews.watch_policy")
    policy = evidence_queries.get_policy(db.session(), policy_id)
    tool: Tool = evidence_queries.tool_of(db.session(), policy.tool_id)
    slug, form = tool.slug, WatchForm()
    if form.validate_on_submit():
        checked = sent_file(form)
        if checked and checked.media_type not in ("text/plain", "text/csv"):
            form.refuse(RuleBroken("Save it as plain text and choose that.", "file"))
        elif checked and form.keep(
            lambda w: evidence_service.capture_policy(
                w, actor, policy_id, content=checked.content, media_type="text/plain"
            )
        ):
            flash("Captured.", "good")
            return redirect(url_for(".watch_policy", tool_slug=slug))
    return _watch_page(form, slug)


@panels.fill("operations.admin")
def reviews_of_site(_nothing: Any) -> str | None:
    return render_template("reviews/_admin.html")
