"""Splits, Shapley's value, certificates and clearing, against the best of PyPI in the same run.

Times are processor times of this process. The two sides of a ratio take turns, and the median
of the ratios counts, so that other work on the machine meets both.
"""

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from math import factorial
from typing import Any

from bench import split_games as games
from bench.split_sweep import broken_promises
from marketplace.pricing import shapley_certified, shapley_exact
from marketplace.pricing.blocking import largest_saving
from marketplace.pricing.certificate import at_average_price
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.rules import Form, Schedule, clear, largest_remainder, split
from marketplace.pricing.shapley import shapley_values
from marketplace.pricing.shapley_game import game_of

NATION = 13_000
CURVE = effective_curve(games.NATIONAL)


def run() -> list[dict[str, Any]]:
    return [
        default_split(),
        *exact_sums(100_000),
        *shapley_peers(),
        shapley_against_rationals(60),
        shapley_growth(),
        *shapley_at_national_scale(),
        certificate_cost(),
        blocking_cost(),
        blocking_against_every_group(1_000),
        clearing_cost(),
        clearing_chain(),
        clearing_growth(),
        promises(10_000),
    ]


def default_split() -> dict[str, Any]:
    from largest_remainder import LargestRemainder  # noqa: PLC0415  a development dependency

    members = games.districts(NATION)
    weights = {member.id: float(member.seats) for member in members}
    total = split(games.NATIONAL, members).total_cents
    value = _ratio(
        lambda: split(games.NATIONAL, members),
        lambda: LargestRemainder.round(weights, total),
        turns=31,
    )
    name = f"default split with certificate, {NATION:,} members"
    return _row(name, value, 1.5, "largest-remainder alone on the same weights")


def exact_sums(cases: int) -> list[dict[str, Any]]:
    from largest_remainder import LargestRemainder  # noqa: PLC0415  a development dependency

    chance, wrong, peers = random.Random(2), 0, 0
    for number in range(cases):
        total = chance.randrange(10 ** chance.randint(1, 17))
        weights = {m: chance.randint(1, 10**6) for m in range(chance.randint(1, 12))}
        wrong += sum(largest_remainder(total, weights, "x").values()) != total
        if number % 10 == 0:
            floats = {member: float(weight) for member, weight in weights.items()}
            peers += sum(LargestRemainder.round(floats, total).values()) != total
    against = f"largest-remainder: {peers:,} of {cases // 10:,}"
    return [_row(f"wrong sums in {cases:,} up to 10^17 cents", wrong, 0, against, "wrong")]


def shapley_peers() -> list[dict[str, Any]]:
    return [_shapley_peer(20, 1.0), _shapley_peer(22, 0.2)]


def _shapley_peer(count: int, goal: float) -> dict[str, Any]:
    sizes = [member.seats for member in games.districts(count, seed=count)]
    value = _ratio(
        lambda: shapley_values(CURVE, sizes), lambda: games.by_coopgame(CURVE, sizes), turns=3
    )
    return _row(f"Shapley, {count} members", value, goal, "coopgame-py with its table")


def shapley_against_rationals(trials: int) -> dict[str, Any]:
    """The certified way on groups so small that the exact value is known."""
    chance, worst = random.Random(3), 0.0
    for _ in range(trials):
        schedule = chance.choice((games.NATIONAL, games.small_schedule(chance)))
        sizes = [m.seats for m in games.districts(chance.randint(2, 16), chance.random())]
        game, _ = game_of(effective_curve(schedule), sizes)
        if not game.tiers:
            continue
        found = shapley_certified.tier_values(game, 1e-6).cents.tolist()
        n = game.members
        for size, exact, cents in zip(game.sizes, shapley_exact.values(game), found):
            tiers = Fraction(exact, factorial(n)) - Fraction(game.fixed, n) - game.rate * size
            worst = max(worst, float(abs(tiers - Fraction(cents))))
    return _row("Shapley off exact rationals, n <= 16", worst, 1e-3, "whole numbers", "cents")


def shapley_growth() -> dict[str, Any]:
    few, many = ([m.seats for m in games.districts(n)] for n in (1_000, NATION))
    value = _ratio(lambda: shapley_values(CURVE, many), lambda: shapley_values(CURVE, few), 5)
    return _row(f"Shapley, {NATION:,} members", value, 3, "Shapley, 1,000 members")


