"""Use is counted by one side and confirmed by the other; then a term is settled by two people."""

from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.ledger.rules import PostingKind
from marketplace.pools import queries as pools
from marketplace.renewals import posting_service, queries, rules, usage_queries
from marketplace.renewals.models import TrueUpRun, UsageCount
from marketplace.renewals.rules import RunStatus, Side, UsageStatus


def say_use(
    session: Session, actor: Actor, pool_id: UUID, district_id: UUID, *, used: int
) -> UsageCount:
    """The district or the vendor says how many seats were used; the other side confirms.

    The same number of the other side confirms it; another one is a new count to confirm.
    """
    pool = pools.get_pool(session, pool_id, lock=True)
    term = queries.standing(session, pool)
    leaid = next((each for each, org in term.districts.items() if org == district_id), None)
    if leaid is None:
        raise NotFound("There is no such district in this pool.")
    count = usage_queries.count_of(session, pool_id, district_id, lock=True)
    count = count or UsageCount(  # type: ignore[call-arg]
        org_id=pool.org_id,
        pool_id=pool.id,
        district_id=district_id,
        vendor_id=pool.vendor_id,
        leaid=leaid,
    )
    require(actor, "renewals.say_use", count)
    rules.check_used(used)
    rules.check_can_count(pool.term_ends_on, term.settled, clock.today(pool.time_zone))
    side = _side(actor)
    if count.used == used:
        if count.said_by_side is side or count.status is UsageStatus.CONFIRMED:
            return count
        return _answer(session, actor, count, UsageStatus.CONFIRMED, "")
    count.used, count.said_by_side, count.status = used, side, UsageStatus.SAID
    count.said_at, count.said_by = clock.now(), actor.user_id
    count.answered_at = count.answered_by = None
    count.dispute = ""
    session.add(count)
    session.flush()
    emit(session, actor, "renewals.use_said", count, side=str(side), used=used)
    return count


def answer_use(
    session: Session, actor: Actor, count_id: UUID, *, agree: bool, dispute: str = ""
) -> UsageCount:
    """The other side confirms a count, or disputes it and says what it counts instead."""
    count = usage_queries.get_count(session, count_id)
    require(actor, "renewals.answer_use", count)
    pool = pools.get_pool(session, count.pool_id, lock=True)
    count = usage_queries.get_count(session, count_id, lock=True)
    rules.check_other_side(count.said_by_side, _side(actor))
    settled = queries.approved_run(session, pool.id) is not None
    rules.check_can_count(pool.term_ends_on, settled, clock.today(pool.time_zone))
    status = UsageStatus.CONFIRMED if agree else UsageStatus.DISPUTED
    dispute = " ".join(dispute.split())
    if not agree and len(dispute) < rules.SHORTEST_REASON:
        raise RuleBroken("Say what you count instead, and how you know.", "dispute")
    return _answer(session, actor, count, status, "" if agree else dispute)


def _answer(
    session: Session, actor: Actor, count: UsageCount, status: UsageStatus, dispute: str
) -> UsageCount:
    if (count.status, count.dispute) == (status, dispute):
        return count
    count.status, count.dispute = status, dispute
    count.answered_at, count.answered_by = clock.now(), actor.user_id
    session.add(count)
    session.flush()
    emit(session, actor, "renewals.use_answered", count, status=str(status))
    return count


def _side(actor: Actor) -> Side:
    return Side.VENDOR if actor.org_kind == "vendor" else Side.DISTRICT


# -- the settlement ----------------------------------------------------------------------------


def propose_true_up(session: Session, actor: Actor, pool_id: UUID) -> TrueUpRun:
    """Reckon the term by the by-laws and put it before everybody; nothing is posted yet."""
    pool = pools.get_pool(session, pool_id, lock=True)
    require(actor, "renewals.propose_true_up", pool)
    term = queries.running(session, pool)
    rules.check_can_settle(pool.term_ends_on, clock.today(pool.time_zone))
    figures = usage_queries.figures(session, term)
    rules.check_nobody_above_limit(
        {row["leaid"]: row["owed_cents"] for row in figures["rows"] if row["difference_cents"] > 0},
        {leaid: most for leaid in term.districts if (most := term.most(leaid)) is not None},
    )
    if waiting := queries.waiting_run(session, pool.id):
        if waiting.figures == figures and waiting.proposed_by == actor.person:
            return waiting
        raise RuleBroken("A true-up of this term already waits for a second person.")
    run = TrueUpRun(
        org_id=pool.org_id,
        pool_id=pool.id,
        figures=figures,
        proposed_at=clock.now(),
        proposed_by=actor.person,
    )
    session.add(run)
    session.flush()
    emit(session, actor, "renewals.true_up_proposed", run, pool=str(pool.id))
    return run


def approve_true_up(session: Session, actor: Actor, run_id: UUID) -> TrueUpRun:
    """A second person agrees: one entry, an order for whoever owes more, a credit for the rest.

    The pool's row is locked and everything reckoned again; if seats, counts or bills changed
    since, nothing is posted. The key of the entry is the pool's: a term is settled once.
    """
    run = queries.get_run(session, run_id)
    require(actor, "renewals.approve_true_up", run)
    pool = pools.get_pool(session, run.pool_id, lock=True)
    run = queries.get_run(session, run_id, lock=True)
    if run.status is RunStatus.APPROVED:
        return run
    rules.check_waits(run.status)
    rules.check_second_person(run.proposed_by, actor.user_id)
    term = queries.running(session, pool)
    if usage_queries.figures(session, term) != run.figures:
        raise RuleBroken(
            "Seats, counts or bills changed since this was proposed. Turn it down and propose "
            "it anew."
        )
    rows = run.figures["rows"]
    cents = {row["leaid"]: row["difference_cents"] for row in rows if row["difference_cents"]}
    key = f"true-up:{pool.id}"
    posted = posting_service.post_change(
        session,
        actor,
        pool,
        key=key,
        kind=PostingKind.TRUE_UP,
        about=f"true_up:{pool.term_ends_on.isoformat()}",
        cents=cents,
    )
    if posted:
        more = {row["leaid"]: max(0, row["used"] - row["seats"]) for row in rows if row["counted"]}
        why = f"True-up of the term that ends {pool.term_ends_on.isoformat()}"
        posting_service.write_papers(
            session, actor, term, cents, posted, key=key, why=why, more_seats=more
        )
    run.status, run.decided_at, run.decided_by = RunStatus.APPROVED, clock.now(), actor.user_id
    run.ledger_seq = posted.seq if posted else None
    session.add(run)
    session.flush()
    emit(session, actor, "renewals.trued_up", run, pool=str(pool.id), seq=run.ledger_seq)
    return run


def refuse_true_up(session: Session, actor: Actor, run_id: UUID) -> TrueUpRun:
    """Turn a proposal down, or take one's own back; bills stay as they are."""
    run = queries.get_run(session, run_id)
    require(actor, "renewals.refuse_true_up", run)
    pools.get_pool(session, run.pool_id, lock=True)
    run = queries.get_run(session, run_id, lock=True)
    if run.status is RunStatus.REFUSED:
        return run
    rules.check_waits(run.status)
    run.status, run.decided_at, run.decided_by = RunStatus.REFUSED, clock.now(), actor.user_id
    session.add(run)
    session.flush()
    emit(session, actor, "renewals.true_up_refused", run, pool=str(run.pool_id))
    return run
