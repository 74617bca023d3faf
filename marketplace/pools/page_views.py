"""Everything the page of one pool says, gathered in a constant number of queries."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import request, url_for

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import SHAPE_WORDS
from marketplace.core import clock, db, web
from marketplace.core.access import can
from marketplace.core.errors import RuleBroken
from marketplace.directory import queries as directory
from marketplace.pools import clearing_rules, list_queries, queries, rules, share_rules
from marketplace.pools.models import Pool
from marketplace.pools.queries import Standing
from marketplace.pools.rules import PoolStatus
from marketplace.pools.share_rules import Meter
from marketplace.pools.shared_views import Shown, district_of_actor, totals
from marketplace.pricing.rules import Form, Member, Schedule, Split, price_sentences

ROWS = 50
#: Words, whether it is done, where to do it, and what to know before.
Step = tuple[str, bool, str | None, str | None]


def meter_of(pool: Pool, schedule: Schedule, firm: int, pending: int) -> Meter:
    return share_rules.meter(schedule, firm, pending, pool.threshold_seats)


def split_today(shown: Shown, standings: list[Standing]) -> Split | None:
    counted = [each.as_member for each in standings if each.counts]
    return share_rules.share_today(shown.schedule, counted, shown.pool.split_method, shown.seed)


def context_of(shown: Shown) -> dict[str, Any]:
    session, pool = db.session(), shown.pool
    standings = queries.standings(session, pool.id)
    by_rung: dict[Any, tuple[int, int]] = {}
    for each in standings:
        districts, seats = by_rung.get(each.rung, (0, 0))
        by_rung[each.rung] = (districts + 1, seats + each.seats)
    sums = totals(by_rung)
    today = split_today(shown, standings)
    district_id = district_of_actor()
    names = accounts.organizations_by_id(
        session,
        {pool.vendor_id, shown.consortium.lead_agency_id}
        | ({district_id} if district_id else set()),
    )
    mine = _mine(shown, standings, names.get(district_id) if district_id else None)
    typed, problem, tried = _tried(shown, standings, mine)
    cleared = pool.status in rules.CLEARED_STATES
    page = _rows(shown, sums["districts"], district_id)
    total = queries.allocation_totals(session, pool.id) if cleared else None
    firm, pending = (total[1], 0) if total else (sums["firm"], sums["pending"])
    return {
        "shown": shown,
        "pool": pool,
        "tool": shown.tool,
        "listing_version": _listing_version(session, pool),
        "consortium": shown.organization,
        "vendor": names[pool.vendor_id],
        "lead": names[shown.consortium.lead_agency_id],
        "shape": SHAPE_WORDS[shown.consortium.legal_shape],
        "prices": price_sentences(shown.schedule),
        "flat": shown.schedule.form is Form.FLAT,
        "by_rung": by_rung,
        "sums": sums,
        "meter": meter_of(pool, shown.schedule, firm, pending),
        "today": today,
        "page": page,
        "names_shown": consortia.sees_names(session, current_actor(), shown.consortium),
        "math": Math(shown, standings, today, _counted_leaid(mine)),
        "cleared": cleared,
        "total": total,
        "mine": mine,
        "tasks": _tasks(shown, mine),
        "typed": typed,
        "try_problem": problem,
        "tried": tried,
        "left": rules.days_left(pool.closes_at, clock.now()),
        "now": clock.now(),
        "leads": can(current_actor(), "pools.open_pool", pool),
        "may_clear": can(current_actor(), "pools.ask_for_clearing", pool),
        "may_try": shown.takes_seats and can(current_actor(), "pools.dry_run", pool),
        "asked_by_me": _asked_by_me(pool),
        "how": _how_it_cleared(pool),
    }


@dataclass(frozen=True)
class Math:
    """What the slot "pools.math" is about: the pool, who stands in it, and who looks."""

    shown: Shown
    standings: list[Standing]
    today: Split | None
    leaid: str | None


def _counted_leaid(mine: dict[str, Any] | None) -> str | None:
    return mine["district"].leaid if mine and mine["commitment"] else None


def _asked_by_me(pool: Pool) -> bool:
    return pool.clearing_asked_by is not None and pool.clearing_asked_by == current_actor().user_id


def _listing_version(session: Any, pool: Pool) -> int | None:
    """The version of the listing that buyers read when the pool opened."""
    return catalogue.version_at(session, pool.tool_id, pool.opened_at) if pool.opened_at else None


def _rows(shown: Shown, districts: int, me: UUID | None) -> web.Page:
    """One page of the split table; how many there are is already known."""
    session, pool, number = db.session(), shown.pool, web.page_number()
    if pool.status in rules.CLEARED_STATES:
        return web.paged(session, list_queries.allocations_listed(pool.id, me), ROWS)
    number = min(number, max(1, -(-districts // ROWS)))
    query = list_queries.split_listed(pool.id, me).limit(ROWS).offset((number - 1) * ROWS)
    return web.Page(session.exec(query).all(), number, ROWS, districts)


# -- my district -----------------------------------------------------------------------------


def _mine(
    shown: Shown, standings: list[Standing], district: Organization | None
) -> dict[str, Any] | None:
    """The card of the district that is looking, if a district is looking."""
    if district is None:
        return None
    session, pool = db.session(), shown.pool
    standing = next((each for each in standings if each.district_id == district.id), None)
    mine: dict[str, Any] = {
        "district": district,
        "commitment": None,
        "cost": None,
        "pupils": None,
        "allocation": None,
        "is_member": pool.org_id in current_actor().circles,
        "may_join": can(current_actor(), "pools.commit_seats", pool),
    }
    if standing is None:
        known = directory.districts_by_leaid(session, [district.leaid or ""])
        found = known.get(district.leaid or "")
        return mine | {"pupils": found.pupils if found else None}
    commitment = queries.commitment(session, pool.id, district.id)
    assert commitment is not None
    me = Member(
        commitment.leaid,
        commitment.seats,
        commitment.pupils,
        commitment.limit_cents,
        commitment.tolerance,
    )
    mine |= {
        "commitment": commitment,
        "pupils": commitment.pupils,
        "cost": _cost(shown, standings, me),
    }
    if pool.status in rules.CLEARED_STATES:
        mine["allocation"] = queries.allocation(session, pool.id, district.id)
    return mine


def _cost(shown: Shown, standings: list[Standing], me: Member) -> share_rules.MyCost:
    others = [each.as_member for each in standings if each.counts and each.leaid != me.id]
    return share_rules.my_cost(shown.schedule, others, me, shown.pool.split_method, shown.seed)


def _tried(
    shown: Shown, standings: list[Standing], mine: dict[str, Any] | None
) -> tuple[str, str, share_rules.MyCost | None]:
    """What `?seats=` would cost; what cannot be read is answered in words."""
    typed = request.args.get("seats", "").strip()[:20]
    pupils = mine["pupils"] if mine else None
    if not typed:
        return "", "", None
    number = typed.replace(",", "")
    try:
        if not (number.isascii() and number.isdecimal()):
            raise RuleBroken(f"Enter a whole number from 1 to {pupils or rules.MOST_SEATS:,}.")
        rules.check_seats(int(number[:9]), 0, pupils)
    except RuleBroken as refusal:
        return typed, str(refusal), None
    me = Member("you", int(number), pupils)
    if mine and mine["district"].leaid:
        me = replace(me, id=mine["district"].leaid)
    return typed, "", _cost(shown, standings, me)


def _tasks(shown: Shown, mine: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What is done and what comes next, in the order in which it happens."""
    if shown.takes_seats:
        return _numbered(_joining(shown, mine))
    allocation = mine["allocation"] if mine else None
    if shown.pool.status not in rules.CLEARED_STATES or (mine and not allocation):
        return []  # a draft, being cleared, closed short, or without this district
    return _numbered(
        [
            ("Districts commit seats", True, None, None),
            ("The pool clears", True, None, None),
            ("Each district gets its own order", True, None, None),
            ("Pay your share" if allocation else "Each district pays its share", False, None, None),
        ],
        note=f"By {web.day(shown.pool.pay_by)}.",
    )


