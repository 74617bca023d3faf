"""Facts that a reviewer confirms, and a re-check that reads only what may have become wrong."""

from datetime import timedelta

import pytest

from marketplace.core import clock
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.reviews import queries, recheck_rules, rubric_queries, service
from marketplace.reviews.evidence_rules import Audience, DocumentKind
from marketplace.reviews.recheck_rules import Again
from marketplace.reviews.rules import Found, Level, ReviewStatus, Seat, Source, State
from marketplace.scorecards import queries as scorecards
from tests.conftest import NOW, on_sqlite
from tests.reviews.conftest import FACTS, TODAY, other_option, text_file, vendor_says

HELD = Found(State.ANSWERED, "a", Level.E2, locator="Clause 4")
LATE = TODAY + timedelta(days=340)


def why(found=HELD, source=Source.AGREED, **changed):
    calm = {
        "in_doubt": False, "fires_a_gate": False, "said_otherwise": False,
        "weakens_on": TODAY + timedelta(days=61), "today": TODAY,
    }  # fmt: skip
    return recheck_rules.why_again(found, source, **calm | changed)


def test_what_is_read_again_and_what_is_carried_over():
    assert why() is None
    assert why(None, None) is Again.NEW
    assert why(in_doubt=True) is Again.CHANGED
    assert why(said_otherwise=True) is Again.SAID_OTHERWISE
    assert why(weakens_on=TODAY + timedelta(days=60)) is Again.AGED
    assert why(weakens_on=None) is Again.AGED
    for conditional in (
        {"found": Found(State.DECLINED)},
        {"found": Found(State.ANSWERED, "a", Level.E0)},
        {"fires_a_gate": True},
        {"source": Source.SETTLED},
        {"source": Source.CORRECTED},
    ):
        assert why(**conditional) is Again.CONDITIONAL


def test_when_a_re_check_will_do():
    fine = {
        "is_stopped": False, "same_rubric": True, "last_full_on": TODAY, "again": {"US-01": "aged"},
        "today": TODAY + timedelta(days=730),
    }  # fmt: skip
    recheck_rules.check_may_recheck(**fine)
    for changed, refusal in (
        ({"is_stopped": True}, "stopped tool needs a full"),
        ({"same_rubric": False}, "questions have changed"),
        ({"last_full_on": None}, "older than two years"),
        ({"today": TODAY + timedelta(days=731)}, "older than two years"),
        ({"again": {}}, "nothing to re-check"),
    ):
        with pytest.raises(RuleBroken, match=refusal):
            recheck_rules.check_may_recheck(**fine | changed)
    ends = TODAY + timedelta(days=61)
    assert recheck_rules.holds_until(ends, TODAY) == ends, "an early one wins no time"
    assert recheck_rules.holds_until(ends, TODAY + timedelta(days=1)) == TODAY + timedelta(days=366)


@on_sqlite
def test_a_reviewer_puts_a_false_fact_right_before_anything_is_handed_in(case, see, client_for):
    """The vendor said that nobody under 13 uses it, and left the questions about that out."""
    review = case.do(case.editor, service.open_review, case.tool.id)
    said = FACTS | {"under_13": False}
    asked = {c.id for c in rubric_queries.applicable(case.rubric, said)}
    fresh = {c.id for c in rubric_queries.applicable(case.rubric, FACTS)} - asked
    answers = {q: a for q, a in case.answers().items() if q in asked}
    case.do(case.editor, service.answer_rubric, review.id, facts=said, answers=answers)
    case.do(case.editor, service.sign_answers, review.id, officer_name="Ines Falk",
            officer_title="Chief executive", signed_on=TODAY)  # fmt: skip
    case.seated(review)
    for person in (case.ada, case.ben):
        case.do(person, service.take_vendors_word, review.id)
    for person, refusal in ((case.editor, NotFound), (case.ben, NotFound), (case.dana, NotFound)):
        with pytest.raises(refusal):
            case.do(person, service.confirm_facts, review.id, FACTS)
    with pytest.raises(RuleBroken, match="first reviewer has not confirmed"):
        case.do(case.ben, service.hand_in, review.id)
    client, address = client_for(case.ada), f"/reviews/{review.id}/facts"
    typed = {k: {True: "yes", False: "no"}.get(v, v) for k, v in FACTS.items()}
    bad = client.send(address, **typed)
    assert (bad.status_code, "Say where you saw" in bad.text) == (422, True)
    assert client.send(address, **typed, why="Grade 3 classes use it.").status_code == 302

    for person in (case.ada, case.ben):
        case.do(person, service.take_vendors_word, review.id)
        case.do(person, service.hand_in, review.id)
    with pytest.raises((RuleBroken, NotFound)):
        case.do(case.ada, service.confirm_facts, review.id, said)
    case.do(case.editor, service.answer_check, review.id)

    decided = see(queries.decisions_of, review.id)
    assert fresh
    assert {decided[q].state for q in fresh} == {State.NOT_FOUND}
    card, _ = see(scorecards.card_of, case.tool.id)
    assert scorecards.document_of(card)["facts"]["under_13"] is True
    public = client.get(f"/tools/{case.tool.slug}/reviewers").text
    assert "put right: may users be under 13 (vendor: no). Grade 3 classes use it." in public


