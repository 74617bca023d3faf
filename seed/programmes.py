"""A programme of the demo's foundation, from money in to a grant clawed back."""

from datetime import date
from uuid import UUID

from sqlmodel import col, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import actor_for
from marketplace.core.access import Actor
from marketplace.pools.models import Pool
from marketplace.programmes import movement_service, service
from marketplace.programmes.models import GrantAward, GrantMovement, Programme
from marketplace.programmes.movement_rules import AwardStatus, MovementKind
from marketplace.programmes.rules import Eligibility, Leftover
from marketplace.programmes.service import Terms
from marketplace.programmes.subsidy_rules import Subsidy, SubsidyKind
from seed.diary import Diary
from seed.roster import TWIN_TIERS

FUNDER = "funder@demo.test"
TITLE = "Second-year readers"
POOL = "Reading Coach, second year"
OPENED, CAME_IN, AWARDED, RELEASED, BACK, WAITING = -70, -66, -47, -44, -9, -1


def plan(diary: Diary) -> None:
    steps = (
        (OPENED, open_programme),
        (CAME_IN, receive),
        (AWARDED, award),
        (RELEASED, release),
        (BACK, claw_back),
        (WAITING, wait),
    )
    for day, step in steps:
        diary.later(diary.at(day, 200), step)


def _met(diary: Diary, key: str) -> Actor:
    """The actor as it is now: what it belongs to has changed since it came."""
    return actor_for(diary.session, accounts.get_user(diary.session, diary.actors[key].user_id))


def _programme(diary: Diary) -> Programme:
    return diary.session.exec(select(Programme).where(Programme.title == TITLE)).one()


def open_programme(diary: Diary) -> None:
    officer = _met(diary, FUNDER)
    terms = Terms(
        purpose="The first year of a reading tutor shows little. We help small rural districts "
        "pay for the second one.",
        rule=Eligibility(
            states=("NY", "PA"), places=("town", "rural"), poverty_from_bps=1_000, small=True
        ),
        subsidy=Subsidy(SubsidyKind.PERCENT, percent_bps=3_000, cap_cents=250_000),
        budget_cents=2_000_000,
        starts_on=date(diary.today().year, 1, 1),
        ends_on=date(diary.today().year + 1, 12, 31),
        leftover=Leftover.RETURN,
    )
    service.create_programme(diary.session, officer, officer.home, TITLE, terms, "seed-1")


def _move(
    diary: Diary,
    kind: MovementKind,
    reason: str,
    *,
    cents: int | None = None,
    award_ids: tuple[UUID, ...] = (),
) -> GrantMovement:
    found = _programme(diary)
    return movement_service.move_money(
        diary.session,
        _met(diary, FUNDER),
        found.id,
        kind,
        reason=reason,
        once_key=f"seed-{kind}-{diary.today()}",
        consortium_id=None if award_ids else diary.consortia[TWIN_TIERS].org_id,
        cents=cents,
        award_ids=award_ids,
    )


def _approve(diary: Diary, movement: GrantMovement) -> None:
    movement_service.approve_movement(diary.session, _met(diary, "agent"), movement.id)


def receive(diary: Diary) -> None:
    reason = "Wire of the foundation, bank advice filed with the award letter."
    _approve(diary, _move(diary, MovementKind.RECEIVED, reason, cents=1_500_000))


def award(diary: Diary) -> None:
    pool = diary.session.exec(select(Pool).where(Pool.title == POOL)).one()
    movement = movement_service.award_grants(
        diary.session,
        _met(diary, FUNDER),
        _programme(diary).id,
        pool.id,
        "Decision of the programme committee, minute 14.",
        "seed-award",
    )
    _approve(diary, movement)


def _grants(diary: Diary, status: AwardStatus) -> tuple[UUID, ...]:
    query = (
        select(GrantAward.id)
        .where(GrantAward.programme_id == _programme(diary).id, GrantAward.status == status)
        .order_by(col(GrantAward.number))
    )
    return tuple(diary.session.exec(query))


def release(diary: Diary) -> None:
    """All but the last: its district has yet to sign the letter."""
    ids = _grants(diary, AwardStatus.COMMITTED)[:-1]
    reason = "The letters of these districts came back signed."
    _approve(diary, _move(diary, MovementKind.RELEASED, reason, award_ids=ids))


def claw_back(diary: Diary) -> None:
    ids = _grants(diary, AwardStatus.RELEASED)[-1:]
    reason = "The district moved the seats to another school than the letter names."
    _approve(diary, _move(diary, MovementKind.CLAWED_BACK, reason, award_ids=ids))


def wait(diary: Diary) -> None:
    """Left for whoever tries the demo: the fiscal agent has yet to agree."""
    _move(diary, MovementKind.RECEIVED, "Second wire, announced by letter.", cents=500_000)
