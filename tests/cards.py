"""A scorecard without gaps for any tool of a test: read and scored once, then two plain rows."""

from datetime import timedelta
from functools import lru_cache
from uuid import uuid4

from marketplace.core import clock
from marketplace.scorecards import queries, rules
from marketplace.scorecards.models import Scorecard, ScorecardStanding

FACTS = {
    "student_facing": True,
    "student_accounts": True,
    "under_13": True,
    "uses_ai": True,
    "generative": True,
    "chat_with_students": True,
    "influences_decisions": "formative",
    "captures_voice_image": False,
    "surveys_students": True,
    "deidentified_use": True,
    "stores_student_data": True,
}
PROOF = {"document": "ab" * 32, "where": "page 4", "quote": "We never sell student data."}


def document(day, **changed):
    """The best answer to everything, checked; `AC_01={...}` writes another answer there."""
    best = {"evidence": "E3", "dated": day, "proof": dict(PROOF)}
    answers = {c.id: {"answer": c.best.id, **best} for c in queries.rubric()}
    answers |= {key.replace("_", "-"): answer for key, answer in changed.items()}
    return {"product": "A tool", "as_of": day, "facts": FACTS, "answers": answers}


def scored(day, **changed):
    rubric = queries.rubric()
    return rules.score(rubric, rules.read_card(document(day, **changed), rubric, as_of=day))


_best = lru_cache(scored)


def rows(tool, **changed):
    """What `scorecards.service.publish_card` writes of a card, without its receipt."""
    day, rubric = queries.today(), queries.rubric()
    result = scored(day, **changed) if changed else _best(day)
    card = Scorecard(
        id=uuid4(),
        org_id=tool.org_id,
        tool_id=tool.id,
        version=1,
        product=tool.name,
        rubric_version=rubric.version,
        rubric_sha256=rubric.sha256,
        as_of=day,
        inputs=result.inputs,
        input_sha256=result.input_sha256,
        outputs=result.document(),
        reviewers=[{"name": "Ann Reed", "organization": "Maple District"}],
        published_at=clock.now() - timedelta(seconds=1),
        once_key=f"card-{tool.id}",
    )
    standing = ScorecardStanding(
        org_id=tool.org_id,
        tool_id=tool.id,
        card_id=card.id,
        version=1,
        rubric_version=rubric.version,
        grade=result.grade,
        score=str(result.score),
        published_on=day,
        expires_on=rules.expires_on(day),
        scored_on=day,
    )
    return card, standing
