"""The guard as a pure rule, and what counts as a gap of a card."""

from datetime import date

import pytest

from marketplace.core.errors import RuleBroken
from marketplace.guard import rules
from marketplace.scorecards import queries
from marketplace.scorecards import rules as cards
from tests.cards import document

DAY = date(2026, 11, 16)


def gaps(**changed):
    rubric = queries.rubric()
    card = cards.read_card(document(DAY, **changed), rubric)
    options = {key: answer.option for key, answer in card.answers.items()}
    return {gap.key: gap for gap in rules.gaps_of(rubric, options, cards.score(rubric, card))}


def test_the_rule_says_why_in_sentences_and_nothing_when_all_is_well():
    gap = rules.Gap("EQ-02:declined", "Known barriers", "The vendor would not answer.")

    assert rules.why_not("Reader", "") == ""
    assert "is stopped. So no pool" in rules.why_not("Reader", "The card is stopped.")
    assert "one gap" in rules.why_not("Reader", "", [gap])
    assert "2 gaps" in rules.why_not("Reader", "", [gap, gap])
    with pytest.raises(RuleBroken) as refusal:
        rules.check_may_buy("Reader", "", [gap], "rung")
    assert refusal.value.field == "rung"


def test_a_perfect_card_has_no_gap():
    assert gaps() == {}


def test_silence_a_bad_answer_and_a_bare_word_are_gaps():
    said = {"evidence": "E1", "dated": DAY}
    found = gaps(
        EQ_02={"state": "declined"},
        AC_03={"answer": "d", **said},
        EQ_04={"answer": "c", **said},
        DC_02={"answer": "a", **said},
        DC_06={"answer": "a", **said},
    )

    assert set(found) == {"DC-02:said", "EQ-02:declined", "EQ-04:none-c", "AC-03:gate-d"}
    assert "would not answer" in found["EQ-02:declined"].words
    assert "withdrawn overnight" in found["AC-03:gate-d"].words


def test_proof_that_ran_out_is_a_gap():
    old = {"answer": "a", "evidence": "E1", "dated": date(2025, 1, 1)}

    assert list(gaps(EQ_02=old)) == ["EQ-02:lapsed"]
