"""How much each district gets: a subsidy worked out on its share, to the cent.

The split of a pool is never changed by a grant. Each grant is a line of its own below the share,
and no line is larger than what is left to pay after the lines before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.pricing.rules import largest_remainder, pooled


class SubsidyKind(StrEnum):
    PERCENT = "percent"
    PER_PUPIL = "per_pupil"
    LEVEL = "level"


SUBSIDY_WORDS = {
    SubsidyKind.PERCENT: "A percent of the share",
    SubsidyKind.PER_PUPIL: "Dollars per pupil",
    SubsidyKind.LEVEL: "Lower the highest price per pupil first",
}


class Turn(StrEnum):
    """Who gets what when the money does not reach for all."""

    FIRST_COME = "first_come"
    PRO_RATA = "pro_rata"


TURN_WORDS = {
    Turn.FIRST_COME: "First come, first served, by the time of the commitment",
    Turn.PRO_RATA: "Everybody gets the same part of what the rule gives",
}


@dataclass(frozen=True)
class Subsidy:
    kind: SubsidyKind
    percent_bps: int | None = None
    per_pupil_cents: int | None = None
    #: The least and the most that one district gets; never more than it has to pay.
    floor_cents: int | None = None
    cap_cents: int | None = None
    turn: Turn = Turn.PRO_RATA

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        return cls(**{**kept, "kind": SubsidyKind(kept["kind"]), "turn": Turn(kept["turn"])})

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "kind": self.kind.value, "turn": self.turn.value}

    def words(self) -> list[str]:
        if self.kind is SubsidyKind.LEVEL:
            lines = [
                "The money lowers the highest price per pupil first, until those it helps pay "
                "the same per pupil"
            ]
        elif self.kind is SubsidyKind.PERCENT:
            lines = [f"{(self.percent_bps or 0) / 100:g}% of each district’s share"]
        else:
            lines = [f"{dollars(self.per_pupil_cents or 0)} for each pupil"]
        if self.floor_cents:
            lines.append(f"At least {dollars(self.floor_cents)} for a district")
        if self.cap_cents:
            lines.append(f"At most {dollars(self.cap_cents)} for a district")
        lines.append("Never more than what the district has left to pay")
        if self.kind is not SubsidyKind.LEVEL:
            lines.append(f"If the money does not reach for all: {TURN_WORDS[self.turn].lower()}")
        return lines


@dataclass(frozen=True)
class Share:
    """A district's part of a pool, and what is left of it after earlier grants; cents."""

    key: str
    share_cents: int
    left_cents: int
    pupils: int | None
    came_at: datetime


@dataclass(frozen=True)
class Given:
    """The lines add up to `used_cents`; with `left_cents` they are what there was."""

    lines: dict[str, int]
    used_cents: int
    left_cents: int
    #: Who got nothing because a figure is missing.
    missing: tuple[str, ...] = ()


def check_subsidy(subsidy: Subsidy) -> None:
    percent = subsidy.percent_bps or 0
    if subsidy.kind is SubsidyKind.PERCENT and not 0 < percent <= 10_000:
        raise RuleBroken("Enter a percent above 0 and up to 100.", "percent")
    if subsidy.kind is SubsidyKind.PER_PUPIL and not subsidy.per_pupil_cents:
        raise RuleBroken("Enter the dollars for each pupil.", "per_pupil")
    if subsidy.kind is SubsidyKind.LEVEL and subsidy.floor_cents:
        raise RuleBroken("This way of giving has no least amount. Leave it empty.", "floor")
    if subsidy.cap_cents == 0:
        raise RuleBroken("At most $0 gives nothing. Leave it empty for no limit.", "cap")
    if (subsidy.floor_cents or 0) > (subsidy.cap_cents or subsidy.floor_cents or 0):
        raise RuleBroken("The most is below the least. Change one of them.", "cap")


def check_dates(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise RuleBroken("The last day is before the first one.", "ends_on")


def give(subsidy: Subsidy, shares: Sequence[Share], money_cents: int, seed: str) -> Given:
    """What each share gets, from at most `money_cents`. Exact; odd cents by largest remainder."""
    if subsidy.kind is SubsidyKind.LEVEL:
        lines = _levelled(subsidy, shares, money_cents, seed)
        missing = tuple(s.key for s in shares if not s.pupils)
    else:
        asked = {s.key: _asked(subsidy, s) for s in shares}
        missing = tuple(key for key, cents in asked.items() if cents is None)
        wanted = {key: cents for key, cents in asked.items() if cents}
        lines = _fit(subsidy.turn, shares, wanted, money_cents, seed)
    used = sum(lines.values())
    return Given(lines, used, money_cents - used, missing)


def _asked(subsidy: Subsidy, share: Share) -> int | None:
    """What the rule gives for a share, were there money enough; None where pupils are missing."""
    if subsidy.kind is SubsidyKind.PERCENT:
        cents = share.share_cents * (subsidy.percent_bps or 0) // 10_000
    elif share.pupils is None:
        return None
    else:
        cents = share.pupils * (subsidy.per_pupil_cents or 0)
    cents = max(cents, subsidy.floor_cents or 0)
    if subsidy.cap_cents is not None:
        cents = min(cents, subsidy.cap_cents)
    return min(cents, share.left_cents)


def _fit(
    turn: Turn, shares: Iterable[Share], wanted: Mapping[str, int], money_cents: int, seed: str
) -> dict[str, int]:
    if sum(wanted.values()) <= money_cents:
        return dict(wanted)
    if turn is Turn.PRO_RATA:
        parts = largest_remainder(money_cents, dict(wanted), seed, dict(wanted))
        return {key: cents for key, cents in parts.items() if cents}
    lines = {}
    for share in sorted(shares, key=lambda s: (s.came_at, s.key)):
        part = min(wanted.get(share.key, 0), money_cents)
        if part:
            lines[share.key] = part
            money_cents -= part
    return lines


def _levelled(
    subsidy: Subsidy, shares: Sequence[Share], money_cents: int, seed: str
) -> dict[str, int]:
    """Water-filling on the net price per pupil; who reaches the cap is held there and the rest
    is levelled again with the money that is left."""
    owed = {s.key: s.left_cents for s in shares if s.pupils}
    pupils = {s.key: s.pupils or 0 for s in shares}
    held: dict[str, int] = {}
    while True:
        free = {key: cents for key, cents in owed.items() if key not in held}
        made = pooled(free, pupils, money_cents - sum(held.values()), "grant", seed)
        lines = {key: -cents for key, cents in made.lines.items()}
        cap = subsidy.cap_cents
        over = [key for key, cents in lines.items() if cap is not None and cents > cap]
        if not over or cap is None:
            return {**held, **lines}
        held |= dict.fromkeys(over, cap)
