"""Random small pools on which every promise of a split and of a clearing is tried out."""

import random
from collections import Counter
from fractions import Fraction
from typing import Any

from bench.split_games import cost_of, groups_of, small_group, small_schedule
from marketplace.core.errors import RuleBroken
from marketplace.pricing.methods import Terms
from marketplace.pricing.rules import OFFERED_METHODS, Kind, Member, Schedule, clear, split
from marketplace.pricing.split import bills


def broken_promises(instances: int, seed: int = 7) -> Counter[str]:
    """How often which promise was broken; empty when all hold."""
    chance = random.Random(seed)
    broken: Counter[str] = Counter()
    for number in range(instances):
        schedule = small_schedule(chance, falling=number % 2 == 0)
        members = small_group(chance, most=6)
        method = OFFERED_METHODS[number % len(OFFERED_METHODS)]
        broken.update(_of_split(schedule, members, str(method), chance))
        broken.update(_of_clearing(schedule, small_group(chance, most=7, limits=True)))
    return broken


def _of_split(
    schedule: Schedule, members: list[Member], method: str, chance: random.Random
) -> list[str]:
    more: dict[str, Any] = {"method": method, "seed": "sweep", "equal_share": "0.3"}
    try:
        result = split(schedule, members, **more)
    except RuleBroken:
        return []  # said in a sentence: an empty core, for one
    broken, certificate = [], result.certificate
    if sum(result.shares.values()) != result.total_cents:
        broken.append("sum")
    if split(schedule, chance.sample(members, len(members)), **more) != result:
        broken.append("order")
    if certificate.individually_rational and any(
        share > result.alone[member] for member, share in result.shares.items()
    ):
        broken.append("individually rational")
    if certificate.core:
        # The average price speaks of exact shares: each bill is within one cent of its own.
        cent = 1 if certificate.kind is Kind.AVERAGE_PRICE or method == "epm" else 0
        broken += [
            "core"
            for group in groups_of(members)
            if sum(result.shares[m.id] for m in group)
            > cost_of(schedule, group) + cent * len(group)
        ]
    if certificate.joiner_never_raises:
        for group in groups_of(members):
            before = split(schedule, group, **more).shares
            if any(result.shares[member] > share + 1 for member, share in before.items()):
                broken.append("joiner")
    return broken


def _of_clearing(schedule: Schedule, members: list[Member]) -> list[str]:
    result = clear(schedule, members, seed="sweep")
    limits = {m.id: m.limit_cents for m in members if m.limit_cents is not None}
    if any(share > limits.get(member, share) for member, share in result.split.shares.items()):
        return ["limit"]
    if not split(schedule, members).certificate.joiner_never_raises:
        return []
    inside = [member for member in members if member.id in set(result.members)]
    return [
        "dropped without need"
        for member in members
        if member.id not in set(result.members) and _all_within(schedule, [*inside, member], limits)
    ]


def _all_within(schedule: Schedule, group: list[Member], limits: dict[Any, int]) -> bool:
    """Could the group be billed within its limits, however the last cents fall?"""
    total = bills(schedule, group, Terms())[0].cost_cents
    seats = sum(member.seats for member in group)
    return all(
        Fraction(total * member.seats, seats) <= limits[member.id]
        for member in group
        if member.id in limits
    )
