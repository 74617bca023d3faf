"""Found, invite, ask, file a paper, leave: in a browser without scripts."""

import io
from datetime import date

import pytest

from marketplace.accounts.rules import Role
from marketplace.consortia import queries
from marketplace.consortia.rules import ConsortiumStatus, MemberStatus

PAPER = {
    "kind": "interlocal_agreement",
    "signer_name": "Pat Lee",
    "signer_title": "Superintendent",
    "signed_on": "2026-11-02",
    "scope": "Joint purchase of software",
    "starts_on": "2026-11-03",
    "ends_on": "2030-06-30",
}
#: What is typed in each step of founding.
FOUNDING = {
    "name": {
        "name": "Three Rivers Schools",
        "purpose": "Small districts buy together.",
        "time_zone": "America/New_York",
    },
    "shape": {"legal_shape": "joint", "fiscal_agent": "", "successor": ""},
    "members": {
        "who_may_join": "any_district",
        "admission": "lead",
        "weights": "one_each",
        "quorum_percent": "50",
        "majority": "more_than_half",
        "change_majority": "two_thirds",
        "proxies": "y",
        "conflict": "not_counted",
    },
    "money": {
        "cost_method": "hybrid",
        "equal_percent": "30",
        "rest": "per_pupil",
        "drop_free_days": "0",
        "drop_rule": "no_rise_or_consent",
        "late_join": "prorated",
        "true_up": "committed_total",
        "fee_percent": "2.5",
        "fee_cap": "1,500",
        "fee_payer": "vendor",
    },
    "end": {
        "books": "masked",
        "names": "everybody",
        "notice_days": "90",
        "leave_at": "year_end",
        "term_years": "10",
        "dissolution": "two_thirds",
        "leftover": "by_bills",
        "text": "We meet twice a year.",
    },
}


def found(client):
    """Through all the steps to the desk of the new consortium."""
    assert client.get("/consortia/new").location == "/consortia/new/name"
    for step, typed in FOUNDING.items():
        assert client.send(f"/consortia/new/{step}", **typed).status_code == 302, step
    assert client.get("/consortia/new").location == "/consortia/new/check"
    return client.send("/consortia/new/check")


def pdf():
    return (io.BytesIO(b"%PDF-1.7 signed"), "agreement.pdf")


def test_from_founding_to_an_active_member(make, client_for, see):
    agency, district = make.agency("Ohio Valley ESC"), make.district("Maple Valley")
    lead = client_for(make.person(agency, Role.ADMINISTRATOR))
    head = client_for(make.person(district, Role.ADMINISTRATOR))

    founded = found(lead)
    assert founded.location == "/c/three-rivers-schools/"
    assert "No district yet" in lead.get(founded.location).text
    invited = lead.send("/c/three-rivers-schools/invite", district="Maple Valley")
    assert invited.status_code == 302
    assert "Accept the by-laws" in head.get("/consortia/three-rivers-schools").text
    head.send("/consortia/three-rivers-schools/answer", accept_by_laws="y")
    filed = head.send("/consortia/three-rivers-schools/instrument", **PAPER, file=pdf())
    assert filed.location == "/consortia/three-rivers-schools"

    page = head.get(filed.location).text
    assert "Your district is a member since" in page
    organization, consortium = see(queries.consortium_by_slug, "three-rivers-schools")
    assert organization.time_zone == "America/New_York"
    assert consortium.status is ConsortiumStatus.FORMING
    assert "Constitute it now" in lead.get("/c/three-rivers-schools/").text
    assert see(queries.member, organization.id, district.id).status is MemberStatus.ACTIVE


def test_the_lead_constitutes_by_hand(make, client_for, see):
    consortium = make.consortium(status=ConsortiumStatus.FORMING)
    slug, lead = make.org_of(consortium).slug, client_for(make.convener(consortium))

    press(lead, f"/c/{slug}/", f"/c/{slug}/constitute")

    found = see(queries.consortium_of, consortium.org_id)
    assert found.status is ConsortiumStatus.CONSTITUTED


