"""Who may do what to listings: vendors write their own, the operator opens them."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_operator, is_system


def works_for(actor: Actor, vendor: Any) -> bool:
    """The vendor's own people, whatever their role."""
    return actor.org_kind == "vendor" and actor.org_id == vendor.id


def owns(actor: Actor, row: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == row.org_id


def writes_listings(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "vendor" and actor.acts_as(Role.LISTING_EDITOR, Role.ADMINISTRATOR)


access.declare(
    {
        "catalogue.vendor_home": [[works_for]],
        "catalogue.listing": [[owns]],
        "catalogue.start_listing": [[works_for, writes_listings]],
        "catalogue.describe_vendor": [[works_for, writes_listings]],
        "catalogue.describe_tool": [[owns, writes_listings]],
        "catalogue.explain_ai": [[owns, writes_listings]],
        "catalogue.save_edition": [[owns, writes_listings]],
        "catalogue.offer_price": [[owns, writes_listings]],
        "catalogue.submit_listing": [[owns, writes_listings]],
        "catalogue.review_listings": [[is_operator]],
        "catalogue.review_listing": [[is_operator]],
        "catalogue.publish_listing": [[is_operator]],
        "catalogue.send_back_listing": [[is_operator]],
        "catalogue.suspend_listing": [[is_operator]],
        "catalogue.note_open_pools": [[is_system]],
    }
)
