"""The words of scorecards, and the rules others may use: rubric, card, score, standing.

A score is a pure function of rubric, card and day: `score(rubric, card, as_of)`. Nothing here
reads a file, a clock or a database; `queries.rubric()` hands out the rubric of the repository.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from marketplace.core.errors import RuleBroken
from marketplace.scorecards.card_rules import (
    INCIDENTS,
    Answer,
    BadCard,
    Card,
    canonical,
    digest,
    from_canonical,
    read_card,
)
from marketplace.scorecards.hecvat_rules import Prefill, prefill, read_export
from marketplace.scorecards.law_rules import CLAUSE_WORDS, Clause
from marketplace.scorecards.rubric_rules import (
    LEVELS,
    STATES,
    BadRubric,
    Criterion,
    Domain,
    Rubric,
    parse,
)
from marketplace.scorecards.score_rules import (
    NOT_RATED,
    RANKS,
    NextDrop,
    Result,
    Share,
    score,
    weakens_on,
)

__all__ = [
    "CLAUSE_WORDS",
    "INCIDENTS",
    "LEVELS",
    "NOT_RATED",
    "NOT_REVIEWED",
    "RANKS",
    "STATES",
    "Answer",
    "BadCard",
    "BadRubric",
    "Card",
    "Clause",
    "Criterion",
    "Domain",
    "IncidentKind",
    "NextDrop",
    "Prefill",
    "Result",
    "Reviewer",
    "Rubric",
    "Share",
    "Standing",
    "canonical",
    "check_reviewers",
    "check_two_people",
    "digest",
    "expires_on",
    "flags_of",
    "from_canonical",
    "incident_shown_until",
    "parse",
    "prefill",
    "read_card",
    "read_export",
    "score",
    "standing_of",
    "weakens_on",
]

NOT_REVIEWED = "Not reviewed. We do not guess."
#: A card holds for a year; then its grade is replaced by “Expired (was X)”.
CARD_LASTS = timedelta(days=365)
#: A closed incident stays readable this long.
INCIDENT_SHOWN_MONTHS = 36
#: Grades that no pool may start on and no order may be placed on.
BLOCKING = ("E", NOT_RATED)


class IncidentKind(StrEnum):
    EXPOSURE = "exposure"
    CONCEALED = "concealed"


class ScoreCause(StrEnum):
    """Why a card was scored again."""

    PUBLISHED = "published"
    AGED = "aged"
    INCIDENT = "incident"


@dataclass(frozen=True)
class Reviewer:
    """Who read the papers; shown with the card."""

    name: str
    organization: str
    user_id: str = ""


@dataclass(frozen=True)
class Standing:
    """How a tool's card stands on a day: what pages, pools and orders need to know.

    `grade` is A to E or NR and never better than the day allows. `words` say it for people:
    "Good", "Expired (was B)", "Stopped", "Not reviewed. We do not guess.".
    `blocks_purchase` is empty, or the reason in one sentence.
    """

    grade: str
    words: str
    blocks_purchase: str
    score: str | None = None
    version: int | None = None
    published_on: date | None = None
    expires_on: date | None = None
    next_drop: NextDrop | None = None
    is_expired: bool = False
    is_stopped: bool = False
    has_open_incident: bool = False
    why: tuple[str, ...] = ()

    @property
    def is_reviewed(self) -> bool:
        return self.version is not None


def expires_on(published_on: date) -> date:
    """The first day on which a card counts as expired."""
    return published_on + CARD_LASTS


def incident_shown_until(closed_on: date) -> date:
    """The day until which a closed incident stays on the page: 36 months."""
    year, month = divmod(closed_on.month - 1 + INCIDENT_SHOWN_MONTHS, 12)
    day = min(closed_on.day, 28)
    return date(closed_on.year + year, month + 1, day)


def flags_of(
    incidents: Sequence[tuple[IncidentKind, bool]], *, reviewed_since: Sequence[bool] = ()
) -> frozenset[str]:
    """What incidents do to a score: (kind, is open) of each, and whether the card is newer.

    An open exposure caps whatever card there is. Doubt about security, and a stop for hiding,
    last until the card was reviewed again, also when the incident is closed.
    """
    flags = set[str]()
    since = list(reviewed_since) or [False] * len(incidents)
    for (kind, is_open), is_newer in zip(incidents, since, strict=True):
        if is_open:
            flags.add("open_exposure")
        if not is_newer:
            flags.add("security_in_doubt")
            if kind is IncidentKind.CONCEALED:
                flags.add("concealed")
    return frozenset(flags)


def check_reviewers(reviewers: Sequence[Reviewer]) -> None:
    """Two different people sign a review."""
    named = [r.user_id or r.name.strip().casefold() for r in reviewers if r.name.strip()]
    if len(set(named)) < 2:
        raise RuleBroken("Two people must have signed the review before its card is published.")


def check_two_people(first: object, second: object) -> None:
    """An emergency stop takes two people."""
    if first is None or second is None or first == second:
        raise RuleBroken("A stop takes two people. Ask a second one to agree to it.")


def standing_of(
    *,
    tool: str,
    grade: str,
    words: Mapping[str, str],
    score: str,
    version: int,
    published_on: date,
    expires: date,
    next_drop: NextDrop | None,
    today: date,
    stopped_because: str | None,
    has_open_incident: bool,
    why: Sequence[str] = (),
) -> Standing:
    """The standing on a day, also when no nightly round has come by since the last change."""
    if next_drop is not None and today >= next_drop.on:
        grade, next_drop = next_drop.grade, None
    is_expired = today >= expires
    is_stopped = stopped_because is not None
    said = words.get(grade, grade)
    if is_expired:
        said = f"Expired (was {grade})"
    if is_stopped:
        said = "Stopped"
    return Standing(
        grade=grade,
        words=said,
        blocks_purchase=_blocks(tool, grade, words, expires, today, stopped_because),
        score=score,
        version=version,
        published_on=published_on,
        expires_on=expires,
        next_drop=next_drop,
        is_expired=is_expired,
        is_stopped=is_stopped,
        has_open_incident=has_open_incident,
        why=tuple(why),
    )


def _blocks(
    tool: str,
    grade: str,
    words: Mapping[str, str],
    expires: date,
    today: date,
    stopped_because: str | None,
) -> str:
    if stopped_because is not None:
        return f"The scorecard of {tool} is stopped: {stopped_because.rstrip('.')}."
    if today >= expires:
        day = f"{expires:%B} {expires.day}, {expires.year}"
        return f"The scorecard of {tool} ran out on {day} and was not renewed."
    if grade == NOT_RATED:
        return f"{tool} is not rated: a question that decides was not answered."
    if grade == "E":
        return f"{tool} has the grade E ({words.get('E', 'stop')})."
    return ""


def not_reviewed(tool: str) -> Standing:
    return Standing(NOT_RATED, NOT_REVIEWED, f"{tool} has no privacy scorecard yet.")
