"""Request ids, security headers, and one structured log line per request."""

import re
import secrets
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request
from prometheus_client import Counter, Histogram
from secure import Secure
from secure.headers import (
    CrossOriginOpenerPolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    XContentTypeOptions,
    XFrameOptions,
)

from marketplace.core import clock

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
REQUESTS = Counter("http_requests", "Answers by endpoint and status.", ["endpoint", "status"])
SECONDS = Histogram("http_request_seconds", "Seconds from request to answer.", ["endpoint"])
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
log = structlog.get_logger("requests")


def init_app(app: Flask) -> None:
    app.before_request(_open)
    app.after_request(_close)
    log_failure(app)
    app.extensions["static_headers"] = _static_headers()


def _static_headers() -> dict[str, str]:
    """Built once: they are the same on every answer."""
    return dict(
        Secure(
            xcto=XContentTypeOptions().nosniff(),
            xfo=XFrameOptions().deny(),
            referrer=ReferrerPolicy().strict_origin_when_cross_origin(),
            coop=CrossOriginOpenerPolicy().same_origin(),
            permissions=PermissionsPolicy().geolocation().camera().microphone(),
        ).headers
    )


def add_to_static_file(headers: Any, _path: str, _url: str) -> None:
    """What the static files need of it: they are answered before the application is asked."""
    headers["X-Content-Type-Options"] = "nosniff"


def let_forms_lead_to(origin: str) -> None:
    """The form on this page may end at another site: browsers follow it there only if told."""
    g.forms_lead_to = origin


def _open() -> None:
    asked = request.headers.get("X-Request-ID", "")
    g.request_id = asked if _REQUEST_ID.fullmatch(asked) else secrets.token_hex(8)
    g.csp_nonce = secrets.token_urlsafe(16)
    g.began = clock.stopwatch()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _close(response: Response) -> Response:
    headers: Any = response.headers
    headers.update(current_app.extensions["static_headers"])
    # A kept page goes with the nonce it came with; a download brings stricter words of its own.
    if response.status_code != 304 and "Content-Security-Policy" not in headers:
        policy = POLICY.format(nonce=g.csp_nonce)
        if elsewhere := g.get("forms_lead_to"):
            policy = policy.replace("form-action 'self'", f"form-action 'self' {elsewhere}")
        headers["Content-Security-Policy"] = policy
    headers["X-Request-ID"] = g.request_id
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "private, no-store"
    if current_app.config["PUBLIC_URL"].startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    endpoint = request.endpoint or "none"
    seconds = clock.stopwatch() - g.began
    REQUESTS.labels(endpoint, response.status_code).inc()
    SECONDS.labels(endpoint).observe(seconds)
    log.info(
        "request",
        method=request.method,
        path=_path_without_secrets(),
        status=response.status_code,
        ms=round(seconds * 1000, 1),
    )
    return response


def _path_without_secrets() -> str:
    """Whoever reads the log must not be able to use the links of somebody's letters."""
    if request.url_rule is not None and "token" in (request.view_args or {}):
        return request.url_rule.rule
    return request.path


def log_failure(app: Flask) -> None:
    """One structured line for an unforeseen error too, with the request's number."""

    def log_exception(failure: Any) -> None:
        log.error(
            "unforeseen", method=request.method, path=_path_without_secrets(), exc_info=failure
        )

    app.log_exception = log_exception  # type: ignore[assignment]
