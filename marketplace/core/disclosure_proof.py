"""Whether a hidden figure can be one number only: linear programming over all that is published.

What anybody knows: each figure that is shown, how figures add up, what each is at most, that none
is negative, and that a step of a funnel never exceeds the one before. Counts are whole, so two
answers less than one apart are one answer.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

#: How far apart two answers must be to be two answers.
APART = 0.5
#: Random directions in which a corner of all that fits is looked for, and its opposite.
DIRECTIONS = 4
#: Figures up to which all is asked at once; a nation's funnel would take hours.
TOGETHER = 6_000

Step = tuple[Mapping[Any, int], Collection[Any]]
Line = tuple[Hashable, Sequence[Hashable]]


def what_follows(
    steps: Sequence[Step],
    sums: Sequence[Line],
    most: Mapping[Any, int],
    unpublished: Collection[Any] = (),
) -> list[tuple[int, Any]]:
    """Hidden figures that only one number fits, as (step, key); `steps` are (counts, hidden).

    `unpublished` stand in no table, so nobody asks for them. Nothing is asked about more than
    `TOGETHER` figures: there the simple rules of `disclosure` stand alone.
    """
    keys = list(steps[0][0])
    if len(steps) * len(keys) > TOGETHER:
        return []
    asked = [
        (number, key, number * len(keys) + at)
        for number, (_, gone) in enumerate(steps)
        for at, key in enumerate(keys)
        if key in gone and key not in unpublished and most.get(key, 1) > 0
    ]
    if not asked:
        return []
    body = _Body(_bounds(steps, keys, most), keys, sums)
    corners = body.corners()
    narrow = [
        (number, key, at)
        for number, key, at in asked
        if max(corner[at] for corner in corners) - min(corner[at] for corner in corners) <= APART
    ]
    return [(number, key) for number, key, at in narrow if body.width_of(at) <= APART]


def _bounds(
    steps: Sequence[Step], keys: Sequence[Any], most: Mapping[Any, int]
) -> list[list[tuple[int, int]]]:
    """What each figure can be by itself: what is shown, or no more than everybody knows."""
    largest = max((max(counts.values(), default=0) for counts, _ in steps), default=0) + 1
    return [
        [
            (0, most.get(key, largest * len(keys))) if key in gone else (counts[key], counts[key])
            for key in keys
        ]
        for counts, gone in steps
    ]


class _Body:
    """All that fits what is published."""

    def __init__(
        self, bounds: Sequence[Sequence[tuple[int, int]]], keys: Sequence[Any], sums: Sequence[Line]
    ) -> None:
        from scipy.sparse import block_diag, hstack, identity  # noqa: PLC0415  heavy, seldom needed

        self.size = len(keys) * len(bounds)
        self.given: dict[str, Any] = {
            "bounds": [pair for row in bounds for pair in row],
            "method": "highs",
        }
        one = self._sums(keys, sums)
        if one is not None:
            self.given["A_eq"] = block_diag([one] * len(bounds), format="csr")
            self.given["b_eq"] = [0] * (one.shape[0] * len(bounds))
        if len(bounds) > 1:
            less = self.size - len(keys)
            self.given["A_ub"] = _beside(hstack, identity(less), (less, len(keys)))
            self.given["b_ub"] = [0] * less

    def _sums(self, keys: Sequence[Any], sums: Sequence[Line]) -> Any:
        from scipy.sparse import csr_array  # noqa: PLC0415

        place = {key: at for at, key in enumerate(keys)}
        data, rows, columns = [], [], []
        for row, (total, parts) in enumerate(sums):
            for key, factor in ((total, -1), *((part, 1) for part in parts)):
                data.append(factor)
                rows.append(row)
                columns.append(place[key])
        return csr_array((data, (rows, columns)), shape=(len(sums), len(keys))) if sums else None

    def _best(self, direction: Any) -> Any:
        from scipy.optimize import linprog  # noqa: PLC0415

        answer = linprog(direction, **self.given)
        if answer.status != 0:
            raise ArithmeticError(f"what is published contradicts itself: {answer.message}")
        return answer.x

    def corners(self) -> list[Any]:
        import numpy as np  # noqa: PLC0415

        dice = np.random.default_rng(7)
        ways = [dice.normal(size=self.size) for _ in range(DIRECTIONS)]
        return [self._best(sign * way) for way in ways for sign in (1, -1)]

    def width_of(self, at: int) -> float:
        import numpy as np  # noqa: PLC0415

        way = np.zeros(self.size)
        way[at] = 1
        return float(self._best(-way)[at] - self._best(way)[at])


def _beside(hstack: Any, eye: Any, none: tuple[int, int]) -> Any:
    """x of a step minus x of the step before it, key by key."""
    from scipy.sparse import csr_array  # noqa: PLC0415

    gap = csr_array(none)
    return hstack([gap, eye], format="csr") - hstack([eye, gap], format="csr")
