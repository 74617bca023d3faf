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
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, make_response, request
from flask import session as cookie

from marketplace.core import clock, db, events

KEPT_BYTES = 32_000_000
LARGEST_PAGE_BYTES = 500_000
FRESH_FOR_SECONDS = 300


class KeptPage(NamedTuple):
    body: bytes
    nonce: str
    headers: list[tuple[str, str]]


class PageCache:
    """The newest pages, least recently used ones dropped; safe between threads."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, KeptPage] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: str) -> KeptPage | None:
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
            return self._pages.get(key)

    def keep(self, key: str, page: KeptPage) -> None:
        if len(page.body) > LARGEST_PAGE_BYTES:
            return
        with self._lock:
            if replaced := self._pages.pop(key, None):
                self._bytes -= len(replaced.body)
            self._pages[key] = page
            self._bytes += len(page.body)
            while self._bytes > KEPT_BYTES:
                _, dropped = self._pages.popitem(last=False)
                self._bytes -= len(dropped.body)

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def size(self) -> int:
        """Bytes of all kept pages."""
        return self._bytes


def init_app(app: Flask) -> None:
    app.extensions["page_cache"] = PageCache()


def public_page(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a public GET view whose content follows from the database alone."""

    @wraps(view)
    def cached(*args: Any, **kwargs: Any) -> Any:
        if not current_app.config["PAGE_CACHE"] or _is_known():
            return view(*args, **kwargs)
        tag = _tag()
        if tag in request.if_none_match:
            return _with_tag(Response(status=304), tag)
        pages: PageCache = current_app.extensions["page_cache"]
        if (page := pages.get(tag)) is not None:
            fresh = page.body.replace(page.nonce.encode(), g.csp_nonce.encode())
            return _with_tag(Response(fresh, headers=page.headers), tag)
        response = make_response(view(*args, **kwargs))
        if (
            response.status_code == 200
            and not response.is_streamed
            and not _starts_a_session(response)
        ):
            body, headers = response.get_data(), list(response.headers)
            pages.keep(tag, KeptPage(body, g.csp_nonce, headers))
            _with_tag(response, tag)
        return response

    return cached


def _is_known() -> bool:
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies


def _starts_a_session(response: Response) -> bool:
    """The page is meant for one person: it holds a form's token or sets a cookie.

    Flask writes the session's own cookie only after the view, so the session is asked itself.
    """
    return cookie.modified or "Set-Cookie" in response.headers


def _tag() -> str:
    mark = int(clock.now().timestamp()) // FRESH_FOR_SECONDS
    facts = (
        current_app.config["BUILD"],
        _newest_mark(),
        mark,
        request.host_url,
        request.path,
        request.query_string,
    )
    return sha256(repr(facts).encode()).hexdigest()[:32]


def _newest_mark() -> object:
    """What happened last; asked of the database once in `PAGE_CACHE_PAUSE` seconds."""
    kept: tuple[float, object] | None = current_app.extensions.get("newest_mark")
    now = clock.stopwatch()
    if kept is None or now - kept[0] >= current_app.config["PAGE_CACHE_PAUSE"]:
        kept = (now, events.newest_mark(db.session()))
        current_app.extensions["newest_mark"] = kept
    return kept[1]


def _with_tag(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Cookie")
    return response
