"""Who is missing: the small districts of the directory that have not bought through a pool."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from marketplace.uptake.rules import Band, Cell, Known


class Gap(NamedTuple):
    """Small districts there are, and how many of them have bought through a pool."""

    key: str
    words: str
    small: int
    reached: int

    @property
    def missing(self) -> int:
        return self.small - self.reached

    @property
    def reached_bps(self) -> int:
        return self.reached * 10_000 // self.small if self.small else 0


def gaps(known: Sequence[Known], cells: Sequence[Cell], part: str) -> list[Gap]:
    """Small districts by `part` (state, locale or size), most of them missing first."""
    there: dict[Any, int] = {}
    for kind in known:
        there[getattr(kind, part)] = there.get(getattr(kind, part), 0) + kind.districts
    came: dict[Any, int] = {}
    for cell in cells:
        if cell.size and cell.size.is_small:
            came[getattr(cell, part)] = came.get(getattr(cell, part), 0) + cell.figures.districts
    found = [
        Gap(*_named(value), small=count, reached=min(came.get(value, 0), count))
        for value, count in there.items()
    ]
    return sorted(found, key=lambda gap: (-gap.missing, gap.key))


def _named(value: Any) -> tuple[str, str]:
    if value is None:
        return "", "Not known"
    if isinstance(value, Band):
        return value.key, value.words
    return str(value), str(value) if len(value) == 2 else str(value).capitalize()
