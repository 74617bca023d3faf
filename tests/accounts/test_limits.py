"""How often a stranger may try, with the limits on as in production."""

import pytest

from marketplace.accounts.rules import Role
from marketplace.app import create_app
from marketplace.core import db
from tests.accounts.conftest import PASSWORD, token_of
from tests.conftest import Browser, on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def limited(app, database_url, tmp_path):
    site = create_app(
        MODE="test",
        VAR=tmp_path,
        DATABASE_URL=database_url,
        SECRET_KEYS=["a secret for tests only, long enough"],
        RATE_LIMITS=True,
    )
    site.test_client_class = Browser
    yield site
    db.dispose(site)
    create_app(  # the limiter is one for the process: leave it as other tests expect it
        MODE="test", VAR=tmp_path, DATABASE_URL=database_url
    )


def guess(client, email, address="10.0.0.1", password="a wrong password", **headers):
    token = token_of(client.get("/sign-in"))
    return client.post(
        "/sign-in",
        data={"csrf_token": token, "email": email, "password": password},
        headers=headers,
        environ_overrides={"REMOTE_ADDR": address},
    )


def test_guessing_from_one_connection_ends_whatever_the_headers_say(limited):
    client = limited.test_client()

    statuses = [
        guess(client, f"p{n}@x.org", **{"X-Forwarded-For": f"10.1.1.{n}"}).status_code
        for n in range(22)
    ]

    assert statuses == [422] * 20 + [429] * 2
    assert guess(client, "p@x.org", address="10.0.0.2").status_code == 422


@pytest.mark.parametrize("email", ["known@x.org", "nobody@x.org"])
def test_guessing_one_account_from_many_connections_ends_alike(limited, make, join, email):
    join(make.district(), Role.BUYER, email="known@x.org")
    client = limited.test_client()

    statuses = [guess(client, email, address=f"10.0.1.{n}").status_code for n in range(22)]

    assert statuses == [422] * 20 + [429] * 2


def test_coming_in_rightly_uses_up_nothing(limited, make, join):
    join(make.district(), Role.BUYER, email="known@x.org")

    statuses = {
        guess(limited.test_client(), "known@x.org", password=PASSWORD).status_code
        for _ in range(25)
    }

    assert statuses == {302}


def test_asking_for_letters_has_an_end(limited):
    client = limited.test_client()
    token = token_of(client.get("/reset"))

    statuses = [
        client.post("/reset", data={"csrf_token": token, "email": f"p{n}@x.org"}).status_code
        for n in range(22)
    ]

    assert statuses == [302] * 20 + [429] * 2
    assert client.get("/reset").status_code == 200
