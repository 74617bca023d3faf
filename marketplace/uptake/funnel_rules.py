"""How far districts came, always against all such districts there are; small groups never show.

Each district counts once, at the furthest step it reached, and in each step before it. A release
is worked out whole and then kept: pages and files show a release, never the rows. The next one
comes with the next month, or before where each figure that changed did so by five districts or
more: so two days side by side tell no more than one.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from itertools import product
from typing import Any, NamedTuple

from marketplace.core.disclosure import FEWEST_DISTRICTS, Sum, hidden_in_steps, shown
from marketplace.directory.rules import poverty_bps
from marketplace.uptake.rules import BANDS, LOCALE_OF_DIGIT, Locale

ALL = "all"
UNKNOWN = "unknown"
QUARTERS = {
    "q1": "Lowest poverty quarter",
    "q2": "Second quarter",
    "q3": "Third quarter",
    "q4": "Highest poverty quarter",
    UNKNOWN: "No poverty figure",
}
#: The parts a reader may ask for, in the order of the key: state, then one of these.
PARTS = ("place", "size", "poverty")
#: 97.5 % of a normal distribution lie below it: intervals hold 95 %.
Z = 1.959964


class Step(IntEnum):
    INVITED = 1
    INTERESTED = 2
    INTENT = 3
    BOARD_APPROVED = 4
    ORDERED = 5
    LIVE = 6
    RENEWED = 7


STEP_WORDS = {
    Step.INVITED: "Invited or asked to join",
    Step.INTERESTED: "Interested",
    Step.INTENT: "Said it intends to buy",
    Step.BOARD_APPROVED: "Board approved",
    Step.ORDERED: "Ordered",
    Step.LIVE: "Live",
    Step.RENEWED: "Bought the same tool again",
}


#: The same, for the heads of narrow columns.
SHORT_WORDS = ("Asked", "Interested", "Intent", "Board", "Ordered", "Live", "Again")


class Row(NamedTuple):
    """One district of the directory, and the furthest step it reached (0 = none)."""

    state: str
    locale: str | None
    pupils: int | None
    children: int | None
    in_poverty: int | None
    step: int


class Key(NamedTuple):
    """What a figure is about: a state or all, and at most one value of one part."""

    state: str
    part: str = ALL
    value: str = ALL

    def __str__(self) -> str:
        return "|".join(self)


@dataclass(frozen=True)
class Release:
    """Figures by key: how many districts there are, and how many came to each step (None =
    hidden or empty)."""

    there: dict[str, int]
    steps: dict[str, list[int | None]]

    def as_json(self) -> dict[str, Any]:
        return {"there": self.there, "steps": self.steps}

    def same_as(self, other: Mapping[str, Any]) -> bool:
        return self.as_json() == dict(other)


def words_of(part: str, value: str) -> str:
    if part == "poverty":
        return QUARTERS[value]
    if part == "size":
        return next((b.words for b in BANDS if b.key == value), "Size not known")
    return "Place not known" if value == UNKNOWN else value.capitalize()


def values_of(part: str) -> list[str]:
    known = {
        "place": [place.value for place in Locale],
        "size": [band.key for band in BANDS],
        "poverty": [quarter for quarter in QUARTERS if quarter != UNKNOWN],
    }[part]
    return [*known, UNKNOWN]


def quarter_limits(rows: Iterable[Row]) -> list[tuple[int, int]]:
    """Poverty of the districts at one, two and three quarters of the way, as exact fractions."""
    known = sorted(
        ((r.in_poverty, r.children) for r in rows if r.children and r.in_poverty is not None),
        key=lambda pair: pair[0] / pair[1],
    )
    return [known[len(known) * n // 4] for n in (1, 2, 3)] if known else []


def _quarter(row: Row, limits: Sequence[tuple[int, int]]) -> str:
    if poverty_bps(row.children, row.in_poverty) is None or not limits:
        return UNKNOWN
    children, poor = row.children or 1, row.in_poverty or 0
    passed = sum(poor * whole >= part * children for part, whole in limits)
    return f"q{passed + 1}"


def release_of(rows: Sequence[Row]) -> Release:
    """Count every figure of every table at once, and hide what must not follow from the rest."""
    limits = quarter_limits(rows)
    cells: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        cell = (row.state, _place(row.locale), _size(row.pupils), _quarter(row, limits))
        counts = cells.setdefault(cell, [0] * (len(Step) + 1))
        for step in range(row.step + 1):
            counts[step] += 1
    keys = _keys(sorted({cell[0] for cell in cells}))
    inside = {key: [cell for cell in cells if _is_in(cell, key)] for key in keys}
    sums = _sums(keys) + [
        Sum(key, tuple(inside[key])) for key in keys if key.state != ALL and key.part != ALL
    ]
    known: dict[Any, int] = {key: sum(cells[c][0] for c in inside[key]) for key in keys}
    most = known | {cell: counts[0] for cell, counts in cells.items()}
    margins = [{key: sum(cells[c][step] for c in inside[key]) for key in keys} for step in Step]
    finer = [{cell: counts[step] for cell, counts in cells.items()} for step in Step]
    both: list[dict[Any, int]] = [{**m, **f} for m, f in zip(margins, finer, strict=True)]
    gone = hidden_in_steps(both, sums, FEWEST_DISTRICTS, most, list(cells))
    steps: dict[str, list[int | None]] = {str(key): [] for key in keys}
    for figures, away in zip(margins, gone, strict=True):
        for key, figure in shown(figures, away).items():
            steps[str(key)].append(figure)
    return Release({str(key): known[key] for key in keys}, steps)


def _place(locale: str | None) -> str:
    found = LOCALE_OF_DIGIT.get((locale or "")[:1])
    return found.value if found else UNKNOWN


def _size(pupils: int | None) -> str:
    if pupils is None:
        return UNKNOWN
    return next(b.key for b in BANDS if b.most is None or pupils <= b.most)


def _keys(states: Sequence[str]) -> list[Key]:
    places = (ALL, *states)
    parts = [(part, value) for part in PARTS for value in values_of(part)]
    return [Key(state) for state in places] + [
        Key(state, part, value) for state, (part, value) in product(places, parts)
    ]


def _is_in(cell: tuple[str, ...], key: Key) -> bool:
    if key.state not in (ALL, cell[0]):
        return False
    return key.part == ALL or cell[1 + PARTS.index(key.part)] == key.value


def _sums(keys: Sequence[Key]) -> list[Sum]:
    states = [key.state for key in keys if key.part == ALL and key.state != ALL]
    found = [Sum(Key(ALL), tuple(Key(state) for state in states))]
    for part in PARTS:
        values = values_of(part)
        for state in (ALL, *states):
            found.append(Sum(Key(state), tuple(Key(state, part, value) for value in values)))
        for value in values:
            parts = tuple(Key(state, part, value) for state in states)
            found.append(Sum(Key(ALL, part, value), parts))
    return found


def is_steady(before: Mapping[str, Any], now: Release) -> bool:
    """Whether both may be seen side by side: what changed did so by five districts or more."""
    for key, figures in now.steps.items():
        earlier = before["steps"].get(key, [None] * len(figures))
        for old, new in zip(earlier, figures, strict=True):
            if old != new and abs((old or 0) - (new or 0)) < FEWEST_DISTRICTS:
                return False
    return True


def is_due(before: Mapping[str, Any] | None, made_on: date, today: date, now: Release) -> bool:
    """Whether a new release may be shown; nothing new is no release."""
    if before is None:
        return True
    if now.same_as(before):
        return False
    return (made_on.year, made_on.month) != (today.year, today.month) or is_steady(before, now)


# -- equity ----------------------------------------------------------------------------------


class Gap(NamedTuple):
    """How much more often one group came than another, in percent points, with 95 % around it."""

    points: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        return self.low > 0 or self.high < 0


def gap(came: int, there: int, others_came: int, others_there: int) -> Gap | None:
    """Difference of two shares with Newcombe's hybrid score interval (method 10, Statistics in
    Medicine 17, 1998): good for small groups, and never outside -100 to 100. None without a
    group."""
    if not there or not others_there:
        return None
    one, low_1, high_1 = _wilson(came, there)
    two, low_2, high_2 = _wilson(others_came, others_there)
    below = math.hypot(one - low_1, high_2 - two)
    above = math.hypot(high_1 - one, two - low_2)
    points = one - two
    return Gap(points * 100, (points - below) * 100, (points + above) * 100)


def _wilson(came: int, there: int) -> tuple[float, float, float]:
    share, square = came / there, Z * Z
    middle = share + square / (2 * there)
    around = Z * math.sqrt(share * (1 - share) / there + square / (4 * there * there))
    whole = 1 + square / there
    return share, (middle - around) / whole, (middle + around) / whole
