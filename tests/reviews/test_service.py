"""A review from the first question to the year's end: who may, in which order, and what follows."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from marketplace.core.mail import Letter
from marketplace.reviews import evidence_queries, queries, rubric_queries, service
from marketplace.reviews.models import ReviewDecision
from marketplace.reviews.rules import (
    Found,
    Level,
    Outcome,
    ReviewStatus,
    Seat,
    Source,
    State,
    Tie,
)
from marketplace.scorecards import queries as scorecards
from tests.conftest import NOW, on_sqlite
from tests.reviews.conftest import FACTS, PAPER, TODAY, other_option, text_file, vendor_says


def letters(look, to):
    look.rollback()
    return [x.subject for x in look.exec(select(Letter).where(Letter.recipient == to.email))]


def pass_time(app, moment, use_case=service.pass_time):
    with (
        clock.frozen(moment),
        app.app_context(),
        tenancy.everyone("a timed job"),
        db.transaction() as session,
    ):
        return use_case(session, Actor.system())


def test_from_the_vendors_answers_to_a_published_card(case, see, look):
    review = case.signed()
    assert case.now(review).due_on == date(2026, 12, 15)  # 20 working days, Thanksgiving out

    case.seated(review)
    drawn = rubric_queries.drawn(case.now(review))
    other = other_option(case.rubric, "US-01", "a")
    review = case.read(review, US_01=vendor_says(other))
    assert (review.status, review.due_on) == (ReviewStatus.SETTLING, date(2026, 12, 1))
    assert see(queries.questions_to_settle, review) == ["US-01"]
    decided = see(queries.decisions_of, review.id)
    assert {decided[q].source for q in drawn if q != "US-01"} == {Source.AGREED}
    assert {decided[q].source for q in decided.keys() - set(drawn)} == {Source.FIRST}

    case.do(
        case.cleo, service.settle_question, review.id, "US-01", vendor_says("a"), why="Clause 4."
    )
    review = case.now(review)
    assert (review.status, review.due_on) == (ReviewStatus.CHECKING, date(2026, 12, 1))
    with pytest.raises(RuleBroken, match="may still check"):
        case.do(case.cleo, service.publish_review, review.id)
    case.do(case.editor, service.answer_check, review.id)

    review = case.now(review)
    assert (review.status, review.is_open) == (ReviewStatus.PUBLISHED, None)
    assert review.expires_on == TODAY + timedelta(days=365)
    card, standing = see(scorecards.card_of, case.tool.id)
    assert [r["name"] for r in card.reviewers] == ["Ada", "Ben"]
    assert (standing.version, "US-01: Clause 4." in card.reasons) == (1, True)
    answers = scorecards.document_of(card)["answers"]
    assert answers.keys() == {c.id for c in rubric_queries.applicable(case.rubric, FACTS)}
    names = {e.name for e in look.exec(select(Event)) if e.name.startswith("reviews.")}
    assert names >= {
        "reviews.opened", "reviews.vendor_signed", "reviews.seat_taken", "reviews.handed_in",
        "reviews.settling_began", "reviews.question_settled", "reviews.check_began",
        "reviews.published",
    }  # fmt: skip
    assert letters(look, case.editor)[-1] == "Fieldnotes Science: the review is published"
    assert any("asked to review it" in subject for subject in letters(look, case.ben))


@on_sqlite
def test_the_second_reader_is_blind(case, see, app):
    """Ben never gets a row of Ada's, however he asks, before both have handed in."""
    review = case.seated(case.signed())
    case.do(case.ada, service.read_question, review.id, "US-01", vendor_says("a"))

    bens = see(queries.seat_of, review.id, Seat.SECOND)
    assert see(queries.readings_of_seat, bens) == {}
    with pytest.raises(NotFound):
        see(queries.both_readings, case.now(review))
    drawn = rubric_queries.drawn(case.now(review))
    undrawn = next(c.id for c in rubric_queries.applicable(case.rubric, FACTS) if c.id not in drawn)
    with pytest.raises(NotFound):  # not among his questions
        case.do(case.ben, service.read_question, review.id, undrawn, vendor_says("a"))
    case.do(case.ada, service.take_vendors_word, review.id)
    with pytest.raises(RuleBroken, match="Confirm the facts"):
        case.do(case.ada, service.hand_in, review.id)
    case.confirmed(review)
    case.do(case.ada, service.hand_in, review.id)
    with pytest.raises(NotFound):  # one has handed in, the other could still be swayed
        see(queries.both_readings, case.now(review))
    with pytest.raises(RuleBroken, match="handed in"):
        case.do(case.ada, service.read_question, review.id, "US-01", vendor_says("b"))


