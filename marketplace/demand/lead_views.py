"""The lead agency's suggestions: pools that would reach a lower price, and who could join."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.consortia import queries as consortia
from marketplace.core import access, db, panels, tenancy
from marketplace.core.access import can
from marketplace.demand import queries, rules
from marketplace.demand.rules import Interested
from marketplace.demand.shared_views import SUMS, bp, prices_of, today
from marketplace.directory import queries as directory
from marketplace.pools import queries as pools

MOST = 20


@dataclass(frozen=True)
class Suggestion:
    tool: Tool
    members: rules.Group
    neighbors: rules.Group
    match: rules.Match
    #: The consortium's own pools of the tool that take seats.
    pools: list[Any]


@bp.get("/c/<slug>/suggestions")
@login_required
def suggestions(slug: str) -> Any:
    organization, consortium = consortia.consortium_by_slug(db.session(), slug)
    access.require(current_actor(), "demand.suggestions", consortium)
    return render_template(
        "demand/suggestions.html",
        organization=organization,
        found=_suggestions(organization),
        fewest=rules.FEWEST,
    )


def _suggestions(organization: Any) -> list[Suggestion]:
    """Pools worth planning, those with the most seats first: a constant number of queries."""
    session = db.session()
    with tenancy.everyone(SUMS):
        members = queries.members_of(session, organization.id)
        near = members | queries.under_the_same_agency(session, [organization.id])
        rows = queries.waiting(session, today(), states=[organization.state or ""], org_ids=near)
        sizes = _sizes(session, members)
        tools = catalogue.tools_by_id(session, {row.tool_id for row in rows})
        own = [
            pair
            for pair in pools.open_pools_of_tools(session, list(tools))
            if pair[0].org_id == organization.id
        ]
    prices, found = prices_of(tools), []
    for tool_id, tool in tools.items():
        if tool_id not in prices:
            continue
        mine, others = _sides([row for row in rows if row.tool_id == tool_id], members, sizes)
        if not mine and not others:
            continue
        match = rules.match(prices[tool_id], mine, others)
        of_tool = [pool for pool, _ in own if pool.tool_id == tool_id]
        found.append(Suggestion(tool, mine, others, match, of_tool))
    best = sorted(found, key=lambda each: (-each.match.together.seats, each.tool.name))
    return best[:MOST]


def _sizes(session: Any, members: set[UUID]) -> list[int]:
    """The pupils of the members, to say which neighbors are like them."""
    known = directory.districts_by_leaid(session, queries.leaids_of(session, members))
    return [district.pupils for district in known.values() if district.pupils]


def _sides(
    rows: list[Interested], members: set[UUID], sizes: list[int]
) -> tuple[rules.Group, rules.Group]:
    near = [
        row
        for row in rows
        if row.org_id not in members and any(rules.alike(size, row.pupils) for size in sizes)
    ]
    return rules.group_of(row for row in rows if row.org_id in members), rules.group_of(near)


@panels.fill("consortia.console")
def suggestions_of_console(consortium: Any) -> str | None:
    if not can(current_actor(), "demand.suggestions", consortium):
        return None
    with tenancy.everyone("the consortium's own desk"):
        organization = accounts.get_organization(db.session(), consortium.org_id)
    return render_template("demand/_console_panel.html", organization=organization)
