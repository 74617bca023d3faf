"""The roll: every member, how far it has come, and one tag for what is missing."""

from collections import Counter
from typing import Any

from flask import Blueprint, render_template, request
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Consortium
from marketplace.core import clock, db, panels, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.outreach import queries
from marketplace.outreach.queries import Line
from marketplace.outreach.rules import REMINDERS, STANDING_TAGS, Standing
from marketplace.pools.models import Pool
from marketplace.pools.rules import RUNG_WORDS, STATUS_WORDS, takes_seats

bp = Blueprint("outreach", __name__)


def led(slug: str, action: str) -> tuple[Organization, Consortium]:
    organization, consortium = consortia.consortium_by_slug(db.session(), slug)
    require(current_actor(), action, consortium)
    return organization, consortium


def pool_asked(organization: Organization, pools: list[Pool]) -> Pool | None:
    """`?pool=`: the named one, else the newest; `?pool=none` looks at papers only."""
    slug = request.values.get("pool", "")
    if slug == "none":
        return None
    if not slug:
        return pools[0] if pools else None
    for pool in pools:
        if pool.slug == slug:
            return pool
    raise NotFound("There is no such pool.")


def standing_asked() -> Standing | None:
    asked = request.values.get("standing", "")
    return Standing(asked) if asked in set(Standing) else None


def lines_of(organization: Organization, consortium: Consortium, pool: Pool | None) -> list[Line]:
    today = clock.today(organization.time_zone)
    return queries.roll(db.session(), consortium, pool, today)


@bp.get("/c/<slug>/roll")
@login_required
def roll(slug: str) -> Any:
    organization, consortium = led(slug, "outreach.roll")
    pools = queries.pools_of(db.session(), organization.id)
    pool, asked = pool_asked(organization, pools), standing_asked()
    lines = lines_of(organization, consortium, pool)
    counts = Counter(line.standing for line in lines)
    shown = [line for line in lines if asked is None or line.standing is asked]
    may_remind = can(current_actor(), "outreach.remind", consortium)
    return render_template(
        "outreach/roll.html",
        organization=organization,
        pools=pools,
        pool=pool,
        asked=asked,
        counts=[(each, counts[each]) for each in Standing if counts[each]],
        page=web.paged_list(shown),
        tags=STANDING_TAGS,
        rung_words=RUNG_WORDS,
        pool_words=STATUS_WORDS,
        remind=asked if may_remind and asked in REMINDERS and shown else None,
        ways=[each for each in Standing if counts[each] and each in REMINDERS and may_remind],
        at_deadline=_at_deadline(pool, counts) if pool else [],
        everyone=len(lines),
    )


def _at_deadline(pool: Pool, counts: Counter[Standing]) -> list[str]:
    """What happens by itself when the pool closes, in sentences."""
    if not takes_seats(pool.status, pool.closes_at, clock.now()):
        return []
    counted = counts[Standing.COMMITTED]
    waiting = counts[Standing.WAITS_FOR_BOARD] + counts[Standing.INTERESTED]
    lines = [
        f"The pool clears with the seats that count then: today {_districts(counted)}.",
        "Whoever would pay more than its limit is left out. One order a district is placed, "
        "and each gets a letter.",
    ]
    if waiting:
        verb = "is" if waiting == 1 else "are"
        lines.insert(1, f"{_districts(waiting)} {verb} not counted yet and would be left out.")
    if pool.threshold_seats:
        lines.append(
            f"With fewer than {pool.threshold_seats:,} seats nobody is billed, and you decide "
            "how to go on."
        )
    return lines


def _districts(count: int) -> str:
    return f"{count:,} {'district' if count == 1 else 'districts'}"


HEADER = (
    "LEAID", "District", "State", "Standing", "Paper ends", "Rung", "Board date", "Seats",
    "Order (USD)", "Purchase order", "Invoice", "Paid (USD)", "Open (USD)", "Reminded",
)  # fmt: skip


@bp.get("/c/<slug>/roll.csv")
@login_required
def roll_csv(slug: str) -> Any:
    organization, lines = _filtered(slug)
    return web.csv_response(f"{organization.slug}-roll", HEADER, map(_cells, lines))


@bp.get("/c/<slug>/roll.json")
@login_required
def roll_json(slug: str) -> Any:
    organization, lines = _filtered(slug)
    rows = [dict(zip(HEADER, _cells(line))) for line in lines]
    return web.json_response(consortium=organization.slug, members=rows)


def _filtered(slug: str) -> tuple[Organization, list[Line]]:
    organization, consortium = led(slug, "outreach.roll")
    pool = pool_asked(organization, queries.pools_of(db.session(), organization.id))
    asked = standing_asked()
    lines = lines_of(organization, consortium, pool)
    return organization, [line for line in lines if asked is None or line.standing is asked]


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.district.leaid or "",
        line.district.name,
        line.district.state or "",
        STANDING_TAGS[line.standing][1],
        _text(line.paper_ends_on),
        RUNG_WORDS[line.rung] if line.rung else "",
        _text(line.board_date),
        _text(line.seats),
        _amount(line.order_cents),
        line.po_number or "",
        _text(line.invoice_number),
        _amount(line.paid_cents),
        _amount(line.open_cents),
        line.reminded_at.date().isoformat() if line.reminded_at else "",
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _amount(cents: int | None) -> str:
    return "" if cents is None else f"{cents // 100}.{cents % 100:02}"


@panels.fill("consortia.console")
def way_to_the_roll(consortium: Consortium) -> str | None:
    organization = accounts.get_organization(db.session(), consortium.org_id)
    return render_template(
        "outreach/_console_panel.html",
        organization=organization,
        writes=can(current_actor(), "outreach.messages", consortium),
    )
