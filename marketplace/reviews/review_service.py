"""A review begins: the vendor answers and signs, people take their seats or step aside."""

from collections.abc import Mapping
from datetime import date
from secrets import token_hex
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.reviews import (
    evidence_queries,
    holidays,
    letters,
    queries,
    recheck_queries,
    rubric_queries,
    rules,
)
from marketplace.reviews.models import Review
from marketplace.reviews.rules import ReviewStatus, Seat, State


def open_review(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    without_vendor: bool = False,
    recheck: bool = False,
) -> Review:
    """Ask the vendor to answer; `without_vendor`: the reviewers begin at once, by themselves.
    `recheck`: only what aged, changed or was conditional is read again, the rest carried over.

    Opening a tool's review again gives the one that is under way.
    """
    tool = catalogue.tool_to_change(session, tool_id)
    require(actor, "reviews.open_review", _of_vendor(tool))
    if tool.published_at is None:
        raise RuleBroken("Only a published tool can be reviewed.")
    if found := queries.open_review_of(session, tool.id):
        return found
    rubric, earlier = rubric_queries.rubric(), queries.reviews_of(session, tool.id)
    carries, again = (
        recheck_queries.check_may_recheck(session, tool.id) if recheck else (None, None)
    )
    review = Review(
        org_id=queries.operator_org(session).id,
        tool_id=tool.id,
        vendor_id=tool.org_id,
        number=len(earlier) + 1,
        status=ReviewStatus.ANSWERING,
        rubric_version=rubric.version,
        rubric_sha256=rubric.sha256,
        opened_at=clock.now(),
        opened_by_id=actor.user_id,
        asked_at=clock.now(),
        facts=dict(earlier[0].facts) if earlier else {},
        answers=dict(earlier[0].answers) if earlier else {},
        rereads=again,
        carries_over=carries.number if carries else None,
        seed=token_hex(16),
        due_on=queries.today() + rules.SILENT_AFTER,
    )
    session.add(review)
    session.flush()
    emit(session, actor, "reviews.opened", review, tool=str(tool.id), recheck=recheck)
    letters.tell_vendor(
        session,
        tool,
        "please answer the privacy questions",
        ("Your earlier answers are filled in. Change what is new. " if recheck else "")
        + "Two reviewers of member districts will read your papers. Answer the questions and have "
        "an officer sign them. If we hear nothing for 30 days, each open question is shown as "
        "“would not answer”." + letters.until(review.due_on),
    )
    if without_vendor:
        read_without_vendor(session, actor, review.id)
    return review


def read_without_vendor(session: Session, actor: Actor, review_id: UUID) -> Review:
    """The reviewers begin although nobody signed; the vendor may still answer meanwhile."""
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.read_without_vendor", review)
    if review.status is ReviewStatus.ANSWERING:
        _begin_reading(session, actor, review)
    return review


def answer_rubric(
    session: Session,
    actor: Actor,
    review_id: UUID,
    *,
    facts: Mapping[str, Any] | None = None,
    answers: Mapping[str, Mapping[str, str]] | None = None,
    seen_edits: int | None = None,
) -> Review:
    """Save the vendor's facts and answers so far. `answers`: {question: {"option", "words"}};
    the option "declined" says in so many words that the vendor will not answer."""
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.answer_rubric", review)
    rules.check_vendor_may_write(review.status, is_signed=review.signed_at is not None)
    if seen_edits is not None and seen_edits != review.edits:
        raise RuleBroken(
            "Somebody of your company saved other answers after you opened this page. What you "
            "typed is still here: check it, then save again."
        )
    rubric = rubric_queries.rubric(review.rubric_version)
    if facts is not None:
        if review.facts_confirmed_at:
            raise RuleBroken("A reviewer has confirmed the facts. Write to the reviewers instead.")
        review.facts = rubric_queries.checked_facts(rubric, facts)
    kept = dict(review.answers)
    for question, said in (answers or {}).items():
        option, words = said.get("option", ""), said.get("words", "").strip()
        if question not in rubric.by_id:
            raise RuleBroken("There is no such question.")
        if option not in ("", State.DECLINED, *rubric.by_id[question].options):
            raise RuleBroken("Choose one of the answers.", question)
        if len(words) > rules.LONGEST_WORDS:
            raise RuleBroken(f"Use {rules.LONGEST_WORDS:,} letters at most.", f"{question}-words")
        kept.pop(question, None)
        if option or words:
            kept[question] = {"option": str(option), "words": words}
    review.answers = kept
    review.edits += 1
    emit(session, actor, "reviews.vendor_answered", review, answers=len(kept))
    return review


