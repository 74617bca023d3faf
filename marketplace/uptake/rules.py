"""How uptake is counted: filters, groups of districts, and what is never shown.

Every figure follows from two counts: orders (with their invoices) and the federal directory
of districts. Nothing is estimated. Amounts are whole US cents.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Self

from marketplace.core.disclosure import FEWEST_PEOPLE
from marketplace.directory.rules import SIZE_BANDS, SMALL_BELOW_PUPILS

#: Figures about fewer people than this are hidden (rule 7 of the product).
FEWEST_PUPILS = FEWEST_PEOPLE


class Locale(StrEnum):
    """The four kinds of place of the NCES locale framework (2006)."""

    CITY = "city"
    SUBURB = "suburb"
    TOWN = "town"
    RURAL = "rural"


#: The first digit of an NCES locale code says the kind of place.
LOCALE_OF_DIGIT = {"1": Locale.CITY, "2": Locale.SUBURB, "3": Locale.TOWN, "4": Locale.RURAL}
DIGIT_OF_LOCALE = {locale: digit for digit, locale in LOCALE_OF_DIGIT.items()}


@dataclass(frozen=True)
class Band:
    """Districts from `least` to `most` pupils; no `most` is open at the top."""

    key: str
    least: int
    most: int | None

    @property
    def words(self) -> str:
        if self.most is None:
            return f"{self.least:,} pupils or more"
        start = f"{self.least:,} to {self.most:,}" if self.least else f"Under {self.most + 1:,}"
        return f"{start} pupils"

    @property
    def is_small(self) -> bool:
        return self.most is not None and self.most < SMALL_BELOW_PUPILS


def _bands() -> tuple[Band, ...]:
    bands, least = [], 0
    for limit, _ in SIZE_BANDS:
        bands.append(Band(f"{least}-{limit - 1}" if least else f"under-{limit}", least, limit - 1))
        least = limit
    return (*bands, Band(f"{least}-up", least, None))


BANDS = _bands()
BAND_OF_KEY = {band.key: band for band in BANDS}


@dataclass(frozen=True)
class Filters:
    """What a reader asked for; None leaves a question open."""

    state: str | None = None
    locale: Locale | None = None
    size: Band | None = None
    year: int | None = None

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Self:
        """From the address of a page. What cannot be read is not asked."""
        state, year = asked.get("state", "").strip().upper(), asked.get("year", "")
        locale = asked.get("locale", "")
        return cls(
            state=state if len(state) == 2 and state.isascii() and state.isalpha() else None,
            locale=Locale(locale) if locale in list(Locale) else None,
            size=BAND_OF_KEY.get(asked.get("size", "")),
            year=int(year) if len(year) == 4 and year.isascii() and year.isdigit() else None,
        )

    def as_query(self) -> dict[str, str]:
        """What `read` turns back into these filters."""
        said = {
            "state": self.state,
            "locale": self.locale and str(self.locale),
            "size": self.size and self.size.key,
            "year": self.year and str(self.year),
        }
        return {name: value for name, value in said.items() if value}

    @property
    def asks_about_districts(self) -> bool:
        return bool(self.state or self.locale or self.size)


NO_FILTERS = Filters()


def school_year_of(day: date) -> int:
    """The year in which the school year (July 1 to June 30) of a day begins."""
    return day.year if day.month >= 7 else day.year - 1


def school_year_words(year: int) -> str:
    """2026 -> '2026–27'."""
    return f"{year}–{(year + 1) % 100:02}"


def school_year_days(year: int) -> tuple[date, date]:
    return date(year, 7, 1), date(year + 1, 6, 30)


@dataclass(frozen=True)
class Figures:
    """A group of districts in numbers.

    A district with fewer than 10 pupils adds nothing to `pupils` anywhere on the site, so its
    pupils cannot be worked out by taking one figure from another; it is counted in `hidden`.
    """

    districts: int = 0
    pupils: int = 0
    hidden: int = 0
    unknown: int = 0
    seats: int = 0
    ordered_cents: int = 0
    paid_cents: int = 0
    alone_cents: int = 0

    @property
    def saved_cents(self) -> int:
        """What the same seats would have cost each district alone, less what it was charged."""
        return self.alone_cents - self.ordered_cents

    @property
    def saved_bps(self) -> int:
        return self.saved_cents * 10_000 // self.alone_cents if self.alone_cents else 0

    @property
    def pupils_words(self) -> str:
        """'4,180', or why there is no number."""
        if self.pupils or not self.districts:
            return f"{self.pupils:,}"
        return "Hidden" if self.hidden else "Not known"

    @property
    def pupils_shown(self) -> int | None:
        """For downloads: empty where the page shows a word."""
        return self.pupils if self.pupils or not self.districts else None

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.districts + other.districts,
            self.pupils + other.pupils,
            self.hidden + other.hidden,
            self.unknown + other.unknown,
            self.seats + other.seats,
            self.ordered_cents + other.ordered_cents,
            self.paid_cents + other.paid_cents,
            self.alone_cents + other.alone_cents,
        )


NOTHING = Figures()


class Cell(NamedTuple):
    """Districts of one state, kind of place and size; each district is in exactly one cell."""

    state: str | None
    locale: Locale | None
    size: Band | None
    figures: Figures


class Known(NamedTuple):
    """How many small districts the federal directory lists of one kind."""

    state: str | None
    locale: Locale | None
    size: Band | None
    districts: int


class Line(NamedTuple):
    """One row of a breakdown: what it is about, in words, and how to ask for it alone."""

    key: str
    words: str
    figures: Figures


def total_of(cells: Iterable[Cell]) -> Figures:
    return sum((cell.figures for cell in cells), NOTHING)


def _grouped(cells: Iterable[Cell], key: Callable[[Cell], Any]) -> dict[Any, Figures]:
    groups: dict[Any, Figures] = {}
    for cell in cells:
        groups[key(cell)] = groups.get(key(cell), NOTHING) + cell.figures
    return groups


def by_state(cells: Sequence[Cell]) -> list[Line]:
    groups = _grouped(cells, lambda cell: cell.state)
    known = sorted(state for state in groups if state)
    return [Line(state, state, groups[state]) for state in known] + _not_known(groups)


def by_locale(cells: Sequence[Cell]) -> list[Line]:
    """All four kinds of place, also those where nobody was reached."""
    groups = _grouped(cells, lambda cell: cell.locale)
    lines = [Line(kind, kind.capitalize(), groups.get(kind, NOTHING)) for kind in Locale]
    return lines + _not_known(groups)


def by_size(cells: Sequence[Cell]) -> list[Line]:
    """All bands, also those where nobody was reached."""
    groups = _grouped(cells, lambda cell: cell.size)
    lines = [Line(band.key, band.words, groups.get(band, NOTHING)) for band in BANDS]
    return lines + _not_known(groups)


def _not_known(groups: Mapping[Any, Figures]) -> list[Line]:
    return [Line("", "Not known", groups[None])] if None in groups else []


def in_tens(percents: Mapping[int, int]) -> list[tuple[str, int]]:
    """Districts by what they saved, in steps of ten percent from 0 to the highest."""
    if not percents:
        return []
    last = max(0, *percents) // 10
    counts = dict.fromkeys(range(last + 1), 0)
    for percent, districts in percents.items():
        counts[max(percent, 0) // 10] += districts
    return [(f"{step * 10} to {step * 10 + 9}%", count) for step, count in counts.items()]
