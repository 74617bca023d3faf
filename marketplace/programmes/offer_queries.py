"""What a programme would give in one pool today: who qualifies, and each line below each share."""

from dataclasses import dataclass

from sqlmodel import Session

from marketplace.orders.models import Order
from marketplace.pools.models import Pool
from marketplace.programmes import queries, reach_queries
from marketplace.programmes.models import GrantAward, ProgrammeVersion
from marketplace.programmes.movement_rules import IN_FORCE, Fund
from marketplace.programmes.rules import Eligibility, Facts, Fits, Verdict, judge
from marketplace.programmes.subsidy_rules import Share, Subsidy, give


@dataclass(frozen=True)
class Line:
    """One share with the grants on it, in the order in which they are taken off; cents."""

    order: Order
    facts: Facts | None
    verdict: Verdict
    earlier: tuple[GrantAward, ...]
    gets_cents: int

    @property
    def earlier_cents(self) -> int:
        return sum(award.cents for award in self.earlier)

    @property
    def left_cents(self) -> int:
        """What the district pays once all grants are taken off."""
        return self.order.total_cents - self.earlier_cents - self.gets_cents


@dataclass(frozen=True)
class Offer:
    lines: tuple[Line, ...]
    fund: Fund
    free_cents: int

    @property
    def used_cents(self) -> int:
        return sum(line.gets_cents for line in self.lines)

    @property
    def as_lines(self) -> list[list[object]]:
        """As a movement keeps them: [id of the order, cents]."""
        return [[str(line.order.id), line.gets_cents] for line in self.lines if line.gets_cents]


def offer(session: Session, version: ProgrammeVersion, pool: Pool) -> Offer:
    """Worked out anew each time, so it always fits the rule, the facts and the grants of today.

    Precedence: grants that were promised earlier are taken off first; this one reaches only
    what they leave. A share that has a grant of this programme in force gets no second one.
    """
    rule, subsidy = Eligibility.from_json(version.rule), Subsidy.from_json(version.subsidy)
    orders = queries.orders_to_help(session, pool.id)
    facts = reach_queries.facts_of(session, [order.leaid for order, _ in orders])
    known = queries.grants_on_orders(session, [order.id for order, _ in orders])
    fund = queries.fund_of(session, version)
    shares, parts = [], []
    for order, came_at in orders:
        about = facts.get(order.leaid)
        verdict = judge(rule, about) if about else UNLISTED
        earlier = tuple(award for award in known.get(order.id, ()) if award.status in IN_FORCE)
        parts.append((order, about, verdict, earlier))
        again = any(award.programme_id == version.programme_id for award in earlier)
        left = order.total_cents - sum(award.cents for award in earlier)
        if verdict.fits is Fits.YES and about and left > 0 and not again:
            shares.append(Share(order.leaid, order.total_cents, left, about.pupils, came_at))
    given = give(subsidy, shares, fund.free_cents, f"{version.programme_id}|{pool.id}")
    return Offer(
        tuple(Line(*part, gets_cents=given.lines.get(part[0].leaid, 0)) for part in parts),
        fund,
        fund.free_cents - given.used_cents,
    )


UNLISTED = Verdict(Fits.UNKNOWN, ("Not in the federal directory",))
