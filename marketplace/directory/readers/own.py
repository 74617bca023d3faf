"""Our own CSV: columns named as the directory names them, each figure with year and source."""

from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.directory.readers import cells
from marketplace.directory.readers.reading import Facts, Reading, group
from marketplace.directory.rules import (
    COLUMNS_OF,
    GROUPS,
    LOCALES,
    UNKNOWN_YEAR,
    SourceKind,
)
from marketplace.directory.states import NAME_BY_CODE

SOURCE = "District Commons CSV"
_COUNTS = {"pupils", "children", "children_in_poverty", "people", "spending_per_pupil_cents"}
_BASIS_POINTS = {
    "frl_bps": 10_000,
    "teacher_wage_index_bps": 50_000,
    "teacher_wage_error_bps": 50_000,
}
_MAY_BE_UNDATED = {"name", "place"}


def knows(columns: Mapping[str, int]) -> bool:
    return columns.keys() >= {"leaid", "name", "state"}


def read(
    _name: str,
    columns: Mapping[str, int],
    _above: str,
    rows: Iterable[tuple[int, list[Any]]],
) -> Reading:
    groups = [g for g, members in GROUPS.items() if any(c in columns for c in members)]
    years = set()

    def cell(row: list[Any], column: str) -> Any:
        return row[columns[column]] if column in columns else None

    def value(row: list[Any], column: str) -> Any:
        written = cell(row, column)
        if column in _BASIS_POINTS:
            return cells.scaled(written, column, 1, _BASIS_POINTS[column])
        return cells.whole(written, column) if column in _COUNTS else cells.as_text(written)

    def read_row(row: list[Any]) -> Facts:
        facts: Facts = {"leaid": cells.leaid(cell(row, "leaid"))}
        for name in groups:
            values = {column: value(row, column) for column in GROUPS[name]}
            written = cells.as_text(cell(row, f"{name}_year"))
            known = any(v is not None for v in values.values())
            if known and written is None and name not in _MAY_BE_UNDATED:
                raise cells.BadCell(f"{GROUPS[name][0]} has no year")
            year = UNKNOWN_YEAR if written is None else cells.year(written)
            source = cells.as_text(cell(row, f"{name}_source")) or SOURCE
            facts |= group(name, year, source, **values)
            years.add(facts[COLUMNS_OF[name][-2]] or UNKNOWN_YEAR)
        _check(facts)
        return facts

    reading = Reading(SourceKind.OWN, vintage="").take(rows, read_row)
    reading.vintage = max(years, default=UNKNOWN_YEAR)
    return reading


def _check(facts: Facts) -> None:
    if facts["name"] is None:
        raise cells.BadCell("the district has no name")
    if facts["state"] not in NAME_BY_CODE:
        raise cells.BadCell(f"“{facts['state'] or ''}” is not a state")
    if facts.get("locale") is not None and facts["locale"] not in LOCALES:
        raise cells.BadCell(f"“{facts['locale']}” is not a locale code")
    if (facts.get("children_in_poverty") or 0) > (facts.get("children") or 0):
        raise cells.BadCell("there are more children in poverty than children")
