"""What every reader gives back, and the loop they share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from marketplace.directory.readers.cells import BadCell
from marketplace.directory.rules import SourceKind

Facts = dict[str, Any]


@dataclass(frozen=True)
class Rejected:
    row: int
    reason: str


@dataclass
class Reading:
    """The districts of one file. `starters` are columns used only for a district not yet known."""

    kind: SourceKind
    vintage: str
    starters: frozenset[str] = frozenset()
    read: int = 0
    rows: dict[str, tuple[int, Facts]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)

    def take(
        self,
        rows: Iterable[tuple[int, list[Any]]],
        read_row: Callable[[list[Any]], Facts],
    ) -> "Reading":
        """Read every row; one that cannot be is listed with its reason and the rest go on."""
        taken = self.rows
        for number, row in rows:
            self.read += 1
            try:
                facts = read_row(row)
                first = taken.setdefault(facts["leaid"], (number, facts))
                if first[0] != number:
                    raise BadCell(f"district {facts['leaid']} is already in row {first[0]}")
            except BadCell as problem:
                self.rejected.append(Rejected(number, str(problem)))
            except IndexError:
                self.rejected.append(Rejected(number, "the row has too few columns"))
        return self


def group(name: str, year: str, source: str, /, **values: Any) -> Facts:
    """A group's columns with year and source, which stay empty when every value is missing."""
    known = any(value is not None for value in values.values())
    return {
        **values,
        f"{name}_year": year if known else None,
        f"{name}_source": source if known else None,
    }
