"""Prices in words: what a vendor types in, and what a buyer reads. Pure, like the rules."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from marketplace.catalogue.rules import ScheduleForm
from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.pricing import rules as pricing

#: A vendor types at most so many bands without a script; more come by import later.
MOST_BANDS = 8
#: One seat for a million dollars, a contract for a billion: above, a slip of the keyboard.
HIGHEST_UNIT_CENTS = 100_000_000
HIGHEST_TOTAL_CENTS = 100_000_000_000
LARGEST_BAND = 10_000_000
LONGEST_VALID = timedelta(days=5 * 366)
PREVIEW_SEATS = (50, 200, 500, 2000)

FORM_WORDS = {
    ScheduleForm.PER_SEAT: "One price for each seat",
    ScheduleForm.GRADUATED: "Graduated: each seat costs the price of its own band",
    ScheduleForm.VOLUME: "Volume: all seats cost the price of the band that is reached",
    ScheduleForm.FLAT: "Flat: one price for everybody together, for any number of seats",
    ScheduleForm.SITE: "By district: one price for a whole district, by its number of pupils",
}
SEAT_FORMS = (ScheduleForm.PER_SEAT, ScheduleForm.GRADUATED, ScheduleForm.VOLUME)

# -- what a vendor types ---------------------------------------------------------------------


def read_dollars(text: str, highest_cents: int = HIGHEST_TOTAL_CENTS) -> int:
    """'$1,234.5' -> 123450 cents; anything unclear is refused in words."""
    bare = re.sub(r"[$\s]", "", text)
    if bare.startswith(("-", "−", "(")):
        raise RuleBroken("A price cannot be below zero.")
    if not re.fullmatch(r"(\d{1,15}|\d{1,3}(,\d{3})+)(\.\d{1,2})?", bare, re.ASCII):
        raise RuleBroken("Enter dollars and cents, such as 13.50.")
    whole, _, cents = bare.replace(",", "").partition(".")
    amount = int(whole) * 100 + int(cents.ljust(2, "0"))
    if amount > highest_cents:
        raise RuleBroken(f"Enter at most {dollars(highest_cents)}.")
    return amount


def read_count(text: str) -> int:
    """'2,500' -> 2500."""
    bare = text.strip()
    if not re.fullmatch(r"\d{1,9}|\d{1,3}(,\d{3})+", bare, re.ASCII):
        raise RuleBroken("Enter a whole number, such as 500.")
    number = int(bare.replace(",", ""))
    if number > LARGEST_BAND:
        raise RuleBroken(f"Enter at most {LARGEST_BAND:,}.")
    return number


def read_terms(
    form: ScheduleForm,
    typed_bands: Sequence[tuple[str, str]],
    *,
    total: str = "",
    platform_fee: str = "",
    minimum: str = "",
    cap: str = "",
    combinable: bool = False,
) -> tuple[dict[str, Any], dict[str, str]]:
    """The schedule as `pricing` stores it, and what is wrong with it by form field."""
    problems: dict[str, str] = {}
    terms: dict[str, Any] = {
        "form": str(form),
        "platform_fee_cents": _amount("platform_fee", platform_fee, problems) or 0,
        "minimum_cents": _amount("minimum", minimum, problems) or 0,
        "cap_cents": _amount("cap", cap, problems),
        "combinable": combinable,
    }
    if terms["cap_cents"] is not None and terms["cap_cents"] < terms["minimum_cents"]:
        problems["cap"] = "The most a buyer pays must not be below the least."
    if form is ScheduleForm.FLAT:
        if not total.strip():
            problems["total"] = "Enter the flat price for everybody together."
        terms["total_cents"] = _amount("total", total, problems)
        return terms, problems
    terms["bands"] = _read_bands(form, typed_bands, problems)
    return terms, problems


def _amount(field: str, text: str, problems: dict[str, str]) -> int | None:
    if not text.strip():
        return None
    try:
        return read_dollars(text)
    except RuleBroken as refusal:
        problems[field] = str(refusal)
        return None


def _read_bands(
    form: ScheduleForm, typed: Sequence[tuple[str, str]], problems: dict[str, str]
) -> list[dict[str, int]]:
    unit = "pupils" if form is ScheduleForm.SITE else "seats"
    bands: list[dict[str, int]] = []
    for row, (typed_start, typed_price) in enumerate(typed, start=1):
        if not typed_start.strip() and not typed_price.strip():
            continue
        where = f"Band {row}: "
        starts_at = _band_start(row, typed_start, unit, problems)
        try:
            if not typed_price.strip():
                raise RuleBroken("Enter the price, or clear the row.")
            unit_cents = read_dollars(typed_price, HIGHEST_UNIT_CENTS)
            if form is ScheduleForm.SITE and unit_cents == 0:
                raise RuleBroken("The price of a district is at least one cent.")
        except RuleBroken as refusal:
            problems[f"price_{row}"] = where + str(refusal)
            continue
        if starts_at is None:
            continue
        if bands and starts_at <= bands[-1]["from"]:
            problems[f"from_{row}"] = (
                f"{where}It must start above the band before it ({bands[-1]['from']:,} {unit})."
            )
        elif not bands and starts_at != 1:
            problems[f"from_{row}"] = f"{where}The first band starts at 1."
        else:
            bands.append({"from": starts_at, "unit_cents": unit_cents})
    if not bands and not problems:
        problems["price_1"] = "Band 1: Enter the price."
    if form is ScheduleForm.PER_SEAT and len(bands) > 1:
        problems["price_2"] = (
            "Band 2: One price for each seat has only one band. "
            "Choose graduated or volume for more bands, or clear this row."
        )
    return bands


def _band_start(row: int, typed: str, unit: str, problems: dict[str, str]) -> int | None:
    if not typed.strip() and row == 1:
        return 1
    try:
        if not typed.strip():
            raise RuleBroken(f"Enter from how many {unit} this price holds.")
        return read_count(typed)
    except RuleBroken as refusal:
        problems[f"from_{row}"] = f"Band {row}: {refusal}"
        return None


def check_offer(term_months: int, valid_until: date, today: date) -> None:
    """A license runs 1 to 120 months; an offer ends after today and within five years."""
    if not 1 <= term_months <= 120:
        raise RuleBroken("Enter a term from 1 to 120 months.", "term_months")
    if valid_until <= today:
        raise RuleBroken("The price must be good for at least one more day.", "valid_until")
    if valid_until > today + LONGEST_VALID:
        raise RuleBroken("A price can be promised for five years at most.", "valid_until")


# -- what a buyer reads ----------------------------------------------------------------------


def price_range(schedules: Iterable[pricing.Schedule]) -> str:
    """'$9.75 to $16.00 a seat'; different kinds of price are joined by 'or'."""
    found: dict[str, list[int]] = {}
    for schedule in schedules:
        amounts = [rung.unit_cents for rung in pricing.price_ladder(schedule)]
        found.setdefault(pricing.unit_words(schedule), []).extend(amounts)
    said = []
    for unit, amounts in found.items():
        low, high = dollars(min(amounts)), dollars(max(amounts))
        said.append(f"{low} {unit}" if low == high else f"{low} to {high} {unit}")
    return " or ".join(said)


def lowest_seat_cents(schedules: Iterable[pricing.Schedule]) -> int | None:
    prices = [
        rung.unit_cents
        for schedule in schedules
        if ScheduleForm(schedule.form) in SEAT_FORMS
        for rung in pricing.price_ladder(schedule)
    ]
    return min(prices, default=None)


def cost_of(schedule: pricing.Schedule, seats: int) -> int:
    """What so many seats cost alone; by district, the price of a district of so many pupils."""
    return pricing.effective_cost(schedule, seats, pupils=seats).cost_cents


def cheapest_of(schedules: Iterable[pricing.Schedule], seats: int) -> int | None:
    return min((cost_of(schedule, seats) for schedule in schedules), default=None)


def preview(schedule: pricing.Schedule) -> list[tuple[int, int, int]]:
    """(seats, cost in cents, cents per seat) for four sizes of buyer."""
    return [
        (seats, cost_of(schedule, seats), (cost_of(schedule, seats) + seats // 2) // seats)
        for seats in PREVIEW_SEATS
    ]
