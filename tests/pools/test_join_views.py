"""Joining a pool in steps, and leaving it."""

import re
from io import BytesIO

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.consortia.rules import MemberStatus
from marketplace.core import clock
from marketplace.core.events import Event
from marketplace.pools import queries
from marketplace.pools.forms import ContactsForm
from marketplace.pools.rules import Rung
from tests.conftest import on_sqlite
from tests.pools.crowd import LATER, joined, words

# -- joining ---------------------------------------------------------------------------------

SEATS = {
    "seats": "620",
    "tolerance": "",
    "limit": "$9,511.41",
    "rung": "committed",
    "board_date": "",
    "po_number": "PO-7",
}
CONTACT = {"contact_name": "Ana Ruiz", "contact_email": "ana@example.org"}


def press(client, url):
    """Send the check page as it stands, and say what was sent, to send it again."""
    page = client.get(url).text
    sent = dict(re.findall(r'name="(\w+)"[^>]*value="([^"]*)"', page))
    return client.post(url, data=sent), sent


def test_a_district_joins_leaves_the_flow_and_comes_back(
    make, client_for, consortium, address, see
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    client = client_for(buyer)
    seats, contacts, check, sent = (
        address(pool, f"/join/{step}") for step in ("seats", "contacts", "check", "sent")
    )

    assert client.get(address(pool, "/join")).location == seats
    assert client.send(seats, **SEATS).location == contacts
    back = client_for(buyer)
    assert back.get(address(pool, "/join")).location == contacts
    assert 'value="620"' in back.get(seats).text
    assert back.send(contacts, **CONTACT).location == check
    page = words(back.get(check))
    assert "your district buys 620 seats and pays at most $9,511.41" in page
    assert "Dec 16, 2026, 9:00 a.m. Central (15:00 UTC, Dec 16, 2026)" in page
    assert see(queries.commitments, pool.id) == []
    first, form = press(back, check)
    again = back.post(check, data=form)

    assert first.location == again.location == sent
    assert "620 seats are in the pool" in words(back.get(sent))
    (commitment,) = see(queries.commitments, pool.id)
    assert (commitment.seats, commitment.limit_cents) == (620, 951_141)
    assert commitment.district_id == district.id
    assert commitment.contact_email == "ana@example.org"
    assert see(queries.join_draft, pool.id, district.id) is None
    committed = see(lambda s: s.exec(select(Event).where(Event.name == "pools.committed")).all())
    assert len(committed) == 1


def test_changing_starts_from_what_was_sent(make, client_for, consortium, address, see):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    make.commitment(pool, district, 100, limit_cents=200_000, po_number="PO-7")
    client = client_for(buyer)

    page = client.get(address(pool, "/join/seats")).text
    assert 'value="100"' in page
    assert 'value="2,000.00"' in page
    client.send(address(pool, "/join/seats"), **SEATS | {"seats": "90", "limit": ""})
    client.send(address(pool, "/join/contacts"), **CONTACT)
    press(client, address(pool, "/join/check"))

    (commitment,) = see(queries.commitments, pool.id)
    assert (commitment.seats, commitment.limit_cents) == (90, None)


def test_update_shows_the_price_at_each_step_and_saves_nothing(
    make, client_for, consortium, address, see
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    client = client_for(buyer)

    page = client.send(address(pool, "/join/seats"), **SEATS, update="1")

    assert page.status_code == 200
    text = words(page)
    assert "$9,920.00" in text
    assert "$8,370.00" in text
    assert "$6,975.00" in text
    assert see(queries.join_draft, pool.id, district.id) is None


def test_update_asks_for_nothing_but_the_seats(make, client_for, consortium, address):
    pool = make.pool(consortium)
    _, buyer = joined(make, consortium)
    client = client_for(buyer)

    tried = client.send(address(pool, "/join/seats"), seats="620", update="1")
    unclear = client.send(address(pool, "/join/seats"), seats="many", update="1")

    assert tried.status_code == 200
    assert "$9,920.00" in words(tried)
    assert "Choose one." not in words(tried)
    assert unclear.status_code == 422


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"seats": ""}, "Enter how many seats you need."),
        ({"seats": "-5"}, "Enter a whole number from 1"),
        ({"seats": "0"}, "Enter a whole number from 1"),
        ({"seats": "many"}, "Not a valid integer value"),
        ({"tolerance": "-1"}, "Enter 0 or more."),
        ({"limit": "lots"}, "Enter an amount in dollars"),
        ({"limit": "0"}, "must be more than"),
        ({"rung": ""}, "Choose one."),
        ({"rung": "king"}, "Not a valid choice"),
        ({"rung": "board_approved"}, "Enter the date your board approved it."),
        ({"rung": "board_approved", "board_date": "2026-11-10"}, "Enter where the minutes say so"),
        (
            {"rung": "board_approved", "board_date": "2026-12-01", "board_minute": "7.2"},
            "still to come",
        ),
        ({"po_number": " "}, "Enter the number of your purchase order, or choose the file"),
    ],
)
def test_answers_that_cannot_be_are_refused_at_their_field(
    make, client_for, consortium, address, changes, said, see
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)

    page = client_for(buyer).send(address(pool, "/join/seats"), **SEATS | changes)

    assert page.status_code == 422
    assert said in page.text
    assert "There is a problem" in page.text
    assert see(queries.join_draft, pool.id, district.id) is None


