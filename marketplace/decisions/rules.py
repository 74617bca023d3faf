"""How members decide: what may be voted on, who has which vote, and when an outcome is certain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from marketplace.consortia.rules import MAJORITY_WORDS, Choices, ConflictRule, Dissolution, Majority
from marketplace.core.errors import RuleBroken

#: So many votes of others one district may hold in one decision.
MOST_PROXIES = 2
LONGEST_WORDS = 4_000


class DecisionKind(StrEnum):
    FOUND_POOL = "found_pool"
    PICK_TOOL = "pick_tool"
    COST_METHOD = "cost_method"
    ADMIT_MEMBER = "admit_member"
    CHANGE_BY_LAWS = "change_by_laws"
    RENEW_POOL = "renew_pool"
    DISSOLVE = "dissolve"


class Needed(StrEnum):
    """What it takes to pass: of the votes cast as the by-laws' majority, or of all there are."""

    MORE_THAN_HALF = "more_than_half"
    TWO_THIRDS = "two_thirds"
    TWO_THIRDS_OF_ALL = "two_thirds_of_all"
    EVERYBODY = "everybody"


class Choice(StrEnum):
    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NO_QUORUM = "no_quorum"


KIND_WORDS: dict[DecisionKind, str] = {
    DecisionKind.FOUND_POOL: "Start a pool",
    DecisionKind.PICK_TOOL: "Pick a tool",
    DecisionKind.COST_METHOD: "Adopt a way to split costs",
    DecisionKind.ADMIT_MEMBER: "Admit a member",
    DecisionKind.CHANGE_BY_LAWS: "Change the by-laws",
    DecisionKind.RENEW_POOL: "Renew for another term",
    DecisionKind.DISSOLVE: "Dissolve the consortium",
}
#: What passing brings about by itself.
EFFECT_WORDS: dict[DecisionKind, str] = {
    DecisionKind.FOUND_POOL: "If it passes, a draft pool with this price is made. The lead "
    "agency checks its dates and opens it.",
    DecisionKind.PICK_TOOL: "If it passes, a draft pool with this tool is made. Where "
    "the vendor offers no price yet, it is asked for one.",
    DecisionKind.COST_METHOD: "New by-laws with this way to split are then in force for new pools.",
    DecisionKind.ADMIT_MEMBER: "The district is then a member once its paper is in force.",
    DecisionKind.CHANGE_BY_LAWS: "The draft is then in force, and members are asked to accept it.",
    DecisionKind.RENEW_POOL: "If it passes, a draft of the next pool is made. Every district "
    "commits anew; nothing renews by itself.",
    DecisionKind.DISSOLVE: "If it passes, nothing new begins. The consortium ends once every "
    "bill is paid and every account stands at zero.",
}
NEEDED_WORDS: dict[Needed, str] = {
    Needed.MORE_THAN_HALF: MAJORITY_WORDS[Majority.MORE_THAN_HALF],
    Needed.TWO_THIRDS: MAJORITY_WORDS[Majority.TWO_THIRDS],
    Needed.TWO_THIRDS_OF_ALL: "At least two thirds of all votes there are.",
    Needed.EVERYBODY: "All votes there are.",
}
#: What the by-laws ask for to dissolve; where the lead declares it there is no vote.
TO_DISSOLVE: dict[Dissolution, Needed] = {
    Dissolution.TWO_THIRDS: Needed.TWO_THIRDS_OF_ALL,
    Dissolution.EVERYBODY: Needed.EVERYBODY,
}
CHOICE_WORDS: dict[Choice, str] = {
    Choice.YES: "Yes",
    Choice.NO: "No",
    Choice.ABSTAIN: "Abstain",
}
OUTCOME_WORDS: dict[Outcome, str] = {
    Outcome.PASSED: "Passed",
    Outcome.FAILED: "Not passed",
    Outcome.NO_QUORUM: "Too few took part",
}
NEEDS_SUBJECT = (
    DecisionKind.FOUND_POOL,
    DecisionKind.PICK_TOOL,
    DecisionKind.COST_METHOD,
    DecisionKind.ADMIT_MEMBER,
    DecisionKind.CHANGE_BY_LAWS,
    DecisionKind.RENEW_POOL,
)
#: Asked on pages of their own, which know who has a vote.
ASKED_ELSEWHERE = (DecisionKind.RENEW_POOL,)


class DraftDates(NamedTuple):
    closes_on: date
    starts_on: date
    ends_on: date
    pay_by: date


@dataclass(frozen=True, slots=True)
class Vote:
    """What one district brings to a decision: its votes, and what it did with them."""

    votes: int
    choice: Choice | None = None
    conflicted: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """The count, in votes. `base` is what the quorum is reckoned from, `present` who took part."""

    base: int
    present: int
    yes: int
    no: int
    abstain: int
    conflicted: int
    waiting: int
    quorum_met: bool
    outcome: Outcome
    #: No vote that is still to come can change the outcome.
    decided: bool


