"""The three desks a term is seen from, and finding a term at its address.

Whoever does not sit at a desk gets the same 404 as for a page that does not exist.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from flask import Blueprint, url_for

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import clock, db, tenancy
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.pools import queries as pools
from marketplace.pools.models import Pool
from marketplace.pools.rules import CLEARED_STATES
from marketplace.renewals import queries
from marketplace.renewals.models import TermRequest
from marketplace.renewals.queries import Standing

bp = Blueprint("renewals", __name__)

#: Why a page looks past the desk it is at.
DECIDES = "what is decided about a term writes orders and credits of its districts"
VENDOR = "a vendor counts the use of its own tool; the counts belong to the consortium"
OWN_TERM = "a district reads the pool it ordered from, also after it left the consortium"


@dataclass(frozen=True)
class TermShown:
    """A pool's term with what every page about it says."""

    pool: Pool
    consortium: Organization

    @cached_property
    def standing(self) -> Standing:
        return queries.standing(db.session(), self.pool)

    def of_district(self, leaid: str, page: str = "my_term", **values: Any) -> str:
        return url_for(f"renewals.{page}", leaid=leaid, **(self._key | values))

    def of_lead(self, page: str = "term", **values: Any) -> str:
        return url_for(f"renewals.{page}", **(self._key | values))

    @property
    def _key(self) -> dict[str, str]:
        return {"consortium": self.consortium.slug, "pool_slug": self.pool.slug}


def today_at(pool: Pool) -> Any:
    return clock.today(pool.time_zone)


def find(consortium: str, pool_slug: str) -> TermShown:
    """A term at its address; a pool that has not cleared has none."""
    with tenancy.everyone("the pool's row is public once it is open"):
        pool, organization = pools.pool_and_consortium(db.session(), consortium, pool_slug)
    if pool.status not in CLEARED_STATES:
        raise NotFound("There is no such page.")
    return TermShown(pool, organization)


def district_desk(leaid: str) -> Organization:
    district = accounts.organization_by_leaid(db.session(), leaid)
    if not can(login.current_actor(), "renewals.my_terms", district):
        raise NotFound("There is no such page.")
    return district


def vendor_desk(slug: str) -> Organization:
    vendor = accounts.organization_by_slug(db.session(), OrganizationKind.VENDOR, slug)
    if not can(login.current_actor(), "renewals.vendor_terms", vendor):
        raise NotFound("There is no such page.")
    return vendor


def lead_desk(slug: str, permission: str = "renewals.terms") -> Organization:
    """The consortium at whose desk somebody sits; its own scope is opened for them."""
    organization = accounts.organization_by_slug(db.session(), OrganizationKind.CONSORTIUM, slug)
    actor = login.current_actor()
    if not can(actor, permission, _Whose(organization.id)):
        raise NotFound("There is no such page.")
    if organization.id not in actor.scope:
        # A convener holds the role whichever organization they act for just now.
        tenancy.open_scope(actor.scope | {organization.id})
    return organization


@dataclass(frozen=True)
class _Whose:
    """What policy asks about where the subject is a consortium itself."""

    org_id: UUID


def term_of_lead(consortium: str, pool_slug: str, permission: str) -> TermShown:
    """A term from its consortium's own desk."""
    organization = lead_desk(consortium, permission)
    found = find(consortium, pool_slug)
    if found.pool.org_id != organization.id:
        raise NotFound("There is no such page.")
    return found


def request_of(consortium: Organization, request_id: UUID) -> tuple[TermRequest, TermShown]:
    """A request of this consortium, with its term."""
    request = queries.get_request(db.session(), request_id)
    if request.org_id != consortium.id:
        raise NotFound("There is no such request.")
    pool = pools.get_pool(db.session(), request.pool_id)
    return request, TermShown(pool, consortium)
