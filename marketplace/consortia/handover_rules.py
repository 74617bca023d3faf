"""An office of a consortium passes on: what may be offered, and who may answer."""

from enum import StrEnum
from uuid import UUID

from marketplace.accounts.rules import Role
from marketplace.core.errors import RuleBroken


class Office(StrEnum):
    LEAD_AGENCY = "lead_agency"
    FISCAL_AGENT = "fiscal_agent"


class OfferAnswer(StrEnum):
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"


OFFICE_WORDS: dict[Office, str] = {
    Office.LEAD_AGENCY: "lead agency",
    Office.FISCAL_AGENT: "fiscal agent",
}
#: Which role in the consortium an office comes with.
ROLE_OF: dict[Office, Role] = {
    Office.LEAD_AGENCY: Role.CONVENER,
    Office.FISCAL_AGENT: Role.FISCAL_AGENT,
}
ANSWER_WORDS: dict[OfferAnswer, str] = {
    OfferAnswer.ACCEPTED: "Accepted",
    OfferAnswer.DECLINED: "Declined",
    OfferAnswer.TAKEN_BACK: "Taken back",
}
LONGEST_WORDS = 1_000


def check_offer(
    office: Office, held_by: UUID | None, to_id: UUID, successor_id: UUID | None, is_open: bool
) -> UUID:
    """An office somebody holds goes to somebody else, one offer at a time; who takes the money
    over comes with the next successor, as at founding.
    Who holds it now is the answer."""
    if held_by is None:
        raise RuleBroken("This consortium has no fiscal agent: each district pays the vendor.")
    if is_open:
        raise RuleBroken("An offer waits for its answer already. Take it back to make another.")
    if to_id == held_by:
        raise RuleBroken("That agency has the office now. Choose another.", "to")
    if office is Office.FISCAL_AGENT:
        if successor_id is None:
            raise RuleBroken("Name who takes over if the new fiscal agent stops.", "successor")
        if successor_id == to_id:
            raise RuleBroken("The successor must be somebody else.", "successor")
    elif successor_id is not None:
        raise RuleBroken("Only a fiscal agent has a successor. Leave this empty.", "successor")
    return held_by


def check_waits(answer: OfferAnswer | None) -> None:
    if answer is not None:
        raise RuleBroken(f"This offer is answered: {ANSWER_WORDS[answer].lower()}.")


def check_two_people(offered_by: UUID, accepts: UUID) -> None:
    if offered_by == accepts:
        raise RuleBroken("You made this offer yourself. Somebody else of the agency must accept.")
