"""Signed links for people who are not signed in: who holds one may do the one thing it names.

A link says what it is for and carries a few words; nobody can make one up or change it, and a
link for one purpose opens nothing else. It works as long as the key that signed it is kept.
"""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from marketplace.core.errors import NotFound


def seal(purpose: str, *words: str) -> str:
    """A token that holds these words, for the end of an address."""
    return str(_serializer(purpose).dumps(list(words)))


def unseal(purpose: str, token: str) -> list[str]:
    """The words of a token of this purpose; anything else does not exist."""
    try:
        words = _serializer(purpose).loads(token)
    except BadSignature:
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise NotFound("There is no such page.")
    return words


def _serializer(purpose: str) -> URLSafeSerializer:
    # The last key signs, and our settings name the newest first.
    return URLSafeSerializer(list(reversed(current_app.config["SECRET_KEYS"])), salt=purpose)