def press(client, page, action, **fields):
    """Press a button of a page that posts elsewhere."""
    text = client.get(page).text
    token = text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    return client.post(action, data={"csrf_token": token, **fields})


def test_a_district_asks_and_the_lead_says_yes(make, client_for, see):
    consortium, district = make.consortium(), make.district()
    slug, org = make.org_of(consortium).slug, consortium.org_id
    lead, head = client_for(make.convener(consortium)), client_for(make.buyer(district))

    refused = head.send(f"/consortia/{slug}/ask", words="Hello")
    assert refused.status_code == 422
    assert "Accept the by-laws to join." in refused.text
    assert "Hello" in refused.text
    head.send(f"/consortia/{slug}/ask", words="Hello", accept_by_laws="y")
    head.send(f"/consortia/{slug}/instrument", **PAPER, file=pdf())
    assert "Asks to join" in lead.get(f"/c/{slug}/").text
    member = f"/c/{slug}/members/{district.leaid}"
    press(lead, member, f"{member}/approve")

    assert see(queries.member, org, district.id).status is MemberStatus.ACTIVE


def test_the_lead_files_a_paper_and_downloads_it(make, client_for, see):
    consortium, district = make.consortium(), make.district()
    row = make.member(consortium, district, instrument=False)
    slug, lead = make.org_of(consortium).slug, client_for(make.convener(consortium))

    lead.send(f"/c/{slug}/members/{district.leaid}/instrument", **PAPER, file=pdf())

    (paper,) = see(queries.instruments_of, row.id)
    download = lead.get(f"/c/{slug}/instruments/{paper.id}.pdf")
    assert download.data == b"%PDF-1.7 signed"
    assert download.mimetype == "application/pdf"
    buyer = client_for(make.buyer(district))
    assert buyer.get(f"/c/{slug}/instruments/{paper.id}.pdf").status_code == 200
    other = make.district()
    make.member(consortium, other)
    for stranger in (make.buyer(other), make.convener(make.consortium())):
        client = client_for(stranger)
        assert client.get(f"/c/{slug}/instruments/{paper.id}.pdf").status_code == 404


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"signer_name": ""}, "Enter who signed."),
        ({"signed_on": "2027-01-01"}, "in the future"),
        ({"ends_on": "2026-11-03"}, "must be after"),
        ({"ends_on": "nonsense"}, "Not a valid date"),
        ({"file": (b"GIF89a", "scan.gif")}, "not a PDF"),
        ({"file": (b"", "")}, "file is empty"),
    ],
)
def test_a_paper_that_cannot_be_right_keeps_what_was_typed(make, client_for, changes, words, see):
    consortium, district = make.consortium(), make.district()
    row = make.member(consortium, district, instrument=False)
    client, slug = client_for(make.buyer(district)), make.org_of(consortium).slug

    sent = {**PAPER, "file": (b"%PDF-1.7 signed", "agreement.pdf")} | changes
    sent["file"] = (io.BytesIO(sent["file"][0]), sent["file"][1])

    page = client.send(f"/consortia/{slug}/instrument", **sent)

    assert page.status_code == 422
    assert words in page.text
    assert "Joint purchase of software" in page.text
    assert see(queries.instruments_of, row.id) == []


