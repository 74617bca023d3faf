"""How a consortium ends: what must be settled first, and how what is left over, or missing, is
shared. Money is whole US cents; balances are signed, debits positive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from marketplace.consortia.rules import Dissolution as WhoDissolves
from marketplace.consortia.rules import Leftover
from marketplace.core.errors import RuleBroken
from marketplace.ledger.rules import AccountKind, Leg, kind_of, plain_name
from marketplace.pricing.rules import largest_remainder

#: Accounts that say how it went, not who is owed: they are closed when the consortium ends.
OF_THE_RESULT = (AccountKind.INCOME, AccountKind.EXPENSE)
LONGEST_WORDS = 2_000
#: From here credits are paid out and vendors are paid.
CASH = "cash:main"


@dataclass(frozen=True)
class Standing:
    """What stands between a consortium and its end."""

    #: Pools that are open, not ordered yet, or whose term still runs.
    pools: list[str] = field(default_factory=list)
    orders_not_billed: int = 0
    open_bills: int = 0
    open_bills_cents: int = 0
    credits_owed_back: int = 0
    #: What orders set aside in budgets and no bill has relieved, in cents.
    set_aside_cents: int = 0
    #: Requests, true-ups, corrections and entries by hand that wait for somebody.
    waiting: int = 0
    #: Signed balances of all accounts that are not at zero, by code.
    held: dict[str, int] = field(default_factory=dict)

    @property
    def obstacles(self) -> list[str]:
        """What must be done before anything is shared, in words; empty when nothing is."""
        told = [f"The pool “{title}” is not over." for title in self.pools]
        if self.orders_not_billed:
            said = _count(self.orders_not_billed, "order has", "orders have")
            told.append(f"{said} no bill yet.")
        if self.open_bills:
            told.append(_count(self.open_bills, "bill is", "bills are") + " not paid in full.")
        if self.credits_owed_back:
            said = _count(self.credits_owed_back, "credit note is", "credit notes are")
            told.append(said + " still owed back.")
        if self.set_aside_cents:
            told.append("Budgets still hold money that orders set aside.")
        if self.waiting:
            said = _count(self.waiting, "request or proposal waits", "requests or proposals wait")
            told.append(said + " for an answer.")
        return told

    @property
    def to_share(self) -> dict[str, int]:
        """The accounts of the result that are not closed yet."""
        return {code: cents for code, cents in self.held.items() if kind_of(code) in OF_THE_RESULT}

    @property
    def cash_to_gather(self) -> dict[str, int]:
        """Cash in accounts of its own, such as for fees, from which nothing is paid out by hand.
        What a payment service holds comes over by itself."""
        return {
            code: cents
            for code, cents in self.held.items()
            if code.startswith("cash:") and code not in (CASH, "cash:stripe")
        }

    @property
    def result_cents(self) -> int:
        """Above zero: left over; below: missing."""
        return -sum(self.to_share.values())

    @property
    def is_zero(self) -> bool:
        return not self.obstacles and not self.held


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def shares(
    result_cents: int, rule: Leftover, billed: Mapping[str, int], members: list[str], seed: str
) -> dict[str, int]:
    """Each district's part of the result by the by-laws: by what it was billed in all, or equal.
    The parts add up to the cent. Where nobody was billed, members share equally."""
    weights = {leaid: cents for leaid, cents in billed.items() if cents > 0}
    if rule is Leftover.EQUAL or not weights:
        weights = dict.fromkeys(members or sorted(billed), 1)
    if not weights:
        raise RuleBroken("There is no district that could share this. Ask your counsel.")
    return largest_remainder(result_cents, weights, seed) if result_cents else {}


def settlement(
    to_share: Mapping[str, int], parts: Mapping[str, int], cash: Mapping[str, int]
) -> list[Leg]:
    """One entry: the accounts of the result are closed; each district gets a credit for its part
    of what is left over, or owes its part of what is missing; cash is gathered in one account,
    to be paid out from."""
    legs = [Leg(code, -cents) for code, cents in sorted((*to_share.items(), *cash.items()))]
    if gathered := sum(cash.values()):
        legs.append(Leg(CASH, gathered))
    for leaid, cents in sorted(parts.items()):
        if cents:
            account = f"credit:{leaid}" if cents > 0 else f"receivable:{leaid}"
            legs.append(Leg(account, -cents))
    return legs


def check_lead_declares(who: WhoDissolves) -> None:
    if who is not WhoDissolves.LEAD:
        raise RuleBroken("By the by-laws the members vote on this. Put it to a vote.")


def check_name(typed: str, name: str) -> None:
    """What cannot be undone is confirmed by typing the name."""
    if " ".join(typed.split()).casefold() != name.casefold():
        raise RuleBroken(f"Type the name of the consortium: {name}.", "name")


def check_words(words: str) -> None:
    if not words.strip():
        raise RuleBroken("Say in a few words why. Anyone can read it.", "words")
    if len(words) > LONGEST_WORDS:
        raise RuleBroken(f"Use {LONGEST_WORDS:,} letters at most.", "words")


def check_winding_up(begun: bool) -> None:
    if not begun:
        raise RuleBroken("It is not decided that this consortium ends.")


def check_can_share(standing: Standing) -> None:
    if standing.obstacles:
        raise RuleBroken(f"Not yet. {' '.join(standing.obstacles)}")
    if not standing.to_share and not standing.cash_to_gather:
        raise RuleBroken("There is nothing to share: fees, leftover cents and losses are at zero.")


def check_second_person(proposed_by: UUID | None, approves: UUID) -> None:
    if proposed_by == approves:
        raise RuleBroken("You proposed this, so somebody else must approve it.")


def check_zero(standing: Standing) -> None:
    """All books, open bills and what is set aside; nothing less."""
    if standing.obstacles:
        raise RuleBroken(f"Not yet. {' '.join(standing.obstacles)}")
    if standing.held:
        named = ", ".join(f"“{plain_name(code)}”" for code in sorted(standing.held)[:3])
        more = f" and {len(standing.held) - 3} more" if len(standing.held) > 3 else ""
        raise RuleBroken(f"Not yet. These accounts are not at zero: {named}{more}.")
