"""Who may do what with a pool."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_system


def convenes(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.CONVENER, subject.org_id)


def buys_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(Role.BUYER, Role.ADMINISTRATOR)


access.declare(
    {
        "pools.create_pool": [[convenes]],
        "pools.change_pool": [[convenes]],
        "pools.open_pool": [[convenes]],
        "pools.see_draft": [[convenes]],
        "pools.see_limits": [[convenes]],
        "pools.save_draft": [[buys_for_a_district]],
        "pools.commit_seats": [[buys_for_a_district]],
        "pools.withdraw_commitment": [[buys_for_a_district], [is_system]],
        "pools.clear_pool": [[is_system], [convenes]],
        "pools.count_open_pools": [[is_system]],
    }
)
