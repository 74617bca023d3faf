"""Who may file, read, join, acknowledge and withdraw."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor


def signs_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(
        Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER, Role.DATA_STEWARD
    )


def works_at_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district"


def is_this_district(actor: Actor, district: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == district.id


def is_this_vendor(actor: Actor, vendor: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == vendor.id


def filed_it(actor: Actor, row: Any) -> bool:
    return actor.org_id is not None and actor.org_id == row.org_id


def sells_it(actor: Actor, row: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == row.vendor_id


def answers_for_a_vendor(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "vendor" and actor.acts_as(Role.ADMINISTRATOR, Role.LISTING_EDITOR)


def has_an_offer(_actor: Actor, agreement: Any) -> bool:
    """Facts of a standing offer are public: other districts look for them."""
    return bool(agreement.offer_present)


access.declare(
    {
        "agreements.agreement": [[has_an_offer], [filed_it], [sells_it]],
        "agreements.agreement_file": [[works_at_a_district, has_an_offer], [filed_it], [sells_it]],
        "agreements.see_signers": [[filed_it], [sells_it]],
        "agreements.district_agreements": [[is_this_district]],
        "agreements.file_agreement": [[is_this_district, signs_for_a_district]],
        "agreements.look_for_clauses": [[filed_it, signs_for_a_district]],
        "agreements.withdraw_offer": [
            [filed_it, signs_for_a_district],
            [sells_it, answers_for_a_vendor],
        ],
        "agreements.can_we_join": [[works_at_a_district, has_an_offer]],
        "agreements.record_join": [[signs_for_a_district, has_an_offer]],
        "agreements.join_file": [[filed_it], [sells_it]],
        "agreements.join_notices": [[is_this_vendor]],
        "agreements.acknowledge_join": [[sells_it, answers_for_a_vendor]],
    }
)
