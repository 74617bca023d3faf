"""The keys with which the site signs what it says about the books, and its name there."""

from urllib.parse import urlsplit

from flask import current_app

from marketplace.core.mail import site_address


def private_keys() -> list[bytes]:
    """Newest first; none means that nothing is signed (see docs/running.md)."""
    keys: list[bytes] = current_app.config["CHECKPOINT_KEYS"]
    return keys


def site_host() -> str:
    """`commons.example.org`: the beginning of the origin of every checkpoint."""
    return urlsplit(site_address()).netloc
