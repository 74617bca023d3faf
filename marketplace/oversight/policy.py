"""Who may report, confirm, answer and close an incident; what the public may see."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_operator, is_system
from marketplace.oversight.rules import IncidentStatus


def works_at_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and any(org == actor.org_id for _, org in actor.roles)


def makes_the_tool(actor: Actor, tool: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == tool.org_id


def sells_it(actor: Actor, incident: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == incident.vendor_id


def answers_for_a_vendor(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "vendor" and actor.acts_as(Role.ADMINISTRATOR, Role.LISTING_EDITOR)


def is_this_district(actor: Actor, district: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == district.id


def is_public(_actor: Actor, incident: Any) -> bool:
    """The timeline is public from the report on; who reported it and the proof never are."""
    return incident.status in IncidentStatus


access.declare(
    {
        "oversight.report_incident": [[works_at_a_district], [makes_the_tool], [is_operator]],
        "oversight.incident": [[is_public]],
        "oversight.district_incidents": [[is_this_district]],
        "oversight.answer_incident": [[sells_it, answers_for_a_vendor]],
        "oversight.review_incidents": [[is_operator]],
        "oversight.review_incident": [[is_operator]],
        "oversight.propose_confirmation": [[is_operator]],
        "oversight.confirm_incident": [[is_operator]],
        "oversight.dismiss_incident": [[is_operator]],
        "oversight.propose_late_notice": [[is_operator]],
        "oversight.confirm_late_notice": [[is_operator]],
        "oversight.close_incident": [[is_operator]],
        "oversight.tell_districts": [[is_system]],
    }
)
