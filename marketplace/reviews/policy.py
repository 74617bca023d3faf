"""Who may do what in a review. Rows are read past the scope, so this page is the wall."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_operator, is_system


def is_reviewer(actor: Actor, _subject: Any) -> bool:
    """Holds the reviewer's role in any consortium."""
    return any(role == Role.REVIEWER for role, _ in actor.roles)


def acts_for_the_vendor(actor: Actor, subject: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == subject.vendor_id


def writes_listings(actor: Actor, _subject: Any) -> bool:
    return actor.acts_as(Role.LISTING_EDITOR, Role.ADMINISTRATOR)


def sits_here(actor: Actor, seat: Any) -> bool:
    """The seat is this person's, and they have not left it."""
    return actor.user_id is not None and actor.user_id == seat.user_id and bool(seat.is_fit)


def decides_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(
        Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER, Role.DATA_STEWARD, Role.AI_SUPERVISOR
    )


access.declare(
    {
        "reviews.vendor_review": [[acts_for_the_vendor]],
        "reviews.open_review": [[is_operator], [acts_for_the_vendor, writes_listings]],
        "reviews.answer_rubric": [[acts_for_the_vendor, writes_listings]],
        "reviews.prefill_answers": [[acts_for_the_vendor, writes_listings]],
        "reviews.sign_answers": [[acts_for_the_vendor, writes_listings]],
        "reviews.reply_reviewers": [[acts_for_the_vendor, writes_listings]],
        "reviews.answer_check": [[acts_for_the_vendor, writes_listings]],
        "reviews.file_evidence": [[acts_for_the_vendor, writes_listings], [is_operator]],
        "reviews.bring_evidence": [[sits_here]],
        "reviews.inbox": [[is_reviewer], [is_operator]],
        "reviews.workload": [[is_reviewer], [is_operator]],
        "reviews.review": [[sits_here]],
        "reviews.confirm_facts": [[sits_here]],
        "reviews.read_question": [[sits_here]],
        "reviews.take_vendors_word": [[sits_here]],
        "reviews.hand_in": [[sits_here]],
        "reviews.ask_vendor": [[sits_here]],
        "reviews.settle_question": [[sits_here]],
        "reviews.publish_review": [[sits_here], [is_system]],
        "reviews.step_aside": [[is_reviewer]],
        "reviews.desk": [[is_operator]],
        "reviews.assign_seat": [[is_operator]],
        "reviews.read_without_vendor": [[is_operator], [is_system]],
        "reviews.watch_policy": [[is_operator]],
        "reviews.changes": [[is_reviewer], [is_operator]],
        "reviews.capture_policy": [[is_operator], [is_system]],
        "reviews.decide_change": [[is_reviewer], [is_operator]],
        "reviews.stop_tool": [[is_reviewer], [is_operator]],
        "reviews.appeal_review": [
            [acts_for_the_vendor, writes_listings],
            [decides_for_a_district],
        ],
        "reviews.decide_appeal": [[sits_here]],
        # Parts of the use cases above, and what falls due by the clock.
        "reviews.publish_card": [[is_system]],
        "reviews.append_decision": [[is_reviewer], [is_system]],
        "reviews.release_seats": [[is_system]],
        "reviews.reopen_questions": [[is_system]],
        "reviews.drop_stop": [[is_system]],
        "reviews.recuse_negotiator": [[is_system]],
        "reviews.pass_time": [[is_system]],
        "reviews.remind": [[is_system]],
    }
)