def sign_answers(
    session: Session,
    actor: Actor,
    review_id: UUID,
    *,
    officer_name: str,
    officer_title: str,
    signed_on: date | None,
) -> Review:
    """A named officer stands for the answers. From now on they do not change; twice is once."""
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.sign_answers", review)
    if review.signed_at:
        return review
    rules.check_vendor_may_write(review.status, is_signed=review.signed_at is not None)
    rubric = rubric_queries.rubric(review.rubric_version)
    rubric_queries.checked_facts(rubric, review.facts)
    asked = rubric_queries.applicable(rubric, review.facts)
    left = [each.id for each in asked if each.id not in rubric_queries.answered(review)]
    rules.check_all_there(left, "have no answer yet")
    rules.check_officer(officer_name, officer_title, signed_on, queries.today())
    review.officer_name, review.officer_title = officer_name.strip(), officer_title.strip()
    review.signed_on, review.signed_at, review.signed_by_id = (
        signed_on, clock.now(), actor.user_id,
    )  # fmt: skip
    emit(session, actor, "reviews.vendor_signed", review, tool=str(review.tool_id))
    if review.status is ReviewStatus.ANSWERING:
        _begin_reading(session, actor, review)
    return review


def _begin_reading(session: Session, actor: Actor, review: Review) -> None:
    review.status, review.reminded_days = ReviewStatus.READING, 9_999
    _look_anew(session, review)
    review.due_on = holidays.working_days_after(queries.today(), rules.READ_DAYS)
    for seat in queries.seats_of(session, review.id):
        if seat.is_fit:
            seat.due_on = review.due_on
    emit(session, actor, "reviews.reading_began", review, signed=review.signed_at is not None)
    tool = evidence_queries.tool_of(session, review.tool_id)
    letters.tell_operator(
        session,
        tool,
        "ready to be read",
        "Choose two reviewers, if you have not yet." + letters.until(review.due_on),
        f"/admin/reviews/{review.id}",
    )
    letters.tell_seats(
        session,
        review,
        tool,
        "your reading can begin",
        "The vendor’s answers are here." if review.signed_at else "The vendor did not answer.",
        f"/reviews/{review.id}",
    )


def _look_anew(session: Session, review: Review) -> None:
    """A re-check also reads what changed since it was opened, and what is answered otherwise."""
    if earlier := recheck_queries.carried_from(session, review):
        said = review.answers if review.signed_at else None
        again = recheck_queries.to_read_again(session, earlier, review.facts, said)
        review.rereads = {**again, **(review.rereads or {})}


def confirm_facts(
    session: Session, actor: Actor, review_id: UUID, facts: Mapping[str, Any], *, why: str = ""
) -> Review:
    """The first reviewer confirms the vendor's facts, or puts them right and says why.

    Facts alone decide which questions apply. Where one is false the reviewer's holds, the
    difference is public, and questions that apply now are read although the vendor left them
    out (rubric, profile_facts). What was read of questions that no longer apply is dropped.
    """
    review = queries.get_review(session, review_id, lock=True)
    seat = queries.my_seat(session, actor, review_id, Seat.FIRST, lock=True)
    require(actor, "reviews.confirm_facts", seat)
    rules.check_status(review.status, ReviewStatus.READING)
    if any(s.done_at for s in queries.seats_of(session, review.id) if s.is_fit):
        raise RuleBroken("A reader has handed in. The facts do not change any more.")
    rubric = rubric_queries.rubric(review.rubric_version)
    right = rubric_queries.checked_facts(rubric, facts)
    if review.facts_confirmed_at and (review.facts, review.facts_words) == (right, why.strip()):
        return review  # the same form, sent twice
    said = review.facts if review.facts_said is None else review.facts_said
    false = [name for name in right if said and said.get(name) != right[name]]
    if false:
        rules.check_words(why, "Say where you saw that it is otherwise: it is public.", "why")
    review.facts_said, review.facts, review.facts_words = dict(said), right, why.strip()
    review.facts_confirmed_at, review.facts_confirmed_by_id = clock.now(), actor.user_id
    _look_anew(session, review)
    for reader in queries.seats_of(session, review.id):
        mine = set(rubric_queries.questions_to_read(review, reader.seat))
        for question, row in queries.readings_of_seat(session, reader).items():
            if question not in mine:
                session.delete(row)
    session.flush()
    emit(session, actor, "reviews.facts_confirmed", review, false=false)
    if false:
        letters.tell_vendor(
            session,
            evidence_queries.tool_of(session, review.tool_id),
            "a reviewer put facts right",
            f"{why.strip()} Reply on the page of the review if you see it otherwise.",
        )
    return review


def _of_vendor(tool: Tool) -> Any:
    """A tool as the policy asks for it: by its vendor."""
    return SimpleNamespace(vendor_id=tool.org_id)
