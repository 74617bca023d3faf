"""How a decision becomes money: one entry in the books, then orders and credit notes.

Part of use cases that asked before and hold the lock on the pool's row. The key of the entry
names the decision, so that it is posted once whatever crashes or is sent twice.
"""

from collections.abc import Iterable, Mapping

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.ledger import service as ledger
from marketplace.ledger.models import Posted
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders import queries as orders
from marketplace.orders.models import Order
from marketplace.orders.rules import OrderKind
from marketplace.orders.service import Addition, issue_credit, place_additions
from marketplace.pools.models import Pool
from marketplace.renewals import queries
from marketplace.renewals.policy import for_the_books
from marketplace.renewals.queries import Standing


def post_change(
    session: Session,
    actor: Actor,
    pool: Pool,
    *,
    key: str,
    kind: PostingKind,
    about: str,
    cents: Mapping[str, int],
) -> Posted | None:
    """Each district owes that much more (below zero: less), the vendor is owed the sum.

    None when nothing changes, because the books hold no empty entry.
    """
    require(actor, "renewals.post_change", pool)
    legs = [Leg(f"receivable:{leaid}", part) for leaid, part in sorted(cents.items()) if part]
    if not legs:
        return None
    if total := sum(cents.values()):
        vendor = accounts.get_organization(session, pool.vendor_id)
        legs.append(Leg(f"payable:{vendor.slug}", -total))
    keeper = for_the_books(actor)
    ledger.open_books(session, keeper, pool.org_id)
    return ledger.post(
        session,
        keeper,
        pool.org_id,
        key=key,
        kind=kind,
        ref=f"pool:{pool.slug}/{about}",
        effective_on=clock.today(pool.time_zone),
        legs=legs,
    )


def write_papers(
    session: Session,
    actor: Actor,
    standing: Standing,
    cents: Mapping[str, int],
    posted: Posted,
    *,
    key: str,
    why: str,
    more_seats: Mapping[str, int],
) -> None:
    """An order for whoever owes more, a credit note for whoever owes less."""
    pool = standing.pool
    require(actor, "renewals.write_papers", pool)
    names = accounts.organizations_by_id(session, standing.districts.values())
    rises = [leaid for leaid, part in sorted(cents.items()) if part > 0]
    place_additions(
        session,
        actor,
        pool,
        [
            Addition(
                district=names[standing.districts[leaid]],
                instrument=queries.needs_paper(session, pool, standing.districts[leaid]),
                kind=OrderKind.SHARE_CHANGE,
                seats=more_seats.get(leaid, 0),
                total_cents=cents[leaid],
                alone_cents=cents[leaid],
                starts_on=pool.term_starts_on,
                why=why,
            )
            for leaid in rises
        ],
        posted,
    )
    falls = {leaid: -part for leaid, part in sorted(cents.items()) if part < 0}
    first = _first_orders(session, pool, falls)
    for leaid, part in falls.items():
        issue_credit(
            session,
            actor,
            first[leaid],
            cents=part,
            why=why,
            posted=posted,
            once_key=f"{key}/{leaid}",
        )


def _first_orders(session: Session, pool: Pool, leaids: Iterable[str]) -> dict[str, Order]:
    if not (wanted := set(leaids)):
        return {}
    found = orders.orders_of_pool(session, pool.id)
    by_part = sorted(found, key=lambda order: -order.part)
    return {order.leaid: order for order in by_part if order.leaid in wanted}
