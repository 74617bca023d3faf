"""Who may publish, stop and correct cards. Reading them takes no permission: cards are public."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_operator, is_system


def reviews_somewhere(actor: Actor, _subject: Any) -> bool:
    """A reviewer of any consortium. Who may sign which card is decided where reviews are kept."""
    return any(role == Role.REVIEWER for role, _ in actor.roles)


def sells_no_tool(actor: Actor, subject: Any) -> bool:
    """Nobody decides over a card while acting for the vendor, or for any vendor."""
    return actor.org_kind != "vendor" and actor.org_id != subject.org_id


def owns_listing(actor: Actor, tool: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == tool.org_id


def writes_listings(actor: Actor, _subject: Any) -> bool:
    return actor.acts_as(Role.LISTING_EDITOR, Role.ADMINISTRATOR)


def is_own_district(actor: Actor, district: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == district.id


def answers_for_privacy(actor: Actor, _subject: Any) -> bool:
    return actor.acts_as(Role.ADMINISTRATOR, Role.DATA_STEWARD, Role.BUYER, Role.AI_SUPERVISOR)


access.declare(
    {
        "scorecards.publish_card": [[is_system], [is_operator], [reviews_somewhere, sells_no_tool]],
        "scorecards.append_correction": [
            [is_system],
            [is_operator],
            [reviews_somewhere, sells_no_tool],
        ],
        "scorecards.stop_card": [[is_system], [is_operator], [reviews_somewhere, sells_no_tool]],
        "scorecards.lift_stop": [[is_system], [is_operator], [reviews_somewhere, sells_no_tool]],
        "scorecards.note_incident": [[is_system], [is_operator]],
        "scorecards.close_incident": [[is_system], [is_operator]],
        "scorecards.rescore_due": [[is_system]],
        "scorecards.vendor_card": [[owns_listing]],
        "scorecards.file_report": [[owns_listing, writes_listings]],
        "scorecards.check_tool": [[is_own_district]],
        "scorecards.mark_task": [[is_own_district, answers_for_privacy]],
        # Parts of the use cases above.
        "scorecards.rescore": [[is_system], [is_operator], [reviews_somewhere, sells_no_tool]],
    }
)
