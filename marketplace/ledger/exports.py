"""The books as files that other programs read: JSON lines, CSV, hledger, beancount.

All are written from the sealed texts, entry by entry, so that memory does not grow.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from marketplace.ledger import rules
from marketplace.ledger.body import read
from marketplace.ledger.rules import AccountKind

CSV_COLUMNS = (
    "seq",
    "line",
    "recorded_at",
    "effective_on",
    "kind",
    "ref",
    "account",
    "amount_cents",
    "reverses",
    "hash",
)
ROOTS = {
    AccountKind.ASSET: "assets",
    AccountKind.LIABILITY: "liabilities",
    AccountKind.INCOME: "income",
    AccountKind.EXPENSE: "expenses",
}


class Format(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    HLEDGER = "hledger"
    BEANCOUNT = "beancount"


class Sealed(NamedTuple):
    """One entry as it is stored: enough for a stranger to check it."""

    seq: int
    prev: str
    hash: str
    body: str


class Cover(NamedTuple):
    """What stands at the top of a file: whose books, which accounts, from which day."""

    name: str
    codes: tuple[str, ...]
    first_day: date


def write(form: Format, cover: Cover, entries: Iterable[Sealed]) -> Iterator[str]:
    """The whole file in pieces, each ending in a line break."""
    if form is Format.JSONL:
        return map(json_line, entries)
    if form is Format.CSV:
        return _csv(entries)
    if form is Format.HLEDGER:
        return _hledger(cover, entries)
    return _beancount(cover, entries)


def json_line(entry: Sealed) -> str:
    return json.dumps(entry._asdict(), separators=(",", ":"), ensure_ascii=False) + "\n"


def _csv(entries: Iterable[Sealed]) -> Iterator[str]:
    yield _csv_line(CSV_COLUMNS)
    for entry in entries:
        said = read(entry.body)
        for number, (account, cents) in enumerate(said.legs, 1):
            yield _csv_line(
                (
                    entry.seq,
                    number,
                    f"{said.recorded_at:%Y-%m-%dT%H:%M:%SZ}",
                    said.effective_on.isoformat(),
                    said.kind.value,
                    said.ref,
                    account,
                    cents,
                    said.reverses or "",
                    entry.hash,
                )
            )


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def amount(cents: int) -> str:
    """-1234567 -> '-12345.67', for programs."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def hledger_account(code: str) -> str:
    return f"{ROOTS[rules.kind_of(code)]}:{code}"


def beancount_account(code: str) -> str:
    """'payable:bright-path' -> 'Liabilities:Payable:Bright-Path': each part in capitals."""
    return ":".join(part.title() for part in hledger_account(code).split(":"))


def _hledger(cover: Cover, entries: Iterable[Sealed]) -> Iterator[str]:
    yield f"; {cover.name}\ncommodity 1000.00 USD\n"
    for code in cover.codes:
        yield f"account {hledger_account(code)}\n"
    for entry in entries:
        said = read(entry.body)
        note = f"  ; reverses: {said.reverses}" if said.reverses else ""
        yield f"\n{said.effective_on} * ({entry.seq}) {rules.short_words(said.kind)} | "
        yield f"{said.ref}{note}\n"
        for account, cents in said.legs:
            yield f"    {hledger_account(account)}  {amount(cents)} USD\n"


def _beancount(cover: Cover, entries: Iterable[Sealed]) -> Iterator[str]:
    title = cover.name.replace("\\", " ").replace('"', "'")
    yield f'option "title" "{title}"\noption "operating_currency" "USD"\n'
    yield f"{cover.first_day} commodity USD\n"
    for code in cover.codes:
        yield f"{cover.first_day} open {beancount_account(code)} USD\n"
    for entry in entries:
        said = read(entry.body)
        link = f" ^entry-{said.reverses}" if said.reverses else ""
        yield f'\n{said.effective_on} * "{rules.short_words(said.kind)}" "{said.ref}" '
        yield f'^entry-{entry.seq}{link}\n  hash: "{entry.hash}"\n'
        for account, cents in said.legs:
            yield f"  {beancount_account(account)}  {amount(cents)} USD\n"
