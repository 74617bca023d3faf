"""Corrections that two people make together, and months that are closed for good."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.core.errors import RuleBroken
from marketplace.ledger.rules import REF, Leg, PostingKind, check_legs

SHORTEST_REASON = 10
LONGEST_REF = 200
#: A form of more lines would not fit a screen; a split that large is corrected by a program.
MOST_LINES = 60


class RunStatus(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


#: status -> (kind of tag, words, icon)
RUN_TAGS = {
    RunStatus.PROPOSED: ("warn", "Waits for a second person", "clock"),
    RunStatus.APPROVED: ("good", "Approved and posted", "ok"),
    RunStatus.REFUSED: ("", "Turned down", "no"),
}


def check_proposal(
    kind: PostingKind, before: Sequence[Leg], after: Sequence[Leg], reason: str
) -> None:
    """What is right instead, in lines that cancel and that differ from what stands there."""
    if kind is PostingKind.REVERSAL:
        raise RuleBroken("A reversal is not corrected. Correct the entry that it cancelled.")
    if len(reason) < SHORTEST_REASON:
        raise RuleBroken("Say in a sentence what is wrong and how you know.", "reason")
    check_legs(after)
    if list(before) == list(after):
        raise RuleBroken("These lines are those of the entry. Change what is wrong.", "lines")


def check_no_other_run(run_id: UUID | None) -> None:
    if run_id is not None:
        raise RuleBroken("A correction of this entry already waits for a second person.")


def check_waits(status: RunStatus, what: str = "correction") -> None:
    if status is not RunStatus.PROPOSED:
        raise RuleBroken(f"This {what} is already {status}.")


def check_second_person(
    proposed_by: UUID | None, approver: UUID | None, what: str = "correction"
) -> None:
    """Two people, not two roles: the person counts, whichever hat they wear."""
    if approver is None or approver == proposed_by:
        raise RuleBroken(
            f"You proposed this {what}, so somebody else must approve it. "
            "Ask the fiscal agent or the lead agency."
        )


def ref_of_correction(ref: str, seq: int) -> str:
    """'pool:reading' -> 'pool:reading/corrects:12', sealed with the entry."""
    link = f"corrects:{seq}"
    whole = f"{ref}/{link}"
    return whole if len(whole) <= LONGEST_REF and REF.fullmatch(whole) else link


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def closable(
    closed_through: date | None, opened_on: date, today: date, most: int = 24
) -> list[date]:
    """The month-ends that may be closed next, the latest first: past, and not closed yet.

    The month before the books were opened is among them: then nothing is dated before them.
    """
    after = max(closed_through or date.min, opened_on.replace(day=1) - timedelta(days=2))
    ends: list[date] = []
    end = today.replace(day=1) - timedelta(days=1)
    while end > after and len(ends) < most:
        ends.append(end)
        end = end.replace(day=1) - timedelta(days=1)
    return ends


def check_can_close(through: date, closed_through: date | None, today: date) -> None:
    if through != month_end(through):
        raise RuleBroken("Choose the last day of a month.", "through_on")
    if through >= today:
        raise RuleBroken("This month is not over. Close it when it is.", "through_on")
    if closed_through is not None and through <= closed_through:
        raise RuleBroken("This month is already closed.", "through_on")
