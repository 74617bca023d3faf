"""What needs a district, by date: from its papers, pools, orders and invoices to one list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: A paper that ends sooner than this is worth a line: boards meet once a month.
PAPER_ENDS_SOON = timedelta(days=60)


@dataclass(frozen=True)
class Task:
    """One thing to do. No `due` means as soon as possible, so it stands first."""

    text: str
    url: str
    due: date | None = None
    note: str = ""


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """What is most pressing first; same days in the order they came."""
    return sorted(tasks, key=lambda task: task.due or date.min)


def this_friday(today: date) -> date:
    """The end of the school week; from Saturday on, the next one."""
    return today + timedelta(days=(4 - today.weekday()) % 7)


def before_friday(tasks: Iterable[Task], today: date) -> int:
    """How many things are late, due this week, or due as soon as possible."""
    return sum(task.due is None or task.due <= this_friday(today) for task in tasks)


#: The week ahead is written on Monday morning, before the first meeting. If the site was away
#: then, it still helps until Wednesday night.
WEEK_AHEAD_AT = time(7)
WEEK_AHEAD_DAYS = 3


def week_to_write(now: datetime, zone: str) -> date | None:
    """The Monday whose week ahead is to be written by now, where the district is."""
    local = now.astimezone(ZoneInfo(zone))
    monday = local.date() - timedelta(days=local.weekday())
    is_early = local.weekday() == 0 and local.time() < WEEK_AHEAD_AT
    return None if is_early or local.weekday() >= WEEK_AHEAD_DAYS else monday


def is_late(task: Task, today: date) -> bool:
    return task.due is not None and task.due < today


def next_date(days: Iterable[date | None], today: date) -> date | None:
    """The next day that something happens, for a district that has nothing to do."""
    return min((day for day in days if day is not None and day >= today), default=None)


def paper_is_missing(ends_on: date | None, today: date) -> bool:
    """A member needs a signed paper that is in force; it must not have ended."""
    return ends_on is None or ends_on < today


def paper_ends_soon(ends_on: date | None, today: date) -> bool:
    return ends_on is not None and today <= ends_on < today + PAPER_ENDS_SOON
