"""Sharing a whole number so that the parts always sum, and a tie never depends on row order."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from hashlib import sha256
from typing import TypeVar

from marketplace.core.errors import RuleBroken

Id = TypeVar("Id")


def largest_remainder(
    total: int,
    weights: Mapping[Id, int],
    seed: str = "",
    caps: Mapping[Id, int] | None = None,
) -> dict[Id, int]:
    """Share `total` by `weights`: every part is within one of its exact share, and all sum.

    What does not divide goes to the largest remainders; among equals, to the smallest
    SHA-256 of `seed|id`, so that over the years nobody is always the one who pays the extra
    cent. A member whose part would pass its cap by rounding up is passed over. A negative
    total is shared as its positive twin, so a refund mirrors its charge exactly.
    """
    if total < 0:
        mirrored = largest_remainder(-total, weights, seed, caps)
        return {member: -part for member, part in mirrored.items()}
    counts = Counter(weights.values())
    whole = sum([weight * count for weight, count in counts.items()])
    if counts and min(counts) < 0:
        raise RuleBroken("A weight must not be negative.")
    if whole == 0:
        if total == 0:
            return dict.fromkeys(weights, 0)
        raise RuleBroken("There is nothing to share by: every weight is zero.")

    # Equal weights have equal parts, so the division is done once for each weight.
    divided = {weight: divmod(total * weight, whole) for weight in counts}
    missing = total - sum([divided[weight][0] * count for weight, count in counts.items()])
    if caps:
        return _with_caps(missing, weights, divided, seed, caps)
    by_remainder: Counter[int] = Counter()
    for weight, count in counts.items():
        by_remainder[divided[weight][1]] += count
    cut, tied = _cut(by_remainder, missing)
    part_of = {weight: part + (left > cut) for weight, (part, left) in divided.items()}
    parts = dict(zip(weights, map(part_of.__getitem__, weights.values())))
    if tied:
        level = {weight for weight, (_, left) in divided.items() if left == cut}
        for member in _luckiest(
            [member for member, weight in weights.items() if weight in level], tied, seed
        ):
            parts[member] += 1
    return parts


def _cut(by_remainder: Mapping[int, int], missing: int) -> tuple[int, int]:
    """Remainders above the cut are rounded up, and so many of those that are at it."""
    for remainder in sorted(by_remainder, reverse=True):
        if missing <= by_remainder[remainder]:
            return remainder, missing
        missing -= by_remainder[remainder]
    return 0, 0


def _with_caps(
    missing: int,
    weights: Mapping[Id, int],
    divided: Mapping[int, tuple[int, int]],
    seed: str,
    caps: Mapping[Id, int],
) -> dict[Id, int]:
    parts = {member: divided[weight][0] for member, weight in weights.items()}
    may = {
        member: left
        for member, weight in weights.items()
        if (left := divided[weight][1]) and (member not in caps or parts[member] < caps[member])
    }
    if len(may) < missing:
        raise RuleBroken("The caps leave cents that nobody may pay.")
    cut, tied = _cut(Counter(may.values()), missing)
    for member, left in may.items():
        parts[member] += left > cut
    for member in _luckiest([m for m, left in may.items() if left == cut], tied, seed):
        parts[member] += 1
    return parts


def _luckiest(tied: Iterable[Id], number: int, seed: str) -> list[Id]:
    """Only the members tied at the cut need their hash, which is most of the cost."""
    waiting = list(tied)
    if number == len(waiting):
        return waiting
    waiting.sort(key=lambda member: sha256(f"{seed}|{member}".encode()).digest())
    return waiting[:number]


def rounds_surely(total: int, counts: Mapping[int, int], error: float) -> bool:
    """Would `largest_remainder` give the same parts for every true share within the error?

    `counts` says how many members have each weight. A share within the error of a whole
    number is that number either way. Of the others, those rounded up must be ahead of those
    rounded down by more than two errors; members of one weight are tied whatever the error.
    """
    whole = sum(weight * count for weight, count in counts.items())
    margin = Fraction(error)
    missing = total
    open_: list[tuple[Fraction, int]] = []
    for weight, count in counts.items():
        part, left = divmod(total * weight, whole)
        remainder = Fraction(left, whole)
        if remainder <= margin or remainder >= 1 - margin:
            missing -= (part + (remainder > margin)) * count
        else:
            missing -= part * count
            open_.append((remainder, count))
    return 0 <= missing <= sum(count for _, count in open_) and _is_clear(
        sorted(open_, reverse=True), missing, 2 * margin
    )


def _is_clear(ranked: list[tuple[Fraction, int]], missing: int, gap: Fraction) -> bool:
    ahead = Fraction(1)
    for remainder, count in [*ranked, (Fraction(0), 0)]:
        if missing <= 0:
            return ahead - remainder > gap
        if missing < count and ahead - remainder <= gap:
            return False
        missing -= count
        ahead = remainder
        if missing < 0:
            missing = 0
    return True
