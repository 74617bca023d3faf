"""Scores digit for digit, the properties that keep them honest, and what is refused."""

import json
from copy import deepcopy
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core import plain_yaml
from marketplace.core.errors import RuleBroken
from marketplace.scorecards import queries, rules
from marketplace.scorecards.rules import RANKS, BadCard, BadRubric, IncidentKind
from tests.scorecards.conftest import FACTS, card_document, result_of, said

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("example?.yaml"))
SHARED = Path("../shared/scorecard")
RUBRIC = queries.rubric()


# -- worked examples -------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_a_worked_example_comes_to_the_same_to_the_digit(path):
    result = result_of(plain_yaml.read_file(path, path.name))

    expected = path.with_name(f"{path.stem}.expected.json").read_text()
    assert json.dumps(result.document(), indent=1) == expected


@pytest.mark.skipif(not SHARED.exists(), reason="the shared material is not beside the checkout")
def test_the_shared_examples_and_rubric_are_the_ones_kept_here():
    ours = sha256((queries.RUBRICS / f"{queries.NEWEST}.yaml").read_bytes()).hexdigest()
    assert sha256((SHARED / "rubric.yaml").read_bytes()).hexdigest() == ours == RUBRIC.sha256
    for path in sorted((SHARED / "worked-examples").glob("*.yaml")):
        result = result_of(plain_yaml.read_file(path, path.name))
        expected = json.loads(path.with_name(f"{path.stem}.expected.json").read_text())
        assert result.document() == expected, path.name


# -- properties ------------------------------------------------------------------------------

DAY = date(2026, 11, 16)
facts = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in RUBRIC.fact_values.items()}
)
ages = st.integers(0, 1300).map(lambda days: DAY - timedelta(days=days))


@st.composite
def answers_to(draw, criterion):
    if draw(st.integers(0, 5)) == 0:
        return {"state": draw(st.sampled_from(rules.STATES))}
    answer = {
        "answer": draw(st.sampled_from(sorted(criterion.options))),
        "evidence": draw(st.sampled_from(rules.LEVELS)),
        "dated": draw(ages),
    }
    if draw(st.booleans()):
        answer["expires"] = answer["dated"] + timedelta(days=draw(st.integers(0, 1500)))
    return answer


@st.composite
def cards(draw):
    good = card_document("E3")["answers"]
    some = draw(st.lists(st.sampled_from(list(RUBRIC)), max_size=12, unique_by=lambda c: c.id))
    return {
        "product": "Any",
        "as_of": DAY,
        "facts": draw(facts),
        "answers": good | {c.id: draw(answers_to(c)) for c in some},
    }


def figures(result):
    return [share.part / share.whole for share in (result.score, result.floor)]


@settings(max_examples=60, deadline=None)
@given(cards(), st.integers(0, 1200))
def test_a_score_lies_between_floor_and_claim_and_never_rises_with_age(card, days):
    now, later = result_of(card), result_of(card, DAY + timedelta(days=days))

    for result in (now, later):
        low, score, claimed, high = (
            share.part / share.whole
            for share in (result.floor, result.score, result.claimed, result.ceiling)
        )
        assert low <= score <= claimed + 1e-12 <= high + 2e-12
    assert all(a <= b + 1e-12 for a, b in zip(figures(later), figures(now), strict=True))
    assert RANKS[later.grade] >= RANKS[now.grade]
    if now.next_drop and days < (now.next_drop.on - DAY).days:
        assert later.grade == now.grade
    elif now.next_drop and days == (now.next_drop.on - DAY).days:
        assert later.grade == now.next_drop.grade != now.grade


@settings(max_examples=80, deadline=None)
@given(cards(), st.data())
def test_a_better_answer_or_more_evidence_never_lowers(card, data):
    criterion = data.draw(st.sampled_from(list(RUBRIC)))
    before = card["answers"].get(criterion.id)
    if before is None or "answer" not in before:
        return
    after = deepcopy(card)
    mine = after["answers"][criterion.id]
    better = [
        o.id
        for o in criterion.options.values()
        if o.points >= criterion.options[before["answer"]].points
        and (criterion.gate_of(o.id) is None or o.id == before["answer"])
    ]
    mine["answer"] = data.draw(st.sampled_from(better))
    mine["evidence"] = data.draw(
        st.sampled_from([level for level in rules.LEVELS if level >= before["evidence"]])
    )
    worse, best = result_of(card), result_of(after)

    assert all(a <= b + 1e-12 for a, b in zip(figures(worse), figures(best), strict=True))
    assert worse.claimed.part <= best.claimed.part
    # A gate that fires on a badge's word fires once it is on paper; nothing else gets worse.
    admits = criterion.gate_of(mine["answer"]) and before["evidence"] == "E0"
    assert admits or RANKS[best.grade] <= RANKS[worse.grade]


