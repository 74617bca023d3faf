"""The shelf in memory: every mark is a set of tools, kept as the bits of one number.

Counting ten thousand tools under eighty filters is then eighty "and"s of a kilobyte each.
No I/O: `finding_queries` fills it and keeps it up to date by the version it has seen.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from marketplace.core.spelling import allowed, distance, pairs

#: A page of so few tools is sorted; of more, the sorted list of all is walked through.
FEW = 400
#: Slips whose nearest word is kept until the shelf changes.
REMEMBERED = 500
#: Orders by nearness kept until then; each may name every tool.
KEPT_ORDERS = 50


@dataclass(frozen=True)
class Placed:
    """One tool as a search needs it."""

    tool_id: UUID
    place: int
    version: int
    listed: bool
    name_key: str
    words: str
    marks: tuple[str, ...]
    seat_cents: int | None
    listed_at: datetime
    news_at: datetime


def places_in(bits: int) -> list[int]:
    """The places whose bit is set, in order."""
    found = []
    for index, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        while byte:
            low = byte & -byte
            found.append(index * 8 + low.bit_length() - 1)
            byte ^= low
    return found


def bits_of(places: Sequence[int]) -> int:
    found = bytearray((max(places, default=0) >> 3) + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


@dataclass
class Shelf:
    version: int = -1
    rows: dict[int, Placed] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    listed: int = 0
    _orders: dict[str, tuple[list[int], dict[int, int]]] = field(default_factory=dict)
    _vocabulary: dict[str, int] = field(default_factory=dict)
    _nearest: dict[str, str | None] = field(default_factory=dict)
    #: Words looked for -> the tools that have them, as the database said at this version.
    matched: dict[tuple[str, ...], int] = field(default_factory=dict)
    _nearness: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def renewed(self, changed: Sequence[Placed], version: int) -> "Shelf":
        """Another shelf with the changes; who reads this one goes on undisturbed."""
        fresh = Shelf(self.version, dict(self.rows), dict(self.marks), self.listed)
        fresh.take(changed, version)
        return fresh

    def remember(self, words: tuple[str, ...], bits: int) -> None:
        if len(self.matched) >= REMEMBERED:
            self.matched.clear()
        self.matched[words] = bits

    def take(self, changed: Sequence[Placed], version: int) -> None:
        """Put what changed in its place; the rest stays."""
        added: dict[str, list[int]] = defaultdict(list)
        gone: dict[str, list[int]] = defaultdict(list)
        for row in changed:
            old = self.rows.get(row.place)
            before = set(old.marks) if old and old.listed else set()
            after = set(row.marks) if row.listed else set()
            for mark in before - after:
                gone[mark].append(row.place)
            for mark in after - before:
                added[mark].append(row.place)
            self.rows[row.place] = row
        for mark, places in gone.items():
            self.marks[mark] = self.marks.get(mark, 0) & ~bits_of(places)
        for mark, places in added.items():
            self.marks[mark] = self.marks.get(mark, 0) | bits_of(places)
        off = bits_of([row.place for row in changed if not row.listed])
        on = bits_of([row.place for row in changed if row.listed])
        self.listed = (self.listed | on) & ~off
        self.version = version

    def of(self, mark: str) -> int:
        return self.marks.get(mark, 0)

    def values(self, name: str) -> list[str]:
        """Every value some tool has under a name, the most frequent first."""
        start = f"{name}:"
        found = [
            (-bits.bit_count(), mark.removeprefix(start))
            for mark, bits in self.marks.items()
            if mark.startswith(start) and bits
        ]
        return [value for _, value in sorted(found)]

    # -- order -------------------------------------------------------------------------------

    def page(self, bits: int, sort: str, start: int, size: int) -> list[Placed]:
        """A page of the tools in `bits`, in the order asked for."""
        order, rank = self._order(sort)
        if bits.bit_count() <= FEW:
            places = sorted(places_in(bits), key=rank.__getitem__)[start : start + size]
        else:
            places = list(self._walk(order, bits, start, size))
        return [self.rows[place] for place in places]

    def _walk(self, order: Sequence[int], bits: int, start: int, size: int) -> Iterator[int]:
        held = bits.to_bytes(max(self.rows, default=0) // 8 + 1, "little")
        for place in order:
            if held[place >> 3] >> (place & 7) & 1:
                if start:
                    start -= 1
                    continue
                yield place
                size -= 1
                if not size:
                    return

    def _order(self, sort: str) -> tuple[list[int], dict[int, int]]:
        if sort not in self._orders:
            rows = sorted(self.rows.values(), key=lambda row: (row.name_key, row.place))
            if sort == "price":
                rows.sort(key=lambda row: (row.seat_cents is None, row.seat_cents or 0))
            elif sort == "new":
                rows.sort(key=lambda row: row.listed_at, reverse=True)
            order = [row.place for row in rows]
            self._orders[sort] = order, {place: n for n, place in enumerate(order)}
        return self._orders[sort]

    def nearest_first(
        self, matched: int, typed: str, bits: int, start: int, size: int
    ) -> list[Placed]:
        """A page of the tools in `bits`, which are some of those matched: a name that begins with
        what was typed, then words in the name, in name, maker or summary, anywhere else."""
        key = (matched, typed)
        order = self._nearness.get(key)
        if order is None:
            if len(self._nearness) >= KEPT_ORDERS:
                self._nearness.clear()
            order = self._nearness[key] = self._by_nearness(matched, typed)
        return [self.rows[place] for place in self._walk(order, bits, start, size)]

    def _by_nearness(self, bits: int, typed: str) -> list[int]:
        """The endings of long words do not count."""
        _, rank = self._order("name")
        places = sorted(places_in(bits), key=rank.__getitem__)
        starts = [word[: max(4, len(word) - 3)] for word in typed.split()]
        near: tuple[list[int], ...] = ([], [], [], [])
        for place in places:  # written out: a thousand calls would cost more than the search
            row = self.rows[place]
            name, words = row.name_key, row.words
            step = 0 if name.startswith(typed) else 1
            for start in starts if step else ():
                if start not in name:
                    step = 2 if step < 3 and start in words else 3
            near[step].append(place)
        return [*near[0], *near[1], *near[2], *near[3]]

    # -- slips of the finger -----------------------------------------------------------------

    def nearest_word(self, typed: str) -> str | None:
        """The word of some listing that comes closest to one that no listing has."""
        words = self._words()
        if typed in words or len(typed) < 4:
            return typed if typed in words else None
        if typed not in self._nearest:
            if len(self._nearest) >= REMEMBERED:
                self._nearest.clear()
            self._nearest[typed] = self._look_for(typed, words)
        return self._nearest[typed]

    @staticmethod
    def _look_for(typed: str, words: Mapping[str, int]) -> str | None:
        most, wanted = allowed(len(typed)), set(pairs(typed))
        least = max(1, len(wanted) - 2 * most)  # each slip spoils two pairs at most
        best: tuple[int, int, str] | None = None
        for word, often in words.items():
            if abs(len(word) - len(typed)) > most or sum(p in word for p in wanted) < least:
                continue
            # Both ways round, so that neither may simply go on after the other ends.
            slips = max(distance(typed, word, most), distance(word, typed, most))
            if slips <= most and (best is None or (slips, -often, word) < best):
                best = (slips, -often, word)
        return best[2] if best else None

    def _words(self) -> dict[str, int]:
        """Every word of the listings, and in how many it stands."""
        if not self._vocabulary:
            counted: dict[str, int] = defaultdict(int)
            for row in self.rows.values():
                if row.listed:
                    for word in row.words.split():
                        counted[word] += 1
            self._vocabulary = dict(counted)
        return self._vocabulary
