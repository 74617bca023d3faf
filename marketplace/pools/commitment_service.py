"""What a district does in a pool: keep a draft, commit seats, change them, withdraw."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import MemberStatus
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.directory import queries as directory
from marketplace.guard import queries as guard
from marketplace.pools import queries, rules
from marketplace.pools.models import Commitment, JoinDraft, Pool
from marketplace.pools.rules import PoolStatus, Rung


@dataclass(frozen=True)
class Answers:
    """What a district says about its seats."""

    seats: int
    rung: Rung
    tolerance: int = 0
    limit_cents: int | None = None
    board_date: date | None = None
    po_number: str = ""

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Answers":
        """As a draft keeps them."""
        board_date = kept.get("board_date")
        return cls(
            seats=kept["seats"],
            rung=Rung(kept["rung"]),
            tolerance=kept["tolerance"],
            limit_cents=kept["limit_cents"],
            board_date=date.fromisoformat(board_date) if board_date else None,
            po_number=kept["po_number"],
        )


def save_draft(session: Session, actor: Actor, pool_id: UUID, kept: dict[str, Any]) -> JoinDraft:
    """Keep the answers given so far, so that the district can leave and come back."""
    pool = queries.get_pool(session, pool_id)
    require(actor, "pools.save_draft", pool)
    _check_open(pool)
    if "seats" in kept:
        earlier = queries.commitment(session, pool_id, actor.home)
        _check(session, pool, actor.home, earlier, Answers.of(kept))
    draft = queries.join_draft(session, pool_id, actor.home)
    if draft is None:
        draft = JoinDraft(
            org_id=actor.home, pool_id=pool_id, answers={"key": uuid4().hex}, changed_at=clock.now()
        )
        session.add(draft)
    draft.answers = {**draft.answers, **kept}
    draft.changed_at = clock.now()
    session.flush()
    return draft


def commit_seats(
    session: Session,
    actor: Actor,
    pool_id: UUID,
    *,
    seats: int,
    rung: Rung,
    tolerance: int = 0,
    limit_cents: int | None = None,
    board_date: date | None = None,
    po_number: str = "",
    contact_name: str = "",
    contact_email: str = "",
    key: str = "",
) -> Commitment:
    """Commit (or change) the seats of the actor's district, until the pool closes.

    `key` names the form that was sent: the same form again changes nothing. The pool's row
    is locked first and the clock read after, so a commitment is wholly in or wholly out.
    """
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.commit_seats", pool)
    earlier = queries.commitment(session, pool_id, actor.home, lock=True)
    if earlier is not None and key and earlier.last_key == key:
        return earlier
    _check_open(pool)

    answers = Answers(seats, rung, tolerance, limit_cents, board_date, po_number)
    district, pupils = _check(session, pool, actor.home, earlier, answers)

    now = clock.now()
    commitment = earlier or Commitment(  # type: ignore[call-arg]
        org_id=pool.org_id,
        pool_id=pool.id,
        district_id=actor.home,
        leaid=district.leaid or "",
        committed_at=now,
    )
    commitment.seats, commitment.tolerance, commitment.rung = seats, tolerance, rung
    commitment.limit_cents, commitment.pupils = limit_cents, pupils
    commitment.board_date, commitment.po_number = board_date, po_number.strip()
    commitment.contact_name, commitment.contact_email = contact_name, contact_email
    commitment.changed_at, commitment.withdrawn_at, commitment.last_key = now, None, key
    session.add(commitment)
    if draft := queries.join_draft(session, pool_id, actor.home):
        session.delete(draft)
    session.flush()
    emit(
        session,
        actor,
        "pools.committed",
        pool,
        district=str(actor.home),
        rung=str(rung),
        seats=seats,
    )
    return commitment


def withdraw_commitment(
    session: Session, actor: Actor, pool_id: UUID, district_id: UUID | None = None
) -> Commitment:
    """Take the district's seats out again, until the pool closes; twice changes nothing."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.withdraw_commitment", pool)
    whose = district_id if actor.is_system and district_id else actor.home
    commitment = queries.commitment(session, pool_id, whose, lock=True)
    if commitment is None:
        raise NotFound("Your district is not in this pool.")
    if commitment.withdrawn_at is None:
        _check_open(pool)
        if pool.status is PoolStatus.FILL_UP:
            raise RuleBroken("Seats can only be added now, so nobody can withdraw.")
        commitment.withdrawn_at = commitment.changed_at = clock.now()
        emit(session, actor, "pools.withdrawn", pool, district=str(whose))
    return commitment


def _check_open(pool: Pool) -> None:
    if pool.status is PoolStatus.DRAFT:
        raise NotFound("There is no such pool.")
    rules.check_takes_seats(pool.status, pool.closes_at, clock.now())


def _check(
    session: Session, pool: Pool, district_id: UUID, earlier: Commitment | None, said: Answers
) -> tuple[Organization, int | None]:
    """Every rule of a commitment; the district and its pupils, as far as they are known."""
    district = accounts.get_organization(session, district_id)
    known = directory.districts_by_leaid(session, [district.leaid or ""])
    pupils = known[district.leaid].pupils if district.leaid in known else None
    standing = earlier if earlier and earlier.withdrawn_at is None else None
    rules.check_seats(said.seats, said.tolerance, pupils)
    rules.check_only_adds(pool.status, standing.seats if standing else None, said.seats)
    rules.check_limit(said.limit_cents)
    today = clock.today(pool.time_zone)
    rules.check_rung(
        said.rung,
        board_date=said.board_date,
        po_number=said.po_number,
        today=today,
        **_membership(session, pool, district_id, today),
    )
    if said.rung in rules.COUNTING_RUNGS:
        guard.check_may_commit(session, pool.tool_id, district_id)
    return district, pupils


def _membership(session: Session, pool: Pool, district_id: UUID, today: date) -> dict[str, bool]:
    member = consortia.member(session, pool.org_id, district_id)
    if member is None or member.status is not MemberStatus.ACTIVE:
        return {"is_member": False, "has_instrument": False}
    paper = consortia.instrument_in_force(
        session,
        pool.org_id,
        district_id,
        signed_by=today,
        since=pool.term_starts_on,
        until=pool.term_ends_on,
    )
    return {"is_member": True, "has_instrument": paper is not None}
