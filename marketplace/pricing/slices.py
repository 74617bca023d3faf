"""A term in which membership or seats change: cut into time slices, rounded once at the end.

A slice is a run of days on which the same districts hold the same seats. Its cost is the
cost of those seats for a whole term, times its days over the days of that term (so a leap
year has 366), and it is split like any purchase. Exact shares are added over the slices and
rounded once: parts sum to the total, and every bill is within a cent of its exact share.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.core.money import LARGEST_CENTS
from marketplace.pricing.certificate import Certificate, Kind
from marketplace.pricing.curve import average_never_rises, effective_curve
from marketplace.pricing.members import Member, by_id, member_problems
from marketplace.pricing.methods import WEIGHTS, Terms
from marketplace.pricing.proration import days_between, rounded_share
from marketplace.pricing.purchase import Purchase, units_of
from marketplace.pricing.refusals import refuse
from marketplace.pricing.rounding import largest_remainder
from marketplace.pricing.schedule import Schedule, short
from marketplace.pricing.split import TOTAL_TOO_LARGE, purchase_for

ONE_DAY = timedelta(days=1)
#: Ten years: longer than any licence a public body may sign.
MOST_DAYS = 3_653


@dataclass(frozen=True, slots=True)
class Term:
    """The days a schedule's prices are for, the first and the last included."""

    starts: date
    ends: date

    def __post_init__(self) -> None:
        if self.ends < self.starts:
            raise RuleBroken("The term ends before it starts.", "term_ends")
        if self.days > MOST_DAYS:
            raise RuleBroken("The term is longer than ten years.", "term_ends")

    @property
    def days(self) -> int:
        return days_between(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class Stay:
    """A member's seats from one day to another, both included; a change of seats ends one
    stay and begins the next. Without dates it lasts the whole term."""

    member: Member
    starts: date | None = None
    ends: date | None = None

    def within(self, term: Term) -> tuple[date, date]:
        return self.starts or term.starts, self.ends or term.ends


@dataclass(frozen=True, slots=True)
class Slice:
    """Days on which nothing changes, and who holds what on them (in order of id)."""

    starts: date
    ends: date
    group: tuple[Member, ...]

    @property
    def days(self) -> int:
        return days_between(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class SlicePrice:
    """What the seats of one slice cost for a whole term, before proration."""

    slice: Slice
    purchase: Purchase


@dataclass(frozen=True, slots=True)
class TermSplit:
    """Who pays what for the term, in whole cents; `exact` is before the one rounding."""

    total_cents: int
    shares: dict[Any, int]
    alone: dict[Any, int]
    exact: dict[Any, Fraction]
    certificate: Certificate
    slices: tuple[SlicePrice, ...]

    @property
    def largest_purchase(self) -> Purchase:
        """What is bought on the busiest day."""
        purchases = [priced.purchase for priced in self.slices]
        return max(purchases, key=lambda bought: bought.seats_needed, default=Purchase(0, 0, 0))


def stay_problems(term: Term, stays: Sequence[Stay]) -> list[str]:
    """One sentence for each stay outside the term, and for each two that overlap."""
    problems = []
    days: dict[Any, list[tuple[date, date]]] = defaultdict(list)
    for stay in stays:
        starts, ends = stay.within(term)
        where = f"member {short(stay.member.id)}"
        if starts > ends:
            problems.append(f"{where}: ends on {ends}, before it starts on {starts}.")
        elif starts < term.starts or ends > term.ends:
            problems.append(
                f"{where}: {starts} to {ends} is not within the term, {term.starts} to {term.ends}."
            )
        else:
            days[stay.member.id].append((starts, ends))
    for member, spells in days.items():
        for (_, ends), (starts, _) in pairwise(sorted(spells)):
            if starts <= ends:
                problems.append(
                    f"member {short(member)}: has two numbers of seats on {starts}; "
                    "end one before the next begins."
                )
    return problems


def slices(term: Term, stays: Iterable[Stay]) -> list[Slice]:
    """The term cut wherever a stay begins or ends; days on which nobody has a seat are left
    out, since they cost nothing."""
    held = sorted(
        ((*stay.within(term), stay.member) for stay in stays),
        key=lambda spell: (spell[0], str(spell[2].id)),
    )
    cuts = sorted({day for starts, ends, _ in held for day in (starts, ends + ONE_DAY)})
    begins: dict[date, list[tuple[date, Member]]] = defaultdict(list)
    for starts, ends, member in held:
        begins[starts].append((ends, member))
    found: list[Slice] = []
    present: list[tuple[date, Member]] = []
    for first, following in pairwise(cuts):
        present = [spell for spell in present if spell[0] >= first] + begins[first]
        if present:
            group = tuple(by_id(member for _, member in present))
            found.append(Slice(first, following - ONE_DAY, group))
    return found


def split_over_term(
    schedule: Schedule, term: Term, stays: Iterable[Stay], terms: Terms | None = None
) -> TermSplit:
    """Split a term's cost by time slices; the order of the stays never matters.

    x_i = sum over slices t of cost(S_t) * days_t / days of the term * w_i,t / W_t.
    Source of the rule: days remaining, the start included, over the days in that term.
    """
    terms, listed = terms or Terms(), list(stays)
    if terms.method not in WEIGHTS:
        raise RuleBroken(
            f"method: {terms.method.value} is for one whole term; with dates choose "
            f"{', '.join(WEIGHTS)}.",
            "method",
        )
    refuse(_member_problems(schedule, listed, terms) + stay_problems(term, listed))
    priced = [SlicePrice(s, purchase_for(schedule, s.group)) for s in slices(term, listed)]
    cost_days = sum(p.purchase.cost_cents * p.slice.days for p in priced)
    total = rounded_share(cost_days, 1, term.days)
    if total > LARGEST_CENTS:
        refuse([TOTAL_TOO_LARGE])

    exact, unit = _exact_shares(priced, terms)
    shares = largest_remainder(total, exact, terms.seed) if total else dict.fromkeys(exact, 0)
    alone = _alone_cent_days(schedule, priced)
    rational = all(part <= alone[member] * unit for member, part in exact.items())
    return TermSplit(
        total_cents=total,
        shares=shares,
        alone={member: rounded_share(alone[member], 1, term.days) for member in exact},
        exact={member: Fraction(part, unit * term.days) for member, part in exact.items()},
        certificate=_certificate(schedule, priced, terms, rational),
        slices=tuple(priced),
    )


def _member_problems(schedule: Schedule, stays: Sequence[Stay], terms: Terms) -> list[str]:
    """What is wrong with the members themselves; who has several stays is listed several times."""
    named: dict[Any, list[Member]] = defaultdict(list)
    for stay in stays:
        named[stay.member.id].append(stay.member)
    problems: list[str] = []
    for turn in range(max((len(spells) for spells in named.values()), default=1)):
        having = [spells[turn] for spells in named.values() if len(spells) > turn]
        problems += member_problems(schedule, by_id(having), terms.needs_pupils)
    return problems


def _exact_shares(priced: Sequence[SlicePrice], terms: Terms) -> tuple[dict[Any, int], int]:
    """Each member's cent-days times `unit`, as whole numbers: no rational arithmetic."""
    weighed = [(price, WEIGHTS[terms.method](price.slice.group, terms)) for price in priced]
    unit = lcm(*(sum(weights.values()) for _, weights in weighed))
    parts: dict[Any, int] = {}
    for price, weights in weighed:
        each = price.purchase.cost_cents * price.slice.days * (unit // sum(weights.values()))
        for member, weight in weights.items():
            parts[member] = parts.get(member, 0) + each * weight
    return {member: parts[member] for member in sorted(parts, key=str)}, unit


def _alone_cent_days(schedule: Schedule, priced: Sequence[SlicePrice]) -> dict[Any, int]:
    """Every member buying the same seats for the same days on its own."""
    effective = effective_curve(schedule)
    cent_days: dict[Any, int] = defaultdict(int)
    for price in priced:
        for member in price.slice.group:
            units = units_of(schedule, member.seats, member.pupils)
            cent_days[member.id] += effective(units) * price.slice.days
    return cent_days


def _certificate(
    schedule: Schedule, priced: Sequence[SlicePrice], terms: Terms, rational: bool
) -> Certificate:
    """Of exact shares. What holds in every slice holds for the term, since costs and bills
    add up over slices; so the average price must be paid, and never rise, in each. Nothing
    weaker is claimed."""
    effective, most = effective_curve(schedule), 0
    for price in priced:
        group = price.slice.group
        units = {m.id: units_of(schedule, m.seats, m.pupils) for m in group}
        weights = WEIGHTS[terms.method](group, terms)
        total, whole = sum(units.values()), sum(weights.values())
        most = max(most, total)
        if any(weights[member] * total != units[member] * whole for member in units):
            return Certificate(Kind.NONE, rational, core=False, joiner_never_raises=None)
    if average_never_rises(effective, most):
        return Certificate(Kind.AVERAGE_PRICE, rational, core=True, joiner_never_raises=True)
    return Certificate(Kind.NONE, rational, core=False, joiner_never_raises=None)
