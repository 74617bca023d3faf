"""A re-check: lighter than a full review, since it reads only what may have become wrong. Pure.

Read again is what aged (its proof counts less, or will within 60 days), what changed (in doubt,
answered otherwise by the vendor, or new because a fact changed) and what was conditional (no
answer, an answer that limits the grade, or one that people had differed on). All else is carried
over as it was proven, with its own date, so that carrying over never makes evidence younger.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from marketplace.core.errors import RuleBroken
from marketplace.reviews.rules import HOLDS, Found, Level, Source, State

#: What ages so soon after the re-check would age unread.
SOON = timedelta(days=60)
#: So often everything is read again: no re-check when the last full review is older.
FULL_EVERY = timedelta(days=730)


class Again(StrEnum):
    """Why a question is read again; the first that fits."""

    CHANGED = "changed"
    NEW = "new"
    SAID_OTHERWISE = "said_otherwise"
    CONDITIONAL = "conditional"
    AGED = "aged"


AGAIN_WORDS = {
    Again.CHANGED: "Something changed since it was decided",
    Again.NEW: "It did not apply before",
    Again.SAID_OTHERWISE: "The vendor answers otherwise now",
    Again.CONDITIONAL: "No answer, a limit of the grade, or the readers had differed",
    Again.AGED: "Its proof is old, or will be within 60 days",
}


def why_again(
    found: Found | None,
    source: Source | None,
    *,
    in_doubt: bool,
    fires_a_gate: bool,
    said_otherwise: bool,
    weakens_on: date | None,
    today: date,
) -> Again | None:
    """Why a question is read again, or None where its answer is carried over.

    `found`, `source`: the answer that holds, None where the question did not apply before.
    `weakens_on`: the day from which its evidence counts a level less.
    """
    if found is None:
        return Again.NEW
    if in_doubt:
        return Again.CHANGED
    if said_otherwise:
        return Again.SAID_OTHERWISE
    unanswered = found.state is not State.ANSWERED or found.level is Level.E0
    if unanswered or fires_a_gate or source in (Source.SETTLED, Source.CORRECTED):
        return Again.CONDITIONAL
    if weakens_on is None or weakens_on <= today + SOON:
        return Again.AGED
    return None


def check_may_recheck(
    *,
    is_stopped: bool,
    same_rubric: bool,
    last_full_on: date | None,
    again: Mapping[str, str],
    today: date,
) -> None:
    """A re-check renews a review that still stands on a full one; else all is read."""
    if is_stopped:
        raise RuleBroken("A stopped tool needs a full review.")
    if not same_rubric:
        raise RuleBroken("The questions have changed since. Begin a full review.")
    if last_full_on is None or last_full_on + FULL_EVERY < today:
        raise RuleBroken("The last full review is older than two years. Begin a full review.")
    if not again:
        raise RuleBroken(
            "Nothing has aged or changed, and no answer is open. There is nothing to re-check."
        )


def holds_until(before: date | None, today: date) -> date:
    """A re-check near the end of the year begins the next one; an earlier one leaves the day."""
    if before is not None and before > today + SOON:
        return before
    return today + HOLDS