def test_a_limit_below_every_price_is_allowed_and_said(make, client_for, consortium, address):
    pool = make.pool(consortium)
    _, buyer = joined(make, consortium)
    client = client_for(buyer)

    client.send(address(pool, "/join/seats"), **SEATS | {"limit": "100"})
    client.send(address(pool, "/join/contacts"), **CONTACT)

    assert "Your limit is below every price." in client.get(address(pool, "/join/check")).text


def test_a_district_that_is_no_member_shows_interest_and_may_not_commit(
    make, client_for, consortium, address, see
):
    pool, district = make.pool(consortium), make.district()
    client = client_for(make.buyer(district))

    refused = client.send(address(pool, "/join/seats"), **SEATS)
    client.send(address(pool, "/join/seats"), **SEATS | {"rung": "interest"})
    client.send(address(pool, "/join/contacts"), **CONTACT)
    press(client, address(pool, "/join/check"))

    assert refused.status_code == 422
    assert "Only active members" in refused.text
    assert [c.rung for c in see(queries.commitments, pool.id)] == [Rung.INTEREST]


def test_what_became_wrong_since_is_refused_at_the_last_step(
    make, client_for, consortium, address, see
):
    pool = make.pool(consortium)
    district = make.district()
    member = make.member(consortium, district)
    client = client_for(make.buyer(district))
    client.send(address(pool, "/join/seats"), **SEATS)
    client.send(address(pool, "/join/contacts"), **CONTACT)

    member.status = MemberStatus.ENDED
    make.save(member)
    page, _ = press(client, address(pool, "/join/check"))

    assert page.status_code == 422
    assert "Only active members" in page.text
    assert see(queries.commitments, pool.id) == []


def test_a_closed_pool_sends_everybody_back_to_its_page(make, client_for, consortium, address):
    pool = make.pool(consortium)
    _, buyer = joined(make, consortium)
    client = client_for(buyer)

    with clock.frozen(LATER):
        for step in ("seats", "contacts", "check"):
            answer = client.get(address(pool, f"/join/{step}"))
            assert answer.location == address(pool)
        assert "has closed" in client.get(address(pool)).text


def test_withdrawing_says_what_it_does(make, client_for, consortium, address, see):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    make.commitment(pool, district, 100)
    client = client_for(buyer)

    assert "Withdraw 100 seats?" in client.get(address(pool, "/withdraw")).text
    assert client.send(address(pool, "/withdraw")).location == address(pool)

    assert see(queries.commitments, pool.id) == []
    assert client.get(address(pool, "/withdraw")).status_code == 404


def test_only_a_district_buyer_enters_the_join_flow(app, make, client_for, consortium, address):
    pool = make.pool(consortium)
    district, _ = joined(make, consortium)
    url = address(pool, "/join/seats")

    assert client_for(make.person(district, Role.VIEWER)).get(url).status_code == 403
    assert client_for(make.person(make.vendor(), Role.ADMINISTRATOR)).get(url).status_code == 403
    assert app.test_client().get(url).status_code == 302


def test_the_draft_of_one_district_is_not_shown_to_another(make, client_for, consortium, address):
    pool = make.pool(consortium)
    _, one = joined(make, consortium)
    _, two = joined(make, consortium)
    client_for(one).send(address(pool, "/join/seats"), **SEATS)

    assert "620" not in client_for(two).get(address(pool, "/join/seats")).text


@pytest.mark.parametrize(
    "address, is_taken", [("buyer@demo.test", True), ("a@b.k12.oh.us", True), ("nobody", False)]
)
def test_a_contact_takes_every_address_one_can_sign_up_with(app, address, is_taken):
    typed = {"contact_name": "Ada", "contact_email": address}
    with app.test_request_context(method="POST", data=typed):
        form = ContactsForm(meta={"csrf": False})
        assert form.validate() is is_taken
        assert bool(form.contact_email.errors) is not is_taken


@on_sqlite
def test_a_resolution_stands_in_for_a_purchase_order_and_few_may_read_it(
    make, client_for, consortium, address, see
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    client, seats = client_for(buyer), address(pool, "/join/seats")
    no_po = SEATS | {"po_number": ""}
    wrong = client.send(seats, **no_po, resolution=(BytesIO(b"<html>"), "resolution.pdf"))
    assert wrong.status_code == 422
    assert 'value="620"' in wrong.text
    assert see(queries.join_draft, pool.id, district.id) is None
    signed = b"%PDF-1.7 resolved"
    sent = client.send(seats, **no_po, resolution=(BytesIO(signed), "resolution.pdf"))
    assert sent.status_code == 302
    assert "A resolution is on file." in client.get(seats).text
    assert client.send(seats, **no_po).status_code == 302  # the file is kept
    client.send(address(pool, "/join/contacts"), **CONTACT)
    press(client, address(pool, "/join/check"))

    (commitment,) = see(queries.commitments, pool.id)
    assert (commitment.po_number, commitment.resolution_id is None) == ("", False)
    page = address(pool, f"/resolutions/{district.leaid}")
    for reader in (buyer, make.convener(consortium)):
        assert client_for(reader).get(page).data == signed
    neighbour = joined(make, consortium)[1]
    assert client_for(neighbour).get(page).status_code == 404
