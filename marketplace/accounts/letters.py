"""The words of the letters about accounts: recipient, subject, text, as `mail.send` takes them.

They go to the address as it was stored, never to one that somebody typed.
"""

from marketplace.accounts import rules, security
from marketplace.accounts.models import Invitation, Organization, User
from marketplace.core import web

Letter = tuple[str, str, str]

CONFIRM = "Confirm your e-mail address"
ALREADY_HERE = "You already have an account"
RESET = "Choose a new password"
CHANGED = "Your password was changed"
INVITED = "You are invited to {}"


def confirm(user: User, organization: Organization | None = None) -> Letter:
    started = f"an account for {organization.name}" if organization else "an account"
    return _to(
        user,
        CONFIRM,
        f"Somebody, we hope you, started {started} on {security.site_name()} with this "
        f"address. Open this page and press the button to confirm it:\n\n"
        f"{web.link_to('accounts.confirm_email', token=security.confirmation_token(user))}\n\n"
        f"The link works for {rules.CONFIRM_WITHIN.days} days. If this was not you, do nothing: "
        f"the account stays closed.",
    )


def already_here(user: User) -> Letter:
    return _to(
        user,
        ALREADY_HERE,
        f"Somebody, we hope you, asked to sign up on {security.site_name()} with this address. "
        f"It already has an account, so nothing was changed. Sign in here:\n\n"
        f"{web.link_to('accounts.sign_in')}\n\n"
        f"If you do not know your password, choose a new one here:\n\n"
        f"{web.link_to('accounts.ask_reset')}\n\n"
        f"If this was not you, do nothing.",
    )


def reset(user: User) -> Letter:
    return _to(
        user,
        RESET,
        f"Somebody, we hope you, asked for a new password on {security.site_name()}. "
        f"Open this page to choose one:\n\n"
        f"{web.link_to('accounts.set_password', token=security.reset_token(user))}\n\n"
        f"The link works once and for {rules.RESET_WITHIN.seconds // 3600} hours. "
        f"If this was not you, do nothing: your password stays as it is.",
    )


def password_changed(user: User) -> Letter:
    return _to(
        user,
        CHANGED,
        f"The password of your account on {security.site_name()} was changed just now, and "
        f"you were signed out everywhere else.\n\n"
        f"If this was not you, choose a new one at once:\n\n{web.link_to('accounts.ask_reset')}",
    )


def invitation(invited: Invitation, organization: Organization, by: str, token: str) -> Letter:
    return (
        invited.email,
        INVITED.format(organization.name),
        f"Hello,\n\n{by} invites you to {organization.name} on {security.site_name()}, as "
        f"{rules.ROLE_WORDS[invited.role].lower()}. Open this page to accept:\n\n"
        f"{web.link_to('accounts.accept_invitation', token=token)}\n\n"
        f"The link works once, for this address only, and for "
        f"{rules.INVITATION_LASTS.days} days. If you do not know why you get this, do nothing.\n",
    )


def _to(user: User, subject: str, text: str) -> Letter:
    return user.email, subject, f"Hello {user.name},\n\n{text}\n"
