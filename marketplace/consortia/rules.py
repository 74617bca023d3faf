"""Consortia and their members: legal shapes, states, and what an instrument must say."""

from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum

from marketplace.consortia.by_laws_rules import (
    Admission,
    Choices,
    ConflictRule,
    Dissolution,
    DropRule,
    FeePayer,
    LateJoin,
    LeaveAt,
    Leftover,
    Majority,
    NamesPublic,
    Weights,
    administrative_fee,
    free_until,
    last_day,
    votes_of,
)
from marketplace.consortia.by_laws_words import DISSOLUTION as DISSOLUTION_WORDS
from marketplace.consortia.by_laws_words import LEFTOVER as LEFTOVER_WORDS
from marketplace.consortia.by_laws_words import MAJORITY as MAJORITY_WORDS
from marketplace.consortia.by_laws_words import clauses, cost_words
from marketplace.consortia.change_rules import Change, change_between
from marketplace.core.errors import RuleBroken

#: The whole of by-laws in one face for other features.
__all__ = [
    "DISSOLUTION_WORDS",
    "LEFTOVER_WORDS",
    "MAJORITY_WORDS",
    "Admission",
    "Change",
    "Choices",
    "ConflictRule",
    "Dissolution",
    "DropRule",
    "FeePayer",
    "LateJoin",
    "LeaveAt",
    "Leftover",
    "Majority",
    "NamesPublic",
    "Weights",
    "administrative_fee",
    "change_between",
    "clauses",
    "cost_words",
    "free_until",
    "last_day",
    "votes_of",
]

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
    DISSOLVED = "dissolved"


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


class InstrumentScope(StrEnum):
    """What may be bought under a paper; a wider one covers the narrower ones."""

    AI_TOOLS = "ai_tools"
    SOFTWARE = "software"
    ALL_PURCHASES = "all_purchases"


class Refusal(StrEnum):
    """Why a member may not commit now."""

    NO_MEMBER = "no_member"
    BY_LAWS = "by_laws"
    NO_PAPER = "no_paper"
    SCOPE = "scope"


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
#: What each paper's scope lets a member buy.
COVERED: dict[InstrumentScope, frozenset[InstrumentScope]] = {
    InstrumentScope.AI_TOOLS: frozenset({InstrumentScope.AI_TOOLS}),
    InstrumentScope.SOFTWARE: frozenset({InstrumentScope.AI_TOOLS, InstrumentScope.SOFTWARE}),
    InstrumentScope.ALL_PURCHASES: frozenset(InstrumentScope),
}
SCOPE_WORDS: dict[InstrumentScope, str] = {
    InstrumentScope.AI_TOOLS: "AI tools only",
    InstrumentScope.SOFTWARE: "All software, AI tools too",
    InstrumentScope.ALL_PURCHASES: "All purchases",
}
REFUSAL_WORDS: dict[Refusal, str] = {
    Refusal.NO_MEMBER: "Only active members of the consortium can commit. Ask to join first.",
    Refusal.BY_LAWS: "The by-laws have changed in a way that binds your district. Read them and "
    "accept them before you commit.",
    Refusal.NO_PAPER: "Your signed membership paper does not cover the whole term. File one that "
    "was signed by today and is in force from the first day to the last.",
    Refusal.SCOPE: "Your signed membership paper does not cover this kind of purchase. File one "
    "that does.",
}
INSTRUMENT_WORDS: dict[InstrumentKind, str] = {
    InstrumentKind.INTERLOCAL_AGREEMENT: "Interlocal agreement",
    InstrumentKind.LETTER_OF_AGENCY: "Letter of agency",
    InstrumentKind.MEMORANDUM: "Memorandum of understanding",
    InstrumentKind.RESOLUTION: "Board resolution",
}


def check_fiscal_agent(shape: LegalShape, agent: object, successor: object) -> None:
    """Only pooled cash has a fiscal agent, with a successor; it cannot do without them. `agent`
    and `successor` are ids, or empty."""
    pooled = shape is LegalShape.POOLED_CASH
    if pooled and not agent:
        raise RuleBroken(
            "Pooled cash needs a fiscal agent. Choose who holds the money.", "fiscal_agent"
        )
    if not pooled and agent:
        raise RuleBroken(
            "Only pooled cash has a fiscal agent. Leave this empty: each district pays the vendor.",
            "fiscal_agent",
        )
    if pooled and not successor:
        raise RuleBroken("Name who takes over if the fiscal agent stops.", "successor")
    if not pooled and successor:
        raise RuleBroken("Without a fiscal agent there is no successor.", "successor")
    if pooled and successor == agent:
        raise RuleBroken("The successor must be somebody else.", "successor")


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


