"""Documents are filed, policies are captured, and a person decides what a change means."""

from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from uuid import UUID

from sqlmodel import Session

from marketplace.catalogue.models import Tool
from marketplace.core import clock, files
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.core.uploads import CheckedFile
from marketplace.reviews import (
    evidence_queries,
    evidence_rules,
    fetch_rules,
    letters,
    queries,
    rubric_queries,
    rules,
    watch_rules,
)
from marketplace.reviews.evidence_models import EvidenceDocument, PolicyCapture, WatchedPolicy
from marketplace.reviews.evidence_rules import Audience, DocumentKind
from marketplace.reviews.models import Review, ReviewReopening
from marketplace.reviews.publishing_service import publish_card
from marketplace.reviews.watch_rules import Decision

#: A page that does not answer is asked again ever later, at most once a week.
LONGEST_PAUSE_DAYS = 7


@dataclass(frozen=True)
class Paper:
    """What is said about a document when it is filed."""

    title: str
    kind: DocumentKind
    captured_on: date
    audience: Audience
    period_ended_on: date | None = None
    expires_on: date | None = None
    source_url: str = ""


def file_evidence(
    session: Session, actor: Actor, tool_id: UUID, checked: CheckedFile, paper: Paper
) -> EvidenceDocument:
    """The vendor or the operator files a document; the same bytes again give the one that is
    there."""
    tool = evidence_queries.tool_of(session, tool_id)
    require(actor, "reviews.file_evidence", SimpleNamespace(vendor_id=tool.org_id))
    return _file(session, actor, tool, checked, paper)


def bring_evidence(
    session: Session, actor: Actor, review_id: UUID, checked: CheckedFile, paper: Paper
) -> EvidenceDocument:
    """A reviewer files what they found themselves; it belongs to their own district."""
    review = queries.get_review(session, review_id)
    require(actor, "reviews.bring_evidence", queries.my_seat(session, actor, review.id))
    return _file(session, actor, evidence_queries.tool_of(session, review.tool_id), checked, paper)


def _file(
    session: Session, actor: Actor, tool: Tool, checked: CheckedFile, paper: Paper
) -> EvidenceDocument:
    days = (paper.captured_on, paper.period_ended_on, paper.expires_on)
    evidence_rules.check_document(paper.kind, paper.title, *days, queries.today())
    if paper.source_url:
        fetch_rules.check_url(paper.source_url)
    known = evidence_queries.document_with_print(session, tool.id, checked.fingerprint)
    if known:
        return known
    stored = files.store(session, actor, actor.home, checked)
    session.flush()
    document = EvidenceDocument(
        org_id=actor.home,
        tool_id=tool.id,
        file_id=stored.id,
        sha256=checked.fingerprint,
        title=paper.title.strip(),
        kind=paper.kind,
        captured_on=paper.captured_on,
        period_ended_on=paper.period_ended_on,
        expires_on=paper.expires_on,
        source_url=paper.source_url.strip(),
        audience=paper.audience,
        filed_at=clock.now(),
        filed_by_id=actor.user_id,
    )
    session.add(document)
    session.flush()
    emit(session, actor, "reviews.evidence_filed", document, tool=str(tool.id), kind=paper.kind)
    return document


# -- policies --------------------------------------------------------------------------------


def watch_policy(
    session: Session, actor: Actor, tool_id: UUID, *, title: str, url: str = ""
) -> WatchedPolicy:
    """Keep an eye on a page of the vendor; without an address, on what is uploaded."""
    tool = evidence_queries.tool_of(session, tool_id)
    require(actor, "reviews.watch_policy", tool)
    if not title.strip() or len(title) > 120:
        raise RuleBroken("Name the document in up to 120 letters.", "title")
    if url:
        fetch_rules.check_url(url)
    if known := evidence_queries.policy_at(session, tool.id, url.strip()):
        return known
    policy = WatchedPolicy(
        org_id=queries.operator_org(session).id,
        tool_id=tool.id,
        title=title.strip(),
        url=url.strip(),
        added_at=clock.now(),
        try_at=clock.now() if url else None,
    )
    session.add(policy)
    session.flush()
    emit(session, actor, "reviews.policy_watched", policy, tool=str(tool.id))
    return policy


