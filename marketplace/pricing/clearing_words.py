"""A clearing in sentences, round by round."""

from collections.abc import Iterable, Sequence

from marketplace.core.money import dollars
from marketplace.pricing.clearing_rounds import Dropped, Round
from marketplace.pricing.members import Member
from marketplace.pricing.proration import rounded_share
from marketplace.pricing.purchase import Purchase

NOBODY_LEFT = "The pool lapses: nobody is left within their limit."


def told(rounds: Iterable[Round]) -> list[str]:
    """One sentence for each round and one for each member dropped in it."""
    return [line for each in rounds for line in (_round(each), *map(_why, each.dropped))]


def lapsing(group: Sequence[Member], threshold: int) -> str:
    firm = sum(member.seats for member in group)
    tolerance = sum(member.tolerance for member in group)
    return (
        f"The pool lapses: {_counted(firm, 'firm seat')} and "
        f"{_counted(tolerance, 'tolerance seat')} do not reach the "
        f"{threshold:,} seats it needs."
    )


def ending(districts: int, bought: Purchase, taken: int, spare: int, left: int) -> list[str]:
    """How a pool that clears ends: tolerance seats paid, spare seats given, who shares what."""
    said = []
    if taken:
        said.append(f"{_counted(taken, 'tolerance seat')} are taken to reach the threshold.")
    if bought.spare_seats:
        said.append(
            f"Buying {bought.seats_bought:,} seats costs less than {bought.seats_needed:,}: "
            f"{_counted(spare, 'spare seat')} go free to members with room, "
            f"{left:,} stay unused."
        )
    said.append(
        f"The pool clears: {_counted(districts, 'district')} share {dollars(bought.cost_cents)}."
    )
    return said


def _round(each: Round) -> str:
    over = len(each.dropped)
    return (
        f"Round {each.number}: {_counted(each.districts, 'district')} with "
        f"{_counted(each.seats, 'seat')} would pay {dollars(each.cost_cents)}, "
        f"{_each(each.cost_cents, each.seats)} on average; "
        + (f"{over:,} above their limit." if over else "everyone is within their limit.")
    )


def _why(out: Dropped) -> str:
    return (
        f"{out.id} was dropped at {_each(out.share_cents, out.seats)} because its limit is "
        f"{_each(out.limit_cents, out.seats)} (its share {dollars(out.share_cents)}, "
        f"its limit {dollars(out.limit_cents)})."
    )


def _each(cents: int, seats: int) -> str:
    return f"{dollars(rounded_share(cents, 1, seats))} a seat"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
