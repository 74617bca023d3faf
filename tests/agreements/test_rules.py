"""The eight checks of a join, each with its reason; states; what may be filed and sent."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from marketplace.agreements import join_rules, rules
from marketplace.agreements.join_rules import Offer, Wish
from marketplace.agreements.rules import AgreementState, JoinState
from marketplace.core.errors import RuleBroken

TODAY = date(2026, 11, 16)
OFFER = Offer(
    state="OH",
    effective_on=date(2026, 1, 1),
    ends_on=date(2028, 12, 31),
    offer_present=True,
    offer_until=date(2027, 12, 31),
    products=frozenset({("reader", None)}),
    data_elements=frozenset({"name_student", "attendance"}),
    ai_addendum=True,
)
WISH = Wish("OH", "reader", "k5", frozenset({"name_student"}), uses_ai=True)


def failed(offer=OFFER, wish=WISH, changes=(), today=TODAY):
    return {c.code: c for c in join_rules.join_checks(offer, wish, changes, today) if not c.passed}


def test_a_fitting_offer_passes_all_eight_and_each_gives_a_reason():
    checks = join_rules.join_checks(OFFER, WISH, [], TODAY)

    assert [check.code for check in checks] == [f"J{n}" for n in range(1, 9)]
    assert all(check.passed and check.reason for check in checks)
    assert join_rules.may_join(checks)


@pytest.mark.parametrize(
    "code, offer, wish, words",
    [
        ("J1", {"offer_present": False, "offer_until": None}, {}, "no standing offer"),
        ("J1", {"offer_until": TODAY - timedelta(days=1)}, {}, "ended on Nov 15, 2026"),
        ("J1", {"withdrawn_on": date(2026, 11, 1)}, {}, "withdrawn on Nov 1, 2026"),
        ("J1", {"is_superseded": True}, {}, "newer agreement"),
        ("J2", {}, {"state": "KY"}, "law of Ohio"),
        ("J2", {}, {"state": ""}, "law of Ohio"),
        ("J3", {"products": frozenset({("reader", "68")})}, {}, "not in this edition"),
        ("J3", {"products": frozenset({("math", None)})}, {}, "does not name this tool"),
        ("J4", {}, {"data_elements": frozenset({"health"})}, "leaves out: Health"),
        ("J4", {}, {"data_elements": frozenset()}, "Tick the data"),
        ("J5", {"modifications": "Clause 4 struck."}, {}, "Clause 4 struck."),
        ("J6", {"ai_addendum": False}, {}, "no AI terms"),
        ("J8", {"ends_on": TODAY + timedelta(days=179)}, {}, "Only 179 days"),
        ("J8", {}, {"until": date(2029, 6, 30)}, "before your use ends on Jun 30, 2029"),
    ],
)
def test_each_check_fails_for_its_own_reason_alone(code, offer, wish, words):
    problems = failed(replace(OFFER, **offer), replace(WISH, **wish))

    assert list(problems) == [code]
    assert words in problems[code].reason


def test_a_change_since_signing_warns_and_does_not_stop():
    problems = failed(changes=["On Nov 1, 2026 the vendor announced: a new model."])

    assert list(problems) == ["J7"]
    assert "a new model" in problems["J7"].reason
    assert not problems["J7"].blocks


def test_the_first_four_stop_and_the_others_warn():
    worst = Offer("KY", TODAY, TODAY, False, None, frozenset(), frozenset(), "All of it.")
    checks = join_rules.join_checks(worst, WISH, ["All changed."], TODAY)

    assert [check.blocks for check in checks] == [True] * 4 + [False] * 4
    assert not any(check.passed for check in checks)
    with pytest.raises(RuleBroken, match="cannot join"):
        join_rules.check_may_join(checks)
    warnings = [check for check in checks if not check.blocks]
    assert join_rules.may_join(warnings)


def test_the_last_day_counts_and_no_ai_needs_no_ai_terms():
    assert failed(replace(OFFER, offer_until=TODAY)) == {}
    assert failed(replace(OFFER, ai_addendum=False), replace(WISH, uses_ai=False)) == {}
    assert failed(replace(OFFER, products=frozenset({("reader", "k5")}))) == {}
    assert failed(replace(OFFER, ends_on=TODAY + timedelta(days=180))) == {}


def test_the_checks_are_those_of_the_law_packs():
    packs = Path("../shared/scorecard/state-packs.yaml")
    if not packs.exists():
        pytest.skip("the law packs are not beside this checkout")
    said = yaml.safe_load(packs.read_text())["agreement_model"]["join_checks"]

    assert {c["code"]: c["block"] for c in said} == {
        code: blocks for code, (_, blocks) in join_rules.QUESTIONS.items()
    }


def test_the_data_list_is_that_of_the_rubric():
    rubric = Path("../shared/scorecard/rubric.yaml")
    if not rubric.exists():
        pytest.skip("the rubric is not beside this checkout")
    taxonomy = yaml.safe_load(rubric.read_text())["data_element_taxonomy"]

    assert {element["id"] for element in taxonomy} == set(rules.DATA_ELEMENTS)


@pytest.mark.parametrize(
    "changes, state",
    [
        ({}, AgreementState.OFFERED),
        ({"offer_present": False, "offer_until": None}, AgreementState.IN_FORCE),
        ({"offer_until": date(2026, 11, 15)}, AgreementState.IN_FORCE),
        ({"offer_until": date(2027, 3, 1)}, AgreementState.EXPIRING),
        ({"ends_on": date(2026, 11, 15)}, AgreementState.EXPIRED),
        ({"is_withdrawn": True}, AgreementState.WITHDRAWN),
        ({"is_superseded": True, "is_withdrawn": True}, AgreementState.SUPERSEDED),
    ],
)
def test_states_of_an_agreement(changes, state):
    facts = {
        "offer_present": True,
        "offer_until": date(2028, 1, 1),
        "ends_on": date(2028, 12, 31),
        "is_withdrawn": False,
        "is_superseded": False,
    }

    assert rules.state_of(**facts | changes, today=TODAY) is state


def test_states_of_a_join():
    def state(days, acknowledged):
        ends_on = TODAY + timedelta(days=days)
        return rules.join_state(ends_on=ends_on, is_acknowledged=acknowledged, today=TODAY)

    assert state(400, False) is JoinState.SENT
    assert state(400, True) is JoinState.IN_FORCE
    assert state(30, True) is JoinState.EXPIRING
    assert state(-1, True) is JoinState.EXPIRED


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"state": "ZZ"}, "state"),
        ({"products": []}, "products"),
        ({"data_elements": []}, "data_elements"),
        ({"data_elements": ["shoe_size"]}, "data_elements"),
        ({"signed_on": date(2026, 11, 17)}, "signed_on"),
        ({"ends_on": date(2026, 1, 1)}, "ends_on"),
        ({"offer_until": None}, "offer_until"),
        ({"offer_until": date(2025, 1, 1)}, "offer_until"),
        ({"offer_present": False}, "offer_until"),
    ],
)
def test_a_paper_that_cannot_be_right_is_refused_at_its_field(changes, field):
    facts = {
        "state": "OH",
        "signed_on": date(2026, 1, 1),
        "effective_on": date(2026, 1, 1),
        "ends_on": date(2028, 12, 31),
        "offer_present": True,
        "offer_until": date(2027, 12, 31),
        "products": ["reader"],
        "data_elements": ["attendance"],
        "today": TODAY,
    }
    rules.check_can_file(**facts)

    with pytest.raises(RuleBroken) as refusal:
        rules.check_can_file(**facts | changes)
    assert refusal.value.field == field


def test_dates_of_sending_and_acknowledging_go_forward():
    day = timedelta(days=1)
    rules.check_can_send(agreement_signed_on=TODAY, signed_on=TODAY, sent_on=TODAY, today=TODAY)
    for signed, sent in ((TODAY + day, TODAY), (TODAY, TODAY - day), (TODAY, TODAY + day)):
        with pytest.raises(RuleBroken):
            rules.check_can_send(
                agreement_signed_on=TODAY - day, signed_on=signed, sent_on=sent, today=TODAY
            )
    with pytest.raises(RuleBroken, match="before the agreement"):
        rules.check_can_send(
            agreement_signed_on=TODAY, signed_on=TODAY - day, sent_on=TODAY, today=TODAY
        )
    rules.check_can_acknowledge(sent_on=TODAY, acknowledged_on=TODAY, today=TODAY)
    for acknowledged in (TODAY - day, TODAY + day):
        with pytest.raises(RuleBroken):
            rules.check_can_acknowledge(sent_on=TODAY, acknowledged_on=acknowledged, today=TODAY)
