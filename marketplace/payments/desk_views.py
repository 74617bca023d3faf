"""From which desk a payment is looked at; whoever does not sit there gets the 404 of no page."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, url_for

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import db, tenancy
from marketplace.core.access import can
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.orders import queries as orders
from marketplace.orders.models import Invoice
from marketplace.payments import queries
from marketplace.payments.gateway import Gateway
from marketplace.payments.models import PaymentAttempt

bp = Blueprint("payments", __name__)

#: The page of one payment stands under each of these.
DESKS = ("/d/<leaid>", "/v/<vendor>", "/c/<consortium>")
STRIPE = "what Stripe tells is about payments of any organization"
RECEIVES = "a payment is the district's; the side that is paid decides what goes back"


@dataclass(frozen=True)
class Desk:
    side: str
    organization: Organization

    @property
    def key(self) -> dict[str, str]:
        name = "leaid" if self.side == "district" else self.side
        own = self.organization.leaid if self.side == "district" else self.organization.slug
        return {name: str(own)}

    def url(self, endpoint: str, **values: Any) -> str:
        return url_for(endpoint, **(values | self.key))

    @property
    def home_url(self) -> str:
        return login.home_url(self.organization)

    @property
    def list_url(self) -> str:
        place = {"district": "online_payments", "vendor": "payouts", "consortium": "at_stripe"}
        return self.url(f"payments.{place[self.side]}")

    def sees(self, row: Any) -> bool:
        owner = {"district": "org_id", "vendor": "vendor_id", "consortium": "consortium_id"}
        return bool(getattr(row, owner[self.side]) == self.organization.id)


def sit_down(
    leaid: str | None = None, vendor: str | None = None, consortium: str | None = None
) -> Desk:
    """The desk an address names, if the signed-in person sits there."""
    session = db.session()
    if leaid:
        side, organization = "district", accounts.organization_by_leaid(session, leaid)
    else:
        side = "vendor" if vendor else "consortium"
        slug = vendor or consortium or ""
        organization = accounts.organization_by_slug(session, OrganizationKind(side), slug)
    permission = "payments.district_payments" if leaid else "payments.payouts"
    actor = login.current_actor()
    if not can(actor, permission, organization):
        raise NotFound("There is no such page.")
    if organization.id not in actor.scope:
        # A convener holds the role whichever organization they act for just now.
        tenancy.open_scope(actor.scope | {organization.id})
    return Desk(side, organization)


def bill_at(desk: Desk, invoice_id: UUID) -> Invoice:
    bill = orders.get_invoice(db.session(), invoice_id)
    if not desk.sees(bill):
        raise NotFound("There is no such bill.")
    return bill


def attempt_at(desk: Desk, attempt_id: UUID) -> PaymentAttempt:
    attempt = queries.get_attempt(db.session(), attempt_id)
    if not desk.sees(attempt) or not can(login.current_actor(), "payments.attempt", attempt):
        raise NotFound("There is no such payment.")
    return attempt


def gateway_here() -> Gateway:
    gateway = Gateway.here()
    if gateway is None:
        raise RuleBroken("This site takes checks, warrants, ACH transfers and wires only.")
    return gateway
