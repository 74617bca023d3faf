"""Interest as districts, lead agencies and vendors meet it."""

import pytest
from sqlalchemy import Engine, event

from marketplace.accounts.rules import Role
from marketplace.core import tenancy
from marketplace.demand import queries
from marketplace.pools.rules import PoolStatus, Rung
from tests.conftest import NOW, on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def tool(make):
    tool = make.tool(make.vendor("Lumen Learning"), "Reading Coach")
    make.price_schedule(tool)
    return tool


@pytest.fixture
def convened(make):
    """A consortium in Ohio with its lead's person."""
    consortium = make.consortium(name="Ohio River")
    return consortium, make.convener(consortium), f"/c/{make.org_of(consortium).slug}"


def test_a_district_says_so_on_the_tools_page_sees_it_on_its_desk_and_takes_it_back(
    client_for, place, make, tool
):
    district = place("Maple Local")
    client = client_for(make.buyer(district, name="Ann Lee"))
    card = client.get(f"/tools/{tool.slug}").text
    address = f"/d/{district.leaid}/interests/add/{tool.slug}"
    form = client.get(address).text

    assert f'href="{address}"' in card
    assert 'value="700"' in form  # a guess: all its pupils
    refused = client.send(address, seats="-5", school_year="1999", budget="a lot",
                          to_vendor="y", contact_email="x")  # fmt: skip
    assert refused.status_code == 422
    assert 'value="-5"' in refused.text
    assert 'value="a lot"' in refused.text
    client.send(address, seats="240", school_year="2027", budget="2,400.00",
                contact_name="Ann Lee", contact_email="ann@example.org")  # fmt: skip
    page = client.get(f"/d/{district.leaid}/interests").text
    assert "Reading Coach" in page
    assert "$2,400.00" in page
    assert "2027–28" in page
    assert "Reading Coach" in client.get(f"/d/{district.leaid}/").text
    assert "Your district is interested: 240 seats." in client.get(f"/tools/{tool.slug}").text
    withdraw = page.split('action="')[-1].split('"')[0]
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    client.post(withdraw, data={"csrf_token": token})
    assert "You have shown no interest yet" in client.get(f"/d/{district.leaid}/interests").text


def test_a_district_sees_neighbors_only_from_five_on_or_by_their_leave(
    client_for, place, make, tool, wish
):
    mine = place("Maple Local")
    wish(tool, mine, 400)
    near = [place() for _ in range(4)]
    for district in near:
        wish(tool, district, 400)
    wish(tool, place("Far Away", state="NE"), 400)
    wish(tool, place("Too Large", pupils=9_000), 400)
    client, address = client_for(make.buyer(mine)), f"/d/{mine.leaid}/interests"

    assert "Fewer than 5, or none yet." in client.get(address).text
    wish(tool, place(), 550)
    page = client.get(address).text
    assert "5 or more districts that keep their names to themselves, with 2,150 seats" in page
    assert "2,550 seats: $13.50 each" in page  # with my 400
    wish(tool, place("Oak Local"), 120, to_districts=True, contact_email="oak@example.org")
    page = client.get(address).text
    assert "Oak Local, 120 seats" in page
    assert all(name not in page for name in (near[0].name, "Far Away", "Too Large"))


def test_the_map_masks_small_groups_and_is_for_members_and_the_vendor_of_the_tool(
    client_for, place, make, app, tool, wish
):
    for state, n in (("OH", 6), ("NE", 5), ("TX", 1)):
        for _ in range(n):
            wish(tool, place(state=state), 100)
    buyer = client_for(make.buyer(place()))
    vendor = client_for(make.person(make._organization(tool.org_id), Role.LISTING_EDITOR))
    rival = client_for(make.person(make.vendor(), Role.ADMINISTRATOR))
    funder = client_for(make.person(make.funder(), Role.ADMINISTRATOR))
    address = f"/tools/{tool.slug}/demand"

    page, document = buyer.get(address).text, buyer.get(f"{address}.json").json
    states = {g["group"]: g for g in document["groups"] if g["by"] == "state"}
    assert states == {"OH": {"by": "state", "group": "OH", "districts_at_least": 5,
                             "seats_at_least": 600}}  # fmt: skip
    assert "Ohio, 5 districts" in page
    assert "Texas" not in page.split('class="st"')[1]
    assert "OH,5,600" in buyer.get(f"{address}.csv").text
    assert vendor.get(f"{address}.json").json == document
    assert [c.get(address).status_code for c in (rival, funder)] == [404, 404]
    assert "/sign-in" in app.test_client().get(address).headers["Location"]


