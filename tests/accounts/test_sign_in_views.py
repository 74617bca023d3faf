"""Coming in and going out as a browser does it, letters read from the table."""

from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.accounts import letters as words
from marketplace.accounts import queries
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import DEMO_ACCOUNTS, OrganizationKind, Role
from marketplace.core import clock
from tests.accounts.conftest import PASSWORD, cookie_of, is_signed_in, token_of
from tests.conftest import on_sqlite

SIGN_UP = {
    "org_name": "Lakeside Tools",
    "state": "OH",
    "person_name": "Ana Reyes",
    "email": "ana@lakeside.example",
    "password": PASSWORD,
}
NEW = "another walk along the river"


# -- signing up and confirming ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "home"),
    [
        ("vendor", "/v/lakeside-tools/"),
        ("funder", "/f/lakeside-tools/"),
        ("service-agency", "/account"),
    ],
)
def test_somebody_signs_up_confirms_and_is_in(app, link_in, kind, home):
    client = app.test_client()

    sent = client.send(f"/sign-up/{kind}", **SIGN_UP)
    assert (sent.status_code, sent.location) == (302, "/sign-up/sent")
    assert "Check your e-mail" in client.get("/sign-up/sent").text
    assert not is_signed_in(client)
    confirmed = client.send(link_in(SIGN_UP["email"], words.CONFIRM))

    assert (confirmed.status_code, confirmed.location) == (302, home)
    assert is_signed_in(client)


def test_the_choice_of_sign_up_leads_to_every_kind(app):
    page = app.test_client().get("/sign-up").text

    for kind in ("district", "vendor", "funder", "service-agency"):
        assert f'href="/sign-up/{kind}"' in page


def test_opening_the_confirmation_link_alone_changes_nothing(app, link_in, look):
    client = app.test_client()
    client.send("/sign-up/vendor", **SIGN_UP)
    link = link_in(SIGN_UP["email"], words.CONFIRM)

    assert client.get(link).status_code == 200

    look.rollback()
    assert queries.user_by_email(look, SIGN_UP["email"]).confirmed_at is None


def test_a_confirmation_link_signs_in_once(app, link_in):
    client, thief = app.test_client(), app.test_client()
    client.send("/sign-up/vendor", **SIGN_UP)
    link = link_in(SIGN_UP["email"], words.CONFIRM)
    client.send(link)

    again = thief.send(link)

    assert again.status_code == 422
    assert "confirmed already" in again.text
    assert not is_signed_in(thief)


def test_a_confirmation_link_grows_old_and_can_be_asked_for_again(app, link_in):
    client = app.test_client()
    client.send("/sign-up/vendor", **SIGN_UP)
    link = link_in(SIGN_UP["email"], words.CONFIRM)

    with clock.frozen(clock.now() + timedelta(days=5, seconds=1)):
        assert "too old" in client.send(link).text
        client.send("/confirm", email=SIGN_UP["email"])
        fresh = client.send(link_in(SIGN_UP["email"], words.CONFIRM))

    assert fresh.location == "/v/lakeside-tools/"


def test_who_has_not_confirmed_does_not_come_in(app, sign_in):
    app.test_client().send("/sign-up/vendor", **SIGN_UP)

    client, answer = sign_in(SIGN_UP["email"])

    assert answer.status_code == 422
    assert "Confirm your e-mail address first" in answer.text
    assert not is_signed_in(client)


def test_what_was_typed_stays_when_sign_up_is_refused(app, look):
    answer = app.test_client().send("/sign-up/vendor", **SIGN_UP | {"password": "Zq7-secret"})

    assert answer.status_code == 422
    assert "Use at least 15 characters." in answer.text
    assert 'value="Ana Reyes"' in answer.text
    assert "Zq7-secret" not in answer.text
    assert look.exec(select(Organization)).all() == []


# -- signing in and out ----------------------------------------------------------------------


def test_signing_in_leads_home_and_renews_the_session(make, join, app, sign_in):
    join(make.district(leaid="3904567"), Role.BUYER, email="b@x.org")
    planted = app.test_client()
    planted.get("/sign-in")
    before = cookie_of(planted)
    with planted.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        token_before = cookie["csrf_token"]

    _, answer = sign_in("B@X.org ", client=planted)

    assert answer.location == "/d/3904567/"
    assert cookie_of(planted) != before
    with planted.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != token_before


def without_what_always_differs(answer, *typed):
    """A page without its token, its nonce and the address that was typed."""
    text = answer.text
    for mark in ('name="csrf_token" type="hidden" value="', 'nonce="'):
        first, *others = text.split(mark)
        text = first + "".join(part.partition('"')[2] for part in others)
    for word in typed:
        text = text.replace(word, "")
    return text


