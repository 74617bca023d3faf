"""Tables from ELSI, the NCES table generator: its own export, and the two joins made of it.

The export states the year in each column's heading ("... [District] 2019-20"); the joins in a
column's ending (enroll_24 is 2023-24), save for the lunch table, which was only made for 2021-22.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.directory.readers import cells
from marketplace.directory.readers.reading import Facts, Reading, group
from marketplace.directory.rules import SourceKind
from marketplace.directory.spelling import readable
from marketplace.directory.states import CODE_BY_FIPS

SOURCE = "NCES Common Core of Data (ELSI)"
LUNCH_COLUMNS = {"district_id", "school", "enroll_d", "frl_enroll_d", "pct_frl"}
LUNCH_YEAR = "2021-22"
MOST_PER_PUPIL_CENTS = 100_000_000
_ENDING = re.compile(r"(enroll|expend_per_pupil)_(\d\d)")
_HEADING = re.compile(r"(.+?) \[District\] (\d{4}-\d\d)$")
_EXPORTED = {
    "Total Students, All Grades": "pupils",
    "Total Students All Grades": "pupils",
    "State Agency ID": "state_id",
}

Rows = Iterable[tuple[int, list[Any]]]


def knows(columns: Mapping[str, int]) -> bool:
    return bool(
        _export_key(columns)
        or columns.keys() >= LUNCH_COLUMNS
        or ("district_id" in columns and any(_ENDING.fullmatch(column) for column in columns))
    )


def read(_name: str, columns: Mapping[str, int], _above: str, rows: Rows) -> Reading:
    if _export_key(columns):
        return _read_export(columns, rows)
    if columns.keys() >= LUNCH_COLUMNS:
        return _read_lunches(columns, rows)
    return _read_join(columns, rows)


def _export_key(columns: Mapping[str, int]) -> str | None:
    if "Agency Name" not in columns:
        return None
    return next((c for c in columns if c.startswith("Agency ID - NCES Assigned")), None)


def _exported(cell: Any) -> Any:
    """The CSV form of an export writes identifiers as ="0100005" to keep spreadsheets off."""
    return cell[2:-1] if isinstance(cell, str) and cell.startswith('="') else cell


def _read_export(columns: Mapping[str, int], rows: Rows) -> Reading:
    at_id, at_name = columns[_export_key(columns) or ""], columns["Agency Name"]
    newest: dict[str, tuple[str, int]] = {}
    for column, at in columns.items():
        if match := _HEADING.match(column):
            for heading, fact in _EXPORTED.items():
                if match[1].startswith(heading):
                    newest[fact] = max(newest.get(fact, ("", 0)), (match[2], at))
    pupils_year, at_pupils = newest.get("pupils", ("", None))
    state_id_year, at_state_id = newest.get("state_id", ("", None))
    vintage = max(pupils_year, state_id_year)

    def read_row(row: list[Any]) -> Facts:
        leaid = cells.leaid(_exported(row[at_id]))
        name = cells.as_text(row[at_name])
        if name is None:
            raise cells.BadCell("the agency has no name")
        facts = {"leaid": leaid, "state": CODE_BY_FIPS.get(leaid[:2]), "name": readable(name)}
        facts |= {"name_year": vintage, "name_source": SOURCE}
        if at_pupils is not None:
            pupils = cells.whole(_exported(row[at_pupils]), "pupils")
            facts |= group("pupils", pupils_year, SOURCE, pupils=pupils)
        if at_state_id is not None:
            state_id = cells.as_text(_exported(row[at_state_id]))
            facts |= group("state_id", state_id_year, SOURCE, state_agency_id=state_id)
        return facts

    # Names of an export are shortened, so they only serve a district that is not known yet.
    starters = frozenset({"state", "name", "name_year", "name_source"})
    districts = ((number, row) for number, row in rows if any(row[1:]))  # the notes have one cell
    return Reading(SourceKind.ELSI, vintage, starters).take(districts, read_row)


def _read_lunches(columns: Mapping[str, int], rows: Rows) -> Reading:
    at_id, at_pupils, at_share = (columns[c] for c in ("district_id", "enroll_d", "pct_frl"))

    def read_row(row: list[Any]) -> Facts:
        pupils = cells.whole(row[at_pupils], "pupils")
        share = cells.scaled(row[at_share], "free or reduced-price share", 10_000, most=10_000)
        return {
            "leaid": cells.leaid(row[at_id]),
            **group("pupils", LUNCH_YEAR, SOURCE, pupils=pupils),
            **group("frl", LUNCH_YEAR, SOURCE, frl_bps=share),
        }

    return Reading(SourceKind.ELSI, LUNCH_YEAR).take(rows, read_row)


def _read_join(columns: Mapping[str, int], rows: Rows) -> Reading:
    endings = [match for match in map(_ENDING.fullmatch, columns) if match]
    newest = {match[1]: match for match in sorted(endings, key=lambda match: match[2])}
    year = {what: cells.school_year(2000 + int(match[2])) for what, match in newest.items()}
    at = {what: columns[match[0]] for what, match in newest.items()}
    vintage = max(year.values())
    at_id, at_name = columns["district_id"], columns.get("district")

    def read_row(row: list[Any]) -> Facts:
        leaid = cells.leaid(row[at_id])
        facts: Facts = {"leaid": leaid, "state": CODE_BY_FIPS.get(leaid[:2])}
        if at_name is not None:
            name = cells.as_text(row[at_name])
            facts |= group("name", vintage, SOURCE, name=name and readable(name))
        if "enroll" in at:
            pupils = cells.whole(row[at["enroll"]], "pupils")
            facts |= group("pupils", year["enroll"], SOURCE, pupils=pupils)
        if "expend_per_pupil" in at:
            cents = cells.scaled(
                row[at["expend_per_pupil"]],
                "spending per pupil",
                100,
                MOST_PER_PUPIL_CENTS,
            )
            facts |= group(
                "spending",
                year["expend_per_pupil"],
                SOURCE,
                spending_per_pupil_cents=cents,
            )
        return facts

    return Reading(SourceKind.ELSI, vintage, starters=frozenset({"state"})).take(rows, read_row)
