"""Lines of a bank statement: read from CSV or OFX, told apart, and matched to open bills.

Amounts are whole US cents, money in is positive. Nothing here trusts the file: a row that
cannot be read is refused with its number, and nothing of the file is kept.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from marketplace.core.errors import RuleBroken

MOST_LINES = 20_000
LARGEST_BYTES = 10_000_000
#: Far above any school purchase; the same limit as the books have.
LARGEST_CENTS = 10**15
LONGEST_TEXT = 500


class FileKind(StrEnum):
    CSV = "csv"
    OFX = "ofx"


class LineState(StrEnum):
    OPEN = "open"
    LINKED = "linked"
    IGNORED = "ignored"
    OUT = "out"  # money that went out pays no bill here


LINE_TAGS = {
    LineState.OPEN: ("warn", "To do", "clock"),
    LineState.LINKED: ("good", "Linked", "ok"),
    LineState.IGNORED: ("", "Ignored", "no"),
    LineState.OUT: ("", "Money out", "dot"),
}


class Line(NamedTuple):
    """One line of a statement; `number` is the bank's own for it, or the check's."""

    posted_on: date
    cents: int
    text: str
    number: str
    check: str
    key: str


class Column(StrEnum):
    DATE = "date"
    AMOUNT = "amount"
    MONEY_IN = "money_in"
    MONEY_OUT = "money_out"
    TEXT = "text"
    CHECK = "check"
    NUMBER = "number"


COLUMN_WORDS = {
    Column.DATE: "Date",
    Column.AMOUNT: "Amount, in one column",
    Column.MONEY_IN: "Money in (credit)",
    Column.MONEY_OUT: "Money out (debit)",
    Column.TEXT: "Description",
    Column.CHECK: "Check number",
    Column.NUMBER: "The bank’s number of the line",
}
#: How banks head their columns; the first that fits is proposed.
_HEADINGS = {
    Column.DATE: ("posting date", "post date", "posted date", "date", "transaction date"),
    Column.AMOUNT: ("amount", "transaction amount"),
    Column.MONEY_IN: ("credit", "credits", "deposit", "deposits", "credit amount", "money in"),
    Column.MONEY_OUT: ("debit", "debits", "withdrawal", "withdrawals", "debit amount", "money out"),
    Column.TEXT: ("description", "memo", "payee", "details", "name", "transaction description"),
    Column.CHECK: ("check number", "check or slip #", "check #", "check", "check no"),
    Column.NUMBER: ("reference", "reference number", "transaction id", "fitid", "bank reference"),
}


class DateOrder(StrEnum):
    MONTH_FIRST = "month_first"
    YEAR_FIRST = "year_first"
    DAY_FIRST = "day_first"


DATE_WORDS = {
    DateOrder.MONTH_FIRST: "Month first: 11/16/2026",
    DateOrder.YEAR_FIRST: "Year first: 2026-11-16",
    DateOrder.DAY_FIRST: "Day first: 16/11/2026",
}
_DATE_PATTERNS = {
    DateOrder.MONTH_FIRST: ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y"),
    DateOrder.YEAR_FIRST: ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"),
    DateOrder.DAY_FIRST: ("%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y"),
}


# -- CSV -----------------------------------------------------------------------------------------


def decoded(content: bytes) -> str:
    """UTF-8, or the Windows letters that older banking programs write."""
    if len(content) > LARGEST_BYTES:
        raise RuleBroken("The file is larger than 10 MB. Choose a shorter time.", "file")
    if not content.strip():
        raise RuleBroken("The file is empty. Choose another.", "file")
    if b"\x00" in content:
        raise RuleBroken("This is no CSV or OFX file. Download the statement again.", "file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def kind_of(text: str) -> FileKind:
    """OFX says so at its beginning; everything else must be rows with commas."""
    head = text[:2000].lstrip().upper()
    is_ofx = head.startswith(("OFXHEADER", "<?XML", "<?OFX", "<OFX>")) and "OFX" in head
    return FileKind.OFX if is_ofx else FileKind.CSV


def rows_of(text: str) -> list[list[str]]:
    """The rows of a CSV file, its header first; empty rows are left out."""
    sample = text[:4000]
    comma = max((",", ";", "\t"), key=sample.count)
    try:
        found = [row for row in csv.reader(io.StringIO(text), delimiter=comma) if any(row)]
    except csv.Error as problem:
        raise RuleBroken(f"The file cannot be read as CSV: {problem}.", "file") from None
    if len(found) < 2 or len(found[0]) < 2:
        raise RuleBroken(
            "The file has no rows below a header. Download it as CSV or OFX again.", "file"
        )
    if len(found) - 1 > MOST_LINES:
        raise RuleBroken(f"The file has more than {MOST_LINES:,} lines. Take less time.", "file")
    return found


def guess(header: Sequence[str]) -> dict[Column, int]:
    """Which column is which, as far as their headings tell."""
    known = [" ".join(cell.lower().replace("_", " ").split()) for cell in header]
    found: dict[Column, int] = {}
    for column, headings in _HEADINGS.items():
        place = next((known.index(each) for each in headings if each in known), None)
        if place is not None and place not in found.values():
            found[column] = place
    return found


def check_columns(columns: Mapping[Column, int], width: int) -> None:
    if Column.DATE not in columns:
        raise RuleBroken("Choose the column with the date.", Column.DATE)
    if Column.AMOUNT not in columns and Column.MONEY_IN not in columns:
        raise RuleBroken("Choose the column with the amount, or the one with money in.", "amount")
    if Column.AMOUNT in columns and Column.MONEY_IN in columns:
        raise RuleBroken("Choose either one amount column, or money in and money out.", "amount")
    if Column.TEXT not in columns:
        raise RuleBroken("Choose the column with the description.", Column.TEXT)
    if len(set(columns.values())) < len(columns):
        raise RuleBroken("Each column can stand for one thing only.", Column.DATE)
    if any(not 0 <= place < width for place in columns.values()):
        raise RuleBroken("The file has no such column.", Column.DATE)


def date_order_of(cells: Iterable[str]) -> DateOrder:
    """The order that reads every date; US banks write the month first."""
    some = [cell for cell in cells if cell.strip()][:200]
    for order in (DateOrder.MONTH_FIRST, DateOrder.YEAR_FIRST, DateOrder.DAY_FIRST):
        if some and all(_day(cell, order) for cell in some):
            return order
    return DateOrder.MONTH_FIRST


def _day(cell: str, order: DateOrder) -> date | None:
    for pattern in _DATE_PATTERNS[order]:
        try:
            return datetime.strptime(cell.strip()[:10], pattern).date()  # noqa: DTZ007  a day only
        except ValueError:
            continue
    return None


_AMOUNT = re.compile(r"(-|\+)?\$?(-|\+)?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?(-)?")


def cents_of(cell: str) -> int | None:
    """“$1,125.01”, “-40”, “(40.00)”: whole cents; None when it is no amount."""
    text = cell.strip().replace(" ", "").replace("\u2212", "-")
    negative = text.startswith("(") and text.endswith(")")
    found = _AMOUNT.fullmatch(text.strip("()") if negative else text)
    if found is None:
        return None
    cents = int(found[3].replace(",", "")) * 100 + int((found[4] or "").ljust(2, "0"))
    if cents > LARGEST_CENTS:
        return None
    minus = negative or "-" in (found[1] or "", found[2] or "", found[5] or "")
    return -cents if minus else cents


class _Row:
    """One row of a file, read by what its columns stand for."""

    def __init__(self, number: int, cells: Sequence[str], columns: Mapping[Column, int]) -> None:
        self.number, self._cells, self._columns = number, cells, columns

    def __getitem__(self, column: Column) -> str:
        place = self._columns.get(column)
        known = place is not None and place < len(self._cells)
        return self._cells[place].strip() if known and place is not None else ""

    def day(self, order: DateOrder) -> date:
        found = _day(self[Column.DATE], order)
        if found is None:
            raise RuleBroken(
                f"Row {self.number}: “{self[Column.DATE][:40]}” is no date in the order you "
                "chose. Choose another, or mend the file.",
                "date_order",
            )
        return found

    def cents(self) -> int:
        if Column.AMOUNT in self._columns:
            return self._amount(self[Column.AMOUNT], Column.AMOUNT)
        into, out = self[Column.MONEY_IN], self[Column.MONEY_OUT]
        if not into and not out:
            raise self._no_amount("", Column.MONEY_IN)
        came = self._amount(into, Column.MONEY_IN) if into else 0
        went = self._amount(out, Column.MONEY_OUT) if out else 0
        return abs(came) - abs(went)

    def _amount(self, typed: str, column: Column) -> int:
        cents = cents_of(typed)
        if cents is None:
            raise self._no_amount(typed, column)
        return cents

    def _no_amount(self, typed: str, column: Column) -> RuleBroken:
        return RuleBroken(
            f"Row {self.number}: “{typed[:40]}” is no amount. Choose another column, or mend "
            "the file.",
            column.value,
        )


def lines_of_csv(
    rows: Sequence[Sequence[str]], columns: Mapping[Column, int], order: DateOrder
) -> list[Line]:
    """Every row below the header as a line; a row that cannot be read refuses the file.

    Raises RuleBroken with the number of the row.
    """
    check_columns(columns, len(rows[0]))
    read = (_Row(number, cells, columns) for number, cells in enumerate(rows[1:], 2))
    return keyed(
        (
            row.day(order),
            row.cents(),
            " ".join(row[Column.TEXT].split())[:LONGEST_TEXT],
            row[Column.NUMBER][:80],
            row[Column.CHECK].lstrip("0")[:40],
        )
        for row in read
    )


def keyed(found: Iterable[tuple[date, int, str, str, str]]) -> list[Line]:
    """Lines with a key each: the bank's own number, or what stands on the line and how many
    times it stood so before. So the same line in two files is one, and two equal checks of
    one day are two."""
    seen: Counter[str] = Counter()
    lines = []
    for posted_on, cents, text, number, check in found:
        said = f"{posted_on}|{cents}|{number}" if number else f"{posted_on}|{cents}|{text}|{check}"
        seen[said] += 1
        key = sha256(f"{said}|{seen[said]}".encode()).hexdigest()[:40]
        lines.append(Line(posted_on, cents, text, number, check, key))
    return lines