def shapley_at_national_scale() -> list[dict[str, Any]]:
    """The bound, the self-check and the memory, in a process of its own."""
    script = f"""
from bench import split_games as games
from marketplace.pricing.curve import effective_curve
from marketplace.pricing.shapley import shapley_values
seats = [member.seats for member in games.districts({NATION})]
found = shapley_values(effective_curve(games.NATIONAL), seats)
peak = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(found.error_bound_cents, found.efficiency_gap_cents, int(peak[0]) / 1024)
"""
    told = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    bound, gap, megabytes = map(float, told.stdout.split())
    return [
        _row("Shapley error bound", bound, 1e-3, "zero", "cents"),
        _row("Shapley values miss the total by", gap, 1e-3, "efficiency", "cents"),
        _row("Shapley memory", megabytes, 250, "zero", "MB"),
    ]


def certificate_cost() -> dict[str, Any]:
    members = games.districts(NATION)
    seats = sum(member.seats for member in members)
    value = _ratio(
        lambda: at_average_price(CURVE, seats), lambda: split(games.NATIONAL, members), 31
    )
    return _row("certificate of the average price", 100 * value, 2, "the split", "%")


def blocking_cost() -> dict[str, Any]:
    members = games.districts(NATION)
    units = {member.id: member.seats for member in members}
    shares = split(games.NATIONAL, members, "shapley").shares
    value = _ratio(
        lambda: largest_saving(CURVE, units, shares), lambda: split(games.NATIONAL, members), 3
    )
    name = f"exact blocking test of Shapley's split, {NATION:,} members"
    return _row(name, value, 1_000, "the default split")


def blocking_against_every_group(trials: int) -> dict[str, Any]:
    chance, differing = random.Random(5), 0
    for _ in range(trials):
        schedule, members = games.small_schedule(chance), games.small_group(chance, most=12)
        curve = effective_curve(schedule)
        units = {member.id: member.seats for member in members}
        total = curve(sum(units.values()))
        shares = largest_remainder(total, {m: chance.randint(1, 100) for m in units})
        truth = max(
            sum(shares[m.id] for m in group) - games.cost_of(schedule, group)
            for group in games.groups_of(members)
        )
        found = largest_saving(curve, units, shares)
        differing += max(truth, 0) != (found.would_save_cents if found else 0)
    return _row(f"blocking test, {trials:,} games of n <= 12", differing, 0, "every group", "wrong")


def clearing_cost() -> dict[str, Any]:
    members = games.districts(NATION, limits=True)
    value = _ratio(
        lambda: clear(games.NATIONAL, members), lambda: split(games.NATIONAL, members), 5
    )
    return _row(f"clearing with limits, {NATION:,} members", value, 10, "the default split")


def clearing_chain() -> dict[str, Any]:
    """The worst case: each departure puts just one more above their limit."""
    members, few = games.chain(NATION, NATION * 10**6), games.districts(NATION)
    flat = Schedule(Form.FLAT, total_cents=NATION * 10**6)
    assert clear(flat, members).rounds == NATION
    value = _ratio(lambda: clear(flat, members), lambda: split(games.NATIONAL, few), 5)
    return _row(f"clearing in {NATION:,} rounds", value, 10, "the default split")


def clearing_growth() -> dict[str, Any]:
    few, many = (games.districts(n, limits=True) for n in (NATION, 10 * NATION))
    value = _ratio(lambda: clear(games.NATIONAL, many), lambda: clear(games.NATIONAL, few), 3)
    return _row(f"clearing with limits, {10 * NATION:,} members", value, 15, f"{NATION:,} members")


def promises(instances: int) -> dict[str, Any]:
    broken = broken_promises(instances)
    said = ", ".join(f"{count} {name}" for name, count in broken.items()) or "none broken"
    name = f"broken promises in {instances:,} random pools"
    return _row(name, broken.total(), 0, f"every group tried: {said}", "broken")


def _ratio(ours: Callable[[], Any], theirs: Callable[[], Any], turns: int) -> float:
    ours(), theirs()
    return statistics.median(_seconds(ours) / _seconds(theirs) for _ in range(turns))


def _seconds(call: Callable[[], Any]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def _row(name: str, value: float, most: float, against: str, unit: str = "ratio") -> dict[str, Any]:
    return {
        "name": name,
        "value": value if isinstance(value, int) else float(f"{value:.3g}"),
        "goal": f"<= {most:g}",
        "ok": value <= most,
        "unit": unit,
        "against": against,
    }
