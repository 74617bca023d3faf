"""Clauses found in an agreement prove the law lines of the district that is bound by it."""

from datetime import date

import pytest

from marketplace.accounts.rules import Role
from marketplace.agreements import clause_service, queries
from marketplace.core import clock
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.scorecards import law_change_rules, service
from marketplace.scorecards import queries as scorecards
from marketplace.scorecards.rules import IncidentKind
from tests.agreements import build
from tests.cards import FACTS
from tests.conftest import on_sqlite
from tests.scorecards.conftest import TWO, across, card_document

CA_5 = "Contract says records stay"
ALL = scorecards.clauses_asked("CA")
FOUND = {f"{key}{end}": said for key in ALL for end, said in (("", "yes"), ("-where", "II.1"))}


def ca_5(client, district, tool):
    page = client.get(f"/d/{district.leaid}/tools/{tool.slug}").text
    return page.split(CA_5)[1].split("</tr>")[0]


@on_sqlite
def test_what_a_district_finds_in_its_agreement_proves_the_line(make, client_for):
    district, other = make.district(state="CA"), make.district(state="CA")
    tool = make.tool(card=False)
    own = build.agreement(make, district, tool)
    client, stranger = client_for(make.buyer(district)), client_for(make.buyer(other))
    address = f"/d/{district.leaid}/agreements/{own.id}/clauses"
    assert "Unknown" in ca_5(client, district, tool)
    assert address in client.get(f"/d/{district.leaid}/agreements").text

    bad = client.send(address, **(FOUND | {"no_ads-where": ""}))
    assert (bad.status_code, "Enter the page" in bad.text, "II.1" in bad.text) == (422, True, True)
    assert client.send(address, **FOUND).status_code == 302

    line = ca_5(client, district, tool)
    assert "Meets" in line
    assert "II.1" in line
    assert own.fingerprint[:8] in line
    assert "Unknown" in ca_5(stranger, other, tool)
    assert stranger.get(address).status_code == 404
    client.send(address, **(FOUND | {"no_ads": "no"}))
    assert "Gap" in ca_5(client, district, tool)


def test_who_may_look_and_only_for_what_the_law_asks(make, act, look):
    district, joiner = make.district(state="CA"), make.district(state="CA")
    tool = make.tool(card=False)
    offer = build.agreement(make, district, tool)
    found = {"ownership": (True, "II.1")}
    for who, refusal in (
        (make.person(district, Role.VIEWER), NotAllowed),
        (make.buyer(joiner), NotFound),
    ):
        with pytest.raises(refusal):
            act(who, clause_service.look_for_clauses, offer.id, found)
    with pytest.raises(RuleBroken, match="does not ask"):
        act(make.buyer(district), clause_service.look_for_clauses, offer.id, {"gold": (True, "1")})
    buyer = make.buyer(joiner)
    join = build.join(make, offer, joiner, tool, by=buyer)

    act(buyer, clause_service.look_for_clauses, offer.id, found)
    act(buyer, clause_service.look_for_clauses, offer.id, found)

    assert scorecards.clauses_of(look, joiner.id, tool.id) == {}, "not acknowledged yet"
    join.acknowledged_on = clock.now().date()
    make.save(join)
    look.rollback()
    [clause] = scorecards.clauses_of(look, joiner.id, tool.id).values()
    assert (clause.is_there, clause.proof[1:]) == (True, ("II.1", offer.fingerprint))
    assert scorecards.clauses_of(look, district.id, tool.id) == {}


def test_the_checks_name_what_became_of_the_card_since_signing(make, act, look):
    tool, operator = make.tool(card=False), make.operator()
    offer = build.agreement(make, make.district(), tool)
    vendor = make._organization(tool.org_id)
    act(operator, across(service.publish_card), tool.id, card_document("E3"), reviewers=TWO)
    act(operator, across(service.note_incident), tool.id, ref="i-1", kind=IncidentKind.EXPOSURE,
        words="Names were open for a day.")  # fmt: skip
    changes = " ".join(queries.changes_since(look, offer, tool, vendor))
    assert "an incident: Names were open" in changes
    assert "privacy grade fell from A to" in changes


@on_sqlite
def test_the_checks_name_what_became_of_the_law_since_signing(make, act, look):
    """The frozen day is November 16, 2026: what begins in 2027 is not told yet."""
    tool = make.tool(card=False)
    vendor = make._organization(tool.org_id)

    def told(state, signed_on):
        offer = build.agreement(make, make.district(state=state), tool, signed_on=signed_on)
        found = queries.changes_since(look, offer, tool, vendor)
        return [words for words in found if words.startswith("The law changed")]

    colorado = told("CO", date(2026, 1, 5))
    assert [words.split(":")[0] for words in colorado] == [
        "The law changed on Apr 20, 2026",
        "The law changed on Apr 22, 2026",
        "The law changed on May 14, 2026",
    ]
    assert colorado[2].endswith("(SB 26-189). Not verified: ask counsel.")
    assert told("NY", date(2026, 5, 1)) == []
    assert "Illinois changed" in told("IL", date(2021, 6, 30))[0]
    facts = FACTS | {"under_13": False}
    act(make.operator(), across(service.publish_card), tool.id,
        card_document("E3") | {"facts": facts}, reviewers=TWO)  # fmt: skip
    look.rollback()
    assert "children under 13" not in " ".join(told("CO", date(2026, 1, 5)))


def test_a_dated_change_names_a_law_and_a_fact_that_are_there():
    packs, rubric = scorecards.packs(), scorecards.rubric()
    whole = {
        "changed_on": date(2026, 5, 1),
        "state": "CO",
        "confidence": "sure",
        "cite": "x",
        "words": "y",
    }
    for changed, problem in (
        ({"state": "ZZ"}, "law of ZZ is not loaded"),
        ({"changed_on": "soon"}, "“soon” is not a date"),
        ({"when": {"under_13": "perhaps"}}, "fact “under_13” is never “perhaps”"),
    ):
        document = {"as_of": date(2026, 11, 21), "changes": [whole | changed]}
        with pytest.raises(RuleBroken, match=problem):
            law_change_rules.parse_changes(document, packs, rubric)
    del whole["words"]
    with pytest.raises(RuleBroken, match="Change 1: words missing"):
        law_change_rules.parse_changes({"as_of": None, "changes": [whole]}, packs, rubric)
