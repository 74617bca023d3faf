"""Programmes on the web: at the funder's, the consortium's and the district's desk, in public."""

import csv
import io
import re

import pypdf
import pytest
from sqlmodel import select

from marketplace.core import tenancy
from marketplace.programmes.models import GrantAward, GrantMovement, Programme, ProgrammeVersion
from marketplace.programmes.movement_rules import MovementKind
from tests.conftest import on_sqlite

pytestmark = on_sqlite
TYPED = {
    "title": "Rural start",
    "purpose": "Help small rural districts start.",
    "states": "oh",
    "places": ["rural"],
    "poverty": "20",
    "kind": "percent",
    "percent": "50",
    "turn": "pro_rata",
    "budget": "10,000.00",
    "starts_on": "2026-07-01",
    "ends_on": "2027-06-30",
    "leftover": "return",
    "once_key": "form-1",
}


@pytest.fixture
def count(look):
    def rows(table):
        look.rollback()
        with tenancy.everyone("test asserts"):
            return len(look.exec(select(table)).all())

    return rows


def test_a_programme_is_previewed_and_then_made_once(story, client_for, count):
    client, url = client_for(story.officer), f"/f/{story.funder.slug}/programmes/new"

    preview = client.send(url, **TYPED, preview="1")
    assert preview.status_code == 200
    assert "<strong>1</strong> of 3 districts on the newest federal lists qualify" in preview.text
    assert "For 1 nobody can tell" in preview.text
    assert "of 2023. Missing for 1 district." in preview.text
    assert 'value="10,000.00"' in preview.text
    assert count(Programme) == 0

    made = [client.send(url, **TYPED) for _ in range(2)]
    assert [each.status_code for each in made] == [302, 302]
    assert count(ProgrammeVersion) == 1
    stranger = client_for(story.agent)
    page = stranger.get(f"/funders/{story.funder.slug}/programmes/rural-start")
    assert "50% of each district’s share" in page.text
    assert stranger.get(f"/f/{story.funder.slug}/programmes/rural-start").status_code == 404


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"percent": "101"}, "Enter a percent above 0 and up to 100."),
        ({"ends_on": "2026-06-30"}, "The last day is before the first one."),
        ({"states": "KS"}, "No district on the newest federal lists fits this rule."),
        ({"states": "", "places": [], "poverty": ""}, "This rule fits all 3 districts."),
        ({"states": "ZZ"}, "ZZ is no state."),
        ({"budget": "0"}, "Enter a budget above zero."),
        ({"budget": "ten"}, "Enter an amount in dollars"),
        ({"poverty": "many"}, "Enter a percent, such as 20 or 22.5."),
    ],
)
def test_bad_input_is_said_and_all_that_was_typed_is_still_there(
    story, client_for, count, changes, said
):
    url = f"/f/{story.funder.slug}/programmes/new"

    page = client_for(story.officer).send(url, **(TYPED | changes))

    assert page.status_code == 422
    assert said in page.text
    assert "Help small rural districts start." in page.text
    assert count(Programme) == 0


def test_a_change_keeps_what_was_before(story, tell, client_for, count):
    found = tell.programme()
    client = client_for(story.officer)
    url = f"/f/{story.funder.slug}/programmes/{found.slug}/change"
    assert 'name="percent" ' in client.get(url).text
    sent = {**TYPED, "seen": "1", "percent": "25", "why": "Half was more than needed."}
    del sent["title"]

    assert client.send(url, **sent).status_code == 302
    late = client.send(url, **{**sent, "once_key": "other"})

    assert late.status_code == 422
    assert "Version 2 was saved while you wrote" in late.text
    assert count(ProgrammeVersion) == 2


def test_a_grant_from_the_form_to_the_bill_the_letter_and_the_report(
    make, story, tell, client_for, look, count
):
    found = tell.programme()
    tell.received(found, 400_000)
    officer, agent = client_for(story.officer), client_for(story.agent)
    desk = f"/f/{story.funder.slug}"
    here = f"{desk}/programmes/{found.slug}"
    page = officer.get(f"{here}/award/{story.pool.id}").text
    assert "No poverty figure is known" in page
    assert "City, large" in page
    reason = {"reason": "Minute 14 of the committee.", "once_key": "w1"}
    sent = officer.send(f"{here}/award/{story.pool.id}", **reason)
    assert "Somebody else must approve it" in officer.get(sent.location).text
    movement_id = sent.location.rsplit("/", 1)[1]
    at_agent = f"/c/{story.slug}/grants/{movement_id}"
    assert "Fits" in agent.get(at_agent).text

    assert press(agent, at_agent, "approve").status_code == 302
    with tenancy.everyone("test asserts"):
        award = look.exec(select(GrantAward)).one()
    invoice = make.invoice(story.orders[award.leaid])
    short = officer.send(f"{here}/move/release", reason="x", once_key="w2")
    assert short.status_code == 422
    sent = officer.send(
        f"{here}/move/release",
        awards=str(award.id),
        effective_on="2026-11-16",
        reason="The letter came back signed.",
        once_key="w3",
    )
    movement_id = sent.location.rsplit("/", 1)[1]
    press(agent, f"/c/{story.slug}/grants/{movement_id}", "approve")

    buyer = client_for(make.buyer(story.districts[0]))
    bill = buyer.get(f"/d/{award.leaid}/invoices/{invoice.id}").text
    assert "Grants on this share" in bill
    assert "Rural start" in bill
    assert "−$562.50" in bill
    letter = buyer.get(f"/d/{award.leaid}/grants/{award.id}.pdf")
    assert "Fund" in text_of(letter)
    assert "It pays part of this share and nothing else" in text_of(letter)
    assert tagged(letter)
    report = officer.get(f"{here}/report.pdf")
    assert tagged(report)
    assert "$562.50" in text_of(report)
    rows = list(csv.DictReader(io.StringIO(officer.get(f"{here}/grants.csv").text)))
    assert rows[0]["grant_cents"] == "56250"
    assert rows[0]["poverty_year"] == "2023"
    assert "$562.50" in officer.get(here).text
    assert buyer.get(f"/d/{award.leaid}/grants").status_code == 200
    assert "Grants in your books" in agent.get(f"/c/{story.slug}/grants").text
    assert count(GrantMovement) == 3


def test_strangers_find_no_letter_and_no_movement(make, story, tell, client_for):
    found = tell.programme()
    movement = tell.moved(
        found, MovementKind.RECEIVED, consortium_id=story.consortium.org_id, cents=100
    )
    other = client_for(make.person(make.funder(), "administrator"))
    buyer = client_for(make.buyer(story.districts[0]))

    for client in (other, buyer):
        for url in (
            f"/f/{story.funder.slug}/programmes",
            f"/f/{story.funder.slug}/movements/{movement.id}",
            f"/c/{story.slug}/grants/{movement.id}",
            f"/c/{story.slug}/grants",
        ):
            assert client.get(url).status_code == 404


def press(client, page, button):
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)[1]
    return client.post(f"{page}/{button}", data={"csrf_token": token})


def text_of(answer):
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def tagged(answer):
    return bool(pypdf.PdfReader(io.BytesIO(answer.data)).trailer["/Root"]["/MarkInfo"]["/Marked"])
