"""What happens to cards: published, corrected, stopped, re-scored. One function per use case.

For other features (the caller's edge opens the transaction, and `tenancy.everyone(...)`,
since cards are owned by the vendor):

- `publish_card(session, actor, tool_id, card, reviewers=[Reviewer(...), Reviewer(...)], ...)`
  freezes a card as the next version and scores it. Refused with one line for each problem;
  the same `once_key` (or the same card on the same day) finds the card published before.
- `append_correction(session, actor, tool_id, words, question="", version=None)`.
- `stop_card(session, actor, tool_id, reason=..., agreed_by=user_id)`, `lift_stop(...)`: two
  people each; a second stop, or lifting what is not stopped, changes nothing.
- `note_incident(session, actor, tool_id, ref=..., kind=IncidentKind.EXPOSURE, words=...)` and
  `close_incident(session, actor, ref)`: both re-score the tool's cards at once. `ref` is the
  caller's own name of the incident; noting it again with another kind changes the kind.
- `rescore_due(session, actor)`: the nightly round, in portions; jobs.py calls it.

Events, all with the tool as their subject (`event.subject_id`) and the vendor as owner:
`scorecards.card_published` (grade, score, version, card), `scorecards.grade_changed`
(grade, was, cause), `scorecards.card_expired` (was), `scorecards.card_stopped`,
`scorecards.stop_lifted`, `scorecards.incident_noted` (ref, kind),
`scorecards.incident_closed` (ref), `scorecards.correction_appended` (version, question).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.scorecards import queries, rules
from marketplace.scorecards.models import (
    WHOLE_TOOL,
    Scorecard,
    ScorecardCorrection,
    ScorecardIncident,
    ScorecardScore,
    ScorecardStanding,
    ScorecardStop,
)
from marketplace.scorecards.rules import Card, IncidentKind, Result, Reviewer, ScoreCause

PORTION = 500
LONGEST_WORDS = 4_000


def publish_card(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    card: Any,
    *,
    reviewers: Sequence[Reviewer],
    edition_id: UUID | None = None,
    recusals: str = "",
    reasons: str = "",
    is_desk_review: bool = False,
    once_key: str | None = None,
    holds_until: date | None = None,
) -> Scorecard:
    """Freeze a card as the next version and score it as of today.

    `card` is the plain document (facts, answers with evidence and proof). The tool is locked.
    `holds_until`: the day a corrected card runs out, which is the day the first one does.
    """
    tool = catalogue.tool_to_change(session, tool_id)
    require(actor, "scorecards.publish_card", tool)
    rules.check_reviewers(reviewers)
    rubric, day = queries.rubric(), queries.today()
    read = rules.read_card(card, rubric, as_of=day, needs_proof=True)
    read = read.at(day, frozenset())
    result = rules.score(rubric, read)
    if result.core_missing:
        missing = ", ".join(result.core_missing)
        raise RuleBroken(f"These questions were not looked at yet: {missing}.")
    edition_key = _edition_key(session, tool, edition_id)
    key = once_key or f"{edition_key}|{result.input_sha256}"
    if published := queries.published_with_key(session, tool.id, key):
        return published
    standing = next(
        (s for s in queries.standings_to_change(session, tool.id) if s.edition_key == edition_key),
        None,
    )
    row = Scorecard(
        org_id=tool.org_id,
        tool_id=tool.id,
        edition_key=edition_key,
        version=standing.version + 1 if standing else 1,
        product=read.product or tool.name,
        rubric_version=rubric.version,
        rubric_sha256=rubric.sha256,
        as_of=day,
        inputs=result.inputs,
        input_sha256=result.input_sha256,
        outputs=result.document(),
        reviewers=[{"name": r.name, "organization": r.organization} for r in reviewers],
        recusals=recusals,
        reasons=reasons,
        is_desk_review=is_desk_review,
        published_at=clock.now(),
        published_by=actor.user_id,
        once_key=key,
    )
    session.add(row)
    session.flush()
    was = standing.grade if standing else None
    until = min(holds_until or date.max, rules.expires_on(row.as_of))
    _begin_standing(session, standing, row, read, result, until)
    facts = {"grade": result.grade, "score": str(result.score), "version": row.version}
    emit(session, actor, "scorecards.card_published", tool, card=str(row.id), **facts)
    if was != result.grade:
        cause = ScoreCause.PUBLISHED
        emit(
            session,
            actor,
            "scorecards.grade_changed",
            tool,
            grade=result.grade,
            was=was,
            cause=cause,
        )
    rescore(session, actor, tool, ScoreCause.INCIDENT)
    return row


def _edition_key(session: Session, tool: Tool, edition_id: UUID | None) -> str:
    if edition_id is None:
        return WHOLE_TOOL
    return str(catalogue.own_edition(session, tool.id, edition_id).id)


def _begin_standing(
    session: Session,
    standing: ScorecardStanding | None,
    row: Scorecard,
    card: Card,
    result: Result,
    until: date,
) -> None:
    if standing is None:
        standing = ScorecardStanding(
            org_id=row.org_id,
            tool_id=row.tool_id,
            edition_key=row.edition_key,
            card_id=row.id,
            version=row.version,
            rubric_version=row.rubric_version,
            grade=result.grade,
            score=str(result.score),
            published_on=row.as_of,
            expires_on=until,
            scored_on=row.as_of,
        )
    standing.card_id, standing.version = row.id, row.version
    standing.rubric_version = row.rubric_version
    standing.published_on, standing.expires_on = row.as_of, until
    standing.scores, standing.expiry_told, standing.stopped_because = 0, False, None
    _keep(session, standing, card, result, ScoreCause.PUBLISHED)


def _keep(
    session: Session, standing: ScorecardStanding, card: Card, result: Result, cause: ScoreCause
) -> None:
    """A new receipt, and the row that lists read."""
    standing.scores += 1
    session.add(
        ScorecardScore(
            org_id=standing.org_id,
            card_id=standing.card_id,
            number=standing.scores,
            cause=cause,
            as_of=card.as_of,
            incidents=sorted(card.incidents),
            input_sha256=result.input_sha256,
            outputs=result.document(),
            scored_at=clock.now(),
        )
    )
    standing.grade, standing.score, standing.why = result.grade, str(result.score), result.why
    standing.scored_on, standing.incidents = card.as_of, sorted(card.incidents)
    drop = result.next_drop
    standing.next_drop_on = drop.on if drop else None
    standing.next_grade = drop.grade if drop else ""
    standing.changes_on = _next_round(standing, result.changes_on, card.as_of)
    session.add(standing)


def _next_round(standing: ScorecardStanding, changes_on: date | None, day: date) -> date | None:
    """Nothing is due any more once a card has run out: only a new review changes that."""
    if day >= standing.expires_on:
        return None
    return min(changes_on or standing.expires_on, standing.expires_on)


# -- what is added to a card -----------------------------------------------------------------


def append_correction(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    words: str,
    *,
    question: str = "",
    version: int | None = None,
    edition_key: str = WHOLE_TOOL,
) -> ScorecardCorrection:
    """Say beside a published card what was wrong in it; the card itself stays as it was."""
    tool = catalogue.tool_to_change(session, tool_id)
    require(actor, "scorecards.append_correction", tool)
    standing = _standing(session, tool, edition_key)
    card = queries.card_version(session, tool.id, version or standing.version, edition_key)
    if not words.strip() or len(words) > LONGEST_WORDS:
        raise RuleBroken("Say what was wrong, in up to 4,000 letters.", "words")
    if question and question not in queries.rubric(card.rubric_version).by_id:
        raise RuleBroken("There is no such question.", "question")
    correction = ScorecardCorrection(
        org_id=tool.org_id,
        card_id=card.id,
        number=queries.count_of(session, ScorecardCorrection, card.id) + 1,
        question=question,
        words=words.strip(),
        appended_at=clock.now(),
        appended_by=actor.user_id,
    )
    session.add(correction)
    emit(
        session,
        actor,
        "scorecards.correction_appended",
        tool,
        version=card.version,
        question=question,
    )
    return correction


def stop_card(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    reason: str,
    agreed_by: UUID | None,
    edition_key: str = WHOLE_TOOL,
) -> ScorecardStanding:
    """Stop a card at once; two people. A card that is stopped stays as it was stopped."""
    tool = catalogue.tool_to_change(session, tool_id)
    require(actor, "scorecards.stop_card", tool)
    standing = _standing(session, tool, edition_key)
    if standing.stopped_because is not None:
        return standing
    _record_stop(session, actor, standing, reason, agreed_by, is_lifted=False)
    standing.stopped_because = reason.strip()
    session.add(standing)
    emit(session, actor, "scorecards.card_stopped", tool, version=standing.version)
    return standing


def lift_stop(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    reason: str,
    agreed_by: UUID | None,
    edition_key: str = WHOLE_TOOL,
) -> ScorecardStanding:
    """Let a stopped card count again; two people, as for the stop."""
    tool = catalogue.tool_to_change(session, tool_id)
    require(actor, "scorecards.lift_stop", tool)
    standing = _standing(session, tool, edition_key)
    if standing.stopped_because is None:
        return standing
    _record_stop(session, actor, standing, reason, agreed_by, is_lifted=True)
    standing.stopped_because = None
    session.add(standing)
    emit(session, actor, "scorecards.stop_lifted", tool, version=standing.version)
    return standing


def _record_stop(
    session: Session,
    actor: Actor,
    standing: ScorecardStanding,
    reason: str,
    agreed_by: UUID | None,
    *,
    is_lifted: bool,
) -> None:
    rules.check_two_people(actor.user_id, agreed_by)
    if not reason.strip() or len(reason) > LONGEST_WORDS:
        raise RuleBroken("Write the reason in a sentence or two.", "reason")
    session.add(
        ScorecardStop(
            org_id=standing.org_id,
            card_id=standing.card_id,
            number=queries.count_of(session, ScorecardStop, standing.card_id) + 1,
            is_lifted=is_lifted,
            reason=reason.strip(),
            decided_at=clock.now(),
            decided_by=actor.user_id,
            agreed_by=agreed_by,
        )
    )


def _standing(session: Session, tool: Tool, edition_key: str) -> ScorecardStanding:
    for standing in queries.standings_to_change(session, tool.id):
        if standing.edition_key == edition_key:
            return standing
    raise NotFound("This tool has no scorecard.")


# -- what re-scores it -----------------------------------------------------------------------


def note_incident(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    *,
    ref: str,
    kind: IncidentKind,
    words: str,
) -> ScorecardIncident:
    """A confirmed incident: the tool's cards are scored again at once.

    `words` is one public sentence. Noted again, it changes only what is different.
    """
    tool = catalogue.tool_to_change(session, tool_id)
    require(actor, "scorecards.note_incident", tool)
    incident = queries.incident_to_change(session, ref)
    if incident is not None and (incident.kind, incident.words) == (kind, words):
        return incident
    if incident is None:
        incident = ScorecardIncident(
            org_id=tool.org_id,
            tool_id=tool.id,
            ref=ref,
            kind=kind,
            words=words,
            opened_at=clock.now(),
        )
    elif incident.tool_id != tool.id:
        raise RuleBroken("This incident was noted for another tool.")
    incident.kind, incident.words = kind, words
    session.add(incident)
    session.flush()
    emit(session, actor, "scorecards.incident_noted", tool, ref=ref, kind=str(kind))
    rescore(session, actor, tool, ScoreCause.INCIDENT)
    return incident


def close_incident(session: Session, actor: Actor, ref: str) -> ScorecardIncident:
    """The incident is over. Doubt about security stays until the tool is reviewed again."""
    incident = queries.incident_to_change(session, ref)
    if incident is None:
        raise NotFound("There is no such incident.")
    tool = catalogue.tool_to_change(session, incident.tool_id)
    require(actor, "scorecards.close_incident", tool)
    if incident.closed_at is None:
        incident.closed_at = clock.now()
        session.add(incident)
        session.flush()
        emit(session, actor, "scorecards.incident_closed", tool, ref=ref)
        rescore(session, actor, tool, ScoreCause.INCIDENT)
    return incident


def rescore(session: Session, actor: Actor, tool: Tool, cause: ScoreCause) -> None:
    """Score the tool's cards as of today, with the incidents as they are now."""
    require(actor, "scorecards.rescore", tool)
    incidents = queries.incidents_of(session, tool.id)
    standings = queries.standings_to_change(session, tool.id)
    cards = queries.cards_by_id(session, [s.card_id for s in standings])
    for standing in standings:
        card = cards[standing.card_id]
        flags = rules.flags_of(
            [(i.kind, i.closed_at is None) for i in incidents],
            reviewed_since=[i.opened_at < card.published_at for i in incidents],
        )
        if sorted(flags) != standing.incidents:
            was = standing.grade
            _score_again(session, standing, card, flags, cause)
            if was != standing.grade:
                _tell_grade(session, actor, standing, was, cause)