def test_a_district_in_a_pool_of_the_tool_is_no_longer_counted_as_waiting(
    look, place, make, tool, wish
):
    pool = make.pool(make.consortium(), tool)
    lapsed = make.pool(make.consortium(), tool, status=PoolStatus.LAPSED)
    pooled, waits = place(), place()
    wish(tool, pooled)
    wish(tool, waits)
    wish(tool, place(), school_year=2020)
    make.commitment(pool, pooled, rung=Rung.INTEREST)
    make.commitment(lapsed, waits)

    look.rollback()
    with tenancy.everyone("test asserts"):
        found = queries.waiting(look, NOW.date(), tool_ids=[tool.id])
    assert [row.org_id for row in found] == [waits.id]


def test_a_lead_sees_which_pool_would_reach_a_lower_price_and_starts_it(
    client_for, place, make, tool, wish, convened
):
    consortium, convener, desk = convened
    for n in range(5):
        member = place(f"Member {n}")
        make.member(consortium, member)
        wish(tool, member, 300)
    wish(tool, place("Open Neighbor"), 1_200, to_districts=True, contact_email="on@example.org")
    wish(tool, place("Shy Neighbor"), 5_000)
    client = client_for(convener)

    page = client.get(f"{desk}/suggestions").text
    assert "Reaches a lower price" in page
    assert "5 or more districts that keep their names to themselves, with 1,500 seats" in page
    assert "Open Neighbor, 1,200 seats" in page
    assert "2,700 seats or more: $13.50 each" in page
    assert "Members and neighbors" in page
    assert "Shy Neighbor" not in page
    assert "Member 0" not in page
    start = f"{desk}/pools/new?tool={tool.slug}"
    assert start in page
    assert "selected" in client.get(start).text
    assert "See suggestions" in client.get(f"{desk}/").text
    other = make.convener(make.consortium())
    assert client_for(other).get(f"{desk}/suggestions").status_code == 404


def test_suggestions_take_the_same_few_queries_however_many(
    client_for, place, make, wish, convened
):
    consortium, convener, desk = convened

    def add():
        member = place()
        make.member(consortium, member)
        tool = make.tool()
        make.price_schedule(tool)
        wish(tool, member, to_districts=True, contact_email="a@example.org")

    add()
    client, seen = client_for(convener), []

    def selects():
        seen.clear()
        assert client.get(f"{desk}/suggestions").status_code == 200
        return sum(sql.startswith("SELECT") for sql in seen)

    note = lambda *args: seen.append(args[2])  # noqa: E731
    event.listen(Engine, "before_cursor_execute", note)
    try:
        selects()
        few = selects()
        for _ in range(3):
            add()
        assert selects() == few
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_the_vendors_home_adds_up_interest_and_pools_and_names_nobody(
    client_for, place, make, tool, wish
):
    districts = [place(f"Secret {n}") for n in range(5)]
    for district in districts:
        wish(tool, district, 110)
    pool = make.pool(make.consortium(), tool)
    make.commitment(pool, place("Pooled"), 140)
    vendor = make._organization(tool.org_id)
    client = client_for(make.person(vendor, Role.LISTING_EDITOR))

    page = client.get(f"/v/{vendor.slug}/").text
    demand = page.split('id="demand"')[1]
    assert "5 or more" in demand
    assert "550 or more" in demand
    assert ">140<" in demand  # committed, as the page of the pool says
    assert "Ohio" not in demand
    assert ">OH<" not in demand
    assert "Secret" not in page
    assert "Pooled" not in page
