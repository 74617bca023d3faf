"""By-laws as choices: what a consortium decides once, each choice one the site can keep.

A version of the by-laws is these choices and the members' own words. Everything that follows
from them (who may join, how a vote counts, how a bill is split) is read from here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from json import dumps
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.ledger.rules import Openness
from marketplace.pricing.rules import OFFERED_METHODS, Method, Rest, TrueUpPolicy, fee_cents

#: A fee for running the consortium is 5 % at most, in basis points of what the vendor is paid.
MOST_FEE_BPS = 500
MOST_NOTICE_DAYS = 365
MOST_DROP_DAYS = 120
MOST_TERM_YEARS = 25
LONGEST_TEXT = 60_000
#: Districts below this many pupils are small (the product's own line; NCES counts pupils).
SMALL_BELOW = 2_500
#: Votes by size: up to how many pupils a district has how many votes; the last has no end.
VOTES_BY_SIZE: tuple[tuple[int | None, int], ...] = ((999, 1), (2_499, 2), (None, 3))


class WhoMayJoin(StrEnum):
    ANY_DISTRICT = "any_district"
    SAME_STATE = "same_state"
    SMALL_DISTRICTS = "small_districts"
    INVITED = "invited"


class Admission(StrEnum):
    """Who says yes to a district that wants to join."""

    LEAD = "lead"
    VOTE = "vote"


class Weights(StrEnum):
    ONE_EACH = "one_each"
    BY_SIZE = "by_size"


class Majority(StrEnum):
    """Of the votes cast for or against; abstentions count for the quorum only."""

    MORE_THAN_HALF = "more_than_half"
    TWO_THIRDS = "two_thirds"


class ConflictRule(StrEnum):
    """Whoever has a conflict of interest does not vote; does it count for the quorum?"""

    COUNTED = "counted"
    NOT_COUNTED = "not_counted"


class DropRule(StrEnum):
    """May a district give its seats back after the pool's deadline?"""

    NO_RISE_OR_CONSENT = "no_rise_or_consent"
    NEVER = "never"


class LateJoin(StrEnum):
    PRORATED = "prorated"
    #: Prorated, and the others' shares fall at the true-up where a seat costs less by it.
    PRORATED_SHARED = "prorated_shared"
    WHOLE_TERM = "whole_term"
    NEXT_TERM = "next_term"


class FeePayer(StrEnum):
    VENDOR = "vendor"
    MEMBERS = "members"


class NamesPublic(StrEnum):
    """Who reads which districts are members and in a pool."""

    EVERYBODY = "everybody"
    MEMBERS = "members"


class LeaveAt(StrEnum):
    AFTER_NOTICE = "after_notice"
    YEAR_END = "year_end"


class Dissolution(StrEnum):
    TWO_THIRDS = "two_thirds"
    EVERYBODY = "everybody"
    LEAD = "lead"


class Leftover(StrEnum):
    """By what the members share what is left over, or missing, when the consortium ends."""

    BY_BILLS = "by_bills"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class Choices:
    """Every choice of a set of by-laws; the defaults are what the site proposes."""

    who_may_join: WhoMayJoin = WhoMayJoin.ANY_DISTRICT
    admission: Admission = Admission.LEAD
    #: Of all votes, so many percent must take part; 1 to 100.
    quorum_percent: int = 50
    weights: Weights = Weights.ONE_EACH
    majority: Majority = Majority.MORE_THAN_HALF
    #: For a major change of these by-laws.
    change_majority: Majority = Majority.TWO_THIRDS
    proxies: bool = True
    conflict: ConflictRule = ConflictRule.NOT_COUNTED
    survey_before_intent: bool = False
    cost_method: Method = Method.PROPORTIONAL
    #: Of a hybrid: the part shared equally, in basis points, and what the rest goes by.
    equal_bps: int | None = None
    rest: Rest | None = None
    drop_rule: DropRule = DropRule.NO_RISE_OR_CONSENT
    #: So many days after a pool's deadline seats may be given back freely.
    drop_free_days: int = 0
    late_join: LateJoin = LateJoin.PRORATED
    true_up: TrueUpPolicy = TrueUpPolicy.COMMITTED_TOTAL
    #: Basis points of what the vendor is paid; 0 = no fee. The cap is per pool, in cents.
    fee_bps: int = 0
    fee_cap_cents: int | None = None
    fee_payer: FeePayer = FeePayer.VENDOR
    books: Openness = Openness.NAMED
    names: NamesPublic = NamesPublic.EVERYBODY
    #: How long the consortium runs from its founding; 0 = until it is dissolved.
    term_years: int = 0
    notice_days: int = 60
    leave_at: LeaveAt = LeaveAt.YEAR_END
    dissolution: Dissolution = Dissolution.TWO_THIRDS
    leftover: Leftover = Leftover.BY_BILLS


