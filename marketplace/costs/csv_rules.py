"""Pasted lists of members and price bands: read what people paste, and say what to mend.

Commas, semicolons and tabs part the columns; a first line with words in place of numbers is a
header. "1,234" is one number where the columns leave no doubt: quoted, between tabs or
semicolons, or where a comma and a space part the columns. Every bad row is listed with its
number and how to mend it.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.core.money import LARGEST_CENTS
from marketplace.pricing.rules import MOST_SEATS_EACH, Band, Member

#: More than every district of the country ten times over; beyond that nothing is read.
MOST_ROWS = 150_000
LONGEST_NAME = 120
SEPARATORS = ("\t", ";", ",")
COLUMNS = ("id", "seats", "pupils", "limit")
#: What a header may call each column.
CALLED = {
    "id": ["id", "name", "district", "member", "leaid"],
    "seats": ["seats", "seat", "licences", "licenses", "licence", "license"],
    "pupils": ["pupils", "pupil", "students", "student", "enrollment", "enrolment"],
    "limit": ["limit", "max", "maximum", "most", "budget"],
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` counts lines as an editor does, from 1; 0 is about all of them."""

    row: int
    words: str

    def __str__(self) -> str:
        return f"Row {self.row:,}: {self.words}" if self.row else self.words


@dataclass(frozen=True, slots=True)
class Reading:
    members: list[Member]
    problems: list[Problem]


class _Bad(ValueError):
    """A cell that cannot be read; the words say how to mend it."""


def read_members(text: str) -> Reading:
    """Members out of pasted text: name or id, seats, pupils, the most it will pay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    if lines.count("\n") >= MOST_ROWS:
        many = lines.strip("\n").count("\n") + 1
        words = f"The list has {many:,} rows. At most {MOST_ROWS:,} can be read at once."
        return Reading([], [Problem(0, words)])
    members: list[Member] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    places: Mapping[str, int] | None = None
    for row, cells in _rows(lines):
        if places is None:
            places, problem = _header(cells)
            if problem:
                return Reading([], [Problem(row, problem)])
            if places:
                continue
            places = dict(zip(COLUMNS, range(len(COLUMNS))))
        try:
            member = _member(cells, places)
        except _Bad as bad:
            problems.append(Problem(row, str(bad)))
            continue
        if member.id in seen:
            words = f"“{member.id}” stands in row {seen[member.id]:,} already. List it once."
            problems.append(Problem(row, words))
            continue
        seen[member.id] = row
        members.append(member)
    if not members and not problems:
        problems.append(Problem(0, "Paste at least one district, such as “Maple Valley, 620”."))
    return Reading(members, problems)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every line that is not blank; the separator is found line by line."""
    for row, line in enumerate(text.split("\n"), 1):
        if not line.strip().strip(",;\t "):
            continue
        yield row, [" ".join(cell.split()) for cell in _cells(line)]


#: A comma between digits, as in 1,234.
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def _cells(line: str) -> list[str]:
    bare = re.sub(r'"[^"]*"', "", line)
    separator = next((mark for mark in SEPARATORS if mark in bare), ",")
    borders = THOUSANDS.sub("", bare)
    if separator == "," and ", " in borders and not re.search(r",(?!\s)", borders):
        line = THOUSANDS.sub("", line)  # "Maple, 1,234": only the comma and space is a border
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return line.split(separator)


def _header(cells: Sequence[str]) -> tuple[dict[str, int], str]:
    """Where each column stands, if this line is a header; and what is wrong with it."""
    if any(re.search(r"\d", cell) for cell in cells):
        return {}, ""
    said = [re.sub(r"[^a-z ]", " ", cell.lower()).split() for cell in cells]
    places: dict[str, int] = {}
    for column, names in CALLED.items():
        for place, words in enumerate(said):
            if column not in places and place not in places.values() and set(words) & set(names):
                places[column] = place
    if not places:
        return {}, ""
    if "seats" not in places:
        return {}, "The header has no column “seats”. Name it so, or leave the header out."
    if "id" not in places:
        return {}, "The header has no column “name” or “id”. Name it so, or leave the header out."
    return places, ""


