"""A vendor's price schedule: its five forms, and the JSON it is stored and exchanged as."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marketplace.core.money import LARGEST_CENTS
from marketplace.pricing.refusals import refuse

#: No school system on earth needs more; a larger number is a slip of the keyboard.
LARGEST_SEATS = 100_000_000
MOST_BANDS = 1_000


class Form(StrEnum):
    FLAT = "flat"
    PER_SEAT = "per_seat"
    GRADUATED = "graduated"
    VOLUME = "volume"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Band:
    """From this many seats (pupils, for `site`) on, one seat (one district) costs `unit_cents`."""

    starts_at: int
    unit_cents: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """The price of any number of seats, whatever the form.

    The cost of y seats is min(cap, max(minimum, platform fee + what the bands say)).
    `flat` has a `total_cents` and no bands.

    The bands of `site` are by pupils and their prices are for one district: each district's
    own pupils pick its band, and a pool pays the sum of those prices. So pooling never moves
    a district to another band; what it shares is the platform fee, the minimum and the cap.

    `combinable`: the vendor sells several licences to one buyer, each with its own fee,
    minimum and cap, where that costs less than one.
    """

    form: Form
    bands: tuple[Band, ...] = ()
    platform_fee_cents: int = 0
    minimum_cents: int = 0
    cap_cents: int | None = None
    total_cents: int | None = None
    combinable: bool = False

    def __post_init__(self) -> None:
        refuse(_problems(self))

    def to_json(self) -> dict[str, Any]:
        """The exact shape that `schedule_from_json` reads back."""
        written: dict[str, Any] = {
            "form": self.form.value,
            "platform_fee_cents": self.platform_fee_cents,
            "minimum_cents": self.minimum_cents,
            "cap_cents": self.cap_cents,
        }
        if self.combinable:
            written["combinable"] = True
        if self.form is Form.FLAT:
            return written | {"total_cents": self.total_cents}
        bands = [{"from": band.starts_at, "unit_cents": band.unit_cents} for band in self.bands]
        return written | {"bands": bands}


def schedule_from_json(document: object) -> Schedule:
    """Read a schedule; a `PricingRefused` lists every problem at once."""
    if not isinstance(document, Mapping):
        refuse(['schedule: must be an object such as {"form": "per_seat", "bands": […]}.'])
    assert isinstance(document, Mapping)
    forms = [form.value for form in Form]
    if document.get("form") not in forms:
        refuse(
            [f"schedule.form: must be one of {', '.join(forms)}, not {_said(document, 'form')}."]
        )

    problems: list[str] = []
    form = Form(document["form"])
    fee = _cents(document, "platform_fee_cents", 0, problems)
    minimum = _cents(document, "minimum_cents", 0, problems)
    cap = _cents(document, "cap_cents", None, problems)
    total = _cents(document, "total_cents", None, problems) if form is Form.FLAT else None
    bands = () if form is Form.FLAT else _bands(document.get("bands"), problems)
    combinable = document.get("combinable", False)
    if not isinstance(combinable, bool):
        problems.append(f"schedule.combinable: must be true or false, not {short(combinable)}.")
    refuse(problems)
    return Schedule(form, bands, fee or 0, minimum or 0, cap, total, combinable)


def is_whole(value: object) -> bool:
    """A whole number that is not true or false (which Python counts as 1 and 0)."""
    return isinstance(value, int) and not isinstance(value, bool)


def _said(document: Mapping[str, Any], key: str) -> str:
    return short(document[key]) if key in document else "missing"


def short(value: object) -> str:
    """A value as the person wrote it, short enough for one line."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > 200:
        return "a number with more than 60 digits"
    text = " ".join(str(value).split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text[:41])
    text = text if len(text) <= 40 else text[:37] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def _cents(
    document: Mapping[str, Any], key: str, default: int | None, problems: list[str]
) -> int | None:
    value = document.get(key, default)
    if value is None:
        return default
    if not is_whole(value):
        problems.append(f"schedule.{key}: must be a whole number of cents, not {short(value)}.")
        return default
    return int(value)