_KINDS: dict[str, type[StrEnum]] = {
    "who_may_join": WhoMayJoin,
    "admission": Admission,
    "weights": Weights,
    "majority": Majority,
    "change_majority": Majority,
    "conflict": ConflictRule,
    "cost_method": Method,
    "rest": Rest,
    "drop_rule": DropRule,
    "late_join": LateJoin,
    "true_up": TrueUpPolicy,
    "fee_payer": FeePayer,
    "books": Openness,
    "names": NamesPublic,
    "leave_at": LeaveAt,
    "dissolution": Dissolution,
    "leftover": Leftover,
}
CHOICES = tuple(field.name for field in fields(Choices))


def choices_as_json(choices: Choices) -> dict[str, Any]:
    """The document that is stored and printed; `choices_from_json` reads it back."""
    return {name: str(v) if isinstance(v, StrEnum) else v for name, v in asdict(choices).items()}


def choices_from_json(document: Mapping[str, Any]) -> Choices:
    """Read what was stored; a choice that was not asked yet has its default."""
    said = {name: document[name] for name in CHOICES if name in document}
    for name, kind in _KINDS.items():
        if said.get(name) is not None:
            said[name] = kind(said[name])
    return Choices(**said)


#: Choices that older versions were not asked, with what they said by their silence: left out of
#: the text, so that its fingerprint can be reckoned again for ever.
ADDED_LATER: dict[str, str] = {"leftover": str(Leftover.BY_BILLS)}


def canonical(choices: Choices, text: str) -> str:
    """Sorted, compact JSON of a version: the same by-laws are the same text."""
    said = choices_as_json(choices)
    asked = {name: said[name] for name in said if said[name] != ADDED_LATER.get(name, ...)}
    document = {"choices": asked, "text": text}
    return dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(choices: Choices, text: str) -> str:
    """SHA-256 of the canonical text, printed on the paper that a board accepts."""
    return sha256(canonical(choices, text).encode()).hexdigest()


def check_choices(choices: Choices) -> None:
    """Refuse what the site could not keep, at the field it stands in."""
    if not 1 <= choices.quorum_percent <= 100:
        raise RuleBroken("Enter a percent from 1 to 100.", "quorum_percent")
    if choices.cost_method not in OFFERED_METHODS:
        raise RuleBroken("Choose one of the methods.", "cost_method")
    hybrid = choices.cost_method is Method.HYBRID
    if hybrid and choices.equal_bps is None:
        raise RuleBroken("Say how much is shared equally, such as 30.", "equal_percent")
    if hybrid and choices.rest is None:
        raise RuleBroken("Choose what the rest goes by.", "rest")
    if not hybrid and (choices.equal_bps is not None or choices.rest is not None):
        raise RuleBroken("Only “part equal, part by size” has an equal part.", "equal_percent")
    if choices.equal_bps is not None and not 0 <= choices.equal_bps <= 10_000:
        raise RuleBroken("Enter a percent from 0 to 100, such as 30.", "equal_percent")
    if not 0 <= choices.fee_bps <= MOST_FEE_BPS:
        raise RuleBroken(f"Enter a fee from 0 to {MOST_FEE_BPS // 100} percent.", "fee_percent")
    if choices.fee_cap_cents is not None and choices.fee_cap_cents <= 0:
        raise RuleBroken("Enter a top amount above $0.00, or leave it empty.", "fee_cap")
    if choices.fee_cap_cents is not None and not choices.fee_bps:
        raise RuleBroken("Without a fee there is no top amount. Leave it empty.", "fee_cap")
    _check_days("drop_free_days", choices.drop_free_days, MOST_DROP_DAYS)
    _check_days("notice_days", choices.notice_days, MOST_NOTICE_DAYS)
    _check_days("term_years", choices.term_years, MOST_TERM_YEARS)


