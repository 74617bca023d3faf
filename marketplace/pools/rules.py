"""The words and rules of demand pools. Plain values in, plain values out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from marketplace.core.errors import RuleBroken
from marketplace.pools.state_rules import (
    CLEARED_STATES,
    STATUS_WORDS,
    TAKES_SEATS,
    PoolStatus,
    check_can_clear,
    check_takes_seats,
    takes_seats,
)

#: The states stand in a file of their own; callers find them here.
__all__ = [
    "CLEARED_STATES",
    "STATUS_WORDS",
    "TAKES_SEATS",
    "PoolStatus",
    "check_can_clear",
    "check_takes_seats",
    "takes_seats",
]


class Rung(StrEnum):
    """The commitment ladder; each rung needs more paper."""

    INTEREST = "interest"
    INTENT = "intent"
    BOARD_APPROVED = "board_approved"
    COMMITTED = "committed"


#: Only these rungs count towards a price tier (rule 4 of the product).
COUNTING_RUNGS = (Rung.BOARD_APPROVED, Rung.COMMITTED)
#: More is a slip of the keyboard: the largest US district has about 900,000 pupils.
MOST_SEATS = 1_000_000

RUNG_WORDS: dict[Rung, str] = {
    Rung.INTEREST: "Interested",
    Rung.INTENT: "Waiting for board",
    Rung.BOARD_APPROVED: "Board approved",
    Rung.COMMITTED: "Committed",
}

# -- the deadline ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Deadline:
    """A moment in UTC, and what had to be decided to find it."""

    at: datetime
    note: str = ""


def deadline_at(day: date, hour: time, zone: str) -> Deadline:
    """Local wall-clock time in an IANA zone as a moment in UTC.

    A time that the spring change skips is refused. A time that the autumn change gives twice
    is taken the second time, so that nobody is cut off early, and the note says so.
    """
    here = ZoneInfo(zone)
    local = datetime.combine(day, hour)
    first = local.replace(tzinfo=here, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=here, fold=1).astimezone(UTC)
    if first.astimezone(here).replace(tzinfo=None) != local:
        raise RuleBroken(
            "The clocks change that night, so this time does not exist. Choose another time.",
            "closes_time",
        )
    if first == second:
        return Deadline(first)
    return Deadline(
        max(first, second),
        "The clocks go back that night, so this time comes twice. We took the second one: "
        f"{max(first, second):%H:%M} UTC.",
    )


def end_of_day(day: date) -> datetime:
    """When a day is over in the last of the states; for filters, which rather show too much."""
    after = datetime.combine(day + timedelta(days=1), time(0))
    return after.replace(tzinfo=ZoneInfo("Pacific/Honolulu")).astimezone(UTC)


def check_dates(
    *,
    closes_at: datetime,
    zone: str,
    term_starts_on: date,
    term_ends_on: date,
    pay_by: date,
    price_valid_until: date,
    now: datetime,
) -> None:
    """Deadline, then term, then payment; and the vendor's price holds on the deadline."""
    if closes_at <= now:
        raise RuleBroken("The deadline has already passed. Choose a later one.", "closes_day")
    closing_day = closes_at.astimezone(ZoneInfo(zone)).date()
    if closing_day > price_valid_until:
        raise RuleBroken(
            f"The vendor’s price is good until {price_valid_until:%B} {price_valid_until.day}, "
            f"{price_valid_until.year}. Close the pool by then.",
            "closes_day",
        )
    if term_starts_on < closing_day:
        raise RuleBroken("The term must start after the deadline.", "term_starts_on")
    if term_ends_on <= term_starts_on:
        raise RuleBroken("The term must end after it starts.", "term_ends_on")
    if pay_by <= closing_day:
        raise RuleBroken("Districts pay after the deadline. Choose a later day.", "pay_by")
    if pay_by > term_ends_on:
        raise RuleBroken("The last day to pay must be within the term.", "pay_by")


def days_left(closes_at: datetime, now: datetime) -> str:
    """'3 days and 4 hours left', 'closed': an extra beside the date, never instead of it."""
    left = closes_at - now
    if left <= timedelta(0):
        return "closed"
    hours = left.seconds // 3600
    days = _counted(left.days, "day")
    if left.days and hours:
        return f"{days} and {_counted(hours, 'hour')} left"
    if left.days:
        return f"{days} left"
    return f"{hours} hours left" if hours > 1 else "less than 2 hours left"


