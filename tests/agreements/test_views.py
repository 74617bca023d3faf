"""File, look, check, join and acknowledge: in a browser without scripts."""

import io
import re

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.agreements.models import Agreement
from marketplace.core import tenancy
from tests.agreements import build
from tests.conftest import on_sqlite

pytestmark = on_sqlite


def pdf(content=b"%PDF-1.7 signed"):
    return (io.BytesIO(content), "signed.pdf")


PAPER = {
    "family": "ndpa",
    "version": "2.1",
    "state": "OH",
    "provider": "Lark Software",
    "data_elements": ["name_student", "assessment_results"],
    "signed_on": "2026-10-01",
    "effective_on": "2026-10-01",
    "ends_on": "2029-09-30",
    "offer_present": "yes",
    "offer_until": "2029-09-30",
    "offer_conditions": "Any district of Ohio.",
    "modifications": "",
    "ai_addendum": "yes",
    "district_signer": "Pat Lee, Superintendent",
    "vendor_signer": "Sam Doe, President",
    "registry_url": "",
    "once_key": "one-use-key",
}


def test_from_a_signed_paper_to_an_acknowledged_join(make, client_for, app):
    vendor = make.vendor("Lark Software")
    tool = make.tool(vendor, "Lark Reader", ai_use="generative")
    first, second = make.district("First Schools"), make.district("Second Schools")
    filer, joiner = client_for(make.buyer(first)), client_for(make.buyer(second))
    seller = client_for(make.person(vendor, Role.ADMINISTRATOR))

    new = f"/d/{first.leaid}/agreements/new/{tool.slug}"
    filed = filer.send(new, **PAPER, products=[str(tool.id)], file=pdf())
    again = filer.send(new, **PAPER, products=[str(tool.id)], file=pdf())
    assert filed.location == again.location
    address = filed.location
    assert "Pat Lee" in filer.get(address).text
    stranger = app.test_client().get(address).text
    assert "First Schools" in stranger
    assert "Pat Lee" not in stranger
    assert "Can we join?" in joiner.get(f"/tools/{tool.slug}").text
    assert "Lark Reader" in app.test_client().get("/agreements?state=oh").text
    assert "Lark Reader" in app.test_client().get("/agreements.csv").text
    (row,) = app.test_client().get(f"/agreements.json?tool={tool.slug}").json["agreements"]
    assert len(row["sha256"]) == 64

    checked = f"{address}/can-we-join?product={tool.id}&data_elements=name_student&check=1"
    page = joiner.get(checked).text
    assert "Your district can join" in page
    assert "never drafts" in page
    sent = joiner.send(
        f"{address}/join",
        product=str(tool.id),
        data_elements="name_student",
        until="",
        signer="Kim Roe, Superintendent",
        signed_on="2026-11-10",
        sent_to="privacy@lark.example",
        sent_on="2026-11-12",
        file=pdf(b"%PDF-1.7 ours"),
    )
    assert sent.location == f"/d/{second.leaid}/agreements"
    assert "Sent, not yet acknowledged" in joiner.get(sent.location).text
    inbox = seller.get(f"/v/{vendor.slug}/join-notices").text
    assert "Second Schools" in inbox
    answer = re.search(r'href="(/v/[^"]+/acknowledge)"', inbox)[1]
    seller.send(answer, name="Sam Doe, President", acknowledged_on="2026-11-14")
    desk = joiner.get(sent.location).text
    assert "Acknowledged, in force" in desk
    assert "by Sam Doe" in desk
    copy = re.search(r'href="(/d/[^"]+\.pdf)"', desk)[1]
    assert joiner.get(copy).data == b"%PDF-1.7 ours"


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"version": ""}, "Enter the version"),
        ({"products": []}, "Tick each product"),
        ({"data_elements": []}, "Tick the data"),
        ({"signed_on": "2027-01-01"}, "in the future"),
        ({"offer_until": ""}, "last day of the standing offer"),
        ({"registry_url": "javascript:alert(1)"}, "Enter a web address"),
        ({"file": b"GIF89a"}, "Choose one of these kinds: PDF"),
        ({"file": b""}, "file is empty"),
    ],
)
def test_a_paper_that_cannot_be_right_keeps_what_was_typed(make, client_for, look, changes, words):
    tool, district = make.tool(), make.district()
    client = client_for(make.buyer(district))
    sent = {**PAPER, "products": [str(tool.id)], "file": b"%PDF-1.7 signed"} | changes
    sent["file"] = (io.BytesIO(sent["file"]), "signed.pdf")

    page = client.send(f"/d/{district.leaid}/agreements/new/{tool.slug}", **sent)

    assert page.status_code == 422
    assert words in page.text
    assert "Any district of Ohio." in page.text
    with tenancy.everyone("test asserts"):
        assert look.exec(select(Agreement)).all() == []


def test_without_a_standing_offer_only_the_two_parties_see_it(make, client_for, app):
    vendor, district = make.vendor(), make.district()
    tool = make.tool(vendor)
    found = build.agreement(make, district, tool, offer_present=False)
    address = f"/agreements/{found.id}"
    partners = [make.buyer(district), make.person(vendor, Role.LISTING_EDITOR)]
    others = [make.buyer(make.district()), make.person(make.vendor(), Role.ADMINISTRATOR)]

    assert [client_for(p).get(address).status_code for p in partners] == [200, 200]
    assert [client_for(p).get(f"{address}/file").status_code for p in partners] == [200, 200]
    assert [client_for(p).get(address).status_code for p in others] == [404, 404]
    assert [client_for(p).get(f"{address}/file").status_code for p in others] == [404, 404]
    assert app.test_client().get(address).status_code == 404
    assert str(found.id) not in app.test_client().get(f"/tools/{tool.slug}").text


def test_an_offer_that_ended_leaves_the_lists_and_stays_readable(make, client_for, app):
    vendor = make.vendor()
    tool = make.tool(vendor)
    found = build.agreement(make, make.district(), tool)
    seller = client_for(make.person(vendor, Role.ADMINISTRATOR))
    address = f"/v/{vendor.slug}/agreements/{found.id}/withdraw"

    assert seller.send(address, reason=" ").status_code == 422
    assert seller.send(address, reason="We were sold.").status_code == 302
    twice = seller.send(address, reason="Again.")

    assert twice.status_code == 422
    assert "withdrawn already" in twice.text
    assert "We were sold." in app.test_client().get(f"/agreements/{found.id}").text
    assert str(found.id) not in app.test_client().get("/agreements").text
    assert "No standing offer is on file" in app.test_client().get(f"/tools/{tool.slug}").text


def test_the_checks_say_no_with_the_reason_and_offer_no_record(make, client_for):
    tool = make.tool()
    found = build.agreement(make, make.district(), tool)
    client = client_for(make.buyer(make.district(state="KY")))
    asked = f"product={tool.id}&data_elements=health&check=1"

    page = client.get(f"/agreements/{found.id}/can-we-join?{asked}").text

    assert "Your district cannot join" in page
    assert "law of Ohio" in page
    assert "leaves out: Health" in page
    assert "Record that you sent it" not in page
    empty = client.get(f"/agreements/{found.id}/can-we-join?check=1")
    assert empty.status_code == 422
