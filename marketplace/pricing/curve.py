"""A price schedule as straight pieces over whole numbers of seats, in exact integers.

f(0) = 0, and f(y) = base + rate * y from the start of a piece to the start of the next.
Every schedule is one of these, and stays one after minimum, cap and buying ahead; so
questions about all seat counts are answered at the ends of pieces, however many seats.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from marketplace.pricing.schedule import Form, Schedule


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

    def spans(self, most: int | None = None) -> Iterator[tuple[Piece, int | None]]:
        """Each piece with its last unit, cut at `most`; None means it never ends."""
        for piece, following in zip(self.pieces, (*self.pieces[1:], None)):
            if most is not None and piece.start > most:
                return
            last = following.start - 1 if following else None
            if most is not None:
                last = most if last is None else min(last, most)
            yield piece, last


@lru_cache(maxsize=256)
def list_curve(schedule: Schedule) -> Curve:
    """What the schedule says for exactly y units: min(cap, max(minimum, fee + bands))."""
    curve = _curve(_band_pieces(schedule))
    floored = [part for span in curve.spans() for part in _at_least(*span, schedule.minimum_cents)]
    if schedule.cap_cents is None:
        return _curve(floored)
    spans = _curve(floored).spans()
    return _curve([part for span in spans for part in _at_most(*span, schedule.cap_cents)])


@lru_cache(maxsize=256)
def effective_curve(schedule: Schedule) -> Curve:
    """What a rational buyer pays for y units: the least cost of any z >= y units.

    Prices never fall inside a piece, so only the starts of later pieces can be cheaper.
    """
    listed = list_curve(schedule)
    cheapest_later: int | None = None
    parts: list[list[Piece]] = []
    for piece, last in reversed(list(listed.spans())):
        parts.append([piece] if cheapest_later is None else _at_most(piece, last, cheapest_later))
        here = piece.at(piece.start)
        cheapest_later = here if cheapest_later is None else min(here, cheapest_later)
    return _curve([piece for part in reversed(parts) for piece in part])


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


def _curve(pieces: list[Piece]) -> Curve:
    """Join pieces that continue the same line, so a curve has one spelling."""
    joined: list[Piece] = []
    for piece in pieces:
        if not joined or (piece.base, piece.rate) != (joined[-1].base, joined[-1].rate):
            joined.append(piece)
    return Curve(tuple(joined), tuple(piece.start for piece in joined))


def _band_pieces(schedule: Schedule) -> list[Piece]:
    fee = schedule.platform_fee_cents
    if schedule.form is Form.FLAT:
        return [Piece(1, fee + (schedule.total_cents or 0), 0)]
    if schedule.form is Form.SITE:
        return [Piece(1, fee, 1)]  # a unit is a cent of site price: see `units_of`
    if schedule.form is not Form.GRADUATED:
        return [Piece(band.starts_at, fee, band.unit_cents) for band in schedule.bands]
    pieces: list[Piece] = []
    for band in schedule.bands:
        below = band.starts_at - 1
        paid_below = pieces[-1].at(below) if pieces else fee
        pieces.append(Piece(band.starts_at, paid_below - band.unit_cents * below, band.unit_cents))
    return pieces


def _at_least(piece: Piece, last: int | None, floor: int) -> list[Piece]:
    """The piece where it is above the floor, and the floor before that."""
    if piece.at(piece.start) >= floor:
        return [piece]
    held = Piece(piece.start, floor, 0)
    if piece.rate == 0 or (last is not None and piece.at(last) <= floor):
        return [held]
    return [held, Piece((floor - piece.base) // piece.rate + 1, piece.base, piece.rate)]


def _at_most(piece: Piece, last: int | None, ceiling: int) -> list[Piece]:
    """The piece where it is below the ceiling, and the ceiling after that."""
    if piece.at(piece.start) >= ceiling:
        return [Piece(piece.start, ceiling, 0)]
    if piece.rate == 0 or (last is not None and piece.at(last) <= ceiling):
        return [piece]
    reaches = -((piece.base - ceiling) // piece.rate)
    return [piece, Piece(reaches, ceiling, 0)]
