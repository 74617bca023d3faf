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
    Round,
    drop_all_above,
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

    willing, rounds = drop_all_above(schedule, everyone, terms)
    if not threshold_seats or sum(member.seats for member in willing) >= threshold_seats:
        return _outcome(schedule, willing, _none_for(willing), terms, rounds)

    group, paid, more = _reach(threshold_seats, schedule, willing, terms, len(rounds))
    rounds += more
    if paid is not None:
        return _outcome(schedule, group, paid, terms, rounds)
    why = clearing_words.lapsing(group, threshold_seats)
    if group != willing:
        group, more = drop_all_above(schedule, group, terms, len(rounds))
        rounds += more
    return _outcome(schedule, group, _none_for(group), terms, rounds, why)


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
    threshold: int, schedule: Schedule, group: list[Member], terms: Terms, before: int
) -> tuple[list[Member], dict[Any, int] | None, list[Round]]:
    """Take tolerance seats up to the threshold and drop whoever is then above their limit.

    Answers who is left, the tolerance seats they pay for, and the rounds; None for the seats
    as soon as the threshold is out of reach.
    """
    rounds: list[Round] = []
    while group:
        paid = _tolerance_up_to(threshold, group, terms.seed)
        if paid is None:
            return group, None, rounds
        larger = _with_seats(group, paid)
        number = before + len(rounds) + 1
        told = one_round(schedule, larger, terms, number)
        if not told.dropped:
            told = one_cent_over(schedule, larger, terms, number) or told
        rounds.append(told)
        if not told.dropped:
            return group, paid, rounds
        gone = {out.id for out in told.dropped}
        group = [member for member in group if member.id not in gone]
    return group, None, rounds


def _none_for(group: Sequence[Member]) -> dict[Any, int]:
    return dict.fromkeys((member.id for member in group), 0)


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
    group: Sequence[Member],
    paid: dict[Any, int],
    terms: Terms,
    rounds: list[Round],
    lapsing: str | None = None,
) -> Clearing:
    if not group and lapsing is None:
        lapsing = clearing_words.NOBODY_LEFT
    result = _within_limits(schedule, _with_seats(group, paid), terms)
    bought = result.purchase
    spare, left = _none_for(group), 0
    if lapsing is not None:
        ends = [lapsing]
    else:
        spare, left = _spare_seats(group, paid, bought.spare_seats, terms.seed)
        ends = clearing_words.ending(
            len(group), bought, sum(paid.values()), sum(spare.values()), left
        )
    return Clearing(
        members=tuple(member.id for member in group),
        seats=bought.seats_needed,
        tolerance_paid=paid,
        spare=spare,
        spare_left=left,
        lapsed=lapsing is not None,
        split=result,
        told=tuple(rounds),
        ending=tuple(ends),
    )


def _within_limits(schedule: Schedule, group: Sequence[Member], terms: Terms) -> Split:
    """The split; where a last cent would pass a limit, it goes to a member with room for it."""
    result = split_group(schedule, group, terms)
    limits = limits_of(group)
    if all(result.shares[member] <= limit for member, limit in limits.items()):
        return result
    return split_group(schedule, group, terms, limits)


def _spare_seats(
    group: Sequence[Member], paid: dict[Any, int], spare_seats: int, seed: str
) -> tuple[dict[Any, int], int]:
    """Seats bought beyond the need go free to members with tolerance left over."""
    room = {member.id: member.tolerance - paid[member.id] for member in group}
    given = min(spare_seats, sum(room.values()))
    return largest_remainder(given, room, seed), spare_seats - given
