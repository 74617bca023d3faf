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


def decides_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(
        Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER, Role.DATA_STEWARD, Role.AI_SUPERVISOR
    )


def is_their_district(actor: Actor, district: Any) -> bool:
    """Everybody of the district, whatever their role."""
    return actor.org_kind == "district" and actor.org_id == district.id


def belongs_to_their_district(actor: Actor, row: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == row.org_id


def decides(actor: Actor, _subject: Any) -> bool:
    return actor.acts_as(Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER)


access.declare(
    {
        "catalogue.vendor_home": [[works_for]],
        "catalogue.listing": [[owns]],
        "catalogue.preview_listing": [[owns]],
        "catalogue.listing_changes": [[owns]],
        "catalogue.own_evidence": [[owns]],
        "catalogue.start_listing": [[works_for, writes_listings]],
        "catalogue.describe_vendor": [[works_for, writes_listings]],
        "catalogue.start_import": [[works_for, writes_listings]],
        "catalogue.import_template": [[works_for, writes_listings]],
        "catalogue.run_import": [[owns, writes_listings]],
        "catalogue.answer_questions": [[owns, writes_listings]],
        "catalogue.copy_answers": [[owns, writes_listings]],
        "catalogue.announce_change": [[owns, writes_listings]],
        "catalogue.save_edition": [[owns, writes_listings]],
        "catalogue.offer_price": [[owns, writes_listings]],
        "catalogue.submit_listing": [[owns, writes_listings]],
        "catalogue.follow_tool": [[decides_for_a_district]],
        "catalogue.unfollow_tool": [[decides_for_a_district]],
        "catalogue.saved_searches": [[is_their_district]],
        "catalogue.save_search": [[is_their_district]],
        "catalogue.drop_search": [[belongs_to_their_district]],
        "catalogue.shortlists": [[is_their_district]],
        "catalogue.shortlist": [[belongs_to_their_district]],
        "catalogue.weigh_tools": [[decides_for_a_district]],
        "catalogue.begin_shortlist": [[is_their_district, decides_for_a_district]],
        "catalogue.shortlist_tool": [[belongs_to_their_district, decides_for_a_district]],
        "catalogue.drop_from_shortlist": [[belongs_to_their_district, decides_for_a_district]],
        "catalogue.comment_shortlist": [[belongs_to_their_district]],
        "catalogue.decide_shortlist": [[belongs_to_their_district, decides]],
        "catalogue.tell_of_searches": [[is_system]],
        "catalogue.review_listings": [[is_operator]],
        "catalogue.review_listing": [[is_operator]],
        "catalogue.take_up_listing": [[is_operator]],
        "catalogue.publish_listing": [[is_operator]],
        "catalogue.send_back_listing": [[is_operator]],
        "catalogue.suspend_listing": [[is_operator]],
        # Parts of the use cases above.
        "catalogue.project_answers": [[owns, writes_listings], [is_operator]],
        "catalogue.freeze_version": [[owns, writes_listings], [is_operator]],
        "catalogue.shelve_tool": [[owns, writes_listings], [is_operator], [is_system]],
        "catalogue.record_step": [[owns, writes_listings], [is_operator], [is_system]],
        "catalogue.note_open_pools": [[is_system]],
        "catalogue.note_privacy_grade": [[is_system]],
        "catalogue.tell_districts": [[is_system]],
        "catalogue.refresh_shelf": [[is_system]],
        "catalogue.warn_of_expiry": [[is_system]],
        "catalogue.expire_listings": [[is_system]],
    }
)
