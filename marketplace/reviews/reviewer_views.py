"""The reviewers' side: what waits, the reading desk, settling, stepping aside."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.core import access, db, panels, tenancy, web
from marketplace.core.errors import NotFound
from marketplace.reviews import (
    evidence_queries,
    evidence_service,
    queries,
    reading_service,
    review_service,
    rubric_queries,
    seat_service,
)
from marketplace.reviews.forms import (
    EvidenceForm,
    FoundForm,
    PressForm,
    SettleForm,
    StepAsideForm,
    WordsForm,
    confirm_form,
    facts_typed,
)
from marketplace.reviews.message_service import ask_vendor as ask
from marketplace.reviews.models import Review, ReviewSeat
from marketplace.reviews.policy import is_reviewer
from marketplace.reviews.rules import ReviewStatus, Seat, Tie
from marketplace.reviews.shared_views import WHY, bp, only, paper_of, past_the_scope, sent_file

READERS = (Seat.FIRST, Seat.SECOND)


@bp.get("/reviews")
@past_the_scope
def inbox() -> Any:
    actor, session = only("reviews.inbox"), db.session()
    mine = queries.seats_held_by(session, actor.person)
    decides = evidence_queries.appeal_seats(session, actor.person)
    appeals = [row for row in evidence_queries.appeals_open(session) if row[1].id in decides]
    return render_template(
        "reviews/inbox.html",
        mine=mine,
        appeals=appeals,
        changes=evidence_queries.changes_waiting(session),
        stops=evidence_queries.stops_waiting(session),
        today=queries.today(),
    )


@bp.get("/reviews/workload")
@past_the_scope
def workload() -> Any:
    actor, session = only("reviews.workload"), db.session()
    own = {org_id for role, org_id in actor.roles if role == Role.REVIEWER}
    within = None if access.is_operator(actor, None) else own
    counts = queries.workload(session)
    rows = [
        (user, home, counts.get(user.id, {"now": 0, "done": 0}))
        for user, home in queries.reviewers(session, within)
    ]
    return render_template("reviews/workload.html", page=web.paged_list(rows))


def _mine(review_id: UUID, *seats: Seat) -> tuple[Review, ReviewSeat]:
    session = db.session()
    seat = queries.my_seat(session, login.current_actor(), review_id, *seats)
    access.require(login.current_actor(), "reviews.review", seat)
    return queries.get_review(session, review_id), seat


@bp.get("/reviews/<uuid:review_id>")
@past_the_scope
def review(review_id: UUID) -> Any:
    """One question per row. A reader sees the vendor's answers and their own, nobody else's."""
    session = db.session()
    found, seat = _mine(review_id)
    tool = evidence_queries.tool_of(session, found.tool_id)
    asked = rubric_queries.rubric(found.rubric_version).by_id
    reads = seat.seat in READERS and found.status is not ReviewStatus.ANSWERING
    to_read = rubric_queries.questions_to_read(found, seat.seat) if reads else []
    settling = seat.seat is Seat.SETTLES and found.status in (
        ReviewStatus.SETTLING,
        ReviewStatus.CHECKING,
    )
    return render_template(
        "reviews/review.html",
        review=found,
        seat=seat,
        tool=tool,
        vendor=accounts.get_organization(session, found.vendor_id),
        rows=[(asked[q], found.answers.get(q) if found.signed_at else None) for q in to_read],
        mine=queries.readings_of_seat(session, seat),
        to_settle=[asked[q] for q in queries.questions_to_settle(session, found)]
        if settling
        else [],
        messages=queries.messages_of(session, found.id),
        documents=evidence_queries.documents_of(session, found.tool_id),
        may_publish=seat.seat is Seat.SETTLES
        and found.status is ReviewStatus.CHECKING
        and bool(found.check_answered_at),
        again=found.rereads or {},
        form=PressForm(),
    )


@bp.route("/reviews/<uuid:review_id>/facts", methods=["GET", "POST"])
@past_the_scope
def confirm_facts(review_id: UUID) -> Any:
    """The first reviewer's own step before the reading: which questions apply?"""
    found, _ = _mine(review_id, Seat.FIRST)
    if found.status is not ReviewStatus.READING:
        raise NotFound("There is nothing to confirm now.")
    rubric, actor = rubric_queries.rubric(found.rubric_version), login.current_actor()
    form: Any = confirm_form(rubric, found.facts)
    if not form.is_submitted():
        form.why.data = found.facts_words
    if form.submitted(
        lambda w: review_service.confirm_facts(
            w, actor, review_id, facts_typed(form, rubric), why=form.why.data or ""
        )
    ):
        flash("The facts are confirmed.", "good")
        return redirect(url_for(".review", review_id=review_id))
    session, (found, _) = db.session(), _mine(review_id, Seat.FIRST)
    return web.form_page(
        "reviews/confirm_facts.html",
        form,
        review=found,
        rubric=rubric,
        tool=evidence_queries.tool_of(session, found.tool_id),
        said=found.facts if found.facts_said is None else found.facts_said,
    )


