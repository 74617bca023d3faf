"""Atom feeds (RFC 4287): a title, where it stands, what is new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from flask import Response

from marketplace.core import clock


@dataclass(frozen=True)
class Entry:
    address: str
    title: str
    words: str
    at: datetime


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _entry(one: Entry) -> str:
    return (
        f"<entry><id>{escape(one.address)}</id><title>{escape(one.title)}</title>"
        f"<link href={quoteattr(one.address)}/><updated>{_moment(one.at)}</updated>"
        f"<summary>{escape(one.words)}</summary></entry>"
    )


def response(title: str, *, here: str, page: str, entries: Sequence[Entry]) -> Response:
    """`here` is the feed's own address, `page` what people read instead."""
    newest = max((entry.at for entry in entries), default=None)
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{escape(here)}</id><title>{escape(title)}</title>"
        f'<link rel="self" href={quoteattr(here)}/><link href={quoteattr(page)}/>'
        f"<updated>{_moment(newest or clock.now())}</updated>"
        f"<author><name>{escape(page.split('/')[2])}</name></author>\n"
    )
    body = "\n".join(_entry(entry) for entry in entries)
    return Response(f"{head}{body}\n</feed>\n", mimetype="application/atom+xml")
