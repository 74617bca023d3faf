"""Law lines, drafted papers, accessibility reports and HECVAT: rules without a database."""

import re
from datetime import date
from pathlib import Path

import pytest

from marketplace.core import plain_yaml
from marketplace.core.errors import RuleBroken
from marketplace.scorecards import (
    acr_rules,
    document_rules,
    hecvat_rules,
    law_rules,
    queries,
    reading_queries,
    rules,
    view_rules,
)
from marketplace.scorecards.law_rules import Clause, Meets
from tests.scorecards.conftest import REPORT, card_document, said

RUBRIC = queries.rubric()
PACKS = reading_queries.packs()
OPENACR = Path("../shared/data/openacr")
HECVAT = Path("../shared/data/hecvat/hecvat-4.1.4-question-index.csv")
#: (supports, partly, unmet, not applicable, unknown, applicable): shared/scorecard/PROVENANCE.md.
FIGURES = {
    "Moodle-3": (31, 2, [], 3, 14, 47),
    "NVDA-2018": (38, 0, [], 0, 12, 50),
    "Plone-5": (38, 0, [], 0, 12, 50),
    "drupal-9": (24, 7, ["1.2.2", "1.2.3", "1.2.5"], 4, 12, 46),
    "govready-0.9": (11, 10, ["1.1.1", "2.4.1", "3.3.1", "3.3.3", "3.3.4"], 12, 12, 38),
}


def lines(document, state="NY", **more):
    card = rules.read_card(document, RUBRIC)
    found = law_rules.law_lines(
        PACKS.by_state[state], RUBRIC, card, rules.score(RUBRIC, card), **more
    )
    return {line.requirement.id: line for line in found}


def test_a_paper_meets_a_gap_is_a_gap_and_silence_is_unknown():
    found = lines(
        card_document(
            "E2",
            US_03=said("b", "E2"),
            SE_03=said("a", "E1"),
            AI_01={"state": "declined"},
        )
    )

    assert {key: line.result for key, line in found.items()} == {
        "NY-1": Meets.YOUR_TASK,
        "NY-2": Meets.MEETS,
        "NY-3": Meets.UNKNOWN,  # the vendor's word alone
        "NY-4": Meets.GAP,
        "NY-5": Meets.UNKNOWN,
        "NY-6": Meets.MEETS,
        "NY-7": Meets.YOUR_TASK,
    }
    assert found["NY-2"].proofs == (("Document", "page 4", "ab" * 32),)
    assert "no paper shows it" in found["NY-3"].reasons[0]
    assert not found["NY-5"].requirement.is_verified


def test_nothing_is_met_by_a_vendors_word_or_a_stopped_card():
    for state in PACKS.by_state:
        word_only = lines(card_document("E1"), state)
        stopped = lines(card_document("E3"), state, in_doubt="The card is stopped.")

        assert Meets.MEETS not in {line.result for line in (*word_only.values(), *stopped.values())}


def test_unknown_never_looks_like_good():
    _, kind, shape, _ = law_rules.RESULT_WORDS[Meets.UNKNOWN]

    assert (kind, shape) == ("", "dot")
    shapes = [shape for _, _, shape, _ in law_rules.RESULT_WORDS.values()]
    assert len(set(shapes[:4])) == 4


def test_clauses_are_unknown_until_looked_for_and_a_gap_when_absent():
    clauses = dict.fromkeys(
        next(r for r in PACKS.by_state["CA"].requirements if r.id == "CA-5").clauses,
        Clause(True, ("Agreement", "II.1", "cd" * 32)),
    )

    assert lines(card_document(), "CA")["CA-5"].result is Meets.UNKNOWN
    met = lines(card_document(), "CA", clauses=clauses)["CA-5"]
    assert (met.result, met.proofs) == (Meets.MEETS, (("Agreement", "II.1", "cd" * 32),))
    absent = clauses | {"no_ads": Clause(False, ("Agreement", "", "cd" * 32))}
    assert lines(card_document(), "CA", clauses=absent)["CA-5"].result is Meets.GAP


