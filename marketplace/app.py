"""Build the Flask application."""

import re
import sys
from collections.abc import MutableMapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import structlog
import structlog.tracebacks
from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from marketplace import config
from marketplace.accounts import login
from marketplace.core import (
    db,
    events,
    files,
    headers,
    mail,
    page_cache,
    panels,
    static_files,
    tenancy,
    web,
)
from marketplace.core.resources import STATIC, TEMPLATES
from marketplace.features import FEATURES

#: Imported for the tables they declare.
TABLES_OF_CORE = (events, files, mail)
PARTS = ("models", "policy", "queries", "service", "jobs", "views", "api")


def create_app(**settings: Any) -> Flask:
    values = config.load(**settings)
    is_https = values["PUBLIC_URL"].startswith("https://")
    app = Flask("marketplace", template_folder=str(TEMPLATES), static_folder=None)
    app.config.update(values)
    app.config.update(
        SECRET_KEY=values["SECRET_KEYS"][0],
        SECRET_KEY_FALLBACKS=values["SECRET_KEYS"][1:],
        TRUSTED_HOSTS=_trusted_hosts(values),
        MAX_CONTENT_LENGTH=12_000_000,
        # A page pasted into a box is refused at that box, not by an error page.
        MAX_FORM_MEMORY_SIZE=12_000_000,
        SESSION_COOKIE_NAME="__Host-session" if is_https else "session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        WTF_CSRF_TIME_LIMIT=None,
        TESTING=values["MODE"] == "test",
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(site_name=values["SITE_NAME"], demo_mode=values["MODE"] == "demo")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for part in (db, headers, tenancy, page_cache, panels, static_files, web, login):
        part.init_app(app)
    forms = CSRFProtect(app)
    for feature in FEATURES:
        _add(app, feature)
    for view in web.signed_views():
        forms.exempt(view)
    if proxies := values["SITE_PROXIES"]:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(STATIC),
        prefix="static/",
        max_age=31_536_000,
        allow_all_origins=False,
        add_headers_function=headers.add_to_static_file,
    )
    return app


def _add(app: Flask, feature: str) -> None:
    for part in PARTS:
        if find_spec(f"marketplace.{feature}.{part}"):
            module = import_module(f"marketplace.{feature}.{part}")
            if hasattr(module, "bp"):
                app.register_blueprint(module.bp)


def _trusted_hosts(values: dict[str, Any]) -> list[str] | None:
    """Absolute links in e-mails follow the Host header, so only our own host is believed."""
    host = urlsplit(values["PUBLIC_URL"]).hostname
    return [host, "127.0.0.1", "localhost"] if host else None


def _hide_what_people_typed(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """PostgreSQL repeats the refused values of a row after `DETAIL:`."""
    for failure in line.get("exception", ()):
        failure["exc_value"] = re.sub(r"(?s)DETAIL:.*?(?=\n\[SQL|$)", "", failure["exc_value"])
    return line


structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        # Without local variables: they may hold what people typed.
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        _hide_what_people_typed,
        structlog.processors.JSONRenderer(),
    ],
    # Standard output belongs to what a command answers.
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    cache_logger_on_first_use=True,
)