def test_sign_in_does_not_tell_who_has_an_account(make, join, sign_in):
    join(make.district(), Role.BUYER, email="known@x.org")

    answers = [sign_in(f"{name}@x.org", "not the right one")[1] for name in ("known", "nobody")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert len({without_what_always_differs(a, "known", "nobody") for a in answers}) == 1


@pytest.mark.parametrize(
    ("url", "fields"), [("/reset", {}), ("/confirm", {}), ("/sign-up/vendor", SIGN_UP)]
)
def test_letters_are_asked_for_alike_with_and_without_an_account(make, join, app, url, fields):
    join(make.district(), Role.BUYER, email="known@x.org")
    seen = set()
    for email in ("known@x.org", "nobody@x.org"):
        client = app.test_client()
        answer = client.send(url, **fields | {"email": email})
        page = client.get(answer.location)
        text = without_what_always_differs(page, "known", "nobody")
        seen.add((answer.status_code, answer.location, text))

    assert len(seen) == 1


def test_a_closed_account_stays_out_and_its_open_session_ends(make, join, sign_in):
    user = join(make.district(), Role.BUYER, email="b@x.org")
    client, _ = sign_in("b@x.org")
    assert is_signed_in(client)
    user.active = False
    make.save(user)

    assert not is_signed_in(client)
    assert sign_in("b@x.org")[1].status_code == 422


def test_signing_out_takes_a_post(make, join, sign_in):
    join(make.district(), Role.BUYER, email="b@x.org")
    client, _ = sign_in("b@x.org")

    assert "Sign out" in client.get("/sign-out").text
    assert client.post("/sign-out").status_code == 400
    assert is_signed_in(client)
    assert client.send("/sign-out").location == "/sign-in"

    assert not is_signed_in(client)


def test_a_closed_page_asks_to_sign_in_and_then_comes_back(make, join, app, sign_in):
    join(make.district(), Role.BUYER, email="b@x.org")
    client = app.test_client()

    asked = client.get("/account/people?page=2")
    _, answer = sign_in("b@x.org", client=client, url=asked.location)

    assert answer.location == "/account/people?page=2"


# -- links in letters ------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_letter_once(make, join, app, sign_in, link_in):
    join(make.district(), Role.BUYER, email="b@x.org")
    old_session, _ = sign_in("b@x.org")
    client = app.test_client()

    client.send("/reset", email="B@x.org")
    link = link_in("b@x.org", words.RESET)
    answer = client.send(link, password=NEW)

    assert answer.location == "/sign-in"
    assert not is_signed_in(old_session)
    assert sign_in("b@x.org")[1].status_code == 422
    assert is_signed_in(sign_in("b@x.org", NEW)[0])
    again = client.get(link)
    assert again.status_code == 422
    assert "already used" in again.text


def test_a_reset_link_opened_twice_is_spent_once(make, join, app, sign_in, link_in):
    join(make.district(), Role.BUYER, email="b@x.org")
    client, other = app.test_client(), app.test_client()
    client.send("/reset", email="b@x.org")
    link = link_in("b@x.org", words.RESET)
    tokens = [token_of(browser.get(link)) for browser in (client, other)]

    first = client.post(link, data={"csrf_token": tokens[0], "password": NEW})
    second = other.post(link, data={"csrf_token": tokens[1], "password": "stolen by somebody"})

    assert (first.status_code, second.status_code) == (302, 422)
    assert is_signed_in(sign_in("b@x.org", NEW)[0])


def test_a_reset_link_grows_old(make, join, app, link_in):
    join(make.district(), Role.BUYER, email="b@x.org")
    client = app.test_client()
    client.send("/reset", email="b@x.org")
    link = link_in("b@x.org", words.RESET)

    assert client.get(link).status_code == 200
    with clock.frozen(clock.now() + timedelta(hours=2, seconds=1)):
        answer = client.get(link)

    assert answer.status_code == 422
    assert "too old" in answer.text


def test_one_kind_of_link_does_not_open_the_other(app, link_in):
    client = app.test_client()
    client.send("/sign-up/vendor", **SIGN_UP)
    token = link_in(SIGN_UP["email"], words.CONFIRM).rpartition("/")[2]

    assert client.get(f"/reset/{token}").status_code == 422
    assert client.get("/reset/nonsense").status_code == 422


def test_letters_name_our_own_host_whatever_the_request_says(make, join, app, letters):
    join(make.district(), Role.BUYER, email="b@x.org")
    client = app.test_client()
    token = token_of(client.get("/reset"))
    for host in ("localhost", "127.0.0.1:9", "evil.example", "127.0.0.1:8000@evil.example"):
        client.post(
            "/reset",
            data={"csrf_token": token, "email": "b@x.org"},
            headers={"Host": host, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "x"},
        )

    # The cookie of `localhost` goes to no other host: only that request has its token.
    assert letters("b@x.org")
    for letter in letters("b@x.org"):
        assert "evil" not in letter.text
        assert "http://127.0.0.1:8000/reset/" in letter.text


def test_a_letter_goes_to_the_stored_address_only(make, join, app, letters):
    join(make.district(), Role.BUYER, email="quack@x.org")

    app.test_client().send("/reset", email="Quac\u212a@x.org")

    assert len(letters("quack@x.org")) == 1
    assert letters("Quac\u212a@x.org") == []


# -- the demo's people -----------------------------------------------------------------------


def test_the_example_people_are_offered_in_the_demo_only(make, join, app):
    join(make.district(leaid="3904567"), Role.BUYER, email="buyer@demo.test")
    client = app.test_client()
    closed = client.get("/sign-in")
    sent = {"csrf_token": token_of(closed), "email": "buyer@demo.test"}
    for mode in ("test", "production"):
        app.config["MODE"] = mode
        assert "demo.test" not in client.get("/sign-in").text
        assert "district-commons-demo" not in client.get("/sign-in").text
        assert client.post("/sign-in/demo", data=sent).status_code == 404

    app.config["MODE"] = "demo"
    opened = client.get("/sign-in").text

    assert "buyer@demo.test" in opened
    assert "district-commons-demo" in opened
    assert client.post("/sign-in/demo", data={"email": "buyer@demo.test"}).status_code == 400
    assert client.post("/sign-in/demo", data=sent).location == "/d/3904567/"


def test_a_demo_button_opens_example_accounts_only(make, join, app):
    join(make.district(), Role.BUYER, email="real@x.org")
    assert "real@x.org" not in DEMO_ACCOUNTS
    app.config["MODE"] = "demo"
    client = app.test_client()

    sent = {"csrf_token": token_of(client.get("/sign-in")), "email": "real@x.org"}
    answer = client.post("/sign-in/demo", data=sent)

    assert answer.location == "/sign-in"
    assert not is_signed_in(client)


# -- where `next=` may lead ------------------------------------------------------------------

FOREIGN = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "\\/evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "HTTPS://evil.example/account",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/account\r\nLocation: https://evil.example",
    "/account\x00",
    "//evil.example/account",
    "/account@evil.example",
    "@evil.example",
    "account",
    "evil.example",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/account/..//evil.example",
    "//127.0.0.1:8000@evil.example",
    "/no/such/page",
    "/sign-out",
    "/sign-in",
    "/account/act-for",
    "//[::1",
    "/invite//evil.example",
    "/" + "a" * 5000,
    "\u2044\u2044evil.example",
    "/\u2028/evil.example",
    "",
]


