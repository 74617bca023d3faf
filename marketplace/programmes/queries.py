"""What others may ask about programmes: their versions, their money, their grants."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization, User
from marketplace.core.errors import NotFound
from marketplace.orders.models import CreditNote, Invoice, Order
from marketplace.pools.models import Commitment, Pool
from marketplace.pools.rules import PoolStatus
from marketplace.programmes.models import (
    GrantAward,
    GrantMovement,
    Programme,
    ProgrammeVersion,
)
from marketplace.programmes.movement_rules import (
    IN_FORCE,
    AwardStatus,
    Fund,
    MovementKind,
    MovementStatus,
)

ORDERED = (PoolStatus.CLEARED, PoolStatus.ORDERED, PoolStatus.CLOSED)
MOST_ROWS = 2_000


def get_programme(session: Session, programme_id: UUID, *, lock: bool = False) -> Programme:
    return _the_programme(session, Programme.id == programme_id, lock)


def programme_by_slug(session: Session, funder_id: UUID, slug: str) -> Programme:
    return _the_programme(session, (Programme.slug == slug) & (Programme.org_id == funder_id))


def _the_programme(session: Session, condition: Any, lock: bool = False) -> Programme:
    query = select(Programme).where(condition)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such programme.")
    return found


def programmes_of(session: Session, funder_id: UUID) -> list[tuple[Programme, ProgrammeVersion]]:
    """With the version in force, by title."""
    latest = _latest()
    query = (
        select(Programme, ProgrammeVersion)
        .join(ProgrammeVersion, col(ProgrammeVersion.programme_id) == Programme.id)
        .join(
            latest,
            (latest.c.programme_id == Programme.id) & (latest.c.number == ProgrammeVersion.number),
        )
        .where(Programme.org_id == funder_id)
        .order_by(col(Programme.title), col(Programme.id))
    )
    return [(programme, version) for programme, version in session.exec(query)]


def _latest() -> Any:
    return (
        select(ProgrammeVersion.programme_id, func.max(ProgrammeVersion.number).label("number"))
        .group_by(col(ProgrammeVersion.programme_id))
        .subquery()
    )


def versions(session: Session, programme_id: UUID) -> list[ProgrammeVersion]:
    """The one in force first."""
    query = (
        select(ProgrammeVersion)
        .where(ProgrammeVersion.programme_id == programme_id)
        .order_by(col(ProgrammeVersion.number).desc())
    )
    return list(session.exec(query))


def in_force(session: Session, programme_id: UUID) -> ProgrammeVersion:
    return versions(session, programme_id)[0]


def version_of_form(session: Session, org_id: UUID, once_key: str) -> ProgrammeVersion | None:
    query = select(ProgrammeVersion).where(
        ProgrammeVersion.org_id == org_id, ProgrammeVersion.once_key == once_key
    )
    return session.exec(query).one_or_none()


def slug_is_taken(session: Session, slug: str) -> bool:
    """All programmes of the site: the name of a fund must be clear in any books."""
    return session.exec(select(Programme.id).where(Programme.slug == slug)).first() is not None


# -- money -----------------------------------------------------------------------------------


def funds(
    session: Session, pledged: dict[UUID, int], consortium_id: UUID | None = None
) -> dict[UUID, Fund]:
    """The money of programmes, whole or in one consortium's books; two queries."""
    moved = (
        select(GrantMovement.programme_id, GrantMovement.kind, func.sum(GrantMovement.cents))
        .where(
            col(GrantMovement.programme_id).in_(pledged),
            GrantMovement.status == MovementStatus.APPROVED,
            col(GrantMovement.kind).in_((MovementKind.RECEIVED, MovementKind.RETURNED)),
        )
        .group_by(col(GrantMovement.programme_id), col(GrantMovement.kind))
    )
    given = (
        select(GrantAward.programme_id, GrantAward.status, func.sum(GrantAward.cents))
        .where(col(GrantAward.programme_id).in_(pledged), col(GrantAward.status).in_(IN_FORCE))
        .group_by(col(GrantAward.programme_id), col(GrantAward.status))
    )
    if consortium_id is not None:
        moved = moved.where(GrantMovement.consortium_id == consortium_id)
        given = given.where(GrantAward.consortium_id == consortium_id)
    sums: dict[tuple[UUID, str], int] = {}
    for programme_id, what, cents in (*session.exec(moved), *session.exec(given)):
        sums[programme_id, what.value] = int(cents or 0)
    return {
        each: Fund(
            pledged_cents=cents,
            received_cents=sums.get((each, MovementKind.RECEIVED.value), 0),
            committed_cents=sums.get((each, AwardStatus.COMMITTED.value), 0),
            spent_cents=sums.get((each, AwardStatus.RELEASED.value), 0),
            returned_cents=sums.get((each, MovementKind.RETURNED.value), 0),
        )
        for each, cents in pledged.items()
    }


def fund_of(session: Session, version: ProgrammeVersion, consortium_id: UUID | None = None) -> Fund:
    pledged = {version.programme_id: version.budget_cents}
    return funds(session, pledged, consortium_id)[version.programme_id]


