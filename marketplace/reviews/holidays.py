"""Working days: Monday to Friday without the federal holidays of 5 U.S.C. 6103.

The days on which offices are closed are data with their source (`federal_holidays.csv`): a
holiday on a Saturday is kept on the Friday before (5 U.S.C. 6103(b)), one on a Sunday on the
Monday after (Executive Order 11582).
"""

import csv
from collections.abc import Collection
from datetime import date, timedelta
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "federal_holidays.csv"
SATURDAY = 5


@cache
def federal() -> dict[date, str]:
    """The day offices are closed, and why."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return {date.fromisoformat(row["closed_on"]): row["name"] for row in csv.DictReader(lines)}


def is_working_day(day: date, closed: Collection[date]) -> bool:
    return day.weekday() < SATURDAY and day not in closed


def working_days_after(day: date, count: int, closed: Collection[date] | None = None) -> date:
    """The last day of a term of so many working days; the day it begins does not count.

    Raises LookupError past the years the data covers: a wrong day is worse than none.
    """
    closed = federal() if closed is None else closed
    while count:
        day += timedelta(days=1)
        if closed and day > max(closed):
            raise LookupError(f"Federal holidays are not loaded for {day.year}.")
        count -= is_working_day(day, closed)
    return day
