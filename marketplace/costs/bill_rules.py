"""A split as people compare it: every bill beside buying alone and beside the method of today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.costs.rules import Terms, check_size, named, terms_to_compare
from marketplace.pricing.rules import (
    Blocking,
    Certificate,
    Kind,
    Member,
    Schedule,
    Split,
    rounded_share,
    split,
)


@dataclass(frozen=True, slots=True)
class Bill:
    """One member's line. Amounts in whole cents; `now_cents` is the method of today."""

    id: Any
    name: str
    seats: int
    pupils: int | None
    cents: int
    alone_cents: int
    now_cents: int | None = None
    limit_cents: int | None = None

    @property
    def saves_cents(self) -> int:
        return self.alone_cents - self.cents

    @property
    def changes_cents(self) -> int | None:
        """What it pays more (less: negative) than with the method of today."""
        return None if self.now_cents is None else self.cents - self.now_cents

    @property
    def per_pupil_cents(self) -> int | None:
        return rounded_share(self.cents, 1, self.pupils) if self.pupils else None

    @property
    def per_seat_cents(self) -> int:
        return rounded_share(self.cents, 1, self.seats)

    @property
    def is_over_limit(self) -> bool:
        return self.limit_cents is not None and self.cents > self.limit_cents


def reckon(schedule: Schedule, members: Sequence[Member], terms: Terms, seed: str) -> Split:
    """The split, or one sentence about why a page cannot show it."""
    check_size(terms.method, len(members), len(schedule.bands))
    return split(schedule, members, seed=seed, **terms.for_split())


def bills(
    shares: Mapping[Any, int],
    alone: Mapping[Any, int],
    members: Sequence[Member],
    names: Mapping[Any, str],
    today: Mapping[Any, int] | None = None,
) -> list[Bill]:
    """In the order of the members given; `today` are the shares of the method of today."""
    return [
        Bill(
            id=member.id,
            name=names.get(member.id, str(member.id)),
            seats=member.seats,
            pupils=member.pupils,
            cents=shares[member.id],
            alone_cents=alone[member.id],
            now_cents=today.get(member.id) if today else None,
            limit_cents=member.limit_cents,
        )
        for member in members
    ]


def certificate_of(written: Mapping[str, Any]) -> Certificate:
    """A certificate as `split_as_json` wrote it."""
    found = written["blocking"]
    blocking = Blocking(tuple(found["members"]), found["would_save_cents"]) if found else None
    return Certificate(
        Kind(written["kind"]),
        written["individually_rational"],
        written["core"],
        written["joiner_never_raises"],
        blocking,
    )


def certificate_words(shown: Certificate, names: Mapping[Any, str]) -> list[str]:
    """What was shown, sentence by sentence; nothing is claimed that was not."""
    lines = [
        "No district pays more than it would alone."
        if shown.individually_rational
        else "Some districts pay more than they would alone.",
        _core_words(shown, names),
    ]
    if shown.joiner_never_raises:
        lines.append("A district that joins never raises the share of another.")
    elif shown.joiner_never_raises is False:
        lines.append("A district that joins can raise the share of others.")
    return lines


HOW_SHOWN = {
    Kind.AVERAGE_PRICE: "Shown by the average price: it is never lower for a smaller group.",
    Kind.BOUND: "Shown by a bound: even the dearest part of the list costs no less alone.",
    Kind.EXACT: "Shown by an exact test of every group.",
}


def _core_words(shown: Certificate, names: Mapping[Any, str]) -> str:
    if shown.core:
        how = HOW_SHOWN.get(shown.kind, "")
        return f"No group of districts would pay less by buying apart. {how}".strip()
    if shown.blocking is None:
        return "It was not shown that every group is best off here, so we do not claim it."
    who = named(shown.blocking.members, names)
    many = len(shown.blocking.members)
    group = who if many == 1 else f"A group of {many:,} districts"
    listed = "" if many == 1 else f": {who}"
    saved = dollars(shown.blocking.would_save_cents)
    return f"{group} would save {saved} by buying apart{listed}."


@dataclass(frozen=True, slots=True)
class Compared:
    """One method in the overview; `problem` says why there are no figures."""

    terms: Terms
    is_chosen: bool
    result: Split | None = None
    problem: str = ""
    low_cents: int | None = None
    high_cents: int | None = None
    worse_than_alone: int = 0

    @property
    def verdict(self) -> tuple[str, str, str]:
        """Kind, words and icon of one tag."""
        if self.result is None:
            return ("", "Not worked out", "dot")
        certificate = self.result.certificate
        if certificate.core:
            return ("good", "Fair to every group", "ok")
        if certificate.blocking or not certificate.individually_rational:
            return ("bad", "Some would leave", "no")
        return ("warn", "Not shown", "mid")


def compare(
    schedule: Schedule, members: Sequence[Member], chosen: Terms, seed: str
) -> list[Compared]:
    """Every method on offer for the same purchase, the chosen terms among them."""
    return [
        _compared(schedule, members, terms, seed, terms == chosen)
        for terms in terms_to_compare(chosen)
    ]


def _compared(
    schedule: Schedule, members: Sequence[Member], terms: Terms, seed: str, is_chosen: bool
) -> Compared:
    try:
        result = reckon(schedule, members, terms, seed)
    except RuleBroken as refusal:
        return Compared(terms, is_chosen, problem=_short(refusal, terms, len(members)))
    prices = [rounded_share(result.shares[m.id], 1, m.pupils) for m in members if m.pupils]
    return Compared(
        terms,
        is_chosen,
        result,
        low_cents=min(prices, default=None),
        high_cents=max(prices, default=None),
        worse_than_alone=sum(result.shares[m.id] > result.alone[m.id] for m in members),
    )


def _short(refusal: RuleBroken, terms: Terms, members: int) -> str:
    """A hundred missing pupils are one sentence here; elsewhere they are listed."""
    if "pupils are missing" in str(refusal):
        return "It needs the pupils of every district."
    if refusal.field == "members":
        return f"Too many districts for this page ({members:,})."
    if refusal.field == "bands":
        return "Too many price steps for this page."
    return str(refusal).splitlines()[0][:200]