def test_who_may_sit(case, make, see):
    review = case.signed()
    with pytest.raises(NotAllowed):
        case.do(case.editor, service.assign_seat, review.id, user_id=case.ada.id, seat=Seat.FIRST)
    with pytest.raises(RuleBroken, match="not a reviewer"):
        case.seat(review, case.buyer, Seat.FIRST)
    convener = case.dana
    make.role(convener, make.org_of(case.circle), Role.CONVENER)
    make.pool(case.circle, case.tool)
    with pytest.raises(RuleBroken, match="negotiated a price"):
        case.seat(review, convener, Seat.FIRST)
    make.role(case.ben, case.vendor, Role.FINANCE)
    with pytest.raises(RuleBroken, match="acts for the vendor"):
        case.seat(review, case.ben, Seat.FIRST)
    case.seat(review, case.ada, Seat.FIRST)
    with pytest.raises(RuleBroken, match="already has a part"):
        case.seat(review, case.ada, Seat.SECOND)
    case.do(case.cleo, service.step_aside, case.vendor.id, tie=Tie.FAMILY, words="A cousin.")
    with pytest.raises(RuleBroken, match="stepped aside"):
        case.seat(review, case.cleo, Seat.SECOND)
    with pytest.raises(NotFound):
        case.do(case.ben, service.read_question, review.id, "US-01", vendor_says("a"))
    with pytest.raises(NotAllowed):
        case.do(case.buyer, service.step_aside, case.vendor.id, tie=Tie.OTHER)


@on_sqlite
def test_stepping_aside_empties_the_seat_for_somebody_else(case, see, look):
    review = case.seated(case.signed())
    case.do(case.ada, service.read_question, review.id, "US-01", vendor_says("a"))

    case.do(case.ada, service.step_aside, case.vendor.id, tie=Tie.MONEY)
    case.do(case.ada, service.step_aside, case.vendor.id, tie=Tie.OTHER, words="again")
    case.seat(review, case.dana, Seat.FIRST)

    assert see(queries.seat_of, review.id, Seat.FIRST).user_id == case.dana.id
    [(row, user)] = see(queries.recusals, case.vendor.id)
    assert (user.name, row.tie) == ("Ada", Tie.MONEY)
    assert "a reviewer stepped aside" in letters(look, case.operator)[-1]
    case.do(case.dana, service.confirm_facts, review.id, FACTS)
    for person in (case.dana, case.ben):
        case.do(person, service.take_vendors_word, review.id)
        case.do(person, service.hand_in, review.id)
    assert case.now(review).status is ReviewStatus.CHECKING


