"""What is allowed in a price schedule but should be said before anybody relies on it."""

from itertools import pairwise

from marketplace.core.money import dollars
from marketplace.pricing.curve import Curve, effective_curve, list_curve
from marketplace.pricing.purchase import Rung, price_ladder
from marketplace.pricing.schedule import Form, Schedule


def schedule_warnings(schedule: Schedule) -> list[str]:
    """Rising prices and bands nobody would ever buy in, one sentence for each."""
    if schedule.form is Form.FLAT:
        return []
    rungs = price_ladder(schedule)
    rising = [
        f"The price rises from {dollars(before.unit_cents)} to {dollars(after.unit_cents)} "
        f"at {after.starts_at:,}."
        for before, after in pairwise(rungs)
        if after.unit_cents > before.unit_cents
    ]
    if schedule.form is Form.SITE:
        return rising
    never = [said for rung in rungs if (said := _never_reached(schedule, rung))]
    return rising + never


def _never_reached(schedule: Schedule, rung: Rung) -> str | None:
    listed, effective = list_curve(schedule), effective_curve(schedule)
    band = f"The band from {rung.starts_at:,} is never reached"
    if schedule.minimum_cents and _is_all(listed, rung, schedule.minimum_cents):
        return f"{band}: all of it costs the minimum of {dollars(schedule.minimum_cents)}."
    if schedule.cap_cents is not None and _is_all(listed, rung, schedule.cap_cents):
        return f"{band}: all of it costs the cap of {dollars(schedule.cap_cents)}."
    if effective(rung.starts_at) < listed(rung.starts_at):
        return f"{band}: a larger purchase always costs less."
    return None


def _is_all(listed: Curve, rung: Rung, cents: int) -> bool:
    """Does the curve stay at this amount over the whole band? (Inside a band it never falls.)"""
    if listed(rung.starts_at) != cents:
        return False
    if rung.ends_at is not None:
        return listed(rung.ends_at) == cents
    return listed.pieces[-1].rate == 0 and listed.pieces[-1].base == cents
