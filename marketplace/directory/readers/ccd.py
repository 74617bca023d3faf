"""The CCD directory as the Urban Institute's Education Data Portal gives it: labels, not codes.

`year` is the autumn a school year begins in: 2021 is 2021-22.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.directory.readers import cells
from marketplace.directory.readers.reading import Facts, Reading, group
from marketplace.directory.rules import LOCALES, SourceKind
from marketplace.directory.spelling import readable
from marketplace.directory.states import NAME_BY_CODE

SOURCE = "NCES Common Core of Data (Urban Institute)"
COLUMNS = (
    *(
        "leaid",
        "year",
        "lea_name",
        "street_location",
        "city_location",
        "state_location",
    ),
    *("zip_location", "county_code", "county_name", "urban_centric_locale"),
    *("latitude", "longitude", "enrollment"),
)
_CODE_BY_LABEL = {label.replace(",", ""): code for code, label in LOCALES.items()}


def knows(columns: Mapping[str, int]) -> bool:
    return columns.keys() >= set(COLUMNS)


def read(
    _name: str,
    columns: Mapping[str, int],
    _above: str,
    rows: Iterable[tuple[int, list[Any]]],
) -> Reading:
    at = [columns[column] for column in COLUMNS]
    years = set()

    def read_row(row: list[Any]) -> Facts:
        leaid = cells.leaid(row[at[0]])
        starts, name, street, city, state, *rest = (cells.as_text(row[i]) for i in at[1:])
        zip_code, county_fips, county, locale, latitude, longitude, pupils = rest
        if name is None:
            raise cells.BadCell("the district has no name")
        if state not in NAME_BY_CODE:
            raise cells.BadCell(f"“{state or ''}” is not a state")
        if locale is not None and locale not in _CODE_BY_LABEL:
            raise cells.BadCell(f"“{locale}” is not a locale")
        year = cells.school_year(int(cells.year(starts)) + 1)
        years.add(year)
        return {
            "leaid": leaid,
            **group("name", year, SOURCE, name=readable(name)),
            **group(
                "place",
                year,
                SOURCE,
                street=street and readable(street),
                city=city and readable(city),
                state=state,
                zip=zip_code,
                county_fips=county_fips,
                county_name=county,
                locale=_CODE_BY_LABEL.get(locale or ""),
                latitude=latitude,
                longitude=longitude,
            ),
            **group("pupils", year, SOURCE, pupils=cells.whole(pupils, "pupils")),
        }

    reading = Reading(SourceKind.CCD, vintage="").take(rows, read_row)
    reading.vintage = max(years, default="")
    return reading
