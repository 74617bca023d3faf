"""Worlds of purchases to count in, made of plain rows so that thousands are quick."""

import itertools
from datetime import date, timedelta

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue.models import Edition, PriceSchedule, Tool
from marketplace.catalogue.rules import ScheduleForm, ToolStatus
from marketplace.core import clock, tenancy
from marketplace.directory.models import District
from marketplace.orders.models import Invoice, Order
from marketplace.pools.models import Pool
from marketplace.pools.rules import PoolStatus

STATES = ("OH", "IL", "NM", "TX")
LOCALES = ("11", "22", "33", "43", None)
SIZES = (0, 4, 9, 10, 11, 120, 249, 250, 499, 900, 1_000, 2_499, 2_500, 40_000, None)
#: The last day of one school year, the first of the next, and two in between.
STARTS = (date(2025, 9, 1), date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 15))
TERMS = {
    "form": "volume",
    "bands": [{"from": 1, "unit_cents": 1_200}, {"from": 1_000, "unit_cents": 1_000}],
}
IN_ORDER = (Organization, District, Tool, Edition, PriceSchedule, Pool, Order, Invoice)
_numbers = itertools.count(1)


class World:
    """`world.buys(world.district("OH"), seats=10, cents=5_000, alone_cents=8_000)`."""

    def __init__(self, session):
        self.session = session
        self.rows = {table: [] for table in IN_ORDER}
        self.organizations, self.pools = {}, {}
        self.consortium = self._organization(OrganizationKind.CONSORTIUM, "Three Rivers")
        self.vendor = self._organization(OrganizationKind.VENDOR, "BrightPath")
        self.tools = [self._tool(name) for name in ("Reading Tutor", "Math Coach", "Captions")]

    @property
    def orders(self):
        return self.rows[Order]

    @property
    def invoices(self):
        return self.rows[Invoice]

    @property
    def districts(self):
        return self.rows[District]

    def _organization(self, kind, name, **fields):
        fields.setdefault("slug", f"org-{next(_numbers)}")
        return self._add(Organization(kind=kind, name=name, founded_at=clock.now(), **fields))

    def _add(self, row):
        self.rows[type(row)].append(row)
        return row

    def save(self):
        with tenancy.everyone("tests build rows of every organization"):
            for rows in self.rows.values():
                self.session.add_all(rows)
                self.session.flush()
            self.session.commit()
        return self

    def _tool(self, name):
        tool = self._add(
            Tool(
                org_id=self.vendor.id,
                slug=f"tool-{next(_numbers)}",
                name=name,
                summary="Helps.",
                status=ToolStatus.PUBLISHED,
                created_at=clock.now(),
                published_at=clock.now(),
            )
        )
        edition = self._add(Edition(org_id=self.vendor.id, tool_id=tool.id, name="All"))
        tool_price = PriceSchedule(
            org_id=self.vendor.id,
            tool_id=tool.id,
            edition_id=edition.id,
            version=1,
            form=ScheduleForm.PER_SEAT,
            terms=TERMS,
            valid_until=date(2030, 1, 1),
            offered_at=clock.now(),
        )
        self._add(tool_price)
        return tool, tool_price

    def pool(self, tool=0, starts_on=date(2026, 9, 1), status=PoolStatus.CLEARED, **fields):
        """The pool of one tool and term; made when first asked for."""
        key = (tool, starts_on, status)
        if key not in self.pools:
            row, price = self.tools[tool]
            fields.setdefault("closes_at", clock.now())
            self.pools[key] = self._add(
                Pool(
                    org_id=self.consortium.id,
                    slug=f"pool-{next(_numbers)}",
                    title=f"{row.name} together",
                    tool_id=row.id,
                    vendor_id=self.vendor.id,
                    price_schedule_id=price.id,
                    terms=price.terms,
                    status=status,
                    time_zone="America/Chicago",
                    term_starts_on=starts_on,
                    term_ends_on=starts_on + timedelta(days=364),
                    pay_by=starts_on,
                    **fields,
                )
            )
        return self.pools[key]

    def district(self, state="OH", locale="43", pupils=640, name=None, listed=True):
        """A district with an organization and, unless told otherwise, a directory entry."""
        n = next(_numbers)
        leaid = f"{n:07}"
        row = District(
            leaid=leaid,
            search_key=f"district{n}",
            state=state,
            name=name or f"District {n}",
            name_year="2024-25",
            name_source="test",
            locale=locale,
            pupils=pupils,
            pupils_year=None if pupils is None else "2024-25",
        )
        if listed:
            self._add(row)
        self.organizations[leaid] = self._organization(
            OrganizationKind.DISTRICT, row.name, slug=f"d-{leaid}", leaid=leaid, state=state
        )
        return row

    def buys(
        self, district, seats=10, cents=5_000, alone_cents=8_000, paid_cents=None, tool=0,
        starts_on=date(2026, 9, 1),
    ):  # fmt: skip
        """An order; with `paid_cents` also its invoice, paid so far."""
        pool = self.pool(tool, starts_on)
        order = Order(
            org_id=self.organizations[district.leaid].id,
            consortium_id=self.consortium.id,
            vendor_id=self.vendor.id,
            pool_id=pool.id,
            tool_id=pool.tool_id,
            leaid=district.leaid,
            legal_shape="joint",
            seats=seats,
            total_cents=cents,
            alone_cents=alone_cents,
            term_starts_on=starts_on,
            term_ends_on=starts_on + timedelta(days=364),
            pay_by=starts_on,
            ordered_at=clock.now(),
            agreed={"pool": {"title": pool.title}, "tool": {"name": "Reading tutor"}},
        )
        if paid_cents is not None:
            self._add(self._invoice(order, paid_cents))
        return self._add(order)

    def _invoice(self, order, paid_cents):
        return Invoice(
            org_id=order.org_id,
            order_id=order.id,
            consortium_id=self.consortium.id,
            vendor_id=self.vendor.id,
            issuer_id=self.vendor.id,
            number=next(_numbers),
            total_cents=order.total_cents,
            paid_cents=paid_cents,
            issued_at=clock.now(),
            due_on=order.pay_by,
            printed={},
        )

    def at_random(self, dice, districts):
        """Districts of every kind, each with up to four orders of any tool and year."""
        for _ in range(districts):
            district = self.district(
                dice.choice(STATES),
                dice.choice(LOCALES),
                dice.choice(SIZES),
                listed=dice.random() < 0.9,
            )
            kinds = list(itertools.product(range(len(self.tools)), STARTS))
            for tool, starts_on in dice.sample(kinds, dice.randrange(5)):
                alone = dice.randrange(1, 5_000_000)
                cents = dice.randrange(alone + 1)
                paid = dice.choice([None, 0, cents, dice.randrange(cents + 1)])
                self.buys(district, dice.randrange(1, 900), cents, alone, paid, tool, starts_on)
        return self.save()

    def facts_of(self, order):
        """What the directory lists about the buyer, or nothing."""
        return next((d for d in self.districts if d.leaid == order.leaid), None)
