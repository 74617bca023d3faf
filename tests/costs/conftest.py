"""A consortium with members whose pupils the directory knows, and a pool to split."""

from types import SimpleNamespace

import pytest

from marketplace.accounts.rules import Role
from marketplace.core import tenancy
from marketplace.directory import spelling
from marketplace.directory.models import District

#: Seats and pupils of three members; 2,500 seats cost less than 2,300 here.
SIZES = ((600, 640), (1_500, 1_810), (200, 96))
CLIFF = {
    "form": "volume",
    "platform_fee_cents": 0,
    "minimum_cents": 0,
    "cap_cents": None,
    "bands": [{"from": 1, "unit_cents": 1200}, {"from": 2500, "unit_cents": 1000}],
}


@pytest.fixture
def circle(make):
    """`circle.members[0]` has 600 seats in `circle.pool` and 640 pupils."""
    consortium = make.consortium(name="Ridge Buyers")
    members = []
    for number, (_, pupils) in enumerate(SIZES):
        name = ("Maple Valley", "Cedar Falls", "Pine Ridge")[number]
        district = make.district(name)
        make.save(directory_row(district.leaid, name, pupils))
        make.member(consortium, district)
        members.append(district)
    pool = make.pool(consortium, make.tool(name="Reading Coach"), terms=CLIFF, title="Reading")
    for district, (seats, pupils) in zip(members, SIZES):
        make.commitment(pool, district, seats, pupils=pupils)
    return SimpleNamespace(
        consortium=consortium,
        organization=make.org_of(consortium),
        members=members,
        pool=pool,
        lead=make.convener(consortium),
        buyer=make.buyer(members[0]),
        viewer=make.person(members[1], Role.VIEWER),
        url=f"/c/{make.org_of(consortium).slug}/cost-method",
    )


def directory_row(leaid, name, pupils):
    return District(
        leaid=leaid,
        search_key=spelling.search_key(name, "Bellaire"),
        state="OH",
        name=name,
        name_year="2024-25",
        name_source="NCES EDGE",
        pupils=pupils,
        pupils_year="2023-24",
        pupils_source="NCES ELSI",
    )


@pytest.fixture
def see(look):
    """`see(queries.proposals, org_id)`: as it stands now, whoever owns it."""

    def run(query, *args, **kwargs):
        look.rollback()
        with tenancy.everyone("test asserts"):
            return query(look, *args, **kwargs)

    return run
