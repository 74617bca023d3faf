"""Consortia and their members: legal shapes, states, and what an instrument must say."""

from datetime import date
from enum import StrEnum

from marketplace.core.errors import RuleBroken

#: One district is no consortium: the first two members constitute it.
MEMBERS_TO_CONSTITUTE = 2
#: Addresses under /consortia that a consortium may not take.
RESERVED_SLUGS = frozenset({"new"})


class LegalShape(StrEnum):
    """Chosen at founding and never mixed."""

    PIGGYBACK = "piggyback"
    JOINT = "joint"
    POOLED_CASH = "pooled_cash"


class ConsortiumStatus(StrEnum):
    FORMING = "forming"
    CONSTITUTED = "constituted"


class MemberStatus(StrEnum):
    INVITED = "invited"
    REQUESTED = "requested"
    ACTIVE = "active"
    ENDED = "ended"


class InstrumentKind(StrEnum):
    INTERLOCAL_AGREEMENT = "interlocal_agreement"
    LETTER_OF_AGENCY = "letter_of_agency"
    MEMORANDUM = "memorandum"
    RESOLUTION = "resolution"


#: What each legal shape is called, and what it means for a member.
SHAPE_WORDS: dict[LegalShape, tuple[str, str]] = {
    LegalShape.JOINT: (
        "Joint bid",
        "The lead agency asks for bids with everyone’s seats. Each district signs its own "
        "contract and pays the vendor itself.",
    ),
    LegalShape.PIGGYBACK: (
        "Piggyback",
        "Members buy on a contract that another agency has already bid. Each district signs "
        "its own contract and pays the vendor itself.",
    ),
    LegalShape.POOLED_CASH: (
        "Pooled cash",
        "Members pay a fiscal agent, and the fiscal agent pays the vendor. The fiscal agent "
        "holds the money, so it must be named.",
    ),
}
INSTRUMENT_WORDS: dict[InstrumentKind, str] = {
    InstrumentKind.INTERLOCAL_AGREEMENT: "Interlocal agreement",
    InstrumentKind.LETTER_OF_AGENCY: "Letter of agency",
    InstrumentKind.MEMORANDUM: "Memorandum of understanding",
    InstrumentKind.RESOLUTION: "Board resolution",
}


def check_fiscal_agent(shape: LegalShape, has_fiscal_agent: bool) -> None:
    """Only pooled cash has a fiscal agent, and it cannot do without one."""
    if shape is LegalShape.POOLED_CASH and not has_fiscal_agent:
        raise RuleBroken(
            "Pooled cash needs a fiscal agent. Choose who holds the money.", "fiscal_agent"
        )
    if shape is not LegalShape.POOLED_CASH and has_fiscal_agent:
        raise RuleBroken(
            "Only pooled cash has a fiscal agent. Leave this empty: each district pays the vendor.",
            "fiscal_agent",
        )


def check_instrument(
    signed_on: date, starts_on: date, ends_on: date, board_date: date | None, today: date
) -> None:
    """A paper is signed before it is filed, approved before it is signed, and still runs."""
    if signed_on > today:
        raise RuleBroken("The signing date is in the future. File it once signed.", "signed_on")
    if board_date and board_date > signed_on:
        raise RuleBroken("The board must approve before the paper is signed.", "board_date")
    if ends_on <= starts_on:
        raise RuleBroken("The end date must be after the start date.", "ends_on")
    if ends_on < today:
        raise RuleBroken("This paper has already ended. File the one in force now.", "ends_on")


def covers(
    *,
    signed_on: date,
    starts_on: date,
    ends_on: date,
    signed_by: date,
    since: date | None,
    until: date,
) -> bool:
    """Signed by then, and in force from `since` (where given) to `until`."""
    return signed_on <= signed_by and ends_on >= until and (since is None or starts_on <= since)


def check_can_ask(status: MemberStatus | None) -> None:
    if status is MemberStatus.ACTIVE:
        raise RuleBroken("Your district is already a member.")
    if status is MemberStatus.REQUESTED:
        raise RuleBroken("Your district has already asked. The lead agency will answer.")
    if status is MemberStatus.INVITED:
        raise RuleBroken("Your district is already invited. Answer the invitation.")


def check_can_invite(status: MemberStatus | None) -> None:
    if status is MemberStatus.ACTIVE:
        raise RuleBroken("This district is already a member.", "district")
    if status is MemberStatus.INVITED:
        raise RuleBroken("This district is already invited.", "district")
    if status is MemberStatus.REQUESTED:
        raise RuleBroken("This district has asked to join. Answer its request below.", "district")


def check_by_laws_accepted(accepted: bool) -> None:
    if not accepted:
        raise RuleBroken("Accept the by-laws to join.", "accept_by_laws")


def is_ready(approved: bool, accepted_version: int | None, version: int, in_force: bool) -> bool:
    """A member is active once the lead said yes, the by-laws in force are accepted, and a
    signed instrument is in force."""
    return approved and accepted_version == version and in_force
