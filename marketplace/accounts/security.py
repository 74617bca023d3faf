"""Where Flask-Security meets our database, our clock and our letters.

The library hashes passwords, signs the tokens of confirmation and reset links, signs people in
and ends their sessions. Its own pages, forms and e-mails are not used: ours are in views,
forms and letters. It never commits; whatever it changes is a row of the caller's transaction.
"""

from typing import Any
from uuid import uuid4

from flask_security import RoleMixin, Security
from flask_security.confirmable import generate_confirmation_token
from flask_security.datastore import Datastore, UserDatastore
from flask_security.proxies import _security
from flask_security.recoverable import generate_reset_password_token
from flask_security.utils import (
    check_and_get_token_status,
    hash_password,
    verify_hash,
    verify_password,
)
from itsdangerous import TimestampSigner

from marketplace.accounts import rules
from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.errors import RuleBroken

#: Argon2 at its least: demo and test passwords are public anyway, and seeding makes many.
CHEAP_HASHES = {"argon2__time_cost": 1, "argon2__memory_cost": 64, "argon2__parallelism": 1}


class People(Datastore, UserDatastore):
    """What the library may do to a user: change it. Reading is ours, see `login.load_user`."""

    def __init__(self) -> None:
        Datastore.__init__(self, None)
        UserDatastore.__init__(self, User, RoleMixin)

    def put(self, model: Any) -> Any:
        return model

    def find_user(self, *_args: Any, **_kwargs: Any) -> None:
        return None


class ClockSigner(TimestampSigner):
    """Links grow old by the clock of the site."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def init_app(app: Any) -> Security:
    app.config.update(
        SECURITY_DATETIME_FACTORY=clock.now,
        # The argon2 hash has a salt of its own; the extra HMAC would tie it to one more secret.
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=(
            {} if app.config["MODE"] == "production" else CHEAP_HASHES
        ),
        # These only stand inside signed links, so they need no slow hash.
        SECURITY_HASHING_SCHEMES=["hex_sha256"],
        SECURITY_DEPRECATED_HASHING_SCHEMES=[],
        SECURITY_CONFIRM_EMAIL_WITHIN=rules.CONFIRM_WITHIN,
        SECURITY_RESET_PASSWORD_WITHIN=rules.RESET_WITHIN,
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
    )
    security = Security(app, People(), register_blueprint=False)
    for serializer in (security.confirm_serializer, security.reset_serializer):
        serializer.signer = ClockSigner
        serializer.secret_keys.reverse()  # the last one signs, and our settings name it first
    # Its permissions are not used; without this it would load the user on every request.
    app.before_request_funcs[None].remove(security.principal._on_before_request)
    return security


def site_name() -> str:
    app: Any = _security.app
    return str(app.config["SITE_NAME"])


# -- passwords -------------------------------------------------------------------------------


def new_hash(password: str, email: str, field: str = "password") -> str:
    """The hash to keep of a password somebody chose; refused when it is easy to guess."""
    rules.check_password(password, told_to_all=(email, site_name()), field=field)
    return str(hash_password(_normal(password)))


def matches(password: str, user: User | None) -> bool:
    """Whether this is the person's password; nobody's takes as long to find out."""
    password = _normal(password[: rules.LONGEST_PASSWORD])
    if user is None or user.password is None:
        hash_password(password)
        return False
    return bool(verify_password(password, user.password))


def _normal(password: str) -> str:
    return str(_security._password_util.normalize(password))


def end_sessions(user: User) -> None:
    """No session and no link made before now works any more."""
    _security.datastore.set_uniquifier(user)


# -- links -----------------------------------------------------------------------------------


def confirmation_token(user: User) -> str:
    return str(generate_confirmation_token(user))


def reset_token(user: User) -> str:
    return str(generate_reset_password_token(user))


def spend_as_long() -> None:
    """Do the work of a reset for nobody, so that time does not tell who has an account."""
    reset_token(User(fs_uniquifier=uuid4().hex, password="-" * 97))  # type: ignore[call-arg]


def read_confirmation(token: str) -> tuple[str, str]:
    """Whose uniquifier a confirmation link names, and the hash of the address it was sent to."""
    return _read(token, "confirm", rules.CONFIRM_WITHIN)


def is_address(hashed: str, email: str) -> bool:
    return bool(verify_hash(hashed.encode(), email))


def read_reset(token: str) -> str:
    """Whose uniquifier a reset link names; it changes with the password."""
    return _read(token, "reset", rules.RESET_WITHIN)[0]


BROKEN_LINK = "This link was already used or is not whole. Ask for a new one."
OLD_LINK = "This link is too old. Ask for a new one."


def _read(token: str, kind: str, within: Any) -> tuple[str, str]:
    expired, invalid, data = check_and_get_token_status(token, kind, within)
    if expired:
        raise RuleBroken(OLD_LINK)
    if invalid or not isinstance(data, list) or len(data) != 2:
        raise RuleBroken(BROKEN_LINK)
    return str(data[0]), str(data[1])
