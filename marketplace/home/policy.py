"""Who may open an organization's home."""

from typing import Any

from marketplace.core import access
from marketplace.core.access import Actor, is_system


def works_there(actor: Actor, organization: Any) -> bool:
    return actor.org_id == organization.id


access.declare({"home.district": [[works_there]], "home.write_weeks_ahead": [[is_system]]})