def _joining(shown: Shown, mine: dict[str, Any] | None) -> list[Step]:
    pool, commitment = shown.pool, mine["commitment"] if mine else None
    counted = bool(commitment and commitment.rung in rules.COUNTING_RUNGS)
    member = bool(mine and mine["is_member"])
    join = shown.url("join") if mine and mine["may_join"] else None
    asked = url_for("consortia.consortium", slug=shown.organization.slug)
    closes = f"{web.moment(pool.closes_at, pool.time_zone)}. The final price is worked out then."
    return [
        ("Join the consortium", member, asked, "By-laws accepted and a signed paper on file."),
        ("Agree on seats", bool(commitment), join, "How many seats, and the most you will pay."),
        ("Board vote or purchase order", counted, join, "Only then do your seats count."),
        ("The pool closes", False, None, closes),
        ("Pay your share", False, None, f"By {web.day(pool.pay_by)}."),
    ]


def _numbered(steps: list[Step], note: str = "") -> list[dict[str, Any]]:
    """The first step that is not done is the next one; notes stand where they help."""
    tasks: list[dict[str, Any]] = []
    for text, done, url, said in steps:
        is_next = not done and all(task["state"] == "done" for task in tasks)
        task = {"state": "done" if done else "now" if is_next else "later", "text": text}
        if is_next or (not done and url is None):
            task["note"] = said or note
        if is_next and url:
            task["url"] = url
        tasks.append(task)
    return tasks


def _how_it_cleared(pool: Pool) -> list[str]:
    """The rounds of the clearing in sentences, without anybody's limit."""
    if pool.clearing is None or pool.status is PoolStatus.DRAFT:
        return []
    lines: list[str] = clearing_rules.published_words(pool.clearing)
    if left_out := pool.clearing.get("left_out"):
        lines = [
            f"{len(left_out)} left out before the first round: no signed membership paper "
            "covered the whole term.",
            *lines,
        ]
    return lines[:40]
