"""The whole of reviews in one face for other features, seeds and tests."""

from marketplace.reviews.appeal_service import (
    appeal_review,
    decide_appeal,
    drop_stop,
    stop_tool,
)
from marketplace.reviews.clock_service import pass_time, remind
from marketplace.reviews.evidence_service import (
    Paper,
    bring_evidence,
    capture_policy,
    decide_by_default,
    decide_change,
    file_evidence,
    note_failure,
    reopen_questions,
    watch_policy,
)
from marketplace.reviews.message_service import ask_vendor, reply_reviewers
from marketplace.reviews.prefill_service import prefill_answers
from marketplace.reviews.publishing_service import append_decision, publish_card, release_seats
from marketplace.reviews.reading_service import (
    answer_check,
    hand_in,
    publish_review,
    read_question,
    settle_question,
    take_vendors_word,
)
from marketplace.reviews.review_service import (
    answer_rubric,
    confirm_facts,
    open_review,
    read_without_vendor,
    sign_answers,
)
from marketplace.reviews.seat_service import assign_seat, recuse_negotiator, step_aside

__all__ = [
    "Paper",
    "answer_check",
    "answer_rubric",
    "appeal_review",
    "append_decision",
    "ask_vendor",
    "assign_seat",
    "bring_evidence",
    "capture_policy",
    "confirm_facts",
    "decide_appeal",
    "decide_by_default",
    "decide_change",
    "drop_stop",
    "file_evidence",
    "hand_in",
    "note_failure",
    "open_review",
    "pass_time",
    "prefill_answers",
    "publish_card",
    "publish_review",
    "read_question",
    "read_without_vendor",
    "recuse_negotiator",
    "release_seats",
    "remind",
    "reopen_questions",
    "reply_reviewers",
    "settle_question",
    "sign_answers",
    "step_aside",
    "stop_tool",
    "take_vendors_word",
    "watch_policy",
]
