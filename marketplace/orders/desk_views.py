"""The three desks orders are seen from: the district's, the vendor's and the consortium's.

One page serves all three; its address says whose desk it is. Whoever does not sit there
gets the same 404 as for a page that does not exist.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, url_for

from marketplace.accounts import login, queries
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import db, tenancy
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.orders.rules import STAGE_TAGS, Stage

bp = Blueprint("orders", __name__)

#: The pages of one order, bill or PO stand under each of these.
DESKS = ("/d/<leaid>", "/v/<vendor>", "/c/<consortium>")


@dataclass(frozen=True)
class Desk:
    side: str
    organization: Organization

    @property
    def key(self) -> dict[str, str]:
        """How the addresses of this desk begin, for `url_for`."""
        name = "leaid" if self.side == "district" else self.side
        own = self.organization.leaid if self.side == "district" else self.organization.slug
        return {name: str(own)}

    def url(self, endpoint: str, **values: Any) -> str:
        return url_for(f"orders.{endpoint}", **(values | self.key))

    @property
    def home_url(self) -> str:
        return login.home_url(self.organization)

    @property
    def list_url(self) -> str:
        page = {"district": "district_orders", "vendor": "vendor_orders", "consortium": "money"}
        return self.url(page[self.side])

    @property
    def list_name(self) -> str:
        return "Money" if self.side == "consortium" else "Orders"

    def sees(self, row: Any) -> bool:
        """Whether an order, PO or invoice concerns this desk."""
        owner = {"district": "org_id", "vendor": "vendor_id", "consortium": "consortium_id"}
        return bool(getattr(row, owner[self.side]) == self.organization.id)


def sit_down(
    leaid: str | None = None, vendor: str | None = None, consortium: str | None = None
) -> Desk:
    """The desk an address names, if the signed-in person sits there."""
    if leaid:
        return _at("district", "orders.district_orders", leaid=leaid)
    if vendor:
        return _at("vendor", "orders.vendor_orders", slug=vendor)
    return _at("consortium", "orders.money", slug=consortium)


def _at(side: str, permission: str, leaid: str | None = None, slug: str | None = None) -> Desk:
    session, actor = db.session(), login.current_actor()
    if leaid:
        organization = queries.organization_by_leaid(session, leaid)
    else:
        organization = queries.organization_by_slug(session, OrganizationKind(side), slug or "")
    if not can(actor, permission, organization):
        raise NotFound("There is no such page.")
    if organization.id not in actor.scope:
        # A convener holds the role whichever organization they act for just now.
        tenancy.open_scope(actor.scope | {organization.id})
    return Desk(side, organization)


def owned(desk: Desk, row: Any, permission: str) -> Any:
    """The row, when it concerns this desk and policy lets it be seen; else it does not exist."""
    if not desk.sees(row) or not can(login.current_actor(), permission, row):
        raise NotFound("There is no such order or invoice.")
    return row


@bp.app_template_filter("stage_tag")
def stage_tag(stage: Stage) -> tuple[str, str, str]:
    """What a stage looks like as a tag: kind, words, icon."""
    return STAGE_TAGS[stage]
