"""Who may do what to organizations and people."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, anyone, is_operator, is_system


def administers(actor: Actor, organization: Any) -> bool:
    return actor.has(Role.ADMINISTRATOR, organization.id) or actor.has(
        Role.CONVENER, organization.id
    )


access.declare(
    {
        "accounts.found_organization": [[anyone]],
        "accounts.sign_up": [[anyone]],
        "accounts.give_role": [[administers], [is_operator], [is_system]],
        "accounts.affiliate": [[access.signed_in], [is_system]],
    }
)