def _bands(listed: object, problems: list[str]) -> tuple[Band, ...]:
    if not isinstance(listed, list) or not listed:
        problems.append(
            'schedule.bands: needs at least one band, such as {"from": 1, "unit_cents": 900}.'
        )
        return ()
    if len(listed) > MOST_BANDS:
        problems.append(f"schedule.bands: has {len(listed):,} bands; at most {MOST_BANDS:,} fit.")
        return ()
    bands = []
    for number, band in enumerate(listed, start=1):
        where = f"schedule.bands, band {number}"
        if not isinstance(band, Mapping):
            problems.append(f'{where}: must be an object with "from" and "unit_cents".')
            continue
        starts_at, unit_cents = band.get("from"), band.get("unit_cents")
        following = listed[number] if number < len(listed) else None
        if said := _end_problem(where, band.get("to"), starts_at, following):
            problems.append(said)
        elif not is_whole(starts_at):
            problems.append(f'{where}: "from" must be a whole number, not {_said(band, "from")}.')
        elif not is_whole(unit_cents):
            problems.append(
                f'{where}: "unit_cents" must be a whole number of cents, '
                f"not {_said(band, 'unit_cents')}."
            )
        else:
            bands.append(Band(int(starts_at), int(unit_cents)))  # type: ignore[arg-type]
    return tuple(bands)


def _end_problem(where: str, ends_at: object, starts_at: object, following: object) -> str | None:
    """A band may say where it ends ("to"); then the next one must begin right after it."""
    if ends_at is None or not is_whole(starts_at):
        return None
    if not is_whole(ends_at) or ends_at < starts_at:  # type: ignore[operator]
        return f'{where}: "to" must be a whole number from {starts_at} up, not {short(ends_at)}.'
    after = ends_at + 1  # type: ignore[operator]
    if following is None:
        return f'{where}: is the last and ends at {ends_at:,}; leave its "to" out, or add a band.'
    starts = following.get("from") if isinstance(following, Mapping) else None
    if not is_whole(starts) or starts == after:
        return None
    if starts < after:  # type: ignore[operator]
        return (
            f"{where}: ends at {ends_at:,} and overlaps the next band, which starts at {starts:,}."
        )
    return (
        f"{where}: ends at {ends_at:,} and the next band starts at {starts:,}, so "
        f"{after:,} has no price; let them meet."
    )


def _problems(schedule: Schedule) -> list[str]:
    """What is wrong with the schedule as a price, in the order of its fields."""
    amounts = {
        "platform_fee_cents": schedule.platform_fee_cents,
        "minimum_cents": schedule.minimum_cents,
        "cap_cents": schedule.cap_cents,
        "total_cents": schedule.total_cents,
    }
    problems = [
        problem
        for name, cents in amounts.items()
        if cents is not None and (problem := _amount_problem(f"schedule.{name}", cents))
    ]
    if schedule.cap_cents is not None and schedule.minimum_cents > schedule.cap_cents:
        problems.append("schedule.minimum_cents: is above cap_cents, so no price can meet both.")
    if schedule.form is Form.FLAT:
        if schedule.total_cents is None:
            problems.append("schedule.total_cents: a flat price needs its total in cents.")
        return problems
    return problems + _band_problems(schedule)


def _amount_problem(where: str, cents: int) -> str | None:
    if cents < 0:
        return f"{where}: must not be negative."
    if cents > LARGEST_CENTS:
        return f"{where}: is above 10^17 cents, the largest amount kept here."
    return None


def _band_problems(schedule: Schedule) -> list[str]:
    if not schedule.bands:
        return ["schedule.bands: needs at least one band."]
    problems = []
    first, unit = (
        schedule.bands[0].starts_at,
        "pupil" if schedule.form is Form.SITE else "seat",
    )
    if first != 1 and not (first == 0 and schedule.form is Form.SITE):
        problems.append(
            f'schedule.bands, band 1: "from" must be 1, so that every {unit} has a price.'
        )
    if schedule.form is Form.PER_SEAT and len(schedule.bands) > 1:
        problems.append(
            "schedule.bands: per_seat has one price; use graduated or volume for several bands."
        )
    for number, band in enumerate(schedule.bands, start=1):
        where = f"schedule.bands, band {number}"
        if problem := _amount_problem(where + ', "unit_cents"', band.unit_cents):
            problems.append(problem)
        if schedule.form is Form.SITE and band.unit_cents == 0:
            problems.append(f'{where}: "unit_cents" of a site must be at least 1 cent.')
        if band.starts_at > LARGEST_SEATS:
            problems.append(f'{where}: "from" is above {LARGEST_SEATS:,}.')
        if number > 1 and band.starts_at <= schedule.bands[number - 2].starts_at:
            problems.append(
                f"{where}: starts at {band.starts_at:,}, which is not above the band before it "
                f"({schedule.bands[number - 2].starts_at:,}); bands must not overlap."
            )
    return problems
