"""Who may do what with a pool."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_system


def convenes(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.CONVENER, subject.org_id)


def buys_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(Role.BUYER, Role.ADMINISTRATOR)


def keeps_its_money(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, subject.org_id)


def is_that_district(actor: Actor, subject: Any) -> bool:
    return actor.org_id is not None and actor.org_id == subject.district_id


def is_a_member(actor: Actor, subject: Any) -> bool:
    """A person of a district (or agency) inside the consortium."""
    return subject.org_id in actor.circles


access.declare(
    {
        "pools.create_pool": [[convenes], [is_system]],
        "pools.change_pool": [[convenes]],
        "pools.open_pool": [[convenes]],
        "pools.see_draft": [[convenes]],
        "pools.see_limits": [[convenes]],
        "pools.save_draft": [[buys_for_a_district]],
        "pools.commit_seats": [[buys_for_a_district]],
        "pools.withdraw_commitment": [[buys_for_a_district], [is_system]],
        "pools.resolution_file": [[is_that_district], [convenes]],
        "pools.plan_fill_up": [[convenes]],
        "pools.start_fill_up": [[is_system], [convenes]],
        "pools.dry_run": [[convenes], [keeps_its_money], [is_a_member]],
        "pools.ask_for_clearing": [[convenes], [keeps_its_money]],
        "pools.clear_pool": [[is_system], [convenes], [keeps_its_money]],
        "pools.extend_pool": [[convenes]],
        "pools.lower_threshold": [[convenes]],
        "pools.release_districts": [[convenes]],
        "pools.note_ordered": [[is_system]],
        "pools.close_pool": [[is_system]],
        "pools.tell_price_withdrawn": [[is_system]],
        "pools.count_open_pools": [[is_system]],
    }
)
