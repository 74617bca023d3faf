"""Schedules, members and peers that the benchmark of splits measures with."""

import random
from math import exp, log
from typing import Any

import numpy as np

from marketplace.pricing.curve import Curve, effective_curve
from marketplace.pricing.rules import Band, Form, Member, Schedule

#: A volume price with its last step at 100,000 seats.
NATIONAL = Schedule(
    Form.VOLUME, (Band(1, 1_600), Band(2_500, 1_350), Band(20_000, 1_125), Band(100_000, 900))
)


def districts(count: int, seed: int = 1, limits: bool = False) -> list[Member]:
    """From 50 to 5,000 seats, evenly on a logarithmic scale; ids as the federal ones."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        seats = round(exp(chance.uniform(log(50), log(5_000))))
        limit = int(seats * chance.uniform(850, 1_300)) if limits else None
        found.append(Member(f"{number * 7 + 100_005:07}", seats, limit_cents=limit))
    return found


def table(curve: Curve, sizes: list[int]) -> list[float]:
    """What every group pays, by the bits of its number: the input of exhaustive solvers."""
    weights = np.zeros(1, dtype=np.int64)
    for size in sizes:
        weights = np.concatenate((weights, weights + size))
    piece = np.searchsorted(np.array(curve.starts), weights, side="right") - 1
    bases, rates = (np.array([getattr(p, k) for p in curve.pieces]) for k in ("base", "rate"))
    return (bases[piece] + rates[piece] * weights)[1:].astype(np.float64).tolist()


def by_coopgame(curve: Curve, sizes: list[int]) -> Any:
    """Shapley's value by the quickest exhaustive solver on PyPI, and the table it needs."""
    import coopgame  # noqa: PLC0415  a development dependency

    return coopgame.shapley(coopgame.Game(table(curve, sizes)))


def small_schedule(chance: random.Random, falling: bool = False) -> Schedule:
    """A schedule small enough to try every group; any form that counts seats, with limits."""
    form = chance.choice((Form.FLAT, Form.PER_SEAT, Form.GRADUATED, Form.VOLUME, Form.VOLUME))
    limits: dict[str, Any] = {
        "platform_fee_cents": chance.choice((0, 0, chance.randrange(3_000))),
        "minimum_cents": chance.choice((0, 0, chance.randrange(4_000))),
        "cap_cents": chance.choice((None, None, chance.randrange(4_000, 90_000))),
    }
    if form is Form.FLAT:
        return Schedule(form, total_cents=chance.randrange(20_000), **limits)
    count = 1 if form is Form.PER_SEAT else chance.randint(1, 4)
    starts = [1, *sorted(chance.sample(range(2, 200), count - 1))]
    prices = [chance.randint(1, 300) for _ in starts]
    if falling:
        prices.sort(reverse=True)
    return Schedule(form, tuple(map(Band, starts, prices)), **limits)


def small_group(chance: random.Random, most: int, limits: bool = False) -> list[Member]:
    return [
        Member(
            f"01{number:05}",
            chance.randint(1, 60),
            chance.randint(1, 400),
            chance.randrange(9_000) if limits and chance.random() < 0.8 else None,
        )
        for number in range(chance.randint(1, most))
    ]


def groups_of(members: list[Member]) -> list[list[Member]]:
    """Every group but the empty one."""
    groups: list[list[Member]] = [[]]
    for member in members:
        groups += [[*group, member] for group in groups]
    return groups[1:]


def cost_of(schedule: Schedule, group: list[Member]) -> int:
    return effective_curve(schedule)(sum(member.seats for member in group))
