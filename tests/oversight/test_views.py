"""Report, decide, answer, close: in a browser without scripts; and what nobody else sees."""

import io

from marketplace.accounts.rules import Role
from marketplace.catalogue.listing_models import ToolFollower
from marketplace.core import clock
from tests.conftest import on_sqlite

pytestmark = on_sqlite
SECRET = "A clerk of ours saw a list of pupils."


def press(client, page, action, **fields):
    token = client.get(page).text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    return client.post(action, data={"csrf_token": token, **fields})


def test_from_the_report_to_the_closed_line(make, desk, client_for, app, deliver):
    vendor, district = make.vendor(), make.district(state="NY")
    tool, consortium = make.tool(vendor), make.consortium()
    pool = make.pool(consortium, tool)
    make.save(ToolFollower(org_id=district.id, tool_id=tool.id, since=clock.now()))
    buyer, stranger = client_for(make.buyer(district)), app.test_client()
    seller = client_for(make.person(vendor, Role.ADMINISTRATOR))
    ann, bo = client_for(desk.ann), client_for(desk.bo)
    of_tool = f"/tools/{tool.slug}"
    of_pool = f"/pools/{make.org_of(consortium).slug}/{pool.slug}"

    report = f"{of_tool}/report-incident"
    assert buyer.send(report, words=" ", once_key="k").status_code == 422
    sent = buyer.send(report, words=SECRET, once_key="k", vendor_knew_on="2026-11-12")
    again = buyer.send(report, words=SECRET, once_key="k")
    assert sent.location == again.location
    address = sent.location
    assert "Nobody has confirmed it yet" in stranger.get(of_tool).text
    assert SECRET not in stranger.get(address).text
    assert district.name not in stranger.get(address).text
    assert "Confirmed incident" not in stranger.get(of_pool).text

    page = f"/admin/incidents/{address.rsplit('/', 1)[1]}"
    assert SECRET in ann.get(page).text
    said = {"public_words": "Names were open.", "evidence_words": "A screenshot."}
    refused = press(ann, page, f"{page}/propose", **said)
    assert refused.status_code == 422
    assert "Names were open." in refused.text
    said |= {"exposes_students": "y", "file": (io.BytesIO(b"%PDF-1.7 proof"), "proof.pdf")}
    assert press(ann, page, f"{page}/propose", **said).status_code == 302
    assert "Names were open." not in stranger.get(address).text
    same_person = press(ann, page, f"{page}/confirm")
    assert same_person.status_code == 422
    assert "Another person must agree" in same_person.text
    press(bo, page, f"{page}/confirm")
    deliver()

    for shown in (of_tool, of_pool):
        assert "Confirmed incident" in stranger.get(shown).text
        assert "Names were open." in stranger.get(shown).text
    desk_page = buyer.get(f"/d/{district.leaid}/incidents").text
    assert "November 26, 2026" in desk_page
    assert "8 NYCRR 121.10" in desk_page
    answer = f"/v/{vendor.slug}/incidents/{address.rsplit('/', 1)[1]}/answer"
    seller.send(answer, words="We closed it within an hour.")
    assert "We closed it within an hour." in stranger.get(address).text
    press(bo, page, f"{page}/close", done="The list is gone.")

    assert "Confirmed incident" not in stranger.get(of_tool).text
    assert "Closed Nov 16, 2026" in stranger.get(of_tool).text
    assert "The list is gone." in stranger.get(address).text
    assert "closed" in stranger.get("/open/incidents.csv").text
    (row,) = stranger.get("/open/incidents.json").json["incidents"]
    assert row["words"] == "Names were open."


def test_a_report_that_cannot_be_confirmed_leaves_the_page_of_the_tool(make, desk, client_for, app):
    tool = make.tool()
    incident = desk.reported(tool)
    ann, page = client_for(desk.ann), f"/admin/incidents/{incident.id}"

    assert press(ann, page, f"{page}/dismiss", why="").status_code == 422
    press(ann, page, f"{page}/dismiss", why="It was another tool.")

    assert "None on file" in app.test_client().get(f"/tools/{tool.slug}").text
    assert "could not confirm" in app.test_client().get(f"/open/incidents/{incident.id}").text


def test_others_do_not_find_the_desks(make, desk, client_for):
    incident = desk.confirmed(make.tool())
    other = make.vendor()
    seller = client_for(make.person(other, Role.ADMINISTRATOR))
    district = make.district()

    assert client_for(make.buyer(district)).get("/admin/incidents").status_code == 403
    assert seller.get(f"/v/{other.slug}/incidents/{incident.id}/answer").status_code == 404
    strange = make.district()
    assert client_for(make.buyer(strange)).get(f"/d/{district.leaid}/incidents").status_code == 404
