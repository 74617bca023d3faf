"""The life of a listing: what runs out when, who is warned, what a change re-opens. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from marketplace.catalogue import answers as said
from marketplace.catalogue.questions import QuestionSet
from marketplace.catalogue.rules import check_grades
from marketplace.core.errors import RuleBroken


class ChangeKind(StrEnum):
    """What a vendor must announce when it changes."""

    MODEL = "model"
    SUB_PROCESSOR = "sub_processor"
    POLICY = "policy"
    PRICE = "price"
    OWNERSHIP = "ownership"


CHANGE_WORDS = {
    ChangeKind.MODEL: "The AI model",
    ChangeKind.SUB_PROCESSOR: "A company that processes data for us",
    ChangeKind.POLICY: "The privacy policy or the terms",
    ChangeKind.PRICE: "The price",
    ChangeKind.OWNERSHIP: "Who owns the company",
}
#: A listing must be confirmed once a year.
LISTED_MONTHS = 12
#: Days ahead at which a vendor is warned, once each.
WARN_DAYS = (90, 60, 30)
#: More than any real number of days: nobody was warned yet.
NOT_WARNED = 9_999
FURTHEST_NOTICE = timedelta(days=366)
LATEST_NOTICE = timedelta(days=92)


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where there is no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + years, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def deadlines(
    questions: QuestionSet, answers: Mapping[str, Mapping[str, Any]], published_on: date
) -> dict[str, date]:
    """What of a published version runs out, and when: the listing itself, and answers."""
    found = {"listing": months_after(published_on, LISTED_MONTHS)}
    for question in questions:
        answer = answers.get(question.key, {})
        value, day = answer.get("value"), answer.get("on")
        if value is None:
            continue
        if question.expires:
            found[question.key] = date.fromisoformat(value)
        elif question.months and day:
            found[question.key] = months_after(date.fromisoformat(day), question.months)
    return found


def warning_due(ends_on: date, today: date, warned_days: int) -> int | None:
    """The step (90, 60 or 30 days) to warn at now; None when it was done or is not yet due."""
    left = (ends_on - today).days
    due = [step for step in WARN_DAYS if left <= step]
    if not due or left < 0 or min(due) >= warned_days:
        return None
    return min(due)


def reopened(questions: QuestionSet, kind: ChangeKind) -> list[str]:
    """The questions whose answers a change of this kind puts in doubt."""
    return [question.key for question in questions if kind.value in question.touched]


def check_notice(words: str, takes_effect_on: date, today: date) -> None:
    """A notice says what changes in words, and names a day at most a year ahead of today.

    A day in the past is taken for three months back: a late word is better than none.
    """
    if not words.strip():
        raise RuleBroken("Say what changes, in plain sentences.", "words")
    if takes_effect_on > today + FURTHEST_NOTICE:
        raise RuleBroken("Enter a day within the next year.", "takes_effect_on")
    if takes_effect_on < today - LATEST_NOTICE:
        raise RuleBroken("Enter a day of the last three months or later.", "takes_effect_on")


class ChangedMeanwhile(RuleBroken):
    """Two editors changed the same answers; `fields` says at each what the other one wrote."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("Somebody changed this listing after you opened this page.")
        self.fields = fields


def settle(
    questions: QuestionSet,
    stored: Mapping[str, Mapping[str, Any]],
    typed: Mapping[str, Any],
    seen: Mapping[str, str] | None,
) -> dict[str, Any]:
    """What of the typed answers is to be written, by the mark of the answer each writer saw.

    Left alone by the writer: what is stored stays. Changed by the writer only: written.
    Changed by both, and differently: refused. Without `seen`, everything typed is written.
    """
    written, both = {}, {}
    for key, value in typed.items():
        now = said.value_of(stored, key)
        if value == now:
            continue
        if seen is not None and seen.get(key) == said.mark_of_value(value):
            continue
        if seen is not None and key in seen and seen[key] != said.mark_of_value(now):
            words = "; ".join(said.lines_of(questions.by_key[key], now)) or "no answer"
            both[key] = (
                f"Somebody else changed this after you opened the page. It now says: “{words}”. "
                "What you typed is still in the box: save again to keep yours."
            )
        else:
            written[key] = value
    if both:
        raise ChangedMeanwhile(both)
    return written


def check_together(answers: Mapping[str, Mapping[str, Any]]) -> None:
    """What must fit across questions."""
    low, high = (said.value_of(answers, key) for key in ("lowest_grade", "highest_grade"))
    if low is not None and high is not None:
        check_grades(low, high)
