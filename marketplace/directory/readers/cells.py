"""What the cells of federal files mean: missing is missing, and zero is zero."""

import re
from decimal import Decimal, InvalidOperation

MISSING = frozenset({"", "N", "NA", "N/A", "-1", "-2", "-9", "-1.0", "-2.0", "-9.0", "–", "†", "‡"})
_YEAR = re.compile(r"(\d{4})(?:-(\d{2}|\d{4}))?")


class BadCell(ValueError):
    """A cell that can be neither read nor called missing; the message names the problem."""


def as_text(cell: object) -> str | None:
    """The cell as text; numbers as written, without a trailing '.0'."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    written = str(cell).strip() if cell is not None else ""
    return None if written in MISSING else written


def leaid(cell: object) -> str:
    """A district's NCES ID: seven digits of text. One that lost its leading zero is refused."""
    written = str(cell).strip() if cell is not None else ""
    if len(written) == 7 and written.isascii() and written.isdigit():
        return written
    if not written:
        raise BadCell("the district ID is empty")
    raise BadCell(f"district ID “{written[:20]}” is not 7 digits (check for a lost leading zero)")


def number(cell: object, what: str) -> Decimal | None:
    written = as_text(cell)
    if written is None:
        return None
    try:
        value = Decimal(written.replace(",", ""))
    except InvalidOperation:
        raise BadCell(f"{what} “{written[:20]}” is not a number") from None
    if not value.is_finite() or value < 0:
        raise BadCell(f"{what} “{written[:20]}” cannot be")
    return value


def whole(cell: object, what: str) -> int | None:
    """A count. The largest US district has about a million pupils, so 100 million is a mistake."""
    if cell.__class__ is float and 0 <= cell < 1e8 and cell.is_integer():
        return int(cell)
    value = number(cell, what)
    if value is None:
        return None
    if value != int(value) or value >= 100_000_000:
        raise BadCell(f"{what} “{as_text(cell)}” is not a count")
    return int(value)


def scaled(cell: object, what: str, factor: int, most: int) -> int | None:
    """A decimal as a whole number of its smallest unit: 0.403 x 10,000 -> 4030 basis points."""
    value = number(cell, what)
    if value is None:
        return None
    result = int((value * factor).to_integral_value())
    if result > most:
        raise BadCell(f"{what} “{as_text(cell)}” is above {Decimal(most) / factor:,}")
    return result


def year(cell: object) -> str:
    """'2018-2019' and '2018-19' are the same school year; '2023' is a calendar year."""
    written = (as_text(cell) or "").replace("–", "-")
    if not (match := _YEAR.fullmatch(written)):
        raise BadCell(f"year “{written[:20]}” is not like 2018-19 or 2023")
    start, end = match.groups()
    if end is None:
        return start
    if int(end[-2:]) != (int(start) + 1) % 100:
        raise BadCell(f"year “{written}” does not span two years")
    return f"{start}-{end[-2:]}"


def school_year(ending: int) -> str:
    """The school year that ends in `ending`: 2024 -> '2023-24'."""
    return f"{ending - 1}-{ending % 100:02}"
