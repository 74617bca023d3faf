"""Several licences instead of one: the least cost of any set of licences, in exact integers.

g(y) = min over z_1 + … + z_m >= y of f(z_1) + … + f(z_m), where f never falls (it already
counts buying ahead). Two facts make g quick:

- Kink theorem. Call z a kink when the next seat costs more than the last one did:
  f(z+1) - f(z) > f(z) - f(z-1). Some cheapest set has at most one licence that is not at a
  kink: while two are not, moving a seat from the one whose next seat costs more to the other
  never raises the cost, and the same direction stays right until one of them is at a kink or
  gone. Hence g(y) = min(f(y), min over kinks w of f(w) + g(y - w)), and a price list has
  about as many kinks as bands, however many seats there are.
- Where f(y)/y never rises, f(a + b) <= f(a) + f(b), so one licence is always cheapest.
"""

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from marketplace.pricing.pieces import Curve, Piece, average_never_rises, joined
from marketplace.pricing.refusals import PricingRefused
from marketplace.pricing.schedule import LARGEST_SEATS

#: Beyond so many looks at a price, a question about combinations is refused, not guessed; and
#: early, when after the first ones it is four times out of reach at the same pace.
MOST_LOOKS = 2_500_000
FIRST_LOOKS = 200_000
#: The first question is answered to here; a curve that is settled by then has an end.
FIRST_REACH = 1 << 12


class CombinedCurve(Curve):
    """A curve of combinations that never settles into one last line, so it has no list of all
    its pieces: it is reckoned as far as it is asked for, by a call, `spans` or `within`."""

    def __init__(self, one_licence: Curve) -> None:
        object.__setattr__(self, "one_licence", one_licence)

    one_licence: Curve

    def __call__(self, units: int) -> int:
        return self.within(units)(units)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CombinedCurve) and other.one_licence == self.one_licence

    def __hash__(self) -> int:
        return hash(self.one_licence)

    def within(self, most: int) -> Curve:
        """Reckoned to the next power of two, so that few different lengths are kept."""
        reach = 1 << max(0, most - 1).bit_length()
        return _reckon(self.one_licence, max(FIRST_REACH, reach))[0]

    def spans(self, most: int | None = None) -> Iterator[tuple[Piece, int | None]]:
        most = LARGEST_SEATS if most is None else most
        return self.within(most).spans(most)

    def __getattr__(self, name: str) -> Any:
        if name in ("pieces", "starts"):
            raise PricingRefused(
                [
                    "schedule.combinable: these licenses combine in a pattern without an end, "
                    "which this method cannot split; choose proportional, or leave it out."
                ]
            )
        raise AttributeError(name)


def combined(one_licence: Curve) -> Curve:
    """The curve of the cheapest sets of licences; exact at every number of seats."""
    if _one_is_always_cheapest(one_licence):
        return one_licence
    first, settled = _reckon(one_licence, FIRST_REACH)
    return first if settled else CombinedCurve(one_licence)


