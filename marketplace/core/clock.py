"""The only place that asks what time it is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_frozen: ContextVar[datetime | None] = ContextVar("frozen_time", default=None)


def now() -> datetime:
    return _frozen.get() or datetime.now(UTC)


def is_frozen() -> bool:
    """Time stands still, so no other clock is asked either."""
    return _frozen.get() is not None


def today(zone: str) -> date:
    """The calendar day it is now in an IANA zone; a deadline's day is its owner's day."""
    return day_of(now(), zone)


def day_of(moment: datetime, zone: str) -> date:
    """The calendar day of a moment in an IANA zone: an evening order is not of tomorrow."""
    return moment.astimezone(ZoneInfo(zone)).date()


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold time still, for tests and for seeding."""
    token = _frozen.set(at)
    try:
        yield
    finally:
        _frozen.reset(token)


def stopwatch() -> float:
    """Seconds on a clock that only runs forward, for measuring."""
    return time.perf_counter()
