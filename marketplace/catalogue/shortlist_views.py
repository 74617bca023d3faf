"""A district's shortlists: tools side by side with what its people say, and the decision."""
# mypy: disable-error-code="arg-type, union-attr"

from secrets import token_hex
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.catalogue import prices, queries, shortlist_queries, shortlist_service
from marketplace.catalogue.finding_forms import (
    NEW_LIST,
    BeginShortlistForm,
    CommentShortlistForm,
    DecideShortlistForm,
    DropFromShortlistForm,
    ShortlistToolForm,
)
from marketplace.catalogue.finding_models import Shortlist
from marketplace.catalogue.models import Tool
from marketplace.catalogue.offer_queries import schedules_of, vendors_of
from marketplace.catalogue.shared_views import bp
from marketplace.core import access, db, panels, web
from marketplace.core.errors import NotFound, RuleBroken

NONE_OF_THEM = "none"


def own_district(leaid: str, action: str) -> Organization:
    """The district acted for; anybody else's is not there."""
    actor = login.current_actor()
    district = accounts.organization_by_leaid(db.session(), leaid)
    if actor.org_id != district.id:
        raise NotFound("There is no such district.")
    access.require(actor, action, district)
    return district


def own_shortlist(leaid: str, shortlist_id: UUID, action: str) -> tuple[Organization, Shortlist]:
    district = own_district(leaid, "catalogue.shortlists")
    shortlist = shortlist_queries.get_shortlist(db.session(), shortlist_id)
    if shortlist.org_id != district.id:
        raise NotFound("There is no such shortlist.")
    access.require(login.current_actor(), action, shortlist)
    return district, shortlist


def _to(leaid: str, shortlist_id: UUID) -> Any:
    return redirect(url_for(".shortlist", leaid=leaid, shortlist_id=shortlist_id))


@bp.get("/d/<leaid>/shortlists")
@login_required
def shortlists(leaid: str) -> Any:
    district = own_district(leaid, "catalogue.shortlists")
    return render_template(
        "catalogue/shortlists.html",
        district=district,
        lists=shortlist_queries.shortlists_of(db.session(), district.id),
        may_write=access.can(login.current_actor(), "catalogue.begin_shortlist", district),
    )


@bp.route("/d/<leaid>/shortlists/new", methods=["GET", "POST"])
@login_required
def begin_shortlist(leaid: str) -> Any:
    district = own_district(leaid, "catalogue.begin_shortlist")
    actor, form = login.current_actor(), BeginShortlistForm()
    if form.submitted(
        lambda writer: shortlist_service.begin_shortlist(
            writer, actor, title=form.title.data, seats=form.seats.data
        )
    ):
        flash("Your list is there. Now put tools on it.", "good")
        return _to(leaid, form.result.id)
    return web.form_page("catalogue/begin_shortlist.html", form, district=district)


@bp.route("/d/<leaid>/shortlists/add/<slug>", methods=["GET", "POST"])
@login_required
def shortlist_tool(leaid: str, slug: str) -> Any:
    """Put a tool on one of the lists, or on a new one."""
    district = own_district(leaid, "catalogue.begin_shortlist")
    session, actor = db.session(), login.current_actor()
    tool = queries.known_tool(session, slug)
    lists = shortlist_queries.shortlists_of(session, district.id)
    form = ShortlistToolForm()
    form.shortlist.choices = [
        *((str(one.shortlist.id), one.shortlist.title) for one in lists),
        (NEW_LIST, "A new list"),
    ]
    if not lists and not form.is_submitted():
        form.shortlist.data = NEW_LIST

    def put(writer: Any) -> Shortlist:
        if form.shortlist.data != NEW_LIST:
            return shortlist_service.shortlist_tool(
                writer, actor, UUID(form.shortlist.data), tool.id
            )
        if not form.title.data:
            raise RuleBroken("Enter a title for the new list.", "title")
        begun = shortlist_service.begin_shortlist(writer, actor, title=form.title.data)
        return shortlist_service.shortlist_tool(writer, actor, begun.id, tool.id)

    if form.submitted(put):
        flash(f"{tool.name} is on the list.", "good")
        return _to(leaid, form.result.id)
    return web.form_page("catalogue/shortlist_tool.html", form, district=district, tool=tool)


@bp.get("/d/<leaid>/shortlists/<uuid:shortlist_id>")
@login_required
def shortlist(leaid: str, shortlist_id: UUID) -> Any:
    district, found = own_shortlist(leaid, shortlist_id, "catalogue.shortlist")
    return render_template("catalogue/shortlist.html", **_context(district, found))


