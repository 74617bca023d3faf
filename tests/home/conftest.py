"""A district that is in one consortium, with pools, orders and papers as a test wants them."""

from datetime import date, timedelta

import pytest

from marketplace.accounts.models import Affiliation
from marketplace.accounts.rules import Role
from marketplace.consortia.models import Instrument, Member
from marketplace.consortia.rules import InstrumentKind, MemberStatus
from marketplace.core import clock
from marketplace.core.files import StoredFile
from marketplace.orders.models import PurchaseOrder
from marketplace.pools.models import Commitment
from marketplace.pools.rules import PoolStatus, Rung
from tests.uptake.conftest import count_queries  # noqa: F401  the same counter
from tests.uptake.world import World


class Desk:
    """The district's world: `desk.invited()`, `desk.commits(pool)`, `desk.owes(500_00)`."""

    def __init__(self, make):
        self.make, self.world = make, World(make.session)
        self.facts = self.world.district("OH", "43", 640, name="Maple Valley")
        self.organization = self.world.organizations[self.facts.leaid]
        self.world.save()
        self.buyer = make.buyer(self.organization, name="Pat Rivera")
        self.url = f"/d/{self.facts.leaid}/"
        self.member = None

    @property
    def consortium(self):
        return self.world.consortium

    def joins(self, status=MemberStatus.ACTIVE):
        self.member = self.make.save(
            Member(
                org_id=self.consortium.id,
                district_id=self.organization.id,
                status=status,
                asked_at=clock.now(),
            )
        )
        if status is MemberStatus.ACTIVE:
            self.make.save(Affiliation(org_id=self.organization.id, circle_id=self.consortium.id))
        return self

    def signs(self, ends_on=date(2028, 6, 30)):
        file = self.make.save(
            StoredFile(
                org_id=self.organization.id,
                name="paper.pdf",
                media_type="application/pdf",
                fingerprint="0" * 64,
                size=1,
                content=b"%",
                stored_at=clock.now(),
            )
        )
        self.make.save(
            Instrument(
                org_id=self.consortium.id,
                member_id=self.member.id,
                district_id=self.organization.id,
                kind=InstrumentKind.INTERLOCAL_AGREEMENT,
                signer_name="Dana Cole",
                signer_title="Superintendent",
                signed_on=date(2025, 7, 1),
                scope="Software",
                starts_on=date(2025, 7, 1),
                ends_on=ends_on,
                file_id=file.id,
                filed_at=clock.now(),
            )
        )
        return self

    def commits(self, pool, rung=Rung.COMMITTED, seats=620, **fields):
        return self.make.save(
            Commitment(
                org_id=pool.org_id,
                pool_id=pool.id,
                district_id=self.organization.id,
                leaid=self.facts.leaid,
                rung=rung,
                seats=seats,
                committed_at=clock.now(),
                changed_at=clock.now(),
                **fields,
            )
        )

    def open_pool(self, days=30, **fields):

        pool = self.world.pool(
            status=PoolStatus.OPEN, closes_at=clock.now() + timedelta(days=days), **fields
        )
        self.world.save()
        return pool

    def orders(self, cents, paid_cents=None, po=None, tool=0):
        order = self.world.buys(
            self.facts, cents=cents, alone_cents=cents, paid_cents=paid_cents, tool=tool
        )
        self.world.save()
        if po:
            self.make.save(
                PurchaseOrder(
                    org_id=order.org_id,
                    order_id=order.id,
                    consortium_id=order.consortium_id,
                    vendor_id=order.vendor_id,
                    number=po,
                    total_cents=cents,
                    issued_at=clock.now(),
                    printed={},
                )
            )
        return order

    def colleague(self, *roles, **fields):
        return self.make.person(self.organization, *(roles or (Role.VIEWER,)), **fields)


@pytest.fixture
def desk(make):
    return Desk(make)
