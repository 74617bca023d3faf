"""What the lead agency of the Twin Tiers writes: news for all, and a reminder to some."""

from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import actor_for
from marketplace.consortia import queries as consortia
from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.outreach import queries, service
from marketplace.outreach.rules import Standing
from seed.diary import Diary
from seed.roster import TWIN_TIERS

NEWS = (
    "Our January meeting",
    "We meet on the second Tuesday of January, 10 a.m., by video. On the agenda: how we split "
    "costs next year. Please try your own numbers on the cost page before then.",
)
REMINDER = (
    "A board date, please",
    "Your seats count once your board has approved them. Please enter the date of the vote, so "
    "that we know what to plan for.",
)


def plan(diary: Diary) -> None:
    diary.later(diary.at(-10, 30), tell_all)
    diary.later(diary.at(-2, 60), remind_some)


def tell_all(diary: Diary) -> None:
    subject, text = NEWS
    service.write_message(
        diary.session, _lead(diary), _org_id(diary),
        subject=subject, text=text, once_key="seed-news",
    )  # fmt: skip


def remind_some(diary: Diary) -> None:
    """Whoever waits for a board in one of the pools that are open that day."""
    session, org_id = diary.session, _org_id(diary)
    consortium = consortia.consortium_of(session, org_id)
    today = clock.today(accounts.get_organization(session, org_id).time_zone)
    for pool in queries.pools_of(session, org_id):
        lines = queries.roll(session, consortium, pool, today)
        waiting = {x.district.id for x in lines if x.standing is Standing.WAITS_FOR_BOARD}
        if waiting:
            service.remind(
                session, _lead(diary), org_id, pool=pool, standing=Standing.WAITS_FOR_BOARD,
                district_ids=waiting, subject=REMINDER[0], text=REMINDER[1],
                once_key="seed-reminder",
            )  # fmt: skip
            return


def _org_id(diary: Diary) -> UUID:
    return diary.consortia[TWIN_TIERS].org_id


def _lead(diary: Diary) -> Actor:
    user = accounts.get_user(diary.session, diary.actors[f"lead:{TWIN_TIERS}"].user_id)
    return actor_for(diary.session, user)
