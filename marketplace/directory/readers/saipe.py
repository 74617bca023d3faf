"""Census SAIPE: children of each school district and how many of them are in poverty.

A district's ID is in two cells, state number and five digits, and either may have been turned
into a number. The areas of districts overlap, so the population of one is never added to others.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.directory.readers import cells
from marketplace.directory.readers.reading import Facts, Reading, group
from marketplace.directory.rules import SourceKind
from marketplace.directory.states import CODE_BY_FIPS

SOURCE = "Census SAIPE"
STATE, DISTRICT, NAME = "State FIPS Code", "District ID", "Name"
CHILDREN = "Estimated Population 5-17"
PEOPLE = "Estimated Total Population"
IN_POVERTY = "Estimated number of relevant children 5 to 17 years old in poverty"
_TITLE = re.compile(r"\b((?:19|20)\d\d) Poverty Estimates")


def knows(columns: Mapping[str, int]) -> bool:
    return columns.keys() >= {STATE, DISTRICT, NAME, CHILDREN} and bool(_poverty(columns))


def _poverty(columns: Mapping[str, int]) -> list[int]:
    return [at for column, at in columns.items() if column.startswith(IN_POVERTY)]


def read(
    name: str,
    columns: Mapping[str, int],
    above: str,
    rows: Iterable[tuple[int, list[Any]]],
) -> Reading:
    if not (title := _TITLE.search(above)):
        raise RuleBroken(f"{name}: the title above the table does not say which year it is for.")
    year = title[1]
    at_state, at_district, at_name = (columns[c] for c in (STATE, DISTRICT, NAME))
    at_children, (at_poverty, *_) = columns[CHILDREN], _poverty(columns)
    at_people = columns.get(PEOPLE)

    def read_row(row: list[Any]) -> Facts:
        fips = _digits(row[at_state], 2, "state number")
        leaid = fips + _digits(row[at_district], 5, "district ID")
        if fips not in CODE_BY_FIPS:
            raise cells.BadCell(f"“{fips}” is not a state number")
        district = cells.as_text(row[at_name])
        if district is None:
            raise cells.BadCell("the district has no name")
        children = cells.whole(row[at_children], "children")
        in_poverty = cells.whole(row[at_poverty], "children in poverty")
        people = None if at_people is None else cells.whole(row[at_people], "people")
        if (in_poverty or 0) > (children or 0):
            raise cells.BadCell(f"{in_poverty} children in poverty are more than all {children}")
        return {
            "leaid": leaid,
            "state": CODE_BY_FIPS[fips],
            **group("name", year, SOURCE, name=district),
            **group(
                "poverty",
                year,
                SOURCE,
                children=children,
                children_in_poverty=in_poverty,
                people=people,
            ),
        }

    return Reading(SourceKind.SAIPE, year, starters=frozenset({"state"})).take(rows, read_row)


def _digits(cell: Any, width: int, what: str) -> str:
    """Text of fixed width; a spreadsheet's number gets its leading zeros back."""
    written = cells.as_text(cell) or ""
    padded = written.zfill(width)
    if not written.isdigit() or len(padded) != width:
        raise cells.BadCell(f"{what} “{written[:20]}” is not {width} digits")
    return padded
