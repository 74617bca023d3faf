"""Weighing tools together: who may, twice at once, what stays on file."""

import threading
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.catalogue import shortlist_service as service
from marketplace.catalogue.finding_models import (
    Shortlist,
    ShortlistDecision,
    ShortlistNote,
    ShortlistTool,
)
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from tests.conftest import on_postgresql


@pytest.fixture
def district(make):
    return make.district("Maple Local")


@pytest.fixture
def buyer(make, district):
    return make.buyer(district, name="Ann Lee")


@pytest.fixture
def viewer(make, district):
    return make.person(district, Role.VIEWER)


@pytest.fixture
def shortlist(act, buyer):
    return act(buyer, service.begin_shortlist, title="Reading help", seats=620)


@pytest.fixture
def tools(make, act, buyer, shortlist):
    found = [make.tool(name=name) for name in ("Lumen", "Zebra")]
    for tool in found:
        act(buyer, service.shortlist_tool, shortlist.id, tool.id)
    return found


def decide(act, person, shortlist, tool, seen=0, why="It fits our schedule."):
    return act(
        person,
        service.decide_shortlist,
        shortlist.id,
        tool_id=tool.id if tool else None,
        why=why,
        seen_decisions=seen,
    )


def test_a_decision_keeps_what_why_who_and_what_was_weighed(act, look, buyer, shortlist, tools):
    decide(act, buyer, shortlist, tools[0])

    kept = look.exec(select(ShortlistDecision)).one()
    assert (kept.tool_id, kept.why, kept.number) == (tools[0].id, "It fits our schedule.", 1)
    assert (kept.decided_by, kept.weighed) == (buyer.id, ["Lumen", "Zebra"])


def test_deciding_again_adds_to_the_record(act, look, buyer, shortlist, tools):
    decide(act, buyer, shortlist, tools[0])
    decide(act, buyer, shortlist, None, seen=1, why="The price rose.")

    assert [d.number for d in look.exec(select(ShortlistDecision))] == [1, 2]


def test_the_later_of_two_who_decide_is_told(act, look, buyer, shortlist, tools):
    decide(act, buyer, shortlist, tools[0])

    with pytest.raises(RuleBroken, match="Somebody decided this list after you opened"):
        decide(act, buyer, shortlist, tools[1], seen=0)
    assert len(look.exec(select(ShortlistDecision)).all()) == 1


