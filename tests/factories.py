"""Rows for tests, named as the domain names them. Each call commits what it made."""

import itertools
from datetime import date, timedelta
from hashlib import sha256

from sqlmodel import select

from marketplace.accounts.login import actor_for
from marketplace.accounts.models import Affiliation, Membership, Organization, User
from marketplace.accounts.rules import OrganizationKind, Role, email_key, slug_of
from marketplace.catalogue import rules as catalogue_rules
from marketplace.catalogue.models import Edition, PriceSchedule, Tool, VendorProfile
from marketplace.catalogue.rules import ToolStatus
from marketplace.catalogue.shelf_service import shelve_tool
from marketplace.consortia.by_laws_rules import Choices, choices_as_json, fingerprint
from marketplace.consortia.models import ByLaws, Consortium, Instrument, Member
from marketplace.consortia.rules import (
    ConsortiumStatus,
    InstrumentKind,
    LegalShape,
    MemberStatus,
)
from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.files import StoredFile
from marketplace.ledger import service as ledger_service
from marketplace.orders import invoice_service
from marketplace.orders import rules as rules_of_orders
from marketplace.orders import service as orders_service
from marketplace.pools.models import Allocation, Commitment, Pool
from marketplace.pools.rules import PoolStatus, Rung
from tests import cards

_numbers = itertools.count(1)


