"""How many units a random group has, when everyone joins it with the same chance, one by one.

All floating point; the error that follows is measured by the caller, by what the shares sum to.
"""

from math import ceil, exp, log, log1p
from typing import Any

import numpy as np

#: What is left away is smaller than this, as the exponent of e.
NEGLIGIBLE = -45.0
#: An unscaled error may grow by e to this; it stays far below a cent.
MOST_SCALING = 5.3
LONGEST_TRANSFORM = 1 << 22
LONGEST_LAW = 1 << 22
ALMOST_ALL = 8


class Crowd:
    """The members as arrays: one entry for each distinct size."""

    def __init__(self, sizes: Any, counts: Any) -> None:
        self.sizes = np.asarray(sizes, dtype=np.int64)
        self.counts = np.asarray(counts, dtype=np.float64)
        self.members = int(self.counts.sum())
        self.weights = self.sizes.astype(np.float64)

    def smaller_than(self, limit: int) -> "Crowd":
        small = self.sizes < limit
        return Crowd(self.sizes[small], self.counts[small])


def log_tail(crowd: Crowd, chance: float, units: float) -> float:
    """Log of a bound on the chance that a random group is beyond `units`, away from its mean.

    Chernoff: log P(X >= b) <= K(a) - a b for every a >= 0, and P(X <= b) for every a <= 0,
    with K(a) = sum log(1 - t + t e^(a s)). Any `a` gives a bound; the best solves K'(a) = b.
    """
    sizes, counts = crowd.weights, crowd.counts
    if not len(sizes):
        return float("-inf") if units > 0 else 0.0
    mean = chance * float(sizes @ counts)
    if units in (mean, 0):
        return 0.0 if units == mean else crowd.members * log1p(-chance)
    odds = log(chance) - log1p(-chance)
    upwards = units > mean
    near, far = 0.0, (1.0 if upwards else -1.0) * 2.0 / float(sizes.mean())

    def expected(tilt: float) -> float:
        with np.errstate(over="ignore"):
            return float((counts * sizes / (1 + np.exp(-(odds + tilt * sizes)))).sum())

    for _ in range(60):
        if (expected(far) >= units) == upwards:
            break
        near, far = far, 2 * far
    for _ in range(18):
        middle = (near + far) / 2
        if (expected(middle) >= units) == upwards:
            far = middle
        else:
            near = middle
    grows = counts @ np.logaddexp(log1p(-chance), log(chance) + near * sizes)
    return min(0.0, float(grows) - near * units)


def law_below(crowd: Crowd, chance: float, limit: int) -> Any:
    """P(X = w) for w below `limit`, by whichever way is quicker."""
    present = crowd.smaller_than(limit)
    nobody_larger = exp((crowd.members - present.members) * log1p(-chance))
    length, radius = _transform(present, chance, limit)
    if length and _cost_of_series(present, chance, length) < _cost_of_product(present, limit):
        return nobody_larger * _by_series(present, chance, limit, length, radius)
    return nobody_larger * _by_product(present, chance, limit)


def seconds_for(crowd: Crowd, chance: float, limit: int, tiers: int) -> float:
    """About how long `law_below` and what follows from it take; endless if it does not fit."""
    if limit > LONGEST_LAW:
        return float("inf")
    present = crowd.smaller_than(limit)
    length = min(8 * limit, int(present.weights @ present.counts) + 1)
    following = 10e-9 * limit + tiers * len(crowd.sizes) * _terms(chance) * 15e-9
    product = _cost_of_product(present, limit)
    if chance > 0.44 or length > LONGEST_TRANSFORM:
        return product + following
    return min(product, _cost_of_series(present, chance, length)) + following


def _terms(chance: float) -> float:
    """How many terms of the series in odds matter."""
    return NEGLIGIBLE / log(chance / (1 - chance)) if chance < 0.499 else 1e4


def _cost_of_product(crowd: Crowd, limit: int) -> float:
    return crowd.members * (limit * 1.2e-9 + 5e-6)


def _cost_of_series(crowd: Crowd, chance: float, length: int) -> float:
    return 60e-9 * length + 20e-9 * _terms(chance) * len(crowd.sizes) + 2e-4


