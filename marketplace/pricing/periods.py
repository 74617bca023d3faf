"""What happens after a split: use is known, somebody joins or leaves, bills come by the month."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.members import Member
from marketplace.pricing.methods import Terms
from marketplace.pricing.proration import true_up
from marketplace.pricing.rounding import Id, largest_remainder
from marketplace.pricing.schedule import Schedule
from marketplace.pricing.slices import Stay, Term, split_over_term
from marketplace.pricing.split import split


class TrueUpPolicy(StrEnum):
    """What a consortium may publish, before the term, as its rule for settling use."""

    COMMITTED_TOTAL = "committed_total"
    COMMITTED_VERSUS_ACTUAL = "committed_versus_actual"
    SURPLUS_SHARED = "surplus_shared"


POLICY_WORDS = {
    TrueUpPolicy.COMMITTED_TOTAL: "The seats committed in all are paid for. Extra use is first "
    "covered by seats others left idle; the rest of the idle seats are paid by who left them.",
    TrueUpPolicy.COMMITTED_VERSUS_ACTUAL: "Every district pays for the seats it used, whatever "
    "it committed; the difference is billed or refunded.",
    TrueUpPolicy.SURPLUS_SHARED: "The shares stay as they were split. What all used less is "
    "returned, and what all used more is paid, in proportion to those shares.",
}


@dataclass(frozen=True, slots=True)
class TrueUp:
    """What each member owes in all, in cents, and what that is beyond its bill so far (below
    zero: a refund). `differences` add up to `owed` in all minus billed in all."""

    policy: TrueUpPolicy
    owed: dict[Any, int]
    differences: dict[Any, int]


def settle_use(
    policy: TrueUpPolicy,
    committed: Mapping[Id, int],
    used: Mapping[Id, int],
    unit_cents: int,
    billed: Mapping[Id, int] | None = None,
    seed: str = "",
) -> TrueUp:
    """Settle a term's use at a rate in cents per seat, by the policy published beforehand.

    `billed` is what each was billed on its commitment (by default committed seats times the
    rate). The total owed is, by policy: the larger of committed and used seats; used seats;
    used seats again, but shared in proportion to what was billed.
    """
    by_commitment = {member: seats * unit_cents for member, seats in committed.items()}
    so_far = by_commitment if billed is None else dict(billed)
    conserved = true_up(committed, used, unit_cents, seed)  # checks the seats for all policies
    if so_far.keys() != committed.keys():
        raise RuleBroken("Bills and seats must be given for the same districts.")
    match policy:
        case TrueUpPolicy.COMMITTED_TOTAL:
            owed = conserved
        case TrueUpPolicy.COMMITTED_VERSUS_ACTUAL:
            owed = {member: seats * unit_cents for member, seats in used.items()}
        case TrueUpPolicy.SURPLUS_SHARED:
            over = sum(used.values()) * unit_cents - sum(so_far.values())
            shares = largest_remainder(over, so_far, seed)
            owed = {member: so_far[member] + shares[member] for member in so_far}
    return TrueUp(policy, owed, {member: owed[member] - so_far[member] for member in so_far})


def settle_by_split(
    schedule: Schedule,
    as_used: Iterable[Member],
    billed: Mapping[Any, int],
    terms: Terms | None = None,
) -> TrueUp:
    """Actual use on a price list with steps: the split is made again with the seats used, and
    the difference to the bills is settled; nothing posted is edited.

    Who used no seats owes nothing. Where the average price never rises, more use by one
    member raises nobody else by more than a cent.
    """
    terms = terms or Terms()
    group = [member for member in as_used if member.seats != 0]
    again = split(schedule, group, terms.method, terms.seed, terms.equal_share, terms.rest)
    if not again.shares.keys() <= billed.keys():
        raise RuleBroken("Bills and seats must be given for the same districts.")
    owed = {member: again.shares.get(member, 0) for member in billed}
    differences = {member: owed[member] - billed[member] for member in billed}
    return TrueUp(TrueUpPolicy.COMMITTED_VERSUS_ACTUAL, owed, differences)


@dataclass(frozen=True, slots=True)
class Change:
    """Everybody's bill for the term before and after somebody joins or leaves, in cents."""

    before: dict[Any, int]
    after: dict[Any, int]

    @property
    def raised(self) -> dict[Any, int]:
        """By how much the bill of each member of both groups rises."""
        both = self.before.keys() & self.after.keys()
        risen = {member: self.after[member] - self.before[member] for member in both}
        return {m: risen[m] for m in sorted(risen, key=str) if risen[m] > 0}


