"""Where Shapley's integral is looked at: Gauss-Legendre nodes, with a proven bound on the error.

The integrand is a polynomial of degree n - 1 in t. On the Bernstein ellipse of parameter e^u
around [0, 1], |t| + |1 - t| is cosh u everywhere, so there the integrand is at most
H cosh(u)^(n-1), where H is the most that joining can change a cost. By Trefethen
(Approximation Theory and Practice, theorem 19.3) m nodes are then off by at most
32/15 H cosh(u)^(n-1) e^(-2mu) / (1 - e^(-2u)), for whichever u is best; m >= n/2 nodes are exact.
"""

from functools import lru_cache
from math import exp, log
from typing import Any

import numpy as np

FARTHEST_EXPONENT = 700.0


def enough(members: int, most_cents: float, error_cents: float) -> tuple[int, float]:
    """The fewest nodes that keep the error within bounds, and their own bound.

    Always an even number, so that no node lies at t = 1/2, where a factor may vanish.
    """
    exact = (members + 1) // 2
    fewest, most = 1, exact
    while fewest < most:
        middle = (fewest + most) // 2
        if _bound(middle, members, most_cents) <= error_cents:
            most = middle
        else:
            fewest = middle + 1
    count = fewest + fewest % 2
    return count, 0.0 if count >= exact else _bound(count, members, most_cents)


@lru_cache(maxsize=16)
def nodes(count: int) -> tuple[Any, Any]:
    """Points in (0, 1) in rising order, and their weights, which add up to 1.

    The roots of a Legendre polynomial by Newton's method from Tricomi's guess, in the longest
    floating point there is: the averages change fast with t, so each digit counts.
    """
    place = np.arange(count, 0, -1, dtype=np.longdouble)
    roots = np.cos(np.pi * (place - 0.25) / (count + 0.5))
    for _ in range(6):
        value, slope = _legendre(count, roots)
        roots = roots - value / slope
    _, slope = _legendre(count, roots)
    weights = 1 / ((1 - roots * roots) * slope * slope)
    return ((1 + roots) / 2).astype(float), (weights / weights.sum()).astype(float)


def _legendre(degree: int, x: Any) -> tuple[Any, Any]:
    """P_n and its derivative: k P_k = (2k - 1) x P_(k-1) - (k - 1) P_(k-2)."""
    before, value = np.ones_like(x), x
    for k in range(2, degree + 1):
        before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
    return value, degree * (x * value - before) / (x * x - 1)


def _bound(count: int, members: int, most_cents: float) -> float:
    u = np.geomspace(1e-4, 5, 400)
    grows = (members - 1) * np.log(np.cosh(u)) - 2 * count * u - np.log(-np.expm1(-2 * u))
    least = float(grows.min()) + log(max(most_cents, 1e-300) * 32 / 15)
    return exp(least) if least < FARTHEST_EXPONENT else float("inf")
