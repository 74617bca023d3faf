"""What was shown about the fairness of a split; nothing is claimed that was not shown.

The words, about effective costs: a split is *individually rational* when nobody pays more
than alone, and in the *core* when no group of members would together pay less alone. The
certificate of the average price speaks of exact shares, from which a bill differs by less
than one cent; `bound` and `exact` speak of the very bills.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marketplace.pricing.blocking import Blocking, search
from marketplace.pricing.crowd import Crowd
from marketplace.pricing.curve import Curve, average_is_least_at, average_never_rises

#: How much the exact test may work unless the caller says so, in cells of a table: about a
#: tenth of a second of one processor (2026-11), so that a page never waits for it.
EXACT_BUDGET = 50_000_000


class Kind(StrEnum):
    """How it was shown. `exact` decides either way; `none` means the core is an open question,
    except that a group named beside it does save that much.
    """

    AVERAGE_PRICE = "average_price"
    BOUND = "bound"
    EXACT = "exact"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Certificate:
    """`core` is true only where it was shown; `joiner_never_raises` is None where neither yes
    nor no was. Beside `exact`, `blocking` is the group that would save most.
    """

    kind: Kind
    individually_rational: bool
    core: bool
    joiner_never_raises: bool | None
    blocking: Blocking | None = None


def not_shown() -> None:
    """What is known about joiners where nobody looked."""


def certify(
    curve: Curve,
    units: Mapping[Any, int],
    shares: Mapping[Any, int],
    alone: Mapping[Any, int],
    proportional: bool,
    joiner_never_raises: Callable[[], bool | None] = not_shown,
    exact_budget: int = EXACT_BUDGET,
) -> Certificate:
    """The first of average price, bound and exact test that decides; otherwise none.

    `units` is what each member uses of the effective-cost curve; `proportional` says that the
    shares go exactly by it. What is known about joiners is asked only when needed.
    """
    total = sum(units.values())
    if proportional and (certificate := at_average_price(curve, total)):
        return certificate
    joiner = joiner_never_raises()
    if proportional and average_is_least_at(curve, total):  # enough for the core alone
        return Certificate(Kind.AVERAGE_PRICE, True, True, joiner)
    rational = all(share <= alone[member] for member, share in shares.items())
    if len(shares) == 1:
        return Certificate(Kind.EXACT, rational, True, joiner)

    crowd = Crowd.of(units, shares)
    if all(bound.saving <= 0 for bound in crowd.bounds(curve)):
        return Certificate(Kind.BOUND, rational, True, joiner)
    found = search(curve, crowd, exact_budget)
    return Certificate(
        kind=Kind.EXACT if found.is_exact else Kind.NONE,
        individually_rational=rational,
        core=found.is_exact and found.blocking is None,
        joiner_never_raises=joiner,
        blocking=found.blocking,
    )


def shown_in_core() -> Certificate:
    """For exact shares that were found in the core by the exact test itself (`epm`).

    Nobody's exact share is above the cost alone, which is in whole cents, so no bill is.
    """
    return Certificate(Kind.EXACT, True, True, None)


def at_average_price(curve: Curve, total_units: int) -> Certificate | None:
    """For shares x_i = s_i a(S) at the average price a(y) = f(y)/y of everyone together.

    If a never rises up to S, then for every group T: x(T) = s(T) a(S) <= s(T) a(s(T)) =
    f(s(T)), the core; and whoever joins only lowers a. Costs alone are whole cents, so no
    bill is rounded up past them.
    """
    if average_never_rises(curve, total_units):
        return Certificate(Kind.AVERAGE_PRICE, True, True, joiner_never_raises=True)
    return None
