"""The members of one purchase as columns: who uses how much of the schedule's cost curve."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from marketplace.pricing.curve import Curve, effective_curve
from marketplace.pricing.members import Member, roster
from marketplace.pricing.purchase import units_of
from marketplace.pricing.schedule import Form, Schedule


@dataclass(frozen=True)
class Buyers:
    """Columns in the order of the group, and what any number of units costs."""

    ids: list[Any]
    units: list[int]
    curve: Curve
    by_site: bool

    @cached_property
    def total_units(self) -> int:
        return sum(self.units)

    def units_by_id(self) -> dict[Any, int]:
        return dict(zip(self.ids, self.units))

    def costs_alone(self) -> dict[Any, int]:
        """What each would pay without the others; equal districts are priced once."""
        cost_of = {size: self.curve(size) for size in set(self.units)}
        return {member: cost_of[size] for member, size in zip(self.ids, self.units)}


def buyers_of(schedule: Schedule, group: Sequence[Member]) -> Buyers:
    listed = roster(group)
    units = listed.seats
    by_site = schedule.form is Form.SITE
    if by_site:
        units = [units_of(schedule, member.seats, member.pupils) for member in group]
    return Buyers(listed.ids, units, effective_curve(schedule), by_site)
