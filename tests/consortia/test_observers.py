"""Who reads along, what is on record about a member, and who may found a consortium."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from marketplace.accounts.models import Affiliation
from marketplace.accounts.rules import Role
from marketplace.consortia import observer_queries, observer_service, queries, service
from marketplace.consortia.models import Observer
from marketplace.core import clock
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.consortia.test_service import across, paper


@pytest.fixture
def rivers(make):
    return make.consortium(name="River Schools")


def name(act, who, consortium, organization, words="It pays a part."):
    use_case = across(observer_service.name_observer)
    return act(who, use_case, consortium.org_id, organization.id, words)


def ties(see, organization):
    return see(
        lambda s: s.exec(
            select(Affiliation.circle_id).where(Affiliation.org_id == organization.id)
        ).all()
    )


def test_an_organization_reads_along_until_it_is_let_go(make, act, see, rivers, deliver):
    lead, fund = make.convener(rivers), make.funder("Maple Fund")
    officer = make.person(fund, Role.ADMINISTRATOR)
    row = name(act, lead, rivers, fund)
    assert name(act, lead, rivers, fund).id == row.id  # the same form, twice
    assert ties(see, fund) == [rivers.org_id]
    deliver()
    assert [each.recipient for each in see(lambda s: s.exec(select(Letter)).all())] == [
        officer.email
    ]
    act(lead, across(observer_service.end_observing), row.id)
    act(lead, across(observer_service.end_observing), row.id)

    assert ties(see, fund) == []
    kept = see(observer_queries.get_observer, row.id)
    assert kept.ended_at == NOW  # never deleted


@on_sqlite
def test_who_may_be_named_and_by_whom(make, act, see, rivers):
    lead, district = make.convener(rivers), make.district()
    make.member(rivers, district)
    with pytest.raises(RuleBroken, match="belongs to the consortium"):
        name(act, lead, rivers, district)
    with pytest.raises(RuleBroken, match="service agency or a funder"):
        name(act, lead, rivers, make.vendor())
    with pytest.raises(NotAllowed):
        name(act, make.buyer(district), rivers, make.funder())
    with pytest.raises(NotAllowed):
        name(act, make.convener(make.consortium()), rivers, make.funder())


@on_sqlite
def test_an_observer_that_becomes_a_member_observes_no_more_and_keeps_reading(
    make, act, see, rivers
):
    lead, district = make.convener(rivers), make.district()
    row = name(act, lead, rivers, district)
    buyer = make.buyer(district)
    act(buyer, across(service.ask_to_join), rivers.org_id, accept_by_laws=True)
    act(buyer, across(service.file_instrument), rivers.org_id, district.id, paper())
    act(lead, across(service.approve_request), rivers.org_id, district.id)

    assert see(observer_queries.get_observer, row.id).ended_at == NOW
    assert ties(see, district) == [rivers.org_id]


@on_postgresql
def test_two_who_name_the_same_observer_at_once_name_it_once(make, act, see, rivers):
    leads, fund = [make.convener(rivers), make.convener(rivers)], make.funder()

    def run(lead):
        with clock.frozen(NOW):
            try:
                return str(name(act, lead, rivers, fund).id)
            except RuleBroken as refusal:
                return str(refusal)

    with ThreadPoolExecutor(2) as both:
        said = list(both.map(run, leads))

    assert sum("observer already" in each for each in said) == 1
    assert len(see(lambda s: s.exec(select(Observer)).all())) == 1


@on_sqlite
def test_the_pages_of_observers(make, act, app, client_for, rivers):
    lead, fund = client_for(make.convener(rivers)), make.funder("Maple Fund")
    slug = make.org_of(rivers).slug
    make.person(make.org_of(rivers), Role.OBSERVER, name="Robin Reader")
    page = f"/c/{slug}/observers"
    refused = lead.send(page, observer="Oak Fund", words="It pays a part.")
    assert refused.status_code == 422
    assert "exactly that name" in refused.text
    assert "It pays a part." in refused.text
    assert lead.send(page, observer="maple fund", words="It pays a part.").status_code == 302
    shown = lead.get(page).text
    assert fund.name in shown
    assert "Robin Reader" in shown
    public = app.test_client().get(f"/consortia/{slug}").text
    assert "Maple Fund, 1 person in their own name" in public
    end = shown.split('action="')[1].split('"')[0]
    token = shown.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    lead.post(end, data={"csrf_token": token})

    assert "Maple Fund" not in app.test_client().get(f"/consortia/{slug}").text


@on_sqlite
def test_a_members_history_keeps_every_step_vote_and_paper(make, act, client_for, see, rivers):
    lead, district = make.convener(rivers), make.district("Maple Valley")
    buyer, other = make.buyer(district), make.district()
    make.member(rivers, other)
    act(lead, service.invite_district, rivers.org_id, district.id)
    joins = {"join": True, "accept_by_laws": True}
    act(buyer, across(service.answer_invitation), rivers.org_id, **joins)
    act(buyer, across(service.file_instrument), rivers.org_id, district.id, paper())
    act(buyer, across(service.name_voters), rivers.org_id, buyer.id, None)
    make.commitment(make.pool(rivers, title="Reading Pool"), district)
    act(lead, across(service.end_membership), rivers.org_id, district.id)
    page = f"/consortia/{make.org_of(rivers).slug}/members/{district.leaid}"
    stranger = make.buyer(make.district())

    for reader in (lead, buyer, make.buyer(other)):
        shown = client_for(reader).get(page)
        assert shown.status_code == 200
        for words in ("Invited", "Accepted the invitation", "active member", "Named who votes"):
            assert words in shown.text
        assert "Left, or was turned down" in shown.text
        assert "Interlocal agreement" in shown.text
        assert "Reading Pool" in shown.text
        assert "It has not had a vote yet." in shown.text
    assert client_for(stranger).get(page).status_code in (403, 404)
    assert ".pdf" not in client_for(make.buyer(other)).get(page).text
    assert see(queries.get_member, rivers.org_id, district.id).ended_at is not None


@on_sqlite
@pytest.mark.parametrize(
    "role, founds", [("administrator", True), ("approver", True), ("buyer", False)]
)
def test_who_may_found_is_led_on_and_who_may_not_is_told_how(make, client_for, role, founds):
    district = make.district("Maple Valley")
    client = client_for(make.person(district, Role(role)))
    begin = client.get("/consortia/new")

    if founds:
        assert begin.location == "/consortia/new/name"
        return
    assert begin.status_code == 200
    assert "Ask a colleague" in begin.text
    assert client.get("/consortia/new/name").location == "/consortia/new"
    assert client.get("/consortia/new/check").location == "/consortia/new"
    page = client.get("/account").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    assert client.post("/consortia/new/name", data={"csrf_token": token}).status_code == 403


@on_sqlite
def test_a_lead_who_acts_for_the_consortium_is_told_to_switch(make, client_for, rivers):
    lead = make.convener(rivers)
    lead.acting_for = rivers.org_id
    make.save(lead)
    agency = make._organization(rivers.lead_agency_id)

    page = client_for(lead).get("/consortia/new").text

    assert f"<strong>{agency.name}</strong>" in page
    assert "Switch on your account page" in page
