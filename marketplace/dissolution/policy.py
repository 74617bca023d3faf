"""Who may end a consortium. The subject is the consortium or its dissolution (`org_id`)."""

from dataclasses import replace
from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_system


def convenes(actor: Actor, row: Any) -> bool:
    return actor.has(Role.CONVENER, row.org_id)


def keeps_its_money(actor: Actor, row: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, row.org_id)


def belongs_to_it(actor: Actor, row: Any) -> bool:
    """A member district, an agency of it, an observer, or its own desk."""
    return row.org_id in actor.scope


def for_the_books(actor: Actor) -> Actor:
    """Signs an entry as who they are, once this feature's own policy has let them."""
    return replace(actor, is_system=True)


access.declare(
    {
        "dissolution.see_accounts": [[belongs_to_it], [convenes], [keeps_its_money]],
        "dissolution.begin": [[is_system]],
        "dissolution.declare": [[convenes]],
        "dissolution.propose_settlement": [[convenes], [keeps_its_money]],
        "dissolution.approve_settlement": [[convenes], [keeps_its_money]],
        "dissolution.dissolve": [[convenes]],
    }
)
