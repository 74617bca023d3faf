"""The shelf in memory: every mark is a set of tools, kept as the bits of one number.

Counting ten thousand tools under eighty filters is then eighty "and"s of a kilobyte each.
No I/O: `finding_queries` fills it and keeps it up to date by the version it has seen.
"""

from bisect import bisect_left
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
#: Matches sorted by nearness and kept until then; each is four sets.
KEPT_STEPS = 200


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


class Words:
    """Where each word stands, and all words as one text: finding some letters in ten thousand
    words is then one search of a hundred kilobytes."""

    def __init__(self, places_of: Mapping[str, list[int]]) -> None:
        self.places_of = places_of
        self.text = "".join(f"{word}\n" for word in places_of)

    def standing(self, letters: str) -> int:
        """The places where some word holds these letters."""
        found: list[int] = []
        at = self.text.find(letters)
        while at >= 0:
            end = self.text.index("\n", at)
            found += self.places_of[self.text[self.text.rfind("\n", 0, at) + 1 : end]]
            at = self.text.find(letters, end)
        return bits_of(found)


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
    _nearness: dict[tuple[int, str], tuple[int, ...]] = field(default_factory=dict)
    #: The words of names, and those of names, makers and summaries.
    _read: tuple[Words, Words] | None = None

    def renewed(self, changed: Sequence[Placed], version: int) -> "Shelf":
        """Another shelf with the changes; who reads this one goes on undisturbed."""
        fresh = Shelf(self.version, dict(self.rows), dict(self.marks), self.listed)
        fresh.take(changed, version)
        return fresh

    def remember(self, words: tuple[str, ...], bits: int) -> None:
        if len(self.matched) >= REMEMBERED:
            self.matched.clear()
        self.matched[words] = bits

    def forget_words(self) -> None:
        """Look every word up anew, as after a start; the benchmark asks for it."""
        self.matched.clear()
        self._nearness.clear()

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
        return [self.rows[place] for place in self._in_order(bits, sort, start, size)]

    def _in_order(self, bits: int, sort: str, start: int, size: int) -> list[int]:
        order, rank = self._order(sort)
        if bits.bit_count() <= FEW:
            return sorted(places_in(bits), key=rank.__getitem__)[start : start + size]
        return list(self._walk(order, bits, start, size))

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
        steps = self._nearness.get(key)
        if steps is None:
            if len(self._nearness) >= KEPT_STEPS:
                self._nearness.clear()
            steps = self._nearness[key] = self._steps_of(matched, typed)
        found: list[int] = []
        for step in steps:
            there = step & bits
            found += self._in_order(there, "name", start, size - len(found))
            start = max(0, start - there.bit_count())
            if len(found) == size:
                break
        return [self.rows[place] for place in found]

    def _steps_of(self, matched: int, typed: str) -> tuple[int, ...]:
        """What matched, by nearness; the endings of long words do not count."""
        in_names, in_texts = self._texts()
        begins = self._named(typed) & matched
        in_name = in_words = matched & ~begins
        for word in typed.split():
            start = word[: max(4, len(word) - 3)]
            names = in_names.standing(start)
            in_name &= names
            in_words &= names | in_texts.standing(start)
        near, far = in_words & ~in_name, matched & ~begins & ~in_name & ~in_words
        return begins, in_name, near, far

    def _named(self, typed: str) -> int:
        """The tools whose name begins with what was typed: one stretch of the order by name."""
        order, _ = self._order("name")
        found = []
        first = bisect_left(order, typed, key=lambda place: self.rows[place].name_key)
        for place in order[first:]:
            if not self.rows[place].name_key.startswith(typed):
                break
            found.append(place)
        return bits_of(found)

    def _texts(self) -> tuple[Words, Words]:
        if self._read is None:
            names: dict[str, list[int]] = defaultdict(list)
            words: dict[str, list[int]] = defaultdict(list)
            for place, row in self.rows.items():
                for word in row.name_key.split():
                    names[word].append(place)
                for word in row.words.split():
                    words[word].append(place)
            self._read = Words(names), Words(words)
        return self._read

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
