"""Paying a bill by bank debit or card: states that only go forward, fees, and how money spreads.

Money is whole US cents. Stripe's prices are those of stripe.com/pricing: ACH direct debit
0.8 %, at most $5.00; cards 2.9 % and $0.30. What Stripe really kept is booked from its own
balance; these figures are only shown and asked for before.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.orders.rules import PaymentMeans

MOST_OF_A_DEBIT_CENTS = 500
CARD_BPS, CARD_CENTS = 290, 30
#: The least that Stripe takes, and more than any bill of a school.
LEAST_CENTS, MOST_CENTS = 50, 99_999_999_99
#: How long the page at Stripe waits for whoever pays; Stripe allows 30 minutes to a day.
SESSION_LASTS = timedelta(hours=2)
#: After Stripe's own three days of tries plus a margin, an event that fits nothing is left.
PARKED_FOR = timedelta(days=7)
#: Webhooks older or newer than this are refused: somebody may have kept one to send it again.
TOLERANCE_SECONDS = 300
LARGEST_BODY = 500_000
CASH = "cash:stripe"
STRIPE_FEE, CARD_FEE = "fee:stripe", "fee:card"


#: Kinds of lines in Stripe's balance: what pays a bill, and what goes back or comes again.
COMES = ("charge", "payment")
GOES = (
    *("refund", "payment_refund", "adjustment"),
    *("refund_failure", "payment_failure_refund"),
)
#: News take a while; what is younger is not called a gap.
GRACE = timedelta(hours=2)
GRACE_THERE = timedelta(days=2)
#: The balance is read again this far back: lines may appear late.
OVERLAP = timedelta(days=3)
BALANCE_EVERY = timedelta(hours=1)
#: An undecided payment is asked about after this long without news.
LOOK_AGAIN_AFTER = timedelta(hours=1)


class AttemptState(StrEnum):
    STARTED = "started"
    OPEN = "open"
    PROCESSING = "processing"
    FAILED = "failed"
    EXPIRED = "expired"
    PAID = "paid"


#: A state never goes back, in whatever order the news arrive. Money that came beats all.
RANK = {state: rank for rank, state in enumerate(AttemptState)}
#: Nothing has been decided: the bill cannot be paid a second way meanwhile.
LIVE = (AttemptState.STARTED, AttemptState.OPEN)

#: state -> (kind of tag, words, icon)
ATTEMPT_TAGS = {
    AttemptState.STARTED: ("warn", "Not finished", "clock"),
    AttemptState.OPEN: ("warn", "Not finished", "clock"),
    AttemptState.PROCESSING: ("info", "Processing", "clock"),
    AttemptState.FAILED: ("bad", "Failed", "no"),
    AttemptState.EXPIRED: ("", "Not paid", "dot"),
    AttemptState.PAID: ("good", "Paid", "ok"),
}


class BackKind(StrEnum):
    REFUND = "refund"
    DISPUTE = "dispute"


class BackState(StrEnum):
    """A refund or dispute: asked, allowed by a second person, out of our balance, and the end."""

    ASKED = "asked"
    DECLINED = "declined"
    APPROVED = "approved"
    OUT = "out"
    FINAL = "final"
    UNDONE = "undone"


BACK_RANK = {state: rank for rank, state in enumerate(BackState)}
BACK_TAGS = {
    BackState.ASKED: ("warn", "Needs a second person", "clock"),
    BackState.DECLINED: ("", "Declined", "no"),
    BackState.APPROVED: ("info", "On its way to Stripe", "clock"),
    BackState.OUT: ("info", "Money is out", "clock"),
    BackState.FINAL: ("good", "Done", "ok"),
    BackState.UNDONE: ("warn", "Money came back", "mid"),
}


class EventState(StrEnum):
    APPLIED = "applied"
    KEPT = "kept"
    PARKED = "parked"
    LEFT = "left"


class TransferState(StrEnum):
    READY = "ready"
    SENT = "sent"
    FAILED = "failed"


class FindingKind(StrEnum):
    NOT_HERE = "not_here"
    NOT_THERE = "not_there"
    TWICE = "twice"
    DIFFERS = "differs"


FINDING_WORDS = {
    FindingKind.NOT_HERE: "At Stripe, not in our books",
    FindingKind.NOT_THERE: "In our books, not at Stripe",
    FindingKind.TWICE: "In our books twice",
    FindingKind.DIFFERS: "The sums differ",
}


class FindingState(StrEnum):
    OPEN = "open"
    PROPOSED = "proposed"
    RESOLVED = "resolved"


def further(old: AttemptState, new: AttemptState) -> AttemptState:
    return max(old, new, key=RANK.__getitem__)


def further_back(old: BackState, new: BackState) -> BackState:
    return max(old, new, key=BACK_RANK.__getitem__)


def debit_fee(cents: int) -> int:
    """What Stripe keeps of an ACH debit, halves up; whoever is paid bears it."""
    return min((cents * 8 + 500) // 1000, MOST_OF_A_DEBIT_CENTS)


def card_fee(cents: int) -> int:
    """What a district pays on top so that the bill is covered after Stripe's part, to the cent.

    The least `f` with `f >= 2.9 % of (cents + f) + $0.30`.
    """
    whole = 10_000 - CARD_BPS
    return -(-(cents * CARD_BPS + CARD_CENTS * 10_000) // whole)


def fee_on_top(means: PaymentMeans, cents: int) -> int:
    return card_fee(cents) if means is PaymentMeans.CARD else 0


def check_amount(cents: int | None, open_cents: int, processing_cents: int) -> int:
    """Whole cents, above Stripe's least, and no more than is open and not on its way already."""
    payable = open_cents - processing_cents
    if payable <= 0:
        raise RuleBroken(
            "A payment of all that is open is on its way. There is nothing to do.", "amount_cents"
        )
    if cents is None or cents <= 0:
        raise RuleBroken("Enter an amount above zero.", "amount_cents")
    if cents > payable:
        raise RuleBroken(
            f"Only {dollars(payable)} is open. Enter that much or less.", "amount_cents"
        )
    if cents < LEAST_CENTS:
        raise RuleBroken("The least that can be paid this way is $0.50.", "amount_cents")
    if cents > MOST_CENTS:
        raise RuleBroken("This is more than can be paid this way. Use a wire.", "amount_cents")
    return cents


