"""Who may open a funder's desk. All figures of uptake are public."""

from typing import Any

from marketplace.core import access
from marketplace.core.access import Actor, is_system


def works_there(actor: Actor, funder: Any) -> bool:
    return actor.org_id == funder.id


access.declare({"uptake.funder_desk": [[works_there]], "uptake.keep_funnel": [[is_system]]})
