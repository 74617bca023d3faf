"""Getting in: signing in, proving an address, choosing a password."""

from sqlmodel import Session

from marketplace.accounts import letters, queries, rules, security
from marketplace.accounts.models import User
from marketplace.core import clock, mail
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken

WRONG = "That e-mail address and password do not belong together. Check both and try again."
UNCONFIRMED = (
    "Confirm your e-mail address first: open the link in the letter we sent you. "
    "You can ask for the letter again below."
)


def sign_in(actor: Actor, user: User | None, password: str) -> User:
    """Whether this person comes in. The user was read before, so no lock is held meanwhile."""
    require(actor, "accounts.sign_in", user)
    if not security.matches(password, user) or user is None or not user.active:
        raise RuleBroken(WRONG)
    if user.confirmed_at is None:
        raise RuleBroken(UNCONFIRMED)
    return user


def ask_confirmation(session: Session, actor: Actor, email: str) -> None:
    """Send the confirmation letter again, if this address waits for one."""
    require(actor, "accounts.ask_confirmation")
    user = queries.user_by_email(session, email, lock=True)
    if user is None or user.confirmed_at or not user.active:
        security.spend_as_long()
    elif queries.mailbox_is_quiet(session, user.email, clock.now()):
        mail.send(session, *letters.confirm(user))


def confirm_email(session: Session, actor: Actor, token: str) -> User:
    """The link in the letter proves the address, once."""
    require(actor, "accounts.confirm_email")
    uniquifier, hashed = security.read_confirmation(token)
    user = queries.user_by_uniquifier(session, uniquifier, lock=True)
    if user is None or not security.is_address(hashed, user.email):
        raise RuleBroken(security.BROKEN_LINK)
    if user.confirmed_at is not None:
        raise RuleBroken("This address is confirmed already. Sign in.")
    user.confirmed_at = clock.now()
    return user


def ask_reset(session: Session, actor: Actor, email: str) -> None:
    """Send a link to choose a new password, if this address has an account."""
    require(actor, "accounts.ask_reset")
    user = queries.user_by_email(session, email, lock=True)
    if user is None or not user.active:
        security.spend_as_long()
    elif queries.mailbox_is_quiet(session, user.email, clock.now()):
        mail.send(session, *letters.reset(user))


def check_reset_link(session: Session, actor: Actor, token: str) -> None:
    """Say at once that a link is too old or used, before a password is thought up."""
    require(actor, "accounts.set_password")
    _named_by(session, token, lock=False)


def _named_by(session: Session, token: str, *, lock: bool) -> User:
    user = queries.user_by_uniquifier(session, security.read_reset(token), lock=lock)
    if user is None:
        raise RuleBroken(security.BROKEN_LINK)
    return user


def set_password(session: Session, actor: Actor, token: str, password: str) -> User:
    """Choose a password by the link of a letter, which also proves the address."""
    require(actor, "accounts.set_password")
    user = _named_by(session, token, lock=True)
    _keep(session, user, password)
    user.confirmed_at = user.confirmed_at or clock.now()
    return user


def change_password(session: Session, actor: Actor, current: str, password: str) -> User:
    require(actor, "accounts.change_password")
    user = queries.get_user(session, actor.user_id, lock=True)
    if not security.matches(current, user):
        raise RuleBroken("This is not your current password.", "current")
    if current == password:
        raise RuleBroken("This is the password you have now. Choose another one.", "password")
    _keep(session, user, password)
    return user


def _keep(session: Session, user: User, password: str) -> None:
    user.password = security.new_hash(password, user.email)
    security.end_sessions(user)
    mail.send(session, *letters.password_changed(user))


def sign_out_everywhere(session: Session, actor: Actor) -> User:
    """End every session of the person, on every device, at once."""
    require(actor, "accounts.sign_out_everywhere")
    user = queries.get_user(session, actor.user_id, lock=True)
    security.end_sessions(user)
    return user


def demo_person(session: Session, actor: Actor, email: str) -> User:
    """One of the public example accounts, for the demo's sign-in buttons."""
    require(actor, "accounts.sign_in", email)
    user = queries.user_by_email(session, email) if email in rules.DEMO_ACCOUNTS else None
    if user is None or not user.active:
        raise RuleBroken("This example account is not here yet. Start the demo again.")
    return user
