"""What is still open in a consortium, and what each district was billed in all."""

from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.consortia.models import Member
from marketplace.consortia.rules import MemberStatus
from marketplace.core.errors import NotFound
from marketplace.dissolution.models import Dissolution
from marketplace.dissolution.rules import Standing
from marketplace.ledger import queries as ledger
from marketplace.orders import queries as orders
from marketplace.pools.models import Pool
from marketplace.pools.rules import PoolStatus
from marketplace.renewals.models import TermRequest, TrueUpRun
from marketplace.renewals.rules import RequestStatus, RunStatus

#: A draft was never open, and a pool that was released or whose term is over is done.
OVER = (PoolStatus.DRAFT, PoolStatus.CLOSED)


def dissolution_of(session: Session, org_id: UUID, *, lock: bool = False) -> Dissolution | None:
    query = select(Dissolution).where(Dissolution.org_id == org_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.exec(query).one_or_none()


def get_dissolution(session: Session, org_id: UUID, *, lock: bool = False) -> Dissolution:
    found = dissolution_of(session, org_id, lock=lock)
    if found is None:
        raise NotFound("It is not decided that this consortium ends.")
    return found


def standing(session: Session, org_id: UUID) -> Standing:
    """All that must be settled before the end, as it is now."""
    bills = orders.open_bills(session, org_id)
    return Standing(
        pools=_pools_not_over(session, org_id),
        orders_not_billed=orders.count_not_billed(session, org_id),
        open_bills=bills.number,
        open_bills_cents=bills.cents,
        credits_owed_back=orders.count_owed_back(session, org_id),
        set_aside_cents=orders.set_aside_cents(session, org_id),
        waiting=_waiting(session, org_id) + ledger.count_proposals(session, org_id),
        held={each.code: each.cents for each in ledger.balances(session, org_id) if each.cents},
    )


def _pools_not_over(session: Session, org_id: UUID) -> list[str]:
    query = (
        select(Pool.title)
        .where(
            Pool.org_id == org_id,
            col(Pool.status).not_in(OVER),
            col(Pool.released_at).is_(None),
        )
        .order_by(col(Pool.title))
    )
    return list(session.exec(query))


def _waiting(session: Session, org_id: UUID) -> int:
    asked = (
        select(func.count())
        .select_from(TermRequest)
        .where(TermRequest.org_id == org_id, TermRequest.status == RequestStatus.ASKED)
    )
    runs = (
        select(func.count())
        .select_from(TrueUpRun)
        .where(TrueUpRun.org_id == org_id, TrueUpRun.status == RunStatus.PROPOSED)
    )
    return session.exec(asked).one() + session.exec(runs).one()


def members(session: Session, org_id: UUID) -> list[str]:
    """The LEAIDs of the active members."""
    query = (
        select(Organization.leaid)
        .join(Member, col(Member.district_id) == Organization.id)
        .where(Member.org_id == org_id, Member.status == MemberStatus.ACTIVE)
        .order_by(col(Organization.leaid))
    )
    return [leaid for leaid in session.exec(query) if leaid]
