"""How tools stand, what their cards say, and the rubric they were scored under.

For other features:

- `standings(session, tool_ids, today) -> {tool_id: Standing}`: every tool asked for is in it,
  also those without a card. `Standing` (in `rules`) has `grade`, `words`, `score`, `expires_on`,
  `is_stopped`, `is_expired`, `has_open_incident`, `next_drop` and `blocks_purchase`, which is
  empty or one sentence: the purchase guard of pools and orders.
- `standing(session, tool, today)`: the same for one tool.
- `rubric(version)`: the rubric of the repository, read and checked once.
- `card_of(session, tool_id)`: the newest published card, or None; `cards_of` all of them.
- `document_of(card)`: the answers with proofs of a published card, as plain data.

Cards are public: these reads look across vendors by themselves.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.catalogue.models import Tool
from marketplace.core import clock, plain_yaml, tenancy
from marketplace.core.errors import NotFound
from marketplace.scorecards import acr_rules, law_change_rules, law_rules, rules
from marketplace.scorecards.acr_rules import Catalogs, Report
from marketplace.scorecards.law_change_rules import LawChanges
from marketplace.scorecards.law_rules import Clause, Packs
from marketplace.scorecards.models import (
    WHOLE_TOOL,
    Scorecard,
    ScorecardCorrection,
    ScorecardIncident,
    ScorecardScore,
    ScorecardStanding,
    ScorecardStop,
)
from marketplace.scorecards.rules import NextDrop, Rubric, Standing

RUBRICS = Path(__file__).parent / "rubrics"
OPENACR = Path(__file__).parent / "openacr"
NEWEST = "2026.1.0"
#: A card's days are those of the federal capital, so that a grade changes once for everybody.
ZONE = "America/New_York"
_WHY = "a published scorecard is public"


def today() -> date:
    return clock.today(ZONE)


@cache
def rubric(version: str = NEWEST) -> Rubric:
    """A rubric of the repository. Raises `NotFound` for a version that is not kept here."""
    path = RUBRICS / f"{version}.yaml"
    if not path.resolve().is_relative_to(RUBRICS.resolve()) or not path.exists():
        raise NotFound("There is no such version of the rubric.")
    return read_rubric(path)


def read_rubric(path: Path) -> Rubric:
    """Any rubric file. Raises `RuleBroken` with one line for each problem."""
    document = plain_yaml.read_file(path, path.name)
    return rules.parse(document, sha256(path.read_bytes()).hexdigest())


@cache
def catalogs() -> Catalogs:
    """What reports are checked against; see the notice in openacr/catalogs.yaml."""
    found = plain_yaml.read_file(OPENACR / "catalogs.yaml", "catalogs.yaml")
    schema = json.loads((OPENACR / "openacr-0.1.0.json").read_text(encoding="utf-8"))
    return Catalogs(found["catalogs"], tuple(found["terms"]), tuple(found["components"]), schema)


def read_acr(document: Any) -> Report:
    """An accessibility report, checked and counted. Raises `RuleBroken` when it is none."""
    return acr_rules.read_report(document, catalogs())


def acr_document(content: bytes | str) -> Any:
    """The plain data of a report in YAML or JSON. Tabs may indent JSON, which YAML refuses.

    Raises `RuleBroken` with one line that says where it cannot be read.
    """
    raw = content.encode() if isinstance(content, str) else content
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raw = raw.replace(b"\t", b" ")  # inside a text of JSON a tab is written with two letters
    return plain_yaml.read(raw, "The report", most_bytes=acr_rules.MOST_BYTES)


# -- how tools stand -------------------------------------------------------------------------


def standings(
    session: Session, tool_ids: Iterable[UUID], today: date | None = None
) -> dict[UUID, Standing]:
    """How each of these tools stands on a day (today unless told otherwise): two queries."""
    wanted = set(tool_ids)
    if not wanted:
        return {}
    day = today or clock.today(ZONE)
    with tenancy.everyone(_WHY):
        named: Any = select(Tool.id, Tool.name).where(col(Tool.id).in_(wanted))
        names = dict(session.exec(named).all())
        query = select(ScorecardStanding).where(col(ScorecardStanding.tool_id).in_(wanted))
        rows = list(session.exec(query))
    found = {tool_id: rules.not_reviewed(names.get(tool_id, "This tool")) for tool_id in wanted}
    for tool_id in wanted:
        if mine := [row for row in rows if row.tool_id == tool_id]:
            found[tool_id] = _worst_of(names.get(tool_id, "This tool"), mine, day)
    return found


def standing(session: Session, tool: Tool, today: date | None = None) -> Standing:
    """How one tool stands: one query."""
    query = select(ScorecardStanding).where(ScorecardStanding.tool_id == tool.id)
    with tenancy.everyone(_WHY):
        rows = list(session.exec(query))
    day = today or clock.today(ZONE)
    return _worst_of(tool.name, rows, day) if rows else rules.not_reviewed(tool.name)


def _worst_of(tool: str, rows: Sequence[ScorecardStanding], day: date) -> Standing:
    """The card of the whole tool; where only editions have cards, the one that stands worst."""
    whole = [row for row in rows if row.edition_key == WHOLE_TOOL]
    each = [standing_in_words(tool, row, day) for row in whole or rows]
    return max(each, key=lambda s: (bool(s.blocks_purchase), rules.RANKS[s.grade]))


def standing_in_words(tool: str, row: ScorecardStanding, day: date) -> Standing:
    """A row of a standing, said for a day."""
    drop = None
    if row.next_drop_on is not None:
        drop = NextDrop(row.next_drop_on, row.next_grade)
    return rules.standing_of(
        tool=tool,
        grade=row.grade,
        words=rubric(row.rubric_version).words,
        score=row.score,
        version=row.version,
        published_on=row.published_on,
        expires=row.expires_on,
        next_drop=drop,
        today=day,
        stopped_because=row.stopped_because,
        has_open_incident="open_exposure" in row.incidents,
        why=row.why,
    )


# -- cards -----------------------------------------------------------------------------------


def card_of(
    session: Session, tool_id: UUID, edition_key: str | None = None
) -> tuple[Scorecard, ScorecardStanding] | None:
    """The newest card of a tool, with how it stands; None before the first."""
    query = (
        select(Scorecard, ScorecardStanding)
        .join(ScorecardStanding, col(ScorecardStanding.card_id) == Scorecard.id)
        .where(ScorecardStanding.tool_id == tool_id)
        .order_by(col(ScorecardStanding.edition_key))
    )
    if edition_key is not None:
        query = query.where(ScorecardStanding.edition_key == edition_key)
    with tenancy.everyone(_WHY):
        return session.exec(query).first()


def cards_of(session: Session, tool_id: UUID) -> list[Scorecard]:
    """Every card ever published for a tool, newest first."""
    query = select(Scorecard).where(Scorecard.tool_id == tool_id)
    newest = query.order_by(col(Scorecard.published_at).desc(), col(Scorecard.version).desc())
    with tenancy.everyone(_WHY):
        return list(session.exec(newest))


def card_version(
    session: Session, tool_id: UUID, version: int, edition_key: str = WHOLE_TOOL
) -> Scorecard:
    query = select(Scorecard).where(
        Scorecard.tool_id == tool_id,
        Scorecard.version == version,
        Scorecard.edition_key == edition_key,
    )
    with tenancy.everyone(_WHY):
        card = session.exec(query).one_or_none()
    if card is None:
        raise NotFound("There is no such scorecard.")
    return card


def document_of(card: Scorecard) -> dict[str, Any]:
    """What was answered and on which proof, as it was published."""
    document: dict[str, Any] = json.loads(card.inputs)
    return document


def scores_of(session: Session, card_ids: Iterable[UUID]) -> list[ScorecardScore]:
    """Each time a card came to something else, oldest first."""
    query = select(ScorecardScore).where(col(ScorecardScore.card_id).in_(set(card_ids)))
    in_order = query.order_by(col(ScorecardScore.scored_at), col(ScorecardScore.number))
    with tenancy.everyone(_WHY):
        return list(session.exec(in_order))


def corrections_of(session: Session, card_ids: Iterable[UUID]) -> list[ScorecardCorrection]:
    query = select(ScorecardCorrection).where(col(ScorecardCorrection.card_id).in_(set(card_ids)))
    in_order = query.order_by(col(ScorecardCorrection.appended_at), col(ScorecardCorrection.number))
    with tenancy.everyone(_WHY):
        return list(session.exec(in_order))


def stops_of(session: Session, card_ids: Iterable[UUID]) -> list[ScorecardStop]:
    query = select(ScorecardStop).where(col(ScorecardStop.card_id).in_(set(card_ids)))
    in_order = query.order_by(col(ScorecardStop.decided_at), col(ScorecardStop.number))
    with tenancy.everyone(_WHY):
        return list(session.exec(in_order))


def incidents_of(session: Session, tool_id: UUID) -> list[ScorecardIncident]:
    """Every incident noted for a tool, newest first."""
    query = select(ScorecardIncident).where(ScorecardIncident.tool_id == tool_id)
    newest = query.order_by(col(ScorecardIncident.opened_at).desc(), col(ScorecardIncident.ref))
    with tenancy.everyone(_WHY):
        return list(session.exec(newest))


# -- law, and what a district found in its agreements -----------------------------------------


PACKS = Path(__file__).parent / "packs"


@cache
def packs(version: str = NEWEST) -> Packs:
    """The law packs of the repository, checked against the rubric they test."""
    document = plain_yaml.read_file(PACKS / f"{version}.yaml", f"{version}.yaml")
    return law_rules.parse_packs(document, rubric(version))


@cache
def law_changes() -> LawChanges:
    """Dated changes of the laws of the packs, as far as somebody has looked."""
    document = plain_yaml.read_file(PACKS / "changes.yaml", "changes.yaml")
    return law_change_rules.parse_changes(document, packs(), rubric())


def law_changes_since(
    session: Session, tool_id: UUID, state: str, day: date, today: date
) -> list[tuple[date, str]]:
    """(day, sentence) of each change of federal law and of a state's after a day, for what the
    tool is and does by its newest card; oldest first."""
    known = card_of(session, tool_id)
    facts = document_of(known[0])["facts"] if known else {}
    found = law_change_rules.changes_between(law_changes(), state, day, today, facts)
    return [(change.on, change.sentence) for change in found]


#: (session, district, tool) -> what was found of each clause in the district's agreements.
ClauseSource = Callable[[Session, UUID, UUID], Mapping[str, Clause]]
_clause_sources: list[ClauseSource] = []


def finds_clauses(source: ClauseSource) -> ClauseSource:
    """Say where a district's agreements are kept: they stand further down than cards."""
    _clause_sources.append(source)
    return source


