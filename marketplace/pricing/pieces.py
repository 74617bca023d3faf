"""Straight pieces over whole numbers of seats, in exact integers: the shape of every price.

f(0) = 0, and f(y) = base + rate * y from the start of a piece to the start of the next.
Questions about all seat counts are answered at the ends of pieces, however many seats.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    start: int
    base: int
    rate: int

    def at(self, units: int) -> int:
        return self.base + self.rate * units


@dataclass(frozen=True)
class Curve:
    """Whole cents for whole units; a unit is a seat (for `site`: a cent of site price)."""

    pieces: tuple[Piece, ...]
    starts: tuple[int, ...]

    def __call__(self, units: int) -> int:
        if units <= 0:
            return 0
        return self.pieces[bisect_right(self.starts, units) - 1].at(units)

    def within(self, most: int) -> "Curve":
        """A curve with a list of pieces that is right up to so many units: here, itself."""
        return self

    def spans(self, most: int | None = None) -> Iterator[tuple[Piece, int | None]]:
        """Each piece with its last unit, cut at `most`; None means it never ends."""
        for piece, following in zip(self.pieces, (*self.pieces[1:], None)):
            if most is not None and piece.start > most:
                return
            last = following.start - 1 if following else None
            if most is not None:
                last = most if last is None else min(last, most)
            yield piece, last


def joined(pieces: list[Piece]) -> Curve:
    """Join pieces that continue the same line, so a curve has one spelling."""
    kept: list[Piece] = []
    for piece in pieces:
        if not kept or (piece.base, piece.rate) != (kept[-1].base, kept[-1].rate):
            kept.append(piece)
    return Curve(tuple(kept), tuple(piece.start for piece in kept))


def average_never_rises(curve: Curve, most: int) -> bool:
    """Is f(y)/y nonincreasing on 1..most? Exact, and only the ends of pieces are looked at.

    Within a piece f(y)/y = base/y + rate, which rises exactly when the base is negative.
    """
    before: tuple[int, int] | None = None
    for piece, last in curve.spans(most):
        assert last is not None
        if piece.base < 0 and last > piece.start:
            return False
        cost = piece.at(piece.start)
        if before and cost * before[1] > before[0] * piece.start:
            return False
        before = (piece.at(last), last)
    return True


def average_is_least_at(curve: Curve, most: int) -> bool:
    """Is f(y)/y smallest at y = most, among 1..most?"""
    total = curve(most)
    for piece, last in curve.spans(most):
        assert last is not None
        if any(total * units > piece.at(units) * most for units in (piece.start, last)):
            return False
    return True