@on_sqlite
def test_next_leads_only_to_pages_of_ours(make, join, app):
    join(make.district(leaid="3904567"), Role.BUYER, email="b@x.org")
    led = {}
    for wanted in FOREIGN:
        client = app.test_client()
        sent = {
            "csrf_token": token_of(client.get("/sign-in")),
            "email": "b@x.org",
            "password": PASSWORD,
        }
        answer = client.post("/sign-in", query_string={"next": wanted}, data=sent)
        led[wanted] = (answer.status_code, answer.location)

    assert led.pop("/account\x00") == (400, None)
    assert set(led.values()) == {(302, "/d/3904567/")}


@on_sqlite
@pytest.mark.parametrize(
    ("wanted", "built"),
    [
        ("/account", "/account"),
        ("/account/people?page=2&x=//evil.example", "/account/people?page=2&x=%2F%2Fevil.example"),
        ("/account#//evil.example", "/account"),
        ("/invite/token", "/invite/token"),
    ],
)
def test_next_is_built_anew_from_our_routes(make, join, app, wanted, built):
    join(make.district(leaid="3904567"), Role.BUYER, email="b@x.org")
    client = app.test_client()
    sent = {
        "csrf_token": token_of(client.get("/sign-in")),
        "email": "b@x.org",
        "password": PASSWORD,
    }

    answer = client.post("/sign-in", query_string={"next": wanted}, data=sent)

    assert answer.location == built


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (Role.CONVENER, "/c/three-rivers/"),
        (Role.FISCAL_AGENT, "/c/three-rivers/money"),
        (Role.VOTER, "/consortia/three-rivers"),
    ],
)
def test_people_of_a_consortium_begin_on_a_page_that_is_open_to_them(
    make, join, sign_in, role, home
):
    circle = make.organization(OrganizationKind.CONSORTIUM, "Three Rivers", slug="three-rivers")
    join(circle, role, email="kim@x.org")

    _, sent = sign_in("kim@x.org")

    assert sent.location == home
