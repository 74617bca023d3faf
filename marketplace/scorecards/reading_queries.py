"""A card as somebody reads it: scored for today, its lines in words, its law lines.

What a published card says never changes, so it is read and scored once for each day and kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.catalogue.models import Tool
from marketplace.core import tenancy
from marketplace.core.errors import NotFound
from marketplace.directory.models import District
from marketplace.scorecards import acr_rules, law_rules, queries, rules, view_rules
from marketplace.scorecards.law_rules import FEDERAL, Clause, LawLine, Meets, Pack
from marketplace.scorecards.models import (
    AccessibilityReport,
    LawTask,
    Scorecard,
    ScorecardStanding,
)
from marketplace.scorecards.rules import Card, Result, Rubric, Standing

packs = queries.packs


@dataclass(frozen=True)
class Reading:
    """A tool's newest card with what it comes to now."""

    row: Scorecard
    standing: Standing
    rubric: Rubric
    card: Card
    result: Result

    @property
    def in_doubt(self) -> str:
        """Why nothing of the card can be relied on now; empty when it can."""
        if self.standing.is_stopped:
            return "The card is stopped and is being checked again."
        return "The review has run out." if self.standing.is_expired else ""


def reading_of(session: Session, tool: Tool) -> Reading | None:
    """The newest card of a tool; None when it has none. One query."""
    found = queries.card_of(session, tool.id)
    if found is None:
        return None
    row, standing = found
    return _reading(tool, row, standing)


def readings_of(session: Session, tools: Sequence[Tool]) -> dict[UUID, Reading]:
    """The newest cards of several tools: one query."""
    by_id = {tool.id: tool for tool in tools}
    query = (
        select(Scorecard, ScorecardStanding)
        .join(ScorecardStanding, col(ScorecardStanding.card_id) == Scorecard.id)
        .where(col(ScorecardStanding.tool_id).in_(list(by_id)))
        .order_by(col(ScorecardStanding.edition_key).desc())
    )
    with tenancy.everyone("published scorecards are public"):
        rows = session.exec(query).all()
    return {row.tool_id: _reading(by_id[row.tool_id], row, s) for row, s in rows}


def _reading(tool: Tool, row: Scorecard, standing: ScorecardStanding) -> Reading:
    day = standing.scored_on
    if standing.changes_on is not None and standing.changes_on <= queries.today():
        day = queries.today()  # the nightly round has not come by yet
    flags = frozenset(standing.incidents)
    card, result = _scored(row.id, row.rubric_version, row.inputs, day, flags)
    stands = queries.standing_in_words(tool.name, standing, queries.today())
    return Reading(row, stands, queries.rubric(row.rubric_version), card, result)


@lru_cache(maxsize=256)
def _scored(
    _card_id: UUID, version: str, inputs: str, day: date, flags: frozenset[str]
) -> tuple[Card, Result]:
    rubric = queries.rubric(version)
    card = rules.from_canonical(inputs, rubric).at(day, flags)
    return card, rules.score(rubric, card)


def steps_of(reading: Reading) -> tuple[view_rules.Step, ...]:
    """What evidence would raise what, the most first; worked out once for each day of a card."""
    row, card = reading.row, reading.card
    return _steps(row.id, row.rubric_version, row.inputs, card.as_of, frozenset(card.incidents))


@lru_cache(maxsize=256)
def _steps(
    card_id: UUID, version: str, inputs: str, day: date, flags: frozenset[str]
) -> tuple[view_rules.Step, ...]:
    card, _ = _scored(card_id, version, inputs, day, flags)
    return tuple(view_rules.next_steps(queries.rubric(version), card))


# -- law -------------------------------------------------------------------------------------


def law_of(
    reading: Reading | None,
    state: str | None,
    *,
    clauses: Mapping[str, Clause] | None = None,
    tasks_done: Mapping[str, date] | None = None,
    ada_on: date | None = None,
) -> list[tuple[Pack | None, list[LawLine]]]:
    """The lines of federal law and of a state; a state that is not loaded has no pack."""
    loaded = packs()
    found: list[tuple[Pack | None, list[LawLine]]] = []
    for key in dict.fromkeys((FEDERAL, state or FEDERAL)):
        pack = loaded.by_state.get(key)
        lines = pack and law_rules.law_lines(
            pack,
            reading.rubric if reading else queries.rubric(),
            reading.card if reading else None,
            reading.result if reading else None,
            clauses=clauses,
            tasks_done=tasks_done,
            ada_on=ada_on,
            in_doubt=reading.in_doubt if reading else "",
        )
        found.append((pack, lines or []))
    return found


def states_without_gap(reading: Reading | None) -> list[str]:
    """The loaded states in whose law, and in federal law, no gap of this card is known.

    Unknown lines remain unknown: this says where nothing speaks against it, not that all is met.
    """
    if reading is None or reading.in_doubt:
        return []
    return [
        state
        for state in packs().by_state
        if state != FEDERAL
        and not any(
            line.result is Meets.GAP for _, lines in law_of(reading, state) for line in lines
        )
    ]


def people_of(session: Session, leaid: str | None) -> tuple[int | None, str]:
    """How many people live in a district's area, and where that is from; None: not known."""
    district = session.exec(select(District).where(District.leaid == leaid)).one_or_none()
    if district is None or district.people is None:
        return None, ""
    return district.people, f"{district.poverty_source}, {district.poverty_year}"


def ada_of(session: Session, leaid: str | None) -> tuple[date | None, int | None, str]:
    """(date, people, source) of a district: by when what it offers must meet WCAG 2.1 AA."""
    people, source = people_of(session, leaid)
    return acr_rules.ada_date(people), people, source


def tasks_of(session: Session, district_id: UUID, tool_id: UUID) -> dict[str, date]:
    """Which of its own duties about a tool a district has marked as done, from its scope."""
    query = select(LawTask).where(LawTask.org_id == district_id, LawTask.tool_id == tool_id)
    return {task.requirement: task.done_on for task in session.exec(query)}


def task_to_change(
    session: Session, district_id: UUID, tool_id: UUID, requirement: str
) -> LawTask | None:
    query = select(LawTask).where(
        LawTask.org_id == district_id,
        LawTask.tool_id == tool_id,
        LawTask.requirement == requirement,
    )
    return session.exec(query).one_or_none()


def requirement(key: str) -> law_rules.Requirement:
    for pack in packs().by_state.values():
        for one in pack.requirements:
            if one.id == key and one.task:
                return one
    raise NotFound("There is no such duty.")


# -- accessibility ---------------------------------------------------------------------------


def reports_of(session: Session, tool_id: UUID) -> list[AccessibilityReport]:
    """The accessibility reports filed for a tool, newest first."""
    query = select(AccessibilityReport).where(AccessibilityReport.tool_id == tool_id)
    newest = query.order_by(col(AccessibilityReport.filed_at).desc(), col(AccessibilityReport.id))
    with tenancy.everyone("accessibility reports are public"):
        return list(session.exec(newest))


def report_with_hash(session: Session, tool_id: UUID, sha256: str) -> AccessibilityReport | None:
    query = select(AccessibilityReport).where(
        AccessibilityReport.tool_id == tool_id, AccessibilityReport.sha256 == sha256
    )
    return session.exec(query).one_or_none()
