"""What the books may hold: account codes, kinds of entry, and lines that cancel to the cent.

Amounts are whole US cents; positive is a debit, negative a credit. The codes and the
format of an entry are promised to outsiders in docs/interfaces; nothing here may change
the meaning of what is already written.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars

#: Far above any school purchase, and exact in every spreadsheet (below 2 to the 53rd).
LARGEST_CENTS = 10**15
NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
LEAID = r"[0-9]{7}"
REF = re.compile(r"[a-z_]+:[A-Za-z0-9._-]+(?:/[a-z_]+:[A-Za-z0-9._-]+)*")
KEY = re.compile(r"[!-~]{1,200}")


class Openness(StrEnum):
    """What the by-laws let the public see of the books."""

    NAMED = "named"
    MASKED = "masked"
    TOTALS = "totals"


OPENNESS_WORDS = {
    Openness.NAMED: "Every entry, with the districts named",
    Openness.MASKED: "Every entry, without the names of the districts",
    Openness.TOTALS: "Totals only",
}


#: Stands for the owner of an account whom the reader may not see; nothing is posted to it.
HIDDEN = "*"
#: Who is meant by it, by the word before the colon.
THE_HIDDEN = {
    "receivable": "member districts",
    "credit": "member districts",
    "payable": "vendors",
}
#: Accounts that belong to one district.
OF_DISTRICTS = ("receivable", "credit")


class AccountKind(StrEnum):
    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"


class Family(NamedTuple):
    """All accounts that share the word before the colon."""

    kind: AccountKind
    says: str  # the plain name; {} is what stands after the colon
    after: str | None  # the pattern after the colon; None = the code has no colon
    debit: str  # what a positive line means; {} is the amount
    credit: str  # what a negative line means


FAMILIES = {
    "cash": Family(AccountKind.ASSET, "Cash: {}", NAME, "{} came in", "{} went out"),
    "receivable": Family(
        AccountKind.ASSET, "Owed by {}", LEAID, "It owes {} more", "It owes {} less"
    ),
    "payable": Family(
        AccountKind.LIABILITY, "Owed to {}", NAME, "{} less is owed", "{} more is owed"
    ),
    "grant": Family(
        AccountKind.LIABILITY,
        "Grant money not used yet: {}",
        NAME,
        "{} of the grant was used",
        "{} was set aside",
    ),
    "credit": Family(
        AccountKind.LIABILITY,
        "Credit held for {}",
        LEAID,
        "{} of the credit was used",
        "{} of credit was given",
    ),
    "fee": Family(
        AccountKind.INCOME, "Fee: {}", NAME, "A fee of {} went out", "A fee of {} came in"
    ),
    "rounding": Family(
        AccountKind.EXPENSE, "Leftover cents", None, "{} was made up", "{} was left over"
    ),
    "writeoff": Family(
        AccountKind.EXPENSE,
        "Given up as uncollectable",
        None,
        "{} was given up",
        "{} came back after all",
    ),
}


class PostingKind(StrEnum):
    SPLIT_BILLED = "split_billed"
    PAYMENT_RECEIVED = "payment_received"
    PAID_DIRECTLY = "paid_directly"
    GRANT_RECEIVED = "grant_received"
    GRANT_APPLIED = "grant_applied"
    VENDOR_PAID = "vendor_paid"
    CASH_MOVED = "cash_moved"
    FEE = "fee"
    REFUND = "refund"
    CREDIT = "credit"
    CREDIT_USED = "credit_used"
    WRITE_OFF = "write_off"
    TRUE_UP = "true_up"
    CORRECTION = "correction"
    REVERSAL = "reversal"


#: kind -> (short name for tables, the sentence that explains the row)
PLAIN_WORDS = {
    PostingKind.SPLIT_BILLED: (
        "Shares billed",
        "The price was split. Each district now owes its share, and the vendor is owed the total.",
    ),
    PostingKind.PAYMENT_RECEIVED: (
        "Payment received",
        "A district paid what it owed. The money came in, and its debt went down.",
    ),
    PostingKind.PAID_DIRECTLY: (
        "Paid to the vendor",
        "A district paid the vendor itself. Its debt and the sum owed to the vendor went down.",
    ),
    PostingKind.GRANT_RECEIVED: (
        "Grant received",
        "A funder sent money. It is set aside until it pays part of a district's share.",
    ),
    PostingKind.GRANT_APPLIED: (
        "Grant used",
        "Grant money paid part of a district's share, so the district owes less.",
    ),
    PostingKind.VENDOR_PAID: (
        "Vendor paid",
        "Money went out to the vendor, so less is owed to it.",
    ),
    PostingKind.CASH_MOVED: (
        "Cash moved",
        "Money went from one account of the consortium to another. Nobody owes more or less.",
    ),
    PostingKind.FEE: ("Fee", "A fee was charged or paid. The lines show by whom."),
    PostingKind.REFUND: ("Refund", "Money that had been paid was given back."),
    PostingKind.CREDIT: (
        "Credit given",
        "A district was given credit: it owes less, or can use it on a later bill.",
    ),
    PostingKind.CREDIT_USED: ("Credit used", "A district used its credit to pay part of a bill."),
    PostingKind.WRITE_OFF: (
        "Written off",
        "A sum will not be collected. It was given up and no longer counts as owed.",
    ),
    PostingKind.TRUE_UP: (
        "True-up",
        "Shares were adjusted by the rule of the members, such as to the seats in real use.",
    ),
    PostingKind.CORRECTION: (
        "Correction",
        "An earlier entry was wrong. This one records what is right.",
    ),
    PostingKind.REVERSAL: (
        "Reversal",
        "This entry cancels an earlier one, line by line. Both stay on the books.",
    ),
}


class Leg(NamedTuple):
    """One line of an entry: an account, and whole cents (positive = debit)."""

    account: str
    cents: int


def family(code: str) -> Family:
    """The family of a well-formed account code; anything else is refused."""
    word, colon, rest = code.partition(":")
    found = FAMILIES.get(word)
    if found is None or (
        bool(colon) if found.after is None else not re.fullmatch(found.after, rest)
    ):
        raise RuleBroken(f"The books have no account called “{code}”.")
    return found


def _shown(code: str) -> Family:
    """The family of a code as it is shown: its owner may be hidden."""
    word, _, owner = code.partition(":")
    return FAMILIES[word] if owner == HIDDEN and word in FAMILIES else family(code)


def kind_of(code: str) -> AccountKind:
    return _shown(code).kind


def plain_name(code: str, owner: str | None = None) -> str:
    """“Owed by Albertville City”; without the owner's name, “Owed by 0100005”."""
    word, _, rest = code.partition(":")
    if rest == HIDDEN:
        owner = THE_HIDDEN.get(word, "all")
    return _shown(code).says.format(owner or rest.replace("-", " "))


