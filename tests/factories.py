"""Rows for tests, named as the domain names them. Each call commits what it made."""

import itertools
from datetime import timedelta

from marketplace.accounts.models import Affiliation, Membership, Organization, User
from marketplace.accounts.rules import OrganizationKind, Role, email_key, slug_of
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