def capture_policy(
    session: Session, actor: Actor, policy_id: UUID, *, content: bytes, media_type: str
) -> PolicyCapture:
    """A text of a policy, from the network or uploaded. Only a text nobody accepted before asks
    for a decision; the first one is accepted with the watch itself."""
    policy = evidence_queries.get_policy(session, policy_id, lock=True)
    require(actor, "reviews.capture_policy", policy)
    policy.looked_at, policy.failures, policy.problem = clock.now(), 0, ""
    if policy.url:
        policy.try_at = clock.now() + timedelta(days=1)
    words = watch_rules.words_of(content, media_type)
    if not words.strip():
        raise RuleBroken("There is no text in it.", "file")
    prints, known = (
        watch_rules.prints(content, words),
        evidence_queries.captures_of(session, policy.id),
    )
    for capture in known:
        if capture.shown_sha256 == prints.shown:
            capture.last_seen_at = clock.now()
            return capture
    accepted = [c for c in known if c.decision is Decision.ACCEPTED]
    latest = max(accepted, key=lambda c: c.decided_at or c.captured_at, default=None)
    change = watch_rules.change_between(latest.words if latest else "", words)
    capture = _keep_capture(session, actor, policy, content, words, prints, change)
    if latest is None and not known:
        capture.decision, capture.decided_at = Decision.ACCEPTED, clock.now()
        capture.decided_by_id, capture.why = actor.user_id, "The text the watch began with."
        return capture
    tool = evidence_queries.tool_of(session, policy.tool_id)
    emit(session, actor, "reviews.policy_changed", capture, topics=[str(t) for t in change.topics])
    about = ", ".join(watch_rules.TOPIC_WORDS[t].lower() for t in change.topics)
    text = f"“{policy.title}” has changed: {about}. Decide what it means within 30 days."
    path = f"/reviews/changes/{capture.id}"
    letters.tell_reviewers(session, tool, "a policy has changed", text, path)
    letters.tell_operator(session, tool, "a policy has changed", text, path)
    return capture


def _keep_capture(
    session: Session,
    actor: Actor,
    policy: WatchedPolicy,
    content: bytes,
    words: str,
    prints: watch_rules.Prints,
    change: watch_rules.Change,
) -> PolicyCapture:
    # Kept as it came, but as plain text: no page of a stranger is ever shown as one.
    raw = CheckedFile(f"capture-{clock.now():%Y-%m-%d}.txt", "text/plain", content)
    stored = files.store(session, actor, policy.org_id, raw)
    session.flush()
    capture = PolicyCapture(
        org_id=policy.org_id,
        policy_id=policy.id,
        tool_id=policy.tool_id,
        raw_sha256=prints.raw,
        spaced_sha256=prints.spaced,
        shown_sha256=prints.shown,
        words=words,
        file_id=stored.id,
        captured_at=clock.now(),
        last_seen_at=clock.now(),
        change={
            "added": list(change.added),
            "removed": list(change.removed),
            "topics": [str(topic) for topic in change.topics],
        },
        decide_by=clock.now() + watch_rules.DECIDE_WITHIN,
    )
    session.add(capture)
    session.flush()
    return capture


def note_failure(session: Session, actor: Actor, policy_id: UUID, problem: str) -> None:
    """The page did not come; after three days in a row the operator hears of it."""
    policy = evidence_queries.get_policy(session, policy_id, lock=True)
    require(actor, "reviews.capture_policy", policy)
    policy.failures, policy.problem = policy.failures + 1, problem[:300]
    policy.looked_at = clock.now()
    pause = min(policy.failures, LONGEST_PAUSE_DAYS)
    policy.try_at = clock.now() + timedelta(days=pause)
    emit(session, actor, "reviews.policy_not_fetched", policy, failures=policy.failures)
    if policy.failures == 3:
        tool = evidence_queries.tool_of(session, policy.tool_id)
        text = f"“{policy.title}” did not come three times: {problem} Upload it instead."
        letters.tell_operator(
            session, tool, "a policy cannot be fetched", text, f"/admin/reviews/watch/{tool.slug}"
        )


