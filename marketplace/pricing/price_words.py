"""A price list as a buyer reads it: line by line, and in one sentence."""

from dataclasses import dataclass

from marketplace.core.money import dollars
from marketplace.pricing.purchase import Rung, price_ladder
from marketplace.pricing.schedule import Form, Schedule

HOW = {
    Form.GRADUATED: "Each seat has the price of its step",
    Form.VOLUME: "All seats have the price of the step that is reached",
}


@dataclass(frozen=True)
class PriceLine:
    """One line of a price list: '2,500 to 4,999' seats, and what one of them costs."""

    starts_at: int
    reach: str
    price: str


def unit_words(schedule: Schedule) -> str:
    """What one price buys."""
    if schedule.form is Form.SITE:
        return "a district"
    return "in all" if schedule.form is Form.FLAT else "a seat"


def price_lines(schedule: Schedule) -> list[PriceLine]:
    if schedule.form is Form.FLAT:
        return [PriceLine(1, "Any number of seats", dollars(schedule.total_cents or 0))]
    return [
        PriceLine(
            max(rung.starts_at, 1), _reach(rung, _counted(schedule)), dollars(rung.unit_cents)
        )
        for rung in price_ladder(schedule)
    ]


def price_extras(schedule: Schedule) -> list[str]:
    """What stands beside the unit price."""
    said = []
    if schedule.platform_fee_cents:
        said.append(f"Plus a platform fee of {dollars(schedule.platform_fee_cents)}")
    if schedule.minimum_cents:
        said.append(f"Never less than {dollars(schedule.minimum_cents)} in all")
    if schedule.cap_cents is not None:
        said.append(f"Never more than {dollars(schedule.cap_cents)} in all")
    if schedule.combinable:
        said.append("Several licenses may be combined where they cost less than one")
    return said


def price_sentences(schedule: Schedule) -> str:
    """The whole price list in a few sentences."""
    lines, unit = price_lines(schedule), unit_words(schedule)
    if len(lines) == 1:
        steps = [f"{lines[0].price} {unit}"]
    else:
        each = f" {_counted(schedule)}" if schedule.form is Form.SITE else ""
        steps = [f"{line.price} {unit} from {line.starts_at:,}{each}" for line in lines]
    how = [HOW[schedule.form]] if schedule.form in HOW and len(lines) > 1 else []
    return " ".join(f"{said}." for said in (", ".join(steps), *how, *price_extras(schedule)))


def _counted(schedule: Schedule) -> str:
    return "pupils" if schedule.form is Form.SITE else "seats"


def _reach(rung: Rung, unit: str) -> str:
    if rung.ends_at is None:
        return f"Any number of {unit}" if rung.starts_at <= 1 else f"{rung.starts_at:,} or more"
    return f"{max(rung.starts_at, 1):,} to {rung.ends_at:,}"
