"""A district signs up by look-up, seen through its pages."""

import pytest
from sqlmodel import select

from marketplace.accounts.models import Membership, Organization, User
from marketplace.accounts.rules import Role
from tests.directory.samples import own

ADDRESS = "/sign-up/district/3904480"
TYPED = {
    "person_name": "Dana Ruiz",
    "email": "dana@maple.example.org",
    "password": "seven purple tractors",
}


@pytest.fixture
def client(app, take_in):
    line = "3904480,Maple Valley,2023-24,1 Main St,Maple,OH,43,2018-19,312,2023-24,ELSI,400,50,2023"
    take_in("districts.csv", own(line))
    return app.test_client()


def test_the_look_up_leads_to_the_sign_up(client):
    page = client.get("/sign-up/district?q=mapel valley")

    assert page.status_code == 200
    assert f'href="{ADDRESS}"' in page.text
    assert "These come closest" in page.text


def test_what_is_known_is_shown_with_source_and_year(client):
    page = client.get(ADDRESS)

    assert "312" in page.text
    assert "ELSI, 2023-24" in page.text
    assert "1 Main St, Maple, OH" in page.text


def test_the_first_person_becomes_administrator_and_buyer(client, look):
    answer = client.send(ADDRESS, **TYPED)

    assert (answer.status_code, answer.location) == (302, "/sign-up/sent")
    organization = look.exec(select(Organization).where(Organization.leaid == "3904480")).one()
    assert (organization.name, organization.city, organization.state) == (
        *("Maple Valley", "Maple", "OH"),
    )
    roles = look.exec(select(Membership.role).where(Membership.org_id == organization.id)).all()
    assert set(roles) == {Role.ADMINISTRATOR, Role.BUYER}


def test_a_short_password_is_refused_and_what_was_typed_stays(client, look):
    answer = client.send(ADDRESS, **TYPED | {"password": "too short"})

    assert answer.status_code == 422
    assert "Use at least 15 characters." in answer.text
    assert 'value="Dana Ruiz"' in answer.text
    assert look.exec(select(User)).all() == []


def test_a_claimed_district_says_whom_to_ask_but_not_who(make, client, look):
    district = make.district("Maple Valley", leaid="3904480")
    make.person(district, Role.ADMINISTRATOR, email="superintendent@maple.k12.oh.us")

    page = client.get(ADDRESS)

    assert "Ask your admin" in page.text
    assert "s***@" in page.text
    assert "superintendent" not in page.text
    assert 'name="password"' not in page.text


def test_a_claimed_district_cannot_be_signed_up_again(make, client, look):
    token = client.get(ADDRESS).text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    make.district("Maple Valley", leaid="3904480")

    answer = client.post(ADDRESS, data={"csrf_token": token, **TYPED})

    assert "is here already" in answer.text
    assert look.exec(select(User)).all() == []


def test_an_unknown_district_is_not_found(client):
    assert client.get("/sign-up/district/9999999").status_code == 404
