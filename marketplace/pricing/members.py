"""The districts that share a purchase, as plain values."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.core.money import LARGEST_CENTS
from marketplace.pricing.schedule import Form, Schedule, is_whole, short

MOST_MEMBERS = 150_000
#: The largest US district has about 900,000 pupils.
MOST_SEATS_EACH = 10_000_000


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


def by_id(members: Iterable[Member]) -> list[Member]:
    """In an order that does not depend on how they were listed."""
    return sorted(members, key=lambda member: str(member.id))


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
    problems = _repeated(member.id for member in members)
    site = schedule.form is Form.SITE
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
