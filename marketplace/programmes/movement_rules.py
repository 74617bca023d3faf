"""Restricted money: what there is of it, what may move, and that two people move it.

A fund is never below zero and never used outside the rule of its programme. Amounts are
whole US cents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.ledger.rules import Leg

SHORTEST_REASON = 10
LONGEST_REASON = 600
#: Restricted money lies apart from what members pay in; a release moves it over.
KEPT_APART, CASH = "cash:grants", "cash:main"


class MovementKind(StrEnum):
    RECEIVED = "received"
    COMMITTED = "committed"
    RELEASED = "released"
    CANCELLED = "cancelled"
    CLAWED_BACK = "clawed_back"
    RETURNED = "returned"


#: kind -> (title of the form, what it does, in one sentence)
MOVEMENT_WORDS = {
    MovementKind.RECEIVED: (
        "Money came in",
        "The funder’s money reached the consortium. It lies apart from what members pay.",
    ),
    MovementKind.COMMITTED: (
        "Award grants",
        "Each district that qualifies is promised its grant. No money moves yet.",
    ),
    MovementKind.RELEASED: (
        "Release grants",
        "Grant money pays part of each share. The bill of each district gets a line of its own.",
    ),
    MovementKind.CANCELLED: (
        "Cancel a grant",
        "A grant that is promised and not released is taken back. The money is free again.",
    ),
    MovementKind.CLAWED_BACK: (
        "Claw a grant back",
        "A grant that was released is undone, line by line. The district owes its share again.",
    ),
    MovementKind.RETURNED: (
        "Return money",
        "Money that is not spent or promised goes back to the funder.",
    ),
}
#: Which parts of the address stand for which movement; awards have a page of their own.
ACTS = {
    "receive": MovementKind.RECEIVED,
    "release": MovementKind.RELEASED,
    "cancel": MovementKind.CANCELLED,
    "claw-back": MovementKind.CLAWED_BACK,
    "return": MovementKind.RETURNED,
}
#: These change what lies in the consortium's books, so whoever keeps them agrees.
IN_THE_BOOKS = frozenset(
    {
        MovementKind.RECEIVED,
        MovementKind.RELEASED,
        MovementKind.CLAWED_BACK,
        MovementKind.RETURNED,
    }
)


class MovementStatus(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


#: status -> (kind of tag, words, icon)
MOVEMENT_TAGS = {
    MovementStatus.PROPOSED: ("warn", "Waits for a second person", "clock"),
    MovementStatus.APPROVED: ("good", "Done", "ok"),
    MovementStatus.REFUSED: ("", "Turned down", "no"),
}


class AwardStatus(StrEnum):
    COMMITTED = "committed"
    RELEASED = "released"
    CANCELLED = "cancelled"
    CLAWED_BACK = "clawed_back"


AWARD_TAGS = {
    AwardStatus.COMMITTED: ("info", "Promised", "clock"),
    AwardStatus.RELEASED: ("good", "On the bill", "ok"),
    AwardStatus.CANCELLED: ("", "Cancelled", "no"),
    AwardStatus.CLAWED_BACK: ("bad", "Clawed back", "no"),
}
#: What a grant has to be for a movement about it, and what it is afterwards.
NEEDED = {
    MovementKind.RELEASED: (AwardStatus.COMMITTED, AwardStatus.RELEASED),
    MovementKind.CANCELLED: (AwardStatus.COMMITTED, AwardStatus.CANCELLED),
    MovementKind.CLAWED_BACK: (AwardStatus.RELEASED, AwardStatus.CLAWED_BACK),
}
#: These take a part of a share; the others have given it free again.
IN_FORCE = (AwardStatus.COMMITTED, AwardStatus.RELEASED)


@dataclass(frozen=True)
class Fund:
    """A programme's money, or the part of it in one consortium's books."""

    pledged_cents: int = 0
    received_cents: int = 0
    committed_cents: int = 0
    spent_cents: int = 0
    returned_cents: int = 0

    @property
    def held_cents(self) -> int:
        """What lies in the books: came in, not spent, not returned."""
        return self.received_cents - self.spent_cents - self.returned_cents

    @property
    def given_cents(self) -> int:
        return self.committed_cents + self.spent_cents

    @property
    def free_cents(self) -> int:
        """What may still be promised."""
        return max(self.pledged_cents - self.given_cents - self.returned_cents, 0)


def check_said(reason: str) -> str:
    """The reason, tidied; each movement carries one."""
    tidy = " ".join(reason.split())
    if len(tidy) < SHORTEST_REASON:
        raise RuleBroken("Say in a sentence why, and what paper shows it.", "reason")
    return tidy


def check_amount(cents: int | None, most_cents: int | None = None) -> int:
    """Above zero, and no more than is there (`most_cents`; None where there is no limit)."""
    if not cents:
        raise RuleBroken("Enter an amount above zero.", "amount")
    if most_cents is not None and cents > most_cents:
        raise RuleBroken(f"Only {dollars(max(most_cents, 0))} may go back now.", "amount")
    return cents


def check_received(cents: int, pledged_cents: int, received_cents: int) -> None:
    """No more comes in than was pledged: else the budget is raised first, in a new version."""
    if received_cents + cents > pledged_cents:
        raise RuleBroken(
            f"{dollars(pledged_cents)} is pledged and {dollars(received_cents)} came in. "
            "Raise the budget first.",
            "amount",
        )


def check_release(cents: int, held_cents: int) -> None:
    if cents > held_cents:
        raise RuleBroken(
            f"These grants need {dollars(cents)}, and {dollars(max(held_cents, 0))} is here. "
            "Record the money when it comes in, or release fewer."
        )


def check_term(starts_on: date, ends_on: date, today: date) -> None:
    """Grants are awarded while the programme runs, by the pool's own calendar."""
    if not starts_on <= today <= ends_on:
        raise RuleBroken(
            f"The programme runs from {starts_on.isoformat()} to {ends_on.isoformat()}. "
            "Grants are awarded in that time only."
        )


def check_waits(status: MovementStatus) -> None:
    if status is not MovementStatus.PROPOSED:
        raise RuleBroken(f"This is already {status.value}.")


def check_second_person(proposed_by: UUID, approver: UUID | None) -> None:
    """Two people, not two roles: the person counts, whichever hat they wear."""
    if approver is None or approver == proposed_by:
        raise RuleBroken("You proposed this, so somebody else must approve it.")


def check_award(status: AwardStatus, needed: AwardStatus) -> None:
    if status is not needed:
        raise RuleBroken(
            f"This grant is {AWARD_TAGS[status][1].lower()} now. Take the proposal back."
        )


def legs_in(slug: str, cents: int) -> list[Leg]:
    return [Leg(KEPT_APART, cents), Leg(f"grant:{slug}", -cents)]


def legs_back(slug: str, cents: int) -> list[Leg]:
    return [Leg(f"grant:{slug}", cents), Leg(KEPT_APART, -cents)]


def legs_released(slug: str, leaid: str, cents: int) -> list[Leg]:
    """The grant is used and the district owes less; the cash is now there for the vendor."""
    return [
        Leg(f"grant:{slug}", cents),
        Leg(f"receivable:{leaid}", -cents),
        Leg(CASH, cents),
        Leg(KEPT_APART, -cents),
    ]


def net_after(share_cents: int, grants_cents: Sequence[int]) -> list[int]:
    """What is left to pay after each grant, in their order; the lines never pass the share."""
    left, after = share_cents, []
    for cents in grants_cents:
        left -= cents
        if left < 0:
            raise RuleBroken("The grants on this share are larger than the share.")
        after.append(left)
    return after
