"""What a change during a term costs whom: pure, in whole cents, each bill rounded once.

The price of what comes late is the share for a full term, times the days that are left over
the days of that term (product.md: 300 seats at $12.00 from 2026-11-16 are 227 of 365 days).
A true-up settles values: what a district's seats cost it, times the part of them it used.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import lcm

from marketplace.consortia.rules import LateJoin
from marketplace.core.errors import RuleBroken
from marketplace.pricing.rules import (
    Member,
    Method,
    Schedule,
    SplitTerms,
    Stay,
    Term,
    TrueUpPolicy,
    Withdrawal,
    effective_cost,
    largest_remainder,
    prorate,
    rounded_share,
    split,
    split_over_term,
    withdraw,
)

ONE_DAY = timedelta(days=1)
#: Methods that weigh districts, so that they can be cut into days; the others are for a whole
#: term only (pricing.slices).
BY_DAYS = (Method.PROPORTIONAL, Method.PER_PUPIL, Method.EQUAL, Method.HYBRID)


@dataclass(frozen=True)
class Holding:
    """Seats a district ordered, and the days it has them; both days included."""

    leaid: str
    seats: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Deal:
    """The pool as its shares are reckoned: the frozen prices, the term and the method."""

    schedule: Schedule
    term: Term
    method: SplitTerms

    @property
    def by_days(self) -> bool:
        return self.method.method in BY_DAYS


@dataclass(frozen=True)
class Price:
    """What seats that begin later cost: `full_cents` for a whole term, `cents` for the days
    left, `alone_cents` the same seats and days bought alone (nobody pays more than that)."""

    cents: int
    full_cents: int
    alone_cents: int
    days: int
    term_days: int


def seats_on(holdings: Iterable[Holding], day: date) -> dict[str, int]:
    """Who holds how many seats on a day."""
    held: dict[str, int] = defaultdict(int)
    for each in holdings:
        if each.starts_on <= day <= each.ends_on:
            held[each.leaid] += each.seats
    return dict(held)


def stays(holdings: Sequence[Holding], pupils: Mapping[str, int | None]) -> list[Stay]:
    """Holdings as spells that follow each other: one number of seats a district a day."""
    mine: dict[str, list[Holding]] = defaultdict(list)
    for each in holdings:
        mine[each.leaid].append(each)
    found = []
    for leaid, own in sorted(mine.items()):
        cuts = sorted({d for each in own for d in (each.starts_on, each.ends_on + ONE_DAY)})
        for first, after in pairwise(cuts):
            if seats := seats_on(own, first).get(leaid, 0):
                member = Member(leaid, seats, pupils.get(leaid))
                found.append(Stay(member, first, after - ONE_DAY))
    return found


def prices_of_more(
    deal: Deal,
    held: Mapping[str, int],
    added: Mapping[str, int],
    starts_on: date,
    pupils: Mapping[str, int | None],
    *,
    whole_term: bool = False,
) -> dict[str, Price]:
    """What each district pays for the seats it adds (or joins with) from a day on; by-laws may
    ask for the whole term's price.

    Everybody's seats count for the price step that is reached; those held already keep their
    bills, so nobody else's share rises.
    """
    together = {leaid: held.get(leaid, 0) + added.get(leaid, 0) for leaid in {*held, *added}}
    group = [Member(leaid, seats, pupils.get(leaid)) for leaid, seats in sorted(together.items())]
    m = deal.method
    shares = split(deal.schedule, group, m.method, m.seed, m.equal_share, m.rest).shares
    days = (deal.term.ends - starts_on).days + 1
    found = {}
    for leaid, seats in sorted(added.items()):
        full = rounded_share(shares[leaid], seats, together[leaid])
        alone = effective_cost(deal.schedule, seats, pupils.get(leaid)).cost_cents
        full = min(full, alone)
        cents = prorate(full, deal.term.starts, deal.term.ends, starts_on)
        if whole_term:
            found[leaid] = Price(full, full, alone, deal.term.days, deal.term.days)
            continue
        alone = prorate(alone, deal.term.starts, deal.term.ends, starts_on)
        found[leaid] = Price(cents, full, alone, days, deal.term.days)
    return found


def leaving(
    deal: Deal,
    holdings: Sequence[Holding],
    pupils: Mapping[str, int | None],
    leaver: str,
    *,
    first_day_without: date,
    asked_on: date,
    free_until: date,
    consents: Iterable[str] = (),
) -> Withdrawal:
    """Everybody's share before and after one leaves, and whether it may (product.md: free
    until a date, after it only if nobody's share rises or all others consent in writing)."""
    if not deal.by_days:
        raise RuleBroken(
            "The split method of this pool holds for a whole term only, so nobody can leave in "
            "the middle of it."
        )
    whole_term = first_day_without <= deal.term.starts
    return withdraw(
        deal.schedule,
        deal.term,
        stays(holdings, pupils),
        leaver,
        last_day=None if whole_term else first_day_without - ONE_DAY,
        asked_on=asked_on,
        free_until=free_until,
        consents=list(consents),
        terms=deal.method,
    )


