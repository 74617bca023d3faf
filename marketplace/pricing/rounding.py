"""Sharing a whole number so that the parts always sum, and a tie never depends on row order."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from operator import mul
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
    return shared_out(total, weights.keys(), weights.values(), seed, caps)


def shared_out(
    total: int,
    ids: Collection[Id],
    weights: Collection[int],
    seed: str = "",
    caps: Mapping[Id, int] | None = None,
) -> dict[Id, int]:
    """`largest_remainder` for members and their weights in two columns of the same order."""
    if total < 0:
        mirrored = shared_out(-total, ids, weights, seed, caps)
        return {member: -part for member, part in mirrored.items()}
    counts = Counter(weights)
    if counts and min(counts) < 0:
        raise RuleBroken("A weight must not be negative.")
    whole = sum(map(mul, counts, counts.values()))
    if whole == 0:
        if total == 0:
            return dict.fromkeys(ids, 0)
        raise RuleBroken("There is nothing to share by: every weight is zero.")

    # Equal weights have equal parts, so the division is done once for each weight.
    floors = [total * weight // whole for weight in counts]
    lefts = [total * weight - floor * whole for weight, floor in zip(counts, floors)]
    missing = total - sum(map(mul, floors, counts.values()))
    if caps:
        floor_of, left_of = dict(zip(counts, floors)), dict(zip(counts, lefts))
        columns = [floor_of[weight] for weight in weights], [left_of[weight] for weight in weights]
        return _with_caps(missing, ids, *columns, seed, caps)
    cut, tied = _cut(lefts, counts.values(), missing)
    part_of = dict(zip(counts, [floor + (left > cut) for floor, left in zip(floors, lefts)]))
    parts = dict(zip(ids, map(part_of.__getitem__, weights)))
    if tied:
        level = {weight for weight, left in zip(counts, lefts) if left == cut}
        at_cut = [member for member, weight in zip(ids, weights) if weight in level]
        for member in _luckiest(at_cut, tied, seed):
            parts[member] += 1
    return parts


def _cut(remainders: Sequence[int], counts: Iterable[int], missing: int) -> tuple[int, int]:
    """Remainders above the cut are rounded up, and so many of the members that are at it."""
    members_at = dict(zip(remainders, counts))
    if len(members_at) < len(remainders):
        members_at = Counter()
        for remainder, count in zip(remainders, counts):
            members_at[remainder] += count
    for remainder in sorted(members_at, reverse=True):
        if missing <= members_at[remainder]:
            return remainder, missing
        missing -= members_at[remainder]
    return 0, 0


def _with_caps(
    missing: int,
    ids: Collection[Id],
    floors: Sequence[int],
    lefts: Sequence[int],
    seed: str,
    caps: Mapping[Id, int],
) -> dict[Id, int]:
    parts = dict(zip(ids, floors))
    may = {
        member: left
        for member, left in zip(ids, lefts)
        if left and (member not in caps or parts[member] < caps[member])
    }
    if len(may) < missing:
        raise RuleBroken("The caps leave cents that nobody may pay.")
    cut, tied = _cut(list(may.values()), [1] * len(may), missing)
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


def rounds_surely(total: int, classes: Iterable[tuple[int, int]], error: float) -> bool:
    """Would `largest_remainder` give the same parts for every true share within the error?

    A class is a weight and how many members have it; they are tied whatever the error. A share
    within the error of a whole number is that number either way. Of the others, those rounded
    up must be ahead of those rounded down by more than two errors.
    """
    weighed = list(classes)
    whole = sum(weight * count for weight, count in weighed)
    margin = int(error * 2**64) * whole >> 64
    missing, doubtful = total, []
    for weight, count in weighed:
        part, left = divmod(total * weight, whole)
        nearly_up = left >= whole - margin
        missing -= (part + nearly_up) * count
        if margin < left < whole - margin:
            doubtful.append((left, count))
    return _cut_is_clear(sorted(doubtful, reverse=True), missing, whole, 2 * margin)


def _cut_is_clear(ranked: list[tuple[int, int]], missing: int, whole: int, gap: int) -> bool:
    """Are the remainders that are rounded up more than the gap ahead of the others?"""
    if not 0 <= missing <= sum(count for _, count in ranked):
        return False
    ahead = whole
    for remainder, count in [*ranked, (0, 0)]:
        if missing < max(count, 1) and ahead - remainder <= gap:
            return False
        if missing <= 0:
            return True
        missing = max(0, missing - count)
        ahead = remainder
    return True
