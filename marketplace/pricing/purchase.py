"""What a number of seats costs, and what buying a few more would do."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from marketplace.core.errors import RuleBroken
from marketplace.pricing.combine import licences
from marketplace.pricing.curve import Curve, effective_curve, list_curve, one_licence_curve
from marketplace.pricing.schedule import LARGEST_SEATS, Form, Schedule, is_whole


@dataclass(frozen=True, slots=True)
class Purchase:
    """The cheapest way to have at least `seats_needed` seats."""

    seats_bought: int
    cost_cents: int
    seats_needed: int
    #: (seats of one licence, how many of them), where several are bought; else empty.
    licences: tuple[tuple[int, int], ...] = ()

    @property
    def spare_seats(self) -> int:
        return self.seats_bought - self.seats_needed


@dataclass(frozen=True, slots=True)
class TierCliff:
    """Buying more seats than needed costs less: the spare seats and what they save."""

    seats_needed: int
    seats_bought: int
    spare_seats: int
    cost_cents: int
    cost_without_cents: int
    saves_cents: int


@dataclass(frozen=True, slots=True)
class NextTier:
    """The next larger purchase at which a seat costs less than it does now."""

    starts_at: int
    seats_missing: int
    unit_cents: int
    cost_cents: int
    price_per_seat: Fraction


@dataclass(frozen=True, slots=True)
class Rung:
    """One line of a price list: from, to (None: no end), and the price of one."""

    starts_at: int
    ends_at: int | None
    unit_cents: int


def cost(schedule: Schedule, seats: int, pupils: int | None = None) -> int:
    """The list price in cents of exactly so many seats for one buyer; nothing costs nothing.

    A `site` schedule prices the buyer's pupils, so it needs them.
    """
    if seats == 0:
        return 0
    return list_curve(schedule)(units_of(schedule, seats, pupils))


def effective_cost(schedule: Schedule, seats: int, pupils: int | None = None) -> Purchase:
    """The cheapest purchase of at least so many seats; among equals, the smallest."""
    if seats == 0:
        return Purchase(0, 0, 0)
    if schedule.form is Form.SITE:
        site_cents = units_of(schedule, seats, pupils)
        return Purchase(seats, effective_curve(schedule)(site_cents), seats)
    _check_seats(seats)
    return best_purchase(schedule, seats)


def best_purchase(schedule: Schedule, seats: int) -> Purchase:
    """The cheapest purchase of at least so many seats: one licence, or several where the
    vendor allows it and that costs less. For forms that count seats."""
    listed = list_curve(schedule)
    single = cheapest_purchase(listed, seats)
    several = effective_curve(schedule)
    if not schedule.combinable or several(seats) == single.cost_cents:
        return single
    bought: Counter[int] = Counter()
    for size, count in licences(one_licence_curve(schedule), seats):
        bought[cheapest_purchase(listed, size).seats_bought] += count
    total = sum(size * count for size, count in bought.items())
    return Purchase(total, several(seats), seats, tuple(sorted(bought.items(), reverse=True)))


def cheapest_purchase(listed: Curve, seats: int) -> Purchase:
    """min over z >= seats: only `seats` itself and the starts of later pieces can be least."""
    later = listed.starts[bisect_right(listed.starts, seats) :]
    price, bought = min((listed(size), size) for size in (seats, *later))
    return Purchase(bought, price, seats)


def units_of(schedule: Schedule, seats: int, pupils: int | None = None) -> int:
    """How much of the schedule's curve one buyer uses.

    Seats, except for `site`: there a district's own pupils choose its band (or a higher band
    that costs less), and the units are that price in cents, so prices of districts add up.
    """
    _check_seats(seats)
    if schedule.form is not Form.SITE:
        return seats
    if pupils is None or pupils < 1:
        raise RuleBroken("A site price goes by pupils, so the number of pupils is needed.")
    starts = [band.starts_at for band in schedule.bands]
    reached = bisect_right(starts, pupils) - 1
    return min(band.unit_cents for band in schedule.bands[reached:])


def tier_cliff(schedule: Schedule, seats: int) -> TierCliff | None:
    """The spare seats a rational buyer takes along, or None where more never costs less."""
    if seats == 0 or schedule.form is Form.SITE:
        return None
    bought = effective_cost(schedule, seats)
    listed = cost(schedule, seats)
    if bought.seats_bought == seats:
        return None
    return TierCliff(
        seats_needed=seats,
        seats_bought=bought.seats_bought,
        spare_seats=bought.spare_seats,
        cost_cents=bought.cost_cents,
        cost_without_cents=listed,
        saves_cents=listed - bought.cost_cents,
    )


def price_per_seat(schedule: Schedule, seats: int, pupils: int | None = None) -> Fraction:
    """What one needed seat costs today, in exact cents: effective cost over seats."""
    _check_seats(seats)
    return Fraction(effective_cost(schedule, seats, pupils).cost_cents, seats)


def unit_price_cents(schedule: Schedule, seats: int, pupils: int | None = None) -> int:
    """The price of a seat today, rounded half up to a cent; for showing, never for billing."""
    return int(price_per_seat(schedule, seats, pupils) + Fraction(1, 2))


def next_tier(schedule: Schedule, seats: int) -> NextTier | None:
    """The next band whose first seat count has a lower price per seat than now.

    With no seats yet, every band is an improvement and the first one is next.
    """
    if schedule.form in (Form.FLAT, Form.SITE):
        return None
    now = price_per_seat(schedule, seats) if seats else None
    for band in schedule.bands:
        if band.starts_at <= seats:
            continue
        there = price_per_seat(schedule, band.starts_at)
        if now is None or there < now:
            return NextTier(
                starts_at=band.starts_at,
                seats_missing=band.starts_at - seats,
                unit_cents=band.unit_cents,
                cost_cents=effective_cost(schedule, band.starts_at).cost_cents,
                price_per_seat=there,
            )
    return None


def price_ladder(schedule: Schedule) -> list[Rung]:
    """The schedule as lines of a price list; a flat price is one line without an end."""
    if schedule.form is Form.FLAT:
        return [Rung(1, None, schedule.total_cents or 0)]
    ends = [band.starts_at - 1 for band in schedule.bands[1:]]
    return [
        Rung(band.starts_at, end, band.unit_cents)
        for band, end in zip(schedule.bands, [*ends, None])
    ]


def _check_seats(seats: int) -> None:
    if not is_whole(seats) or not 0 < seats <= LARGEST_SEATS:
        raise RuleBroken(f"Seats must be a whole number from 1 to {LARGEST_SEATS:,}.", "seats")
