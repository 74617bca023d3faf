"""Agreements in the database: joined before the offer ends or not at all, and told once."""

from datetime import date
from threading import Barrier, Thread

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.agreements import queries, service
from marketplace.agreements.models import Join
from marketplace.agreements.service import SentCopy
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from marketplace.core.uploads import CheckedFile
from tests.agreements import build
from tests.conftest import on_postgresql

COPY = SentCopy("Kim Roe, Superintendent", date(2026, 11, 10), date(2026, 11, 12), "the vendor")
FILE = CheckedFile("copy.pdf", "application/pdf", b"%PDF-1.7 our copy")
WANTED = {"edition_id": None, "data_elements": ["name_student"]}


@pytest.fixture
def offer(make):
    vendor = make.vendor("A Vendor")
    make.tool_of_offer = make.tool(vendor)
    return build.agreement(make, make.district(), make.tool_of_offer)


def test_a_district_joins_the_vendor_acknowledges_and_each_is_told_once(
    make, offer, act, deliver, look
):
    tool, district = make.tool_of_offer, make.district("Joining Schools")
    buyer = make.buyer(district)
    seller = make.person(make._organization(tool.org_id), Role.ADMINISTRATOR)

    join = act(buyer, service.record_join, offer.id, tool.id, COPY, FILE, **WANTED)
    again = act(buyer, service.record_join, offer.id, tool.id, COPY, FILE, **WANTED)
    deliver()
    act(seller, service.acknowledge_join, join.id, name="Sam", acknowledged_on=date(2026, 11, 14))
    act(seller, service.acknowledge_join, join.id, name="Tom", acknowledged_on=date(2026, 11, 15))
    deliver()

    assert again.id == join.id
    assert [c["passed"] for c in join.checks] == [True] * 8
    found = queries.get_join(look, join.id)
    assert (found.acknowledged_name, found.acknowledged_on) == ("Sam", date(2026, 11, 14))
    letters = [(each.recipient, each.subject) for each in look.exec(select(Letter))]
    assert sorted(letters) == sorted(
        [
            (seller.email, "Joining Schools joined your standing offer"),
            (buyer.email, "A Vendor has your signed agreement"),
        ]
    )


def test_who_may_not(make, offer, act):
    tool = make.tool_of_offer
    viewer = make.person(make.district(), Role.VIEWER)
    with pytest.raises(NotAllowed):
        act(viewer, service.record_join, offer.id, tool.id, COPY, FILE, **WANTED)
    join = build.join(make, offer, make.district(), tool)
    other = make.person(make.vendor(), Role.ADMINISTRATOR)
    finance = make.person(make._organization(tool.org_id), Role.FINANCE)
    for stranger in (other, finance, viewer):
        with pytest.raises(NotAllowed):
            act(
                stranger,
                service.acknowledge_join,
                join.id,
                name="Me",
                acknowledged_on=date(2026, 11, 16),
            )
        with pytest.raises(NotAllowed):
            act(stranger, service.withdraw_offer, offer.id, "Because.")


def test_a_join_that_a_check_stops_stores_nothing(make, offer, act, look):
    buyer = make.buyer(make.district(state="KY"))

    with pytest.raises(RuleBroken, match="law of Ohio"):
        act(buyer, service.record_join, offer.id, make.tool_of_offer.id, COPY, FILE, **WANTED)

    assert look.exec(select(Join)).all() == []


@on_postgresql
def test_an_offer_is_joined_before_it_ends_or_not_at_all(make, offer, act, look):
    """Eight districts join while the vendor ends the offer: every join is older than the end,
    and the refused ones have left nothing behind."""
    tool = make.tool_of_offer
    seller = make.person(make._organization(tool.org_id), Role.ADMINISTRATOR)
    buyers = [make.buyer(make.district()) for _ in range(8)]
    outcomes, start = [], Barrier(9)

    def join(buyer):
        start.wait()
        try:
            act(buyer, service.record_join, offer.id, tool.id, COPY, FILE, **WANTED)
            outcomes.append("joined")
        except RuleBroken as refusal:
            outcomes.append(str(refusal))

    def end():
        start.wait()
        act(seller, service.withdraw_offer, offer.id, "We were sold.")

    crowd = [Thread(target=join, args=(buyer,)) for buyer in buyers] + [Thread(target=end)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()

    joined = outcomes.count("joined")
    assert len(look.exec(select(Join)).all()) == joined
    assert [o for o in outcomes if o != "joined" and "The offer was withdrawn" not in o] == []
    with pytest.raises(RuleBroken, match="withdrawn"):
        act(
            make.buyer(make.district()),
            service.record_join, offer.id, tool.id, COPY, FILE, **WANTED,
        )  # fmt: skip
