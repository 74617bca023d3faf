"""Who is counted at a deadline, and what the pool would clear to at any moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from marketplace.consortia import queries as consortia
from marketplace.core import clock
from marketplace.pools import clearing_rules, queries, rules
from marketplace.pools.models import Commitment, Pool
from marketplace.pricing.rules import Member


def counted(session: Session, pool: Pool, as_of: datetime) -> tuple[list[Commitment], list[str]]:
    """Firm commitments of members whose paper covers the whole term; and who fell out.

    As things stood at `as_of`, the deadline: whatever happened between it and a late job
    changes nothing, so the job comes to the same result whenever it runs.
    """
    covered = consortia.districts_with_instrument(
        session,
        pool.org_id,
        signed_by=clock.day_of(as_of, pool.time_zone),
        since=pool.term_starts_on,
        until=pool.term_ends_on,
        as_of=as_of,
    )
    firm = [
        each for each in queries.commitments(session, pool.id) if each.rung in rules.COUNTING_RUNGS
    ]
    kept = [each for each in firm if each.district_id in covered]
    return kept, [each.leaid for each in firm if each.district_id not in covered]


def as_member(commitment: Commitment) -> Member:
    return Member(
        id=commitment.leaid,
        seats=commitment.seats,
        pupils=commitment.pupils,
        limit_cents=commitment.limit_cents,
        tolerance=commitment.tolerance,
    )


@dataclass(frozen=True)
class DryRun:
    """What the pool would clear to at a moment; nothing of it is stored."""

    inputs: dict[str, Any]
    result: dict[str, Any]
    #: LEAIDs of firm commitments whose membership paper does not cover the term.
    left_out: list[str]
    #: Seats on the lower rungs, which would not count.
    waiting_districts: int
    waiting_seats: int

    @property
    def lapsed(self) -> bool:
        return bool(self.result["lapsed"])

    @property
    def total_cents(self) -> int:
        return int(self.result["split"]["total_cents"]) if self.result["split"] else 0

    @property
    def seats(self) -> int:
        return int(self.result["seats"])


def if_it_closed(session: Session, pool: Pool, seed: str, at: datetime) -> DryRun:
    """The clearing as it would come out at that moment."""
    found, left_out = counted(session, pool, at)
    inputs, result = clearing_rules.cleared(
        clearing_rules.inputs_of(
            pool.terms,
            [as_member(each) for each in found],
            pool.split_method,
            seed,
            pool.threshold_seats,
        )
    )
    by_rung = queries.seats_by_rung(session, [pool.id])[pool.id]
    waiting = [by_rung.get(rung, (0, 0)) for rung in rules.Rung if rung not in rules.COUNTING_RUNGS]
    return DryRun(
        inputs,
        result,
        left_out,
        sum(districts for districts, _ in waiting),
        sum(seats for _, seats in waiting),
    )