def _ask(form: FoundForm, found: Review, question: str) -> Any:
    rubric = rubric_queries.rubric(found.rubric_version)
    if question not in rubric.by_id:
        raise NotFound("There is no such question.")
    criterion = rubric.by_id[question]
    form.ask(criterion, evidence_queries.documents_of(db.session(), found.tool_id))
    return criterion


@bp.route("/reviews/<uuid:review_id>/questions/<question>", methods=["GET", "POST"])
@past_the_scope
def read_question(review_id: UUID, question: str) -> Any:
    found, seat = _mine(review_id, *READERS)
    if found.status is ReviewStatus.ANSWERING or question not in rubric_queries.questions_to_read(
        found, seat.seat
    ):
        raise NotFound("This question is not yours to read.")
    form, actor = FoundForm(), login.current_actor()
    criterion = _ask(form, found, question)
    if not form.is_submitted():
        before = queries.readings_of_seat(db.session(), seat).get(question)
        form.show(
            queries.found_of(before) if before else rubric_queries.vendors_word(found, question)
        )
    if form.submitted(
        lambda w: reading_service.read_question(w, actor, review_id, question, form.found)
    ):
        flash(f"{question} is saved.", "good")
        return redirect(_onward(review_id, question))
    return _question_page("read_question", form, review_id, criterion)


def _onward(review_id: UUID, question: str) -> str:
    """To the next question that is not read yet, or back to the list."""
    found, seat = _mine(review_id, *READERS)
    to_read = rubric_queries.questions_to_read(found, seat.seat)
    read = queries.readings_of_seat(db.session(), seat)
    place = to_read.index(question)
    left = [q for q in (*to_read[place + 1 :], *to_read[:place]) if q not in read]
    if not left:
        return url_for(".review", review_id=review_id)
    return url_for(".read_question", review_id=review_id, question=left[0])


def _question_page(
    template: str, form: FoundForm, review_id: UUID, criterion: Any, **more: Any
) -> Any:
    session, (found, seat) = db.session(), _mine(review_id)
    said = found.answers.get(criterion.id) if found.signed_at else None
    return web.form_page(
        f"reviews/{template}.html",
        form,
        review=found,
        seat=seat,
        tool=evidence_queries.tool_of(session, found.tool_id),
        criterion=criterion,
        said=said,
        messages=[m for m in queries.messages_of(session, found.id) if m.question == criterion.id],
        **more,
    )


@bp.route("/reviews/<uuid:review_id>/settle/<question>", methods=["GET", "POST"])
@past_the_scope
def settle_question(review_id: UUID, question: str) -> Any:
    session, (found, _) = db.session(), _mine(review_id, Seat.SETTLES)
    if question not in queries.questions_to_settle(session, found):
        raise NotFound("There is nothing to settle.")
    form, actor = SettleForm(), login.current_actor()
    criterion = _ask(form, found, question)
    if form.submitted(
        lambda w: reading_service.settle_question(
            w, actor, review_id, question, form.found, why=form.why.data or ""
        )
    ):
        flash(f"{question} is settled.", "good")
        return redirect(url_for(".review", review_id=review_id))
    session, (found, _) = db.session(), _mine(review_id, Seat.SETTLES)
    sides = queries.both_readings(session, found)
    readings = {side: sides[side][question] for side in READERS if question in sides[side]}
    now = queries.decisions_of(session, found.id).get(question)
    papers = [row.document_id for row in (*readings.values(), *([now] if now else []))]
    if not form.is_submitted() and Seat.FIRST in readings:
        form.show(queries.found_of(now or readings[Seat.FIRST]))
        form.words.data = ""
    return _question_page(
        "settle_question", form, review_id, criterion, readings=readings, now=now,
        documents=evidence_queries.documents_by_id(session, papers),
    )  # fmt: skip


