"""Money of a programme: award grants, move money, and the second person who agrees."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts.login import current_actor
from marketplace.core import clock, db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.core.money import dollars
from marketplace.pools import queries as pools
from marketplace.programmes import movement_service, offer_queries, queries
from marketplace.programmes.forms import MovementForm, PressForm, ReasonForm
from marketplace.programmes.models import GrantMovement, Programme
from marketplace.programmes.movement_rules import ACTS, MOVEMENT_WORDS, NEEDED, MovementKind
from marketplace.programmes.shared_views import (
    SHARES,
    bp,
    consortium_desk,
    names,
    own_programme,
    sit_down,
)


@bp.route("/f/<slug>/programmes/<programme>/award/<uuid:pool_id>", methods=["GET", "POST"])
@login_required
def award_grants(slug: str, programme: str, pool_id: UUID) -> Any:
    funder, found = own_programme(slug, programme, "programmes.award_grants")
    actor, form = current_actor(), ReasonForm()
    if form.submitted(
        lambda w: movement_service.award_grants(
            w, actor, found.id, pool_id, form.reason.data or "", form.once_key.data or ""
        )
    ):
        flash("The grants wait for a second person. Nothing is promised before.", "good")
        return redirect(url_for(".movement", slug=slug, movement_id=form.result.id))
    found = queries.get_programme(db.session(), found.id)  # a refusal undid what was read
    version = queries.in_force(db.session(), found.id)
    with tenancy.everyone(SHARES):
        pool = pools.get_pool(db.session(), pool_id)
        if pool.status not in queries.ORDERED:
            raise NotFound("There is no such pool.")
        offer = offer_queries.offer(db.session(), version, pool)
    return web.form_page(
        "programmes/award_grants.html",
        form,
        funder=funder,
        programme=found,
        version=version,
        pool=pool,
        offer=offer,
    )


@bp.route("/f/<slug>/programmes/<programme>/move/<act>", methods=["GET", "POST"])
@login_required
def move_money(slug: str, programme: str, act: str) -> Any:
    funder, found = own_programme(slug, programme, "programmes.move_money")
    if act not in ACTS:
        raise NotFound("There is no such page.")
    kind, actor = ACTS[act], current_actor()
    form = MovementForm(effective_on=clock.now().date())
    form.offer(kind, _books(found, kind), _grants(found, kind))
    if form.submitted(
        lambda w: movement_service.move_money(w, actor, found.id, kind, **form.facts())
    ):
        flash("This waits for a second person. No money moves before.", "good")
        return redirect(url_for(".movement", slug=slug, movement_id=form.result.id))
    found = queries.get_programme(db.session(), found.id)  # a refusal undid what was read
    version = queries.in_force(db.session(), found.id)
    return web.form_page(
        "programmes/move_money.html",
        form,
        funder=funder,
        programme=found,
        kind=kind,
        title=MOVEMENT_WORDS[kind][0],
        says=MOVEMENT_WORDS[kind][1],
        fund=queries.fund_of(db.session(), version),
    )


def _books(programme: Programme, kind: MovementKind) -> list[tuple[str, str]]:
    """Into whose books money may go, or from whose it may come back."""
    session = db.session()
    if kind is MovementKind.RECEIVED:
        with tenancy.everyone(SHARES):
            found = {org.id: org.name for _, org, _ in queries.pools_to_help(session)}
    else:
        moved = queries.movements(session, programme_id=programme.id)
        found = {id: org.name for id, org in names({m.consortium_id for m in moved}).items()}
    return sorted(((str(id), name) for id, name in found.items()), key=lambda pair: pair[1])


def _grants(programme: Programme, kind: MovementKind) -> list[tuple[str, str]]:
    if kind not in NEEDED:
        return []
    with tenancy.everyone(SHARES):
        found = queries.granted(db.session(), programme_id=programme.id)
    return [
        (
            str(each.award.id),
            f"{each.award.number}: {each.district}, {dollars(each.award.cents)}, {each.pool}",
        )
        for each in found
        if each.award.status is NEEDED[kind][0]
    ]


# -- the second person -------------------------------------------------------------------------


@bp.get("/f/<slug>/movements/<uuid:movement_id>")
@login_required
def movement(slug: str, movement_id: UUID) -> Any:
    found = _of_funder(slug, movement_id)
    return render_template("programmes/movement.html", **_shown(found, f"/f/{slug}/movements"))


@bp.post("/f/<slug>/movements/<uuid:movement_id>/approve")
@login_required
def approve_movement(slug: str, movement_id: UUID) -> Any:
    found = _of_funder(slug, movement_id)
    return _decide(found, f"/f/{slug}/movements", movement_service.approve_movement)


@bp.post("/f/<slug>/movements/<uuid:movement_id>/refuse")
@login_required
def refuse_movement(slug: str, movement_id: UUID) -> Any:
    found = _of_funder(slug, movement_id)
    return _decide(found, f"/f/{slug}/movements", movement_service.refuse_movement)


@bp.get("/c/<slug>/grants")
@login_required
def consortium_grants(slug: str) -> Any:
    consortium = consortium_desk(slug)
    session = db.session()
    found = queries.movements(session, consortium_id=consortium.id)
    with tenancy.everyone("whose programme a movement is of is public"):
        programmes = {
            each: queries.get_programme(session, each) for each in {m.programme_id for m in found}
        }
        grants = queries.granted(session, consortium_id=consortium.id)
    return render_template(
        "programmes/consortium_grants.html",
        consortium=consortium,
        movements=found,
        programmes=programmes,
        funders=names({m.org_id for m in found}),
        grants=grants,
    )


@bp.get("/c/<slug>/grants/<uuid:movement_id>")
@login_required
def consortium_movement(slug: str, movement_id: UUID) -> Any:
    found = _of_consortium(slug, movement_id)
    return render_template("programmes/movement.html", **_shown(found, f"/c/{slug}/grants"))


@bp.post("/c/<slug>/grants/<uuid:movement_id>/approve")
@login_required
def approve_consortium_movement(slug: str, movement_id: UUID) -> Any:
    found = _of_consortium(slug, movement_id)
    return _decide(found, f"/c/{slug}/grants", movement_service.approve_movement)


@bp.post("/c/<slug>/grants/<uuid:movement_id>/refuse")
@login_required
def refuse_consortium_movement(slug: str, movement_id: UUID) -> Any:
    found = _of_consortium(slug, movement_id)
    return _decide(found, f"/c/{slug}/grants", movement_service.refuse_movement)


def _of_funder(slug: str, movement_id: UUID) -> GrantMovement:
    funder = sit_down(slug)
    found = queries.get_movement(db.session(), movement_id)
    if found.org_id != funder.id or not can(current_actor(), "programmes.movement", found):
        raise NotFound("There is no such movement.")
    return found


def _of_consortium(slug: str, movement_id: UUID) -> GrantMovement:
    consortium = consortium_desk(slug)
    found = queries.get_movement(db.session(), movement_id)
    its = found.consortium_id == consortium.id
    if not its or not can(current_actor(), "programmes.movement", found):
        raise NotFound("There is no such movement.")
    return found


def _decide(found: GrantMovement, desk: str, use_case: Callable[..., Any]) -> Any:
    actor, form = current_actor(), PressForm()
    require(actor, f"programmes.{use_case.__name__}", found)
    movement_id, org_id = found.id, found.org_id
    if form.submitted(lambda w: use_case(w, actor, movement_id)):
        approved = use_case is movement_service.approve_movement
        flash("It is done." if approved else "It is turned down. Nothing moved.", "good")
        return redirect(f"{desk}/{movement_id}")
    found = queries.get_movement(db.session(), movement_id)  # a refusal undid what was read
    assert found.org_id == org_id
    return web.form_page("programmes/movement.html", form, **_shown(found, desk, with_form=False))


def _shown(found: GrantMovement, desk: str, with_form: bool = True) -> dict[str, Any]:
    session, actor = db.session(), current_actor()
    with tenancy.everyone(SHARES):
        programme = queries.get_programme(session, found.programme_id)
        lines = _lines(found)
        pool = pools.get_pool(session, found.pool_id) if found.pool_id else None
    organizations = names({found.org_id, found.consortium_id})
    return {
        "movement": found,
        "programme": programme,
        "funder": organizations[found.org_id],
        "consortium": organizations[found.consortium_id],
        "pool": pool,
        "lines": lines,
        "desk": desk,
        "people": queries.names_of_people(session, [found.proposed_by, found.decided_by]),
        "is_mine": found.proposed_by == actor.user_id,
        "may_approve": can(actor, "programmes.approve_movement", found),
        "may_refuse": can(actor, "programmes.refuse_movement", found),
        **({"form": PressForm()} if with_form else {}),
    }


def _lines(found: GrantMovement) -> list[tuple[str, str, int]]:
    """District, what it is about, cents."""
    ids = {UUID(line[0]): line[1] for line in found.lines}
    if not ids:
        return []
    session = db.session()
    if found.kind is MovementKind.COMMITTED and found.pool_id is not None:
        return [
            (order.agreed["district"]["name"], "its share", ids[order.id])
            for order, _ in queries.orders_to_help(session, found.pool_id)
            if order.id in ids
        ]
    known = queries.granted(session, programme_id=found.programme_id)
    return [
        (each.district, f"grant {each.award.number}", each.award.cents)
        for each in known
        if each.award.id in ids
    ]