@on_sqlite
def test_the_vendor_answers_all_and_a_named_officer_signs(case, see):
    review = case.do(case.editor, service.open_review, case.tool.id)
    assert case.do(case.operator, service.open_review, case.tool.id).id == review.id
    sign = {"officer_name": "Ines", "officer_title": "CEO", "signed_on": TODAY}
    with pytest.raises(RuleBroken) as refused:
        case.do(case.editor, service.sign_answers, review.id, **sign)
    assert refused.value.field == "student_facing"
    case.do(case.editor, service.answer_rubric, review.id, facts=FACTS)
    with pytest.raises(RuleBroken, match="have no answer yet: DC-01"):
        case.do(case.editor, service.sign_answers, review.id, **sign)
    case.do(case.editor, service.answer_rubric, review.id, answers=case.answers())
    with pytest.raises(RuleBroken, match="Somebody of your company"):
        case.do(case.editor, service.answer_rubric, review.id, answers={}, seen_edits=0)
    with pytest.raises(RuleBroken, match="30 days old"):
        case.do(
            case.editor, service.sign_answers, review.id, **sign | {"signed_on": date(2026, 9, 1)}
        )
    stranger = case.make.person(case.make.vendor(), Role.LISTING_EDITOR)
    with pytest.raises(NotAllowed):
        case.do(stranger, service.answer_rubric, review.id, facts=FACTS)
    case.do(case.editor, service.sign_answers, review.id, **sign)
    with pytest.raises(RuleBroken, match="are signed"):
        case.do(case.editor, service.answer_rubric, review.id, answers={})


@on_sqlite
def test_paper_needs_a_document_of_this_tool_its_place_and_quote(case, see):
    review = case.seated(case.signed())
    document = case.do(
        case.ada, service.bring_evidence, review.id, text_file("We never sell data."), PAPER
    )
    on_paper = Found(
        State.ANSWERED, "a", Level.E2, document.id, "Clause 4", "We never sell data.", dated=TODAY
    )
    for lacking, field in (
        ({"document_id": None}, "document"),
        ({"locator": " "}, "locator"),
        ({"quote": ""}, "quote"),
        ({"quote": "x" * 301}, "quote"),
        ({"option": "z"}, "option"),
        ({"dated": None}, "dated"),
        ({"dated": TODAY + timedelta(days=1)}, "dated"),
    ):
        found = Found(**on_paper.__dict__ | lacking)
        with pytest.raises(RuleBroken) as refused:
            case.do(case.ada, service.read_question, review.id, "US-02", found)
        assert refused.value.field == field
    elsewhere = case.make.tool(name="Another")
    foreign = case.do(case.operator, service.file_evidence, elsewhere.id, text_file("Other"), PAPER)
    found = Found(**on_paper.__dict__ | {"document_id": foreign.id})
    with pytest.raises(NotFound):
        case.do(case.ada, service.read_question, review.id, "US-02", found)
    case.do(case.ada, service.read_question, review.id, "US-02", on_paper)
    same = text_file("We never sell data.")
    assert case.do(case.editor, service.file_evidence, case.tool.id, same, PAPER).id == document.id
    review = case.read(review, US_02=on_paper)
    case.do(case.editor, service.answer_check, review.id)
    card, _ = see(scorecards.card_of, case.tool.id)
    answer = scorecards.document_of(card)["answers"]["US-02"]
    assert (answer["evidence"], answer["proof"][0]["where"]) == ("E2", "Clause 4")
    assert answer["proof"][0]["document"] == document.sha256


@on_sqlite
def test_a_desk_review_counts_silence_after_thirty_days(case, see, app, look):
    review = case.do(case.operator, service.open_review, case.tool.id, without_vendor=True)
    with pytest.raises(NotAllowed):
        case.do(case.ada, service.read_without_vendor, review.id)
    review = case.read(case.seated(review))
    assert review.status is ReviewStatus.CHECKING
    decided = see(queries.decisions_of, review.id)
    assert {d.state for d in decided.values()} == {State.NOT_FOUND}

    pass_time(app, NOW + timedelta(days=16))  # ten working days and Thanksgiving
    assert case.now(review).status is ReviewStatus.PUBLISHED
    assert see(scorecards.card_of, case.tool.id)[0].is_desk_review
    pass_time(app, NOW + timedelta(days=30))

    decided = see(queries.decisions_of, review.id)
    assert {(d.state, d.version) for d in decided.values()} == {(State.DECLINED, 2)}
    assert case.now(review).card_number == 2
    assert see(scorecards.standing, case.tool, TODAY + timedelta(days=30)).blocks_purchase
    assert pass_time(app, NOW + timedelta(days=31)) == 0


