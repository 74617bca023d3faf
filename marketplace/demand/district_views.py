"""A district says it is interested, sees who else might be, and takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import access, db, panels, tenancy, web
from marketplace.core.errors import NotFound
from marketplace.core.fields import dollars_text
from marketplace.demand import queries, rules, service
from marketplace.demand.forms import ShowInterestForm, WithdrawInterestForm
from marketplace.demand.models import Interest
from marketplace.demand.shared_views import SUMS, bp, prices_of, today
from marketplace.directory import queries as directory
from marketplace.pools import queries as pools


def own_district(leaid: str) -> Organization:
    """The district acted for; anybody else's pages are not there."""
    actor = login.current_actor()
    if actor.org_kind != "district" or actor.leaid != leaid:
        raise NotFound("There is no such district.")
    district = accounts.get_organization(db.session(), actor.home)
    access.require(actor, "demand.interests", district)
    return district


@dataclass(frozen=True)
class Line:
    """One interest with what it could become."""

    interest: Interest
    tool: Tool
    pools: Sequence[Any]
    neighbors: rules.Group
    match: rules.Match | None


@bp.get("/d/<leaid>/interests")
@login_required
def interests(leaid: str) -> Any:
    district, session = own_district(leaid), db.session()
    shown = queries.interests_of(session, district.id)
    return render_template(
        "demand/interests.html",
        district=district,
        lines=_lines(session, district, shown),
        may_write=access.can(login.current_actor(), "demand.show_interest"),
        form=WithdrawInterestForm(),
        year_words=rules.year_words,
    )


def _lines(
    session: Any, district: Organization, shown: Sequence[tuple[Interest, Tool]]
) -> list[Line]:
    """A constant number of queries, however many tools."""
    tools, actor = [tool.id for _, tool in shown], login.current_actor()
    if not tools:
        return []
    with tenancy.everyone(SUMS):
        place = directory.districts_by_leaid(session, [district.leaid or ""])
        here = place.get(district.leaid or "")
        others = queries.waiting(
            session,
            today(),
            tool_ids=tools,
            states=[here.state if here else district.state or ""],
            org_ids=queries.under_the_same_agency(session, actor.circles),
        )
        found = pools.open_pools_of_tools(session, tools)
    pupils, prices = here.pupils if here else None, prices_of(tools)
    lines = []
    for interest, tool in shown:
        near = [
            row
            for row in others
            if row.tool_id == tool.id
            and row.org_id != district.id
            and rules.alike(pupils, row.pupils)
        ]
        me = rules.Group([_me(district, interest)], None)
        neighbors, price = rules.group_of(near), prices.get(tool.id)
        lines.append(
            Line(
                interest,
                tool,
                [pair for pair in found if pair[0].tool_id == tool.id],
                neighbors,
                rules.match(price, me, neighbors) if price else None,
            )
        )
    return lines


def _me(district: Organization, interest: Interest) -> rules.Interested:
    return rules.Interested(
        district.id, interest.tool_id, district.name, interest.leaid, district.state or "", None,
        interest.seats, interest.school_year, True, True,
    )  # fmt: skip


@bp.route("/d/<leaid>/interests/add/<slug>", methods=["GET", "POST"])
@login_required
def show_interest(leaid: str, slug: str) -> Any:
    district, actor, session = own_district(leaid), login.current_actor(), db.session()
    tool = catalogue.get_tool(session, slug)
    access.require(actor, "demand.show_interest", tool)
    before = queries.interest(session, district.id, tool.id)
    before = before if before and before.withdrawn_at is None else None
    form = ShowInterestForm(data=_typed(before, actor, district))
    form.school_year.choices = [
        (str(year), rules.year_words(year)) for year in rules.years_to_choose(today())
    ]

    def save(writer: Any) -> Interest:
        return service.show_interest(
            writer,
            actor,
            tool.id,
            seats=form.seats.data or 0,
            school_year=int(form.school_year.data),
            budget_cents=form.budget.cents,
            to_districts=form.to_districts.data,
            to_vendor=form.to_vendor.data,
            contact_name=(form.contact_name.data or "").strip(),
            contact_email=(form.contact_email.data or "").strip(),
        )

    if form.submitted(save):
        flash(f"Your interest in {tool.name} is noted. It binds you to nothing.", "good")
        return redirect(url_for(".interests", leaid=leaid))
    district, tool = own_district(leaid), catalogue.get_tool(db.session(), slug)
    return web.form_page(
        "demand/show_interest.html", form, district=district, tool=tool, before=before is not None
    )


def _typed(before: Interest | None, actor: Any, district: Organization) -> dict[str, Any]:
    """What the form holds first: what was said, or a guess from the district's own facts."""
    if before is not None:
        return {
            "seats": before.seats,
            "school_year": str(before.school_year),
            "budget": dollars_text(before.budget_cents),
            "to_districts": before.to_districts,
            "to_vendor": before.to_vendor,
            "contact_name": before.contact_name,
            "contact_email": before.contact_email,
        }
    known = directory.districts_by_leaid(db.session(), [district.leaid or ""])
    found = known.get(district.leaid or "")
    person = accounts.get_user(db.session(), actor.person)
    return {
        "seats": found.pupils if found else None,
        "contact_name": person.name,
        "contact_email": person.email,
    }


@bp.post("/d/<leaid>/interests/<uuid:interest_id>/withdraw")
@login_required
def withdraw_interest(leaid: str, interest_id: UUID) -> Any:
    own_district(leaid)
    actor, form = login.current_actor(), WithdrawInterestForm()
    if form.submitted(lambda writer: service.withdraw_interest(writer, actor, interest_id)):
        flash("Taken back. Nobody sees it any more.", "good")
    return redirect(url_for(".interests", leaid=leaid))


# -- on pages further up ---------------------------------------------------------------------


@panels.fill("home.district")
def interests_of_district(organization: Any) -> str | None:
    if not access.can(login.current_actor(), "demand.interests", organization):
        return None
    shown = queries.interests_of(db.session(), organization.id)
    return render_template("demand/_district_panel.html", district=organization, shown=shown)


@panels.fill("catalogue.tool_aside")
def say_you_are_interested(tool: Any) -> str | None:
    """On a tool's page; strangers are told where to begin, without a query."""
    if tool.status != "published":
        return None
    actor, session = login.current_actor(), db.session()
    if actor.org_kind != "district":
        reads = access.can(actor, "demand.demand_map", tool)
        return render_template("demand/_tool_card.html", tool=tool, leaid=None, reads=reads)
    mine = queries.interest(session, actor.home, tool.id)
    return render_template(
        "demand/_tool_card.html",
        tool=tool,
        leaid=actor.leaid,
        mine=mine if mine and mine.withdrawn_at is None else None,
        may_write=access.can(actor, "demand.show_interest"),
        reads=True,
    )
