"""What a review comes to, as scorecards read it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.reviews import evidence_queries, queries, rubric_queries, rules
from marketplace.reviews.evidence_models import EvidenceDocument
from marketplace.reviews.models import Review, ReviewDecision, ReviewSeat
from marketplace.reviews.rules import Seat, State
from marketplace.scorecards.rules import Reviewer


def document(session: Session, review: Review, product: str) -> dict[str, Any]:
    """The card as scorecards read it: facts, and each question's answer with its proof."""
    decided = queries.decisions_of(session, review.id)
    papers = evidence_queries.documents_by_id(session, [d.document_id for d in decided.values()])
    rubric = rubric_queries.rubric(review.rubric_version)
    void = [r for r in queries.reopened(session, review.id).values() if r.is_void]
    card: dict[str, Any] = {
        "product": product,
        "rubric": review.rubric_version,
        "as_of": clock.now().date(),
        "facts": dict(review.facts),
        "answers": {
            each.id: answer(decided[each.id], papers)
            for each in rubric_queries.applicable(rubric, review.facts)
            if each.id in decided
        },
    }
    if void:
        card["model_changed_on"] = max(r.opened_at for r in void).date()
    return card


def answer(row: ReviewDecision, papers: Mapping[UUID, EvidenceDocument]) -> dict[str, Any]:
    if row.state is not State.ANSWERED:
        return {"state": str(row.state)}
    said: dict[str, Any] = {
        "answer": row.option,
        "evidence": str(row.level),
        "dated": row.dated or row.decided_at.date(),
    }
    if row.expires_on:
        said["expires"] = row.expires_on
    if row.document_id:
        paper = papers[row.document_id]
        said["proof"] = [
            {
                "document": paper.sha256,
                "title": paper.title,
                "where": row.locator,
                "quote": row.quote,
            }
        ]
    return said


def signers(session: Session, review: Review) -> list[Reviewer]:
    """Both readers, by name and district, as they signed."""
    signed = {seat.seat: seat for seat in _signed(session, review)}
    seats = [signed[side] for side in (Seat.FIRST, Seat.SECOND) if side in signed]
    users = queries.users_by_id(session, [s.user_id for s in seats])
    homes = accounts.organizations_by_id(session, [s.home_id for s in seats])
    return [Reviewer(users[s.user_id].name, homes[s.home_id].name, str(s.user_id)) for s in seats]


def _signed(session: Session, review: Review) -> list[ReviewSeat]:
    rows = queries.seats_of(session, review.id)
    return [seat for seat in rows if seat.done_at and not seat.ended_because]


def recusals(session: Session, review: Review) -> str:
    rows = queries.recusals(session, review.vendor_id)
    return " ".join(
        f"{user.name} stepped aside: {rules.TIE_WORDS[row.tie].lower()}."
        for row, user in rows
        if row.tie
    )


def reasons(session: Session, review: Review) -> str:
    decided = queries.decisions_of(session, review.id).values()
    return " ".join(f"{d.question}: {d.why}" for d in decided if d.why)
