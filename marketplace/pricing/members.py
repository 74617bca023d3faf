"""The districts that share a purchase, as plain values."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
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
        self.seats = [member.seats for member in self]
        self.distinct = distinct


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
    listed = roster(members)
    more = [
        member
        for member in members
        if member.tolerance is not NO_SEATS
        or member.limit_cents is not None
        or member.pupils is not None
    ]
    limits = [member.limit_cents for member in more if member.limit_cents is not None]
    pupils = [member.pupils for member in more if member.pupils is not None]
    return (
        _within(listed.seats, 1, MOST_SEATS_EACH)
        and _within([member.tolerance for member in more], 0, MOST_SEATS_EACH)
        and _within(limits, 0, LARGEST_CENTS)
        and _within(pupils, 0, MOST_SEATS_EACH)
        and listed.distinct
    )


def _within(column: Sequence[Any], least: int, most: int) -> bool:
    if not column:
        return True
    return set(map(type, column)) == {int} and least <= min(column) and max(column) <= most


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
