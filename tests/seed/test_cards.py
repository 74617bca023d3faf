"""Cards of the world: every grade and state, and every receipt comes to the same again."""

from sqlmodel import select

from marketplace.catalogue.models import Tool
from marketplace.reviews.appeal_models import ReviewAppealVote
from marketplace.reviews.models import EmergencyStop, Review, ReviewAppeal
from marketplace.reviews.rules import Outcome
from marketplace.scorecards import queries, rules
from marketplace.scorecards.models import Scorecard, ScorecardScore, ScorecardStanding
from tests.conftest import NOW


def test_a_tool_of_every_grade_one_expired_one_appealed_and_one_stopped(look):
    stands = [
        queries.standing_in_words("A tool", row, NOW.date())
        for row in look.exec(select(ScorecardStanding))
    ]
    assert {s.grade for s in stands if not s.is_expired} == {"A", "B", "C", "D", "E", "NR"}
    assert any(s.is_expired for s in stands)
    assert any(s.is_stopped for s in stands)
    assert any(tool.id not in {row.tool_id for row in look.exec(select(ScorecardStanding))}
               for tool in look.exec(select(Tool)))  # fmt: skip
    [appeal] = look.exec(select(ReviewAppeal)).all()
    assert appeal.outcome is Outcome.CORRECTED
    assert len(set(look.exec(select(ReviewAppealVote.seat_id)))) == 2
    [stop] = look.exec(select(EmergencyStop)).all()
    assert stop.confirmed_by_id not in (None, stop.asked_by_id)
    assert {r.facts_confirmed_at is not None for r in look.exec(select(Review))} == {True, False}


def test_every_published_card_comes_to_the_same_again(look):
    cards = {card.id: card for card in look.exec(select(Scorecard))}
    receipts = look.exec(select(ScorecardScore)).all()
    assert {receipt.card_id for receipt in receipts} == cards.keys()
    for receipt in receipts:
        card = cards[receipt.card_id]
        rubric = queries.rubric(card.rubric_version)
        assert (rubric.sha256, rules.digest(card.inputs)) == (
            card.rubric_sha256, card.input_sha256,
        )  # fmt: skip
        inputs = rules.from_canonical(card.inputs, rubric)
        again = rules.score(rubric, inputs.at(receipt.as_of, frozenset(receipt.incidents)))
        assert again.document() == receipt.outputs
        assert again.input_sha256 == receipt.input_sha256
