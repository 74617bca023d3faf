"""The words and rules of the directory of districts. Plain values in, plain values out."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any


class SourceKind(StrEnum):
    """The files the directory can read; each is recognised by what is in it."""

    EDGE = "edge"
    SAIPE = "saipe"
    ELSI = "elsi"
    CWIFT = "cwift"
    CCD = "ccd"
    OWN = "own"


UNKNOWN_YEAR = ""  # sorts before every year, so it gives way to any

# A group of columns that one release states together. Its year and source stand in
# `<group>_year` and `<group>_source`; a release replaces the whole group or none of it.
GROUPS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "place": (
        "street",
        "city",
        "state",
        "zip",
        "county_fips",
        "county_name",
        "locale",
        "latitude",
        "longitude",
    ),
    "pupils": ("pupils",),
    "poverty": ("children", "children_in_poverty", "people"),
    "frl": ("frl_bps",),
    "spending": ("spending_per_pupil_cents",),
    "wages": ("teacher_wage_index_bps", "teacher_wage_error_bps"),
    "state_id": ("state_agency_id",),
}
COLUMNS_OF = {
    group: (*columns, f"{group}_year", f"{group}_source") for group, columns in GROUPS.items()
}

# NCES urban-centric locale framework (2006): 12 codes, four kinds of place.
LOCALES = {
    "11": "City, large",
    "12": "City, midsize",
    "13": "City, small",
    "21": "Suburb, large",
    "22": "Suburb, midsize",
    "23": "Suburb, small",
    "31": "Town, fringe",
    "32": "Town, distant",
    "33": "Town, remote",
    "41": "Rural, fringe",
    "42": "Rural, distant",
    "43": "Rural, remote",
}
SMALL_BELOW_PUPILS = 2_500
HIGH_NEED_FROM_BPS = 2_000
SIZE_BANDS = ((250, "<250"), (500, "<500"), (1_000, "<1000"), (2_500, "<2500"))


def locale_name(code: str | None) -> str:
    return LOCALES.get(code or "", "Not known")


def is_rural(locale: str | None) -> bool:
    """NCES locale 41, 42 or 43."""
    return (locale or "").startswith("4")


def size_band(pupils: int | None) -> str | None:
    """The band of a district's enrolment, or None when nobody has reported it."""
    if pupils is None:
        return None
    return next((band for limit, band in SIZE_BANDS if pupils < limit), "2500+")


def is_small(pupils: int | None) -> bool:
    """Fewer than 2,500 pupils; a district of unknown size is not called small."""
    return pupils is not None and pupils < SMALL_BELOW_PUPILS


def poverty_bps(children: int | None, in_poverty: int | None) -> int | None:
    """Children 5-17 in poverty per 10,000 (Census SAIPE); none known where none live."""
    if not children or in_poverty is None:
        return None
    return (in_poverty * 10_000 + children // 2) // children


def is_high_need(children: int | None, in_poverty: int | None) -> bool:
    """At least 20 % of the children 5-17 are in poverty, counted exactly, not rounded."""
    if not children or in_poverty is None:
        return False
    return in_poverty * 10_000 >= HIGH_NEED_FROM_BPS * children


def changes(
    known: Mapping[str, Any], found: Mapping[str, Any], groups: Iterable[str]
) -> dict[str, Any]:
    """The columns of `found` that should replace those of `known`.

    A group gives way only to the same or a later year, and never to nothing: a year that is
    missing a figure leaves the last one known, with its own year.
    """
    new: dict[str, Any] = {}
    for group in groups:
        year, known_year = found[f"{group}_year"], known[f"{group}_year"]
        if year is None or (known_year is not None and year < known_year):
            continue
        for column in COLUMNS_OF[group]:
            if found[column] != known[column]:
                new[column] = found[column]
    return new