def rescore_due(session: Session, actor: Actor, *, most: int = PORTION) -> int:
    """The nightly round: every card of which something changes by today, up to a portion.

    Between two such days nothing changes, so a card that is not due needs no scoring.
    Returns how many were due; run twice, the second finds nothing.
    """
    require(actor, "scorecards.rescore_due")
    due = queries.standings_due(session, queries.today(), most)
    cards = queries.cards_by_id(session, [standing.card_id for standing in due])
    changed: list[tuple[ScorecardStanding, str]] = []
    for standing in due:
        was, flags = standing.grade, frozenset(standing.incidents)
        _score_again(session, standing, cards[standing.card_id], flags, ScoreCause.AGED)
        if was != standing.grade:
            changed.append((standing, was))
    session.flush()  # all rows at once; each event with a listener would write its own
    for standing, was in changed:
        _tell_grade(session, actor, standing, was, ScoreCause.AGED)
    for standing in due:
        if queries.today() >= standing.expires_on and not standing.expiry_told:
            standing.expiry_told = True
            emit(session, actor, "scorecards.card_expired", standing, was=standing.grade)
    return len(due)


def _score_again(
    session: Session,
    standing: ScorecardStanding,
    row: Scorecard,
    flags: frozenset[str],
    cause: ScoreCause,
) -> None:
    rubric = queries.rubric(row.rubric_version)
    card = rules.from_canonical(row.inputs, rubric).at(queries.today(), flags)
    result = rules.score(rubric, card)
    _keep(session, standing, card, result, cause)


def _tell_grade(
    session: Session, actor: Actor, standing: ScorecardStanding, was: str, cause: ScoreCause
) -> None:
    grade = standing.grade
    emit(session, actor, "scorecards.grade_changed", standing, grade=grade, was=was, cause=cause)
