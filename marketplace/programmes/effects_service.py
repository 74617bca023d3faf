"""What happens to money and bills once a second person has agreed to a movement.

The caller holds the lock on the programme; then come the pool, the grants and the books.
"""

from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.ledger import queries as books
from marketplace.ledger import service as ledger
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders import queries as orders
from marketplace.orders import service as orders_service
from marketplace.pools import queries as pools
from marketplace.programmes import movement_rules, offer_queries, queries
from marketplace.programmes.models import (
    GrantAward,
    GrantMovement,
    Programme,
    ProgrammeVersion,
)
from marketplace.programmes.movement_rules import NEEDED, MovementKind
from marketplace.programmes.standing_queries import (
    check_day,
    check_fits_share,
    check_sum,
    grants_to_move,
)


def carry_out(
    session: Session,
    actor: Actor,
    programme: Programme,
    version: ProgrammeVersion,
    movement: GrantMovement,
) -> None:
    """Do what was approved, in the caller's transaction; `actor` signs as the site."""
    require(actor, "programmes.carry_out", movement)
    _DO[movement.kind](session, actor, programme, version, movement)


def _receive(
    session: Session,
    actor: Actor,
    programme: Programme,
    version: ProgrammeVersion,
    movement: GrantMovement,
) -> None:
    check_sum(session, version, movement.kind, movement.consortium_id, movement.cents)
    ledger.restrict_fund(session, actor, movement.consortium_id, f"grant:{programme.slug}")
    legs = movement_rules.legs_in(programme.slug, movement.cents)
    _post(session, actor, programme, movement, PostingKind.GRANT_RECEIVED, legs)


def _return(
    session: Session,
    actor: Actor,
    programme: Programme,
    version: ProgrammeVersion,
    movement: GrantMovement,
) -> None:
    check_sum(session, version, movement.kind, movement.consortium_id, movement.cents)
    legs = movement_rules.legs_back(programme.slug, movement.cents)
    _post(session, actor, programme, movement, PostingKind.REFUND, legs)


def _post(
    session: Session,
    actor: Actor,
    programme: Programme,
    movement: GrantMovement,
    kind: PostingKind,
    legs: list[Leg],
) -> None:
    check_day(session, movement.consortium_id, movement.effective_on)
    posted = ledger.post(
        session,
        actor,
        movement.consortium_id,
        key=f"grant-movement:{movement.id}",
        kind=kind,
        ref=f"grant:{programme.slug}",
        effective_on=movement.effective_on,
        legs=legs,
    )
    movement.ledger_seq = posted.seq


def _commit(
    session: Session,
    actor: Actor,
    programme: Programme,
    version: ProgrammeVersion,
    movement: GrantMovement,
) -> None:
    """The same lines must follow from rule, facts and earlier grants as when it was proposed."""
    assert movement.pool_id is not None
    pool = pools.get_pool(session, movement.pool_id, lock=True)
    movement_rules.check_term(version.starts_on, version.ends_on, clock.today(pool.time_zone))
    found = offer_queries.offer(session, version, pool)
    if found.as_lines != movement.lines:
        raise RuleBroken(
            "A rule, a fact or another grant has changed since this was proposed, so the lines "
            "are not the same any more. Turn it down and propose it anew."
        )
    number, known = (
        queries.last_number(session, programme.id),
        queries.grants_on_orders(session, [line.order.id for line in found.lines]),
    )
    for line in found.lines:
        if not line.gets_cents or line.facts is None:
            continue
        number += 1
        session.add(
            GrantAward(
                org_id=programme.org_id,
                programme_id=programme.id,
                version_id=version.id,
                number=number,
                consortium_id=line.order.consortium_id,
                pool_id=pool.id,
                order_id=line.order.id,
                district_id=line.order.org_id,
                leaid=line.order.leaid,
                place=len(known.get(line.order.id, ())) + 1,
                share_cents=line.order.total_cents,
                cents=line.gets_cents,
                facts=line.facts.as_json(),
                awarded_at=clock.now(),
                changed_at=clock.now(),
            )
        )
    session.flush()


def _hold_grants(
    session: Session, programme: Programme, movement: GrantMovement
) -> list[GrantAward]:
    assert movement.pool_id is not None
    pools.get_pool(session, movement.pool_id, lock=True)
    ids = tuple(UUID(line[0]) for line in movement.lines)
    return grants_to_move(session, programme, movement.kind, ids)


def _cancel(
    session: Session,
    _actor: Actor,
    programme: Programme,
    _version: ProgrammeVersion,
    movement: GrantMovement,
) -> None:
    for award in _hold_grants(session, programme, movement):
        _turn(session, award, movement.kind)


def _release(
    session: Session,
    actor: Actor,
    programme: Programme,
    version: ProgrammeVersion,
    movement: GrantMovement,
) -> None:
    grants = _hold_grants(session, programme, movement)
    books.lock_head(session, movement.consortium_id)
    here = queries.fund_of(session, version, movement.consortium_id)
    movement_rules.check_release(movement.cents, here.held_cents)
    funder = accounts.get_organization(session, programme.org_id)
    for award in grants:
        check_fits_share(session, award)
        order = orders.get_order(session, award.order_id, lock=True)
        posted = ledger.post(
            session,
            actor,
            award.consortium_id,
            key=f"grant:{award.id}",
            kind=PostingKind.GRANT_APPLIED,
            ref=f"pool:{order.agreed['pool']['slug']}/grant:{programme.slug}-{award.number}",
            effective_on=movement.effective_on,
            legs=movement_rules.legs_released(programme.slug, award.leaid, award.cents),
        )
        note = orders_service.issue_credit(
            session,
            actor,
            order,
            cents=award.cents,
            why=f"Grant {award.number} of “{programme.title}”, paid by {funder.name}",
            posted=posted,
            once_key=f"grant:{award.id}",
        )
        award.credit_note_id, award.ledger_seq = note.id, posted.seq
        award.ledger_hash = posted.hash
        _turn(session, award, movement.kind)


def _claw_back(
    session: Session,
    actor: Actor,
    programme: Programme,
    _version: ProgrammeVersion,
    movement: GrantMovement,
) -> None:
    """The entry is cancelled by its mirror image, and the bill's line is withdrawn."""
    for award in _hold_grants(session, programme, movement):
        assert award.ledger_seq is not None
        assert award.credit_note_id is not None
        posted = ledger.reverse(
            session,
            actor,
            award.consortium_id,
            award.ledger_seq,
            key=f"grant-back:{award.id}",
            reason=movement.reason,
            approved=True,
        )
        orders_service.withdraw_credit(session, actor, award.credit_note_id, reversed_by=posted)
        award.reversal_seq = posted.seq
        _turn(session, award, movement.kind)


def _turn(session: Session, award: GrantAward, kind: MovementKind) -> None:
    award.status, award.changed_at = NEEDED[kind][1], clock.now()
    session.add(award)
    session.flush()


_DO = {
    MovementKind.RECEIVED: _receive,
    MovementKind.RETURNED: _return,
    MovementKind.COMMITTED: _commit,
    MovementKind.CANCELLED: _cancel,
    MovementKind.RELEASED: _release,
    MovementKind.CLAWED_BACK: _claw_back,
}
