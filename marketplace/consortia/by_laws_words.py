"""The choices of by-laws in plain words: for the page, the printed paper and each choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from marketplace.consortia.by_laws_rules import (
    SMALL_BELOW,
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
    WhoMayJoin,
)
from marketplace.core.money import dollars
from marketplace.ledger.rules import OPENNESS_WORDS
from marketplace.pricing.rules import METHOD_WORDS, POLICY_WORDS, REST_WORDS, Method, TrueUpPolicy

WHO_MAY_JOIN: Mapping[StrEnum, str] = {
    WhoMayJoin.ANY_DISTRICT: "Any public school district may ask to join.",
    WhoMayJoin.SAME_STATE: "Districts of the lead agency’s state may ask to join.",
    WhoMayJoin.SMALL_DISTRICTS: f"Districts with fewer than {SMALL_BELOW:,} pupils may ask.",
    WhoMayJoin.INVITED: "Only districts that the lead agency invites may join.",
}
ADMISSION: Mapping[StrEnum, str] = {
    Admission.LEAD: "The lead agency says yes to a new member.",
    Admission.VOTE: "The members vote on each new member.",
}
WEIGHTS: Mapping[StrEnum, str] = {
    Weights.ONE_EACH: "Each district has one vote, whatever its size.",
    Weights.BY_SIZE: "A district has 1 vote below 1,000 pupils, 2 below 2,500, and 3 above.",
}
MAJORITY: Mapping[StrEnum, str] = {
    Majority.MORE_THAN_HALF: "More than half of the votes cast. A tie is a no.",
    Majority.TWO_THIRDS: "At least two thirds of the votes cast.",
}
CONFLICT: Mapping[StrEnum, str] = {
    ConflictRule.NOT_COUNTED: "It does not vote, and it is left out of the quorum.",
    ConflictRule.COUNTED: "It does not vote, and it counts as present for the quorum.",
}
DROP_RULE: Mapping[StrEnum, str] = {
    DropRule.NO_RISE_OR_CONSENT: "After that day only if nobody else’s bill rises, or if every "
    "other member of the pool consents in writing.",
    DropRule.NEVER: "After that day nobody gives seats back.",
}
LATE_JOIN: Mapping[StrEnum, str] = {
    LateJoin.PRORATED: "A district may join after the deadline. It pays for the days left.",
    LateJoin.PRORATED_SHARED: "A district may join after the deadline. It pays for the days left. "
    "Where that makes a seat cheaper, the others get the difference back at the true-up.",
    LateJoin.WHOLE_TERM: "A district may join after the deadline. It pays for the whole term.",
    LateJoin.NEXT_TERM: "After the deadline a district waits for the next term.",
}
TRUE_UP_NAMES: Mapping[StrEnum, str] = {
    TrueUpPolicy.COMMITTED_TOTAL: "What was committed is paid.",
    TrueUpPolicy.COMMITTED_VERSUS_ACTUAL: "What was used is paid.",
    TrueUpPolicy.SURPLUS_SHARED: "Shares stay; the rest is shared out.",
}
TRUE_UP: Mapping[StrEnum, str] = {
    policy: f"{name} {POLICY_WORDS[policy]}"  # type: ignore[index]
    for policy, name in TRUE_UP_NAMES.items()
}
FEE_PAYER: Mapping[StrEnum, str] = {
    FeePayer.VENDOR: "The vendor. It is in no member’s share.",
    FeePayer.MEMBERS: "The members, in proportion to their shares, as a line of its own.",
}
NAMES: Mapping[StrEnum, str] = {
    NamesPublic.EVERYBODY: "Anyone can see which districts are members and in a pool.",
    NamesPublic.MEMBERS: "Only members see names. The public sees how many there are.",
}
LEAVE_AT: Mapping[StrEnum, str] = {
    LeaveAt.YEAR_END: "It is out on June 30 of the school year in which the notice runs out.",
    LeaveAt.AFTER_NOTICE: "It is out on the day the notice runs out.",
}
DISSOLUTION: Mapping[StrEnum, str] = {
    Dissolution.TWO_THIRDS: "Two thirds of all votes dissolve it.",
    Dissolution.EVERYBODY: "All members must agree to dissolve it.",
    Dissolution.LEAD: "The lead agency declares it dissolved.",
}
LEFTOVER: Mapping[StrEnum, str] = {
    Leftover.BY_BILLS: "What is left over goes back to the districts, and what is missing is "
    "shared, in proportion to what each was billed.",
    Leftover.EQUAL: "What is left over goes back to the districts, and what is missing is "
    "shared, in equal parts.",
}
BOOKS: Mapping[StrEnum, str] = {kind: f"{words}." for kind, words in OPENNESS_WORDS.items()}
COST_METHOD: Mapping[StrEnum, str] = {
    method: f"{words.name}. {words.why}" for method, words in METHOD_WORDS.items()
}


def percent(bps: int) -> str:
    """3,050 basis points -> '30.5%'."""
    whole, part = divmod(bps, 100)
    return f"{whole}.{part:02}".rstrip("0") + "%" if part else f"{whole}%"


def cost_words(choices: Choices) -> str:
    """'By seats' or '30% equal, the rest by pupils'."""
    if choices.cost_method is Method.HYBRID and choices.rest and choices.equal_bps is not None:
        return f"{percent(choices.equal_bps)} equal, the rest {REST_WORDS[choices.rest]}"
    return METHOD_WORDS[choices.cost_method].name


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered part of the by-laws, in sentences."""

    title: str
    sentences: tuple[str, ...]


