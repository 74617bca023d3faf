"""How much one person of a district may order alone, and who approves what is above.

Author ≠ approver ≠ payer: whoever asks for a purchase order above the limit does not approve
it, and whoever approved it does not say that its bill is paid. Each district sets its own
limits, as its board policy has them; without any, a buyer orders alone.
"""

import re
from enum import StrEnum
from uuid import UUID

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars


class RequestState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


LONGEST_WORDS = 500


def needs_second(total_cents: int, alone_up_to_cents: int | None) -> bool:
    """Whether an order is above what one person may order; no limit, no second person."""
    return alone_up_to_cents is not None and total_cents > alone_up_to_cents


def check_limits(alone_up_to_cents: int | None, up_to_cents: list[int | None]) -> None:
    """Somebody must be able to approve whatever is above the limit."""
    if alone_up_to_cents is None:
        return
    if not up_to_cents:
        raise RuleBroken(
            "Nobody here can approve orders yet. Give a colleague the role of approver first.",
            "alone_up_to",
        )
    if all(limit is not None for limit in up_to_cents):
        raise RuleBroken(
            "Leave the limit of one person empty, so that somebody can approve any amount."
        )


def already_asked(number: str) -> RuleBroken:
    return RuleBroken(
        f"PO {number} waits for an approver already. Take it back first to use another number.",
        "number",
    )


_DOLLARS = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(\d{1,2}))?")


def limit_of(typed: str) -> int | None:
    """A limit as people type it, in cents; empty is no limit."""
    text = typed.strip()
    if not text:
        return None
    found = _DOLLARS.fullmatch(text)
    if found is None:
        raise RuleBroken(f"“{text[:20]}” is no amount. Write dollars, such as 25,000.")
    return int(found[1].replace(",", "")) * 100 + int((found[2] or "").ljust(2, "0"))


def check_asked(state: RequestState) -> None:
    if state is RequestState.APPROVED:
        raise RuleBroken("This purchase order is approved already.")
    if state is not RequestState.WAITING:
        raise RuleBroken("This request is closed. Ask again with a PO number.")


def check_approver(
    asker_id: UUID | None, approver_id: UUID, total_cents: int, limit_cents: int | None
) -> None:
    if asker_id is not None and asker_id == approver_id:
        raise RuleBroken("You asked for this purchase order, so somebody else must approve it.")
    if limit_cents is not None and total_cents > limit_cents:
        raise RuleBroken(
            f"You approve up to {dollars(limit_cents)}. This order is {dollars(total_cents)}, so "
            "somebody with a higher limit must approve it."
        )


def check_payer(approver_id: UUID | None, recorder_id: UUID | None) -> None:
    """Approver ≠ payer, on the district's side."""
    if approver_id is not None and approver_id == recorder_id:
        raise RuleBroken(
            "You approved the purchase order of this bill, so a colleague must say that it is paid."
        )


def check_words(words: str) -> None:
    if not words.strip():
        raise RuleBroken("Say in a few words what is wrong with it.", "words")
    if len(words) > LONGEST_WORDS:
        raise RuleBroken(f"Use at most {LONGEST_WORDS} letters.", "words")