@on_sqlite
def test_the_vendors_points_are_answered_before_publishing(case, see, app, look):
    review = case.read(case.seated(case.signed()))
    say = {"words": "It is clause 5.", "once_key": "k1"}
    case.do(case.editor, service.reply_reviewers, review.id, question="US-01", **say)
    case.do(case.editor, service.reply_reviewers, review.id, question="US-01", **say)
    case.do(case.editor, service.answer_check, review.id)
    assert case.now(review).status is ReviewStatus.CHECKING
    with pytest.raises(RuleBroken, match="have a point without an answer: US-01"):
        case.do(case.cleo, service.publish_review, review.id)
    with pytest.raises(NotFound):
        case.do(case.cleo, service.settle_question, review.id, "US-02", vendor_says("a"), why="No.")
    with clock.frozen(NOW + timedelta(minutes=5)):
        other = other_option(case.rubric, "US-01", "a")
        case.do(
            case.cleo, service.settle_question, review.id, "US-01", vendor_says(other), why="True."
        )
        case.do(case.cleo, service.publish_review, review.id)

    decided = see(queries.decisions_of, review.id)["US-01"]
    assert (decided.version, decided.option, decided.source) == (2, other, Source.SETTLED)
    assert case.now(review).status is ReviewStatus.PUBLISHED
    assert "the vendor made points" in " ".join(letters(look, case.cleo))


def test_an_appeal_is_decided_by_two_others_and_appended(case, see, look):
    review = case.published()
    for user in (case.buyer, case.editor):
        words = {"question": "US-02", "words": "Not so.", "once_key": f"k-{user.name}"}
        appeal = case.do(user, service.appeal_review, case.tool.id, **words)
        assert case.do(user, service.appeal_review, case.tool.id, **words).id == appeal.id
    assert appeal.decide_by == date(2026, 12, 15)
    with pytest.raises(RuleBroken, match="appealed this answer already"):
        case.do(
            case.buyer, service.appeal_review, case.tool.id,
            question="US-02", words="Again.", once_key="other",
        )  # fmt: skip
    viewer = case.make.person(case.make.district(), Role.VIEWER)
    with pytest.raises(NotAllowed):
        case.do(
            viewer, service.appeal_review, case.tool.id, question="US-02", words="x", once_key="v"
        )
    for had_a_part in (case.ada, case.ben, case.cleo):
        with pytest.raises(RuleBroken, match="already has a part"):
            case.seat(review, had_a_part, Seat.APPEAL)
    case.seat(review, case.dana, Seat.APPEAL)
    case.seat(review, case.erin, Seat.APPEAL_SECOND)
    with pytest.raises(NotFound):
        case.do(case.ada, service.decide_appeal, appeal.id, outcome=Outcome.UPHELD, why="No.")
    other = other_option(case.rubric, "US-02", "a")
    fields = {"outcome": Outcome.CORRECTED, "why": "Clause 9 says so.", "found": vendor_says(other)}
    for _ in range(2):  # one alone decides nothing, however often
        case.do(case.dana, service.decide_appeal, appeal.id, **fields)
    assert see(evidence_queries.count_of_votes, appeal.id) == 1
    assert see(evidence_queries.get_appeal, appeal.id).outcome is None
    upheld = {"outcome": Outcome.UPHELD, "why": "It is there."}
    case.do(case.erin, service.decide_appeal, appeal.id, **upheld)
    assert see(evidence_queries.get_appeal, appeal.id).outcome is None
    assert "decide an appeal" in letters(look, case.dana)[-1]
    same = fields | {"why": "I see clause 9 now."}
    for _ in range(2):
        case.do(case.erin, service.decide_appeal, appeal.id, **same)

    decided = see(evidence_queries.get_appeal, appeal.id)
    assert (decided.outcome, decided.why) == (
        Outcome.CORRECTED, "Clause 9 says so. I see clause 9 now.",
    )  # fmt: skip
    rows = see(lambda s: list(s.exec(
        select(ReviewDecision).where(ReviewDecision.question == "US-02")
        .order_by(ReviewDecision.version)
    )))  # fmt: skip
    assert [(r.version, r.option, r.source) for r in rows] == [
        (1, "a", Source.AGREED),
        (2, other, Source.CORRECTED),
    ]
    assert [c.version for c in see(scorecards.cards_of, case.tool.id)] == [2, 1]
    assert "your appeal is decided" in letters(look, case.editor)[-1]


