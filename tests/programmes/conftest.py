"""A funder with two people, a pool with three shares, and the facts of their districts."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from marketplace.accounts.rules import Role
from marketplace.directory.models import District
from marketplace.programmes import movement_service, service
from marketplace.programmes.movement_rules import MovementKind
from marketplace.programmes.rules import Eligibility, Leftover
from marketplace.programmes.service import Terms
from marketplace.programmes.subsidy_rules import Subsidy, SubsidyKind

HALF = Subsidy(SubsidyKind.PERCENT, percent_bps=5_000)
TERMS = Terms(
    purpose="Help small rural districts start.",
    rule=Eligibility(states=("OH",), rural=True, poverty_from_bps=2_000),
    subsidy=HALF,
    budget_cents=1_000_000,
    starts_on=date(2026, 7, 1),
    ends_on=date(2027, 6, 30),
    leftover=Leftover.RETURN,
)
REASON = "Bank advice of Nov 16, filed with the letter."


def facts(district, **fields):
    """A row of the directory for a district of the tests."""
    said = {
        "leaid": district if isinstance(district, str) else district.leaid,
        "state": "OH",
        "search_key": "x",
        "name": "X",
        "name_year": "2023-24",
        "name_source": "test",
        "locale": "43",
        "place_year": "2018-19",
        "pupils": 640,
        "pupils_year": "2023-24",
        "children": 400,
        "children_in_poverty": 100,
        "poverty_year": "2023",
    }
    return District(**(said | fields))


@pytest.fixture
def story(make):
    """Three districts share a pool: one fits, one is in a city, one has no poverty figure."""
    consortium = make.consortium()
    districts = [make.district(name) for name in ("Fits", "City", "Unknown")]
    for district in districts:
        make.member(consortium, district)
    make.save(
        facts(districts[0]),
        facts(districts[1], locale="11"),
        facts(districts[2], children_in_poverty=None),
    )
    pool = make.cleared_pool(consortium, districts, po_number="PO-1")
    funder = make.funder("Fund")
    return SimpleNamespace(
        consortium=consortium,
        slug=make.org_of(consortium).slug,
        districts=districts,
        pool=pool,
        orders={order.leaid: order for order in make.orders(pool)},
        funder=funder,
        officer=make.person(funder, Role.PROGRAMME_OFFICER),
        second=make.person(funder, Role.ADMINISTRATOR),
        agent=make.person(make.org_of(consortium), Role.FISCAL_AGENT),
    )


@pytest.fixture
def tell(act, story):
    """`tell.programme()`, `tell.received(p, cents)`, `tell.awarded(p)`: each by two people."""

    def programme(title="Rural start", key="k1", **changes):
        terms = replace(TERMS, **changes)
        return act(story.officer, service.create_programme, story.funder.id, title, terms, key)

    def approved(movement, who=None):
        return act(who or story.agent, movement_service.approve_movement, movement.id)

    def moved(found, kind, key=None, **facts):
        return act(
            story.officer,
            movement_service.move_money,
            found.id,
            kind,
            reason=REASON,
            once_key=key or f"{kind}-{facts}"[:60],
            **facts,
        )

    def received(found, cents):
        org_id = story.consortium.org_id
        return approved(moved(found, MovementKind.RECEIVED, consortium_id=org_id, cents=cents))

    def proposed(found, key="award"):
        return act(
            story.officer, movement_service.award_grants, found.id, story.pool.id, REASON, key
        )

    return SimpleNamespace(
        programme=programme,
        approved=approved,
        moved=moved,
        received=received,
        proposed=proposed,
        awarded=lambda found, key="award": approved(proposed(found, key), story.second),
    )
