"""Entries as the pages show them: words and addresses, ready before a template sets them."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from marketplace.core import db
from marketplace.core.money import dollars
from marketplace.core.web import day
from marketplace.ledger import queries, rules
from marketplace.ledger.queries import Books, Entry, Until


class Row(NamedTuple):
    """An entry as a line of a table: all words are ready, the template only sets them."""

    seq: int
    url: str
    title: str
    consortium: str
    day: str
    debits: list[tuple[str | None, str]]
    credits: list[tuple[str | None, str]]
    amount: str
    reverses: int | None
    reversed_by: int | None
    books_url: str


def rows_of(entries: list[Entry]) -> list[Row]:
    """Addresses are written out here: asking the router for each is half of a page's cost."""
    names = queries.names_of(db.session(), {leg.account for entry in entries for leg in entry.legs})
    rows = []
    for entry in entries:
        base = f"/open/ledger/{entry.slug}"
        url = f"{base}/{entry.seq}"
        rows.append(
            Row(
                entry.seq,
                url,
                f"{rules.short_words(entry.kind)}, entry {entry.seq:,}",
                entry.consortium,
                day(entry.effective_on),
                _side(base, url, [leg.account for leg in entry.legs if leg.cents > 0], names),
                _side(base, url, [leg.account for leg in entry.legs if leg.cents < 0], names),
                dollars(entry.debit_cents),
                entry.reverses,
                entry.reversed_by,
                base,
            )
        )
    return rows


def _side(
    base: str, url: str, codes: list[str], names: Mapping[str, str]
) -> list[tuple[str | None, str]]:
    shown: list[tuple[str | None, str]] = [
        (None if code.endswith(rules.HIDDEN) else f"{base}/accounts/{code}", names[code])
        for code in codes[:2]
    ]
    return [*shown, (url, f"and {len(codes) - 2} more")] if len(codes) > 2 else shown


def account_url(found: Books, code: str, until: Until = queries.NOW) -> str:
    return f"/open/ledger/{found.slug}/accounts/{code}{_asks(until)}"


def _asks(until: Until) -> str:
    asked = [("on", until.on), ("seq", until.seq)]
    query = urlencode([(name, value) for name, value in asked if value is not None])
    return f"?{query}" if query else ""


def entries_url(found: Books, until: Until) -> str:
    asked = [("consortium", found.slug), ("until", until.on)]
    return f"/open/ledger?{urlencode([(k, v) for k, v in asked if v is not None])}"
