"""What may be posted by hand, each kind with its own sentence, its lines and its limits.

Nobody types debits and credits here: whoever keeps the books says what happened, to whom and
how much, and the lines follow. A second person approves before anything is posted.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.ledger.correction_rules import SHORTEST_REASON
from marketplace.ledger.rules import (
    LARGEST_CENTS,
    Leg,
    PostingKind,
    check_period_open,
    kind_of,
    natural,
)

CASH = "cash:main"


class Act(StrEnum):
    """What happened, as the form asks it; part of the form's address."""

    GRANT_CAME = "grant-came"
    GRANT_USED = "grant-used"
    CREDIT = "credit"
    CREDIT_USED = "credit-used"
    REFUND_OF_PAYMENT = "refund-of-payment"
    REFUND_OF_CREDIT = "refund-of-credit"
    WRITE_OFF = "write-off"
    FEE_OF_DISTRICT = "fee-of-district"
    FEE_OF_VENDOR = "fee-of-vendor"
    GRANT_RETURNED = "grant-returned"
    SHARE_PAID = "share-paid"
    SHARE_PAID_TO_VENDOR = "share-paid-to-vendor"


class Recipe(NamedTuple):
    """How an act is written: `{district}`, `{vendor}` and `{name}` are filled in."""

    kind: PostingKind
    title: str
    says: str
    debit: str
    credit: str
    #: Accounts that must hold the amount before, with the words of the refusal.
    holds: Mapping[str, str] = {}

    def asks(self, what: str) -> bool:
        return "{" + what + "}" in self.debit + self.credit


RECEIVABLE, CREDIT = "receivable:{district}", "credit:{district}"
OWES = "This district owes only {}."
IN_CASH = "There is only {} in cash."
RECIPES = {
    Act.GRANT_CAME: Recipe(
        PostingKind.GRANT_RECEIVED,
        "A grant came in",
        "A funder sent money. It is set aside until it pays part of a district’s share.",
        CASH,
        "grant:{name}",
    ),
    Act.GRANT_USED: Recipe(
        PostingKind.GRANT_APPLIED,
        "Use a grant for a district",
        "Grant money pays part of what a district owes. The district owes less.",
        "grant:{name}",
        RECEIVABLE,
        {"grant:{name}": "This grant has only {} left.", RECEIVABLE: OWES},
    ),
    Act.CREDIT: Recipe(
        PostingKind.CREDIT,
        "Give a district a credit",
        "The vendor gives up part of its money. The district may use it on a later bill.",
        "payable:{vendor}",
        CREDIT,
    ),
    Act.CREDIT_USED: Recipe(
        PostingKind.CREDIT_USED,
        "Use a district’s credit",
        "A credit pays part of what the district owes.",
        CREDIT,
        RECEIVABLE,
        {CREDIT: "This district has only {} of credit.", RECEIVABLE: OWES},
    ),
    Act.REFUND_OF_PAYMENT: Recipe(
        PostingKind.REFUND,
        "Pay a payment back",
        "Money that a district had paid goes back to it. The district owes the sum again.",
        RECEIVABLE,
        CASH,
        {CASH: IN_CASH},
    ),
    Act.REFUND_OF_CREDIT: Recipe(
        PostingKind.REFUND,
        "Pay a credit out",
        "A district gets its credit as money. The credit is used up.",
        CREDIT,
        CASH,
        {CREDIT: "This district has only {} of credit.", CASH: IN_CASH},
    ),
    Act.WRITE_OFF: Recipe(
        PostingKind.WRITE_OFF,
        "Write off a debt",
        "A sum will not be paid. It is given up and no longer counts as owed.",
        "writeoff",
        RECEIVABLE,
        {RECEIVABLE: OWES},
    ),
    Act.FEE_OF_DISTRICT: Recipe(
        PostingKind.FEE,
        "Charge a district a fee",
        "The district owes a fee to the consortium.",
        RECEIVABLE,
        "fee:{name}",
    ),
    Act.FEE_OF_VENDOR: Recipe(
        PostingKind.FEE,
        "Keep back a fee from a vendor",
        "The consortium keeps a fee from what it owes a vendor.",
        "payable:{vendor}",
        "fee:{name}",
        {"payable:{vendor}": "This vendor is owed only {}."},
    ),
    Act.GRANT_RETURNED: Recipe(
        PostingKind.REFUND,
        "Give a grant back",
        "Grant money that was not used goes back to its funder.",
        "grant:{name}",
        CASH,
        {"grant:{name}": "This grant has only {} left.", CASH: IN_CASH},
    ),
    Act.SHARE_PAID: Recipe(
        PostingKind.PAYMENT_RECEIVED,
        "A district paid its part of a loss",
        "The consortium ends and a district paid its part of what was missing. Bills are paid "
        "on their own page.",
        CASH,
        RECEIVABLE,
        {RECEIVABLE: OWES},
    ),
    Act.SHARE_PAID_TO_VENDOR: Recipe(
        PostingKind.PAID_DIRECTLY,
        "A district paid its part of a loss to the vendor",
        "The consortium ends and a district paid its part of what was missing to the vendor "
        "itself. Bills are paid on their own page.",
        "payable:{vendor}",
        RECEIVABLE,
        {"payable:{vendor}": "This vendor is owed only {}.", RECEIVABLE: OWES},
    ),
}


def legs_of(act: Act, cents: int, **who: str) -> list[Leg]:
    """The two lines of an act; `who` gives the district, the vendor and the name it asks for."""
    recipe = RECIPES[act]
    return [Leg(recipe.debit.format(**who), cents), Leg(recipe.credit.format(**who), -cents)]


def check_said(cents: int | None, reason: str) -> None:
    if not cents or not 0 < cents <= LARGEST_CENTS:
        raise RuleBroken("Enter an amount above zero.", "amount")
    if len(reason) < SHORTEST_REASON:
        raise RuleBroken("Say in a sentence why, and what paper shows it.", "reason")


def check_day(on: date, closed_through: date | None, today: date) -> None:
    if on > today:
        raise RuleBroken("This day is not here yet. Use today or an earlier day.", "effective_on")
    check_period_open(on, closed_through, "effective_on")


def check_holds(act: Act, legs: Sequence[Leg], held: Mapping[str, int]) -> None:
    """No more is used, paid out or given up than is there. `held` is in signed cents by code."""
    recipe = RECIPES[act]
    for pattern, leg in zip((recipe.debit, recipe.credit), legs, strict=True):
        there = natural(kind_of(leg.account), held.get(leg.account, 0))
        words = recipe.holds.get(pattern)
        if words and abs(leg.cents) > there:
            raise RuleBroken(words.format(dollars(max(there, 0))), "amount")


def ref_of(act: Act, about: str) -> str:
    """The pool an entry is about, or the desk where it was written: public, without names."""
    return about or f"desk:{act}"