@on_postgresql
def test_of_many_who_decide_in_the_same_moment_one_does(act, look, buyer, shortlist, tools):
    refused = []

    def try_to(tool):
        try:
            decide(act, buyer, shortlist, tool)
        except RuleBroken as refusal:
            refused.append(str(refusal))

    threads = [threading.Thread(target=try_to, args=(tools[n % 2],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 5
    assert len(look.exec(select(ShortlistDecision)).all()) == 1


@on_postgresql
def test_the_same_tool_put_on_a_list_at_once_stands_there_once(act, make, look, buyer, shortlist):
    tool = make.tool()
    threads = [
        threading.Thread(target=act, args=(buyer, service.shortlist_tool, shortlist.id, tool.id))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(look.exec(select(ShortlistTool)).all()) == 1


def test_those_who_only_look_comment_but_neither_add_nor_decide(
    act, look, make, viewer, shortlist, tools
):
    act(
        viewer, service.comment_shortlist, shortlist.id, words="Too loud.", tool_id=tools[0].id,
        once_key="k",
    )  # fmt: skip

    assert look.exec(select(ShortlistNote)).one().words == "Too loud."
    with pytest.raises(NotAllowed):
        act(viewer, service.shortlist_tool, shortlist.id, make.tool().id)
    with pytest.raises(NotAllowed):
        decide(act, viewer, shortlist, tools[0])


def test_a_data_steward_weighs_but_does_not_decide(act, make, district, shortlist, tools):
    steward = make.person(district, Role.DATA_STEWARD)

    act(steward, service.shortlist_tool, shortlist.id, make.tool().id)
    with pytest.raises(NotAllowed):
        decide(act, steward, shortlist, tools[0])


def test_another_district_does_not_find_the_list(act, make, shortlist, tools):
    stranger = make.buyer(make.district())

    with pytest.raises(NotFound):
        act(stranger, service.shortlist_tool, shortlist.id, tools[0].id)


def test_the_same_comment_sent_twice_is_there_once(act, look, buyer, shortlist):
    for _ in range(2):
        act(buyer, service.comment_shortlist, shortlist.id, words="Good.", once_key="same")

    assert len(look.exec(select(ShortlistNote)).all()) == 1


def test_a_draft_of_a_vendor_cannot_be_listed(act, make, buyer, shortlist):
    with pytest.raises(NotFound):
        act(buyer, service.shortlist_tool, shortlist.id, make.tool(status="draft").id)


def test_two_lists_do_not_share_a_title(act, buyer, shortlist):
    with pytest.raises(RuleBroken, match="already has a list"):
        act(buyer, service.begin_shortlist, title="READING  help")


def test_a_list_that_fails_half_way_is_not_there(act, look, buyer, monkeypatch):
    monkeypatch.setattr(service, "emit", lambda *a, **k: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        act(buyer, service.begin_shortlist, title="Half")
    assert look.exec(select(Shortlist)).all() == []


# -- pages -----------------------------------------------------------------------------------


def test_from_the_tool_to_the_decision_by_pages(client_for, make, district, buyer):
    tool = make.tool(name="Lumen")
    make.price_schedule(tool)
    client, home = client_for(buyer), f"/d/{district.leaid}/shortlists"
    assert "Add to a shortlist" in client.get(f"/tools/{tool.slug}").text

    put = client.send(f"{home}/add/{tool.slug}", shortlist="new", title="Reading")
    here = put.headers["Location"]
    client.send(f"{here}/comment", tool=str(tool.id), words="<b>Good</b>", once_key="k")
    refused = client.send(f"{here}/decide", tool=str(tool.id), why=" ", seen_decisions="0")
    client.send(f"{here}/decide", tool=str(tool.id), why="It fits.", seen_decisions="0")
    page = client.get(here).text

    assert refused.status_code == 422
    assert "Boards and auditors ask" in refused.text
    assert "&lt;b&gt;Good&lt;/b&gt;" in page
    assert "It fits." in page
    assert "Ann Lee" in page
    assert "Decided: Lumen" in client.get(f"/d/{district.leaid}/").text


def test_what_was_typed_stays_when_somebody_decided_meanwhile(
    client_for, act, district, buyer, shortlist, tools
):
    client, url = client_for(buyer), f"/d/{district.leaid}/shortlists/{shortlist.id}/decide"
    page = client.get(url).text
    decide(act, buyer, shortlist, tools[0], why="First.")
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    sent = {"csrf_token": token, "tool": str(tools[1].id), "why": "Mine.", "seen_decisions": "0"}

    late = client.post(url, data=sent)

    assert late.status_code == 422
    assert "First." in late.text
    assert "Mine." in late.text


def test_a_comparison_is_a_workbook_without_formulas_and_shows_our_notes(
    client_for, act, make, buyer, shortlist, tools
):
    act(
        buyer, service.comment_shortlist, shortlist.id, words='=HYPERLINK("x")',
        tool_id=tools[0].id, once_key="k",
    )  # fmt: skip
    address = f"?tools={tools[0].slug},{tools[1].slug}&seats=100"

    mine = client_for(buyer).get(f"/compare.xlsx{address}")
    rival = client_for(make.buyer(make.district())).get(f"/compare{address}").text
    sheet = load_workbook(BytesIO(mine.data)).active

    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert any("HYPERLINK" in str(cell.value) for cell in cells)
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "HYPERLINK" in client_for(buyer).get(f"/compare{address}").text
    assert "HYPERLINK" not in rival
