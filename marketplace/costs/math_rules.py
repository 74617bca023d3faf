"""The math of one share: the numbers put in, the exact fraction, and where the odd cents went.

Everything is a whole number: a share is `total × weight ÷ whole`, and the bill is that cut to
cents, plus one cent for the largest remainders until the bills add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from marketplace.core.money import dollars
from marketplace.costs.rules import Terms, percent
from marketplace.pricing.rules import Member, Method, Rest


@dataclass(frozen=True, slots=True)
class Weights:
    """Everybody's weight and their sum; `None` in its place where no short formula exists."""

    each: dict[Any, int]
    whole: int

    def exact_cents(self, total_cents: int, member: Any) -> Fraction:
        return Fraction(total_cents * self.each[member], self.whole)


def weights(members: Sequence[Member], terms: Terms) -> Weights | None:
    """What the shares go by; Shapley and equal profit have no such weights."""
    match terms.method:
        case Method.PROPORTIONAL:
            found = {m.id: m.seats for m in members}
        case Method.PER_PUPIL:
            found = {m.id: m.pupils or 0 for m in members}
        case Method.EQUAL:
            found = {m.id: 1 for m in members}
        case Method.HYBRID if terms.equal_bps is not None:
            found = _hybrid(members, terms.equal_bps, terms.rest)
        case _:
            return None
    whole = sum(found.values())
    return Weights(found, whole) if whole else None


def _hybrid(members: Sequence[Member], equal_bps: int, rest: Rest | None) -> dict[Any, int]:
    """e/n + (1 - e) × w/W for everyone, times n × W × 10,000: whole numbers."""
    sizes = {m.id: m.seats if rest is Rest.PER_SEAT else m.pupils or 0 for m in members}
    whole, many = sum(sizes.values()), len(members)
    return {m: equal_bps * whole + (10_000 - equal_bps) * many * s for m, s in sizes.items()}


def numbers_put_in(total_cents: int, me: Member, members: Sequence[Member], terms: Terms) -> str:
    """The formula with this member's numbers; empty where there is no short formula."""
    total, many = dollars(total_cents), len(members)
    by_seats = f"{me.seats:,} ÷ {sum(m.seats for m in members):,} seats"
    by_pupils = f"{me.pupils or 0:,} ÷ {sum(m.pupils or 0 for m in members):,} pupils"
    match terms.method:
        case Method.PROPORTIONAL:
            return f"{total} × {by_seats}"
        case Method.PER_PUPIL:
            return f"{total} × {by_pupils}"
        case Method.EQUAL:
            return f"{total} ÷ {many:,} districts"
        case Method.HYBRID if terms.equal_bps is not None:
            size = by_seats if terms.rest is Rest.PER_SEAT else by_pupils
            equal, rest = percent(terms.equal_bps), percent(10_000 - terms.equal_bps)
            return f"{total} × {equal} ÷ {many:,} districts + {total} × {rest} × {size}"
    return ""


def exact_words(cents: Fraction) -> str:
    """'$5,025.50 and 50/149 of a cent': nothing is rounded."""
    whole, part = divmod(cents.numerator, cents.denominator)
    if part == 0:
        return f"{dollars(whole)} exactly"
    return f"{dollars(whole)} and {part:,}/{cents.denominator:,} of a cent"


@dataclass(frozen=True, slots=True)
class OddCents:
    """What was left after cutting every share to whole cents, and who paid it.

    `payers` stand with the largest fraction first; `by_tie` says that the last of them had no
    larger a fraction than somebody who did not pay.
    """

    left: int
    payers: tuple[Any, ...]
    by_tie: bool


def odd_cents(total_cents: int, found: Weights, shares: Mapping[Any, int]) -> OddCents:
    """Read off the result who was rounded up: largest remainder first, then the tie word."""
    parts = {m: divmod(total_cents * w, found.whole) for m, w in found.each.items()}
    payers = sorted(
        (m for m, (down, _) in parts.items() if shares[m] > down),
        key=lambda m: (-parts[m][1], str(m)),
    )
    passed_over = {rest for m, (down, rest) in parts.items() if shares[m] <= down and rest}
    return OddCents(
        left=total_cents - sum(down for down, _ in parts.values()),
        payers=tuple(payers),
        by_tie=bool(payers) and parts[payers[-1]][1] in passed_over,
    )


@dataclass(frozen=True, slots=True)
class MyMath:
    """What the page says about one share; `exact` is empty without a short formula."""

    me: Member
    share_cents: int
    alone_cents: int
    put_in: str
    exact: str
    pays_odd_cent: bool


def my_math(
    total_cents: int,
    shares: Mapping[Any, int],
    alone: Mapping[Any, int],
    me: Member,
    members: Sequence[Member],
    terms: Terms,
) -> MyMath:
    found = weights(members, terms)
    exact = found.exact_cents(total_cents, me.id) if found else None
    return MyMath(
        me=me,
        share_cents=shares[me.id],
        alone_cents=alone[me.id],
        put_in=numbers_put_in(total_cents, me, members, terms),
        exact=exact_words(exact) if exact is not None else "",
        pays_odd_cent=exact is not None and shares[me.id] > exact,
    )
