"""Part of a term, what was really used, and fees: each rounded once, on a total."""

from collections.abc import Mapping
from datetime import date

from marketplace.core.errors import RuleBroken
from marketplace.pricing.rounding import Id, largest_remainder

WHOLE_BPS = 10_000


def rounded_share(cents: int, part: int, whole: int) -> int:
    """cents * part / whole, rounded half away from zero, so a refund mirrors its charge."""
    if whole <= 0:
        raise RuleBroken("There is nothing to take a share of.")
    product = cents * part
    rounded = (2 * abs(product) + whole) // (2 * whole)
    return rounded if product >= 0 else -rounded


def days_between(first: date, last: date) -> int:
    """Days from the first to the last, counting both."""
    return (last - first).days + 1


def prorate(total_cents: int, term_starts: date, term_ends: date, starts: date) -> int:
    """The price of joining late: days remaining, the start included, over the days of that term.

    A leap year's term has 366 days, because the days of the term itself are counted.
    """
    if term_ends < term_starts:
        raise RuleBroken("The term ends before it starts.", "term_ends")
    if not term_starts <= starts <= term_ends:
        raise RuleBroken("The start must lie within the term.", "starts")
    remaining, whole = (
        days_between(starts, term_ends),
        days_between(term_starts, term_ends),
    )
    return rounded_share(total_cents, remaining, whole)


def true_up(
    committed: Mapping[Id, int], used: Mapping[Id, int], unit_cents: int, seed: str = ""
) -> dict[Id, int]:
    """What each owes once use is known, keeping the committed total.

    Everybody pays for the seats they used. Seats that were committed and that nobody used
    are paid by the districts that used less than they committed, by their unused seats; so
    seats one district did not use first cover another's extra ones. Where more is used than
    was committed in all, everybody simply pays for use.
    """
    if committed.keys() != used.keys():
        raise RuleBroken("Committed and used seats must be given for the same districts.")
    if any(seats < 0 for seats in (*committed.values(), *used.values())):
        raise RuleBroken("Seats must not be negative.")
    idle = max(0, sum(committed.values()) - sum(used.values()))
    unused = {member: max(0, committed[member] - used[member]) for member in committed}
    for_idle = largest_remainder(idle * unit_cents, unused, seed)
    return {member: used[member] * unit_cents + for_idle[member] for member in committed}


def fee_cents(base_cents: int, fee_bps: int) -> int:
    """A fee in basis points on the total of a line (never on the unit price), rounded once.

    A fee the vendor pays is reckoned the same way and is in no member's share.
    """
    if fee_bps < 0:
        raise RuleBroken("A fee must not be negative.")
    return rounded_share(base_cents, fee_bps, WHOLE_BPS)