def decide_change(
    session: Session, actor: Actor, capture_id: UUID, *, decision: Decision, why: str
) -> PolicyCapture:
    """A person says what a change means. The first decision holds."""
    capture = evidence_queries.get_capture(session, capture_id, lock=True)
    require(actor, "reviews.decide_change", capture)
    if capture.decision is not None:
        return capture
    tool = evidence_queries.tool_of(session, capture.tool_id)
    if actor.person in queries.negotiators(session, tool.org_id) or actor.org_id == tool.org_id:
        raise RuleBroken("You have a tie to this vendor. Leave it to somebody else.")
    rules.check_words(why, "Say in a sentence why.", "why")
    _decide(session, actor, tool, capture, decision, why.strip())
    return capture


def decide_by_default(session: Session, actor: Actor, capture_id: UUID) -> PolicyCapture:
    """Nobody decided in 30 days: what touches no answer is accepted, all else is read again."""
    capture = evidence_queries.get_capture(session, capture_id, lock=True)
    require(actor, "reviews.pass_time", capture)
    if capture.decision is None and clock.now() >= capture.decide_by:
        topics = [watch_rules.Topic(topic) for topic in capture.change["topics"]]
        tool = evidence_queries.tool_of(session, capture.tool_id)
        decision = watch_rules.default_decision(topics)
        _decide(session, actor, tool, capture, decision, "Nobody decided within 30 days.")
    return capture


def _decide(
    session: Session, actor: Actor, tool: Tool, capture: PolicyCapture, decision: Decision, why: str
) -> None:
    capture.decision, capture.decided_at = decision, clock.now()
    capture.decided_by_id, capture.why = actor.user_id, why
    emit(session, actor, "reviews.change_decided", capture, decision=str(decision))
    if decision is Decision.REOPENED:
        rubric = rubric_queries.rubric()
        touched = rubric_queries.touched_by_topics(rubric, capture.change["topics"])
        because = "A policy of the vendor changed."
        reopen_questions(session, Actor.system(), tool.id, touched, capture.id, because)


def reopen_questions(
    session: Session,
    actor: Actor,
    tool_id: UUID,
    questions: list[str],
    source_id: UUID,
    because: str,
    *,
    void: bool = False,
) -> Review | None:
    """Put answers of the review that holds in doubt, once for each cause. `void`: what tests of
    the AI showed counts no more, and the card is published anew without it."""
    review = queries.published_review_of(session, tool_id, lock=True)
    require(actor, "reviews.reopen_questions", review)
    if review is None:
        return None
    known = {r.question for r in queries.reopenings_by(session, review.id, source_id)}
    decided = queries.decisions_of(session, review.id)
    fresh = [q for q in questions if q in decided and q not in known]
    for question in fresh:
        session.add(
            ReviewReopening(
                org_id=review.org_id,
                review_id=review.id,
                question=question,
                source_id=source_id,
                because=because,
                opened_at=clock.now(),
                is_void=void,
            )
        )
    if not fresh:
        return review
    session.flush()
    emit(session, actor, "reviews.questions_reopened", review, questions=fresh, void=void)
    tool = evidence_queries.tool_of(session, tool_id)
    letters.tell_operator(
        session,
        tool,
        f"{len(fresh)} answers are in doubt",
        f"{because} Open a new review to have them read again.",
        f"/admin/reviews/{review.id}",
    )
    letters.tell_vendor(session, tool, f"{len(fresh)} answers are in doubt", because)
    if void:
        publish_card(session, Actor.system(), review.id)
    return review
