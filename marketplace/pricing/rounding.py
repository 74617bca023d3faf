"""Sharing a whole number so that the parts always sum, and a tie never depends on row order."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import repeat
from operator import floordiv, mod, mul
from typing import TypeVar

from marketplace.core.errors import RuleBroken

Id = TypeVar("Id")

FEW = 50
#: From so many members on, whole columns are divided at once by numpy.
MANY = 2_000
#: What numpy's whole numbers hold.
LARGEST_IN_COLUMNS = 2**63 - 1


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
    counts: Counter[int] | None = None,
) -> dict[Id, int]:
    """`largest_remainder` for members and their weights in two columns of the same order.

    `counts` says how many have each weight, where that is known already.
    """
    if total < 0:
        mirrored = shared_out(-total, ids, weights, seed, caps, counts)
        return {member: -part for member, part in mirrored.items()}
    counts = Counter(weights) if counts is None else counts
    if counts and min(counts) < 0:
        raise RuleBroken("A weight must not be negative.")
    whole = sum(map(mul, counts, counts.values()))
    if whole == 0:
        if total == 0:
            return dict.fromkeys(ids, 0)
        raise RuleBroken("There is nothing to share by: every weight is zero.")

    largest = max(whole, total * max(counts))
    if not caps and len(weights) >= MANY and largest <= LARGEST_IN_COLUMNS:
        return _in_columns(total, ids, weights, whole, seed)
    # Equal weights have equal parts, so the division is done once for each weight.
    exact = [total * weight for weight in counts]
    lefts = list(map(mod, exact, repeat(whole)))
    missing = sum(map(mul, lefts, counts.values())) // whole
    if caps:
        floor_of = dict(zip(counts, map(floordiv, exact, repeat(whole))))
        left_of = dict(zip(counts, lefts))
        columns = [floor_of[weight] for weight in weights], [left_of[weight] for weight in weights]
        return _with_caps(missing, ids, *columns, seed, caps)
    cut, tied = _cut(lefts, counts.values(), missing)
    up = whole - 1 - cut  # carries every remainder above the cut to the next whole number
    part_of = dict(zip(counts, map(floordiv, map(up.__add__, exact), repeat(whole))))
    parts = dict(zip(ids, map(part_of.__getitem__, weights)))
    if tied:
        level = [weight for weight, left in zip(counts, lefts) if left == cut]
        number = sum([counts[weight] for weight in level])
        for member in _luckiest(_members_of(level, ids, weights, number), tied, seed):
            parts[member] += 1
    return parts


def _in_columns(
    total: int, ids: Collection[Id], weights: Collection[int], whole: int, seed: str
) -> dict[Id, int]:
    """The same for long lists. Neither the sum of the weights nor any product of the total and
    a weight may pass `LARGEST_IN_COLUMNS`, so that every step is exact.
    """
    import numpy as np  # noqa: PLC0415 - heavy, and few requests need it

    exact = total * np.fromiter(weights, dtype=np.int64, count=len(weights))
    parts = exact // whole
    lefts = exact - parts * whole
    missing = total - int(parts.sum())
    if missing == 0:
        return dict(zip(ids, parts.tolist()))
    cut = np.partition(lefts, -missing)[-missing]
    ahead = lefts > cut
    parts += ahead
    shared = dict(zip(ids, parts.tolist()))
    level = np.flatnonzero(lefts == cut).tolist()
    listed = ids if isinstance(ids, list) else list(ids)
    for member in _luckiest((listed[at] for at in level), missing - int(ahead.sum()), seed):
        shared[member] += 1
    return shared


def _members_of(
    level: list[int], ids: Collection[Id], weights: Collection[int], number: int
) -> list[Id]:
    """Those `number` members who have one of these weights: mostly a few of one weight, which a
    list finds quickest one after the other.
    """
    if len(level) > 1 or number > FEW or not isinstance(ids, list) or not isinstance(weights, list):
        some = set(level)
        return [member for member, weight in zip(ids, weights) if weight in some]
    found, place = [], -1
    for _ in range(number):
        place = weights.index(level[0], place + 1)
        found.append(ids[place])
    return found


def _cut(remainders: Sequence[int], counts: Iterable[int], missing: int) -> tuple[int, int]:
    """Remainders above the cut are rounded up, and so many of the members that are at it, but
    never all of them.
    """
    members_at = dict(zip(remainders, counts))
    if len(members_at) < len(remainders):
        members_at = Counter()
        for remainder, count in zip(remainders, counts):
            members_at[remainder] += count
    for remainder in sorted(members_at, reverse=True):
        missing -= members_at[remainder]
        if missing == 0:
            return remainder - 1, 0
        if missing < 0:
            return remainder, missing + members_at[remainder]
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
    if tied:
        for member in _luckiest([m for m, left in may.items() if left == cut], tied, seed):
            parts[member] += 1
    return parts


def _luckiest(tied: Iterable[Id], number: int, seed: str) -> list[Id]:
    """Only the members tied at the cut need their hash, which is most of the cost."""
    level = list(tied)
    if len(level) == number:
        return level
    return sorted(level, key=lambda member: sha256(f"{seed}|{member}".encode()).digest())[:number]


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
