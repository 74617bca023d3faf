"""NCES EDGE Comparable Wage Index for Teachers by district: text, tab-separated, ISO-8859-1.

The index is 1.000 for the nation. Published tables do not state their year inside; it is
taken from a year column when there is one, else from the name NCES gives the file
(EDGE_ACS_CWIFT2021_LEA2122.txt), else it stays unknown and gives way to any known year.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.directory.readers import cells
from marketplace.directory.readers.reading import Facts, Reading, group
from marketplace.directory.rules import UNKNOWN_YEAR, SourceKind
from marketplace.directory.spelling import readable
from marketplace.directory.states import CODE_BY_FIPS

SOURCE = "NCES EDGE CWIFT"
_FILE_YEAR = re.compile(r"CWIFT_?(\d{4})", re.IGNORECASE)
_YEAR_COLUMNS = ("YEAR", "SURVYEAR", "SCHOOLYEAR")


def knows(columns: Mapping[str, int]) -> bool:
    return columns.keys() >= {"LEAID", "LEA_CWIFTEST"}


def read(
    name: str,
    columns: Mapping[str, int],
    _above: str,
    rows: Iterable[tuple[int, list[Any]]],
) -> Reading:
    in_name = _FILE_YEAR.search(name)
    reading = Reading(
        SourceKind.CWIFT,
        vintage=in_name[1] if in_name else UNKNOWN_YEAR,
        starters=frozenset({"state", "name", "name_year", "name_source"}),
    )
    at_year = next((columns[c] for c in _YEAR_COLUMNS if c in columns), None)
    at_id, at_index = columns["LEAID"], columns["LEA_CWIFTEST"]
    at_name, at_error = columns.get("LEA_NAME"), columns.get("LEA_CWIFTSE")
    years = set()

    def read_row(row: list[Any]) -> Facts:
        leaid = cells.leaid(row[at_id].strip('"'))
        year = reading.vintage if at_year is None else cells.year(row[at_year])
        years.add(year)
        index = cells.scaled(row[at_index], "wage index", 10_000, most=50_000)
        error = None
        if at_error is not None:
            error = cells.scaled(row[at_error], "standard error", 10_000, most=50_000)
        district = cells.as_text(row[at_name].strip('"')) if at_name is not None else None
        return {
            "leaid": leaid,
            "state": CODE_BY_FIPS.get(leaid[:2]),
            **group("name", year, SOURCE, name=district and readable(district)),
            **group(
                "wages",
                year,
                SOURCE,
                teacher_wage_index_bps=index,
                teacher_wage_error_bps=error if index is not None else None,
            ),
        }

    reading.take(rows, read_row)
    reading.vintage = max(years, default=reading.vintage)
    return reading