@pytest.mark.parametrize(("state", "key"), [("IL", "IL-1"), ("CT", "CT-1")])
def test_a_law_that_asks_for_clauses_and_a_card_needs_both(state, key):
    asked = next(r for r in PACKS.by_state[state].requirements if r.id == key).clauses
    clauses = dict.fromkeys(asked, Clause(True, ("Agreement", "II.1", "cd" * 32)))

    met = lines(card_document("E2"), state, clauses=clauses)[key]
    word = lines(card_document("E1"), state, clauses=clauses)[key]

    assert (met.result, met.proofs[0][0]) == (Meets.MEETS, "Agreement")
    assert word.result is Meets.UNKNOWN
    assert not {c for p in PACKS.by_state.values() for r in p.requirements for c in r.clauses} - (
        law_rules.CLAUSE_WORDS.keys()
    )


def test_what_does_not_concern_a_product_says_so():
    document = card_document(facts={"under_13": False})

    assert lines(document, "US")["US-3"].result is Meets.NOT_CONCERNED


def test_the_packs_are_unsigned_and_test_only_what_is_asked():
    assert all(not pack.signed_by for pack in PACKS.by_state.values())
    bad = {"packs_version": 1, "as_of": date(2026, 11, 21), "federal": [
        {"id": "X-1", "owes": "vendor", "plain": "p", "cite": "c", "confidence": "sure",
         "test": [{"c": "ZZ-1", "min": 1, "ev": "E2"}]}]}  # fmt: skip
    with pytest.raises(RuleBroken, match="X-1: it tests ZZ-1"):
        law_rules.parse_packs(bad, RUBRIC)


@pytest.mark.parametrize(
    ("people", "day"),
    [(50_000, date(2027, 4, 26)), (49_999, date(2028, 4, 26)), (None, None)],
)
def test_the_ada_date_follows_from_the_people_who_live_there(people, day):
    assert acr_rules.ada_date(people) == day
    assert acr_rules.ada_date(90_000, is_special_district=True) == date(2028, 4, 26)


# -- papers ----------------------------------------------------------------------------------


def test_a_paper_says_what_the_card_says_and_marks_its_blanks():
    card = rules.read_card(card_document("E2", US_04={"state": "not_found"}), RUBRIC)
    result = rules.score(RUBRIC, card)
    for kind in document_rules.KINDS:
        paper = document_rules.draft(
            kind, RUBRIC, card, result, tool="Reader", vendor="Lumen", district="Maple",
            version=1, today=date(2026, 11, 16),
        )  # fmt: skip
        labels = {line.label for part in paper.parts for line in part.lines if line.is_blank}
        asked = [key for _, some in document_rules.KINDS[kind].parts for _, key in some]
        assert bool(labels) == ("US-04" in asked), kind
    assert document_rules.kinds_for("NY") == ["ny_supplemental_information", "parent_notice"]


def test_a_parent_reads_five_answers_in_plain_words():
    card = rules.read_card(card_document("E2"), RUBRIC)
    spoken = view_rules.spoken(RUBRIC, card, rules.score(RUBRIC, card))

    assert [one.mark for one in spoken] == ["ok"] * 5
    assert spoken[0].answer == "No."
    word = rules.read_card(card_document("E1"), RUBRIC)
    first = view_rules.spoken(RUBRIC, word, rules.score(RUBRIC, word))[0]
    assert first.answer == "The company says: no. We saw no proof."
    longest = max((w for one in spoken for w in re.findall(r"\w+", one.answer)), key=len)
    assert len(longest) <= 10


