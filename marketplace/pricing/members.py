"""The districts that share a purchase, as plain values."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, islice
from operator import lt
from typing import Any

from marketplace.core.money import LARGEST_CENTS
from marketplace.pricing.schedule import Form, Schedule, is_whole, short

MOST_MEMBERS = 150_000
#: The largest US district has about 900,000 pupils.
MOST_SEATS_EACH = 10_000_000
NO_SEATS = 0


@dataclass(frozen=True, slots=True)
class Member:
    """One district: firm seats, the most it pays (None: no limit), and spare room.

    `tolerance` is how many seats more it takes when that helps everybody reach a tier.
    """

    id: Any
    seats: int
    pupils: int | None = None
    limit_cents: int | None = None
    tolerance: int = 0


class Roster(list[Member]):
    """Members in order of id, never changed, with the columns that everything needs read once."""

    def __init__(self, members: Iterable[Member], ids: list[Any], distinct: bool) -> None:
        super().__init__(members)
        self.ids = ids
        self.distinct = distinct

    @cached_property
    def seats(self) -> list[int]:
        return [member.seats for member in self]

    @cached_property
    def seat_counts(self) -> Counter[int]:
        """How many members have so many seats."""
        return Counter(self.seats)

    @cached_property
    def limits(self) -> list[int | None]:
        return [member.limit_cents for member in self]

    def only(self, stays: Sequence[int]) -> "Roster":
        """Those whose place is marked; columns are cut, which is quicker than reading again."""
        kept = Roster(compress(self, stays), list(compress(self.ids, stays)), self.distinct)
        kept.seats = list(compress(self.seats, stays))
        kept.limits = list(compress(self.limits, stays))
        return kept


def by_id(members: Iterable[Member]) -> list[Member]:
    """In an order that does not depend on how they were listed."""
    listed = list(members)
    ids = [member.id for member in listed]
    if _rises(ids):
        return Roster(listed, ids, distinct=True)
    listed.sort(key=lambda member: str(member.id))
    ids = [member.id for member in listed]
    return Roster(listed, ids, distinct=len(set(ids)) == len(ids))


def roster(members: Sequence[Member]) -> Roster:
    """These members as they are listed."""
    if isinstance(members, Roster):
        return members
    ids = [member.id for member in members]
    return Roster(members, ids, distinct=len(set(ids)) == len(ids))


def _rises(ids: list[Any]) -> bool:
    """Mostly they do, as the database gives them; it is quicker to look than to sort."""
    try:
        return bool(ids) and isinstance(ids[0], str) and all(map(lt, ids, islice(ids, 1, None)))
    except TypeError:  # not all of them are text
        return False


def member_problems(
    schedule: Schedule, members: Sequence[Member], needs_pupils: bool = False
) -> list[str]:
    """One sentence for each thing to mend, in the order of the members."""
    if not members:
        return ["members: there is nobody to share the cost; list at least one."]
    if len(members) > MOST_MEMBERS:
        return [
            f"members: lists {len(members):,}; at most {MOST_MEMBERS:,} can be reckoned at once."
        ]
    site = schedule.form is Form.SITE
    if not site and not needs_pupils and _all_plain(members):
        return []
    problems = _repeated(member.id for member in members)
    for member in members:
        where = f"member {short(member.id)}"
        problems += _whole("seats", member.seats, where, 1, MOST_SEATS_EACH)
        problems += _whole("tolerance", member.tolerance, where, 0, MOST_SEATS_EACH)
        if member.limit_cents is not None:
            problems += _whole("limit_cents", member.limit_cents, where, 0, LARGEST_CENTS)
        if member.pupils is not None:
            problems += _whole("pupils", member.pupils, where, 1 if site else 0, MOST_SEATS_EACH)
        elif needs_pupils or site:
            reason = "a site price goes" if site else "this split goes"
            problems.append(f"{where}: pupils are missing, and {reason} by pupils.")
    return problems


def _all_plain(members: Sequence[Member]) -> bool:
    """Is there certainly nothing to mend? Looks at whole columns, so that long lists are quick."""
    listed, none = roster(members), NO_SEATS
    if not (listed.distinct and _all_whole(listed.seats)):
        return False
    if not _within(listed.seat_counts, 1, MOST_SEATS_EACH):
        return False
    more = [
        member
        for member in listed
        if member.limit_cents is not None
        or member.tolerance is not none
        or member.pupils is not None
    ]
    return not more or (
        _is_plain([m.limit_cents for m in more if m.limit_cents is not None], LARGEST_CENTS)
        and _is_plain([m.tolerance for m in more], MOST_SEATS_EACH)
        and _is_plain([m.pupils for m in more if m.pupils is not None], MOST_SEATS_EACH)
    )


def _is_plain(column: list[Any], most: int) -> bool:
    return _all_whole(column) and _within(column, 0, most)


def _within(column: Collection[int], least: int, most: int) -> bool:
    return not column or (least <= min(column) and max(column) <= most)


def _all_whole(column: list[Any]) -> bool:
    return set(map(type, column)) <= {int}


def _repeated(ids: Iterable[Hashable]) -> list[str]:
    counts = Counter(ids)
    return [
        f"member {short(member)}: is listed {count} times; list each district once."
        for member, count in counts.items()
        if count > 1
    ]


def _whole(field: str, value: object, where: str, least: int, most: int) -> list[str]:
    if is_whole(value) and least <= value <= most:  # type: ignore[operator]
        return []
    return [
        f"{where}: {field} must be a whole number from {least} to {most:,}, not {short(value)}."
    ]
