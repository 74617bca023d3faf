"""What a district pays in a pool: today, at the next price, at most, and alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.core.errors import RuleBroken
from marketplace.pricing.rules import (
    Form,
    Member,
    NextTier,
    Schedule,
    Split,
    effective_cost,
    largest_remainder,
    next_tier,
    price_ladder,
    rounded_share,
    split,
    unit_price_cents,
)


def check_can_be_pooled(schedule: Schedule) -> None:
    """Site prices go by each district's own pupils, so joining others lowers nothing."""
    if schedule.form is Form.SITE:
        raise RuleBroken(
            "This price goes by the size of each district, so a pool does not lower it.",
            "price_schedule",
        )


def share_today(
    schedule: Schedule, members: Sequence[Member], method: str, seed: str
) -> Split | None:
    """The split if the pool closed now with these members; None while there are none."""
    return split(schedule, members, method, seed) if members else None


@dataclass(frozen=True)
class MyCost:
    """One district's bill, in whole cents; `next_tier` is None at the lowest price."""

    seats: int
    now_cents: int
    alone_cents: int
    most_cents: int
    next_tier: NextTier | None
    next_cents: int | None
    per_pupil_cents: int | None

    @property
    def saves_cents(self) -> int:
        return self.alone_cents - self.now_cents

    @property
    def next_saves_cents(self) -> int | None:
        return None if self.next_cents is None else self.now_cents - self.next_cents


def my_cost(
    schedule: Schedule, others: Sequence[Member], me: Member, method: str, seed: str
) -> MyCost:
    """What `me` pays if it is in the pool with `others`.

    Nobody pays more than alone or than their limit, so the lower of the two is the most.
    """
    together = split(schedule, [*others, me], method, seed)
    alone = effective_cost(schedule, me.seats, me.pupils).cost_cents
    alone_with_extra = effective_cost(schedule, me.seats + me.tolerance, me.pupils).cost_cents
    seats = together.purchase.seats_needed
    tier = next_tier(schedule, seats)
    at_next = None
    if tier:
        rest = tier.starts_at - me.seats
        at_next = largest_remainder(tier.cost_cents, {"me": me.seats, "rest": rest}, seed)["me"]
    limits = [alone_with_extra] + ([me.limit_cents] if me.limit_cents is not None else [])
    now = together.shares[me.id]
    return MyCost(
        seats=me.seats,
        now_cents=now,
        alone_cents=alone,
        most_cents=min(limits),
        next_tier=tier,
        next_cents=at_next,
        per_pupil_cents=rounded_share(now, 1, me.pupils) if me.pupils else None,
    )


def at_average_price(schedule: Schedule, firm: int, mine: int) -> tuple[int, int]:
    """What `mine` seats cost beside `firm` ones, in cents: in all, and each.

    At the average price, as the usual split has it; the vote of a consortium may be another.
    """
    seats = firm + mine
    total = effective_cost(schedule, seats, pupils=seats).cost_cents
    return (total * mine + seats // 2) // seats, (total + seats // 2) // seats


@dataclass(frozen=True)
class TierPrice:
    """One line of "what would it cost": the pool's size, and the bill at that size."""

    starts_at: int
    unit_cents: int
    share_cents: int
    is_now: bool


def my_price_at_each_tier(schedule: Schedule, seats: int, pool_seats: int) -> list[TierPrice]:
    """What so many seats cost at each step of the price list; `pool_seats` includes them."""
    steps = price_ladder(schedule)
    reached = max((s.starts_at for s in steps if s.starts_at <= max(pool_seats, 1)), default=1)
    lines = []
    for step in steps:
        size = max(step.starts_at, seats, pool_seats if step.starts_at == reached else 0)
        cents = effective_cost(schedule, size).cost_cents
        share = largest_remainder(cents, {"me": seats, "rest": size - seats}, "")["me"]
        lines.append(
            TierPrice(
                step.starts_at,
                unit_price_cents(schedule, size),
                share,
                step.starts_at == reached,
            )
        )
    return lines


@dataclass(frozen=True)
class Meter:
    """What the pool's bar shows; seats that count, and seats that wait."""

    firm: int
    pending: int
    goal: int | None
    missing: int
    scale: int
    unit_cents: int
    ladder: list[tuple[int, int, bool]]
    next_unit_cents: int | None


def meter(schedule: Schedule, firm: int, pending: int, threshold: int | None) -> Meter:
    """Where the pool stands on its price list and what it still needs.

    The goal is the threshold while that is not reached, then the next lower price.
    """
    tier = next_tier(schedule, firm)
    if firm == 0 and tier and tier.starts_at <= 1:
        tier = next_tier(schedule, 1)
    steps = price_ladder(schedule)
    goal = tier.starts_at if tier else None
    if threshold and firm < threshold and (goal is None or threshold < goal):
        goal = threshold
    last = max(steps[-1].starts_at, threshold or 0)
    reached = max((s.starts_at for s in steps if s.starts_at <= max(firm, 1)), default=1)
    return Meter(
        firm=firm,
        pending=pending,
        goal=goal,
        missing=max(0, goal - firm) if goal else 0,
        scale=max(round(last * 1.25) if last > 1 else 0, firm + pending, 1),
        unit_cents=unit_price_cents(schedule, max(firm, 1)),
        ladder=[(s.starts_at, s.unit_cents, s.starts_at == reached) for s in steps],
        next_unit_cents=tier.unit_cents if tier and goal == tier.starts_at else None,
    )
