"""What a district does in a pool: keep a draft, commit seats, change them, withdraw."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.core import clock, db, files
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.core.uploads import CheckedFile
from marketplace.directory import queries as directory
from marketplace.guard import queries as guard
from marketplace.pools import by_law_queries, queries, rules, state_rules
from marketplace.pools.models import Commitment, JoinDraft, Pool
from marketplace.pools.rules import Paper, Rung
from marketplace.pools.state_rules import PoolStatus


@dataclass(frozen=True)
class Answers:
    """What a district says about its seats."""

    seats: int
    rung: Rung
    tolerance: int = 0
    limit_cents: int | None = None
    survey_closed_on: date | None = None
    board_date: date | None = None
    board_minute: str = ""
    po_number: str = ""
    resolution_id: UUID | None = None

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Answers":
        """As a draft keeps them."""
        resolution = kept.get("resolution_id")
        return cls(
            seats=kept["seats"],
            rung=Rung(kept["rung"]),
            tolerance=kept["tolerance"],
            limit_cents=kept["limit_cents"],
            survey_closed_on=_day(kept.get("survey_closed_on")),
            board_date=_day(kept.get("board_date")),
            board_minute=kept.get("board_minute", ""),
            po_number=kept["po_number"],
            resolution_id=UUID(resolution) if resolution else None,
        )

    @property
    def paper(self) -> Paper:
        return Paper(
            self.survey_closed_on,
            self.board_date,
            self.board_minute,
            self.po_number,
            self.resolution_id is not None,
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def save_draft(
    session: Session,
    actor: Actor,
    pool_id: UUID,
    kept: dict[str, Any],
    resolution: CheckedFile | None = None,
) -> JoinDraft:
    """Keep the answers given so far, so that the district can leave and come back."""
    pool = queries.get_pool(session, pool_id)
    require(actor, "pools.save_draft", pool)
    now = db.now(session)
    _check_open(pool, now)
    draft = queries.join_draft(session, pool_id, actor.home)
    earlier = queries.commitment(session, pool_id, actor.home)
    if "seats" in kept:
        kept = kept | {
            "resolution_id": _resolution(session, actor, pool, draft, earlier, resolution)
        }
        _check(session, pool, actor.home, earlier, Answers.of(kept), now)
    if draft is None:
        draft = JoinDraft(
            org_id=actor.home, pool_id=pool_id, answers={"key": uuid4().hex}, changed_at=clock.now()
        )
        session.add(draft)
    draft.answers = {**draft.answers, **kept}
    draft.changed_at = clock.now()
    session.flush()
    return draft


def _resolution(
    session: Session,
    actor: Actor,
    pool: Pool,
    draft: JoinDraft | None,
    earlier: Commitment | None,
    brought: CheckedFile | None,
) -> str | None:
    """The file brought now, else the one of the draft or of what was sent before."""
    if brought is not None:
        stored = files.store(session, actor, pool.org_id, brought)
        session.flush()
        return str(stored.id)
    if draft is not None and draft.answers.get("resolution_id"):
        return str(draft.answers["resolution_id"])
    return str(earlier.resolution_id) if earlier and earlier.resolution_id else None


def commit_seats(
    session: Session,
    actor: Actor,
    pool_id: UUID,
    *,
    seats: int,
    rung: Rung,
    tolerance: int = 0,
    limit_cents: int | None = None,
    survey_closed_on: date | None = None,
    board_date: date | None = None,
    board_minute: str = "",
    po_number: str = "",
    resolution_id: UUID | None = None,
    contact_name: str = "",
    contact_email: str = "",
    key: str = "",
) -> Commitment:
    """Commit (or change) the seats of the actor's district, until the pool closes.

    `key` names the form that was sent: the same form again changes nothing. The pool is held
    first and the database's clock read after, so a commitment is wholly in or wholly out.
    Districts hold the pool together: only its lead and the clearing keep them waiting.
    """
    pool = queries.hold_pool(session, pool_id)
    require(actor, "pools.commit_seats", pool)
    queries.hold_district(session, actor.home)
    earlier = queries.commitment(session, pool_id, actor.home, lock=True)
    if earlier is not None and key and earlier.last_key == key:
        return earlier
    now = db.now(session)
    _check_open(pool, now)

    answers = Answers(
        seats,
        rung,
        tolerance,
        limit_cents,
        survey_closed_on,
        board_date,
        board_minute.strip(),
        po_number.strip(),
        resolution_id,
    )
    district, pupils = _check(session, pool, actor.home, earlier, answers, now)

    commitment = earlier or Commitment(  # type: ignore[call-arg]
        org_id=pool.org_id,
        pool_id=pool.id,
        district_id=actor.home,
        leaid=district.leaid or "",
        committed_at=now,
    )
    for name in Answers.__dataclass_fields__:
        setattr(commitment, name, getattr(answers, name))
    commitment.pupils = pupils
    commitment.contact_name, commitment.contact_email = contact_name, contact_email
    commitment.changed_at, commitment.withdrawn_at, commitment.last_key = now, None, key
    session.add(commitment)
    if draft := queries.join_draft(session, pool_id, actor.home):
        session.delete(draft)
    session.flush()
    facts = {"district": str(actor.home), "rung": str(rung), "seats": seats}
    emit(session, actor, "pools.committed", pool, **facts)
    return commitment


def withdraw_commitment(
    session: Session, actor: Actor, pool_id: UUID, district_id: UUID | None = None
) -> Commitment:
    """Take the district's seats out again, until the pool closes; twice changes nothing."""
    pool = queries.hold_pool(session, pool_id)
    require(actor, "pools.withdraw_commitment", pool)
    whose = district_id if actor.is_system and district_id else actor.home
    commitment = queries.commitment(session, pool_id, whose, lock=True)
    if commitment is None:
        raise NotFound("Your district is not in this pool.")
    if commitment.withdrawn_at is None:
        now = db.now(session)
        _check_open(pool, now)
        if state_rules.only_adds(pool.status, pool.fill_up_at, now) and not actor.is_system:
            raise RuleBroken("Seats can only be added now, so nobody can withdraw.")
        commitment.withdrawn_at = commitment.changed_at = now
        emit(session, actor, "pools.withdrawn", pool, district=str(whose))
    return commitment