@on_sqlite
def test_what_was_read_of_questions_that_do_not_apply_is_dropped(case, see):
    review = case.seated(case.signed())
    case.do(case.ada, service.take_vendors_word, review.id)
    case.confirmed(review, why="It has no AI.", uses_ai=False, generative=False)
    readings = see(queries.readings_of_seat, see(queries.seat_of, review.id, Seat.FIRST))
    assert "AI-01" not in readings
    assert readings.keys() == set(rubric_queries.questions_to_read(case.now(review), Seat.FIRST))


@pytest.fixture
def proven(case, see):
    """Published: a long contract proves what it can, all else is the vendor's word."""
    review = case.seated(case.signed())
    paper = service.Paper(
        "Agreement", DocumentKind.CONTRACT, TODAY, Audience.PUBLIC,
        expires_on=TODAY + timedelta(days=1_000),
    )  # fmt: skip
    document = case.do(case.editor, service.file_evidence, case.tool.id, text_file("Two."), paper)
    contract = {
        "level": Level.E2, "document_id": document.id, "locator": "Clause 4", "quote": "Only so.",
        "dated": TODAY, "expires_on": TODAY + timedelta(days=1_000),
    }  # fmt: skip
    lasting = [c.id for c in case.rubric if c.ttl == "contract" and c.id in case.answers()]
    for question in lasting:
        found = Found(State.ANSWERED, next(iter(case.rubric.by_id[question].options)), **contract)
        case.do(case.ada, service.read_question, review.id, question, found)
        if question in rubric_queries.drawn(case.now(review)):
            case.do(case.ben, service.read_question, review.id, question, found)
    case.read(review)
    case.do(case.editor, service.answer_check, review.id)
    assert case.now(review).status is ReviewStatus.PUBLISHED
    return case.now(review), set(lasting)


def test_a_re_check_reads_what_aged_and_carries_over_the_rest(case, see, proven):
    earlier, lasting = proven
    applicable = {c.id for c in rubric_queries.applicable(case.rubric, FACTS)}
    with pytest.raises(NotAllowed):
        case.do(case.buyer, service.open_review, case.tool.id, recheck=True)
    with clock.frozen(NOW + timedelta(days=340)):
        review = case.do(case.editor, service.open_review, case.tool.id, recheck=True)
        assert set(review.rereads) == applicable - lasting
        assert set(review.rereads.values()) == {"aged"}
        changed = sorted(lasting)[0]
        other = other_option(case.rubric, changed, case.answers()[changed]["option"])
        case.do(case.editor, service.answer_rubric, review.id,
                answers={changed: {"option": other, "words": ""}})  # fmt: skip
        case.do(case.editor, service.sign_answers, review.id, officer_name="Ines Falk",
                officer_title="Chief executive", signed_on=LATE)  # fmt: skip
        review = case.now(review)
        assert review.rereads[changed] == "said_otherwise"
        case.seated(review)
        assert set(rubric_queries.drawn(review)) <= set(review.rereads)
        case.read(review)
        case.do(case.editor, service.answer_check, review.id)

        review, decided = case.now(review), see(queries.decisions_of, review.id)
        assert review.status is ReviewStatus.PUBLISHED
        assert review.expires_on == LATE + timedelta(days=365)
        carried = {q for q, row in decided.items() if row.source is Source.CARRIED}
        assert carried == lasting - {changed}
        assert decided.keys() == applicable
        assert {decided[q].dated for q in carried} == {TODAY}, "carrying over makes nothing younger"
        assert {decided[q].locator for q in carried} == {"Clause 4"}
        assert case.now(earlier).status is ReviewStatus.REPLACED


def press(client, address, **fields):
    """Send the form that stands on the vendor's page."""
    page = client.get(address).text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    return client.post(f"{address}/ask", data={"csrf_token": token, **fields})


@on_sqlite
def test_a_change_within_the_year_is_re_checked_without_winning_time(case, see, proven, client_for):
    earlier, _ = proven
    vendor = case.make._organization(case.tool.org_id)
    address = f"/v/{vendor.slug}/reviews/{case.tool.slug}"
    client = client_for(case.editor)
    assert "There is nothing to re-check" in client.get(address).text
    press(client, address, recheck="1")
    assert [r.number for r in see(queries.reviews_of, case.tool.id)] == [1]
    with clock.frozen(NOW + timedelta(days=30)):
        reopen, tool_id = service.reopen_questions, case.tool.id
        case.do_as_site(reopen, tool_id, ["US-01"], tool_id, "A notice.")
        assert "Questions to read again: 1." in client.get(address).text
        press(client, address, recheck="1")
        review = see(queries.open_review_of, case.tool.id)
        assert review.rereads == {"US-01": "changed"}
        case.do(case.editor, service.sign_answers, review.id, officer_name="Ines Falk",
                officer_title="Chief executive", signed_on=TODAY + timedelta(days=30))  # fmt: skip
        case.seated(review)
        case.read(review, US_01=vendor_says("a"))
        case.do_as_site(reopen, tool_id, ["US-02"], review.id, "Another.")
        case.do(case.editor, service.answer_check, review.id)
        review = case.now(review)
        assert (review.status, review.expires_on) == (ReviewStatus.PUBLISHED, earlier.expires_on)
        assert set(see(queries.reopened, review.id)) == {"US-02"}, "doubt is carried over too"
