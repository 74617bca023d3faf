"""The same averages where so many members are in play that the law of a group is smooth.

A smooth law is a sum of few waves. Its transform at angle v is prod (1 - t + t e^(ivs)), and

    |1 - t + t e^(ivs)|^2 = 1 - 2 t (1 - t) (1 - cos vs) <= exp(-2 t (1 - t) (1 - cos vs)),

so with G(v) = sum (1 - cos vs) all waves with t (1 - t) (G - 2) large may be left away, even
for the law without one member. G does not depend on t: one transform of the sizes finds it.
"""

from collections.abc import Sequence
from math import exp
from typing import Any

import numpy as np

from marketplace.pricing.shapley_game import Game, Tier
from marketplace.pricing.shapley_laws import Crowd, log_tail, quick_length

#: Waves smaller than e^-85 are left away: below a cent even on 10^17, for 10^8 of them.
FADED = 85.0
CHUNK = 1 << 20
CELLS = 1 << 18
#: More waves than this, times sizes, and the law is not smooth enough to bother.
MOST_CELLS = 12_000_000
LONGEST_PERIOD = 1 << 29

Node = tuple[float, float, Sequence[Tier]]


def added(game: Game, crowd: Crowd, looked_at: Sequence[Node]) -> tuple[Any, float] | None:
    """The weighted sum over nodes of what joining adds, and a bound; None if it is not smooth."""
    length = _period(crowd, max(t for t, _, _ in looked_at), game.whole)
    if length > LONGEST_PERIOD:
        return None
    spread = min(t * (1 - t) for t, _, _ in looked_at)
    present = _waves_left(crowd, length, 2 + FADED / spread, MOST_CELLS // len(crowd.sizes))
    if present is None:
        return None
    cents = sum(w * _at_rest(crowd, tier, length) for _, w, tiers in looked_at for tier in tiers)
    rows = max(1, CELLS // len(crowd.sizes))
    for start in range(0, len(present), rows):
        cents = cents + _of_waves(crowd, present[start : start + rows], length, looked_at)
    largest = game.sizes[-1]
    most = sum(w * tier.most(largest) for _, w, tiers in looked_at for tier in tiers)
    return cents, 2.0 * length * most * exp(-FADED)


def _period(crowd: Crowd, most_chance: float, whole: int) -> int:
    """So many units that a group is practically never larger; sizes are reckoned modulo it."""
    reach = int(most_chance * whole) + 1
    while reach <= whole and log_tail(crowd, most_chance, reach) > -FADED:
        reach += max(1, reach // 10)
    least = min(reach, whole) + int(crowd.sizes[-1]) + 1
    folds = -(-least // CHUNK)
    return folds * quick_length(-(-least // folds))


def _waves_left(crowd: Crowd, length: int, limit: float, most: int) -> Any:
    """The angles 2 pi k / length, 0 < k <= length / 2, with G at most the limit."""
    folds = -(-length // CHUNK)
    step = length // folds
    places = crowd.sizes % step
    found: list[Any] = []
    total = 0
    for turn in range(folds):
        turned = crowd.counts * _turns(crowd.sizes * turn, length)
        folded = np.zeros(step, dtype=np.complex128)
        np.add.at(folded, places, turned)
        still = np.nonzero(crowd.members - (np.fft.ifft(folded).real * step) <= limit)[0]
        k = still * folds + turn
        k = k[(k > 0) & (2 * k <= length)]
        found.append(k)
        total += len(k)
        if total > most:
            return None
    return np.sort(np.concatenate(found))


def _turns(steps: Any, length: int) -> Any:
    """e^(2 pi i k / length) for whole k; the remainder is taken in whole numbers, exactly."""
    return np.exp(2j * np.pi * (_nearest(steps, length) / length))


def _to_one(steps: Any, length: int) -> Any:
    """1 - e^(ix) = -2i sin(x / 2) e^(ix / 2), which keeps its digits for the smallest angles."""
    half = np.pi * (_nearest(steps, length) / length)
    return -2j * np.sin(half) * np.exp(1j * half)


def _nearest(steps: Any, length: int) -> Any:
    """The remainder that is nearest to zero."""
    return (steps + length // 2) % length - length // 2


def _at_rest(crowd: Crowd, tier: Tier, length: int) -> Any:
    """The part of the wave that does not turn: the mean over all residues."""
    sizes = crowd.weights
    sloped = sizes * (length - tier.start) + sizes * (sizes - 1) / 2
    return (tier.jump * sizes + tier.slope * sloped) / length


def _of_waves(crowd: Crowd, k: Any, length: int, looked_at: Sequence[Node]) -> Any:
    """Sums of P(X_-i = w) over windows of w, as geometric series of each wave.

    Jump: w from b - s to b - 1. Slope: w >= b - u for u from 0 to s - 1, together
    (e^(-ivb) (1 - e^(ivs)) / (1 - e^(iv)) - s) / (1 - e^(-iv)).
    """
    window = _to_one(k[:, None] * crowd.sizes[None, :], length)
    forth = _to_one(k, length)
    back = np.conj(forth)
    share = np.where(2 * k == length, 1.0, 2.0) / length
    cents = np.zeros(len(crowd.sizes))
    for chance, weight, tiers in looked_at:
        factors = 1 - chance * window
        law = share * np.exp(np.log1p(-chance * window) @ crowd.counts)
        windows, slopes = np.zeros(len(k), dtype=np.complex128), 0.0
        for tier in tiers:
            at = _turns(-k * tier.start, length)
            windows += tier.jump * np.conj(_turns(k * (tier.start - 1), length)) / forth
            windows += tier.slope * at / (forth * back)
            slopes += tier.slope
        others = 1 / factors
        found = ((law * windows) @ (window * others)).real
        if slopes:
            found = found - slopes * crowd.weights * ((law / back) @ others).real
        cents += weight * found
    return cents