def _check_open(pool: Pool, now: datetime) -> None:
    if pool.status is PoolStatus.DRAFT:
        raise NotFound("There is no such pool.")
    state_rules.check_takes_seats(pool.status, pool.closes_at, now)


def _check(
    session: Session,
    pool: Pool,
    district_id: UUID,
    earlier: Commitment | None,
    said: Answers,
    now: datetime,
) -> tuple[Organization, int | None]:
    """Every rule of a commitment; the district and its pupils, as far as they are known."""
    district = accounts.get_organization(session, district_id)
    known = directory.districts_by_leaid(session, [district.leaid or ""])
    pupils = known[district.leaid].pupils if district.leaid in known else None
    before = earlier if earlier and earlier.withdrawn_at is None else None
    rules.check_seats(said.seats, said.tolerance, pupils)
    rules.check_limit(said.limit_cents)
    if before is not None and state_rules.only_adds(pool.status, pool.fill_up_at, now):
        rules.check_only_adds(
            rules.Said(before.seats, before.tolerance, before.limit_cents, before.rung),
            rules.Said(said.seats, said.tolerance, said.limit_cents, said.rung),
        )
    today = clock.day_of(now, pool.time_zone)
    asked = by_law_queries.asked_of(session, pool, district_id, today)
    rules.check_paper(said.rung, said.paper, survey_required=asked.survey_required, today=today)
    if said.rung in rules.COUNTING_RUNGS:
        if asked.why_not:
            raise RuleBroken(asked.why_not, "rung")
        guard.check_may_commit(session, pool.tool_id, district_id)
    return district, pupils
