"""What the database refuses by itself, and two people at the same moment, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from marketplace.core import clock, tenancy
from marketplace.core.errors import RuleBroken
from marketplace.reviews import evidence_queries, queries, service
from marketplace.reviews.appeal_models import ReviewAppealVote
from marketplace.reviews.models import (
    EmergencyStop,
    ReviewAppeal,
    ReviewDecision,
    ReviewSeat,
    ReviewStanding,
)
from marketplace.reviews.rules import Outcome, ReviewStatus, Seat, Tie
from marketplace.scorecards import queries as scorecards
from tests.conftest import NOW, on_postgresql
from tests.reviews.conftest import vendor_says

NOT_DECIDED = {"is_open": True, "outcome": None, "decided_at": None}


def refused(make, *rows):
    with tenancy.everyone("tests write past the services"):
        make.session.add_all(rows)
        with pytest.raises(DBAPIError):
            make.session.flush()
        make.session.rollback()


def a_seat(review, user, home, seat=Seat.FIRST, **changed):
    values = {"org_id": review.org_id, "review_id": review.id, "vendor_id": review.vendor_id}
    values |= {"user_id": user.id, "home_id": home, "seat": seat, "taken_at": NOW}
    return ReviewSeat(**values | changed)


def test_the_database_keeps_people_apart(case, make, see):
    """On both engines, without any service in between."""
    review = case.signed()
    home = case.ada.acting_for
    for user in (case.ada, case.ben, case.cleo):
        make.save(ReviewStanding(org_id=review.org_id, user_id=user.id, vendor_id=case.vendor.id))
    tie = {"is_fit": False, "tie": Tie.MONEY}
    make.save(
        ReviewStanding(org_id=review.org_id, user_id=case.dana.id, vendor_id=case.vendor.id, **tie)
    )
    refused(make, a_seat(review, case.ada, case.vendor.id))  # the vendor's own people
    refused(make, a_seat(review, case.dana, home))  # a tie was declared
    refused(make, a_seat(review, case.buyer, home))  # nobody ever asked about a tie
    refused(make, a_seat(review, case.ada, home, vendor_id=make.vendor().id))  # another vendor's
    make.save(a_seat(review, case.ada, home))
    refused(make, a_seat(review, case.ada, home, Seat.SECOND))  # A and B are two people
    refused(make, a_seat(review, case.ben, home))  # one person at a time
    [standing] = see(
        lambda s: list(s.exec(select(ReviewStanding).where(ReviewStanding.user_id == case.ada.id)))
    )
    standing.is_fit, standing.tie = False, Tie.MONEY
    with tenancy.everyone("tests write past the services"):
        make.session.merge(standing)
        with pytest.raises(DBAPIError):  # while the seat stands, the tie cannot be written
            make.session.flush()
        make.session.rollback()
    appeal = {
        "org_id": case.vendor.id, "review_id": review.id, "question": "US-01", "words": "No.",
        "filed_at": NOW, "filed_by_id": case.editor.id, "decide_by": NOW.date(),
        "once_key": "k", "is_open": None, "outcome": Outcome.UPHELD, "decided_at": NOW,
    }  # fmt: skip
    seat = see(queries.seat_of, review.id, Seat.FIRST)
    refused(make, ReviewAppeal(**appeal, seat_id=seat.id, decided_in=Seat.APPEAL))
    refused(make, ReviewAppeal(**appeal, seat_id=seat.id, decided_in=Seat.FIRST))
    filed = make.save(ReviewAppeal(**appeal | NOT_DECIDED))
    vote = {
        "org_id": review.org_id, "review_id": review.id, "appeal_id": filed.id, "number": 1,
        "question": "US-01", "state": "answered", "option": "a", "outcome": Outcome.UPHELD,
        "why": "So.", "found_at": NOW, "seat_id": seat.id,
    }  # fmt: skip
    refused(make, ReviewAppealVote(**vote, seat=Seat.APPEAL))  # a reader decides no appeal
    refused(make, ReviewAppealVote(**vote, seat=Seat.FIRST))
    stop = {
        "org_id": review.org_id, "tool_id": case.tool.id, "vendor_id": case.vendor.id,
        "reason": "Leak.", "asked_at": NOW, "confirmed_at": NOW,
    }  # fmt: skip
    refused(make, EmergencyStop(**stop, asked_by_id=case.ada.id, confirmed_by_id=case.ada.id))


def test_what_was_decided_is_never_changed(case, make, see):
    review = case.published()
    row = see(queries.decisions_of, review.id)["US-01"]
    with tenancy.everyone("tests write past the services"):
        own = make.session.exec(select(ReviewDecision).where(ReviewDecision.id == row.id)).one()
        own.option = "d"
        with pytest.raises(DBAPIError, match="is not changed"):
            make.session.flush()
        make.session.rollback()


@on_postgresql
def test_both_hand_in_at_once_and_it_is_settled_once(case, see):
    review = case.seated(case.signed())
    case.confirmed(review)
    for person in (case.ada, case.ben):
        case.do(person, service.take_vendors_word, review.id)
    with ThreadPoolExecutor(2) as both:
        list(
            both.map(
                lambda person: _now(case.do, person, service.hand_in, review.id),
                (case.ada, case.ben),
            )
        )
    assert case.now(review).status is ReviewStatus.CHECKING
    versions = {d.version for d in see(queries.decisions_of, review.id).values()}
    assert versions == {1}


@on_postgresql
def test_the_same_at_once_is_done_once(case, see):
    """Opening, assigning, checking, stopping: two clicks or two people give one of each."""
    with ThreadPoolExecutor(2) as both:
        opened = list(
            both.map(
                lambda who: _now(case.do, who, service.open_review, case.tool.id).id,
                (case.operator, case.editor),
            )
        )
    assert len(set(opened)) == 1
    with ThreadPoolExecutor(2) as both:
        tries = [
            both.submit(
                _now, case.do, case.operator, service.assign_seat, opened[0],
                user_id=case.ada.id, seat=seat,
            )
            for seat in (Seat.FIRST, Seat.SECOND)
        ]  # fmt: skip
    assert sum(isinstance(each.exception(), RuleBroken) for each in tries) == 1
    assert len(see(queries.seats_of, opened[0])) == 1


@on_postgresql
def test_two_who_ask_for_a_stop_at_once_make_one_stop(case, see):
    case.published()
    with ThreadPoolExecutor(2) as both:
        list(
            both.map(
                lambda who: _now(
                    case.do, who, service.stop_tool, case.tool.id, reason="Names are open."
                ),
                (case.dana, case.operator),
            )
        )
    stop = see(evidence_queries.stop_of, case.tool.id)
    assert {stop.asked_by_id, stop.confirmed_by_id} == {case.dana.id, case.operator.id}
    assert see(scorecards.standing, case.tool, NOW.date()).is_stopped


@on_postgresql
def test_two_who_find_the_same_at_once_decide_an_appeal_once(case, see):
    review = case.published()
    words = {"question": "US-02", "words": "Not so.", "once_key": "k"}
    appeal = case.do(case.buyer, service.appeal_review, case.tool.id, **words)
    case.seat(review, case.dana, Seat.APPEAL)
    case.seat(review, case.erin, Seat.APPEAL_SECOND)
    found = {"outcome": Outcome.CORRECTED, "why": "Clause 9.", "found": vendor_says("c")}
    with ThreadPoolExecutor(2) as both:
        list(
            both.map(
                lambda who: _now(case.do, who, service.decide_appeal, appeal.id, **found),
                (case.dana, case.erin),
            )
        )
    assert see(evidence_queries.get_appeal, appeal.id).outcome is Outcome.CORRECTED
    assert see(queries.decisions_of, review.id)["US-02"].version == 2


def _now(do, *args, **kwargs):
    """A thread has a clock and a scope of its own."""
    with clock.frozen(NOW + timedelta(minutes=1)):
        return do(*args, **kwargs)
