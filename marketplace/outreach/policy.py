"""Who may write to the members of a consortium, and who may see where they stand."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor


def convenes(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.CONVENER, subject.org_id)


def keeps_its_money(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, subject.org_id)


def is_this_district(actor: Actor, organization: Any) -> bool:
    return actor.org_id == organization.id


access.declare(
    {
        "outreach.roll": [[convenes], [keeps_its_money]],
        "outreach.trail": [[convenes], [keeps_its_money]],
        "outreach.remind": [[convenes]],
        "outreach.messages": [[convenes]],
        "outreach.write_message": [[convenes]],
        "outreach.district_messages": [[is_this_district]],
    }
)