def test_a_stop_takes_two_people_and_holds_at_the_second(case, see, look):
    case.published()
    with pytest.raises(NotAllowed):
        case.do(case.buyer, service.stop_tool, case.tool.id, reason="Leak.")
    with pytest.raises(RuleBroken, match="Say what makes it"):
        case.do(case.dana, service.stop_tool, case.tool.id)
    case.do(case.dana, service.stop_tool, case.tool.id, reason="Names are open to all.")
    with pytest.raises(RuleBroken, match="A second person"):
        case.do(case.dana, service.stop_tool, case.tool.id)
    assert not see(scorecards.standing, case.tool, TODAY).is_stopped
    make_tie = {"tie": Tie.EMPLOYED}
    case.do(case.ben, service.step_aside, case.vendor.id, **make_tie)
    with pytest.raises(RuleBroken, match="You have a tie"):
        case.do(case.ben, service.stop_tool, case.tool.id)

    case.do(case.operator, service.stop_tool, case.tool.id)

    assert see(scorecards.standing, case.tool, TODAY).is_stopped
    assert "stopped: keep student data out" in letters(look, case.editor)[-1]


@on_sqlite
def test_a_year_later_it_expires_after_three_reminders(case, app, see, look):
    review = case.published()
    for days in (300, 306, 336, 359, 360):
        pass_time(app, NOW + timedelta(days=days), service.remind)
    subject = "Fieldnotes Science: the review runs out soon"
    assert letters(look, case.editor).count(subject) == 3
    pass_time(app, NOW + timedelta(days=365))
    assert case.now(review).status is ReviewStatus.EXPIRED
    assert see(scorecards.standing, case.tool, TODAY + timedelta(days=365)).is_expired

    with clock.frozen(NOW + timedelta(days=366)):
        again = case.do(case.editor, service.open_review, case.tool.id)
    assert (again.number, again.facts) == (2, review.facts)


@on_sqlite
def test_whoever_begins_to_negotiate_leaves_the_seat(case, app, see, make):
    review = case.seated(case.signed())
    make.pool(case.circle, case.tool)
    make.role(case.ada, make.org_of(case.circle), Role.CONVENER)
    case.do(case.ada, service.take_vendors_word, review.id)
    with pytest.raises(RuleBroken, match="Step aside"):
        case.do(case.ada, service.hand_in, review.id)
    assert pass_time(app, NOW + timedelta(minutes=1)) == 1
    assert see(queries.seat_of, review.id, Seat.FIRST) is None
    [(row, _)] = see(queries.recusals, case.vendor.id)
    assert row.tie is Tie.NEGOTIATED


@on_sqlite
def test_reminders_go_out_before_each_day_runs_out_once(case, app, look, see):
    review = case.seated(case.signed())
    for days in (20, 22, 24, 27, 28):
        pass_time(app, NOW + timedelta(days=days), service.remind)
    assert letters(look, case.ada).count("Fieldnotes Science: your review is due soon") == 2
    case.read(review)
    for days in (8, 9, 13):
        pass_time(app, NOW + timedelta(days=days), service.remind)
    assert letters(look, case.editor).count("Fieldnotes Science: the review waits for you") == 2
