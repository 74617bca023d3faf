"""Restricted money of one tenant: a programme, a grant on a bill, and what waits to be agreed."""

from datetime import date

from sqlmodel import select

from marketplace.programmes import movement_service, queries, service
from marketplace.programmes.models import GrantAward
from marketplace.programmes.movement_rules import MovementKind
from marketplace.programmes.rules import Eligibility, Leftover
from marketplace.programmes.service import Terms
from marketplace.programmes.subsidy_rules import Subsidy, SubsidyKind

OFFICER, OTHER = "funder-programme_officer", "funder-administrator"


def build(builder):
    t, mark = builder.t, builder.mark
    terms = Terms(
        purpose="Help districts start.",
        rule=Eligibility(states=("OH",)),
        subsidy=Subsidy(SubsidyKind.PERCENT, percent_bps=100),
        budget_cents=5_000_000,
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 12, 31),
        leftover=Leftover.RETURN,
        for_everybody=True,
    )
    with builder.writing(t.people[OFFICER]) as (session, actor):
        t.programme = service.create_programme(
            session, actor, t.funder.id, f"{t.name} Start", terms, mark("programme-key")
        )
        session.expunge(t.programme)
    came_in = _move(builder, MovementKind.RECEIVED, "came-in", cents=100_000)
    _approve(builder, came_in, "convener")
    _approve(builder, _award(builder, "billed"), OTHER)
    with builder.writing() as (session, _):
        t.grant = session.exec(
            select(GrantAward).where(GrantAward.programme_id == t.programme.id)
        ).one()
        session.expunge(t.grant)
    released = _move(builder, MovementKind.RELEASED, "released", award_ids=(t.grant.id,))
    _approve(builder, released, "convener")
    t.award_movement = _award(builder, "cash_ready", OTHER)
    t.cash_movement = _move(builder, MovementKind.RECEIVED, "waits", cents=200)


def _move(builder, kind, label, **facts):
    t = builder.t
    if "cents" in facts:
        facts["consortium_id"] = t.consortium.org_id
    with builder.writing(t.people[OFFICER]) as (session, actor):
        found = movement_service.move_money(
            session,
            actor,
            t.programme.id,
            kind,
            reason=f"Filed as {builder.mark(f'reason-{label}')}",
            once_key=builder.mark(f"move-{label}"),
            **facts,
        )
        session.expunge(found)
        return found


def _award(builder, pool, who=OFFICER):
    t = builder.t
    with builder.writing(t.people[who]) as (session, actor):
        found = movement_service.award_grants(
            session,
            actor,
            t.programme.id,
            t.order_pools[pool].id,
            f"Filed as {builder.mark(f'reason-award-{pool}')}",
            builder.mark(f"award-{pool}"),
        )
        session.expunge(found)
        return found


def _approve(builder, movement, who):
    with builder.writing(builder.t.people[who]) as (session, actor):
        movement_service.approve_movement(session, actor, movement.id)
        assert queries.get_movement(session, movement.id).decided_by == actor.user_id


def programme_form(t):
    return {
        "title": "Another start",
        "purpose": "Help districts start.",
        "states": "OH",
        "kind": "percent",
        "percent": "10",
        "turn": "pro_rata",
        "budget": "60,000",
        "starts_on": "2026-07-01",
        "ends_on": "2027-06-30",
        "leftover": "return",
        "for_everybody": "y",
        "once_key": f"once-{t.letter}-programme",
    }


def change_form(t):
    form = programme_form(t) | {"seen": "1", "why": "More districts asked for it."}
    del form["title"]
    return form


def award_form(t):
    return {"reason": "Minute 14 of the committee.", "once_key": f"once-{t.letter}-award"}


def money_form(t):
    return {
        "consortium": str(t.consortium.org_id),
        "amount": "10.00",
        "effective_on": "2026-11-16",
        "reason": "Bank advice of Nov 16.",
        "once_key": f"once-{t.letter}-move",
    }
