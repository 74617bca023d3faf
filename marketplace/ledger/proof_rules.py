"""When books are checked, when a checkpoint is mailed, and what a checkpoint must agree with."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

#: A check that failed is repeated, so that the red band goes once the books hold again.
AGAIN_AFTER = timedelta(minutes=10)


def check_is_due(checked_at: datetime | None, ok: bool, now: datetime) -> bool:
    """Every night (the first minute of a day in UTC), and soon after a check that failed."""
    if checked_at is None:
        return True
    return checked_at.date() < now.date() or (not ok and now - checked_at >= AGAIN_AFTER)


def first_of_week(day: date, earlier: date | None) -> bool:
    """Whether nothing was said yet in the ISO week of `day`."""
    return earlier is None or earlier.isocalendar()[:2] != day.isocalendar()[:2]


def first_of_month(day: date, earlier: date | None) -> bool:
    return earlier is None or (earlier.year, earlier.month) != (day.year, day.month)


def against_checkpoint(
    day: date, size: int, root: str, roots: Mapping[int, bytes], entries: int
) -> Iterator[str]:
    """What is wrong between the books as they stand and a checkpoint that was published."""
    if size > entries:
        yield f"the checkpoint of {day} had {size} entries, the books now have {entries}"
    elif roots[size].hex() != root:
        yield f"the first {size} entries are not those of the checkpoint of {day}"


def origin(host: str, slug: str) -> str:
    """The name of one consortium's books in its checkpoints, for ever."""
    return f"{host}/open/ledger/{slug}"