def _counted(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


# -- a commitment ----------------------------------------------------------------------------


def check_seats(seats: int, tolerance: int, pupils: int | None) -> None:
    """Whole seats, and never more of them than the district has pupils."""
    most = pupils if pupils else MOST_SEATS
    if not 1 <= seats <= MOST_SEATS:
        raise RuleBroken(f"Enter a whole number from 1 to {most:,}.", "seats")
    if pupils and seats > pupils:
        raise RuleBroken(
            f"Your district has {pupils:,} pupils, so it cannot use {seats:,} seats. "
            f"Enter a whole number from 1 to {pupils:,}.",
            "seats",
        )
    if tolerance < 0:
        raise RuleBroken("Enter 0 or more extra seats.", "tolerance")
    if seats + tolerance > most:
        raise RuleBroken(
            f"Seats and extra seats together may be {most:,} at most. "
            f"Enter {most - seats:,} extra seats or fewer.",
            "tolerance",
        )


@dataclass(frozen=True)
class Said:
    """What the fill-up phase looks at; the limit is in cents, None is no limit."""

    seats: int
    tolerance: int
    limit_cents: int | None
    rung: Rung


def check_only_adds(before: Said, said: Said) -> None:
    """In the fill-up phase nothing that others count on may shrink: seats, extra seats, the
    most a district pays, and whether its seats count."""
    if said.seats < before.seats:
        raise RuleBroken(f"Seats can only be added now. Enter {before.seats:,} or more.", "seats")
    together = before.seats + before.tolerance
    if said.seats + said.tolerance < together:
        raise RuleBroken(
            f"Seats can only be added now. Enter {together - said.seats:,} extra seats or more.",
            "tolerance",
        )
    no_limit = before.limit_cents is None
    if said.limit_cents is not None and (no_limit or said.limit_cents < (before.limit_cents or 0)):
        raise RuleBroken("The most you will pay can only go up now.", "limit")
    if before.rung in COUNTING_RUNGS and said.rung not in COUNTING_RUNGS:
        raise RuleBroken("Seats can only be added now, so yours stay committed.", "rung")


def check_limit(limit_cents: int | None) -> None:
    if limit_cents is not None and limit_cents <= 0:
        raise RuleBroken("The most you will pay must be more than $0.00.", "limit")


@dataclass(frozen=True)
class Paper:
    """What a district shows for its rung."""

    survey_closed_on: date | None = None
    board_date: date | None = None
    board_minute: str = ""
    po_number: str = ""
    has_resolution: bool = False


def check_paper(rung: Rung, paper: Paper, *, survey_required: bool, today: date) -> None:
    """Each rung needs more paper than the one below it."""
    if rung is not Rung.INTEREST and survey_required and paper.survey_closed_on is None:
        raise RuleBroken(
            "The by-laws ask for a staff survey first. Enter the day yours closed, or choose "
            "“We are interested”.",
            "survey_closed_on",
        )
    if paper.survey_closed_on and paper.survey_closed_on > today:
        raise RuleBroken("Your survey is still open. Enter the day it closed.", "survey_closed_on")
    if rung is Rung.BOARD_APPROVED:
        if paper.board_date is None:
            raise RuleBroken("Enter the date your board approved it.", "board_date")
        if not paper.board_minute.strip():
            raise RuleBroken("Enter where the minutes say so, such as “item 7.2”.", "board_minute")
    if rung in COUNTING_RUNGS and paper.board_date and paper.board_date > today:
        raise RuleBroken(
            "That board date is still to come. Until the vote, choose “We plan to buy”.",
            "board_date",
        )
    if rung is Rung.COMMITTED and not paper.po_number.strip() and not paper.has_resolution:
        raise RuleBroken(
            "Enter the number of your purchase order, or choose the file of your resolution.",
            "po_number",
        )


def binding_words(rung: Rung, seats: int, most: str) -> str:
    """What sending binds a district to, in one sentence; `most` is an amount in words."""
    if rung is Rung.INTEREST:
        return "This binds you to nothing; it tells other districts that you are looking."
    if rung is Rung.INTENT:
        return "This binds you to nothing yet; your seats count once your board has approved them."
    return (
        f"If the pool clears with you in it, your district buys {seats:,} "
        f"{'seat' if seats == 1 else 'seats'} and pays at most {most}."
    )


# -- the price -------------------------------------------------------------------------------


def seed_of(consortium_slug: str, pool_slug: str) -> str:
    """What breaks ties between equal remainders in this pool, the same for ever."""
    return f"{consortium_slug}|{pool_slug}"
