"""Shapley's value in whole numbers: by the sizes that groups can have, not by every group.

Shapley (1953): a member pays the average, over all orders of joining, of what its joining adds.
Of n members, each group of k others comes just before it in k! (n - 1 - k)! of the n! orders.
"""

from math import factorial

from marketplace.pricing.shapley_game import Game


def work(game: Game) -> int:
    """About how many additions of a few machine words `values` needs."""
    sums = 1
    for count in game.counts:
        sums = min(sums * (count + 1), game.linear_from)
    words = 1 + game.members * game.members // 1_000
    return sums * (len(game.sizes) + game.members) * words


def values(game: Game) -> list[int]:
    """n! times the Shapley value of one member of each size; exact, and never negative.

    Beyond the last tier every unit costs the same, so only groups below it are counted.
    """
    n = game.members
    digit = n + 1
    groups = _groups_by_weight(game, digit)
    orders = [factorial(before) * factorial(n - 1 - before) for before in range(n)]
    last_rate = game.rate + sum(tier.slope for tier in game.tiers)
    found = []
    for size in game.sizes:
        added = last_rate * size * factorial(n)
        for weight, packed in _without_one(groups, size, digit).items():
            unlike = game.curve(weight + size) - game.curve(weight) - last_rate * size
            if unlike:
                added += unlike * _weighed(packed, orders, digit)
        found.append(added)
    return found


def _groups_by_weight(game: Game, digit: int) -> dict[int, int]:
    """For each weight below the last tier, how many groups of 0, 1, 2 … members have it.

    The counts stand side by side in one integer, `digit` bits each (a count is at most 2^n):
    one addition adds them all (Kronecker substitution).
    """
    groups = {0: 1}
    for size, count in zip(game.sizes, game.counts):
        for _ in range(count):
            joined = dict(groups)
            for weight, packed in groups.items():
                if weight + size < game.linear_from:
                    joined[weight + size] = joined.get(weight + size, 0) + (packed << digit)
            groups = joined
    return dict(sorted(groups.items()))


def _without_one(groups: dict[int, int], size: int, digit: int) -> dict[int, int]:
    """The same for everybody but one member: groups that hold it are others plus it."""
    others: dict[int, int] = {}
    for weight, packed in groups.items():
        remaining = packed - (others.get(weight - size, 0) << digit)
        if remaining:
            others[weight] = remaining
    return others


def _weighed(packed: int, orders: list[int], digit: int) -> int:
    mask = (1 << digit) - 1
    total = before = 0
    while packed:
        if packed & mask:
            total += (packed & mask) * orders[before]
        packed >>= digit
        before += 1
    return total
