"""Addresses of static files that change when the file does, so browsers may keep them."""

from functools import cache
from hashlib import sha256

from flask import Flask

from marketplace.core.resources import STATIC


def init_app(app: Flask) -> None:
    app.jinja_env.globals["static_url"] = static_url


@cache
def static_url(path: str) -> str:
    """'app.css' -> '/static/app.css?v=1a2b3c4d'."""
    fingerprint = sha256((STATIC / path).read_bytes()).hexdigest()[:8]
    return f"/static/{path}?v={fingerprint}"
