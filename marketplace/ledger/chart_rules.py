"""A balance over time, as a few points to draw and to read."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

#: More points than this say nothing more on a phone.
MOST_POINTS = 36


class Point(NamedTuple):
    on: date
    cents: int  # what the account held at the end of that day


def over_time(added: Sequence[tuple[date, int]]) -> list[Point]:
    """The balance after each day with an entry; of a long time, the last one of each month.

    `added` is (day, cents added on it), oldest first. Of still longer times the newest months.
    """
    points: list[Point] = []
    held = 0
    for on, cents in added:
        held += cents
        points.append(Point(on, held))
    if len(points) > MOST_POINTS:
        points = list({(p.on.year, p.on.month): p for p in points}.values())
    return points[-MOST_POINTS:]
