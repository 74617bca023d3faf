"""Which real districts play a part in the demonstration world, read from `seed/data`.

Everything in those files is a public record; see seed/data/README.md for year and source.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
TWIN_TIERS, OHIO_RIVER, HIGH_PLAINS = "twin-tiers", "ohio-river", "high-plains"
#: The district of buyer@demo.test and approver@demo.test: Afton Central, New York.
DEMO_DISTRICT = "3602400"
#: Larger ones buy alone; they are in the directory only, and so among "who is missing".
LARGEST = {TWIN_TIERS: 1_500, OHIO_RIVER: 2_100, HIGH_PLAINS: 3_500}
#: Members from other states, who may use a contract that was bid for them too.
GUESTS = 28


@dataclass(frozen=True)
class Place:
    leaid: str
    name: str
    city: str
    state: str
    pupils: int
    region: str


@dataclass(frozen=True)
class Agency:
    name: str
    short_name: str
    city: str
    state: str
    time_zone: str
    region: str


@cache
def districts() -> dict[str, Place]:
    """By LEAID, in the order of LEAIDs."""
    rows = sorted(_rows("districts.csv"), key=lambda row: row["leaid"])
    return {
        row["leaid"]: Place(
            row["leaid"],
            row["name"],
            row["city"],
            row["state"],
            int(row["pupils"] or 0),
            row["region"],
        )
        for row in rows
    }


@cache
def agencies() -> dict[str, Agency]:
    """The real service agency of each region."""
    return {
        row["region"]: Agency(
            row["name"],
            row["short_name"],
            row["city"],
            row["state"],
            row["time_zone"],
            row["region"],
        )
        for row in _rows("service_agencies.csv")
    }


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def members(region: str) -> tuple[Place, ...]:
    """Who joins the consortium of a region, in the order of joining."""
    own = [
        place
        for place in districts().values()
        if place.region == region and 60 <= place.pupils <= LARGEST[region]
    ]
    own.sort(key=lambda place: (place.leaid != DEMO_DISTRICT, place.leaid[::-1]))
    if region == HIGH_PLAINS:
        small = [place for place in members(OHIO_RIVER) if place.pupils < 2_100]
        own += small[:GUESTS]
    return tuple(own)


def everybody() -> list[Place]:
    """Every district that joins something, each once."""
    regions = (TWIN_TIERS, OHIO_RIVER, HIGH_PLAINS)
    return list({place.leaid: place for region in regions for place in members(region)}.values())
