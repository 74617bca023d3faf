"""A payment by check, transfer or warrant: one person writes it down, another confirms it.

Two people, because a single one who opens the mail, writes down what came and posts it could
keep a check and nobody would see it (segregation of duties: GAO-14-704G, principle 10.03).
A firm of one or two cannot always send a second person. So the payer counts as one: what the
vendor says came may be confirmed by the district, and what the district says it sent by the
vendor. Each would lose by the other's false word.
"""

from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.orders import rules


class PendingState(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    TAKEN_BACK = "taken_back"  # by the side that wrote it down
    DECLINED = "declined"  # by the other side: no such money came or went


class SaidBy(StrEnum):
    """Which side wrote the payment down."""

    PAYER = "payer"
    RECEIVER = "receiver"


STATE_TAGS = {
    PendingState.WAITING: ("warn", "Waits for a second person", "clock"),
    PendingState.CONFIRMED: ("good", "Confirmed", "ok"),
    PendingState.TAKEN_BACK: ("", "Taken back", "no"),
    PendingState.DECLINED: ("bad", "Declined", "no"),
}


def check_pending_amount(
    amount_cents: int, open_cents: int, waiting_cents: int, keep_rest: bool
) -> None:
    """What waits for its second person counts as paid already. More than is left may have come:
    ask, and keep the rest for the district. Cents."""
    if waiting_cents and open_cents <= waiting_cents:
        raise RuleBroken(
            f"All of it ({dollars(waiting_cents)}) already waits to be confirmed. "
            "Confirm that, or take it back first.",
            "amount_cents",
        )
    left = open_cents - waiting_cents
    if amount_cents > left > 0 and not keep_rest:
        why = f" {dollars(waiting_cents)} already waits to be confirmed." if waiting_cents else ""
        raise RuleBroken(
            f"Only {dollars(left)} is open.{why} If more came, tick the box below: the rest is "
            "kept for the district.",
            "keep_rest",
        )
    rules.check_amount(min(amount_cents, max(left, 0)) if keep_rest else amount_cents, left)


def check_still_open(open_cents: int) -> None:
    if open_cents <= 0:
        raise RuleBroken(
            "This invoice is settled by now. Decline this payment, or take it back and write it "
            "down for another invoice."
        )


def check_other_bills(reference: str, on_bills: list[int], is_the_same: bool) -> None:
    """A number seen on another bill may be a slip, or one check for several bills: ask."""
    if on_bills and not is_the_same:
        numbers = ", ".join(str(number) for number in on_bills)
        raise RuleBroken(
            f"{reference} is already written down for invoice {numbers}. If one payment covers "
            "both bills, tick the box below. If not, enter the right number.",
            "same_check",
        )


def check_second_person(
    recorder_id: UUID | None,
    confirmer_id: UUID | None,
    author_id: UUID | None,
    said_by: SaidBy,
) -> None:
    """Recorder ≠ confirmer. The bill's author confirms only what the payer itself wrote down."""
    if recorder_id is not None and recorder_id == confirmer_id:
        raise RuleBroken(
            "You wrote this payment down, so somebody else must confirm it: "
            "a colleague, or the other side."
        )
    if said_by is SaidBy.RECEIVER and author_id is not None and author_id == confirmer_id:
        raise RuleBroken(
            "You issued this invoice, so somebody else must confirm its payment: "
            "a colleague, or the district."
        )


def is_second_person(
    recorder_id: UUID | None, confirmer_id: UUID | None, author_id: UUID | None, said_by: SaidBy
) -> bool:
    """Whether the button is shown at all; `check_second_person` says why not."""
    try:
        check_second_person(recorder_id, confirmer_id, author_id, said_by)
    except RuleBroken:
        return False
    return True


def check_waiting(state: PendingState) -> None:
    if state is PendingState.CONFIRMED:
        raise RuleBroken(
            "This payment is confirmed and stands in the books. If it is wrong, ask the fiscal "
            "agent or the lead agency to propose a correction."
        )
    if state is not PendingState.WAITING:
        raise RuleBroken("This payment was taken back. Write it down again if it is here.")


def state_after_undo(said_by: SaidBy, by_payer: bool) -> PendingState:
    own = (said_by is SaidBy.PAYER) == by_payer
    return PendingState.TAKEN_BACK if own else PendingState.DECLINED


def booked_on(paid_on: date, closed_through: date | None) -> date:
    """The day in the books: the date on the payment, or the first day that is still open when
    its month was closed while it waited."""
    if closed_through is not None and paid_on <= closed_through:
        return closed_through + timedelta(days=1)
    return paid_on
