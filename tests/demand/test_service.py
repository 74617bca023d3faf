"""Who shows interest, once for a tool, and takes it back."""

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.core import tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from marketplace.demand import service
from marketplace.demand.models import Interest
from tests.catalogue.test_at_once import at_once
from tests.conftest import on_postgresql, on_sqlite


def rows(look):
    look.rollback()
    with tenancy.everyone("test asserts"):
        return look.exec(select(Interest)).all()


def test_saying_it_again_replaces_what_was_said_and_taking_it_back_forgets_the_contact(
    act, make, look
):
    tool, buyer = make.tool(), make.buyer(make.district())

    act(buyer, service.show_interest, tool.id, seats=100, school_year=2026)
    again = act(
        buyer, service.show_interest, tool.id, seats=250, school_year=2027, budget_cents=9_000_00,
        to_districts=True, contact_name="Ann", contact_email="ann@example.org",
    )  # fmt: skip

    (row,) = rows(look)
    assert (row.seats, row.school_year, row.budget_cents) == (250, 2027, 9_000_00)
    act(buyer, service.withdraw_interest, again.id)
    act(buyer, service.withdraw_interest, again.id)
    (row,) = rows(look)
    assert row.withdrawn_at
    assert not row.to_districts
    assert row.contact_email == ""
    with tenancy.everyone("test asserts"):
        names = look.exec(select(Event.name).where(Event.name.startswith("demand."))).all()
    assert sorted(names) == [
        "demand.interest_changed", "demand.interest_shown", "demand.interest_withdrawn",
    ]  # fmt: skip


@on_sqlite
def test_only_those_who_may_speak_for_a_district_do(act, make):
    tool, district = make.tool(), make.district()
    mine = act(make.buyer(district), service.show_interest, tool.id, seats=9, school_year=2026)
    say = {"seats": 9, "school_year": 2026}

    for stranger in (
        make.person(district, Role.VIEWER),
        make.person(make.vendor(), Role.ADMINISTRATOR),
        make.person(make.agency(), Role.ADMINISTRATOR),
    ):
        with pytest.raises(NotAllowed):
            act(stranger, service.show_interest, tool.id, **say)
    with pytest.raises(NotAllowed):
        act(make.person(district, Role.VIEWER), service.withdraw_interest, mine.id)
    with pytest.raises(NotFound):
        act(make.buyer(make.district()), service.withdraw_interest, mine.id)


@on_sqlite
def test_a_name_is_not_given_out_without_an_address_and_a_draft_is_not_there(act, make):
    buyer = make.buyer(make.district())

    with pytest.raises(RuleBroken, match="Enter an e-mail address"):
        act(buyer, service.show_interest, make.tool().id, seats=1, school_year=2026, to_vendor=True)
    with pytest.raises(NotFound):
        act(buyer, service.show_interest, make.tool(status="draft").id, seats=1, school_year=2026)


@on_postgresql
def test_the_same_press_at_once_is_one_interest(act, make, look):
    tool, buyer = make.tool(), make.buyer(make.district())

    outcomes = at_once(
        lambda: act(buyer, service.show_interest, tool.id, seats=100, school_year=2026)
    )

    assert outcomes == ["done"] * 5
    assert len(rows(look)) == 1
