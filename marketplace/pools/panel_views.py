"""What pools show on pages of features further up: a tool, a vendor, a consortium, the books."""

from typing import Any
from uuid import UUID

from flask import render_template, request

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.catalogue import queries as catalogue
from marketplace.consortia.models import History
from marketplace.core import clock, db, panels, tenancy
from marketplace.core.access import can
from marketplace.pools import list_queries, page_views, queries, rules, share_rules
from marketplace.pools.line_views import lines_of
from marketplace.pools.shared_views import PUBLIC, find, totals
from marketplace.pricing import rules as pricing


@panels.fill("catalogue.tool_aside")
def join_a_pool(tool: Any) -> str | None:
    """The card on a tool's page: its open pools, or how to start one."""
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = [
            row
            for row in list_queries.open_pools_with_seats(session, tool.id)
            if rules.takes_seats(row[0].status, row[0].closes_at, clock.now())
        ][:3]
        counts = {pool.id: seats for pool, _, seats in found}
        lines = lines_of(session, [row[:2] for row in found], {tool.id: tool}, counts)
    seats = request.args.get("seats", "").replace(",", "")
    mine = int(seats) if seats.isascii() and seats.isdigit() and 0 < len(seats) < 7 else 0
    for line in lines:
        line["mine"] = _with_my_seats(line, mine) if mine else None
    return render_template("pools/_tool_card.html", lines=lines, tool=tool, seats_asked=mine)


def _with_my_seats(line: dict[str, Any], mine: int) -> tuple[int, int]:
    schedule = pricing.schedule_from_json(line["pool"].terms)
    return share_rules.at_average_price(schedule, line["sums"]["firm"], mine)


@panels.fill_rows("catalogue.tool_rows")
def prices_in_pools(listed: Any) -> dict[UUID, str]:
    """In each row of the list of tools: the reader's seats in the tool's open pools."""
    pooled = [tool.id for tool in listed.tools if tool.open_pools]
    if not listed.seats or not pooled:
        return {}
    session, found = db.session(), {}
    with tenancy.everyone(PUBLIC):
        pools = queries.open_pools_of_tools(session, pooled)
        lines = lines_of(session, pools, {})
    for tool_id in pooled:
        mine = [
            (line, _with_my_seats(line, listed.seats))
            for line in lines
            if line["pool"].tool_id == tool_id and line["open"]
        ]
        if mine:
            found[tool_id] = render_template("pools/_tool_row.html", lines=mine)
    return found


@panels.fill("consortia.member_history")
def pools_of_member(history: History) -> str:
    """The pools it was in; members see them on each pool's page too."""
    found = queries.history_of(db.session(), history.organization.id, history.district.id)
    return render_template(
        "pools/_history.html",
        organization=history.organization,
        found=found,
        words=rules.RUNG_WORDS,
    )


@panels.fill("consortia.consortium")
def pools_of_consortium(consortium: Any) -> str | None:
    return _list_of(consortium, "pools/_consortium_pools.html", drafts=False)


@panels.fill("consortia.console")
def pools_of_console(consortium: Any) -> str | None:
    plans = can(current_actor(), "pools.create_pool", consortium)
    return _list_of(consortium, "pools/_console_pools.html", drafts=plans, plans=plans)


def _list_of(consortium: Any, template: str, drafts: bool, plans: bool = False) -> str:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = queries.pools_of(session, consortium.org_id, drafts=drafts)
        organization = accounts.get_organization(session, consortium.org_id)
        tools = catalogue.tools_by_id(session, {pool.tool_id for pool in found})
        lines = lines_of(session, [(pool, organization) for pool in found], tools)
        return render_template(
            template, lines=lines, organization=organization, consortium=consortium, plans=plans
        )


@panels.fill("ledger.books")
def committed_not_yet_money(books: Any) -> str | None:
    """Commitments stand beside the books of their consortium, and in none of its sums."""
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = queries.pools_taking_seats(session, books.consortium_id)
        rungs = queries.seats_by_rung(session, [pool.id for pool in found])
    lines = [(pool, totals(rungs[pool.id])) for pool in found]
    return render_template("pools/_commitments.html", lines=lines, books=books) if lines else None


@panels.fill("consortia.leave_consortium")
def shares_without_us(member: Any) -> str | None:
    """Before a district leaves: each of its open pools, with everybody's share as it is and as
    it would be without the district. Its seats leave them on its last day."""
    session, found = db.session(), []
    with tenancy.everyone(PUBLIC):
        slug = accounts.get_organization(session, member.org_id).slug
        for commitment, pool in queries.commitments_of_district(session, member.district_id):
            open_now = rules.takes_seats(pool.status, pool.closes_at, clock.now())
            if pool.org_id != member.org_id or not open_now:
                continue
            shown = find(slug, pool.slug)
            standings = queries.standings(session, pool.id)
            others = [each for each in standings if each.district_id != member.district_id]
            now, then = (page_views.split_today(shown, each) for each in (standings, others))
            before, after = (split.shares if split else {} for split in (now, then))
            names = list_queries.names_by_leaid(session, list(before))
            found.append((shown, commitment, before, after, names))
    if not found:
        return None
    return render_template("pools/_leave_pools.html", lines=found, leaid=current_actor().leaid)
