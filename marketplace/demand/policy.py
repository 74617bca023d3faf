"""Who says that a district is interested, and who reads what it adds up to."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor


def is_their_district(actor: Actor, district: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == district.id


def speaks_for_a_district(actor: Actor, _subject: Any) -> bool:
    """Interest binds nobody, so whoever weighs tools may show it."""
    return actor.org_kind == "district" and actor.acts_as(
        Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER
    )


def belongs_to_their_district(actor: Actor, row: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == row.org_id


def buys_or_convenes(actor: Actor, _tool: Any) -> bool:
    return actor.org_kind in ("district", "service_agency", "consortium")


def makes_the_tool(actor: Actor, tool: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == tool.org_id


def convenes(actor: Actor, consortium: Any) -> bool:
    return actor.has(Role.CONVENER, consortium.org_id)


access.declare(
    {
        "demand.interests": [[is_their_district]],
        "demand.show_interest": [[speaks_for_a_district]],
        "demand.withdraw_interest": [[belongs_to_their_district, speaks_for_a_district]],
        "demand.demand_map": [[buys_or_convenes], [makes_the_tool]],
        "demand.see_names": [[makes_the_tool]],
        "demand.suggestions": [[convenes]],
    }
)