@bp.post("/reviews/<uuid:review_id>/take")
@past_the_scope
def take_vendors_word(review_id: UUID) -> Any:
    _mine(review_id, *READERS)
    form, actor = PressForm(), login.current_actor()
    if form.submitted(lambda w: reading_service.take_vendors_word(w, actor, review_id)):
        flash(f"{form.result} questions are filled with the vendor’s own word.", "good")
    return _after(form, review_id)


@bp.post("/reviews/<uuid:review_id>/hand-in")
@past_the_scope
def hand_in(review_id: UUID) -> Any:
    _mine(review_id, *READERS)
    form, actor = PressForm(), login.current_actor()
    if form.submitted(lambda w: reading_service.hand_in(w, actor, review_id)):
        flash("Handed in. What you found does not change any more.", "good")
    return _after(form, review_id)


@bp.post("/reviews/<uuid:review_id>/publish")
@past_the_scope
def publish_review(review_id: UUID) -> Any:
    _mine(review_id, Seat.SETTLES)
    form, actor = PressForm(), login.current_actor()
    if form.submitted(lambda w: reading_service.publish_review(w, actor, review_id)):
        flash("Published. It holds for a year.", "good")
        return redirect(url_for(".inbox"))
    return _after(form, review_id)


def _after(form: PressForm, review_id: UUID) -> Any:
    for refusal in form.form_errors:
        flash(refusal, "bad")
    return redirect(url_for(".review", review_id=review_id))


@bp.route("/reviews/<uuid:review_id>/words", methods=["GET", "POST"])
@past_the_scope
def ask_vendor(review_id: UUID) -> Any:
    found, _ = _mine(review_id)
    form, actor = WordsForm(), login.current_actor()
    rubric = rubric_queries.rubric(found.rubric_version)
    form.ask_about(rubric_queries.applicable(rubric, found.facts) if found.facts else rubric)
    if form.submitted(
        lambda w: ask(
            w,
            actor,
            review_id,
            question=form.question.data or "",
            words=form.words.data or "",
            once_key=form.key,
        )
    ):
        flash("Sent to the vendor.", "good")
        return redirect(url_for(".review", review_id=review_id))
    session, (found, seat) = db.session(), _mine(review_id)
    tool = evidence_queries.tool_of(session, found.tool_id)
    return web.form_page("reviews/ask_vendor.html", form, review=found, seat=seat, tool=tool)


@bp.route("/reviews/<uuid:review_id>/evidence", methods=["GET", "POST"])
@past_the_scope
def bring_evidence(review_id: UUID) -> Any:
    _mine(review_id)
    form, actor = EvidenceForm(), login.current_actor()
    if form.validate_on_submit():
        checked, paper = sent_file(form), paper_of(form)
        if checked and paper and form.keep(
            lambda w: evidence_service.bring_evidence(w, actor, review_id, checked, paper)
        ):  # fmt: skip
            flash("Filed. You can cite it now.", "good")
            return redirect(url_for(".review", review_id=review_id))
    session, (found, _) = db.session(), _mine(review_id)
    tool = evidence_queries.tool_of(session, found.tool_id)
    back = url_for(".review", review_id=review_id)
    return web.form_page("reviews/bring_evidence.html", form, tool=tool, back=back)


@bp.route("/reviews/step-aside/<slug>", methods=["GET", "POST"])
@past_the_scope
def step_aside(slug: str) -> Any:
    actor = only("reviews.step_aside")
    vendor = accounts.organization_by_slug(db.session(), OrganizationKind.VENDOR, slug)
    form = StepAsideForm()
    if form.submitted(
        lambda w: seat_service.step_aside(
            w, actor, vendor.id, tie=Tie(form.tie.data), words=form.words.data or ""
        )
    ):
        flash(f"You have stepped aside from every review of {vendor.name}.", "good")
        return redirect(url_for(".inbox"))
    vendor = accounts.organization_by_slug(db.session(), OrganizationKind.VENDOR, slug)
    return web.form_page("reviews/step_aside.html", form, vendor=vendor)


@panels.fill("home.district")
def reviews_of_mine(organization: Organization) -> str | None:
    """On a reviewer's own home: what waits for them."""
    actor = login.current_actor()
    if not is_reviewer(actor, None) or actor.user_id is None:
        return None
    with tenancy.everyone(WHY):
        mine = queries.seats_held_by(db.session(), actor.user_id)
    waiting = [row for row in mine if row[0].done_at is None]
    return render_template("reviews/_district_home.html", waiting=waiting)
