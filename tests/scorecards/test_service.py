"""Publishing, correcting, stopping and re-scoring on a real database."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select, text

from marketplace.accounts.rules import Role
from marketplace.core import clock, jobs
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.events import Event
from marketplace.scorecards import queries, rules, service
from marketplace.scorecards.models import Scorecard, ScorecardScore, ScorecardStanding
from marketplace.scorecards.rules import IncidentKind
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.scorecards.conftest import TWO, across, card_document, said

publish = across(service.publish_card)


def names(look):
    look.rollback()
    query = select(Event.name).where(Event.name.startswith("scorecards."))
    found = look.exec(query.order_by(Event.id)).all()
    return [name.removeprefix("scorecards.") for name in found]


def standing(look, tool, day=None):
    look.rollback()
    return queries.standings(look, [tool.id], day)[tool.id]


def test_a_published_card_is_frozen(app, act, look, operator, tool):
    act(operator, publish, tool.id, card_document(), reviewers=TWO, recusals="Cy Low stood aside.")

    [card] = look.exec(select(Scorecard)).all()
    assert (card.version, card.outputs["grade"], card.recusals) == (1, "A", "Cy Low stood aside.")
    assert card.reviewers[0] == {"name": "Ann Reed", "organization": "Maple District"}
    assert standing(look, tool).words == "Strong and shown"
    assert standing(look, tool).blocks_purchase == ""
    assert names(look) == ["card_published", "grade_changed"]
    for table in ("scorecard", "scorecard_score"):
        with (
            pytest.raises(DBAPIError, match="published is not changed"),
            app.extensions["engine"].begin() as connection,
        ):
            connection.execute(text(f"DELETE FROM {table}"))


def test_every_receipt_can_be_recomputed(app, act, look, operator, tool):
    act(operator, publish, tool.id, card_document("E2"), reviewers=TWO)
    act(operator, across(service.note_incident), tool.id, ref="i-1", kind=IncidentKind.EXPOSURE,
        words="Names of 40 pupils were open to anybody for a day.")  # fmt: skip
    with clock.frozen(NOW + timedelta(days=400)), app.app_context():
        jobs.run_due()

    look.rollback()
    cards = {card.id: card for card in look.exec(select(Scorecard))}
    receipts = look.exec(select(ScorecardScore).order_by(ScorecardScore.number)).all()
    assert [r.cause for r in receipts] == ["published", "incident", "aged"]
    for receipt in receipts:
        card = cards[receipt.card_id]
        rubric = queries.rubric(card.rubric_version)
        assert rubric.sha256 == card.rubric_sha256
        inputs = rules.from_canonical(card.inputs, rubric)
        again = rules.score(rubric, inputs.at(receipt.as_of, frozenset(receipt.incidents)))
        assert again.document() == receipt.outputs
        assert again.input_sha256 == receipt.input_sha256
    for card in cards.values():
        assert rules.digest(card.inputs) == card.input_sha256
        assert json.loads(card.inputs)["as_of"] == str(card.as_of)


def test_a_vendor_may_not_publish_or_stop_and_one_person_is_not_two(make, act, operator, tool):
    seller = make.person(make.vendor(), Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        act(seller, publish, tool.id, card_document(), reviewers=TWO)
    with pytest.raises(RuleBroken, match="Two people"):
        act(operator, publish, tool.id, card_document(), reviewers=[TWO[0], TWO[0]])
    act(operator, publish, tool.id, card_document(), reviewers=TWO)
    for use_case in (service.stop_card, service.lift_stop):
        with pytest.raises(NotAllowed):
            act(seller, across(use_case), tool.id, reason="Because.", agreed_by=operator.id)
    with pytest.raises(NotAllowed):
        act(seller, across(service.append_correction), tool.id, "It is fine.")
    with pytest.raises(NotAllowed):
        act(seller, across(service.note_incident), tool.id, ref="x", kind=IncidentKind.EXPOSURE,
            words="Gone.")  # fmt: skip
    with pytest.raises(RuleBroken, match="two people"):
        act(operator, across(service.stop_card), tool.id, reason="Leak.", agreed_by=operator.id)


def test_a_bad_or_unfinished_card_changes_nothing(act, look, operator, tool):
    with pytest.raises(RuleBroken, match="not looked at yet: SE-01"):
        act(operator, publish, tool.id, card_document(SE_01=None), reviewers=TWO)
    without_page = said(proof={"document": "ab" * 32, "where": ""})
    with pytest.raises(RuleBroken, match="AI-01: its evidence does not say on which page"):
        act(operator, publish, tool.id, card_document(AI_01=without_page), reviewers=TWO)

    assert look.exec(select(Scorecard)).all() == []
    assert standing(look, tool).words == "Not reviewed. We do not guess."
    assert standing(look, tool).blocks_purchase == "Reading Coach has no privacy scorecard yet."


def test_the_same_card_sent_twice_is_one_version_and_a_new_one_the_next(act, look, operator, tool):
    for document in (card_document(), card_document(), card_document("E2")):
        act(operator, publish, tool.id, document, reviewers=TWO)

    assert [card.version for card in queries.cards_of(look, tool.id)] == [2, 1]
    assert standing(look, tool).grade == "B"


def test_a_stop_blocks_buying_until_two_people_lift_it(make, act, look, operator, tool):
    act(operator, publish, tool.id, card_document(), reviewers=TWO)
    second = make.operator()

    act(operator, across(service.stop_card), tool.id, reason="It leaks.", agreed_by=second.id)

    now = standing(look, tool)
    assert (now.is_stopped, now.words) == (True, "Stopped")
    assert now.blocks_purchase == "The scorecard of Reading Coach is stopped: It leaks."
    act(second, across(service.lift_stop), tool.id, reason="Mended.", agreed_by=operator.id)
    assert standing(look, tool).blocks_purchase == ""
    assert names(look)[2:] == ["card_stopped", "stop_lifted"]


def test_corrections_are_added_beside_the_card(act, look, operator, tool):
    card = act(operator, publish, tool.id, card_document(), reviewers=TWO)

    for words in ("The clause is on page 5.", "And dated May."):
        act(operator, across(service.append_correction), tool.id, words, question="AI-01")

    look.rollback()
    assert [c.number for c in queries.corrections_of(look, [card.id])] == [1, 2]
    assert queries.card_version(look, tool.id, 1).inputs == card.inputs
    with pytest.raises(RuleBroken, match="no such question"):
        act(operator, across(service.append_correction), tool.id, "Hm.", question="ZZ-1")


def test_an_incident_scores_again_at_once_and_closing_it_leaves_the_doubt(
    act, look, operator, tool
):
    act(operator, publish, tool.id, card_document(), reviewers=TWO)

    for _ in range(2):
        act(operator, across(service.note_incident), tool.id, ref="i-1",
            kind=IncidentKind.EXPOSURE, words="Names were exposed.")  # fmt: skip

    assert (standing(look, tool).grade, standing(look, tool).has_open_incident) == ("C", True)
    act(operator, across(service.close_incident), "i-1")
    after = standing(look, tool)
    assert (after.grade, after.has_open_incident, after.score) == ("A", False, "94.4")
    with clock.frozen(NOW + timedelta(days=1)):
        act(operator, publish, tool.id, card_document(), reviewers=TWO)
    assert standing(look, tool).score == "100.0"
    assert names(look).count("incident_noted") == 1


@on_sqlite
def test_a_card_drops_on_its_day_and_expires_after_a_year(app, act, look, operator, tool):
    act(operator, publish, tool.id, card_document("E1"), reviewers=TWO)
    row = look.exec(select(ScorecardStanding)).one()
    drop = standing(look, tool).next_drop
    assert (row.grade, drop.grade) == ("D", "E")

    # Without any nightly round the day itself already shows the worse grade.
    assert standing(look, tool, drop.on - timedelta(days=1)).grade == "D"
    assert standing(look, tool, drop.on).grade == "E"
    with clock.frozen(NOW + timedelta(days=366)), app.app_context():
        jobs.run_due()
        assert jobs.run_due()["scorecards.rescore_due"] == 0
    expired = standing(look, tool, row.expires_on)
    assert (expired.words, expired.is_expired) == ("Expired (was E)", True)
    assert expired.blocks_purchase.startswith("The scorecard of Reading Coach ran out on Nov")
    assert names(look)[-2:] == ["grade_changed", "card_expired"]


@on_postgresql
def test_two_who_publish_at_once_make_two_versions(act, look, operator, tool):
    documents = [card_document(), card_document("E2")]
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda d: act(operator, publish, tool.id, d, reviewers=TWO), documents))

    assert sorted(card.version for card in queries.cards_of(look, tool.id)) == [1, 2]
    assert look.exec(select(ScorecardStanding)).one().version == 2
