"""What a change of a term would do, reckoned before anybody decides; nothing is written."""

from collections.abc import Iterable
from datetime import date

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.consortia.rules import LateJoin
from marketplace.core import clock
from marketplace.core.errors import RuleBroken
from marketplace.pools import queries as pools
from marketplace.pools.models import Pool
from marketplace.pricing.rules import Withdrawal
from marketplace.renewals import queries, rules
from marketplace.renewals.models import SeatBatch, TermRequest
from marketplace.renewals.queries import Standing
from marketplace.renewals.settlement_rules import Price, leaving, prices_of_more


def late_price(session: Session, term: Standing, leaid: str, seats: int, starts_on: date) -> Price:
    """What joining with these seats on that day costs, by the rule of the by-laws."""
    rule = queries.term_rules(session, term.pool).late_join
    rules.check_may_join_late(rule)
    return prices_of_more(
        term.deal,
        term.seats_on(starts_on),
        {leaid: seats},
        starts_on,
        term.pupils,
        whole_term=rule is LateJoin.WHOLE_TERM,
    )[leaid]


def batch_prices(term: Standing, batch: SeatBatch, requests: list[TermRequest]) -> dict[str, Price]:
    """What everybody in a batch pays, priced together."""
    added = {request.leaid: request.seats for request in requests}
    held = term.seats_on(batch.starts_on)
    return prices_of_more(term.deal, held, added, batch.starts_on, term.pupils) if added else {}


def price_to_join(
    session: Session, pool: Pool, district: Organization, seats: int, starts_on: date
) -> Price:
    """The price on the page, before anything is asked."""
    leaid = district.leaid or ""
    term = queries.running(session, pool, leaid)
    today = clock.today(pool.time_zone)
    rules.check_starts(starts_on, pool.term_starts_on, pool.term_ends_on, today)
    rules.check_seats(seats, term.pupils.get(leaid))
    return late_price(session, term, leaid, seats, starts_on)


def price_of_seats(session: Session, pool: Pool, batch: SeatBatch, leaid: str, seats: int) -> Price:
    """The price of added seats as asked so far; others who ask may lower it."""
    term = queries.running(session, pool)
    held = term.seats_on(batch.starts_on)
    if not held.get(leaid):
        raise RuleBroken("Your district holds no seats then, so there is nothing to add to.")
    rules.check_seats(seats, term.pupils.get(leaid), held[leaid])
    return prices_of_more(term.deal, held, {leaid: seats}, batch.starts_on, term.pupils)[leaid]


def what_leaving_does(
    session: Session,
    term: Standing,
    leaid: str,
    starts_on: date,
    asked_on: date,
    consents: Iterable[str],
) -> Withdrawal:
    """Everybody's share before and after `leaid` leaves, and whether the by-laws allow it."""
    in_force = queries.term_rules(session, term.pool)
    rules.check_may_leave(in_force.drop_rule, in_force.drop_until, asked_on)
    return leaving(
        term.deal,
        term.holdings,
        term.pupils,
        leaid,
        first_day_without=starts_on,
        asked_on=asked_on,
        free_until=in_force.drop_until,
        consents=consents,
    )


def term_of_request(session: Session, asked: TermRequest) -> Standing:
    return queries.standing(session, pools.get_pool(session, asked.pool_id), [asked.leaid])


def leaving_as_asked(session: Session, term: Standing, asked: TermRequest) -> Withdrawal:
    """What a request to leave does, with the consents given so far."""
    return what_leaving_does(
        session,
        term,
        asked.leaid,
        asked.starts_on,
        clock.day_of(asked.asked_at, term.pool.time_zone),
        [consent.leaid for consent in queries.consents_to(session, asked.id)],
    )


def names_of(session: Session, term: Standing) -> dict[str, str]:
    """The names of the districts in a term, by LEAID."""
    known = accounts.organizations_by_id(session, term.districts.values())
    return {leaid: known[org_id].name for leaid, org_id in term.districts.items()}
