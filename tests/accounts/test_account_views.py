"""One's own account and one's colleagues, as a browser sees them."""

from contextlib import contextmanager

from sqlalchemy import Engine, event

from marketplace.accounts import letters as words
from marketplace.accounts import queries
from marketplace.accounts.rules import Role
from marketplace.core import clock
from tests.accounts.conftest import PASSWORD, cookie_of, is_signed_in, token_of

NEW = "another walk along the river"


def test_changing_the_password_ends_the_other_sessions_only(make, join, sign_in, letters):
    join(make.district(), Role.BUYER, email="b@x.org")
    here, _ = sign_in("b@x.org")
    there, _ = sign_in("b@x.org")
    before = cookie_of(here)

    wrong = here.send("/account/password", current="not this one at all", password=NEW)
    right = here.send("/account/password", current=PASSWORD, password=NEW)

    assert (wrong.status_code, right.location) == (422, "/account")
    assert "not your current password" in wrong.text
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert cookie_of(here) != before
    assert [letter.subject for letter in letters("b@x.org")] == [words.CHANGED]


def test_signing_out_everywhere_kills_a_stolen_cookie(make, join, app, sign_in):
    join(make.district(), Role.BUYER, email="b@x.org")
    client, _ = sign_in("b@x.org")
    thief = app.test_client()
    thief.set_cookie("session", cookie_of(client))
    assert is_signed_in(thief)

    token = token_of(client.get("/account/security"))
    client.post("/account/security/sign-out-everywhere", data={"csrf_token": token})

    assert (is_signed_in(client), is_signed_in(thief)) == (False, False)


def test_the_account_page_switches_between_organizations(make, join, sign_in):
    district, vendor = make.district("Maple City"), make.vendor("Lumen", slug="lumen")
    foreign = make.district()
    user = join(district, Role.BUYER, email="b@x.org")
    make.role(user, vendor, Role.FINANCE)
    client, _ = sign_in("b@x.org")

    page = client.get("/account")
    token = token_of(page)
    refused = client.post("/account/act-for", data={"csrf_token": token, "org_id": foreign.id})
    switched = client.post("/account/act-for", data={"csrf_token": token, "org_id": vendor.id})

    assert "Maple City" in page.text
    assert "Lumen" in page.text
    assert refused.status_code == 422
    assert switched.location == "/v/lumen/"
    assert "You act for Lumen now." in client.get("/account").text
    assert client.post("/account/act-for", data={}).status_code == 400


def test_knowing_who_is_signed_in_takes_three_queries(make, join, sign_in):
    district = make.district()
    user = join(district, Role.BUYER, email="b@x.org")
    for _ in range(5):
        make.role(user, make.vendor(), Role.FINANCE)
    client, _ = sign_in("b@x.org")
    said = []
    with counting(said):
        assert client.get("/account").status_code == 200

    assert len(said) == 3, said


@contextmanager
def counting(said):
    """Note every statement that reaches the database."""

    def note(_connection, _cursor, sql, *_rest):
        if not sql.startswith("BEGIN"):
            said.append(sql)

    event.listen(Engine, "before_cursor_execute", note)
    yield
    event.remove(Engine, "before_cursor_execute", note)


def test_somebody_without_an_organization_is_told_what_to_do(join, sign_in):
    join(email="b@x.org")

    client, answer = sign_in("b@x.org")

    assert answer.location == "/account"
    assert "You act for nobody yet" in client.get("/account").text
    assert client.get("/account/people").status_code == 403


def test_a_colleague_is_invited_joins_and_is_removed(make, client_for, app, link_in, look):
    district = make.district("Maple City", leaid="3904567")
    boss = client_for(make.person(district, Role.ADMINISTRATOR, name="Bo"))

    sent = boss.send("/account/people/invite", email="new@x.org", role="approver")
    assert sent.location == "/account/people"
    assert "new@x.org" in boss.get("/account/people").text
    colleague = app.test_client()
    link = link_in("new@x.org", words.INVITED.format("Maple City"))
    assert "n***@x.org" in colleague.get(link).text
    joined = colleague.send(link, name="New Person", password=PASSWORD)

    assert joined.location == "/d/3904567/"
    assert "New Person" in colleague.get("/account").text
    assert colleague.get(link).status_code == 409
    assert colleague.get("/account/people/invite").status_code == 403
    page = boss.get("/account/people")
    assert "New Person" in page.text
    look.rollback()
    held = {person.name: held.id for held, person in look.exec(queries.roles_held(district.id))}
    data = {"csrf_token": token_of(page)}
    gone = boss.post(f"/account/people/{held['New Person']}/remove-role", data=data)
    assert gone.location == "/account/people"
    assert "You act for nobody yet" in colleague.get("/account").text
    last = boss.post(f"/account/people/{held['Bo']}/remove-role", data=data)
    assert last.status_code == 422
    assert "last administrator" in last.text


def test_an_invitation_of_somebody_else_is_not_accepted(
    make, client_for, app, link_in, sign_in, join
):
    district = make.district("Maple City", leaid="3904567")
    boss = client_for(make.person(district, Role.ADMINISTRATOR))
    join(make.district(), Role.BUYER, email="new@x.org")
    other = client_for(make.person(make.district(), Role.BUYER))
    boss.send("/account/people/invite", email="new@x.org", role="buyer")
    link = link_in("new@x.org", words.INVITED.format("Maple City"))

    page = other.get(link)
    assert "signed in with another address" in page.text
    assert other.post(link, data={"csrf_token": token_of(page)}).status_code == 403
    asked = app.test_client().get(link).text
    assert "/sign-in?next=" in asked
    mine, back = sign_in("new@x.org", url=f"/sign-in?next={link}")
    assert back.location == link
    assert mine.send(link).location == "/d/3904567/"


def test_a_withdrawn_invitation_says_so(make, client_for, app, link_in, look):
    district = make.district("Maple City")
    boss = client_for(make.person(district, Role.ADMINISTRATOR))
    boss.send("/account/people/invite", email="new@x.org", role="buyer")
    link = link_in("new@x.org", words.INVITED.format("Maple City"))
    [waiting] = queries.waiting_invitations(look, district.id, clock.now())
    token = token_of(boss.get("/account/people"))

    boss.post(f"/account/people/invitations/{waiting.id}/withdraw", data={"csrf_token": token})
    answer = app.test_client().get(link)

    assert answer.status_code == 409
    assert "withdrawn" in answer.text


def test_rows_of_another_organization_do_not_exist(make, client_for, look):
    mine, theirs = make.district(), make.district()
    boss = client_for(make.person(mine, Role.ADMINISTRATOR))
    rival = client_for(make.person(theirs, Role.ADMINISTRATOR))
    rival.send("/account/people/invite", email="secret@x.org", role="buyer")
    [waiting] = queries.waiting_invitations(look, theirs.id, clock.now())
    [(held, _)] = look.exec(queries.roles_held(theirs.id)).all()

    page = boss.get("/account/people")
    answers = [
        boss.post(url, data={"csrf_token": token_of(page)}).status_code
        for url in (
            f"/account/people/{held.id}/remove-role",
            f"/account/people/invitations/{waiting.id}/withdraw",
        )
    ]

    assert answers == [404, 404]
    assert "secret@x.org" not in page.text