def clauses_of(session: Session, district_id: UUID, tool_id: UUID) -> dict[str, Clause]:
    """What was found of each clause in the agreements a district has in force about a tool."""
    return {
        key: clause
        for source in _clause_sources
        for key, clause in source(session, district_id, tool_id).items()
    }


def clauses_asked(state: str) -> list[str]:
    """The clauses that a state's law asks for in an agreement, in the order of its pack."""
    pack = packs().by_state.get(state)
    asked = [clause for r in pack.requirements for clause in r.clauses] if pack else []
    return list(dict.fromkeys(asked))


def card_changes_since(session: Session, tool_id: UUID, day: date) -> list[tuple[date, str]]:
    """(day, sentence) of each time after a day that a tool's card fell, met a new gate, was
    stopped, or an incident became known; oldest first."""
    ids = [card.id for card in cards_of(session, tool_id)]
    found: list[tuple[date, str]] = []
    grade, gates = "", set[str]()
    for score in scores_of(session, ids) if ids else []:
        now, fired = score.outputs["grade"], {gate[0] for gate in score.outputs["gates_fired"]}
        if score.as_of > day and grade and rules.RANKS[now] > rules.RANKS[grade]:
            found.append((score.as_of, f"its privacy grade fell from {grade} to {now}."))
        if score.as_of > day and grade and fired - gates:
            new = ", ".join(sorted(fired - gates))
            found.append((score.as_of, f"its privacy card failed a gate question: {new}."))
        grade, gates = now, fired
    for stop in stops_of(session, ids) if ids else []:
        if stop.decided_at.date() > day and not stop.is_lifted:
            found.append((stop.decided_at.date(), "its privacy card was stopped."))
    for incident in incidents_of(session, tool_id):
        if incident.opened_at.date() > day:
            found.append((incident.opened_at.date(), f"an incident: {incident.words[:160]}"))
    return sorted(found)