def _transform(crowd: Crowd, chance: float, limit: int) -> tuple[int, float]:
    """How long a Fourier transform must be, and the log of the radius it is taken on.

    A transform of length N adds P(X = w + N) to P(X = w). On a circle of radius r < 1 this is
    r^N times smaller, but errors grow by r^-w; so N is doubled until the tail needs little.
    """
    whole = int(crowd.weights @ crowd.counts) + 1
    if chance > 0.44:
        return 0, 0.0
    for times in (2, 4, 8):
        if whole <= times * limit:
            return quick_length(whole), 0.0
        length = quick_length(times * limit)
        if length > LONGEST_TRANSFORM:
            break
        mean = chance * whole
        tail = log_tail(crowd, chance, length) if mean < length else 0.0
        missing = min(0.0, NEGLIGIBLE - tail)
        if -missing * limit / length <= MOST_SCALING or times == 8:
            return length, missing / length
    return 0, 0.0


def quick_length(least: int) -> int:
    """The next length of the form 2^a, 3 * 2^a or 5 * 2^a: transforms of these are quick."""
    power = 1 << max(0, (least - 1).bit_length())
    return min(length for length in (power, power * 3 // 4, power * 5 // 8) if length >= least)


def _by_series(crowd: Crowd, chance: float, limit: int, length: int, radius: float) -> Any:
    """The exponential of the log of the generating function, which is a short power series.

    log(1 - t + t z^s) = log(1 - t) + sum over m of (-1)^(m+1) odds^m z^(ms) / m.
    """
    log_odds = log(chance) - log1p(-chance)
    series = np.zeros(length)
    order, sign = 1, 1.0
    while order * log_odds > NEGLIGIBLE:
        terms = crowd.counts * np.exp(order * (log_odds + radius * crowd.weights)) * (sign / order)
        np.add.at(series, (order * crowd.sizes) % length, terms)
        order, sign = order + 1, -sign
    waves = np.fft.rfft(series)
    waves += crowd.members * log1p(-chance)
    np.exp(waves, out=waves)
    law = np.fft.irfft(waves, length)[:limit]
    if len(law) < limit:
        law = np.concatenate((law, np.zeros(limit - len(law))))
    if radius:
        law = law * np.exp(-radius * np.arange(limit))
    return np.maximum(law, 0.0)


def _by_product(crowd: Crowd, chance: float, limit: int) -> Any:
    """One member after another, cut at the limit; nothing is subtracted, so nothing cancels."""
    law = np.zeros(limit)
    joined = np.empty(limit)
    law[0], top = 1.0, 1
    for size, count in zip(crowd.sizes.tolist(), crowd.counts.tolist()):
        for _ in range(int(count)):
            reach = min(limit, top + size)
            np.multiply(law[: reach - size], chance, out=joined[: reach - size])
            law[:top] *= 1 - chance
            law[size:reach] += joined[: reach - size]
            top = max(top, reach)
    return law


def without_one(sums: Any, crowd: Crowd, chance: float, places: Any) -> Any:
    """For each size, at its own place, what `sums` of the law would be without one such member.

    P_-i(w) = (P(w) - t P_-i(w - s)) / (1 - t), so P_-i is a geometric series in -t/(1 - t) of P
    at w, w - s, w - 2s, …; and so are its running sums. Nothing lies below zero.
    """
    ratio = -chance / (1 - chance)
    found = np.zeros(len(places))
    terms = ceil(NEGLIGIBLE / log(-ratio)) + 1 if ratio > -0.999 else None
    open_ = np.nonzero(places > 0)[0]
    factor, term, at, step = 1.0, 0, places[open_], crowd.sizes[open_]
    while len(open_) > ALMOST_ALL and (terms is None or term < terms):
        found[open_] += factor * sums[at]
        factor, term = factor * ratio, term + 1
        at = at - step
        inside = at > 0
        if not inside.all():
            open_, at, step = open_[inside], at[inside], step[inside]
    if terms is None or term < terms:
        for member, start, size in zip(open_.tolist(), at.tolist(), step.tolist()):
            rest = sums[start:0:-size]
            if terms is not None:
                rest = rest[: terms - term]
            found[member] += factor * float(rest @ ratio ** np.arange(len(rest)))
    return found / (1 - chance)