def check_no_other(has_live: bool) -> None:
    if has_live:
        raise RuleBroken(
            "Another payment of this bill is not finished. Open it from the bill: go on with it "
            "or cancel it."
        )


def check_can_cancel(state: AttemptState) -> None:
    if state not in LIVE:
        raise RuleBroken("This payment cannot be cancelled any more.")


def check_same_mode(ours: bool, theirs: bool) -> None:
    """Test and live never mix."""
    if ours is not theirs:
        raise RuleBroken(
            "This payment was made with "
            + ("live" if theirs else "test")
            + " keys, and the site now runs with the others. Nothing was changed."
        )


def check_said(asked_cents: int, said_cents: int, currency: str) -> None:
    """What came must be what was asked for, in US dollars; else a person looks at it."""
    if currency != "usd":
        raise RuleBroken(f"Stripe names the currency {currency}; only usd is booked.")
    if said_cents != asked_cents:
        raise RuleBroken(
            f"Stripe says {dollars(said_cents)}, but {dollars(asked_cents)} was asked for."
        )


def spread(cents: int, places: Iterable[int]) -> list[int]:
    """Fill the places in their order; what they do not hold is an error of the caller."""
    taken = []
    for place in places:
        part = min(cents, max(place, 0))
        taken.append(part)
        cents -= part
    if cents:
        raise RuleBroken(f"{dollars(cents)} more went back than had come.")
    return taken


def next_part(before_cents: int, cents: int, places: list[int]) -> list[int]:
    """How the next `cents` spread when `before_cents` have gone back already."""
    earlier, both = spread(before_cents, places), spread(before_cents + cents, places)
    return [after - was for after, was in zip(both, earlier)]


def check_refund(cents: int | None, left_cents: int) -> int:
    if cents is None or not 0 < cents <= left_cents:
        raise RuleBroken(
            f"Between $0.01 and {dollars(left_cents)} can be sent back.", "amount_cents"
        )
    return cents


def check_reason(reason: str) -> str:
    tidy = " ".join(reason.split())
    if not tidy:
        raise RuleBroken("Say in a few words why.", "reason")
    if len(tidy) > 300:
        raise RuleBroken("At most 300 characters.", "reason")
    return tidy


def check_second_person(first: object, second: object) -> None:
    if first is not None and first == second:
        raise RuleBroken("You asked for this, so somebody else must decide.")


def booking_day(today: date, closed_through: date | None) -> date:
    """Today, or the first day of the open month where today's is closed already."""
    if closed_through is not None and today <= closed_through:
        return closed_through + timedelta(days=1)
    return today


def parked_until_next_try(tries: int) -> timedelta:
    """Soon at first, then ever later, at most an hour."""
    return min(timedelta(seconds=5 * 2**tries), timedelta(hours=1))
