"""Pools are planned and opened, districts commit seats, and the deadlines come."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.accounts import queries as accounts
from marketplace.core.access import Actor
from marketplace.pools import service
from marketplace.pools.models import Pool
from marketplace.pools.rules import COUNTING_RUNGS, Rung
from marketplace.pools.service import Plan
from marketplace.pricing.rules import effective_cost, schedule_from_json
from seed import cards, orders
from seed.campaigns import CAMPAIGNS, Campaign
from seed.charters import CHARTERS
from seed.consortia import settled
from seed.diary import Diary
from seed.roster import DEMO_DISTRICT, Place

#: Deadlines are at the end of a day where the consortium is.
LAST_MINUTE = time(23, 59)


def plan(diary: Diary) -> None:
    for campaign in CAMPAIGNS:
        diary.later(diary.at(campaign.opens - 6), draft, campaign)


def draft(diary: Diary, campaign: Campaign) -> None:
    lead = diary.actors[f"lead:{campaign.region}"]
    tool, price = diary.tools[campaign.tool]
    consortium = diary.consortia[campaign.region].org_id
    closes_on, zone = diary.at(campaign.closes).date(), _zone(diary, consortium)
    closes_at = datetime.combine(closes_on, LAST_MINUTE, zone).astimezone(UTC)
    starts, ends = _term(closes_on + timedelta(days=campaign.term_after))
    pool = service.create_pool(
        diary.session,
        lead,
        consortium,
        Plan(
            tool_id=tool.id,
            price_schedule_id=price.id,
            title=campaign.title,
            purpose=campaign.purpose,
            closes_at=closes_at,
            term_starts_on=starts,
            term_ends_on=ends,
            pay_by=closes_on + timedelta(days=campaign.pay_after),
            threshold_seats=campaign.threshold,
            fill_up_days=campaign.fill_up_days,
        ),
    )
    if not campaign.draft:
        diary.later(diary.at(campaign.opens), open_pool, campaign, pool)


def _zone(diary: Diary, consortium: UUID) -> ZoneInfo:
    return ZoneInfo(accounts.get_organization(diary.session, consortium).time_zone)


def _term(after: date) -> tuple[date, date]:
    """Twelve months from the first of the month that follows."""
    starts = date(after.year + after.month // 12, after.month % 12 + 1, 1)
    return starts, starts.replace(year=starts.year + 1) - timedelta(days=1)


def open_pool(diary: Diary, campaign: Campaign, pool: Pool) -> None:
    service.open_pool(diary.session, diary.actors[f"lead:{campaign.region}"], pool.id)
    places = _who(campaign)
    for number, place in enumerate(places):
        part = (number + 1) / (len(places) + 1)
        when = diary.between(diary.at(campaign.opens, 60), pool.closes_at, part)
        diary.later(when, commit, campaign, pool, place, number)
    if pool.closes_at < diary.now:
        diary.later(pool.closes_at, clear, campaign, pool)


def _who(campaign: Campaign) -> list[Place]:
    """The first members after `skip`; the demo district only where it is meant to be."""
    charter = next(charter for charter in CHARTERS if charter.region == campaign.region)
    able = [place for place in settled(charter) if place.leaid != DEMO_DISTRICT]
    demo = [place for place in settled(charter) if place.leaid == DEMO_DISTRICT]
    rest = campaign.members - (1 if campaign.demo_buyer else 0)
    return (demo if campaign.demo_buyer else []) + able[campaign.skip : campaign.skip + rest]


def commit(diary: Diary, campaign: Campaign, pool: Pool, place: Place, number: int) -> None:
    is_demo = place.leaid == DEMO_DISTRICT
    district: Actor = diary.actors["buyer" if is_demo else place.leaid]
    name, email = diary.contacts[place.leaid]
    seats = _seats(diary, campaign, place)
    rung = Rung.COMMITTED if is_demo else _rung(campaign, number)
    if rung in COUNTING_RUNGS:
        cards.accept_gaps(diary, district, campaign.tool)
    service.commit_seats(
        diary.session,
        district,
        pool.id,
        seats=seats,
        rung=rung,
        tolerance=min(seats // 10, place.pupils - seats) if number % 3 == 0 else 0,
        limit_cents=_limit(pool, place, seats, number),
        contact_name=name,
        contact_email=email,
        **_proof(pool, place, rung, number),
    )


def _seats(diary: Diary, campaign: Campaign, place: Place) -> int:
    """About the campaign's share of the pupils, in round numbers, and never more than all."""
    wanted = place.pupils * campaign.seats_percent * diary.chance.uniform(0.85, 1.15) / 100
    step = 5 if wanted > 30 else 1
    return min(place.pupils, max(3, round(wanted / step) * step))


def _rung(campaign: Campaign, number: int) -> Rung:
    """Most counting commitments come with a purchase order, some with a board vote."""
    if number * 7 % 10 < campaign.firm_of_ten:
        return Rung.BOARD_APPROVED if number % 3 == 1 else Rung.COMMITTED
    return Rung.INTEREST if number % 3 == 0 else Rung.INTENT


def _proof(pool: Pool, place: Place, rung: Rung, number: int) -> dict[str, Any]:
    if rung is Rung.COMMITTED:
        year = pool.term_starts_on.year % 100
        slug = pool.slug.replace("-", "")
        return {
            "po_number": f"{year}-{(len(slug) * 97 + ord(slug[0]) * 31 + number) % 9000 + 1000}"
        }
    if rung is Rung.BOARD_APPROVED:
        assert pool.opened_at is not None
        return {"board_date": pool.opened_at.date(), "board_minute": f"Item {number % 9 + 1}.2"}
    return {}


def _limit(pool: Pool, place: Place, seats: int, number: int) -> int | None:
    """Two of five set a limit a little under what they would pay alone; one asks too much."""
    alone = effective_cost(schedule_from_json(pool.terms), seats, place.pupils).cost_cents
    if number == 6:
        return alone * 55 // 100
    return alone if number % 5 < 2 else None


def clear(diary: Diary, campaign: Campaign, pool: Pool) -> None:
    """The deadline: the site clears the pool, and the orders follow from that."""
    service.clear_pool(diary.session, Actor.system(), pool.id)
    diary.let_follow()  # the orders, which the next step looks for
    if campaign.extended_to is not None:
        diary.later(diary.workday(pool.closes_at + timedelta(hours=20)), extend, campaign, pool)
        return
    diary.later(diary.workday(pool.closes_at + timedelta(hours=10)), orders.begin, campaign, pool)


def extend(diary: Diary, campaign: Campaign, pool: Pool) -> None:
    """Closed short: the lead gives it more time, and nobody enters anything again."""
    assert campaign.extended_to is not None
    zone = _zone(diary, pool.org_id)
    day = diary.at(campaign.extended_to).date()
    closes_at = datetime.combine(day, LAST_MINUTE, zone).astimezone(UTC)
    lead = diary.actors[f"lead:{campaign.region}"]
    service.extend_pool(diary.session, lead, pool.id, closes_at)
