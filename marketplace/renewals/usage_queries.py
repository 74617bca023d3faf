"""Counts of seats in use, and the figures of a true-up reckoned from them."""

from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts import queries as accounts
from marketplace.core.errors import NotFound
from marketplace.renewals import queries, settlement_rules
from marketplace.renewals.models import UsageCount
from marketplace.renewals.queries import Standing
from marketplace.renewals.rules import UsageStatus


def get_count(session: Session, count_id: UUID, *, lock: bool = False) -> UsageCount:
    query = select(UsageCount).where(UsageCount.id == count_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such count.")
    return found


def count_of(
    session: Session, pool_id: UUID, district_id: UUID, *, lock: bool = False
) -> UsageCount | None:
    query = select(UsageCount).where(
        UsageCount.pool_id == pool_id, UsageCount.district_id == district_id
    )
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def counts_of(session: Session, pool_id: UUID) -> dict[str, UsageCount]:
    query = select(UsageCount).where(UsageCount.pool_id == pool_id).order_by(col(UsageCount.leaid))
    return {count.leaid: count for count in session.exec(query)}


def figures(session: Session, term: Standing) -> dict[str, Any]:
    """A true-up as it would be posted now: rules, and for each district seats, use and cents.

    A count that is missing, not confirmed or disputed moves no money: the district counts as
    using what it holds, and the row says so.
    """
    rules = queries.term_rules(session, term.pool)
    counts = counts_of(session, term.pool.id)
    held, billed = term.seats_at_end, term.billed
    used = {
        leaid: counts[leaid].used
        for leaid in held
        if leaid in counts and counts[leaid].status is UsageStatus.CONFIRMED
    }
    shares = settlement_rules.fair_shares(
        term.deal, term.holdings, term.pupils, billed, rules.late_join
    )
    owed = settlement_rules.settle(rules.true_up, shares, held, used, term.deal.method.seed)
    names = accounts.organizations_by_id(session, term.districts.values())
    rows = [
        {
            "leaid": leaid,
            "name": names[term.districts[leaid]].name,
            "seats": held.get(leaid, 0),
            "used": used.get(leaid, held.get(leaid, 0)),
            "counted": leaid in used,
            "count": str(counts[leaid].status) if leaid in counts else "missing",
            "billed_cents": cents,
            "share_cents": shares[leaid],
            "owed_cents": owed[leaid],
            "difference_cents": owed[leaid] - cents,
        }
        for leaid, cents in billed.items()
    ]
    return {
        "policy": str(rules.true_up),
        "late_join": str(rules.late_join),
        "rows": rows,
        "billed_cents": sum(billed.values()),
        "owed_cents": sum(owed.values()),
    }
