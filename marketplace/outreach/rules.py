"""Where each member stands on the way from paper to payment, and what to remind it of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from marketplace.consortia.rules import MemberStatus
from marketplace.core.errors import RuleBroken
from marketplace.orders.rules import InvoiceStatus, Stage, stage
from marketplace.pools.rules import CLEARED_STATES, COUNTING_RUNGS, PoolStatus, Rung

LONGEST_SUBJECT = 120
LONGEST_TEXT = 4_000


class Standing(StrEnum):
    """One tag a member: the first thing that is missing, else how far it has come."""

    ASKS = "asks"
    BY_LAWS = "by_laws"
    PAPER_MISSING = "paper_missing"
    PAPER_ENDED = "paper_ended"
    NOT_IN = "not_in"
    INTERESTED = "interested"
    WAITS_FOR_BOARD = "waits_for_board"
    COMMITTED = "committed"
    LEFT_OUT = "left_out"
    NO_ORDER = "no_order"
    NEEDS_PO = "needs_po"
    TO_BILL = "to_bill"
    BILLED = "billed"
    PART_PAID = "part_paid"
    PAID = "paid"
    CREDITED = "credited"
    ENDED = "ended"


#: standing -> (kind of tag, words, icon)
STANDING_TAGS: dict[Standing, tuple[str, str, str]] = {
    Standing.ASKS: ("warn", "Asks to join", "mid"),
    Standing.BY_LAWS: ("warn", "By-laws not accepted", "clock"),
    Standing.PAPER_MISSING: ("warn", "Paper missing", "doc"),
    Standing.PAPER_ENDED: ("bad", "Paper has ended", "no"),
    Standing.NOT_IN: ("", "Not started", "dot"),
    Standing.INTERESTED: ("", "Interested", "dot"),
    Standing.WAITS_FOR_BOARD: ("warn", "Waiting for board", "clock"),
    Standing.COMMITTED: ("good", "Committed", "ok"),
    Standing.LEFT_OUT: ("", "Not in the order", "dot"),
    Standing.NO_ORDER: ("bad", "No order yet", "no"),
    Standing.NEEDS_PO: ("warn", "Needs a PO", "clock"),
    Standing.TO_BILL: ("info", "Ready to bill", "doc"),
    Standing.BILLED: ("info", "Invoice sent", "doc"),
    Standing.PART_PAID: ("warn", "Part paid", "mid"),
    Standing.PAID: ("good", "Paid", "ok"),
    Standing.CREDITED: ("good", "Credited", "ok"),
    Standing.ENDED: ("", "Ended", "dot"),
}

#: What a reminder says unless the lead writes something else. `{pool}` and `{closes}` are filled
#: in; only standings named here can be reminded of anything.
REMINDERS: dict[Standing, tuple[str, str]] = {
    Standing.BY_LAWS: (
        "Please read and accept our by-laws",
        "Our by-laws have changed, or you have not accepted them yet. Please read and accept "
        "them on our page. Until then you cannot commit seats.",
    ),
    Standing.PAPER_MISSING: (
        "Your membership paper is missing",
        "We have no signed membership paper from you. Without it no order can be placed for "
        "your district. Please hand it in on our page.",
    ),
    Standing.PAPER_ENDED: (
        "Your membership paper has ended",
        "Your membership paper has ended. Please hand in the one in force now.",
    ),
    Standing.NOT_IN: (
        "Will you join {pool}?",
        "{pool} is open until {closes}. You have not said yet if you join. A look at your price "
        "takes two minutes and binds you to nothing.",
    ),
    Standing.INTERESTED: (
        "Will you buy {pool} with us?",
        "You said that {pool} interests you. Your seats do not count yet. If your board is to "
        "vote, put it on the agenda before {closes}.",
    ),
    Standing.WAITS_FOR_BOARD: (
        "Has your board voted on {pool}?",
        "Your seats in {pool} count once your board has approved them. Please enter the date of "
        "the vote before {closes}.",
    ),
    Standing.NEEDS_PO: (
        "Your purchase order for {pool}",
        "Your order for {pool} waits for your purchase order. Please issue it on your page.",
    ),
    Standing.BILLED: (
        "Your invoice for {pool}",
        "Your invoice for {pool} is open. If the payment is on its way, there is nothing to do.",
    ),
    Standing.PART_PAID: (
        "The rest of your invoice for {pool}",
        "A part of your invoice for {pool} is open. If the rest is on its way, there is nothing "
        "to do.",
    ),
}


@dataclass(frozen=True)
class Facts:
    """What is known about one member and, where one is looked at, one pool."""

    member: MemberStatus
    is_approved: bool
    accepts_by_laws: bool
    paper_ends_on: date | None
    pool: PoolStatus | None = None
    rung: Rung | None = None
    is_allocated: bool = False
    has_order: bool = False
    has_po: bool = False
    invoice: InvoiceStatus | None = None


def standing(facts: Facts, today: date) -> Standing:
    """An order tells more than papers do, so a member with one is judged by it."""
    if facts.has_order:
        return _OF_STAGE[stage(facts.has_po, facts.invoice)]
    if facts.member is MemberStatus.ENDED:
        return Standing.ENDED
    if facts.is_allocated:
        return Standing.NO_ORDER
    if facts.member is MemberStatus.REQUESTED and not facts.is_approved:
        return Standing.ASKS
    if not facts.accepts_by_laws:
        return Standing.BY_LAWS
    if facts.paper_ends_on is None:
        return Standing.PAPER_MISSING
    if facts.paper_ends_on < today:
        return Standing.PAPER_ENDED
    if facts.pool in CLEARED_STATES or facts.pool is PoolStatus.LAPSED:
        return Standing.LEFT_OUT
    if facts.rung is None:
        return Standing.NOT_IN
    if facts.rung in COUNTING_RUNGS:
        return Standing.COMMITTED
    return Standing.INTERESTED if facts.rung is Rung.INTEREST else Standing.WAITS_FOR_BOARD


_OF_STAGE = {each: Standing(each.value) for each in Stage}


def reminder(of: Standing, pool: str, closes: str) -> tuple[str, str]:
    """Subject and text to begin with; refused where there is nothing to remind of."""
    if of not in REMINDERS:
        raise RuleBroken("There is nothing to remind these districts of.")
    subject, text = REMINDERS[of]
    return subject.format(pool=pool, closes=closes), text.format(pool=pool, closes=closes)


def check_words(subject: str, text: str) -> None:
    if not subject.strip():
        raise RuleBroken("Enter a subject.", "subject")
    if len(subject) > LONGEST_SUBJECT:
        raise RuleBroken(f"Use {LONGEST_SUBJECT} letters at most.", "subject")
    if not text.strip():
        raise RuleBroken("Write what the districts should know.", "text")
    if len(text) > LONGEST_TEXT:
        raise RuleBroken(f"Use {LONGEST_TEXT:,} letters at most.", "text")


def check_someone(chosen: Iterable[Any], may: Iterable[Any]) -> None:
    """At least one, and only those who are offered."""
    wanted = set(chosen)
    if not wanted:
        raise RuleBroken("Choose at least one district.", "districts")
    if not wanted <= set(may):
        raise RuleBroken(
            "One of these districts has moved on meanwhile. Look at the list again.", "districts"
        )