def tally(
    votes: Iterable[Vote], quorum_percent: int, needed: Needed, conflict: ConflictRule
) -> Tally:
    """Count what was cast. Votes are final, so an outcome can be certain before the deadline:
    passed, when all that wait could say no; not passed, when all of them could say yes."""
    listed = list(votes)
    conflicted = sum(vote.votes for vote in listed if vote.conflicted)
    open_to_vote = [vote for vote in listed if not vote.conflicted]
    said = {
        choice: sum(vote.votes for vote in open_to_vote if vote.choice is choice)
        for choice in Choice
    }
    waiting = sum(vote.votes for vote in open_to_vote if vote.choice is None)
    counted = conflicted if conflict is ConflictRule.COUNTED else 0
    base = sum(vote.votes for vote in open_to_vote) + counted
    present = sum(said.values()) + counted
    quorum_met = base > 0 and present * 100 >= quorum_percent * base
    yes, no = said[Choice.YES], said[Choice.NO]
    every = sum(vote.votes for vote in listed)
    passes = passes_with(yes, no, every, needed)
    outcome = Outcome.PASSED if passes else Outcome.FAILED
    at_least = passes_with(yes, no + waiting, every, needed)
    certain = at_least is passes_with(yes + waiting, no, every, needed)
    return Tally(
        base=base,
        present=present,
        yes=yes,
        no=no,
        abstain=said[Choice.ABSTAIN],
        conflicted=conflicted,
        waiting=waiting,
        quorum_met=quorum_met,
        outcome=outcome if quorum_met else Outcome.NO_QUORUM,
        decided=waiting == 0 or (quorum_met and certain),
    )


def passes_with(yes: int, no: int, every: int, needed: Needed) -> bool:
    """A tie is a no, and so is a decision without any yes. `every` is all votes there are, also
    of who has a conflict of interest: whoever does not vote dissolves nothing."""
    match needed:
        case Needed.EVERYBODY:
            return 0 < yes == every
        case Needed.TWO_THIRDS_OF_ALL:
            return yes > 0 and 3 * yes >= 2 * every
        case Needed.TWO_THIRDS:
            return yes > 0 and 3 * yes >= 2 * (yes + no)
        case Needed.MORE_THAN_HALF:
            return yes > no


# -- what may be done ------------------------------------------------------------------------


def check_deadline(closes_at: datetime, now: datetime) -> None:
    if closes_at <= now:
        raise RuleBroken("The deadline has already passed. Choose a later one.", "closes_day")


def check_subject(kind: DecisionKind, subject: str) -> None:
    """What is voted on is named where the site must bring it about."""
    if kind in NEEDS_SUBJECT and not subject.startswith(f"{kind}:"):
        raise RuleBroken("Choose what exactly is voted on.", "subject")
    if kind not in NEEDS_SUBJECT and subject:
        raise RuleBroken("This kind of decision needs no choice here. Say it in words.", "subject")


def check_asked_here(kind: DecisionKind, among: object) -> None:
    if kind in ASKED_ELSEWHERE and among is None:
        raise RuleBroken("Ask this on the page of the pool’s term.", "kind")


def needed_for(kind: DecisionKind, choices: Choices) -> Needed:
    """What the by-laws ask for."""
    if kind is DecisionKind.DISSOLVE:
        if choices.dissolution not in TO_DISSOLVE:
            raise RuleBroken(
                "By the by-laws the lead agency declares the end itself, without a vote.", "kind"
            )
        return TO_DISSOLVE[choices.dissolution]
    changes = kind is DecisionKind.CHANGE_BY_LAWS
    return Needed(choices.change_majority if changes else choices.majority)


def draft_dates(today: date, price_valid_until: date, runs_until: date | None) -> DraftDates:
    """Dates to begin a draft pool with; the lead changes them before it opens.

    It closes in 45 days, or as long as the price holds; the term is the next whole school year
    (July 1 to June 30) after that, but no longer than the consortium; districts have 30 days of
    it to pay.
    """
    closes_on = min(today + timedelta(days=45), price_valid_until)
    year = closes_on.year if closes_on < date(closes_on.year, 7, 1) else closes_on.year + 1
    starts_on, ends_on = date(year, 7, 1), date(year + 1, 6, 30)
    if runs_until is not None and runs_until > starts_on:
        ends_on = min(ends_on, runs_until)
    return DraftDates(closes_on, starts_on, ends_on, min(starts_on + timedelta(days=30), ends_on))


def check_is_open(is_open: bool, closes_at: datetime, now: datetime) -> None:
    if not is_open or now >= closes_at:
        raise RuleBroken("The vote has ended.")


def check_can_vote(choice: Choice | None, conflicted: bool, whose: str) -> None:
    """A vote is final, and whoever has an interest of its own does not vote."""
    if choice is not None:
        raise RuleBroken(f"{whose} has voted already. A vote is final.")
    if conflicted:
        raise RuleBroken(f"{whose} has declared a conflict of interest, so it does not vote.")


def check_proxy(allowed: bool, to_itself: bool, holder_conflicted: bool, held: int) -> None:
    if not allowed:
        raise RuleBroken("The by-laws do not let a district give its vote away.", "to")
    if to_itself:
        raise RuleBroken("Choose another district.", "to")
    if holder_conflicted:
        raise RuleBroken("That district has a conflict of interest. Choose another.", "to")
    if held >= MOST_PROXIES:
        raise RuleBroken(f"That district holds {MOST_PROXIES} votes of others already.", "to")


def check_words(words: str, field: str = "words") -> None:
    if not words.strip():
        raise RuleBroken("Write it in a few words.", field)
    if len(words) > LONGEST_WORDS:
        raise RuleBroken(f"Use {LONGEST_WORDS:,} letters at most.", field)
