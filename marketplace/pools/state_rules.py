"""The states of a pool and the only ways from one to the next. Plain values in and out.

draft -> open -> fill_up -> cleared -> ordered -> closed. A pool that misses its threshold is
lapsed; its lead then extends it, lowers the threshold, or releases the districts for good.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.core.errors import RuleBroken


class PoolStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    FILL_UP = "fill_up"
    CLEARED = "cleared"
    ORDERED = "ordered"
    CLOSED = "closed"
    LAPSED = "lapsed"
    EXTENDED = "extended"


class Step(StrEnum):
    """What moves a pool; each is one use case."""

    OPEN = "open"
    FILL_UP = "fill_up"
    CLEAR = "clear"
    LAPSE = "lapse"
    EXTEND = "extend"
    LOWER = "lower"
    RELEASE = "release"
    ORDER = "order"
    CLOSE = "close"


#: step -> {from: to}. Whatever does not stand here cannot happen.
TRANSITIONS: dict[Step, dict[PoolStatus, PoolStatus]] = {
    Step.OPEN: {PoolStatus.DRAFT: PoolStatus.OPEN},
    Step.FILL_UP: {PoolStatus.OPEN: PoolStatus.FILL_UP, PoolStatus.EXTENDED: PoolStatus.FILL_UP},
    Step.CLEAR: {
        PoolStatus.OPEN: PoolStatus.CLEARED,
        PoolStatus.FILL_UP: PoolStatus.CLEARED,
        PoolStatus.EXTENDED: PoolStatus.CLEARED,
    },
    Step.LAPSE: {
        PoolStatus.OPEN: PoolStatus.LAPSED,
        PoolStatus.FILL_UP: PoolStatus.LAPSED,
        PoolStatus.EXTENDED: PoolStatus.LAPSED,
    },
    Step.EXTEND: {PoolStatus.LAPSED: PoolStatus.EXTENDED},
    Step.LOWER: {PoolStatus.LAPSED: PoolStatus.CLEARED},
    Step.RELEASE: {PoolStatus.LAPSED: PoolStatus.LAPSED},
    Step.ORDER: {PoolStatus.CLEARED: PoolStatus.ORDERED},
    Step.CLOSE: {PoolStatus.CLEARED: PoolStatus.CLOSED, PoolStatus.ORDERED: PoolStatus.CLOSED},
}

#: Pools that still take seats.
TAKES_SEATS = (PoolStatus.OPEN, PoolStatus.EXTENDED, PoolStatus.FILL_UP)
#: Pools that have been cleared, whatever came after.
CLEARED_STATES = (PoolStatus.CLEARED, PoolStatus.ORDERED, PoolStatus.CLOSED)

STATUS_WORDS: dict[PoolStatus, str] = {
    PoolStatus.DRAFT: "Draft",
    PoolStatus.OPEN: "Open for commitments",
    PoolStatus.FILL_UP: "Open for more seats",
    PoolStatus.CLEARED: "Cleared",
    PoolStatus.ORDERED: "Ordered",
    PoolStatus.CLOSED: "Closed",
    PoolStatus.LAPSED: "Closed short",
    PoolStatus.EXTENDED: "Open, deadline extended",
}

_REFUSALS = {
    Step.OPEN: "This pool has been opened already.",
    Step.FILL_UP: "Only an open pool has a last phase for more seats.",
    Step.CLEAR: "This pool is not open, so there is nothing to clear.",
    Step.LAPSE: "This pool is not open, so it cannot close short.",
    Step.EXTEND: "Only a pool that closed short can be extended.",
    Step.LOWER: "Only a pool that closed short can go ahead with fewer seats.",
    Step.RELEASE: "Only a pool that closed short can release its districts.",
    Step.ORDER: "This pool has not cleared, so nothing can be ordered from it.",
    Step.CLOSE: "This pool has not cleared, so it cannot be closed.",
}


def can(step: Step, status: PoolStatus) -> bool:
    return status in TRANSITIONS[step]


def after(step: Step, status: PoolStatus) -> PoolStatus:
    """The state after a step; a step that the table does not have is refused in words."""
    if not can(step, status):
        raise RuleBroken(_REFUSALS[step])
    return TRANSITIONS[step][status]


# -- by the clock ----------------------------------------------------------------------------


def takes_seats(status: PoolStatus, closes_at: datetime, now: datetime) -> bool:
    """A pool takes seats until the moment it closes, and not at that moment."""
    return status in TAKES_SEATS and now < closes_at


def check_takes_seats(status: PoolStatus, closes_at: datetime, now: datetime) -> None:
    if not takes_seats(status, closes_at, now):
        raise RuleBroken("This pool has closed, so nothing can be added or changed any more.")


def check_can_clear(closes_at: datetime, now: datetime) -> None:
    if now < closes_at:
        raise RuleBroken("This pool can be cleared once its deadline has passed.")


def is_over(term_ends_on: date, today: date) -> bool:
    """A pool closes when the last day of its term is over where the consortium is."""
    return today > term_ends_on


# -- the fill-up phase -----------------------------------------------------------------------

#: Districts hear of it at least so long before, since they can only add seats afterwards.
NOTICE = timedelta(hours=24)
#: How long the phase may be, in days before the deadline; 0 means there is none.
FILL_UP_DAYS = (0, 1, 2, 3, 7, 14)


def fill_up_starts(closes_at: datetime, days: int) -> datetime | None:
    """The moment from which seats can only be added: so many times 24 hours before the end."""
    if days not in FILL_UP_DAYS:
        raise RuleBroken("Choose one of the lengths.", "fill_up_days")
    return closes_at - timedelta(days=days) if days else None


def fill_up_days(closes_at: datetime, fill_up_at: datetime | None) -> int:
    """The length again, from its start."""
    return (closes_at - fill_up_at).days if fill_up_at else 0


def only_adds(status: PoolStatus, fill_up_at: datetime | None, now: datetime) -> bool:
    """By the clock, not by the job: a late worker gives nobody a longer time to withdraw."""
    return status is PoolStatus.FILL_UP or (fill_up_at is not None and now >= fill_up_at)


def check_notice(fill_up_at: datetime | None, now: datetime) -> None:
    """A phase that begins while the pool is open is told to the districts a day ahead."""
    if fill_up_at is not None and fill_up_at < now + NOTICE:
        raise RuleBroken(
            "Districts need a day’s notice before they can only add seats. Choose a shorter phase.",
            "fill_up_days",
        )


def check_can_change_fill_up(
    status: PoolStatus, fill_up_at: datetime | None, now: datetime
) -> None:
    if status not in (PoolStatus.OPEN, PoolStatus.EXTENDED):
        raise RuleBroken(_REFUSALS[Step.FILL_UP])
    if fill_up_at is not None and now >= fill_up_at:
        raise RuleBroken("The last phase has begun, so its length stays as it is.")


# -- a missed threshold ----------------------------------------------------------------------


def check_not_released(released: bool) -> None:
    if released:
        raise RuleBroken("The districts of this pool were released. Plan a new pool instead.")


def check_lowered(threshold: int | None, before: int | None) -> None:
    """Lower means lower; what would clear with the seats there are is for the clearing to say."""
    if before is None or threshold is None or not 1 <= threshold < before:
        raise RuleBroken(f"Enter a whole number from 1 to {(before or 2) - 1:,}.", "threshold")


def check_quote_holds(valid_until: date | None, today: date) -> None:
    """A pool keeps its frozen quote to the last day of it; after that the lead must act."""
    if valid_until is not None and today > valid_until:
        raise RuleBroken(
            f"The vendor’s price was good until {valid_until:%B} {valid_until.day}, "
            f"{valid_until.year}. Release the districts and plan a new pool at a new price."
        )


def check_two_people(asked_by: UUID | None, confirms: UUID | None) -> None:
    """By hand a pool is cleared by two: one asks, somebody else confirms."""
    if asked_by is None:
        raise RuleBroken("Ask for the clearing first; somebody else then confirms it.")
    if asked_by == confirms:
        raise RuleBroken(
            "You asked for this clearing, so somebody else must confirm it. "
            "The site clears it by itself as well."
        )
