"""How old each open bill of a district is, and how a district charges what it pays."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Protocol

from marketplace.core.errors import RuleBroken
from marketplace.ledger.rules import PostingKind

#: What orders and payments themselves post; all else on a district's account is named apart.
KINDS_OF_ORDERS = frozenset(
    (PostingKind.SPLIT_BILLED, PostingKind.PAYMENT_RECEIVED, PostingKind.PAID_DIRECTLY)
)
EVERY_TOOL = "all"


class Age(StrEnum):
    """Days since the invoice was issued; an order without one has no age yet."""

    NOT_BILLED = "not_billed"
    CURRENT = "current"
    DAYS_30 = "days_30"
    DAYS_60 = "days_60"
    DAYS_90 = "days_90"


AGE_WORDS = {
    Age.NOT_BILLED: "Ordered, not billed yet",
    Age.CURRENT: "Current, up to 29 days",
    Age.DAYS_30: "30 to 59 days",
    Age.DAYS_60: "60 to 89 days",
    Age.DAYS_90: "90 days and more",
}


def age(issued_on: date | None, today: date) -> Age:
    if issued_on is None:
        return Age.NOT_BILLED
    days = (today - issued_on).days
    for least, found in ((90, Age.DAYS_90), (60, Age.DAYS_60), (30, Age.DAYS_30)):
        if days >= least:
            return found
    return Age.CURRENT


def aging(bills: Iterable[tuple[Age, int]]) -> dict[Age, int]:
    """Open cents by age, every age in its order; they add up to all that is open."""
    found = dict.fromkeys(Age, 0)
    for old, cents in bills:
        found[old] += cents
    return found


def other_cents(by_kind: Mapping[PostingKind, int], on_papers_cents: int = 0) -> int:
    """Credits, corrections, write-offs: what changed the account besides orders and payments.

    `on_papers_cents` stands on orders and bills already: changes of a share that became an
    order, less the credit that bills took up.
    """
    others = sum(cents for kind, cents in by_kind.items() if kind not in KINDS_OF_ORDERS)
    return others - on_papers_cents


# -- charge codes --------------------------------------------------------------------------------


class Chosen(Protocol):
    applies_to: str
    function_code: str
    object_code: str


def check_codes(
    function_code: str,
    object_code: str,
    functions: Mapping[str, str],
    objects: Mapping[str, str],
) -> None:
    if function_code not in functions:
        raise RuleBroken("Choose a function code from the list.", "function_code")
    if object_code not in objects:
        raise RuleBroken("Choose an object code from the list.", "object_code")


def charged_to(tool_slug: str | None, chosen: Mapping[str, Chosen]) -> tuple[str, str]:
    """Function and object of a line: the tool's own choice, else that for every tool."""
    found = chosen.get(tool_slug or "") or chosen.get(EVERY_TOOL)
    return (found.function_code, found.object_code) if found else ("", "")
