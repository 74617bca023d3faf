"""Who may do what to organizations and people."""

from typing import Any

from marketplace.accounts.rules import GIVES_ROLES
from marketplace.core import access
from marketplace.core.access import Actor, anyone, is_operator, is_system, signed_in


def administers(actor: Actor, organization: Any) -> bool:
    return any(actor.has(role, organization.id) for role in GIVES_ROLES)


def belongs(actor: Actor, organization: Any) -> bool:
    """Holds any role in the organization."""
    return any(org_id == organization.id for _, org_id in actor.roles)


access.declare(
    {
        "accounts.found_organization": [[anyone]],
        "accounts.sign_up": [[anyone]],
        "accounts.give_role": [[administers], [is_operator], [is_system]],
        "accounts.affiliate": [[signed_in], [is_system]],
        # Links in letters carry the proof themselves: a signed token or a secret.
        "accounts.sign_in": [[anyone]],
        "accounts.confirm_email": [[anyone]],
        "accounts.confirm_person": [[is_system]],
        "accounts.ask_confirmation": [[anyone]],
        "accounts.ask_reset": [[anyone]],
        "accounts.set_password": [[anyone]],
        "accounts.accept_invitation": [[anyone]],
        "accounts.change_password": [[signed_in]],
        "accounts.sign_out_everywhere": [[signed_in]],
        "accounts.account_letters": [[signed_in]],
        "accounts.stop_letters": [[anyone]],
        "accounts.act_for": [[belongs]],
        "accounts.people": [[belongs]],
        "accounts.invite": [[administers]],
        "accounts.withdraw_invitation": [[administers]],
        "accounts.pass_role": [[is_system]],
        "accounts.remove_role": [[administers]],
    }
)