def _member(cells: Sequence[str], places: Mapping[str, int]) -> Member:
    def cell(column: str) -> str:
        place = places.get(column)
        return cells[place] if place is not None and place < len(cells) else ""

    if len(cells) > max(places.values()) + 1 and any(cells[max(places.values()) + 1 :]):
        raise _Bad(
            f"There are {len(cells)} columns. Keep name, seats, pupils, limit; write 1234 or "
            "“1,234” in quotes."
        )
    name = cell("id")
    if not name:
        raise _Bad("The name is missing. Put a name or an id first.")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise _Bad(f"The name is too long or unreadable. Use {LONGEST_NAME} letters at most.")
    if not cell("seats"):
        raise _Bad(f"The seats of “{name}” are missing. Write them after the name.")
    pupils, limit = cell("pupils"), cell("limit")
    return Member(
        id=name,
        seats=whole(cell("seats"), "seats", 1, MOST_SEATS_EACH),
        pupils=whole(pupils, "pupils", 0, MOST_SEATS_EACH) if pupils else None,
        limit_cents=cents(limit, "limit") if limit else None,
    )


def whole(text: str, what: str, least: int, most: int) -> int:
    """'1,234', '1 234' and '1234' are the same number; nothing else is one."""
    wanted = f"Write a whole number from {least} to {most:,} for {what}"
    if not re.fullmatch(r"\d{1,3}([, ]\d{3})+|\d{1,15}", text, re.ASCII):
        raise _Bad(f"{wanted}, not “{text[:40]}”.")
    number = int(text.replace(",", "").replace(" ", ""))
    if not least <= number <= most:
        raise _Bad(f"{wanted}, not {text[:40]}.")
    return number


def seats_of(text: str) -> int:
    """What-if seats of one member; nothing typed is none."""
    return whole(" ".join(text.split()), "seats", 0, MOST_SEATS_EACH) if text.strip() else 0


def cents(text: str, what: str) -> int:
    """'$9,500', '9500.5' and '9,500.00' in whole cents."""
    bare = text.replace("$", "").strip()
    found = re.fullmatch(r"(\d{1,3}(?:[, ]\d{3})+|\d{1,16})(?:\.(\d{1,2}))?", bare, re.ASCII)
    if found is None:
        raise _Bad(f"Write the {what} in dollars, such as 9500.00, not “{text[:40]}”.")
    amount = int(re.sub(r"[, ]", "", found[1])) * 100 + int((found[2] or "").ljust(2, "0"))
    if amount > LARGEST_CENTS:
        raise _Bad(f"The {what} of {text[:40]} is too large.")
    return amount


def read_bands(text: str) -> tuple[list[Band], list[Problem]]:
    """'1, 16.00' a line: from how many seats on, and the price of one in dollars."""
    bands: list[Band] = []
    problems: list[Problem] = []
    for row, cells in _rows(text.replace("\r\n", "\n").replace("\r", "\n")):
        if row == 1 and not any(re.search(r"\d", cell) for cell in cells):
            continue  # a header
        filled = [cell for cell in cells if cell]
        try:
            if len(filled) != 2:
                raise _Bad("Write two numbers, such as “2500, 13.50”: from, and the price of one.")
            start = whole(filled[0], "from", 0, 100_000_000)
            bands.append(Band(start, cents(filled[1], "price")))
        except _Bad as bad:
            problems.append(Problem(row, str(bad)))
    return bands, problems


def document(
    schedule: Mapping[str, Any], members: Iterable[Member], terms: Mapping[str, Any], seed: str
) -> dict[str, Any]:
    """The input of `marketplace split`, with everything that was decided."""
    rows = [
        {
            "id": each.id,
            "seats": each.seats,
            "pupils": each.pupils,
            "limit_cents": each.limit_cents,
        }
        for each in members
    ]
    return {"schedule": dict(schedule), "members": rows, **terms, "seed": seed}
