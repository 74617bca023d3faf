"""What falls due by the clock: silence, checks, expiry, defaults, reminders."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.core.web import day
from marketplace.reviews import (
    evidence_queries,
    evidence_service,
    letters,
    queries,
    reading_service,
    review_service,
    rules,
    seat_service,
    watch_rules,
)
from marketplace.reviews.appeal_service import drop_stop
from marketplace.reviews.publishing_service import append_decision, publish_card, release_seats
from marketplace.reviews.rules import Found, ReviewStatus, Source, State


def pass_time(session: Session, actor: Actor) -> int:
    """Take every step whose day has come; running it again takes none twice."""
    require(actor, "reviews.pass_time")
    today, now = queries.today(), clock.now()
    done = 0
    for review_id in queries.due(session, ReviewStatus.ANSWERING, by=today):
        review_service.read_without_vendor(session, actor, review_id)
        done += 1
    for review_id in queries.due(session, ReviewStatus.CHECKING, by=today):
        done += _end_check(session, actor, review_id)
    for review_id in queries.run_out(session, today):
        done += _expire(session, actor, review_id)
    for review_id in queries.silent_desk_reviews(session, now - rules.SILENT_AFTER):
        done += _count_silence(session, actor, review_id)
    for capture_id in evidence_queries.undecided_since(session, now):
        evidence_service.decide_by_default(session, actor, capture_id)
        done += 1
    for stop, _ in evidence_queries.stops_waiting(session):
        if stop.asked_at + rules.STOP_WAITS <= now:
            drop_stop(session, actor, stop.tool_id, "Nobody confirmed it.")
            done += 1
    for user_id, vendor_id in queries.seated_negotiators(session):
        seat_service.recuse_negotiator(session, actor, user_id, vendor_id)
        done += 1
    return done


def _end_check(session: Session, actor: Actor, review_id: UUID) -> int:
    review = queries.get_review(session, review_id, lock=True)
    left = queries.questions_to_settle(session, review)
    if review.check_answered_at is None:
        review.check_answered_at = clock.now()
        emit(session, actor, "reviews.check_ended", review, points=len(left))
    if left:
        return 0  # whoever settles is reminded until each point has its answer
    reading_service.publish_review(session, actor, review.id)
    return 1


def _expire(session: Session, actor: Actor, review_id: UUID) -> int:
    review = queries.get_review(session, review_id, lock=True)
    if review.status is not ReviewStatus.PUBLISHED:
        return 0
    review.status, review.ended_at = ReviewStatus.EXPIRED, clock.now()
    release_seats(session, actor, review)
    tool = evidence_queries.tool_of(session, review.tool_id)
    emit(session, actor, "reviews.expired", review, tool=str(tool.id))
    text = "A year has passed since it was published. No order is safe on it until a new one."
    letters.tell_vendor(session, tool, "the review has expired", text)
    letters.tell_operator(session, tool, "the review has expired", text, "/admin/reviews")
    return 1


def _count_silence(session: Session, actor: Actor, review_id: UUID) -> int:
    """Asked 30 days ago and silent: what was not found counts as declined from today."""
    review = queries.get_review(session, review_id, lock=True)
    decided = queries.decisions_of(session, review.id)
    open_ones = [q for q, row in decided.items() if row.state is State.NOT_FOUND]
    asked_on = day(review.asked_at.date()) if review.asked_at else ""
    for question in open_ones:
        append_decision(
            session,
            actor,
            review,
            question,
            Found(State.DECLINED),
            Source.CORRECTED,
            why=f"The vendor was asked on {asked_on} and did not answer within 30 days.",
        )
    if open_ones:
        emit(session, actor, "reviews.silence_counted", review, questions=len(open_ones))
        publish_card(session, actor, review.id)
    return bool(open_ones)


# -- reminders -------------------------------------------------------------------------------


def remind(session: Session, actor: Actor) -> int:
    """A letter 7 and 2 days before a day runs out; of a review's year 60, 30 and 7 before."""
    require(actor, "reviews.remind")
    return (
        _remind_seats(session)
        + _remind_vendors(session)
        + _remind_of_appeals(session)
        + _remind_of_changes(session)
        + _remind_of_years(session)
    )


def _remind_seats(session: Session) -> int:
    today, sent = queries.today(), 0
    for seat, review, tool, user in queries.seats_to_remind(session, today + timedelta(days=7)):
        step = rules.reminder_due(seat.due_on, today, rules.REMIND_DAYS, seat.reminded_days)
        if step is None:
            continue
        seat.reminded_days = step
        text = f"Your part: {rules.SEAT_WORDS[seat.seat].lower()}." + letters.until(seat.due_on)
        letters.tell_person(
            session, user, tool, "your review is due soon", text, f"/reviews/{review.id}"
        )
        sent += 1
    return sent


def _remind_vendors(session: Session) -> int:
    today, sent = queries.today(), 0
    for review, tool in queries.under_way(session):
        if review.status not in (ReviewStatus.ANSWERING, ReviewStatus.CHECKING):
            continue
        if review.due_on is None or review.check_answered_at:
            continue
        step = rules.reminder_due(review.due_on, today, rules.REMIND_DAYS, review.reminded_days)
        if step is None:
            continue
        review.reminded_days = step
        text = rules.STATUS_WORDS[review.status] + "." + letters.until(review.due_on)
        letters.tell_vendor(session, tool, "the review waits for you", text)
        sent += 1
    return sent


def _remind_of_appeals(session: Session) -> int:
    today, sent = queries.today(), 0
    for appeal, review, tool in evidence_queries.appeals_open(session, today + timedelta(days=7)):
        step = rules.reminder_due(appeal.decide_by, today, rules.REMIND_DAYS, appeal.reminded_days)
        if step is None:
            continue
        appeal.reminded_days = step
        text = f"{appeal.question} is not decided." + letters.until(appeal.decide_by)
        subject = "an appeal is due soon"
        letters.tell_operator(session, tool, subject, text, f"/admin/reviews/{review.id}")
        letters.tell_seats(session, review, tool, subject, text, f"/reviews/appeals/{appeal.id}")
        sent += 1
    return sent


def _remind_of_changes(session: Session) -> int:
    today, sent = queries.today(), 0
    for capture, policy, tool in evidence_queries.changes_waiting(session):
        ends = _day(capture.decide_by)
        step = rules.reminder_due(ends, today, rules.REMIND_DAYS, capture.reminded_days)
        if step is None:
            continue
        capture.reminded_days = step
        topics = [watch_rules.Topic(topic) for topic in capture.change["topics"]]
        default = watch_rules.DECISION_WORDS[watch_rules.default_decision(topics)]
        text = f"“{policy.title}” has changed. If nobody decides by {day(ends)}: {default.lower()}."
        letters.tell_operator(
            session, tool, "a change waits", text, f"/reviews/changes/{capture.id}"
        )
        sent += 1
    return sent


def _day(moment: datetime) -> date:
    return clock.day_of(moment, "America/New_York")


def _remind_of_years(session: Session) -> int:
    today, sent = queries.today(), 0
    for review, tool in queries.ending_by(session, today + timedelta(days=60)):
        ends = review.expires_on or today
        step = rules.reminder_due(ends, today, rules.RECHECK_DAYS, review.reminded_days)
        if step is None:
            continue
        review.reminded_days = step
        text = f"The review holds until {day(ends)}. Begin the next one now."
        letters.tell_vendor(session, tool, "the review runs out soon", text)
        letters.tell_operator(session, tool, "a review runs out soon", text, "/admin/reviews")
        sent += 1
    return sent
