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
        # Parts of the use cases above.
        "scorecards.rescore": [[is_system], [is_operator], [reviews_somewhere, sells_no_tool]],
    }
)
