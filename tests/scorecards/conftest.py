"""Cards for tests: every applicable question answered, with proof, unless told otherwise."""

from datetime import date

import pytest

from marketplace.core import tenancy
from marketplace.scorecards import queries, rules
from marketplace.scorecards.rules import Reviewer

FACTS = {
    "student_facing": True,
    "student_accounts": True,
    "under_13": True,
    "uses_ai": True,
    "generative": True,
    "chat_with_students": True,
    "influences_decisions": "formative",
    "captures_voice_image": False,
    "surveys_students": True,
    "deidentified_use": True,
    "stores_student_data": True,
}
PROOF = {"document": "ab" * 32, "where": "page 4", "quote": "We never sell student data."}
#: An accessibility report: two criteria judged, the rest left out.
REPORT = """\
title: Reader Accessibility Conformance Report
product: {name: Reader, version: "2"}
author: {email: access@example.org}
report_date: 11/1/2026
catalog: 2.4-edition-wcag-2.1-508-en
chapters:
  success_criteria_level_a:
    criteria:
      - num: "1.1.1"
        components: [{name: web, adherence: {level: supports}}]
      - num: "1.2.1"
        components: [{name: web, adherence: {level: ""}}]
"""
TWO = (Reviewer("Ann Reed", "Maple District"), Reviewer("Bo Stone", "Cedar District"))


def said(option="a", evidence="E3", dated=date(2026, 11, 1), **more):
    answer = {"answer": option, "evidence": evidence, "dated": dated, **more}
    if evidence in ("E2", "E3"):
        answer.setdefault("proof", dict(PROOF))
    return answer


def card_document(evidence="E3", *, as_of=date(2026, 11, 16), facts=None, **changed):
    """A card with the best answer to everything; `AI_01=...` writes another answer there."""
    answers = {c.id: said(c.best.id, evidence) for c in queries.rubric()}
    for key, answer in changed.items():
        answers[key.replace("_", "-")] = answer
    answers = {key: answer for key, answer in answers.items() if answer is not None}
    return {
        "product": "Reading Coach",
        "as_of": as_of,
        "facts": FACTS | (facts or {}),
        "answers": answers,
    }


def result_of(document, as_of=None):
    rubric = queries.rubric()
    return rules.score(rubric, rules.read_card(document, rubric), as_of)


def across(use_case):
    """The edge of whoever reviews runs a use case across vendors; so does this."""

    def run(session, actor, *args, **kwargs):
        with tenancy.everyone("cards are owned by the vendor"):
            result = use_case(session, actor, *args, **kwargs)
            session.flush()
            return result

    return run


@pytest.fixture
def operator(make):
    return make.operator()


@pytest.fixture
def tool(make):
    return make.tool(name="Reading Coach", card=False)
