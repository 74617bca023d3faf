"""The best choice of whole things by size: knapsacks in exact integers.

Small choices are tried one by one; larger ones use the table of Bellman (1957) over sizes.
The table keeps no decision for every thing and size: it keeps a few of its rows, and works a
stretch of things again when the choice is read back (Hirschberg's idea, 1975).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd, isqrt
from typing import Any

#: Trying every choice of so many things takes at most 32 MB.
MOST_TRIED = 20
#: The widest table; with its kept rows it stays below about 250 MB.
MOST_SIZES = 4_000_000
#: Sums below this cannot overflow 64 bits, the mark for "cannot be had" included.
SAFE_SUM = 1 << 60


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the things (by position), and their value together."""

    value: int
    chosen: list[int]


@dataclass(frozen=True, slots=True)
class Knapsack:
    """Choose things with the most value whose sizes sum to at least `low`, at most `high`."""

    sizes: Sequence[int]
    values: Sequence[int]
    low: int
    high: int

    @classmethod
    def of(cls, sizes: Sequence[int], values: Sequence[int], low: int, high: int) -> "Knapsack":
        """The same question in the largest common unit of all sizes."""
        unit = reduce(gcd, sizes, 0) or 1
        return cls(
            [size // unit for size in sizes],
            values,
            max(0, -(-low // unit)),
            min(high // unit, sum(sizes) // unit),
        )

    @property
    def is_impossible(self) -> bool:
        return self.low > self.high

    @property
    def open_ended(self) -> bool:
        """Nothing is too large: then all sizes from `low` up are one and the same."""
        return self.high == sum(self.sizes)

    @property
    def widest(self) -> int:
        return self.low if self.open_ended else self.high

    @property
    def tries_all(self) -> bool:
        count = len(self.sizes)
        return count <= MOST_TRIED and (1 << count) <= max(count * (self.widest + 1), 4_096)

    @property
    def cells(self) -> int:
        """How much work it is."""
        if self.is_impossible:
            return 0
        count = len(self.sizes)
        return (1 << count) if self.tries_all else count * (self.widest + 1)

    @property
    def fits(self) -> bool:
        return self.tries_all or self.widest <= MOST_SIZES

    def best_above(self, floor: int) -> Choice | None:
        """The best choice if its value is above `floor`."""
        if self.is_impossible:
            return None
        return _try_all(self, floor) if self.tries_all else _Table(self).best_above(floor)


def _array_kind(values: Sequence[int]) -> Any:
    return "int64" if sum(map(abs, values)) < SAFE_SUM else object


def _try_all(question: Knapsack, floor: int) -> Choice | None:
    import numpy as np  # noqa: PLC0415 - a heavy import that most requests do without

    kind = _array_kind([*question.values, *question.sizes])
    sizes, values = np.zeros(1, dtype=kind), np.zeros(1, dtype=kind)
    for size, value in zip(question.sizes, question.values):
        sizes = np.concatenate((sizes, sizes + size))
        values = np.concatenate((values, values + value))
    within = np.flatnonzero((sizes >= question.low) & (sizes <= question.high))
    if not len(within):
        return None
    best = int(within[int(np.argmax(values[within]))])
    if values[best] <= floor:
        return None
    chosen = [thing for thing in range(len(question.sizes)) if best >> thing & 1]
    return Choice(int(values[best]), chosen)


class _Table:
    """Row by row, the most value of every size; the last cell may stand for "or larger"."""

    def __init__(self, question: Knapsack) -> None:
        self.question = question
        self.widest = question.widest
        self.exact_sizes = self.widest + (0 if question.open_ended else 1)
        self.kind = _array_kind(question.values)
        known = SAFE_SUM if self.kind == "int64" else sum(map(abs, question.values)) + 1
        self.cannot = -4 * known
        self.lowest_real = -known
        # So many things between two kept rows balance 8 bytes a cell kept once against one
        # bit a cell for each thing of a stretch.
        self.stretch = max(64, 8 * isqrt(len(question.sizes)))

    def best_above(self, floor: int) -> Choice | None:
        import numpy as np  # noqa: PLC0415

        row = np.full(self.widest + 1, self.cannot, dtype=self.kind)
        row[0] = 0
        spare = np.empty_like(row)
        kept = []
        for start in range(0, len(self.question.sizes), self.stretch):
            kept.append(row.copy())
            self._work(row, spare, start, None)
        low = self.question.low
        best = low + int(np.argmax(row[low:]))
        value = int(row[best])
        if value < self.lowest_real or value <= floor:
            return None
        return Choice(value, self._read_back(kept, spare, best))

    def _work(self, row: Any, spare: Any, start: int, decided: list[Any] | None) -> None:
        """Offer a stretch of things to the row; note which cells take them."""
        import numpy as np  # noqa: PLC0415

        width, exact = self.widest, self.exact_sizes
        stop = min(start + self.stretch, len(self.question.sizes))
        for thing in range(start, stop):
            size, value = self.question.sizes[thing], self.question.values[thing]
            larger_from = None
            if self.question.open_ended:
                reach = max(0, width - size)
                source = reach + int(np.argmax(row[reach:]))
                offered = row[source] + value
                if offered > row[width]:
                    larger_from = source
            takes = None
            if size < exact:
                with_it = spare[: exact - size]
                np.add(row[: exact - size], value, out=with_it)
                if decided is not None:
                    takes = np.packbits((with_it > row[size:exact]).astype(bool))
                np.maximum(row[size:exact], with_it, out=row[size:exact])
            if larger_from is not None:
                row[width] = offered
            if decided is not None:
                decided.append((takes, larger_from))

    def _read_back(self, kept: list[Any], spare: Any, cell: int) -> list[int]:
        chosen = []
        for number in reversed(range(len(kept))):
            start = number * self.stretch
            decided: list[Any] = []
            self._work(kept[number], spare, start, decided)
            for thing in reversed(range(start, start + len(decided))):
                takes, larger_from = decided[thing - start]
                if cell >= self.exact_sizes:
                    if larger_from is not None:
                        chosen.append(thing)
                        cell = larger_from
                    continue
                before = cell - self.question.sizes[thing]
                if takes is not None and before >= 0 and takes[before >> 3] >> (7 - before % 8) & 1:
                    chosen.append(thing)
                    cell = before
        assert cell == 0
        return chosen
