"""What is allowed in a price schedule but should be said before anybody relies on it."""

from itertools import pairwise

from marketplace.core.money import dollars
from marketplace.pricing.combine import combining_pays_from
from marketplace.pricing.curve import list_curve, one_licence_curve
from marketplace.pricing.pieces import Curve
from marketplace.pricing.purchase import Rung, price_ladder
from marketplace.pricing.refusals import PricingRefused
from marketplace.pricing.schedule import Form, Schedule

#: Several licences are compared with one to twice the start of the last band, but no further.
COMPARED_SEATS = 20_000


def schedule_warnings(schedule: Schedule) -> list[str]:
    """Rising prices, prices nobody would ever pay, and licences that are cheaper in several:
    one sentence for each. What cannot be priced at all is refused before (`schedule`)."""
    if schedule.form is Form.FLAT:
        return _flat_price_not_charged(schedule)
    rungs = price_ladder(schedule)
    never = _site_never_paid if schedule.form is Form.SITE else _never_reached
    found = [said for rung in rungs if (said := never(schedule, rung))]
    return _rising(rungs) + found + _cheaper_in_several(schedule)


def _rising(rungs: list[Rung]) -> list[str]:
    return [
        f"The price rises from {dollars(before.unit_cents)} to {dollars(after.unit_cents)} "
        f"at {after.starts_at:,}."
        for before, after in pairwise(rungs)
        if after.unit_cents > before.unit_cents
    ]


def _flat_price_not_charged(schedule: Schedule) -> list[str]:
    """A flat price outside its own minimum and cap."""
    total = (schedule.total_cents or 0) + schedule.platform_fee_cents
    said = f"The flat price of {dollars(total)} is never charged"
    if schedule.minimum_cents > total:
        return [f"{said}: the minimum of {dollars(schedule.minimum_cents)} is above it."]
    if schedule.cap_cents is not None and schedule.cap_cents < total:
        return [f"{said}: the cap of {dollars(schedule.cap_cents)} is below it."]
    return []


def _never_reached(schedule: Schedule, rung: Rung) -> str | None:
    listed, effective = list_curve(schedule), one_licence_curve(schedule)
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


def _site_never_paid(schedule: Schedule, rung: Rung) -> str | None:
    """A district may take a larger size that costs less, and one alone pays at most the cap."""
    band = f"The price of {dollars(rung.unit_cents)} from {rung.starts_at:,} pupils is never paid"
    later = [r.unit_cents for r in price_ladder(schedule) if r.starts_at > rung.starts_at]
    if later and min(later) < rung.unit_cents:
        return f"{band}: the price for more pupils is {dollars(min(later))}."
    cap, alone = schedule.cap_cents, schedule.platform_fee_cents + rung.unit_cents
    if cap is not None and alone > cap:
        return f"{band} in full: the cap of {dollars(cap)} is below it."
    return None


def _cheaper_in_several(schedule: Schedule) -> list[str]:
    """Where one buyer would split a purchase into several licences: allowed or not, say it."""
    if schedule.form is Form.SITE:
        return []
    one = one_licence_curve(schedule)
    try:
        seats = combining_pays_from(one, min(COMPARED_SEATS, 2 * one.starts[-1] + 2))
    except PricingRefused:
        return ["Several licenses may cost less than one, in too many ways to compare them all."]
    if seats is None:
        return []
    if schedule.combinable:
        return [f"From {seats:,} seats on, several licenses can cost less than one."]
    return [
        f"Several licenses would cost less than one, first at {seats:,} seats; "
        "this price list allows only one."
    ]
