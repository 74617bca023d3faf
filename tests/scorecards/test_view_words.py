"""What code says to families reads as easily as the templates do."""

import re

import pytest

from marketplace.scorecards import queries, rules, view_rules
from tests.look.test_words import grade, words_of
from tests.scorecards.conftest import card_document, said

HIGHEST_GRADE = 8
ASKED = [key for _, keys, *_ in view_rules.PARENT for key in keys]


def answers(**fill):
    """The five answers of a card; `facts` or answers to questions change it."""
    rubric = queries.rubric()
    card = rules.read_card(card_document(**fill), rubric)
    return view_rules.spoken(rubric, card, rules.score(rubric, card))


def worst(evidence="E2"):
    rubric = queries.rubric()
    options = {k: min(rubric.by_id[k].options.values(), key=lambda o: o.points) for k in ASKED}
    return {k.replace("-", "_"): said(o.id, evidence) for k, o in options.items()}


def between():
    """A partly good answer wherever there is one."""
    rubric = queries.rubric()
    found = {
        k: next((o for o in rubric.by_id[k].options.values() if 0 < o.points < 1), None)
        for k in ASKED
    }
    return {k.replace("-", "_"): said(o.id, "E2") for k, o in found.items() if o}


CARDS = {
    "checked": {"evidence": "E3"},
    "on paper": {"evidence": "E2"},
    "the company's word": {"evidence": "E1"},
    "the worst": worst(),
    "in part": between(),
    "no answer": dict.fromkeys((k.replace("-", "_") for k in ASKED), None),
    "no AI": {"facts": {"uses_ai": False, "generative": False, "chat_with_students": False}},
}


@pytest.mark.parametrize("card", CARDS)
def test_the_five_answers_for_families_read_at_grade_eight_or_below(card):
    found = answers(**CARDS[card])
    said_to_them = " ".join(f"{one.question} {one.answer} {one.basis}" for one in found)
    sentences = [s for s in re.split(r"[.!?:]\s*", said_to_them) if words_of(s)]

    assert len(found) == 5
    assert grade(sentences) <= HIGHEST_GRADE


def test_every_answer_code_can_give_is_among_those_read():
    given = {one.answer for fill in CARDS.values() for one in answers(**fill)}

    assert {words for *_, yes, _, no in view_rules.PARENT for words in (yes, no)} <= given
    assert {"We do not know. We do not guess.", *view_rules.MOOT.values()} <= given