def test_a_vendor_sees_what_would_raise_most_and_what_runs_out_first():
    card = rules.read_card(card_document("E2", AI_01=said("b", "E2")), RUBRIC)

    steps = view_rules.next_steps(RUBRIC, card)
    lapses = view_rules.lapses(RUBRIC, card)

    assert steps[0].rises or steps[0].gain_tenths == max(s.gain_tenths for s in steps)
    assert [lapse.on for lapse in lapses] == sorted(lapse.on for lapse in lapses)
    assert lapses[0].becomes == "Vendor says"


def test_only_questions_of_the_same_revision_are_set_side_by_side():
    newer = plain_yaml.read_file(queries.RUBRICS / f"{queries.NEWEST}.yaml", "rubric")
    newer["domains"][0]["criteria"][0]["rev"] = 2
    other = rules.parse(newer)
    card = rules.read_card(card_document(), RUBRIC)
    results = [rules.score(RUBRIC, card), rules.score(other, card)]

    shared = [
        c.id for _, some in view_rules.shared_questions([RUBRIC, other], results) for c in some
    ]

    assert "DC-01" not in shared
    assert "DC-02" in shared


# -- accessibility reports ---------------------------------------------------------------------


@pytest.mark.skipif(not OPENACR.exists(), reason="the shared reports are not beside the checkout")
def test_the_figures_of_real_reports_are_reproduced():
    for path in sorted((OPENACR / "reports").glob("*.yaml")):
        if path.stem not in FIGURES:
            continue
        report = queries.read_acr(plain_yaml.read_file(path, path.name))
        assert report.problems == (), path.name
        assert (
            report.count("supports"), report.count("partially-supports"), report.unmet,
            report.count("not-applicable"), report.unknown, report.applicable,
        ) == FIGURES[path.stem], path.name  # fmt: skip
        assert acr_rules.answer_to_eq01(report, date(2026, 11, 21))[0] == "c"


def test_a_report_is_checked_by_schema_and_by_catalog():
    def report(old, new):
        return queries.read_acr(plain_yaml.read(REPORT.replace(old, new), "r"))

    assert report("xx", "xx").document()["wcag21aa"]["missing"][:2] == ["1.2.1", "1.2.2"]
    assert report("xx", "xx").dated == date(2026, 11, 1)
    assert report("author: {email: access@example.org}\n", "").problems == (
        "report: “author” is missing.",
    )
    assert (
        report("1.1.1", "9.9.9")
        .problems[0]
        .endswith("there is no criterion 9.9.9 in 2.4-edition-wcag-2.1-508-en.")
    )
    assert report("level: supports", "level: splendid").problems == (
        "1.1.1: “splendid” is not a level.",
    )
    radio = report("{name: web, adherence: {level: su", "{name: radio, adherence: {level: su")
    assert radio.problems == ("1.1.1: “radio” is not a component of it.",)


# -- HECVAT ------------------------------------------------------------------------------------


def test_a_hecvat_says_something_about_our_questions_by_id():
    answers = hecvat_rules.read_export(
        "id,text,answer\nDPAI-07,,Yes\nSomething else\nPDAT-02,,No\n"
    )

    found = hecvat_rules.prefill(RUBRIC, answers)

    assert [(one.criterion.id, one.said) for one in found] == [
        ("DC-03", (("PDAT-02", "No"),)),
        ("DC-04", (("DPAI-07", "Yes"),)),
    ]
    with pytest.raises(RuleBroken, match="No HECVAT question"):
        hecvat_rules.read_export("hello")
    with pytest.raises(RuleBroken, match="answered twice"):
        hecvat_rules.read_export("DPAI-07,Yes\nDPAI-07,No")


@pytest.mark.skipif(not HECVAT.exists(), reason="the shared index is not beside the checkout")
def test_every_hecvat_question_we_name_exists():
    index = HECVAT.read_text()

    named = {key for ids in hecvat_rules.cited(RUBRIC).values() for key in ids}
    assert [key for key in sorted(named) if f"\n{key}," not in index] == []