@settings(max_examples=60, deadline=None)
@given(cards(), st.data())
def test_declining_never_beats_admitting(card, data):
    criterion = data.draw(st.sampled_from(list(RUBRIC)))
    option = data.draw(st.sampled_from(sorted(criterion.options)))
    admitted, declined = deepcopy(card), deepcopy(card)
    admitted["answers"][criterion.id] = {"answer": option, "evidence": "E1", "dated": DAY}
    declined["answers"][criterion.id] = {"state": "declined"}
    honest, silent = result_of(admitted), result_of(declined)

    assert all(a <= b + 1e-12 for a, b in zip(figures(silent), figures(honest), strict=True))
    assert RANKS[silent.grade] >= RANKS[honest.grade]


@settings(max_examples=20, deadline=None)
@given(cards(), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_changes_nothing(card, chance):
    keys = list(card["answers"])
    chance.shuffle(keys)
    shuffled = card | {"answers": {key: card["answers"][key] for key in keys}}

    assert result_of(shuffled) == result_of(card)
    assert result_of(shuffled).input_sha256 == result_of(card).input_sha256


# -- single rules ----------------------------------------------------------------------------


def test_a_bad_answer_on_the_vendors_word_fires_its_gate_and_never_lapses():
    card = card_document(AI_01=said("d", "E1", date(2024, 1, 1)))

    result = result_of(card, DAY + timedelta(days=3000))

    assert result.grade == "E"
    assert result.gates_fired[0][:2] == ("AI-01", "stop")
    assert result.states["AI-01"] == "answered"


def test_a_seal_on_a_web_page_counts_as_nothing():
    result = result_of(card_document(AI_01=said("a", "E0")))

    assert result.silent_gates == [("AI-01", "not_found", "D")]
    assert result.grade == "D"


def test_a_core_question_nobody_looked_at_leaves_the_tool_unrated():
    result = result_of(card_document(SE_01=None))

    assert (result.grade, result.core_missing) == ("NR", ["SE-01"])


def test_an_open_incident_caps_and_shakes_the_security_answers_until_a_new_review():
    exposure = rules.flags_of([(IncidentKind.EXPOSURE, True)])
    closed = rules.flags_of([(IncidentKind.EXPOSURE, False)])
    renewed = rules.flags_of([(IncidentKind.EXPOSURE, False)], reviewed_since=[True])
    card = rules.read_card(card_document(), RUBRIC)

    grades = {
        flags: rules.score(RUBRIC, card.at(DAY, flags)) for flags in (exposure, closed, renewed)
    }

    assert [r.grade for r in grades.values()] == ["C", "A", "A"]
    assert [str(r.domains["SE"]) for r in grades.values()] == ["60.0", "60.0", "100.0"]
    hidden = rules.flags_of([(IncidentKind.CONCEALED, False)])
    assert rules.score(RUBRIC, card.at(DAY, hidden)).grade == "E"


def test_tests_of_behaviour_end_with_the_model_they_tested():
    card = card_document() | {"model_changed_on": date(2026, 11, 10)}

    assert result_of(card).states["AI-05"] == "lapsed"
    assert result_of(card).states["AI-01"] == "answered"


def test_an_incident_stays_readable_for_three_years():
    assert rules.incident_shown_until(date(2027, 11, 16)) == date(2030, 11, 16)


# -- what is refused -------------------------------------------------------------------------


def rubric_document():
    path = queries.RUBRICS / f"{queries.NEWEST}.yaml"
    return plain_yaml.read_file(path, path.name)


def test_a_rubric_that_contradicts_itself_is_refused_with_a_line_for_each_fault():
    document = rubric_document()
    document["domains"][0]["weight"] = 11
    first, second, third = document["domains"][0]["criteria"][:3]
    first["na_when"] = [{"fact": "has_wings", "is": True}]
    second["gates"] = [{"answers": ["z"], "effect": "cap_D", "why": "No such answer"}]
    third["gates"][0]["answers"] = ["b"]
    third["cites"].append("NIST AI RMF GOVERN 6.3")

    with pytest.raises(BadRubric) as refusal:
        rules.parse(document)

    assert refusal.value.problems == [
        "The weights of the domains add up to 101. They must add up to 100.",
        "DC-01: there is no fact “has_wings”.",
        "DC-02: its gate names answer “z”, which it does not have.",
        "DC-03: answer “b” fires a gate, so it must earn no points.",
        "DC-03: NIST AI RMF GOVERN 6.3 does not exist.",
    ]


def test_rules_of_not_applicable_that_run_in_a_circle_are_refused():
    document = rubric_document()
    for one, other in (("DC-06", "US-05"), ("US-05", "US-06"), ("US-06", "DC-06")):
        criterion = next(c for d in document["domains"] for c in d["criteria"] if c["id"] == one)
        criterion["na_when"] = [{"criterion": other}]

    with pytest.raises(BadRubric) as refusal:
        rules.parse(document)

    assert refusal.value.problems == [
        "Rules of “not applicable” run in a circle: DC-06 → US-05 → US-06."
    ]


def test_a_question_may_depend_on_another_that_does_not_apply():
    document = rubric_document()
    document["domains"][1]["criteria"][-1]["na_when"] = [{"criterion": "US-05"}]

    applies = rules.parse(document).is_applicable(FACTS | {"deidentified_use": False})

    assert (applies["US-05"], applies["US-07"], applies["US-06"]) == (False, False, True)


def test_a_bad_card_is_refused_with_a_line_for_each_fault():
    card = card_document(
        AI_01=said("q"),
        AI_02=said(dated=date(2027, 1, 1)),
        AI_03=said(proof={"document": "ab" * 32, "where": " "}),
        AI_04={"answer": "a", "evidence": "E3", "dated": DAY},
        AI_05={"state": "shy"},
        ZZ_99=said(),
    )
    card["facts"] |= {"under_13": "perhaps"}

    with pytest.raises(BadCard) as refusal:
        rules.read_card(card, RUBRIC, needs_proof=True)

    assert refusal.value.problems == [
        "facts: “under_13” is “perhaps”, and may be true, false.",
        "AI-01: there is no answer “q”. It may be a, b, c, d.",
        "AI-02: its evidence is dated 2027-01-01, which is after 2026-11-16.",
        "AI-03: its evidence does not say on which page or in which clause.",
        "AI-04: its evidence has no document with a page or clause.",
        "AI-05: “shy” is not a state. It may be declined, not_found, lapsed, not_looked_at.",
        "ZZ-99: there is no such question in this rubric.",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: &a [1, 2]\nb: [*a, *a]", "c.yaml, line 2: *a repeats a whole list or mapping"),
        ("a: &a {b: *a}", "c.yaml, line 1: *a repeats a whole list or mapping"),
        ("a:\n\tb: 1", "c.yaml, line 2: there is a tab. Indent with spaces."),
        ("a: 1\nb: 2\na: 3", "c.yaml, line 3: “a” is written twice."),
        ("a: !!python/object:os.system x", "c.yaml, line 1: could not determine a constructor"),
        ("[" * 30 + "]" * 30, "c.yaml, line 1: it is nested more than 20 deep."),
        ("a: 2026-02-31", "c.yaml: day is out of range for month."),
        ("a: [1", "c.yaml, line 2: did not find expected"),
        (b"\xff\xfe", "c.yaml: it is not UTF-8 text."),
        ("x" * 3_000_000, "c.yaml: it has 3,000,000 bytes, and at most 2,000,000 are read."),
    ],
)
def test_yaml_that_is_not_plain_data_is_refused_in_one_line(text, line):
    with pytest.raises(RuleBroken) as refusal:
        plain_yaml.read(text, "c.yaml")

    assert str(refusal.value).startswith(line)
    assert "\n" not in str(refusal.value)


def test_a_date_that_many_answers_share_may_be_an_alias():
    assert plain_yaml.read("a: &d 2026-09-15\nb: *d", "c.yaml")["b"] == date(2026, 9, 15)


def test_what_a_card_says_survives_its_canonical_text():
    card = rules.read_card(card_document(AI_02={"state": "declined"}), RUBRIC)

    again = rules.from_canonical(rules.canonical(card), RUBRIC)

    assert rules.canonical(again) == rules.canonical(card)
    assert rules.score(RUBRIC, again) == rules.score(RUBRIC, card)
    assert yaml.safe_dump(again.facts) == yaml.safe_dump(card.facts)
