"""Clearing a pool: the largest group in which everyone's share is within their own limit.

Moulin's mechanism for cross-monotonic sharing: start from everyone, drop whoever is above
their limit, repeat. Under the proportional split a departure never lowers anybody's share
where the average price never rises, so the order of dropping does not matter, the result is
the one largest group, and no group of districts gains by misstating its limits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.pricing import clearing_words
from marketplace.pricing.clearing_rounds import (
    Dropped,
    Left,
    Round,
    drop_all_above,
    is_tight,
    limits_of,
    one_cent_over,
    one_round,
)
from marketplace.pricing.members import Member, by_id, member_problems
from marketplace.pricing.methods import Method, Rest, Terms, terms_of
from marketplace.pricing.refusals import refuse
from marketplace.pricing.rounding import largest_remainder
from marketplace.pricing.schedule import LARGEST_SEATS, Schedule, is_whole, short
from marketplace.pricing.split import Split, split_group


@dataclass(frozen=True, slots=True)
class Clearing:
    """The outcome, with every member of the final group in each mapping.

    `seats` are the seats that are paid for. A lapsed pool bills nobody: its `split` says
    what the remaining members would have paid for their firm seats.
    """

    members: tuple[Any, ...]
    seats: int
    tolerance_paid: dict[Any, int]
    spare: dict[Any, int]
    spare_left: int
    lapsed: bool
    split: Split
    told: tuple[Round, ...]
    ending: tuple[str, ...]

    @property
    def rounds(self) -> int:
        return len(self.told)

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """Round by round, in each by id."""
        return tuple([out for each in self.told for out in each.dropped])

    @property
    def explanation(self) -> tuple[str, ...]:
        """The rounds in sentences; written when they are asked for."""
        return (*clearing_words.told(self.told), *self.ending)


def clear(
    schedule: Schedule,
    members: Iterable[Member],
    threshold_seats: int | None = None,
    method: Method | str = Method.PROPORTIONAL,
    seed: str = "",
    equal_share: Fraction | Decimal | str | None = None,
    rest: Rest | str | None = None,
) -> Clearing:
    """Clear a pool; the same inputs always give the same result, in whatever order."""
    terms = terms_of(method, seed, equal_share, rest)
    everyone = by_id(members)
    problems = threshold_problems(threshold_seats)
    refuse(problems + member_problems(schedule, everyone, terms.needs_pupils))

    willing = drop_all_above(schedule, everyone, terms)
    if not threshold_seats or sum(member.seats for member in willing.group) >= threshold_seats:
        return _outcome(schedule, willing, terms)

    left, paid = _reach(threshold_seats, schedule, willing, terms)
    if paid is not None:
        return _outcome(schedule, left, terms, paid)
    why = clearing_words.lapsing(left.group, threshold_seats)
    if left.group != willing.group:
        again = drop_all_above(schedule, left.group, terms, len(left.rounds))
        left = again._replace(rounds=left.rounds + again.rounds)
    return _outcome(schedule, left, terms, lapsing=why)


def threshold_problems(threshold_seats: object) -> list[str]:
    """A threshold is a whole number of seats, or absent."""
    if threshold_seats is None:
        return []
    if is_whole(threshold_seats) and 0 <= threshold_seats <= LARGEST_SEATS:  # type: ignore[operator]
        return []
    most = f"{LARGEST_SEATS:,}"
    said = short(threshold_seats)
    return [f"threshold_seats: must be a whole number from 0 to {most}, not {said}."]


def _reach(
    threshold: int, schedule: Schedule, willing: Left, terms: Terms
) -> tuple[Left, dict[Any, int] | None]:
    """Take tolerance seats up to the threshold and drop whoever is then above their limit.

    Answers who is left and the tolerance seats they pay for; None for the seats as soon as
    the threshold is out of reach.
    """
    group, rounds = willing.group, list(willing.rounds)
    while group:
        paid = _tolerance_up_to(threshold, group, terms.seed)
        if paid is None:
            break
        larger = _with_seats(group, paid)
        number = len(rounds) + 1
        told = one_round(schedule, larger, terms, number)
        tight = not told.dropped and is_tight(schedule, larger, terms)
        if tight:
            told = one_cent_over(schedule, larger, terms, number) or told
        rounds.append(told)
        if not told.dropped:
            return Left(group, rounds, tight), paid
        gone = {out.id for out in told.dropped}
        group = [member for member in group if member.id not in gone]
    return Left(group, rounds, willing.is_tight), None


def _tolerance_up_to(threshold: int, group: Sequence[Member], seed: str) -> dict[Any, int] | None:
    """Tolerance seats that fill the gap, by largest remainder; None when they do not reach."""
    missing = max(0, threshold - sum(member.seats for member in group))
    if missing > sum(member.tolerance for member in group):
        return None
    return largest_remainder(missing, {m.id: m.tolerance for m in group}, seed)


def _with_seats(group: Sequence[Member], extra: dict[Any, int]) -> list[Member]:
    return [
        replace(member, seats=member.seats + extra[member.id]) if extra[member.id] else member
        for member in group
    ]


def _outcome(
    schedule: Schedule,
    left: Left,
    terms: Terms,
    paid: dict[Any, int] | None = None,
    lapsing: str | None = None,
) -> Clearing:
    """Bill who is left; where a last cent would pass a limit, it goes to one with room for it."""
    group = left.group
    if not group and lapsing is None:
        lapsing = clearing_words.NOBODY_LEFT
    caps = limits_of(group) if left.is_tight else None
    result = split_group(schedule, _with_seats(group, paid) if paid else group, terms, caps)
    bought = result.purchase
    paid = paid or dict.fromkeys(result.shares, 0)
    spare, unused = dict.fromkeys(result.shares, 0), 0
    if lapsing is not None:
        ends = [lapsing]
    else:
        if bought.spare_seats:
            spare, unused = _spare_seats(group, paid, bought.spare_seats, terms.seed)
        ends = clearing_words.ending(
            len(group), bought, sum(paid.values()), sum(spare.values()), unused
        )
    return Clearing(
        members=tuple(result.shares),
        seats=bought.seats_needed,
        tolerance_paid=paid,
        spare=spare,
        spare_left=unused,
        lapsed=lapsing is not None,
        split=result,
        told=tuple(left.rounds),
        ending=tuple(ends),
    )


def _spare_seats(
    group: Sequence[Member], paid: dict[Any, int], spare_seats: int, seed: str
) -> tuple[dict[Any, int], int]:
    """Seats bought beyond the need go free to members with tolerance left over."""
    room = {member.id: member.tolerance - paid[member.id] for member in group}
    given = min(spare_seats, sum(room.values()))
    return largest_remainder(given, room, seed), spare_seats - given