def get_movement(session: Session, movement_id: UUID, *, lock: bool = False) -> GrantMovement:
    query = select(GrantMovement).where(GrantMovement.id == movement_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such movement.")
    return found


def movement_of_form(session: Session, org_id: UUID, once_key: str) -> GrantMovement | None:
    query = select(GrantMovement).where(
        GrantMovement.org_id == org_id, GrantMovement.once_key == once_key
    )
    return session.exec(query).one_or_none()


def movements(
    session: Session, *, programme_id: UUID | None = None, consortium_id: UUID | None = None
) -> list[GrantMovement]:
    """Those that wait first, then the newest."""
    query = select(GrantMovement)
    if programme_id is not None:
        query = query.where(GrantMovement.programme_id == programme_id)
    if consortium_id is not None:
        query = query.where(GrantMovement.consortium_id == consortium_id)
    waits = col(GrantMovement.status) != MovementStatus.PROPOSED
    newest = (waits, col(GrantMovement.proposed_at).desc(), col(GrantMovement.id))
    return list(session.exec(query.order_by(*newest).limit(MOST_ROWS)))


def waiting_lines(session: Session, programme_id: UUID, kind: MovementKind) -> set[str]:
    """Ids of grants about which a proposal of this kind waits already."""
    query = select(GrantMovement.lines).where(
        GrantMovement.programme_id == programme_id,
        GrantMovement.kind == kind,
        GrantMovement.status == MovementStatus.PROPOSED,
    )
    return {line[0] for lines in session.exec(query) for line in lines}


# -- grants ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Granted:
    """A grant with whom it went to and the line it became on the bill."""

    award: GrantAward
    district: str
    pool: str
    pool_slug: str
    consortium: str
    consortium_slug: str
    note_number: int | None
    invoice_number: int | None
    version: int


def granted(
    session: Session,
    *,
    programme_id: UUID | None = None,
    consortium_id: UUID | None = None,
    district_id: UUID | None = None,
    award_id: UUID | None = None,
) -> list[Granted]:
    """Grants, the newest first, as far as these narrow them; one query."""
    through: Any = aliased(Organization)
    columns: tuple[Any, ...] = (
        GrantAward,
        Organization.name,
        Pool.title,
        Pool.slug,
        through.name,
        through.slug,
        CreditNote.number,
        Invoice.number,
        ProgrammeVersion.number,
    )
    query: Any = (
        select(*columns)
        .select_from(GrantAward)
        .join(Organization, col(Organization.id) == GrantAward.district_id)
        .join(Pool, col(Pool.id) == GrantAward.pool_id)
        .join(through, through.id == GrantAward.consortium_id)
        .join(ProgrammeVersion, col(ProgrammeVersion.id) == GrantAward.version_id)
        .outerjoin(CreditNote, col(CreditNote.id) == GrantAward.credit_note_id)
        .outerjoin(Invoice, col(Invoice.order_id) == GrantAward.order_id)
        .order_by(col(GrantAward.awarded_at).desc(), col(GrantAward.number))
        .limit(MOST_ROWS)
    )
    for column, value in (
        (GrantAward.programme_id, programme_id),
        (GrantAward.consortium_id, consortium_id),
        (GrantAward.district_id, district_id),
        (GrantAward.id, award_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return [Granted(*row) for row in session.exec(query)]


def get_award(session: Session, award_id: UUID) -> GrantAward:
    found = session.exec(select(GrantAward).where(GrantAward.id == award_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such grant.")
    return found


def awards(session: Session, ids: Iterable[UUID]) -> dict[UUID, GrantAward]:
    """Locked in one order, so that two who move money wait for each other."""
    query = (
        select(GrantAward)
        .where(col(GrantAward.id).in_(list(ids)))
        .order_by(col(GrantAward.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {award.id: award for award in session.exec(query)}


def grants_on_orders(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, list[GrantAward]]:
    """All grants ever promised on these shares, of any funder, by their place."""
    query = (
        select(GrantAward)
        .where(col(GrantAward.order_id).in_(order_ids))
        .order_by(col(GrantAward.order_id), col(GrantAward.place))
    )
    found: dict[UUID, list[GrantAward]] = {}
    for award in session.exec(query):
        found.setdefault(award.order_id, []).append(award)
    return found


def last_number(session: Session, programme_id: UUID) -> int:
    query = select(func.max(GrantAward.number)).where(GrantAward.programme_id == programme_id)
    return session.exec(query).one() or 0


def orders_to_help(session: Session, pool_id: UUID) -> list[tuple[Order, Any]]:
    """The shares of a pool with the moment of each district's commitment, by LEAID."""
    query = (
        select(Order, Commitment.committed_at)
        .outerjoin(
            Commitment,
            (col(Commitment.pool_id) == Order.pool_id)
            & (col(Commitment.district_id) == Order.org_id),
        )
        .where(Order.pool_id == pool_id, Order.part == 0, Order.total_cents > 0)
        .order_by(Order.leaid)
    )
    return [(order, came_at or order.ordered_at) for order, came_at in session.exec(query)]


def pools_to_help(session: Session) -> list[tuple[Pool, Organization, int]]:
    """Pools that were ordered, the newest first, with the number of their shares."""
    query = (
        select(Pool, Organization, func.count(col(Order.id)))
        .join(Organization, col(Organization.id) == Pool.org_id)
        .join(Order, (col(Order.pool_id) == Pool.id) & (col(Order.part) == 0))
        .where(col(Pool.status).in_(ORDERED))
        .group_by(col(Pool.id), col(Organization.id))
        .order_by(col(Pool.cleared_at).desc(), col(Pool.id))
        .limit(100)
    )
    return [(pool, organization, count) for pool, organization, count in session.exec(query)]


def names_of_people(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    wanted = {each for each in ids if each is not None}
    query = select(User.id, User.name).where(col(User.id).in_(wanted))
    return dict(session.exec(query).all())