def _check_days(field: str, number: int, most: int) -> None:
    if not 0 <= number <= most:
        raise RuleBroken(f"Enter a whole number from 0 to {most}.", field)


def check_text(text: str) -> None:
    if len(text.strip()) > LONGEST_TEXT:
        raise RuleBroken(f"Use {LONGEST_TEXT:,} letters at most.", "text")


# -- what follows from the choices -----------------------------------------------------------


def votes_of(weights: Weights, pupils: int | None) -> int:
    """How many votes a district has; one where its pupils are not known."""
    if weights is Weights.ONE_EACH or pupils is None:
        return 1
    return next(votes for most, votes in VOTES_BY_SIZE if most is None or pupils <= most)


def administrative_fee(choices: Choices, base_cents: int) -> int:
    """The fee in cents on what the vendor is paid for a pool, never above the by-laws' cap."""
    fee = fee_cents(base_cents, choices.fee_bps)
    return fee if choices.fee_cap_cents is None else min(fee, choices.fee_cap_cents)


def free_until(choices: Choices, deadline: date) -> date:
    """The last day on which seats may be given back freely, from the day of the deadline."""
    return deadline + timedelta(days=choices.drop_free_days)


def last_day(choices: Choices, asked_on: date) -> date:
    """The last day of a membership that is given up today: notice, then (where the by-laws say
    so) the end of that school year, June 30."""
    notice = asked_on + timedelta(days=choices.notice_days)
    if choices.leave_at is LeaveAt.AFTER_NOTICE:
        return notice
    this_year = notice.replace(month=6, day=30)
    return this_year if notice <= this_year else this_year.replace(year=notice.year + 1)


def runs_until(choices: Choices, founded_on: date) -> date | None:
    """The last day of the consortium; None where it has no end. Founded on Feb 29, it ends on
    Feb 28 of a common year."""
    if not choices.term_years:
        return None
    year = founded_on.year + choices.term_years
    leap = (founded_on.month, founded_on.day) == (2, 29)
    start = date(year, 3, 1) if leap else founded_on.replace(year=year)
    return start - timedelta(days=1)


def check_may_join(
    choices: Choices,
    *,
    invited: bool,
    state: str | None,
    consortium_state: str | None,
    pupils: int | None,
) -> None:
    """Whom the by-laws let in; an invitation does not stand above them."""
    rule = choices.who_may_join
    if rule is WhoMayJoin.INVITED and not invited:
        raise RuleBroken("The by-laws let in only who is invited. Write to the lead agency.")
    if rule is WhoMayJoin.SAME_STATE and state != consortium_state:
        raise RuleBroken(f"The by-laws let in districts of {consortium_state} only.", "district")
    if rule is WhoMayJoin.SMALL_DISTRICTS and (pupils is None or pupils >= SMALL_BELOW):
        raise RuleBroken(
            f"The by-laws let in districts with fewer than {SMALL_BELOW:,} pupils only.", "district"
        )


def check_lead_may_admit(choices: Choices) -> None:
    if choices.admission is Admission.VOTE:
        raise RuleBroken("The by-laws let the members vote on this. Open a decision instead.")


# -- the draft of the next version -----------------------------------------------------------


def check_draft_unchanged(seen_revision: int, revision: int) -> None:
    """Whoever writes must have read the draft as it stands."""
    if seen_revision != revision:
        raise RuleBroken(
            "Somebody else has changed this draft since you opened it. What you typed is still "
            "here; what they changed stands below. Read it, then save again."
        )


def check_draft_is_free(put_to_vote_at: datetime | None) -> None:
    if put_to_vote_at is not None:
        raise RuleBroken("The members are voting on this draft, so it cannot change now.")


def check_something_changes(differs: bool) -> None:
    if not differs:
        raise RuleBroken("This draft says the same as the by-laws in force.")


def check_is_minor(is_major: bool, why: str) -> None:
    if is_major:
        raise RuleBroken(f"This is a major change, so the members vote on it. {why}")