class Factory:
    """`make.district(name=...)`; features add their own builders in tests/<feature>/."""

    def __init__(self, app, session):
        self.app, self.session = app, session

    def save(self, *rows):
        with tenancy.everyone("tests build rows of every organization"):
            self.session.add_all(rows)
            self.session.commit()
        return rows[0]

    # -- accounts ----------------------------------------------------------------------------

    def organization(self, kind, name=None, **fields):
        n = next(_numbers)
        name = name or f"{kind.replace('_', ' ').title()} {n}"
        fields.setdefault("slug", f"{slug_of(name)}-{n}")
        return self.save(Organization(kind=kind, name=name, founded_at=clock.now(), **fields))

    def district(self, name=None, **fields):
        fields.setdefault("leaid", f"39{next(_numbers):05}")
        fields.setdefault("state", "OH")
        return self.organization(OrganizationKind.DISTRICT, name, **fields)

    def vendor(self, name=None, **fields):
        return self.organization(OrganizationKind.VENDOR, name, **fields)

    def funder(self, name=None, **fields):
        return self.organization(OrganizationKind.FUNDER, name, **fields)

    def agency(self, name=None, **fields):
        return self.organization(OrganizationKind.SERVICE_AGENCY, name, **fields)

    def person(self, organization=None, *roles, email=None, **fields):
        """A confirmed person who holds `roles` in `organization` and acts for it."""
        n = next(_numbers)
        email = email or f"person{n}@example.org"
        user = self.save(
            User(
                name=fields.pop("name", f"Person {n}"),
                email=email,
                email_key=email_key(email),
                fs_uniquifier=f"uniquifier-{n}",
                create_datetime=clock.now(),
                confirmed_at=clock.now(),
                acting_for=organization.id if organization else None,
                **fields,
            )
        )
        for i, role in enumerate(roles):
            self.role(user, organization, role, since=clock.now() + timedelta(seconds=i))
        return user

    def role(self, user, organization, role, since=None):
        return self.save(
            Membership(
                user_id=user.id, org_id=organization.id, role=role, since=since or clock.now()
            )
        )

    def buyer(self, district, **fields):
        return self.person(district, Role.BUYER, **fields)

    def operator(self, **fields):
        return self.person(self.organization(OrganizationKind.OPERATOR), Role.OPERATOR, **fields)

    def affiliation(self, organization, circle):
        return self.save(Affiliation(org_id=organization.id, circle_id=circle.id))

    # -- catalogue ---------------------------------------------------------------------------

    def tool(self, vendor=None, name=None, **fields):
        """A published listing; `status="draft"` makes one that strangers do not see.

        It has a scorecard without gaps, so that it can be bought; `card=False` leaves it out.
        """
        n, card = next(_numbers), fields.pop("card", True)
        vendor = vendor or self.vendor()
        name = name or f"Tool {n}"
        fields.setdefault("slug", f"{slug_of(name)}-{n}")
        fields.setdefault("summary", "Helps with practice.")
        fields.setdefault("subjects", ["reading"])
        fields.setdefault("status", ToolStatus.PUBLISHED)
        if fields["status"] == ToolStatus.PUBLISHED:
            fields.setdefault("published_at", clock.now())
        tool = self.save(
            Tool(
                org_id=vendor.id,
                name=name,
                created_at=clock.now(),
                search_text=catalogue_rules.search_text(
                    name, fields["summary"], vendor.name, fields["subjects"]
                ),
                subject_keys=catalogue_rules.subject_keys(fields["subjects"]),
                **fields,
            )
        )
        if card and tool.published_at:
            self.save(*cards.rows(tool))
        return self.shelve(tool)

    def shelve(self, tool):
        """What the services do in the same transaction: put the tool where searches look."""
        with (
            self.app.app_context(),
            tenancy.everyone("tests build rows of every organization"),
        ):
            shelve_tool(self.session, Actor.system(), tool)
            self.session.commit()
        return tool

    def edition(self, tool, name="Full licence", **fields):
        return self.save(Edition(org_id=tool.org_id, tool_id=tool.id, name=name, **fields))

    def price_schedule(self, tool, terms=None, *, edition=None, version=1, **fields):
        """A price in force: by default the volume prices of product.md's `split` example."""
        edition = edition or self.edition(tool, f"Edition {next(_numbers)}")
        terms = terms or {
            "form": "volume",
            "platform_fee_cents": 0,
            "minimum_cents": 0,
            "cap_cents": None,
            "bands": [
                {"from": 1, "unit_cents": 1600},
                {"from": 2500, "unit_cents": 1350},
                {"from": 5000, "unit_cents": 1125},
            ],
        }
        fields.setdefault("valid_until", clock.now().date() + timedelta(days=365))
        schedule = self.save(
            PriceSchedule(
                org_id=tool.org_id,
                tool_id=tool.id,
                edition_id=edition.id,
                version=version,
                form=terms["form"],
                terms=terms,
                offered_at=clock.now(),
                **fields,
            )
        )
        self.shelve(tool)
        return schedule

    def vendor_profile(self, vendor, **fields):
        fields.setdefault("billing_email", "billing@example.org")
        fields.setdefault("remit_to", "100 Main Street\nColumbus, OH 43004")
        return self.save(VendorProfile(org_id=vendor.id, **fields))

    # -- consortia ---------------------------------------------------------------------------

    def consortium(self, lead=None, name=None, **fields):
        """A constituted consortium led by an agency."""
        lead = lead or self.agency()
        organization = self.organization(
            OrganizationKind.CONSORTIUM,
            name,
            time_zone=fields.pop("time_zone", "America/Chicago"),
            state=fields.pop("state", "OH"),
        )
        fields.setdefault("status", ConsortiumStatus.CONSTITUTED)
        choices, text = fields.pop("choices", Choices()), fields.pop("text", "")
        consortium = self.save(
            Consortium(
                org_id=organization.id,
                lead_agency_id=lead.id,
                legal_shape=fields.pop("legal_shape", LegalShape.JOINT),
                purpose=fields.pop("purpose", "Small districts buy together."),
                founded_on=clock.now().date(),
                split_method=choices.cost_method.value,
                **fields,
            )
        )
        self.save(
            ByLaws(
                org_id=organization.id,
                version=consortium.by_laws_version,
                modules=choices_as_json(choices),
                text=text,
                changed_at=clock.now(),
                adopted_at=clock.now(),
                fingerprint=fingerprint(choices, text),
            )
        )
        self.affiliation(lead, organization)
        with tenancy.everyone("tests build rows of every organization"):
            ledger_service.open_books(self.session, Actor.system(), organization.id)
            self.session.commit()
        return consortium

    def org_of(self, consortium):
        """The organization that a consortium is."""
        return self._organization(consortium.org_id)

    def _organization(self, org_id):
        organization = self.session.exec(
            select(Organization).where(Organization.id == org_id)
        ).one()
        self.session.commit()  # on SQLite a builder that only read would keep the write lock
        return organization

    def convener(self, consortium, **fields):
        """A person of the lead agency who convenes the consortium, acting for the agency."""
        user = self.person(
            self._organization(consortium.lead_agency_id), Role.ADMINISTRATOR, **fields
        )
        self.role(user, self.org_of(consortium), Role.CONVENER)
        return user

    def member(self, consortium, district=None, *, instrument=True, **fields):
        """An active member with an instrument in force for years (unless told otherwise)."""
        district = district or self.district()
        fields.setdefault("status", MemberStatus.ACTIVE)
        member = self.save(
            Member(
                org_id=consortium.org_id,
                district_id=district.id,
                asked_at=clock.now(),
                approved_at=clock.now(),
                accepted_by_laws_version=consortium.by_laws_version,
                active_since=clock.now(),
                **fields,
            )
        )
        if member.status is MemberStatus.ACTIVE:
            self.affiliation(district, self.org_of(consortium))
        if instrument:
            self.instrument(member)
        return member

    def instrument(self, member, **fields):
        """The signed paper of a membership."""
        today = clock.now().date()
        content = b"%PDF-1.7 signed"
        stored = self.save(
            StoredFile(
                org_id=member.org_id,
                name="agreement.pdf",
                media_type="application/pdf",
                size=len(content),
                fingerprint=sha256(content).hexdigest(),
                content=content,
                stored_at=clock.now(),
            )
        )
        return self.save(
            Instrument(
                org_id=member.org_id,
                member_id=member.id,
                district_id=member.district_id,
                kind=InstrumentKind.INTERLOCAL_AGREEMENT,
                signer_name="Pat Lee",
                signer_title="Superintendent",
                signed_on=fields.pop("signed_on", today - timedelta(days=30)),
                scope="Joint purchase of software",
                starts_on=fields.pop("starts_on", today - timedelta(days=30)),
                ends_on=fields.pop("ends_on", today + timedelta(days=5 * 365)),
                file_id=stored.id,
                filed_at=fields.pop("filed_at", clock.now() - timedelta(days=1)),
                **fields,
            )
        )

    # -- pools -------------------------------------------------------------------------------

    def pool(self, consortium, tool=None, **fields):
        """An open pool that closes in 30 days, on a tool's newest price schedule."""
        n = next(_numbers)
        terms = fields.pop("terms", None)
        tool = tool or self.tool()
        with tenancy.everyone("tests build rows of every organization"):
            query = select(PriceSchedule).where(PriceSchedule.tool_id == tool.id)
            schedule = self.session.exec(query.order_by(PriceSchedule.version.desc())).first()
        if schedule is None or terms:
            schedule = self.price_schedule(tool, terms)
        starts_on = fields.pop("term_starts_on", date(2027, 7, 1))
        return self.save(
            Pool(
                org_id=consortium.org_id,
                slug=fields.pop("slug", f"pool-{n}"),
                title=fields.pop("title", f"Pool {n}"),
                tool_id=tool.id,
                vendor_id=tool.org_id,
                price_schedule_id=schedule.id,
                terms=schedule.terms,
                status=fields.pop("status", PoolStatus.OPEN),
                opened_at=clock.now(),
                closes_at=fields.pop("closes_at", clock.now() + timedelta(days=30)),
                time_zone=self.org_of(consortium).time_zone,
                term_starts_on=starts_on,
                term_ends_on=fields.pop("term_ends_on", starts_on + timedelta(days=364)),
                pay_by=fields.pop("pay_by", starts_on),
                **fields,
            )
        )

    def commitment(self, pool, district, seats=100, **fields):
        """What a district commits; on the top rung unless told otherwise."""
        fields.setdefault("rung", Rung.COMMITTED)
        return self.save(
            Commitment(
                org_id=pool.org_id,
                pool_id=pool.id,
                district_id=district.id,
                leaid=district.leaid,
                seats=seats,
                contact_name="Pat Lee",
                contact_email="pat@example.org",
                committed_at=clock.now(),
                changed_at=clock.now(),
                **fields,
            )
        )

    # -- orders ------------------------------------------------------------------------------

    def cleared_pool(self, consortium=None, districts=None, *, po_number="", **fields):
        """A pool that has cleared, with an allocation for each district: seats and a share.

        `districts` are members with an instrument; 100, 200, 300… seats at $11.25 each.
        """
        consortium = consortium or self.consortium()
        if districts is None:
            districts = [self.district(), self.district()]
            for district in districts:
                self.member(consortium, district)
        fields.setdefault("status", PoolStatus.CLEARED)
        pool = self.pool(consortium, cleared_at=clock.now(), **fields)
        for i, district in enumerate(districts, 1):
            self.commitment(pool, district, seats=100 * i, po_number=po_number)
            self.save(
                Allocation(
                    org_id=pool.org_id,
                    pool_id=pool.id,
                    district_id=district.id,
                    leaid=district.leaid,
                    seats=100 * i,
                    spare_seats=i - 1,
                    share_cents=112_501 * i,
                    alone_cents=160_000 * i,
                )
            )
        return pool

    def orders(self, pool):
        """The orders of a cleared pool, placed as the job places them, by LEAID."""
        with (
            self.app.app_context(),
            tenancy.everyone("tests build rows of every organization"),
            db.transaction() as session,
        ):
            return orders_service.place_orders(session, Actor.system(), pool.id).orders

    def order(self, district=None, *, consortium=None, po_number="PO-1", **fields):
        """One district's order; with `po_number=""` it waits for its PO."""
        consortium = consortium or self.consortium()
        district = district or self.district()
        self.member(consortium, district)
        pool = self.cleared_pool(consortium, [district], po_number=po_number, **fields)
        return self.orders(pool)[0]

    def invoice(self, order=None, issued_by=None, **fields):
        """An order's invoice, issued by its vendor's finance person."""
        order = order or self.order(**fields)
        issuer = rules_of_orders.issuer(order.legal_shape, order.vendor_id, order.consortium_id)
        organization = self.session.exec(
            select(Organization).where(Organization.id == issuer)
        ).one()
        role = Role.FINANCE if issuer == order.vendor_id else Role.FISCAL_AGENT
        user = issued_by or self.person(organization, role)
        with (
            self.app.app_context(),
            tenancy.everyone("tests build rows of every organization"),
            db.transaction() as session,
        ):
            actor = actor_for(session, user)
            return invoice_service.issue_invoice(session, actor, order.id)
