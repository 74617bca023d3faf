"""Clearing a pool: the largest group in which everyone's share is within their own limit.

Moulin's mechanism for cross-monotonic sharing: start from everyone, drop whoever is above
their limit, repeat. Under the proportional split a departure never lowers anybody's share
where the average price never rises, so the order of dropping does not matter, the result is
the one largest group, and no group of districts gains by misstating its limits.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.core.money import dollars
from marketplace.pricing.members import Member, by_id, member_problems
from marketplace.pricing.methods import Method, Rest, Terms, terms_of
from marketplace.pricing.proration import rounded_share
from marketplace.pricing.refusals import refuse
from marketplace.pricing.rounding import largest_remainder
from marketplace.pricing.schedule import LARGEST_SEATS, Schedule, is_whole, short
from marketplace.pricing.split import Split, bills, split_group


@dataclass(frozen=True, slots=True)
class Dropped:
    """Who left in which round, and the share it would have paid then."""

    id: Any
    seats: int
    share_cents: int
    limit_cents: int
    round: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """The outcome, with every member of the final group in each mapping.

    `seats` are the seats that are paid for. A lapsed pool bills nobody: its `split` says
    what the remaining members would have paid for their firm seats.
    """

    members: tuple[Any, ...]
    dropped: tuple[Dropped, ...]
    seats: int
    tolerance_paid: dict[Any, int]
    spare: dict[Any, int]
    spare_left: int
    lapsed: bool
    split: Split
    rounds: int
    explanation: tuple[str, ...]


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
    group = by_id(members)
    problems = threshold_problems(threshold_seats)
    refuse(problems + member_problems(schedule, group, terms.needs_pupils))
    rounds = _Rounds(schedule, terms)

    group, _ = rounds.drop_until_all_agree(group, lambda group: _none_for(group))
    paid = _none_for(group)
    if threshold_seats and sum(member.seats for member in group) < threshold_seats:
        willing = group

        def to_the_threshold(group: Sequence[Member]) -> dict[Any, int] | None:
            return _tolerance_up_to(threshold_seats, group, terms.seed)

        group, reached = rounds.drop_until_all_agree(group, to_the_threshold)
        if reached is None:
            lapsing = rounds.lapsing(group, threshold_seats)
            if group != willing:
                group, _ = rounds.drop_until_all_agree(group, lambda group: _none_for(group))
            return rounds.outcome(group, _none_for(group), lapsing)
        paid = reached
    return rounds.outcome(group, paid)


def threshold_problems(threshold_seats: object) -> list[str]:
    """A threshold is a whole number of seats, or absent."""
    if threshold_seats is None:
        return []
    if is_whole(threshold_seats) and 0 <= threshold_seats <= LARGEST_SEATS:  # type: ignore[operator]
        return []
    most = f"{LARGEST_SEATS:,}"
    said = short(threshold_seats)
    return [f"threshold_seats: must be a whole number from 0 to {most}, not {said}."]


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


class _Rounds:
    """The rounds of one clearing, and the sentences that explain them."""

    def __init__(self, schedule: Schedule, terms: Terms) -> None:
        self.schedule = schedule
        self.terms = terms
        self.count = 0
        self.dropped: list[Dropped] = []
        self.said: list[str] = []

    def drop_until_all_agree(
        self,
        group: list[Member],
        extra_seats: Callable[[Sequence[Member]], dict[Any, int] | None],
    ) -> tuple[list[Member], dict[Any, int] | None]:
        """The group left when nobody is above its limit, and the extra seats it pays for.

        Stops with None as soon as the extra seats cannot be had.
        """
        while group:
            extra = extra_seats(group)
            if extra is None:
                return group, None
            over = self._round(_with_seats(group, extra))
            if not over:
                return group, extra
            group = [member for member in group if member.id not in over]
        return group, extra_seats(group)

    def _round(self, group: Sequence[Member]) -> set[Any]:
        """One split; who is above their limit is noted and returned."""
        self.count += 1
        bought, shares = bills(self.schedule, group, self.terms)
        over = [
            Dropped(
                member.id,
                member.seats,
                shares[member.id],
                member.limit_cents,
                self.count,
            )
            for member in group
            if member.limit_cents is not None and shares[member.id] > member.limit_cents
        ]
        self.said.append(
            f"Round {self.count}: {_counted(len(group), 'district')} with "
            f"{_counted(bought.seats_needed, 'seat')} would pay {dollars(bought.cost_cents)}, "
            f"{_each(bought.cost_cents, bought.seats_needed)} on average; "
            + (f"{len(over):,} above their limit." if over else "everyone is within their limit.")
        )
        self.said += [_why(out) for out in over]
        self.dropped += over
        return {out.id for out in over}

    def lapsing(self, group: Sequence[Member], threshold: int) -> str:
        firm = sum(member.seats for member in group)
        tolerance = sum(member.tolerance for member in group)
        return (
            f"The pool lapses: {_counted(firm, 'firm seat')} and "
            f"{_counted(tolerance, 'tolerance seat')} do not reach the "
            f"{threshold:,} seats it needs."
        )

    def outcome(
        self, group: Sequence[Member], paid: dict[Any, int], lapsing: str | None = None
    ) -> Clearing:
        if not group and lapsing is None:
            lapsing = "The pool lapses: nobody is left within their limit."
        result = split_group(self.schedule, _with_seats(group, paid), self.terms)
        spare, left = _none_for(group), 0
        if not lapsing:
            spare, left = self._give_spare(group, paid, result.purchase.spare_seats)
        self._say_the_end(result, paid, spare, left, lapsing)
        return Clearing(
            members=tuple(member.id for member in group),
            dropped=tuple(self.dropped),
            seats=result.purchase.seats_needed,
            tolerance_paid=paid,
            spare=spare,
            spare_left=left,
            lapsed=lapsing is not None,
            split=result,
            rounds=self.count,
            explanation=tuple(self.said),
        )

    def _give_spare(
        self, group: Sequence[Member], paid: dict[Any, int], spare_seats: int
    ) -> tuple[dict[Any, int], int]:
        """Seats bought beyond the need go free to members with tolerance left over."""
        room = {member.id: member.tolerance - paid[member.id] for member in group}
        given = min(spare_seats, sum(room.values()))
        return largest_remainder(given, room, self.terms.seed), spare_seats - given

    def _say_the_end(
        self,
        result: Split,
        paid: dict[Any, int],
        spare: dict[Any, int],
        left: int,
        lapsing: str | None,
    ) -> None:
        if lapsing:
            self.said.append(lapsing)
            return
        if taken := sum(paid.values()):
            self.said.append(
                f"{_counted(taken, 'tolerance seat')} are taken to reach the threshold."
            )
        bought = result.purchase
        if bought.spare_seats:
            self.said.append(
                f"Buying {bought.seats_bought:,} seats costs less than {bought.seats_needed:,}: "
                f"{_counted(sum(spare.values()), 'spare seat')} go free to members with room, "
                f"{left:,} stay unused."
            )
        self.said.append(
            f"The pool clears: {_counted(len(result.shares), 'district')} share "
            f"{dollars(result.total_cents)}."
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