# -- for changing ----------------------------------------------------------------------------


def standings_to_change(session: Session, tool_id: UUID) -> list[ScorecardStanding]:
    """How a tool's cards stand, locked until the transaction ends."""
    query = (
        select(ScorecardStanding)
        .where(ScorecardStanding.tool_id == tool_id)
        .order_by(col(ScorecardStanding.edition_key))
        .with_for_update()
    )
    return list(session.exec(query))


def standings_due(session: Session, day: date, most: int) -> list[ScorecardStanding]:
    """Standings with something to do by this day, locked; those another worker holds are left."""
    query = (
        select(ScorecardStanding)
        .where(col(ScorecardStanding.changes_on) <= day)
        .order_by(col(ScorecardStanding.changes_on), col(ScorecardStanding.tool_id))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list(session.exec(query))


def cards_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, Scorecard]:
    query = select(Scorecard).where(col(Scorecard.id).in_(set(ids)))
    return {card.id: card for card in session.exec(query)}


def published_with_key(session: Session, tool_id: UUID, once_key: str) -> Scorecard | None:
    query = select(Scorecard).where(Scorecard.tool_id == tool_id, Scorecard.once_key == once_key)
    return session.exec(query).one_or_none()


def incident_to_change(session: Session, ref: str) -> ScorecardIncident | None:
    query = select(ScorecardIncident).where(ScorecardIncident.ref == ref).with_for_update()
    return session.exec(query).one_or_none()


def count_of(session: Session, table: Any, card_id: UUID) -> int:
    """How many rows of corrections or stops a card has; the caller holds its standing's lock."""
    return len(session.exec(select(table.id).where(table.card_id == card_id)).all())
