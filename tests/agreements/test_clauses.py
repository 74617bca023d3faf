"""Clauses found in an agreement prove the law lines of the district that is bound by it."""

import pytest

from marketplace.accounts.rules import Role
from marketplace.agreements import clause_service, queries
from marketplace.core import clock
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.scorecards import queries as scorecards
from marketplace.scorecards import service
from marketplace.scorecards.rules import IncidentKind
from tests.agreements import build
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