def licences(one_licence: Curve, seats: int) -> list[tuple[int, int]]:
    """A cheapest set as (seats of one licence, how many such), largest first.

    Walks the recursion above backwards; a run on one line of g is taken in one step.
    """
    curve = combined(one_licence).within(seats)
    kinks = _kinks(one_licence)
    found: dict[int, int] = {}
    while seats > 0 and one_licence(seats) > curve(seats):
        cost = curve(seats)
        size = next(w for w in kinks if w < seats and one_licence(w) + curve(seats - w) == cost)
        start = curve.starts[bisect_right(curve.starts, seats) - 1]
        times = max(1, (seats - start) // size)
        found[size] = found.get(size, 0) + times
        seats -= times * size
    if seats > 0:
        found[seats] = found.get(seats, 0) + 1
    return sorted(found.items(), reverse=True)


def combining_pays_from(one_licence: Curve, most: int) -> int | None:
    """The fewest seats, up to `most`, for which several licences cost less than one."""
    several = combined(one_licence)
    if several is one_licence:
        return None
    starts = {piece.start for piece, _ in one_licence.spans(most)}
    starts |= {piece.start for piece, _ in several.spans(most)}
    for start in sorted(starts):
        for seats in (start, start + 1):  # between starts both are lines, and never cross
            if seats <= most and several(seats) < one_licence(seats):
                return seats
    return None


def _one_is_always_cheapest(curve: Curve) -> bool:
    last = curve.pieces[-1]
    return last.base >= 0 and average_never_rises(curve, last.start)


def _kinks(curve: Curve) -> list[int]:
    """Sizes whose next seat costs more than their last one did; only ends of pieces can."""
    ends = {size for piece in curve.pieces[1:] for size in (piece.start - 1, piece.start)}
    return [
        size
        for size in sorted(ends)
        if size > 0 and curve(size + 1) - curve(size) > curve(size) - curve(size - 1)
    ]


@lru_cache(maxsize=32)
def _reckon(one_licence: Curve, reach: int) -> tuple[Curve, bool]:
    """g from left to right, as far as `reach`; and whether its last piece holds for ever."""
    kinks = _kinks(one_licence)
    pieces: list[Piece] = []
    starts: list[int] = []
    where = dict.fromkeys(kinks, 0)
    own, at, looks = 0, 1, 0
    while at <= reach:
        looks += 1 + len(kinks)
        hopeless = looks > FIRST_LOOKS and looks * reach > 4 * MOST_LOOKS * at
        if looks > MOST_LOOKS or hopeless:
            raise PricingRefused(
                [
                    f"schedule.combinable: {reach:,} seats can be bought as too many different "
                    "sets of licenses to price exactly; ask for fewer seats, offer fewer bands, "
                    "or leave combinable out."
                ]
            )
        while own + 1 < len(one_licence.starts) and one_licence.starts[own + 1] <= at:
            own += 1
        lines = [one_licence.pieces[own]]
        until = one_licence.starts[own + 1] - 1 if own + 1 < len(one_licence.starts) else reach
        for size in kinks:
            if size >= at:
                until = min(until, size)
                continue
            index = where[size]
            while index + 1 < len(starts) and starts[index + 1] + size <= at:
                index += 1
            where[size] = index
            piece = pieces[index]
            lines.append(Piece(at, one_licence(size) + piece.base - piece.rate * size, piece.rate))
            known = starts[index + 1] - 1 if index + 1 < len(starts) else at - 1
            until = min(until, known + size)
        line = min(lines, key=lambda line: (line.at(at), line.rate))
        for other in lines:  # from where another line is lower, it is another piece
            if other.rate < line.rate:
                gap = other.at(at) - line.at(at)
                until = min(until, at + gap // (line.rate - other.rate))
        if not pieces or (line.base, line.rate) != (pieces[-1].base, pieces[-1].rate):
            pieces.append(Piece(at, line.base, line.rate))
            starts.append(at)
        at = min(until, reach) + 1
        if at - 1 in where and pieces[-1].at(at - 1) < one_licence(at - 1):
            kinks.remove(at - 1)  # a part of a cheapest set is itself a cheapest set
        if _holds_for_ever(one_licence, kinks, pieces[-1], at):
            return joined(pieces), True
    return joined(pieces), False


def _holds_for_ever(one_licence: Curve, kinks: list[int], line: Piece, at: int) -> bool:
    """Does g stay on this line from `at` on?

    Once the line has lasted for the longest kink, every f(w) + g(y - w) is f(w) - rate * w
    above it; so it stays when that is never negative, f never gets below it, and either f or
    one of the kinks keeps it.
    """
    longest = max(kinks, default=0)
    if at - line.start < longest or longest >= at:
        return False
    margins = [one_licence(size) - line.rate * size for size in kinks]
    if any(margin < 0 for margin in margins):
        return False
    last = one_licence.pieces[-1]
    if last.start <= at and (last.base, last.rate) == (line.base, line.rate):
        return True
    if 0 not in margins or last.rate < line.rate:
        return False
    starts = [piece.start for piece in one_licence.pieces if piece.start > at]
    ends = [start - 1 for start in starts]
    return all(one_licence(size) >= line.at(size) for size in (at, *starts, *ends))
