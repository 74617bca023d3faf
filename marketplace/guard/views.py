"""A district's page for the gaps of a scorecard, and what pools show of the guard."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.catalogue import queries as catalogue
from marketplace.core import db, panels, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.guard import queries, service
from marketplace.guard.forms import AcceptGapsForm
from marketplace.scorecards import queries as scorecards

bp = Blueprint("guard", __name__)


@bp.route("/d/<leaid>/gaps/<slug>", methods=["GET", "POST"])
@login_required
def accept_gaps(leaid: str, slug: str) -> Any:
    """The gaps of a tool's card, and the district's own word on them."""
    session, actor = db.session(), current_actor()
    district = accounts.organization_by_leaid(session, leaid)
    if actor.org_id != district.id:
        raise NotFound("There is no such district.")
    require(actor, "guard.gaps", district)
    tool = catalogue.known_tool(session, slug)
    waiting = queries.open_gaps(session, tool.id, district.id)
    form = AcceptGapsForm(data={"seen": " ".join(gap.key for gap in waiting)})
    may_accept = can(actor, "guard.accept_gaps", district)
    if form.is_submitted():
        require(actor, "guard.accept_gaps", district)
    if form.submitted(
        lambda writer: service.accept_gaps(
            writer,
            actor,
            tool.id,
            words=form.words.data or "",
            seen=(form.seen.data or "").split(),
        )
    ):
        flash("On file. Your district can commit seats now.", "good")
        return redirect(url_for(".accept_gaps", leaid=leaid, slug=slug))
    if form.errors:
        form.seen.raw_data, form.seen.data = None, " ".join(gap.key for gap in waiting)
    accepted = queries.acceptances_of(session, district.id, tool.id)
    signed = {each.accepted_by for each in accepted}
    return web.form_page(
        "guard/accept_gaps.html",
        form,
        district=district,
        tool=tool,
        standing=scorecards.standing(session, tool),
        waiting=waiting,
        accepted=accepted,
        people={key: accounts.get_user(session, key) for key in signed},
        may_accept=may_accept,
    )


@panels.fill("pools.pool")
def guard_of_pool(pool: Any) -> str | None:
    """On a pool's pages: a card that stops the purchase, or gaps the district has to accept."""
    session, actor = db.session(), current_actor()
    tool = catalogue.tools_by_id(session, [pool.tool_id]).get(pool.tool_id)
    if tool is None:
        return None
    blocks = scorecards.standing(session, tool).blocks_purchase
    waiting: tuple[Any, ...] = ()
    if not blocks and actor.org_kind == "district":
        waiting = queries.open_gaps(session, tool.id, actor.home)
    if not blocks and not waiting:
        return None
    return render_template(
        "guard/_pool.html", pool=pool, tool=tool, blocks=blocks, waiting=waiting, leaid=actor.leaid
    )