def mid_term_join(
    schedule: Schedule, term: Term, stays: Sequence[Stay], joiner: Stay, terms: Terms | None = None
) -> Change:
    """Everybody's bill without and with somebody who comes during the term."""
    before = split_over_term(schedule, term, stays, terms)
    with_joiner = split_over_term(schedule, term, [*stays, joiner], terms)
    return Change(before.shares, with_joiner.shares)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """May a member leave, why or why not, and everybody's bill before and after."""

    allowed: bool
    reason: str
    change: Change
    consents_missing: tuple[Any, ...]


def withdraw(
    schedule: Schedule,
    term: Term,
    stays: Sequence[Stay],
    leaver: Any,
    *,
    last_day: date | None,
    asked_on: date,
    free_until: date,
    consents: Collection[Any] = (),
    terms: Terms | None = None,
) -> Withdrawal:
    """The cost-shift rule: leaving is free until a published date. After it, a member may
    leave only if nobody else's bill rises, not by a cent, or if every remaining member (also
    those whose bill does not rise) consents in writing.

    `last_day` is the last day with seats; None: as if the member had never come.
    """
    if all(stay.member.id != leaver for stay in stays):
        raise RuleBroken("Who is not a member cannot leave.", "leaver")
    if last_day is not None and not term.starts <= last_day <= term.ends:
        raise RuleBroken("The last day must lie within the term.", "last_day")
    remaining = list(_until(last_day, leaver, term, stays))
    before = split_over_term(schedule, term, stays, terms)
    others = {stay.member.id for stay in stays} - {leaver}
    after = split_over_term(schedule, term, remaining, terms).shares if remaining else {}
    change = Change(before.shares, after)
    raised = {member for member in change.raised if member in others}
    missing = tuple(sorted(others - set(consents), key=str))
    if asked_on <= free_until:
        return Withdrawal(True, f"Leaving is free until {free_until}.", change, ())
    if not raised:
        return Withdrawal(True, "Nobody else's bill rises.", change, ())
    if not missing:
        return Withdrawal(True, "Every remaining member consents in writing.", change, ())
    reason = (
        f"Leaving was free until {free_until}. It would raise the bill of {len(raised):,} "
        f"of {len(others):,} remaining members, and {len(missing):,} have not consented in writing."
    )
    return Withdrawal(False, reason, change, missing)


def _until(last_day: date | None, leaver: Any, term: Term, stays: Iterable[Stay]) -> Iterable[Stay]:
    for stay in stays:
        starts, ends = stay.within(term)
        if stay.member.id != leaver:
            yield stay
        elif last_day is not None and starts <= last_day:
            yield replace(stay, ends=min(ends, last_day))


def invoices(exact_cents: Fraction | int, parts: int | Sequence[int]) -> list[int]:
    """Bills for equal periods (or periods of so many days each) that never drift.

    Each bill is the rounded sum so far minus what is billed already, so after any number of
    periods the bills are within half a cent of what is due, and in the end they are the exact
    amount, rounded once. 36 months of an exact 51,900.49 cents come to 51,900; rounding each
    month alone would bill 51,912.
    """
    lengths = [1] * parts if isinstance(parts, int) else list(parts)
    if not lengths or min(lengths) < 0 or sum(lengths) == 0:
        raise RuleBroken("Bills need at least one period, and none of them may be below zero.")
    exact, whole = Fraction(exact_cents), sum(lengths)
    due = [_rounded(exact * passed / whole) for passed in accumulate(lengths, initial=0)]
    return [upto - before for before, upto in pairwise(due)]


def _rounded(cents: Fraction) -> int:
    """Half away from zero, so that a refund mirrors its charge."""
    rounded = (2 * abs(cents.numerator) + cents.denominator) // (2 * cents.denominator)
    return rounded if cents >= 0 else -rounded


def calendar_months(term: Term) -> list[int]:
    """The days of each calendar month of the term, the first and last month in part."""
    days: list[int] = []
    first = term.starts
    while first <= term.ends:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        days.append((min(following, term.ends + timedelta(days=1)) - first).days)
        first = following
    return days
