"""How often a stranger may try: by the address of the connection, and by the e-mail typed.

The connection's own address is used, never a header that the sender writes himself. Behind
a proxy, its address stands there unless the server is told to trust it (docs/running.md).
"""

from typing import Any

from flask import Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from marketplace.accounts.rules import email_key

limiter = Limiter(get_remote_address, strategy="moving-window")


def init_app(app: Any) -> None:
    wanted = app.config["RATE_LIMITS"]
    limiter.enabled = app.config["MODE"] != "test" if wanted is None else wanted
    app.config.update(
        RATELIMIT_ENABLED=limiter.enabled,
        RATELIMIT_STORAGE_URI=app.config["REDIS_URL"] or "memory://",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=bool(app.config["REDIS_URL"]),
    )
    limiter.init_app(app)
    if limiter.enabled:  # only single pages have limits, checked where they are declared
        app.before_request_funcs[None].remove(limiter._check_request_limit)


def _mailbox() -> str:
    return email_key(request.form.get("email", "")[:254]) or "nobody"


def _refused(response: Response) -> bool:
    return response.status_code == 422


def guesses(view: Any) -> Any:
    """Wrong passwords: 20 in 15 minutes from one connection, 20 an hour for one account."""
    view = limiter.limit("20 per 15 minutes", methods=["POST"], deduct_when=_refused)(view)
    return limiter.limit("20 per hour", key_func=_mailbox, methods=["POST"], deduct_when=_refused)(
        view
    )


def requests_for_letters(view: Any) -> Any:
    """Forms that write a letter: 20 in an hour from one connection."""
    return limiter.limit("20 per hour", methods=["POST"])(view)


def reckonings(view: Any) -> Any:
    """Forms of strangers that make the machine work hard: 20 in a minute from one connection."""
    return limiter.limit("20 per minute", methods=["POST"])(view)
