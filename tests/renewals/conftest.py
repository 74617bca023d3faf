"""A running term: a consortium, its members, a pool that cleared, and its orders."""

from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import wraps
from types import SimpleNamespace

import pytest

from marketplace.accounts.rules import Role
from marketplace.consortia.rules import LegalShape
from marketplace.core import clock, tenancy
from marketplace.orders.invoice_service import issue_invoice
from marketplace.orders.service import issue_purchase_order
from marketplace.pools.models import Allocation
from marketplace.pools.rules import PoolStatus

STARTS, ENDS = date(2026, 7, 1), date(2027, 6, 30)
AT_THE_END = datetime(2027, 6, 20, 15, 0, tzinfo=UTC)


def across(use_case):
    """As the pages do: what the lead decides writes rows of the districts."""

    @wraps(use_case)
    def run(session, actor, *args, **kwargs):
        with tenancy.everyone("a decision about a term writes the districts' rows"):
            done = use_case(session, actor, *args, **kwargs)
            session.flush()
            return done

    return run


@contextmanager
def at(moment):
    with clock.frozen(moment):
        yield


def terms_of(unit_cents, *more):
    bands = [{"from": 1, "unit_cents": unit_cents}, *more]
    whole = {"platform_fee_cents": 0, "minimum_cents": 0, "cap_cents": None}
    return whole | {"form": "volume", "bands": bands}


@pytest.fixture
def term(make, act):
    """`term([100, 50])`: districts with so many seats each, at $10.00; and who is around."""

    def build(seats, unit_cents=1000, *more, shape=LegalShape.JOINT, limits=(), spare=1):
        vendor = make.vendor()
        lead = make.agency()
        extra = {"fiscal_agent_id": lead.id} if shape is LegalShape.POOLED_CASH else {}
        consortium = make.consortium(lead, legal_shape=shape, **extra)
        tool = make.tool(vendor)
        pool = make.pool(
            consortium,
            tool,
            terms=terms_of(unit_cents, *more),
            status=PoolStatus.CLEARED,
            cleared_at=clock.now(),
            term_starts_on=STARTS,
            term_ends_on=ENDS,
            pay_by=date(2026, 12, 31),
            closes_at=datetime(2026, 6, 15, tzinfo=UTC),
        )
        districts = [make.district() for _ in range(len(seats) + spare)]
        for district in districts:
            member = make.member(consortium, district, instrument=False)
            make.instrument(member, signed_on=date(2026, 6, 1), starts_on=date(2026, 6, 1))
        whole = sum(seats)
        unit = next((m["unit_cents"] for m in reversed(more) if whole >= m["from"]), unit_cents)
        for n, (district, count) in enumerate(zip(districts, seats)):
            limit = limits[n] if n < len(limits) else None
            make.commitment(pool, district, seats=count, limit_cents=limit)
            make.save(
                Allocation(
                    org_id=pool.org_id,
                    pool_id=pool.id,
                    district_id=district.id,
                    leaid=district.leaid,
                    seats=count,
                    share_cents=count * unit,
                    alone_cents=count * unit_cents,
                )
            )
        org = make.org_of(consortium)
        world = SimpleNamespace(
            pool=pool,
            consortium=consortium,
            org=org,
            vendor=vendor,
            districts=districts,
            orders=make.orders(pool),
            buyers=[make.buyer(district) for district in districts],
            signers=[make.person(district, Role.APPROVER) for district in districts],
            finance=make.person(vendor, Role.FINANCE),
            lead=make.convener(consortium),
            agent=make.person(org, Role.FISCAL_AGENT),
        )
        for district in districts:
            make.save(directory_row(district))
        return world

    return build


def directory_row(district):
    from tests.isolation.world import directory_row as row  # noqa: PLC0415

    return row(district.leaid, district.name)


@pytest.fixture
def bill(act, look):
    """Issue the PO and the invoice of an order, as its district and its vendor do."""

    def issue(world, order):
        buyer = next(b for b, d in zip(world.buyers, world.districts) if d.id == order.org_id)
        act(buyer, across(issue_purchase_order), order.id, f"PO-{order.part}-{order.leaid}")
        return act(world.finance, across(issue_invoice), order.id)

    return issue
