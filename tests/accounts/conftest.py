"""People with passwords, and the letters they get."""

import re

import pytest
from sqlmodel import col, select

from marketplace.accounts import security
from marketplace.core.mail import Letter

PASSWORD = "a slow walk round the lake"


@pytest.fixture
def join(app, make):
    """Somebody with `PASSWORD`: `join(district, Role.BUYER, email=...)`."""

    def build(organization=None, *roles, **fields):
        email = fields.pop("email", None) or f"p{len(fields)}-{next(_numbers)}@example.org"
        with app.app_context():
            hashed = security.new_hash(PASSWORD, email)
        user = make.person(organization, *roles, email=email, password=hashed)
        for name, value in fields.items():
            setattr(user, name, value)
        return make.save(user)

    return build


_numbers = iter(range(1, 10_000))


@pytest.fixture
def letters(look):
    """The letters to an address, oldest first."""

    def read(address):
        look.rollback()  # letters written since the last look
        query = select(Letter).where(Letter.recipient == address)
        return list(look.exec(query.order_by(col(Letter.written_at), col(Letter.id))))

    return read


@pytest.fixture
def link_in(letters):
    """The path of the link in the newest letter to an address."""

    def find(address, subject):
        [letter] = [entry for entry in letters(address) if entry.subject == subject][-1:]
        return re.search(r"http://127\.0\.0\.1:8000(/\S+)", letter.text)[1]

    return find


@pytest.fixture
def sign_in(app):
    def enter(email, password=PASSWORD, client=None, url="/sign-in"):
        client = client or app.test_client()
        return client, client.send(url, email=email, password=password)

    return enter


def cookie_of(client):
    cookie = client.get_cookie("session")
    return cookie.value if cookie else None


def is_signed_in(client):
    return client.get("/account").status_code == 200


def token_of(page):
    """The CSRF token in a page."""
    return page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
