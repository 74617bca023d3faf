"""What a re-check of a tool would read again, and why."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.core.errors import RuleBroken
from marketplace.reviews import (
    card_queries,
    evidence_queries,
    queries,
    recheck_rules,
    rubric_queries,
)
from marketplace.reviews.models import Review
from marketplace.reviews.rules import State
from marketplace.scorecards import rules as scorecards


def to_read_again(
    session: Session, earlier: Review, facts: Mapping[str, Any], said: Mapping[str, Any] | None
) -> dict[str, str]:
    """{question: why} of a re-check after `earlier`, for a product with these facts.

    `said`: what the vendor answers now, or None before it has answered.
    """
    rubric, today = rubric_queries.rubric(earlier.rubric_version), queries.today()
    decided = queries.decisions_of(session, earlier.id)
    doubtful = queries.reopened(session, earlier.id)
    weakens = _weakens_on(session, earlier, today)
    found: dict[str, str] = {}
    for criterion in rubric_queries.applicable(rubric, facts):
        row = decided.get(criterion.id)
        why = recheck_rules.why_again(
            queries.found_of(row) if row else None,
            row.source if row else None,
            in_doubt=criterion.id in doubtful,
            fires_a_gate=bool(row and row.option and criterion.gate_of(row.option)),
            said_otherwise=said is not None
            and _option(said, criterion.id)
            not in (_option(earlier.answers, criterion.id), row.option if row else ""),
            weakens_on=weakens.get(criterion.id),
            today=today,
        )
        if why:
            found[criterion.id] = str(why)
    return found


def _option(answers: Mapping[str, Any], question: str) -> str:
    said = answers.get(question, {}).get("option", "")
    return "" if said == State.DECLINED else said


def _weakens_on(session: Session, review: Review, today: date) -> dict[str, date]:
    rubric = rubric_queries.rubric(review.rubric_version)
    document = card_queries.document(session, review, "")
    card = scorecards.read_card(document, rubric, as_of=max(today, document["as_of"]))
    return scorecards.weakens_on(rubric, card)


def check_may_recheck(session: Session, tool_id: UUID) -> tuple[Review, dict[str, str]]:
    """The review to carry over from and what is read again; `RuleBroken` with why it is not so."""
    earlier = queries.published_review_of(session, tool_id)
    full = [r for r in queries.reviews_of(session, tool_id) if r.published_at and r.rereads is None]
    stop = evidence_queries.stop_of(session, tool_id)
    again = to_read_again(session, earlier, earlier.facts, None) if earlier else {}
    recheck_rules.check_may_recheck(
        is_stopped=stop is not None and stop.confirmed_at is not None,
        same_rubric=earlier is not None and earlier.rubric_sha256 == rubric_queries.rubric().sha256,
        last_full_on=full[0].published_at.date()
        if earlier and full and full[0].published_at
        else None,
        again=again,
        today=queries.today(),
    )
    assert earlier is not None
    return earlier, again


def may_recheck(session: Session, review: Review | None) -> tuple[dict[str, str], str]:
    """What a re-check would read again after a published review; or nothing, and why not."""
    if review is None or review.published_at is None or review.is_open:
        return {}, ""
    try:
        return check_may_recheck(session, review.tool_id)[1], ""
    except RuleBroken as refusal:
        return {}, str(refusal)


def carried_from(session: Session, review: Review) -> Review | None:
    """The review whose other answers a re-check carries over."""
    if review.carries_over is None:
        return None
    rows = queries.reviews_of(session, review.tool_id)
    return next((row for row in rows if row.number == review.carries_over), None)