# -- the true-up -------------------------------------------------------------------------------


def fair_shares(
    deal: Deal,
    holdings: Sequence[Holding],
    pupils: Mapping[str, int | None],
    billed: Mapping[str, int],
    rule: LateJoin,
) -> dict[str, int]:
    """What each district's seats cost it before use is looked at: its bills, or less where the
    by-laws let shares fall because others came during the term."""
    changed = any(
        each.starts_on > deal.term.starts or each.ends_on < deal.term.ends for each in holdings
    )
    if rule is not LateJoin.PRORATED_SHARED or not changed or not deal.by_days:
        return dict(billed)
    by_days = split_over_term(deal.schedule, deal.term, stays(holdings, pupils), deal.method)
    return {leaid: min(cents, by_days.shares.get(leaid, 0)) for leaid, cents in billed.items()}


def settle(
    policy: TrueUpPolicy,
    shares: Mapping[str, int],
    seats: Mapping[str, int],
    used: Mapping[str, int],
    seed: str = "",
) -> dict[str, int]:
    """What each district owes for the term in all, by the policy of the by-laws.

    `shares` is what its `seats` cost it; who has no count in `used` counts as using them all.
    At one rate for all this is pricing's `settle_use`; here each seat is worth what its
    district pays for it, so it holds for every split method. Parts sum to the cent.
    """
    worth = {
        leaid: Fraction(cents * used.get(leaid, seats[leaid]), seats[leaid])
        if seats.get(leaid)
        else Fraction(cents)
        for leaid, cents in shares.items()
    }
    committed, in_use = sum(shares.values()), sum(worth.values(), Fraction())
    match policy:
        case TrueUpPolicy.COMMITTED_TOTAL:
            unused = {leaid: max(Fraction(), shares[leaid] - worth[leaid]) for leaid in shares}
            left, idle = sum(unused.values(), Fraction()), max(Fraction(), committed - in_use)
            exact = {
                leaid: worth[leaid] + (idle * unused[leaid] / left if left else 0)
                for leaid in shares
            }
        case TrueUpPolicy.COMMITTED_VERSUS_ACTUAL:
            exact = worth
        case TrueUpPolicy.SURPLUS_SHARED:
            rate = in_use / committed if committed else Fraction()
            exact = {leaid: cents * rate for leaid, cents in shares.items()}
    return _rounded(exact, seed)


def _rounded(exact: Mapping[str, Fraction], seed: str) -> dict[str, int]:
    """The sum rounded once, half up, and shared out by largest remainder."""
    whole = lcm(*(part.denominator for part in exact.values())) if exact else 1
    weights = {leaid: int(part * whole) for leaid, part in sorted(exact.items())}
    total = rounded_share(sum(weights.values()), 1, whole)
    return largest_remainder(total, weights, seed) if total else dict.fromkeys(weights, 0)