def _context(district: Organization, found: Shortlist) -> dict[str, Any]:
    """Everything about a list, the same number of queries however long it is."""
    session, actor = db.session(), login.current_actor()
    rows = shortlist_queries.tools_of(session, found.id)
    notes = shortlist_queries.notes_of(session, found.id)
    decisions = shortlist_queries.decisions_of(session, found.id)
    ids = {row.tool_id for row in rows} | {d.tool_id for d in decisions if d.tool_id}
    tools = queries.tools_by_id(session, ids | {n.tool_id for n in notes if n.tool_id})
    listed = [tools[row.tool_id] for row in rows if row.tool_id in tools]
    offered = schedules_of(session, listed)
    people = {row.added_by for row in rows} | {note.written_by for note in notes}
    return {
        "district": district,
        "shortlist": found,
        "tools": listed,
        "all_tools": tools,
        "rows": {row.tool_id: row for row in rows},
        "vendors": vendors_of(session, listed),
        "costs": {
            key: prices.cheapest_of(schedules, found.seats) if found.seats else None
            for key, schedules in offered.items()
        },
        "prices": {key: prices.price_range(schedules) for key, schedules in offered.items()},
        "notes": notes,
        "decisions": decisions,
        "names": shortlist_queries.names_of(
            session, people | {decision.decided_by for decision in decisions}
        ),
        "may_write": access.can(actor, "catalogue.drop_from_shortlist", found),
        "may_decide": access.can(actor, "catalogue.decide_shortlist", found),
        "form": _comment_form(listed),
        "drop_form": DropFromShortlistForm(),
    }


def _comment_form(tools: list[Tool]) -> CommentShortlistForm:
    form = CommentShortlistForm()
    form.tool.choices = [("", "The whole list"), *((str(tool.id), tool.name) for tool in tools)]
    if not form.is_submitted():
        form.once_key.data = token_hex(8)
    return form


@bp.post("/d/<leaid>/shortlists/<uuid:shortlist_id>/remove")
@login_required
def drop_from_shortlist(leaid: str, shortlist_id: UUID) -> Any:
    own_shortlist(leaid, shortlist_id, "catalogue.drop_from_shortlist")
    actor, form = login.current_actor(), DropFromShortlistForm()
    try:
        tool_id = UUID(form.tool.data or "")
    except ValueError:
        raise NotFound("There is no such tool.") from None
    if form.submitted(
        lambda w: shortlist_service.drop_from_shortlist(w, actor, shortlist_id, tool_id)
    ):
        flash("Taken off the list. What was said about it stays.", "good")
    return _to(leaid, shortlist_id)


@bp.route("/d/<leaid>/shortlists/<uuid:shortlist_id>/comment", methods=["GET", "POST"])
@login_required
def comment_shortlist(leaid: str, shortlist_id: UUID) -> Any:
    district, found = own_shortlist(leaid, shortlist_id, "catalogue.comment_shortlist")
    session, actor = db.session(), login.current_actor()
    rows = shortlist_queries.tools_of(session, found.id)
    tools = queries.tools_by_id(session, [row.tool_id for row in rows])
    form = _comment_form(list(tools.values()))
    if form.submitted(
        lambda writer: shortlist_service.comment_shortlist(
            writer,
            actor,
            shortlist_id,
            words=form.words.data,
            tool_id=UUID(form.tool.data) if form.tool.data else None,
            once_key=form.once_key.data or token_hex(8),
        )
    ):
        flash("Your comment is there.", "good")
        return _to(leaid, shortlist_id)
    return web.form_page(
        "catalogue/comment_shortlist.html", form, district=district, shortlist=found
    )


@bp.route("/d/<leaid>/shortlists/<uuid:shortlist_id>/decide", methods=["GET", "POST"])
@login_required
def decide_shortlist(leaid: str, shortlist_id: UUID) -> Any:
    district, found = own_shortlist(leaid, shortlist_id, "catalogue.decide_shortlist")
    actor = login.current_actor()
    rows = shortlist_queries.tools_of(db.session(), found.id)
    tools = queries.tools_by_id(db.session(), [row.tool_id for row in rows])
    form = DecideShortlistForm()
    form.tool.choices = [
        *((str(row.tool_id), tools[row.tool_id].name) for row in rows if row.tool_id in tools),
        (NONE_OF_THEM, "None of them"),
    ]
    if not form.is_submitted():
        form.show_state(found.decisions)
        form.tool.data = request.args.get("tool", "")
    if form.submitted(
        lambda writer: shortlist_service.decide_shortlist(
            writer,
            actor,
            shortlist_id,
            tool_id=None if form.tool.data == NONE_OF_THEM else UUID(form.tool.data),
            why=form.why.data,
            seen_decisions=form.seen_decisions.data,
        )
    ):
        flash("Your decision is on file.", "good")
        return _to(leaid, shortlist_id)
    district, found = own_shortlist(leaid, shortlist_id, "catalogue.decide_shortlist")
    if form.errors:
        form.show_state(found.decisions)
    decisions = shortlist_queries.decisions_of(db.session(), found.id)
    return web.form_page(
        "catalogue/decide_shortlist.html",
        form,
        district=district,
        shortlist=found,
        decisions=decisions,
        names=shortlist_queries.names_of(db.session(), {d.decided_by for d in decisions}),
        all_tools=queries.tools_by_id(db.session(), {d.tool_id for d in decisions if d.tool_id}),
    )


@panels.fill("home.district")
def shortlists_of_district(organization: Any) -> str | None:
    """On the district's home: its newest lists, or how to begin one."""
    actor = login.current_actor()
    if not access.can(actor, "catalogue.shortlists", organization):
        return None
    return render_template(
        "catalogue/_shortlists_panel.html",
        district=organization,
        lists=shortlist_queries.shortlists_of(db.session(), organization.id, 5),
        may_write=access.can(actor, "catalogue.begin_shortlist", organization),
    )
