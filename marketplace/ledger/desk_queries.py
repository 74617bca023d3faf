"""What those who keep the books ask: closed periods, correction runs, who posted an entry."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization, User
from marketplace.core.errors import NotFound
from marketplace.core.events import Event
from marketplace.ledger.correction_rules import RunStatus
from marketplace.ledger.models import (
    CorrectionRun,
    LedgerClosing,
    LedgerEntry,
    LedgerOpenness,
    LedgerTxn,
    ProposedEntry,
)
from marketplace.ledger.rules import OF_DISTRICTS


class Author(NamedTuple):
    """Who posted an entry: the organization is public, the name is for the books' own people."""

    organization: str | None
    person: str | None


def closed_through(session: Session, consortium_id: UUID) -> date | None:
    """The last day of the closed periods; None while every period is open."""
    query = select(func.max(LedgerClosing.through_on)).where(LedgerClosing.org_id == consortium_id)
    return session.exec(query).one()


def first_day(session: Session, consortium_id: UUID) -> date | None:
    """The earliest day that an entry counts from."""
    query = select(func.min(LedgerTxn.effective_on)).where(LedgerTxn.org_id == consortium_id)
    return session.exec(query).one()


def closings(session: Session, consortium_id: UUID) -> list[LedgerClosing]:
    query = select(LedgerClosing).where(LedgerClosing.org_id == consortium_id)
    return list(session.exec(query.order_by(col(LedgerClosing.through_on).desc()).limit(60)))


def openness_of(session: Session, consortium_id: UUID) -> LedgerOpenness | None:
    query = select(LedgerOpenness).where(LedgerOpenness.org_id == consortium_id)
    return session.exec(query).one_or_none()


def get_run(session: Session, run_id: UUID, *, lock: bool = False) -> CorrectionRun:
    query = select(CorrectionRun).where(CorrectionRun.id == run_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such correction.")
    return found


def waiting_run(session: Session, consortium_id: UUID, seq: int) -> CorrectionRun | None:
    query = select(CorrectionRun).where(
        CorrectionRun.org_id == consortium_id,
        CorrectionRun.seq == seq,
        CorrectionRun.status == RunStatus.PROPOSED,
    )
    return session.exec(query).first()


def runs(session: Session, consortium_id: UUID) -> list[CorrectionRun]:
    """Those that wait first, then the newest."""
    query = (
        select(CorrectionRun)
        .where(CorrectionRun.org_id == consortium_id)
        .order_by(col(CorrectionRun.decided_at).is_not(None), col(CorrectionRun.proposed_at).desc())
    )
    return list(session.exec(query.limit(100)))


def run_about(session: Session, consortium_id: UUID, seq: int) -> CorrectionRun | None:
    """The approved run in which an entry was corrected, cancelled or posted anew."""
    query = select(CorrectionRun).where(
        CorrectionRun.org_id == consortium_id,
        CorrectionRun.status == RunStatus.APPROVED,
        or_(
            col(CorrectionRun.seq) == seq,
            col(CorrectionRun.reversal_seq) == seq,
            col(CorrectionRun.correction_seq) == seq,
        ),
    )
    return session.exec(query).first()


def count_proposals(session: Session, consortium_id: UUID) -> int:
    """Corrections and entries by hand that wait for a second person."""
    counts = [
        session.exec(
            select(func.count())
            .select_from(table)
            .where(table.org_id == consortium_id, table.status == RunStatus.PROPOSED)
        ).one()
        for table in (CorrectionRun, ProposedEntry)
    ]
    return sum(counts)


def names_of_people(session: Session, ids: Sequence[UUID | None]) -> dict[UUID, str]:
    wanted = [user_id for user_id in ids if user_id]
    if not wanted:
        return {}
    query = select(User.id, User.name).where(col(User.id).in_(wanted))
    return dict(session.exec(query).all())


def author_of(session: Session, txn: LedgerTxn) -> Author:
    """Read from the audit trail: the organization acted for, and the person."""
    query = (
        select(Event.facts, Organization.name, User.name)
        .outerjoin(Organization, col(Organization.id) == col(Event.actor_org_id))
        .outerjoin(User, col(User.id) == col(Event.actor_id))
        .where(
            Event.name == "ledger.posted",
            Event.subject_id == txn.org_id,
            Event.occurred_at >= txn.recorded_at,
            Event.occurred_at < txn.recorded_at + timedelta(seconds=1),
        )
        .limit(1000)
    )
    for facts, organization, person in session.exec(query):
        if facts.get("seq") == txn.seq:
            return Author(organization, person)
    return Author(None, None)


def is_settled(session: Session, txn: LedgerTxn) -> bool:
    """Whether a district of this entry owes nothing any more for the same pool or bill.

    A pool has one order for each district, so the district's lines about the pool are those
    of the order.
    """
    lines = select(LedgerEntry.account).where(
        LedgerEntry.org_id == txn.org_id, LedgerEntry.seq == txn.seq
    )
    codes = [c for c in session.exec(lines) if c.partition(":")[0] == OF_DISTRICTS[0]]
    if not codes:
        return False
    about = txn.ref.split("/")[0]
    owed = (
        select(func.sum(LedgerEntry.amount_cents))
        .join(
            LedgerTxn,
            (col(LedgerTxn.org_id) == LedgerEntry.org_id) & (col(LedgerTxn.seq) == LedgerEntry.seq),
        )
        .where(LedgerEntry.org_id == txn.org_id, col(LedgerEntry.account).in_(codes))
        .where(
            or_(
                col(LedgerTxn.ref) == about,
                col(LedgerTxn.ref).startswith(f"{about}/", autoescape=True),
            )
        )
        .group_by(col(LedgerEntry.account))
    )
    return any(cents <= 0 for cents in session.exec(owed))