def check_voters(voter: object, alternate: object, own: Collection[object]) -> None:
    """Voter and alternate are two different people of the district."""
    if voter not in own:
        raise RuleBroken("Choose a person of your district.", "voter")
    if alternate and alternate not in own:
        raise RuleBroken("Choose a person of your district.", "alternate")
    if voter == alternate:
        raise RuleBroken("The alternate must be somebody else.", "alternate")


def check_waits_for_vote(status: MemberStatus, is_approved: bool) -> None:
    if status not in (MemberStatus.INVITED, MemberStatus.REQUESTED) or is_approved:
        raise RuleBroken("This district does not wait for a yes.", "subject")


def check_by_laws_accepted(accepted: bool) -> None:
    if not accepted:
        raise RuleBroken("Accept the by-laws to join.", "accept_by_laws")


def accepts(accepted_version: int | None, accept_from: int) -> bool:
    """A member accepts the by-laws in force when it accepted the last major version or a later."""
    return accepted_version is not None and accepted_version >= accept_from


def is_ready(
    approved: bool, accepted_version: int | None, accept_from: int, in_force: bool
) -> bool:
    """A member is active once the lead said yes, the by-laws in force are accepted, and a
    signed instrument is in force."""
    return approved and accepts(accepted_version, accept_from) and in_force


def why_not_commit(
    *,
    is_active: bool,
    accepts_by_laws: bool,
    papers: Iterable[InstrumentScope],
    buys: InstrumentScope,
) -> Refusal | None:
    """May a member commit now? `papers` are the scopes of its papers that cover the whole term.

    The first thing that is missing, in the order in which a district mends it; else None.
    """
    scopes = list(papers)
    if not is_active:
        return Refusal.NO_MEMBER
    if not accepts_by_laws:
        return Refusal.BY_LAWS
    if not scopes:
        return Refusal.NO_PAPER
    if not any(buys in COVERED[scope] for scope in scopes):
        return Refusal.SCOPE
    return None


#: So many days before a paper ends its district and the lead are reminded.
REMIND_DAYS = (180, 90, 60, 30)


def reminder_due(ends_on: date, today: date, reminded_days: int = 999) -> int | None:
    """The reminder that is due today: the closest of those that were reached and not sent.

    A paper that is filed late gets one letter, not all that it has missed; one that has ended
    gets none.
    """
    left = (ends_on - today).days
    reached = [days for days in REMIND_DAYS if 0 <= left <= days < reminded_days]
    return min(reached, default=None)


def check_not_dissolved(status: ConsortiumStatus) -> None:
    if status is ConsortiumStatus.DISSOLVED:
        raise RuleBroken("This consortium is dissolved. Its pages stay to be read.")


def check_goes_on(status: ConsortiumStatus, winding_up_on: date | None) -> None:
    """Nothing new begins once it was decided to dissolve."""
    check_not_dissolved(status)
    if winding_up_on is not None:
        raise RuleBroken(
            "This consortium is being dissolved. What is open is finished; nothing new begins."
        )


def check_outlives(ends_on: date, runs_until: date | None) -> None:
    """No purchase runs longer than the consortium itself."""
    if runs_until is not None and ends_on > runs_until:
        raise RuleBroken(
            f"By its by-laws the consortium runs until {runs_until:%B} {runs_until.day}, "
            f"{runs_until.year}. End the term by then, or have the members vote for a longer one.",
            "term_ends_on",
        )


#: Whom a consortium may let read along. A vendor would read what its buyers say of it.
OBSERVING_KINDS = ("district", "service_agency", "funder")


def check_may_observe(kind: str, *, belongs: bool, observes: bool) -> None:
    """Whoever belongs to a consortium reads it anyway."""
    if kind not in OBSERVING_KINDS:
        raise RuleBroken("Choose a district, a service agency or a funder.", "observer")
    if belongs:
        raise RuleBroken("It belongs to the consortium, so it reads all this already.", "observer")
    if observes:
        raise RuleBroken("It is an observer already.", "observer")
