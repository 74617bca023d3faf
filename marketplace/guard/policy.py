"""Who may accept a card's gaps for a district, and who reads what was accepted."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor


def is_this_district(actor: Actor, district: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == district.id


def answers_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(
        Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER, Role.DATA_STEWARD
    )


access.declare(
    {
        "guard.gaps": [[is_this_district]],
        "guard.accept_gaps": [[is_this_district, answers_for_a_district]],
    }
)
