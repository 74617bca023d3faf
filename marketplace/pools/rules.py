"""The words and rules of demand pools. Plain values in, plain values out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.pricing.rules import Form, Schedule


class PoolStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    FILL_UP = "fill_up"
    CLEARED = "cleared"
    ORDERED = "ordered"
    CLOSED = "closed"
    LAPSED = "lapsed"


class Rung(StrEnum):
    """The commitment ladder; each rung needs more paper."""

    INTEREST = "interest"
    INTENT = "intent"
    BOARD_APPROVED = "board_approved"
    COMMITTED = "committed"


#: Only these rungs count towards a price tier (rule 4 of the product).
COUNTING_RUNGS = (Rung.BOARD_APPROVED, Rung.COMMITTED)
#: Pools that still take seats.
TAKES_SEATS = (PoolStatus.OPEN, PoolStatus.FILL_UP)
#: Pools that have been cleared, whatever came after.
CLEARED_STATES = (PoolStatus.CLEARED, PoolStatus.ORDERED, PoolStatus.CLOSED)
#: More is a slip of the keyboard: the largest US district has about 900,000 pupils.
MOST_SEATS = 1_000_000

STATUS_WORDS: dict[PoolStatus, str] = {
    PoolStatus.DRAFT: "Draft",
    PoolStatus.OPEN: "Open for commitments",
    PoolStatus.FILL_UP: "Open for more seats",
    PoolStatus.CLEARED: "Cleared",
    PoolStatus.ORDERED: "Ordered",
    PoolStatus.CLOSED: "Closed",
    PoolStatus.LAPSED: "Closed short",
}
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


def takes_seats(status: PoolStatus, closes_at: datetime, now: datetime) -> bool:
    """A pool takes seats until the moment it closes, and not at that moment."""
    return status in TAKES_SEATS and now < closes_at


def check_takes_seats(status: PoolStatus, closes_at: datetime, now: datetime) -> None:
    if not takes_seats(status, closes_at, now):
        raise RuleBroken("This pool has closed, so nothing can be added or changed any more.")


def check_can_clear(closes_at: datetime, now: datetime) -> None:
    if now < closes_at:
        raise RuleBroken("This pool can be cleared once its deadline has passed.")


def days_left(closes_at: datetime, now: datetime) -> str:
    """'3 days left', '5 hours left', 'closed': an extra beside the date, never instead of it."""
    left = closes_at - now
    if left <= timedelta(0):
        return "closed"
    if left >= timedelta(days=2):
        return f"{left.days} days left"
    hours = int(left.total_seconds() // 3600)
    return f"{hours} hours left" if hours > 1 else "less than 2 hours left"


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


def check_only_adds(status: PoolStatus, seats_before: int | None, seats: int) -> None:
    """In the fill-up phase seats may only be added."""
    if status is PoolStatus.FILL_UP and seats_before is not None and seats < seats_before:
        raise RuleBroken(f"Seats can only be added now. Enter {seats_before:,} or more.", "seats")


def check_limit(limit_cents: int | None) -> None:
    if limit_cents is not None and limit_cents <= 0:
        raise RuleBroken("The most you will pay must be more than $0.00.", "limit")


def check_rung(
    rung: Rung,
    *,
    board_date: date | None,
    po_number: str,
    is_member: bool,
    has_instrument: bool,
    today: date,
) -> None:
    """Each rung needs more paper; the top two need a membership that covers the whole term."""
    if rung is Rung.BOARD_APPROVED:
        if board_date is None:
            raise RuleBroken("Enter the date your board approved it.", "board_date")
        if board_date > today:
            raise RuleBroken(
                "That board date is still to come. Until the vote, choose “We plan to buy”.",
                "board_date",
            )
    if rung is Rung.COMMITTED and not po_number.strip():
        raise RuleBroken("Enter the number of your purchase order.", "po_number")
    if rung not in COUNTING_RUNGS:
        return
    if not is_member:
        raise RuleBroken(
            "Only active members of the consortium can commit. Choose “We are interested” or "
            "“We plan to buy” now, and ask to join the consortium.",
            "rung",
        )
    if not has_instrument:
        raise RuleBroken(
            "Your signed membership paper does not cover the whole term of this pool. File one "
            "that does, or choose “We plan to buy” for now.",
            "rung",
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


def schedule_words(schedule: Schedule) -> str:
    """The price list in one sentence."""
    if schedule.form is Form.FLAT:
        return f"{dollars(schedule.total_cents or 0)} for all seats together."
    unit, each = ("a district", " pupils") if schedule.form is Form.SITE else ("a seat", "")
    steps = [
        f"{dollars(band.unit_cents)} {unit} from {max(band.starts_at, 1):,}{each}"
        for band in schedule.bands
    ]
    how = {
        Form.GRADUATED: "Each seat has the price of its step.",
        Form.VOLUME: "All seats have the price of the step that is reached.",
    }.get(schedule.form, "")
    if len(steps) == 1:
        steps = [f"{dollars(schedule.bands[0].unit_cents)} {unit}"]
    extras = []
    if schedule.platform_fee_cents:
        extras.append(f"A fee of {dollars(schedule.platform_fee_cents)} is added once.")
    if schedule.minimum_cents:
        extras.append(f"It costs {dollars(schedule.minimum_cents)} at least.")
    if schedule.cap_cents is not None:
        extras.append(f"It costs {dollars(schedule.cap_cents)} at most.")
    if schedule.combinable:
        extras.append("One buyer may hold several licenses.")
    return " ".join([", ".join(steps) + ".", how, *extras]).replace("  ", " ").strip()
