"""What happens during and after a term: the words, the dates, and who may still do what.

Days are calendar days in the zone of the pool. Money is whole US cents.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.consortia.rules import DropRule, LateJoin
from marketplace.core.errors import RuleBroken
from marketplace.decisions.rules import Outcome
from marketplace.pools.rules import CLEARED_STATES, PoolStatus
from marketplace.pricing.rules import TrueUpPolicy

#: Days before the end of a term on which a notice goes out (product.md, renew or leave).
NOTICE_DAYS = (180, 90, 60, 30)
#: A term that is nearly over may be settled: use hardly changes in the last days.
SETTLE_BEFORE_END = timedelta(days=30)
SHORTEST_REASON = 10
MOST_SEATS = 1_000_000


#: What each rule of the by-laws means for whoever joins, and for the others.
LATE_JOIN_WORDS = {
    LateJoin.PRORATED: "Whoever joins late pays for the days that are left. The others keep "
    "their shares.",
    LateJoin.PRORATED_SHARED: "Whoever joins late pays for the days that are left. Where that "
    "lowers the price of a seat, the others get the difference back at the true-up.",
    LateJoin.WHOLE_TERM: "Whoever joins late pays for the whole term. The others keep their "
    "shares.",
    LateJoin.NEXT_TERM: "Nobody joins this term any more. A district that comes now waits for the "
    "next one.",
}


@dataclass(frozen=True)
class TermRules:
    """The by-laws a pool was opened under, as far as its running term needs them."""

    #: The last day on which leaving is free.
    drop_until: date
    #: After that day: only if nobody's share rises or all others consent; or never.
    drop_rule: DropRule = DropRule.NO_RISE_OR_CONSENT
    late_join: LateJoin = LateJoin.PRORATED
    true_up: TrueUpPolicy = TrueUpPolicy.COMMITTED_TOTAL


def check_may_join_late(rule: LateJoin) -> None:
    if rule is LateJoin.NEXT_TERM:
        raise RuleBroken(f"{LATE_JOIN_WORDS[rule]} That is what the by-laws say.")


def check_may_leave(rule: DropRule, free_until: date, asked_on: date) -> None:
    if rule is DropRule.NEVER and asked_on > free_until:
        raise RuleBroken(
            f"By the by-laws seats could be given back until {free_until:%B} {free_until.day}, "
            f"{free_until.year}, and not after."
        )


class RequestKind(StrEnum):
    LATE_JOIN = "late_join"
    ADDED_SEATS = "added_seats"
    WITHDRAWAL = "withdrawal"


class RequestStatus(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


#: status -> (kind of tag, words, icon)
REQUEST_TAGS = {
    RequestStatus.ASKED: ("warn", "Waits for the lead", "clock"),
    RequestStatus.APPROVED: ("good", "Approved", "ok"),
    RequestStatus.REFUSED: ("", "Turned down", "no"),
    RequestStatus.TAKEN_BACK: ("", "Taken back", "no"),
}


class UsageStatus(StrEnum):
    """A count of seats in use: said by one side, then confirmed or disputed by the other."""

    SAID = "said"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


USAGE_TAGS = {
    UsageStatus.SAID: ("warn", "To confirm", "clock"),
    UsageStatus.CONFIRMED: ("good", "Confirmed", "ok"),
    UsageStatus.DISPUTED: ("bad", "Disputed", "no"),
}


class Side(StrEnum):
    DISTRICT = "district"
    VENDOR = "vendor"


class RunStatus(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


RUN_TAGS = {
    RunStatus.PROPOSED: ("warn", "Waits for a second person", "clock"),
    RunStatus.APPROVED: ("good", "Approved and posted", "ok"),
    RunStatus.REFUSED: ("", "Turned down", "no"),
}


class Answer(StrEnum):
    RENEW = "renew"
    FEWER = "fewer"
    LEAVE = "leave"


ANSWER_WORDS = {
    Answer.RENEW: "Yes, renew with the same seats or more",
    Answer.FEWER: "Yes, with fewer seats",
    Answer.LEAVE: "No, we leave at the end of the term",
}
ANSWER_TAGS = {
    Answer.RENEW: ("good", "Renews", "ok"),
    Answer.FEWER: ("warn", "Fewer seats", "mid"),
    Answer.LEAVE: ("bad", "Leaves", "no"),
}

# -- a running term ----------------------------------------------------------------------------


def check_has_orders(status: PoolStatus) -> None:
    if status not in CLEARED_STATES:
        raise RuleBroken("This pool has not cleared, so its term has nothing to change.")


def check_starts(starts_on: date, term_starts_on: date, term_ends_on: date, today: date) -> None:
    """A later start is today or later, and within the term."""
    if starts_on < today:
        raise RuleBroken("The first day has passed. Choose today or later.", "starts_on")
    if not term_starts_on <= starts_on <= term_ends_on:
        raise RuleBroken(
            f"Choose a day of the term, {term_starts_on} to {term_ends_on}.", "starts_on"
        )


def check_leaving_day(
    first_day_without: date, term_starts_on: date, term_ends_on: date, today: date
) -> None:
    """Nobody leaves in the past; before the term, it is as if one had never come."""
    if first_day_without > term_ends_on:
        raise RuleBroken(
            "Your seats end with the term anyway. To leave then, say so on the renewal page.",
            "starts_on",
        )
    if first_day_without < max(term_starts_on, today):
        earliest = max(term_starts_on, today)
        raise RuleBroken(
            f"Choose {earliest:%B} {earliest.day}, {earliest.year}, or later.", "starts_on"
        )


def check_rise_as_shown(shown_cents: int, rise_cents: int) -> None:
    """A yes holds for the figure it was given to, and for any smaller one."""
    if rise_cents > shown_cents:
        raise RuleBroken(
            "A share would rise by more than was consented to. Ask those members again."
        )


def check_seats(seats: int, pupils: int | None, held: int = 0) -> None:
    """Whole seats, and with those held already no more than the district has pupils."""
    most = (pupils if pupils else MOST_SEATS) - held
    if most < 1:
        raise RuleBroken("You have a seat for each of your pupils already.", "seats")
    if not 1 <= seats <= most:
        raise RuleBroken(f"Enter a whole number from 1 to {most:,}.", "seats")


def check_reason(reason: str) -> None:
    if len(reason) < SHORTEST_REASON:
        raise RuleBroken("Say in a sentence why. Every member can read it.", "reason")


def check_waits(status: RequestStatus | RunStatus) -> None:
    if status not in (RequestStatus.ASKED, RunStatus.PROPOSED):
        raise RuleBroken(f"This is already {status.replace('_', ' ')}.")


def check_second_person(author_id: UUID | None, approver_id: UUID | None) -> None:
    """Author and approver are two people, whichever roles they hold."""
    if approver_id is None or approver_id == author_id:
        raise RuleBroken("You asked for this, so somebody else must approve it.")


def check_nobody_above_limit(owed: dict[str, int], limits: dict[str, int]) -> None:
    """Nobody pays more than the most it agreed to (rule 4); for the lead, who sees limits."""
    above = sorted(leaid for leaid, cents in owed.items() if cents > limits.get(leaid, cents))
    if above:
        raise RuleBroken(
            f"This would bill {', '.join(above)} more than the most it agreed to pay. "
            "Ask it to add seats first, or change what is settled."
        )


# -- added seats -------------------------------------------------------------------------------


def check_batch(
    starts_on: date, ask_until: date, term_starts_on: date, term_ends_on: date, today: date
) -> None:
    check_starts(starts_on, term_starts_on, term_ends_on, today)
    if ask_until < today:
        raise RuleBroken("The last day to ask has passed. Choose today or later.", "ask_until")
    if ask_until > starts_on:
        raise RuleBroken("Districts ask before the seats begin.", "ask_until")


def check_takes_requests(ask_until: date, placed: bool, today: date) -> None:
    if placed or today > ask_until:
        raise RuleBroken("This date takes no more seats. Ask for the next one.")


# -- use ---------------------------------------------------------------------------------------


def check_used(used: int) -> None:
    if not 0 <= used <= MOST_SEATS:
        raise RuleBroken(f"Enter a whole number from 0 to {MOST_SEATS:,}.", "used")


def check_can_count(term_ends_on: date, settled: bool, today: date) -> None:
    if settled:
        raise RuleBroken("The true-up of this term is posted, so its counts stay as they are.")
    if today < term_ends_on - SETTLE_BEFORE_END:
        raise RuleBroken(
            f"Counts are taken near the end of the term, from "
            f"{term_ends_on - SETTLE_BEFORE_END:%B %d, %Y} on."
        )


def check_can_settle(term_ends_on: date, today: date) -> None:
    first = term_ends_on - SETTLE_BEFORE_END
    if today < first:
        raise RuleBroken(
            f"A term is settled at its end, from {first:%B} {first.day}, {first.year} on."
        )


def check_other_side(said_by: Side, answering: Side) -> None:
    """A vendor's word alone moves no money, nor does a district's (rule 5)."""
    if said_by is answering:
        raise RuleBroken("Your side gave this count. The other side confirms it.")


# -- renewal -----------------------------------------------------------------------------------


def notice_due(term_ends_on: date, today: date, sent: Iterable[int]) -> int | None:
    """Which notice is due: the closest one whose day has come, unless it or a closer one is
    out. A site that was asleep for months sends one letter, not four."""
    left = (term_ends_on - today).days
    due = [days for days in NOTICE_DAYS if 0 <= left <= days]
    if not due:
        return None
    closest = min(due)
    return None if any(days <= closest for days in sent) else closest


def notice_days(term_ends_on: date) -> list[tuple[int, date]]:
    """When notices go out: (days ahead, calendar day where the consortium is)."""
    return [(days, term_ends_on - timedelta(days=days)) for days in NOTICE_DAYS]


def check_can_answer(term_ends_on: date, renewed: bool, today: date) -> None:
    if renewed:
        raise RuleBroken("The next pool is planned. Commit your seats there.")
    if today > term_ends_on:
        raise RuleBroken("This term is over. A new pool needs a new yes.")


def check_adopted(outcome: Outcome | None, is_open: bool) -> None:
    """A term is renewed by a vote of the districts in it, never by the lead alone."""
    if is_open:
        raise RuleBroken("The districts are voting on the next term. Wait for the outcome.")
    if outcome is None:
        raise RuleBroken("The districts decide first if there is a next term. Put it to a vote.")
    if outcome is not Outcome.PASSED:
        raise RuleBroken("The districts did not vote for a next term, so there is none to plan.")


def check_can_put_to_vote(renewed: bool, is_open: bool, term_ends_on: date, today: date) -> None:
    if renewed:
        raise RuleBroken("The next pool is planned already.")
    if is_open:
        raise RuleBroken("A vote on the next term is running already.")
    if today > term_ends_on:
        raise RuleBroken("This term is over. Plan a new pool instead.")


def check_answer(answer: Answer, seats: int | None, held: int) -> None:
    """How many seats next term; leaving needs none."""
    if answer is Answer.LEAVE:
        return
    if seats is None or not 1 <= seats <= MOST_SEATS:
        raise RuleBroken("Enter how many seats you plan on.", "seats")
    if answer is Answer.FEWER and seats >= held:
        raise RuleBroken(f"You hold {held:,} seats. Fewer means less than that.", "seats")
    if answer is Answer.RENEW and seats < held:
        raise RuleBroken(
            f"You hold {held:,} seats. Choose “fewer seats”, or plan on {held:,} or more.", "seats"
        )


def next_term(term_starts_on: date, term_ends_on: date) -> tuple[date, date]:
    """As many months as this term, the day after it ends."""
    first = term_ends_on + timedelta(days=1)
    months = (first.year - term_starts_on.year) * 12 + first.month - term_starts_on.month
    after = first.year * 12 + first.month - 1 + max(months, 1)
    days = first.day if first.day <= 28 else 28
    return first, date(after // 12, after % 12 + 1, days) - timedelta(days=1)
