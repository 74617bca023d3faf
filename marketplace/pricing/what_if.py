"""What would change if one member had committed to something else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.clearing import Clearing, clear
from marketplace.pricing.members import Member
from marketplace.pricing.methods import Method, Rest
from marketplace.pricing.schedule import Schedule


@dataclass(frozen=True, slots=True)
class BillChange:
    """One member's bill in cents before and after; None where it is not in the cleared pool."""

    id: Any
    before_cents: int | None
    after_cents: int | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The pool as it stands and as it would be, and everyone for whom that differs."""

    before: Clearing
    after: Clearing
    me: BillChange
    others: tuple[BillChange, ...]

    @property
    def is_cleared(self) -> bool:
        return self.me.after_cents is not None

    @property
    def joins(self) -> tuple[Any, ...]:
        """Others who would be in the cleared pool only then."""
        return tuple(each.id for each in self.others if each.before_cents is None)

    @property
    def leaves(self) -> tuple[Any, ...]:
        """Others who would no longer be in it."""
        return tuple(each.id for each in self.others if each.after_cents is None)


def what_if(
    schedule: Schedule,
    members: Iterable[Member],
    mine: Member,
    threshold_seats: int | None = None,
    method: Method | str = Method.PROPORTIONAL,
    seed: str = "",
    equal_share: Fraction | Decimal | str | None = None,
    rest: Rest | str | None = None,
) -> WhatIf:
    """Clear the pool as it is, and again with `mine` in place of the member of the same id.

    Seats, limit and tolerance of `mine` may all differ from what is committed.
    """
    listed = list(members)
    if mine.id not in {member.id for member in listed}:
        raise RuleBroken(f"There is no member {mine.id} in this pool.")
    changed = [mine if member.id == mine.id else member for member in listed]
    before = clear(schedule, listed, threshold_seats, method, seed, equal_share, rest)
    after = clear(schedule, changed, threshold_seats, method, seed, equal_share, rest)
    changes = _changes([member.id for member in listed], before, after)
    return WhatIf(
        before=before,
        after=after,
        me=BillChange(mine.id, _bill(before, mine.id), _bill(after, mine.id)),
        others=tuple(each for each in changes if each.id != mine.id),
    )


def _changes(ids: Sequence[Any], before: Clearing, after: Clearing) -> list[BillChange]:
    both = [BillChange(id_, _bill(before, id_), _bill(after, id_)) for id_ in sorted(ids, key=str)]
    return [each for each in both if each.before_cents != each.after_cents]


def _bill(cleared: Clearing, member: Any) -> int | None:
    return None if cleared.lapsed else cleared.split.shares.get(member)
