"""The math of one share: the numbers put in, the exact fraction, and where the odd cents went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from marketplace.core.money import dollars
from marketplace.costs.rules import Terms
from marketplace.pricing.rules import Member, Method, Rest, Split


def exact_shares(
    total_cents: int, members: Sequence[Member], terms: Terms
) -> dict[Any, Fraction] | None:
    """Each share before rounding, in cents; None where no short formula gives it."""
    parts = _parts(members, terms)
    return None if parts is None else {m: total_cents * part for m, part in parts.items()}


def _parts(members: Sequence[Member], terms: Terms) -> dict[Any, Fraction] | None:
    if terms.method is Method.PROPORTIONAL:
        return _by({m.id: m.seats for m in members})
    if terms.method is Method.PER_PUPIL:
        return _by({m.id: m.pupils or 0 for m in members})
    if terms.method is Method.EQUAL:
        return _by({m.id: 1 for m in members})
    if terms.method is Method.HYBRID and terms.equal_bps is not None:
        by_pupils = terms.rest is Rest.PER_PUPIL
        size = _by({m.id: (m.pupils or 0) if by_pupils else m.seats for m in members})
        if size is None:
            return None
        equal = Fraction(terms.equal_bps, 10_000)
        return {m.id: equal / len(members) + (1 - equal) * size[m.id] for m in members}
    return None


def _by(weights: Mapping[Any, int]) -> dict[Any, Fraction] | None:
    whole = sum(weights.values())
    return {m: Fraction(w, whole) for m, w in weights.items()} if whole else None


def numbers_put_in(total_cents: int, me: Member, members: Sequence[Member], terms: Terms) -> str:
    """The formula with this member's numbers; empty where there is no short formula."""
    total, many = dollars(total_cents), len(members)
    seats, pupils = sum(m.seats for m in members), sum(m.pupils or 0 for m in members)
    by_seats = f"{me.seats:,} ÷ {seats:,} seats"
    by_pupils = f"{me.pupils or 0:,} ÷ {pupils:,} pupils"
    if terms.method is Method.PROPORTIONAL:
        return f"{total} × {by_seats}"
    if terms.method is Method.PER_PUPIL:
        return f"{total} × {by_pupils}"
    if terms.method is Method.EQUAL:
        return f"{total} ÷ {many:,} districts"
    if terms.method is Method.HYBRID and terms.equal_bps is not None:
        size = by_pupils if terms.rest is Rest.PER_PUPIL else by_seats
        equal = f"{Fraction(terms.equal_bps, 100):.2f}".rstrip("0").rstrip(".")
        rest = f"{Fraction(10_000 - terms.equal_bps, 100):.2f}".rstrip("0").rstrip(".")
        return f"{total} × {equal}% ÷ {many:,} districts + {total} × {rest}% × {size}"
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

    `cut` is the fraction of a cent that was cut off, by member, largest first.
    """

    left: int
    payers: tuple[Any, ...]
    cut: dict[Any, Fraction]
    tied_at_the_cut: bool


def odd_cents(exact: Mapping[Any, Fraction], shares: Mapping[Any, int]) -> OddCents:
    """Largest remainder, read off the result: who was rounded up, and whether by a tie."""
    down = {member: share.numerator // share.denominator for member, share in exact.items()}
    cut = {member: exact[member] - down[member] for member in exact}
    order = sorted(cut, key=lambda member: (-cut[member], str(member)))
    payers = [member for member in order if shares[member] > down[member]]
    passed_over = {cut[member] for member in order if shares[member] <= down[member]}
    smallest = min((cut[member] for member in payers), default=None)
    return OddCents(
        left=sum(shares.values()) - sum(down.values()),
        payers=tuple(payers),
        cut={member: cut[member] for member in order},
        tied_at_the_cut=smallest is not None and smallest in passed_over,
    )


@dataclass(frozen=True, slots=True)
class MyMath:
    """Everything the page says about one member's share."""

    me: Member
    share_cents: int
    alone_cents: int
    put_in: str
    exact: str
    cut: str
    pays_odd_cent: bool
    stays_within_alone: bool


def my_math(
    result: Split, me: Member, members: Sequence[Member], terms: Terms, odd: OddCents | None
) -> MyMath:
    exact = exact_shares(result.total_cents, members, terms)
    share, alone = result.shares[me.id], result.alone[me.id]
    mine = exact[me.id] if exact else None
    return MyMath(
        me=me,
        share_cents=share,
        alone_cents=alone,
        put_in=numbers_put_in(result.total_cents, me, members, terms),
        exact=exact_words(mine) if mine is not None else "",
        cut=f"{float(odd.cut[me.id]):.3f}" if odd else "",
        pays_odd_cent=bool(odd and mine is not None and share > mine.numerator // mine.denominator),
        stays_within_alone=share <= alone,
    )
