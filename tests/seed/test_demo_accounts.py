"""Whoever starts the demo can sign in as everybody, and finds something to do."""

import pytest
from sqlmodel import select

import seed
from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import DEMO_ACCOUNTS, DEMO_PASSWORD, Role
from marketplace.consortia import queries as consortia
from marketplace.orders.models import Invoice
from marketplace.orders.rules import InvoiceStatus
from marketplace.pools import queries as pools
from marketplace.pools.rules import PoolStatus
from seed.accounts import password_of


@pytest.mark.parametrize("email", DEMO_ACCOUNTS)
def test_each_demo_account_can_sign_in(world, email):
    browser = world.app.test_client()

    answer = browser.send("/sign-in", email=email, password=DEMO_PASSWORD)

    assert answer.status_code == 302
    assert "/sign-in" not in answer.location


def test_a_wrong_password_does_not_sign_in(world):
    answer = world.app.test_client().send("/sign-in", email="lead@demo.test", password="x" * 20)

    assert answer.status_code == 422


def test_the_introduction_names_every_account_and_the_password():
    lines = "\n".join(seed.introduction())

    assert DEMO_PASSWORD in lines
    assert all(email in lines for email in DEMO_ACCOUNTS)


def test_other_people_have_no_password(look):
    office = accounts.user_by_email(look, "office@3602400.demo.test")

    assert office is not None
    assert office.password is None


def test_where_the_site_is_run_for_real_nobody_has_the_public_password(world, monkeypatch):
    monkeypatch.setitem(world.app.config, "MODE", "production")

    with world.app.app_context():
        assert password_of("operator@demo.test") is None


def _roles(look, email):
    identity = accounts.identity(look, accounts.user_by_email(look, email))
    return identity.roles, identity.organizations


def test_buyer_and_approver_share_a_district_with_an_open_pool_and_a_bill_to_pay(look):
    (_, of_buyer), (_, of_approver) = (
        _roles(look, "buyer@demo.test"),
        _roles(look, "approver@demo.test"),
    )
    assert set(of_buyer) == set(of_approver)
    district = next(iter(of_buyer))

    [(_, consortium)] = consortia.memberships_of(look, district)
    open_pools = [p for p in pools.pools_of(look, consortium.id) if p.status is PoolStatus.OPEN]
    joined = {pool.id for _, pool in pools.commitments_of_district(look, district)}
    bills = look.exec(
        select(Invoice).where(Invoice.org_id == district, Invoice.status == InvoiceStatus.ISSUED)
    ).all()

    assert any(pool.id not in joined for pool in open_pools)
    assert any(pool.id in joined for pool in open_pools)
    assert len(bills) == 1
    assert ("convener", consortium.id) in _roles(look, "lead@demo.test")[0]
    assert ("fiscal_agent", consortium.id) in _roles(look, "agent@demo.test")[0]


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("buyer@demo.test", Role.BUYER),
        ("approver@demo.test", Role.APPROVER),
        ("vendor@demo.test", Role.LISTING_EDITOR),
        ("reviewer@demo.test", Role.REVIEWER),
        ("second-reviewer@demo.test", Role.REVIEWER),
        ("funder@demo.test", Role.PROGRAMME_OFFICER),
        ("operator@demo.test", Role.OPERATOR),
    ],
)
def test_each_demo_account_holds_its_role(look, email, role):
    assert role in {held for held, _ in _roles(look, email)[0]}


@pytest.mark.parametrize("path", seed.PAGES.values())
def test_the_pages_of_the_benchmark_are_there(world, path):
    answer = world.app.test_client().get(path)

    assert answer.status_code == 200
    assert len(answer.data) <= 60_000
