"""From a district's rows to the lines of its task list."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.accounts.models import Organization
from marketplace.consortia.models import Instrument, Member
from marketplace.consortia.rules import MemberStatus
from marketplace.core.money import dollars
from marketplace.core.web import day, moment
from marketplace.decisions.models import Decision
from marketplace.home import rules
from marketplace.home.queries import Bought
from marketplace.home.rules import Task
from marketplace.pools.models import Commitment, Pool
from marketplace.pools.rules import COUNTING_RUNGS

Membership = tuple[Member, Organization]


def closing_day(pool: Pool) -> date:
    """The calendar day of a deadline where its owner is."""
    return pool.closes_at.astimezone(ZoneInfo(pool.time_zone)).date()


def about_membership(
    memberships: Sequence[Membership], papers: Iterable[Instrument], today: date
) -> list[Task]:
    """Invitations to answer, papers that are missing, and papers that end soon."""
    last_day: dict[UUID, date] = {paper.org_id: paper.ends_on for paper in papers}
    tasks = []
    for member, consortium in memberships:
        page = f"/consortia/{consortium.slug}"
        ends_on = last_day.get(consortium.id)
        if member.status is MemberStatus.INVITED:
            tasks.append(Task(f"Answer the invitation of {consortium.name}", f"{page}/answer"))
        elif member.status is MemberStatus.ACTIVE and rules.paper_is_missing(ends_on, today):
            tasks.append(
                Task(
                    f"Hand in your membership paper for {consortium.name}",
                    f"{page}/instrument",
                    note="Without a signed paper no order can be placed for you.",
                )
            )
        elif member.status is MemberStatus.ACTIVE and rules.paper_ends_soon(ends_on, today):
            tasks.append(
                Task(
                    f"Renew your membership paper for {consortium.name}",
                    f"{page}/instrument",
                    due=ends_on,
                    note="No order may outlast it.",
                )
            )
    return tasks


def about_pools(
    open_pools: Iterable[tuple[Pool, str]], commitments: Iterable[tuple[Commitment, Pool]]
) -> list[Task]:
    """Pools of your consortia to decide on, votes to hold, and seats that do not count yet."""
    ours = {pool.id: commitment for commitment, pool in commitments}
    tasks = []
    for pool, slug in open_pools:
        page, closes = f"/pools/{slug}/{pool.slug}", moment(pool.closes_at, pool.time_zone)
        commitment = ours.get(pool.id)
        if commitment is None:
            tasks.append(
                Task(
                    f"Decide if you join {pool.title}",
                    page,
                    due=closing_day(pool),
                    note=f"The pool closes {closes}.",
                )
            )
        elif commitment.rung not in COUNTING_RUNGS:
            voted_on = commitment.board_date
            tasks.append(
                Task(
                    f"Board vote on {pool.title}" if voted_on else f"Confirm {pool.title}",
                    page,
                    due=min(voted_on or closing_day(pool), closing_day(pool)),
                    note=f"Your {commitment.seats:,} seats do not count yet. "
                    + (f"Your board votes {day(voted_on)}. " if voted_on else "")
                    + f"Confirm them before the pool closes {closes}.",
                )
            )
    return tasks


def about_by_laws(consortia: Iterable[Organization]) -> list[Task]:
    return [
        Task(
            f"Read and accept the by-laws of {consortium.name}",
            f"/consortia/{consortium.slug}/by-laws/accept",
            note="They changed. Until then your district cannot commit seats there.",
        )
        for consortium in consortia
    ]


def about_votes(waiting: Iterable[tuple[Decision, str]]) -> list[Task]:
    return [
        Task(
            f"Vote: {decision.title}",
            f"/consortia/{slug}/decisions/{decision.number}",
            due=decision.closes_at.astimezone(ZoneInfo(decision.time_zone)).date(),
            note=f"The vote ends {moment(decision.closes_at, decision.time_zone)}.",
        )
        for decision, slug in waiting
    ]


def about_renewals(leaid: str, waiting: Iterable[tuple[Pool, str]]) -> list[Task]:
    return [
        Task(
            f"Say if you go on with {pool.title}",
            f"/d/{leaid}/terms/{slug}/{pool.slug}/answer",
            due=pool.term_ends_on,
            note="The term ends that day. Nothing renews by itself.",
        )
        for pool, slug in waiting
    ]


def about_orders(leaid: str, bought: Iterable[Bought]) -> list[Task]:
    """Purchase orders to issue and invoices to pay."""
    tasks = []
    for order in bought:
        if order.po_number is None:
            tasks.append(
                Task(
                    f"Issue your purchase order for {order.title}",
                    f"/d/{leaid}/orders/{order.order_id}",
                    due=order.pay_by,
                    note=f"{dollars(order.total_cents)}. You are billed once it is there.",
                )
            )
        elif order.invoice_id is not None and order.open_cents > 0:
            tasks.append(
                Task(
                    f"Pay invoice {order.invoice_number} for {order.title}",
                    f"/d/{leaid}/invoices/{order.invoice_id}",
                    due=order.due_on,
                    note=f"{dollars(order.open_cents)} is open.",
                )
            )
    return tasks


def as_row(task: Task, today: date) -> dict[str, str]:
    """What the task list macro shows: late in red, then by date."""
    if task.due is None:
        status, kind = "Now", "warn"
    elif rules.is_late(task, today):
        status, kind = f"Late since {day(task.due)}", "bad"
    else:
        status, kind = day(task.due), "warn"
    return {
        "state": "now",
        "text": task.text,
        "url": task.url,
        "status": status,
        "kind": kind,
        "note": task.note,
    }