@pytest.mark.parametrize(
    "step, changes, words, kept",
    [
        ("name", {"name": ""}, "Enter a name.", "Small districts buy together."),
        ("shape", {"legal_shape": ""}, "Choose a legal shape.", "Joint bid"),
        ("shape", {"legal_shape": "pooled_cash"}, "needs a fiscal agent", "Pooled cash"),
        ("members", {"quorum_percent": "0"}, "Enter a percent from 1 to 100.", 'value="0"'),
        ("members", {"quorum_percent": "half"}, "Enter a whole number.", 'value="half"'),
        ("money", {"equal_percent": ""}, "Say how much is shared equally", 'value="2.5"'),
        ("money", {"cost_method": "equal"}, "Only “part equal, part by size”", 'value="30"'),
        ("money", {"fee_percent": "6"}, "Enter a fee from 0 to 5 percent.", 'value="1,500"'),
        ("money", {"fee_percent": "0"}, "Without a fee there is no top amount.", 'value="1,500"'),
        ("end", {"notice_days": "-5"}, "Enter a whole number.", "We meet twice a year."),
        ("end", {"books": "secret"}, "Not a valid choice", "We meet twice a year."),
    ],
)
def test_a_founding_that_lacks_something_is_refused(
    make, client_for, see, step, changes, words, kept
):
    agency = make.agency()
    person = make.person(agency, Role.ADMINISTRATOR)
    client = client_for(person)

    page = client.send(f"/consortia/new/{step}", **FOUNDING[step] | changes)

    assert page.status_code == 422
    assert words in page.text
    assert kept in page.text
    assert see(queries.founding_draft, agency.id, person.id) is None


def test_an_invitation_asks_which_district_is_meant(make, client_for):
    consortium = make.consortium()
    one, two = make.district("Springfield Local"), make.district("Springfield City")
    client, slug = client_for(make.convener(consortium)), make.org_of(consortium).slug

    several = client.send(f"/c/{slug}/invite", district="springfield")
    nobody = client.send(f"/c/{slug}/invite", district="Atlantis")
    exact = client.send(f"/c/{slug}/invite", district=one.leaid)

    assert several.status_code == nobody.status_code == 422
    assert one.leaid in several.text
    assert two.leaid in several.text
    assert "must sign up first" in nobody.text
    assert exact.status_code == 302


def test_strangers_and_other_leads_do_not_find_the_desk(make, client_for):
    consortium, district = make.consortium(), make.district()
    make.member(consortium, district)
    slug = make.org_of(consortium).slug
    pages = [
        f"/c/{slug}/",
        f"/c/{slug}/invite",
        f"/c/{slug}/members/{district.leaid}",
        f"/c/{slug}/members/{district.leaid}/end",
        f"/c/{slug}/members/{district.leaid}/instrument",
    ]
    stranger = client_for(make.convener(make.consortium()))
    member = client_for(make.buyer(district))

    assert [stranger.get(page).status_code for page in pages] == [404] * len(pages)
    assert [member.get(page).status_code for page in pages] == [403] * len(pages)


def test_the_public_page_and_the_list_name_members_and_no_papers(app, make):
    consortium = make.consortium(name="Three Rivers")
    district = make.district("Maple Valley")
    make.member(consortium, district, words="a private word")
    slug, stranger = make.org_of(consortium).slug, app.test_client()

    page = stranger.get(f"/consortia/{slug}").text
    assert "Maple Valley" in page
    assert "Joint bid" in page
    assert "Pat Lee" not in page
    assert "a private word" not in page
    assert "Three Rivers" in stranger.get("/consortia").text
    assert "Three Rivers" in stranger.get("/consortia?q=rivers&state=oh").text
    assert "Three Rivers" not in stranger.get("/consortia?q=nothing").text
    assert "Three Rivers,OH" in stranger.get("/consortia.csv").text
    (row,) = stranger.get("/consortia.json").json["consortia"]
    assert row["members"] == 1
    assert stranger.get("/consortia/nowhere").status_code == 404


def test_a_member_leaves(make, client_for, see):
    consortium, district = make.consortium(), make.district()
    make.member(consortium, district)
    client, slug = client_for(make.buyer(district)), make.org_of(consortium).slug

    assert "your last day is Jun 30, 2027" in client.get(f"/consortia/{slug}/leave").text
    client.send(f"/consortia/{slug}/leave")

    member = see(queries.member, consortium.org_id, district.id)
    assert (member.status, member.leaves_on) == (MemberStatus.ACTIVE, date(2027, 6, 30))
    assert "Its last day is Jun 30, 2027" in client.get(f"/consortia/{slug}").text
    client.send(f"/consortia/{slug}/leave", stay="1")
    assert see(queries.member, consortium.org_id, district.id).leaves_on is None
