"""On the list of tools: what districts like the reader's use."""

from typing import Any

from flask import render_template

from marketplace.accounts import login
from marketplace.core import clock, db, panels, tenancy
from marketplace.uptake.alike_queries import FEWEST, used_by_alike


@panels.fill("catalogue.tools")
def tools_of_alike(_filters: Any) -> str | None:
    actor = login.current_actor()
    if actor.org_kind != "district" or not actor.leaid or actor.org_id is None:
        return None
    with tenancy.everyone("counts of five or more districts are shown, nobody's orders"):
        found = used_by_alike(db.session(), actor.leaid, actor.org_id, clock.now().date())
    return render_template("uptake/_alike.html", found=found, fewest=FEWEST)
