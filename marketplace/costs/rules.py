"""The terms of a choice of split method, and how much one page may reckon."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.rules import METHOD_WORDS as METHOD_WORDS
from marketplace.pricing.rules import OFFERED_METHODS, Method, Rest
from marketplace.pricing.rules import REST_WORDS as REST_WORDS

#: Printed with every split. Source: 2 CFR 200.405(d), allocation of costs.
LEGAL_NOTE = (
    "Federal rule 2 CFR 200.405(d): where the shares can be found without undue effort, a cost "
    "is split by the benefit each one has. Where they cannot, any fair and documented basis "
    "will do. Keep this page with your records."
)

#: A page answers within about two seconds; the command `marketplace split` takes more. Measured
#: on one processor: Shapley 1.3 s for 200 districts and 12 steps up to 880,000 seats, 6 s for 100
#: districts and 900 steps; equal profit up to 2 s for 40 districts of different sizes (2026-11).
MOST_ON_A_PAGE = 20_000
MOST_BY_METHOD: dict[Method, int] = {Method.SHAPLEY: 200, Method.EPM: 25}
MOST_STEPS: dict[Method, int] = {Method.SHAPLEY: 12, Method.EPM: 12}
MORE = "Use the command “marketplace split” for more."


def check_size(method: Method, members: int, steps: int = 1) -> None:
    """Refuse what one page cannot reckon in time."""
    most, most_steps = MOST_BY_METHOD.get(method, MOST_ON_A_PAGE), MOST_STEPS.get(method)
    name = METHOD_WORDS[method].name
    if members > most:
        raise RuleBroken(
            f"The list has {members:,} districts. For “{name}” this page takes {most:,} at most. "
            f"{MORE}",
            "members",
        )
    if most_steps and steps > most_steps:
        raise RuleBroken(
            f"The price list has {steps:,} steps. For “{name}” this page takes {most_steps:,} at "
            f"most. {MORE}",
            "bands",
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What a consortium votes on: the method and, for a hybrid, how much is equal.

    `equal_bps` is the equal part in basis points: 3,000 is 30 %.
    """

    method: Method
    equal_bps: int | None = None
    rest: Rest | None = None

    @property
    def equal_share(self) -> str | None:
        """The exact decimal that `marketplace split` reads: 3,000 -> "0.3000"."""
        return None if self.equal_bps is None else f"{Decimal(self.equal_bps).scaleb(-4):f}"

    @property
    def words(self) -> str:
        """'30% equal, the rest by pupils'."""
        if self.method is not Method.HYBRID or self.equal_bps is None or self.rest is None:
            return METHOD_WORDS[self.method].name
        return f"{percent(self.equal_bps)} equal, the rest {REST_WORDS[self.rest]}"

    @property
    def formula(self) -> str:
        if self.method is not Method.HYBRID or self.equal_bps is None or self.rest is None:
            return METHOD_WORDS[self.method].formula
        equal, rest = percent(self.equal_bps), percent(10_000 - self.equal_bps)
        size = "pupils" if self.rest is Rest.PER_PUPIL else "seats"
        return f"total × {equal} ÷ number of districts + total × {rest} × your {size} ÷ all {size}"

    def for_split(self) -> dict[str, Any]:
        """Keyword arguments of `pricing.rules.split`, and keys of its document."""
        if self.method is not Method.HYBRID:
            return {"method": self.method.value}
        return {
            "method": self.method.value,
            "equal_share": self.equal_share,
            "rest": (self.rest or Rest.PER_PUPIL).value,
        }


def percent(bps: int) -> str:
    """3,050 basis points -> '30.5%'."""
    whole, part = divmod(bps, 100)
    return f"{whole}.{part:02}".rstrip("0") + "%" if part else f"{whole}%"


def terms_of(method: str, equal_percent: str = "", rest: str = "") -> Terms:
    """Read a choice; refuses in one sentence what is unknown, missing or not offered yet."""
    if method not in OFFERED_METHODS:
        raise RuleBroken("Choose one of the methods.", "method")
    chosen = Method(method)
    if chosen is not Method.HYBRID:
        return Terms(chosen)
    if rest not in set(Rest):
        raise RuleBroken("Choose what the rest goes by.", "rest")
    return Terms(chosen, _equal_bps(equal_percent), Rest(rest))


def _equal_bps(typed: str) -> int:
    text = typed.strip().removesuffix("%").strip()
    try:
        # Short, so that 1e999999999 is never multiplied out.
        percent = Decimal(text) if len(text) <= 8 and text.isascii() else Decimal(-1)
    except InvalidOperation:
        percent = Decimal(-1)
    bps = percent * 100 if percent.is_finite() and -1 <= percent <= 100 else Decimal(-1)
    if bps < 0 or bps != int(bps):
        raise RuleBroken("Enter a percent from 0 to 100, such as 30.", "equal_percent")
    return int(bps)


#: What a hybrid is compared with where nobody has said how much is equal.
USUAL_HYBRID = Terms(Method.HYBRID, 3_000, Rest.PER_PUPIL)


def terms_to_compare(chosen: Terms) -> list[Terms]:
    """Every method on offer once, the chosen one as it was chosen."""
    others = [USUAL_HYBRID if m is Method.HYBRID else Terms(m) for m in OFFERED_METHODS]
    return [chosen if each.method is chosen.method else each for each in others]


def named(ids: Iterable[Any], names: Mapping[Any, str], most: int = 8) -> str:
    """'A, B and 3 more': members by name, however many there are."""
    said = [names.get(member, str(member)) for member in ids]
    if len(said) > most:
        return f"{', '.join(said[:most])} and {len(said) - most:,} more"
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1]))) if said else "nobody"
