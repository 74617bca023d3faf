"""NCES EDGE geocodes of public school agencies: name, address, county, locale and position."""

from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.directory.readers import cells
from marketplace.directory.readers.reading import Facts, Reading
from marketplace.directory.rules import LOCALES, SourceKind
from marketplace.directory.spelling import readable
from marketplace.directory.states import NAME_BY_CODE

SOURCE = "NCES EDGE public LEA geocodes"
COLUMNS = (
    *("LEAID", "NAME", "STREET", "CITY", "STATE", "ZIP", "CNTY", "NMCNTY", "LOCALE"),
    *("LAT", "LON", "SCHOOLYEAR"),
)


def knows(columns: Mapping[str, int]) -> bool:
    return columns.keys() >= set(COLUMNS)


def read(
    _name: str,
    columns: Mapping[str, int],
    _above: str,
    rows: Iterable[tuple[int, list[Any]]],
) -> Reading:
    at = [columns[column] for column in COLUMNS]
    reading = Reading(SourceKind.EDGE, vintage="")
    years: dict[Any, str] = {}
    as_text, missing = cells.as_text, cells.MISSING

    def read_row(row: list[Any]) -> Facts:
        values = [
            cell if cell.__class__ is str and cell not in missing else as_text(cell)
            for cell in [row[i] for i in at]
        ]
        (
            leaid,
            name,
            street,
            city,
            state,
            zip_code,
            fips,
            county,
            locale,
            lat,
            lon,
            year,
        ) = values
        if year not in years:
            years[year] = cells.year(year)
        year = years[year]
        if name is None:
            raise cells.BadCell("the district has no name")
        if state not in NAME_BY_CODE:
            raise cells.BadCell(f"“{state or ''}” is not a state")
        if locale is not None and locale not in LOCALES:
            raise cells.BadCell(f"“{locale}” is not a locale code")
        return {
            "leaid": cells.leaid(leaid),
            "name": readable(name),
            "name_year": year,
            "name_source": SOURCE,
            "street": readable(street) if street else None,
            "city": readable(city) if city else None,
            "state": state,
            "zip": zip_code,
            "county_fips": fips,
            "county_name": county,
            "locale": locale,
            "latitude": lat,
            "longitude": lon,
            "place_year": year,
            "place_source": SOURCE,
        }

    reading.take(rows, read_row)
    reading.vintage = max(years.values(), default="")
    return reading
