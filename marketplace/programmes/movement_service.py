"""Move restricted money: one person proposes with a reason, a second one approves.

Everything is looked at again when it is approved: rule, facts, budget, what lies in the books.
Locks are taken in one order: the programme, the pool, the grants, the books.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock, tenancy
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.pools import queries as pools
from marketplace.programmes import movement_rules, offer_queries, queries
from marketplace.programmes.effects_service import carry_out
from marketplace.programmes.models import GrantMovement, Programme, ProgrammeVersion
from marketplace.programmes.movement_rules import NEEDED, MovementKind, MovementStatus
from marketplace.programmes.standing_queries import check_day, check_sum, grants_to_move

SHARES = "a grant lowers the district's own share, whose parts are public"


def award_grants(
    session: Session, actor: Actor, programme_id: UUID, pool_id: UUID, reason: str, once_key: str
) -> GrantMovement:
    """Propose a grant for each share of a pool that qualifies, as the rule works out today."""
    programme, version = _hold(session, programme_id)
    require(actor, "programmes.award_grants", programme)
    if sent := queries.movement_of_form(session, programme.org_id, once_key):
        return sent
    said = movement_rules.check_said(reason)
    with tenancy.everyone(SHARES):
        pool = pools.get_pool(session, pool_id)
        found = offer_queries.offer(session, version, pool)
    movement_rules.check_term(version.starts_on, version.ends_on, clock.today(pool.time_zone))
    if not found.used_cents:
        raise RuleBroken("No share of this pool gets a grant under this rule and budget.")
    return _propose(
        session,
        actor,
        programme,
        MovementKind.COMMITTED,
        pool.org_id,
        found.used_cents,
        said,
        once_key,
        lines=found.as_lines,
        pool_id=pool.id,
        on=clock.today(pool.time_zone),
    )


def move_money(
    session: Session,
    actor: Actor,
    programme_id: UUID,
    kind: MovementKind,
    *,
    reason: str,
    once_key: str,
    consortium_id: UUID | None = None,
    cents: int | None = None,
    effective_on: date | None = None,
    award_ids: tuple[UUID, ...] = (),
) -> GrantMovement:
    """Propose money in or back (a consortium, cents, a day), or something about grants."""
    programme, version = _hold(session, programme_id)
    require(actor, "programmes.move_money", programme)
    if sent := queries.movement_of_form(session, programme.org_id, once_key):
        return sent
    said = movement_rules.check_said(reason)
    with tenancy.everyone(SHARES):
        if kind in NEEDED:
            grants = grants_to_move(session, programme, kind, award_ids)
            waiting = queries.waiting_lines(session, programme.id, kind)
            if waiting & {str(grant.id) for grant in grants}:
                raise RuleBroken("A proposal about one of these grants waits already.", "awards")
            cents, consortium_id = sum(grant.cents for grant in grants), grants[0].consortium_id
        else:
            grants = []
            if consortium_id is None:
                raise RuleBroken("Choose a consortium.", "consortium")
            cents = check_sum(session, version, kind, consortium_id, cents)
        zone = accounts.get_organization(session, consortium_id).time_zone
        on = effective_on or clock.today(zone)
        check_day(session, consortium_id, on)
    return _propose(
        session,
        actor,
        programme,
        kind,
        consortium_id,
        cents,
        said,
        once_key,
        lines=[[str(grant.id), grant.cents] for grant in grants],
        pool_id=grants[0].pool_id if grants else None,
        on=on,
    )


def approve_movement(session: Session, actor: Actor, movement_id: UUID) -> GrantMovement:
    """The second person agrees, and it happens whole or not at all."""
    asked = queries.get_movement(session, movement_id)
    programme, version = _hold(session, asked.programme_id)
    movement = queries.get_movement(session, movement_id, lock=True)
    require(actor, "programmes.approve_movement", movement)
    if movement.status is MovementStatus.APPROVED and movement.decided_by == actor.user_id:
        return movement  # the button, pressed twice
    movement_rules.check_waits(movement.status)
    movement_rules.check_second_person(movement.proposed_by, actor.user_id)
    with tenancy.everyone(SHARES):
        carry_out(session, replace(actor, is_system=True), programme, version, movement)
        movement.status, movement.decided_at = MovementStatus.APPROVED, clock.now()
        movement.decided_by = actor.user_id
        session.add(movement)
        session.flush()
        facts = {"kind": movement.kind.value, "cents": movement.cents}
        emit(session, actor, "programmes.moved", movement, **facts)
    return movement


def refuse_movement(session: Session, actor: Actor, movement_id: UUID) -> GrantMovement:
    """Turn a proposal down, or take one's own back; nothing moves."""
    movement = queries.get_movement(session, movement_id, lock=True)
    require(actor, "programmes.refuse_movement", movement)
    if movement.status is MovementStatus.REFUSED:
        return movement
    movement_rules.check_waits(movement.status)
    with tenancy.everyone(SHARES):
        movement.status, movement.decided_at = MovementStatus.REFUSED, clock.now()
        movement.decided_by = actor.user_id
        session.add(movement)
        session.flush()
        emit(session, actor, "programmes.refused", movement, kind=movement.kind.value)
    return movement


def _hold(session: Session, programme_id: UUID) -> tuple[Programme, ProgrammeVersion]:
    """The programme's row is the lock on its fund."""
    with tenancy.everyone("whoever may touch a programme is asked by its policy next"):
        programme = queries.get_programme(session, programme_id, lock=True)
        return programme, queries.in_force(session, programme.id)


def _propose(
    session: Session,
    actor: Actor,
    programme: Programme,
    kind: MovementKind,
    consortium_id: UUID,
    cents: int,
    reason: str,
    once_key: str,
    *,
    lines: list[list[object]],
    pool_id: UUID | None,
    on: date,
) -> GrantMovement:
    movement = GrantMovement(
        org_id=programme.org_id,
        programme_id=programme.id,
        consortium_id=consortium_id,
        pool_id=pool_id,
        kind=kind,
        cents=cents,
        lines=lines,
        effective_on=on,
        reason=reason,
        proposed_at=clock.now(),
        proposed_by=actor.person,
        once_key=once_key,
    )
    session.add(movement)
    session.flush()
    emit(session, actor, "programmes.movement_proposed", movement, kind=kind.value)
    return movement