def effect(code: str, cents: int) -> str:
    """What one line did to its account, for a reader who knows no debits and credits."""
    words = _shown(code)
    return (words.debit if cents > 0 else words.credit).format(dollars(abs(cents)))


def natural(kind: AccountKind, cents: int) -> int:
    """A balance with the sign people expect: debts and income count upwards as well."""
    return cents if kind in (AccountKind.ASSET, AccountKind.EXPENSE) else -cents


def short_words(kind: PostingKind) -> str:
    return PLAIN_WORDS[kind][0]


def explain(kind: PostingKind) -> str:
    return PLAIN_WORDS[kind][1]


def check_legs(legs: Sequence[Leg]) -> None:
    """Two lines or more, whole cents that are not zero, debits equal to credits."""
    if len(legs) < 2:
        raise RuleBroken("An entry needs two lines or more: where money comes from and goes to.")
    for code, cents in legs:
        family(code)
        if type(cents) is not int or cents == 0 or abs(cents) > LARGEST_CENTS:
            raise RuleBroken(f"The line for {code} must be a whole number of cents, not zero.")
    off = sum(leg.cents for leg in legs)
    if off:
        raise RuleBroken(f"The lines do not cancel: they are off by {abs(off)} cents.")


def check_label(key: str, ref: str) -> None:
    """A key is printable ASCII without spaces; a reference is `word:value`, general first.

    `pool:reading-tutor/invoice:AL-0001` is found by its pool and by its invoice. Both are
    public and stay for ever, so neither may name a person.
    """
    if not KEY.fullmatch(key):
        raise RuleBroken("An entry needs a key of 1 to 200 printable characters, without spaces.")
    if len(ref) > 200 or not REF.fullmatch(ref):
        raise RuleBroken("An entry needs a reference such as “pool:reading-tutor/invoice:12”.")


def ref_words(ref: str) -> str:
    """'pool:reading-tutor/invoice:12' -> 'Pool reading-tutor, invoice 12'."""
    words = ", ".join(part.replace(":", " ").replace("_", " ") for part in ref.split("/"))
    return words[:1].upper() + words[1:]


def check_can_reverse(kind: PostingKind, reversed_by: int | None) -> None:
    if reversed_by is not None:
        raise RuleBroken(f"Entry {reversed_by} already cancels this entry.")
    if kind is PostingKind.REVERSAL:
        raise RuleBroken("A reversal cannot be cancelled. Post the entry again instead.")


def check_reversed_by_one(is_settled: bool) -> None:
    """A settled order is corrected only by a correction run, which two people approve."""
    if is_settled:
        raise RuleBroken(
            "This order is settled, so one person cannot cancel its entry. "
            "Propose a correction; a second person approves it."
        )


def check_period_open(
    effective_on: date, closed_through: date | None, field: str | None = None
) -> None:
    """Closed periods stay closed; a mistake in one is corrected in the open period."""
    if closed_through is not None and effective_on <= closed_through:
        raise closed_period(effective_on, field, sealed=closed_through == SEALED)


#: Closed through this day, books are sealed: no day is left on which anything can be posted.
SEALED = date.max


def check_all_zero(held: Mapping[str, int]) -> None:
    """Books are sealed only when every account stands at zero; `held` in signed cents by code."""
    left = sorted(code for code, cents in held.items() if cents)
    if left:
        named = ", ".join(f"“{plain_name(code)}”" for code in left[:3])
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        raise RuleBroken(f"The books do not stand at zero yet: {named}{more}.")


def closed_period(
    effective_on: date, field: str | None = None, *, sealed: bool = False
) -> RuleBroken:
    if sealed:
        return RuleBroken(
            "These books are sealed: the consortium is dissolved, and nothing is posted any more.",
            field,
        )
    return RuleBroken(
        f"The books are closed for {effective_on:%B} {effective_on.year}. Use a date in an open "
        "month. If something in the closed month is wrong, propose a correction.",
        field,
    )


def mirror(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """The same lines in the same order with every sign turned; nothing is computed again."""
    return tuple(Leg(account, -cents) for account, cents in legs)


def totals_by_account(legs: Iterable[Leg]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for account, cents in legs:
        totals[account] = totals.get(account, 0) + cents
    return totals


def check_unrestricted(code: str | None) -> None:
    """`code` is a restricted account that somebody wants to move by hand, or None."""
    if code is not None:
        raise RuleBroken(
            f"{plain_name(code)} is restricted. Only its programme moves it: release, claw back "
            "or return the money there."
        )
