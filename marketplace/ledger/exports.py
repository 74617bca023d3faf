"""The books as files that other programs read: JSON lines, CSV, hledger, beancount.

All are written from the sealed texts, entry by entry, so that memory does not grow. What
the columns and names mean is in docs/exports.md.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from marketplace.core.web import harmless
from marketplace.ledger import rules
from marketplace.ledger.body import Body, read
from marketplace.ledger.rules import AccountKind, PostingKind

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
#: What is sent or written at once: a line each would spend most of the time on its way.
BLOCK = 64_000


class Format(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    HLEDGER = "hledger"
    BEANCOUNT = "beancount"


ENDINGS = {
    Format.JSONL: "jsonl",
    Format.CSV: "csv",
    Format.HLEDGER: "journal",
    Format.BEANCOUNT: "beancount",
}


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


def write(form: Format, cover: Cover | None, entries: Iterable[Sealed]) -> Iterator[str]:
    """The file in blocks; without a cover, a later part that follows on an earlier one."""
    return in_blocks(_pieces(form, cover, entries))


def in_blocks(pieces: Iterable[str]) -> Iterator[str]:
    block, length = list[str](), 0
    for piece in pieces:
        block.append(piece)
        length += len(piece)
        if length >= BLOCK:
            yield "".join(block)
            block, length = [], 0
    if block:
        yield "".join(block)


def _pieces(form: Format, cover: Cover | None, entries: Iterable[Sealed]) -> Iterator[str]:
    if cover is not None:
        yield from HEADS[form](cover)
    line = LINES[form]
    for entry in entries:
        yield line(entry)


def json_line(entry: Sealed) -> str:
    return json.dumps(entry._asdict(), separators=(",", ":"), ensure_ascii=False) + "\n"


def _no_head(_cover: Cover) -> Iterator[str]:
    return iter(())


# -- CSV -------------------------------------------------------------------------------------


def _csv_head(_cover: Cover) -> Iterator[str]:
    yield _csv_lines([CSV_COLUMNS])


def _csv_entry(entry: Sealed) -> str:
    said = read(entry.body)
    return _csv_lines(
        (
            entry.seq,
            number,
            f"{said.recorded_at:%Y-%m-%dT%H:%M:%SZ}",
            said.effective_on.isoformat(),
            said.kind.value,
            harmless(said.ref),
            harmless(account),
            cents,
            said.reverses or "",
            entry.hash,
        )
        for number, (account, cents) in enumerate(said.legs, 1)
    )


def _csv_lines(rows: Iterable[Iterable[object]]) -> str:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue()


# -- programs for accounts -------------------------------------------------------------------


def amount(cents: int) -> str:
    """-1234567 -> '-12345.67', for programs."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def hledger_account(code: str) -> str:
    return f"{ROOTS[rules.kind_of(code)]}:{code}"


def beancount_account(code: str) -> str:
    """'payable:bright-path' -> 'Liabilities:Payable:Bright-Path': each part in capitals."""
    return ":".join(part.title() for part in hledger_account(code).split(":"))


def _hledger_head(cover: Cover) -> Iterator[str]:
    """All is declared that `hledger check --strict payees` asks for."""
    yield f"; {' '.join(cover.name.split())}\ncommodity 1000.00 USD\n"
    yield "tag hash\ntag reverses\n"
    for kind in PostingKind:
        yield f"payee {rules.short_words(kind)}\n"
    for code in cover.codes:
        yield f"account {hledger_account(code)}\n"


def _hledger_entry(entry: Sealed) -> str:
    said = read(entry.body)
    note = f", reverses: {said.reverses}" if said.reverses else ""
    return (
        f"\n{said.effective_on} * ({entry.seq}) {rules.short_words(said.kind)} | {said.ref}"
        f"  ; hash: {entry.hash}{note}\n" + _postings(said, "    ", hledger_account)
    )


def _beancount_head(cover: Cover) -> Iterator[str]:
    title = " ".join(cover.name.split()).replace("\\", " ").replace('"', "'")
    yield f'option "title" "{title}"\noption "operating_currency" "USD"\n'
    yield f"{cover.first_day} commodity USD\n"
    for code in cover.codes:
        yield f"{cover.first_day} open {beancount_account(code)} USD\n"


def _beancount_entry(entry: Sealed) -> str:
    said = read(entry.body)
    link = f" ^entry-{said.reverses}" if said.reverses else ""
    return (
        f'\n{said.effective_on} * "{rules.short_words(said.kind)}" "{said.ref}" '
        f'^entry-{entry.seq}{link}\n  hash: "{entry.hash}"\n'
        + _postings(said, "  ", beancount_account)
    )


def _postings(said: Body, indent: str, named: Callable[[str], str]) -> str:
    return "".join(
        f"{indent}{named(account)}  {amount(cents)} USD\n" for account, cents in said.legs
    )


HEADS = {
    Format.JSONL: _no_head,
    Format.CSV: _csv_head,
    Format.HLEDGER: _hledger_head,
    Format.BEANCOUNT: _beancount_head,
}
LINES = {
    Format.JSONL: json_line,
    Format.CSV: _csv_entry,
    Format.HLEDGER: _hledger_entry,
    Format.BEANCOUNT: _beancount_entry,
}
