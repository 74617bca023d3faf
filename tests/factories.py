"""Rows for tests, named as the domain names them. Each call commits what it made."""

import itertools
from datetime import timedelta

from marketplace.accounts.models import Affiliation, Membership, Organization, User
from marketplace.accounts.rules import OrganizationKind, Role, email_key, slug_of
from marketplace.catalogue import rules as catalogue_rules
from marketplace.catalogue.models import Edition, PriceSchedule, Tool, VendorProfile
from marketplace.catalogue.rules import ToolStatus
from marketplace.core import clock, tenancy

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
        """A published listing; `status="draft"` makes one that strangers do not see."""
        n = next(_numbers)
        vendor = vendor or self.vendor()
        name = name or f"Tool {n}"
        fields.setdefault("slug", f"{slug_of(name)}-{n}")
        fields.setdefault("summary", "Helps with practice.")
        fields.setdefault("subjects", ["reading"])
        fields.setdefault("status", ToolStatus.PUBLISHED)
        if fields["status"] == ToolStatus.PUBLISHED:
            fields.setdefault("published_at", clock.now())
        return self.save(
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
        return self.save(
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

    def vendor_profile(self, vendor, **fields):
        fields.setdefault("billing_email", "billing@example.org")
        fields.setdefault("remit_to", "100 Main Street\nColumbus, OH 43004")
        return self.save(VendorProfile(org_id=vendor.id, **fields))
