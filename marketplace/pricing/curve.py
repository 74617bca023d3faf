"""A price schedule as straight pieces: what it lists, and what a rational buyer pays.

Every schedule is one of these, and stays one after minimum, cap and buying ahead.
"""

from functools import lru_cache

from marketplace.pricing.combine import combined
from marketplace.pricing.pieces import (
    Curve,
    Piece,
    average_is_least_at,
    average_never_rises,
    joined,
)
from marketplace.pricing.schedule import Form, Schedule

__all__ = [
    "Curve",
    "Piece",
    "average_is_least_at",
    "average_never_rises",
    "effective_curve",
    "list_curve",
    "one_licence_curve",
]


@lru_cache(maxsize=256)
def list_curve(schedule: Schedule) -> Curve:
    """What the schedule says for exactly y units: min(cap, max(minimum, fee + bands))."""
    curve = joined(_band_pieces(schedule))
    floored = [part for span in curve.spans() for part in _at_least(*span, schedule.minimum_cents)]
    if schedule.cap_cents is None:
        return joined(floored)
    spans = joined(floored).spans()
    return joined([part for span in spans for part in _at_most(*span, schedule.cap_cents)])


@lru_cache(maxsize=256)
def effective_curve(schedule: Schedule) -> Curve:
    """What a rational buyer pays for y units, with one licence or, where the vendor allows
    it, with several (`combine`)."""
    one = one_licence_curve(schedule)
    return combined(one) if schedule.combinable else one


@lru_cache(maxsize=256)
def one_licence_curve(schedule: Schedule) -> Curve:
    """The least cost of one licence of any z >= y units.

    Prices never fall inside a piece, so only the starts of later pieces can be cheaper.
    """
    listed = list_curve(schedule)
    cheapest_later: int | None = None
    parts: list[list[Piece]] = []
    for piece, last in reversed(list(listed.spans())):
        parts.append([piece] if cheapest_later is None else _at_most(piece, last, cheapest_later))
        here = piece.at(piece.start)
        cheapest_later = here if cheapest_later is None else min(here, cheapest_later)
    return joined([piece for part in reversed(parts) for piece in part])


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
