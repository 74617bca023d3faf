"""When a district hears again of a bill that is open: kindly, seldom, and never once it is paid.

School boards meet once or twice a month and approve bills there, so most late bills wait for a
meeting. A district that names its meeting hears nothing until the check can be here.
"""

from datetime import date, timedelta
from enum import StrEnum

from marketplace.core.errors import RuleBroken


class Step(StrEnum):
    BEFORE = "before"
    DUE = "due"
    LATE_30 = "late_30"
    LATE_60 = "late_60"
    LATE_90 = "late_90"


#: Days after the bill is due; each letter is written once, and only the latest that applies.
DAYS = {Step.BEFORE: -14, Step.DUE: 0, Step.LATE_30: 30, Step.LATE_60: 60, Step.LATE_90: 90}
STEP_WORDS = {
    Step.BEFORE: "Two weeks before it was due",
    Step.DUE: "On the day it was due",
    Step.LATE_30: "30 days after",
    Step.LATE_60: "60 days after",
    Step.LATE_90: "90 days after",
}
#: From the board's vote to a check in the mail.
AFTER_THE_BOARD = timedelta(days=14)
LONGEST_WAIT = timedelta(days=92)


def step_on(due_on: date, today: date) -> Step | None:
    """The latest step whose day has come; None more than two weeks ahead."""
    return next(
        (step for step in reversed(Step) if today >= due_on + timedelta(days=DAYS[step])), None
    )


def due_between(step: Step, today: date) -> tuple[date, date]:
    """The first and last due date whose latest step this is, as of a day."""
    later = [other for other in Step if DAYS[other] > DAYS[step]]
    last = today - timedelta(days=DAYS[step])
    if not later:
        return date.min, last
    return today - timedelta(days=DAYS[later[0]]) + timedelta(days=1), last


def waits_until(board_meets_on: date) -> date:
    """The last day on which no letter is sent."""
    return board_meets_on + AFTER_THE_BOARD


def check_board_date(meets_on: date, today: date) -> None:
    if meets_on < today:
        raise RuleBroken("This date is in the past. Enter the next meeting.", "meets_on")
    if meets_on > today + LONGEST_WAIT:
        raise RuleBroken(
            "This is more than three months ahead. Enter the next meeting that can approve it.",
            "meets_on",
        )
