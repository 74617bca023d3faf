"""A strict reader of bank statements in OFX 1 (SGML) and OFX 2 (XML).

Written from the Open Financial Exchange specification 2.3, chapters 2 and 11. It reads what
a bank statement needs and refuses everything else: other currencies, card and investment
accounts, entities and documents declared inside. Libraries that read OFX are under licences
that do not go with ours, or no longer kept up.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from marketplace.core.errors import RuleBroken
from marketplace.remittance.rules import LARGEST_CENTS, LONGEST_TEXT, MOST_LINES, Line, keyed

_TOKEN = re.compile(r"<(/?)([A-Z][A-Z0-9._]*)>([^<]*)")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&nbsp;", " "))
_AMOUNT = re.compile(r"([+-]?)(\d{1,15})(?:[.,](\d{1,2})0*)?")
#: What may hold other elements; everything else is a value.
_HOLDS = frozenset(
    (
        *("OFX", "SIGNONMSGSRSV1", "SONRS", "STATUS", "FI", "BANKMSGSRSV1", "STMTTRNRS"),
        *("STMTRS", "BANKACCTFROM", "BANKTRANLIST", "STMTTRN", "LEDGERBAL", "AVAILBAL"),
        *("BANKACCTTO", "CCACCTTO", "PAYEE", "CURRENCY", "ORIGCURRENCY", "BALLIST", "BAL"),
    )
)
_CHECK_NEEDED = ("TRNTYPE", "DTPOSTED", "TRNAMT", "FITID")


class Statement(NamedTuple):
    """What an OFX file holds: the last four digits of the account, and its lines."""

    account_ending: str
    lines: list[Line]


def read(text: str) -> Statement:
    """The lines of the one bank account of a file, money in positive, in whole cents.

    Raises RuleBroken, in words for whoever chose the file, when anything is not as it must be.
    """
    start = text.upper().find("<OFX>")
    if start < 0 or "<!" in text:
        raise _refused("it has no <OFX> part, or it declares a document of its own")
    accounts: list[dict[str, str]] = []
    entries: list[dict[str, str]] = []
    currency, path = "", list[str]()
    for closing, name, value in _tokens(text[start:]):
        if closing:
            if name not in path:
                continue  # the end of a value, which OFX 1 leaves out and OFX 2 writes
            while path.pop() != name:
                pass
        elif not value and name in _HOLDS:
            path.append(name)
            if name == "STMTTRN":
                entries.append({})
            elif name == "BANKACCTFROM":
                accounts.append({})
        elif entries and path and _says_something_about_an_entry(path[-1], name):
            entries[-1].setdefault(name, value)
        elif path and path[-1] == "BANKACCTFROM":
            accounts[-1][name] = value
        elif name == "CURDEF":
            currency = value
    if path:
        raise _refused(f"the part {path[-1]} has no end, as if the download broke off")
    return _statement(accounts, entries, currency)


def _says_something_about_an_entry(part: str, name: str) -> bool:
    return part == "STMTTRN" or (part == "PAYEE" and name == "NAME")


def _tokens(text: str) -> Iterator[tuple[bool, str, str]]:
    at = 0
    for token in _TOKEN.finditer(text):
        if text[at : token.start()].strip():
            raise _refused(f"“{text[at : token.start()].strip()[:30]}” has no place in it")
        at = token.end()
        yield bool(token[1]), token[2], _plain(token[3])
    if text[at:].strip():
        raise _refused(f"“{text[at:].strip()[:30]}” has no place in it")


def _plain(value: str) -> str:
    value = value.strip()
    for entity, letter in _ENTITIES:
        value = value.replace(entity, letter)
    return value.replace("&amp;", "&")


def _statement(
    accounts: list[dict[str, str]], entries: list[dict[str, str]], currency: str
) -> Statement:
    if not accounts:
        raise RuleBroken("This OFX file holds no bank account. Choose the bank statement.", "file")
    if len({account.get("ACCTID") for account in accounts}) > 1:
        raise RuleBroken("This file holds several accounts. Download one at a time.", "file")
    if currency != "USD":
        raise RuleBroken(f"The statement is in {currency or 'no currency'}, not in USD.", "file")
    if len(entries) > MOST_LINES:
        raise RuleBroken(f"The file has more than {MOST_LINES:,} lines. Take less time.", "file")
    found = []
    for number, entry in enumerate(entries, 1):
        missing = [name for name in _CHECK_NEEDED if not entry.get(name)]
        if missing:
            raise _refused(f"entry {number} has no {missing[0]}")
        name, memo = entry.get("NAME", ""), entry.get("MEMO", "")
        text = name if memo in name else f"{name} {memo}"
        found.append(
            (
                _day(number, entry["DTPOSTED"]),
                _cents(number, entry["TRNAMT"]),
                " ".join(text.split())[:LONGEST_TEXT] or entry["TRNTYPE"],
                entry["FITID"][:80],
                entry.get("CHECKNUM", "").lstrip("0")[:40],
            )
        )
    return Statement(accounts[0].get("ACCTID", "")[-4:], keyed(found))


def _day(number: int, text: str) -> date:
    """DTPOSTED is YYYYMMDD with an optional time and zone: the day as the bank wrote it."""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date()  # noqa: DTZ007  a day only
    except ValueError:
        raise _refused(f"entry {number} has the date “{text[:20]}”") from None


def _cents(number: int, text: str) -> int:
    found = _AMOUNT.fullmatch(text.strip())
    cents = int(found[2]) * 100 + int((found[3] or "").ljust(2, "0")) if found else None
    if found is None or cents is None or cents > LARGEST_CENTS:
        raise _refused(f"entry {number} has the amount “{text[:20]}”")
    return -cents if found[1] == "-" else cents


def _refused(why: str) -> RuleBroken:
    return RuleBroken(f"This OFX file cannot be read: {why}. Download it again.", "file")
