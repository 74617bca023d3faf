"""What a pool clears to: as it would today, and as it was published."""

from dataclasses import replace
from typing import Any

from flask import render_template
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.consortia import queries as consortia
from marketplace.core import clock, db, files, tenancy, web
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.pools import clearing_queries, clearing_rules, list_queries, queries
from marketplace.pools.clearing_queries import DryRun
from marketplace.pools.shared_views import PUBLIC, bp, find


@bp.get("/pools/<consortium>/<slug>/if-it-closed-now")
@login_required
def dry_run(consortium: str, slug: str) -> Any:
    """Who would be in, who would be dropped, and the prices, if the pool closed now."""
    shown = find(consortium, slug)
    if not shown.takes_seats or not can(current_actor(), "pools.dry_run", shown.pool):
        raise NotFound("There is no such page.")
    with tenancy.everyone(PUBLIC):
        session, pool = db.session(), shown.pool
        run = clearing_queries.if_it_closed(session, pool, shown.seed, clock.now())
        sees_all = can(current_actor(), "pools.see_limits", pool)
        return render_template(
            "pools/dry_run.html",
            shown=shown,
            pool=pool,
            run=run,
            sees_all=sees_all,
            mine=_outcome(run, current_actor().leaid),
            page=_named(session, web.paged_list(_rows(run))) if sees_all else None,
            how=clearing_rules.published_words({"result": run.result})[:40] if sees_all else [],
            now=clock.now(),
        )


def _outcome(run: DryRun, leaid: str | None) -> tuple[str, int] | None:
    """What would become of one district: in, dropped, left_out or absent; and its share."""
    if leaid is None:
        return None
    split = run.result["split"] or {"shares": {}}
    if leaid in split["shares"] and not run.lapsed:
        return "in", split["shares"][leaid]
    for out in run.result["dropped"]:
        if out["id"] == leaid:
            return "dropped", out["share_cents"]
    if leaid in run.left_out:
        return "left_out", 0
    return None


def _rows(run: DryRun) -> list[dict[str, Any]]:
    """In, then dropped, then left out; each by LEAID."""
    split = run.result["split"] or {"shares": {}, "alone": {}}
    seats = {row["id"]: row["seats"] for row in run.inputs["members"]}
    extra = run.result["tolerance_paid"]
    rows = [
        {"leaid": leaid, "what": "in", "seats": seats[leaid] + extra.get(leaid, 0), "cents": cents}
        for leaid, cents in sorted(split["shares"].items())
    ]
    rows += [
        {
            "leaid": out["id"],
            "what": "dropped",
            "seats": seats[out["id"]],
            "cents": out["share_cents"],
            "limit_cents": out["limit_cents"],
        }
        for out in run.result["dropped"]
    ]
    rows += [
        {"leaid": leaid, "what": "left_out", "seats": 0, "cents": None} for leaid in run.left_out
    ]
    return rows


def _named(session: db.Session, page: web.Page) -> web.Page:
    names = list_queries.names_by_leaid(session, [row["leaid"] for row in page.items])
    return replace(
        page, items=[row | {"name": names.get(row["leaid"], row["leaid"])} for row in page.items]
    )


@bp.get("/pools/<consortium>/<slug>/clearing.json")
def clearing_json(consortium: str, slug: str) -> Any:
    """What the pool cleared on, as an input of `marketplace clear`; the lead reads the limits."""
    shown = find(consortium, slug)
    if shown.pool.clearing is None:
        raise NotFound("This pool has not been cleared.")
    if can(current_actor(), "pools.see_limits", shown.pool):
        return web.json_response(**clearing_rules.in_full(shown.pool.clearing))
    with tenancy.everyone(PUBLIC):
        if not consortia.sees_names(db.session(), current_actor(), shown.consortium):
            raise NotFound("By the by-laws only members see who was in this pool.")
    return web.json_response(**clearing_rules.published(shown.pool.clearing))


@bp.get("/pools/<consortium>/<slug>/resolutions/<leaid>")
@login_required
def resolution_file(consortium: str, slug: str, leaid: str) -> Any:
    """The resolution behind a commitment, for the district itself and the lead agency."""
    shown, session = find(consortium, slug), db.session()
    with tenancy.everyone("the policy decides who reads a resolution"):
        district = accounts.organization_by_leaid(session, leaid)
        commitment = queries.commitment(session, shown.pool.id, district.id)
        if (
            commitment is None
            or commitment.resolution_id is None
            or not can(current_actor(), "pools.resolution_file", commitment)
        ):
            raise NotFound("There is no such document.")
        stored = files.get_file(session, commitment.resolution_id)
    return web.file_response(stored.name, stored.media_type, stored.content)