def clauses(choices: Choices) -> list[Clause]:
    """The whole of the choices as by-laws that a board can read."""
    return [
        Clause("Who may join", (WHO_MAY_JOIN[choices.who_may_join], ADMISSION[choices.admission])),
        Clause("Votes", (WEIGHTS[choices.weights], *_votes(choices))),
        Clause(
            "Conflict of interest",
            (
                "A district says so when it has an interest of its own in a decision.",
                CONFLICT[choices.conflict],
            ),
        ),
        Clause("Before a district plans to buy", (_survey(choices.survey_before_intent),)),
        Clause("How costs are split", _split(choices)),
        Clause(
            "Giving seats back", (_free_days(choices.drop_free_days), DROP_RULE[choices.drop_rule])
        ),
        Clause("Joining a pool late", (LATE_JOIN[choices.late_join],)),
        Clause("When use is known", (TRUE_UP[choices.true_up],)),
        Clause("Fee for running the consortium", _fee(choices)),
        Clause("What the public sees", (BOOKS[choices.books], NAMES[choices.names])),
        Clause("Leaving", (_notice(choices.notice_days), LEAVE_AT[choices.leave_at])),
        Clause("Term and end", (_term(choices.term_years), *_end(choices))),
    ]


def _votes(choices: Choices) -> tuple[str, ...]:
    proxy = "A district may give its vote on one decision to another member, in writing."
    return (
        f"A decision needs {choices.quorum_percent}% of all votes to take part.",
        f"It passes with: {_lower(MAJORITY[choices.majority])}",
        f"A major change of these by-laws needs: {_lower(MAJORITY[choices.change_majority])}",
        proxy if choices.proxies else "A vote cannot be given to another member.",
    )


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def _survey(first: bool) -> str:
    if first:
        return "Its staff survey must be closed."
    return "A staff survey is welcome, and not required."


def _split(choices: Choices) -> tuple[str, ...]:
    method = METHOD_WORDS[choices.cost_method]
    return (
        f"{cost_words(choices)}. {method.why}",
        "Parts always add up to the total, to the cent. Leftover cents go to the largest "
        "fractions. Nobody pays more than its own limit.",
    )


def _free_days(days: int) -> str:
    if not days:
        return "Until a pool’s deadline a district may give seats back freely."
    plural = "day" if days == 1 else "days"
    return f"Until {days} {plural} after a pool’s deadline a district may give seats back freely."


def _fee(choices: Choices) -> tuple[str, ...]:
    if not choices.fee_bps:
        return ("There is no fee.",)
    cap = choices.fee_cap_cents
    top = f" It is {dollars(cap)} a pool at most." if cap is not None else ""
    return (
        f"The fee is {percent(choices.fee_bps)} of what a vendor is paid.{top}",
        f"Who pays it: {_lower(FEE_PAYER[choices.fee_payer])}",
    )


def _notice(days: int) -> str:
    said = f"with {days} days’ notice" if days else "without notice"
    return f"A district may leave {said}. What it has ordered stays ordered."


def _term(years: int) -> str:
    if not years:
        return "The consortium has no set end."
    return f"The consortium runs for {years} {'year' if years == 1 else 'years'} from its founding."


def _end(choices: Choices) -> tuple[str, ...]:
    return (
        DISSOLUTION[choices.dissolution],
        LEFTOVER[choices.leftover],
        "It can end only when every account stands at zero and no pool or order is open.",
    )
