"""Public pages for strangers: kept until something happens, and never sent twice.

What a stranger sees can only change with an event (see `core/events.py`), a deploy, or
the passing of time in words like "closes in 3 days". So the number of the newest event,
the build and the five-minute mark make a tag: a browser that has the tag gets 304, another
stranger gets the page rendered before. Nobody who is signed in, or has a session at all,
is ever served from here.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from threading import Lock
from typing import Any

from flask import Flask, Response, current_app, g, make_response, request

from marketplace.core import clock, db, events

KEPT_PAGES = 500
FRESH_FOR_SECONDS = 300


class PageCache:
    """The newest pages, least recently used ones dropped; safe between threads."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, tuple[bytes, str, str]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> tuple[bytes, str, str] | None:
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
            return self._pages.get(key)

    def keep(self, key: str, page: tuple[bytes, str, str]) -> None:
        with self._lock:
            self._pages[key] = page
            while len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)


def init_app(app: Flask) -> None:
    app.extensions["page_cache"] = PageCache()


def public_page(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a public GET view whose content follows from the database alone."""

    @wraps(view)
    def cached(*args: Any, **kwargs: Any) -> Any:
        if not current_app.config["PAGE_CACHE"] or current_app.config["SESSION_COOKIE_NAME"] in (
            request.cookies
        ):
            return view(*args, **kwargs)
        tag = _tag()
        if tag in request.if_none_match:
            return _with_tag(Response(status=304), tag)
        pages: PageCache = current_app.extensions["page_cache"]
        if (page := pages.get(tag)) is not None:
            body, nonce, mimetype = page
            fresh = body.replace(nonce.encode(), g.csp_nonce.encode())
            return _with_tag(Response(fresh, mimetype=mimetype), tag)
        response = make_response(view(*args, **kwargs))
        if response.status_code == 200 and "Set-Cookie" not in response.headers:
            if not response.is_streamed:
                pages.keep(tag, (response.get_data(), g.csp_nonce, response.mimetype or ""))
            _with_tag(response, tag)
        return response

    return cached


def _tag() -> str:
    newest = events.latest(db.session())
    mark = int(clock.now().timestamp()) // FRESH_FOR_SECONDS
    text = f"{current_app.config['BUILD']}|{newest}|{mark}|{request.full_path}"
    return sha256(text.encode()).hexdigest()[:32]


def _with_tag(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Cookie"
    return response
