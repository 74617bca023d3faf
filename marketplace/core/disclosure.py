"""What is hidden so that no small group can be worked out: one module for every page and file.

Figures about fewer than 10 people or 5 districts are hidden. Hiding those alone is not enough:
who sees a total and all parts but one subtracts. So more is hidden beside them, until no figure
that is hidden follows from what is shown, over every table, filter and format at once. What is
hidden and what is empty look the same. Source of the method: complementary cell suppression as
statistical offices do it: Willenborg and de Waal, Elements of Statistical Disclosure Control, 2001.

Simple rules hide most of it. Whether anything still follows is then asked of a linear programme
over all figures at once (`disclosure_proof`), and what it finds is hidden too. A nation's funnel is
too large for that question: there the simple rules stand alone, and of 2,000 random small tables
they left 19 in which one hidden figure followed from all tables together.

Decide once for everything that is published about the same count, keep what was decided for as long
as the count stays the same, and show only what `shown` gives back.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from marketplace.core.disclosure_proof import what_follows

FEWEST_PEOPLE = 10
FEWEST_DISTRICTS = 5
HIDDEN_WORDS = "Hidden"
K = TypeVar("K", bound=Hashable)


class Sum(NamedTuple):
    """A total that is the sum of its parts; all of them stand in some table."""

    total: Hashable
    parts: tuple[Hashable, ...]

    @property
    def keys(self) -> tuple[Hashable, ...]:
        return (self.total, *self.parts)


def hidden(
    counts: Mapping[K, int],
    sums: Sequence[Sum],
    fewest: int,
    most: Mapping[K, int] | None = None,
    unpublished: Collection[K] = (),
) -> frozenset[K]:
    """Which figures must not be shown; `sums` are all the ways in which figures add up.

    `most` is what everybody knows each figure to be at most, such as the number of districts
    there are; a figure that is known to be 0 needs no hiding. `unpublished` are finer figures
    that stand in no table and tie others together. The same input, the same answer.
    """
    return hidden_in_steps([counts], sums, fewest, most, unpublished)[0]


def hidden_in_steps(
    steps: Sequence[Mapping[K, int]],
    sums: Sequence[Sum],
    fewest: int,
    most: Mapping[K, int] | None = None,
    unpublished: Collection[K] = (),
) -> list[frozenset[K]]:
    """The same for a funnel: the steps have the same keys, and none exceeds the one before it.

    What is hidden in one step must not follow from another either.
    """
    each = [_Hiding(counts, sums, fewest, most or {}, unpublished) for counts in steps]
    for one in each:
        one.settle()
    while _hide_what_follows(each):
        pass
    return [one.found() for one in each]


def _hide_what_follows(each: Sequence["_Hiding"]) -> bool:
    """Hide beside each figure that still follows, in its own step, else in the steps beside it;
    whether anything was left to hide."""
    follows = what_follows(
        [(one.counts, one.gone) for one in each],
        [(line.total, line.parts) for line in each[0].lines],
        each[0].most,
        each[0].unpublished,
    )
    before = sum(len(one.gone) for one in each)
    for number, key in follows:
        if not each[number].hide_beside(key):
            for near in (number - 1, number + 1):
                if 0 <= near < len(each):
                    each[near].hide(key)
    for one in each:
        one.settle()
    return sum(len(one.gone) for one in each) > before


class _Hiding:
    """Hides in one step until nothing follows by simple rules; the set only grows, so it ends."""

    def __init__(
        self,
        counts: Mapping[Any, int],
        sums: Sequence[Sum],
        fewest: int,
        most: Mapping[Any, int],
        unpublished: Collection[Any],
    ) -> None:
        self.counts, self.fewest, self.most = counts, fewest, most
        empty = {key for key in counts if most.get(key, 1) == 0}
        self.unpublished = {key for key in unpublished if key not in empty}
        small = {key for key, count in counts.items() if count < fewest}
        self.gone: set[Any] = (small | self.unpublished) - empty
        self.place = {key: place for place, key in enumerate(counts)}
        self.lines = [Sum(s.total, tuple(p for p in s.parts if p not in empty)) for s in sums]
        self.touching: dict[Any, list[Sum]] = {}
        for line in self.lines:
            for key in line.keys:
                self.touching.setdefault(key, []).append(line)

    def found(self) -> frozenset[Any]:
        return frozenset(self.gone - self.unpublished)

    def settle(self) -> None:
        self._look_at(self.lines)
        while follows := self._follows():
            before = len(self.gone)
            for key in follows:
                self.hide_beside(key)
            if len(self.gone) == before:  # all around is hidden: nothing is left to follow from
                break

    def hide_beside(self, key: Any) -> bool:
        """Hide the least of what is shown around a figure; False when nothing is."""
        beside = self._least(self._around(key))
        if beside is not None:
            self.hide(beside)
        return beside is not None

    def hide(self, key: Any) -> None:
        if key not in self.gone:
            self.gone.add(key)
            self._look_at(self.touching.get(key, ()))

    def _look_at(self, lines: Iterable[Sum]) -> None:
        waiting = dict.fromkeys(lines)
        while waiting:
            line = next(iter(waiting))
            del waiting[line]
            key = self._to_hide(line)
            if key is not None:
                self.gone.add(key)
                waiting.update(dict.fromkeys(self.touching[key]))

    def _to_hide(self, line: Sum) -> Any | None:
        """One more figure of a line, where those hidden in it could be worked out."""
        if any(part in self.unpublished for part in line.parts):
            return None
        gone = [part for part in line.parts if part in self.gone]
        others = [part for part in line.parts if part not in self.gone]
        if line.total in self.gone:  # the parts give it away unless one of them is hidden too
            return None if gone else self._least(others)
        if not gone:
            return None
        together = sum(self.counts[part] for part in gone)
        if len(gone) > 1 and together >= self.fewest and self._is_open(gone, together):
            return None
        wider = self._least(others)
        return line.total if wider is None else wider

    def _is_open(self, gone: Iterable[Any], together: int) -> bool:
        """Whether each hidden part of a known sum can still be more than one number."""
        tops = [min(self.most.get(part, together), together) for part in gone]
        whole = sum(tops)
        return all(max(0, together - (whole - top)) < top for top in tops)

    def _least(self, keys: Iterable[Any]) -> Any | None:
        """The smallest figure, the earliest of equals."""
        return min(keys, key=lambda key: (self.counts[key], self.place[key]), default=None)

    def _around(self, key: Any) -> list[Any]:
        """What is shown beside a figure, at once or through finer figures that nobody shows."""
        seen, edge, found = {key}, [key], []
        for _step in range(REACH):
            lines = [line for each in edge for line in self.touching[each]]
            beside = {other for line in lines for other in line.keys} - seen
            seen |= beside
            edge = [other for other in beside if other in self.gone]
            found = [other for other in beside if other not in self.gone]
            if found:
                break
        return found

    def _follows(self) -> list[Any]:
        """Hidden figures that only one number fits, by narrowing what each can be."""
        top = max(self.counts.values(), default=0) * len(self.counts) + 1
        low = {key: 0 if key in self.gone else count for key, count in self.counts.items()}
        high = {
            key: self.most.get(key, top) if key in self.gone else count
            for key, count in self.counts.items()
        }
        changed = True
        while changed:
            changed = False
            for line in self.lines:
                changed |= _narrow(line, low, high)
        own = self.gone - self.unpublished
        return [key for key in self.counts if key in own and low[key] == high[key]]


#: How many sums away a figure is looked for that gives another one away.
REACH = 4


def _narrow(line: Sum, low: dict[Any, int], high: dict[Any, int]) -> bool:
    """What a sum says about its figures; whether that was news."""
    lows, highs = sum(low[part] for part in line.parts), sum(high[part] for part in line.parts)
    least, greatest = low[line.total], high[line.total]
    ranges = [(line.total, lows, highs)]
    ranges += [(p, least - highs + high[p], greatest - lows + low[p]) for p in line.parts]
    news = False
    for key, at_least, at_most in ranges:
        if at_least > low[key]:
            low[key], news = at_least, True
        if at_most < high[key]:
            high[key], news = at_most, True
    return news


def shown(counts: Mapping[K, int], gone: Collection[K]) -> dict[K, int | None]:
    """What may be published: None where a figure is hidden, or is empty."""
    return {key: None if key in gone or not count else count for key, count in counts.items()}
