"""What a vendor may know of the demand for its tools: sums, and only of its own."""

from marketplace.core import clock, tenancy
from marketplace.directory.models import District
from marketplace.pools.demand_queries import UNKNOWN, demand_for
from marketplace.pools.models import PoolStatus
from marketplace.pools.rules import Rung


def demand(look, vendor_id):
    with tenancy.everyone("a vendor reads sums"):
        return demand_for(look, vendor_id)


def test_seats_are_summed_by_step_state_and_size(make, look):
    pool = make.pool(make.consortium())
    known, unknown = make.district(), make.district()
    make.save(
        District(
            leaid=known.leaid, search_key=known.leaid, state="NE", name=known.name,
            name_year="2021-22", name_source="made up", pupils=9_000,
        )
    )  # fmt: skip
    make.commitment(pool, known, 100)
    make.commitment(pool, unknown, 40, rung=Rung.INTEREST)

    found = demand(look, pool.vendor_id)
    (steps,) = found.by_tool.values()
    assert steps == {Rung.COMMITTED: (1, 100), Rung.INTEREST: (1, 40)}
    assert found.by_state == {"NE": (1, 100), "Not known": (1, 40)}
    assert found.by_size == {"2500+": (1, 100), UNKNOWN: (1, 40)}


def test_withdrawn_seats_and_closed_pools_are_no_demand(make, look):
    consortium = make.consortium()
    pool = make.pool(consortium)
    closed = make.pool(consortium, status=PoolStatus.DRAFT)
    make.commitment(pool, make.district(), 100, withdrawn_at=clock.now())
    make.commitment(closed, make.district(), 100)

    assert demand(look, pool.vendor_id).by_tool == {}
    assert demand(look, closed.vendor_id).by_tool == {}


def test_another_vendors_demand_stays_its_own(make, look):
    pool = make.pool(make.consortium())
    make.commitment(pool, make.district(), 100)

    assert demand(look, make.vendor().id).by_tool == {}
    assert demand(look, pool.vendor_id).by_tool
