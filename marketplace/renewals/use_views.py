"""Counts of seats in use, from the vendor's desk and the district's; the vendor's own list."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.core import clock, db, tenancy, web
from marketplace.core.access import require
from marketplace.core.errors import NotFound
from marketplace.pools import queries as pools
from marketplace.pools.models import Pool
from marketplace.renewals import (
    queries,
    renewal_queries,
    rules,
    true_up_service,
    usage_queries,
)
from marketplace.renewals.forms import AnswerUseForm, SayUseForm
from marketplace.renewals.shared_views import VENDOR, bp, district_desk, vendor_desk


@bp.get("/v/<vendor>/terms")
@login_required
def vendor_terms(vendor: str) -> Any:
    """Renewals known ahead, and the counts of the terms that end."""
    organization, session = vendor_desk(vendor), db.session()
    today = clock.now().date()
    with tenancy.everyone(VENDOR):
        found = renewal_queries.terms_of_vendor(session, organization.id, today)
        ids = [pool.id for pool, _ in found]
        return render_template(
            "renewals/vendor_terms.html",
            vendor=organization,
            terms=found,
            seats=renewal_queries.seats_by_pool(session, ids),
            answers=renewal_queries.answers_by_pool(session, ids),
            lines=renewal_queries.use_lines(session, [pool for pool, _ in found if _counts(pool)]),
            usage_tags=rules.USAGE_TAGS,
        )


def _counts(pool: Pool) -> bool:
    return clock.today(pool.time_zone) >= pool.term_ends_on - rules.SETTLE_BEFORE_END


@bp.route("/v/<vendor>/seats-in-use/<uuid:pool_id>/<leaid>", methods=["GET", "POST"])
@bp.route("/d/<leaid>/seats-in-use/<uuid:pool_id>", methods=["GET", "POST"])
@login_required
def say_use(pool_id: UUID, leaid: str, vendor: str | None = None) -> Any:
    """How many seats were used: said by one side, confirmed by the other."""
    back = _desk(leaid, vendor)
    actor = login.current_actor()
    form = SayUseForm()
    with tenancy.everyone(VENDOR):
        pool = pools.get_pool(db.session(), pool_id)
        if vendor and pool.vendor_id != actor.org_id:
            raise NotFound("There is no such page.")
        district = accounts.organization_by_leaid(db.session(), leaid)
        term = queries.standing(db.session(), pool)
        if leaid not in term.districts:
            raise NotFound("There is no such page.")
        count = usage_queries.count_of(db.session(), pool_id, district.id)
        require(actor, "renewals.say_use", count or _Whose(pool.vendor_id, district.id))
        sent = form.submitted(
            lambda w: true_up_service.say_use(
                w, actor, pool_id, district.id, used=form.used.data or 0
            )
        )
    if sent:
        flash("The count is written down. The other side confirms it.", "good")
        return redirect(back)
    return web.form_page(
        "renewals/say_use.html",
        form,
        pool=pool,
        district=district,
        held=term.seats_at_end.get(leaid, 0),
        count=count,
        side="vendor" if vendor else "district",
        back=back,
        from_day=pool.term_ends_on - rules.SETTLE_BEFORE_END,
    )


@bp.route("/v/<vendor>/counts/<uuid:count_id>", methods=["GET", "POST"])
@bp.route("/d/<leaid>/counts/<uuid:count_id>", methods=["GET", "POST"])
@login_required
def answer_use(count_id: UUID, leaid: str | None = None, vendor: str | None = None) -> Any:
    back = _desk(leaid, vendor)
    actor = login.current_actor()
    form = AnswerUseForm()
    with tenancy.everyone(VENDOR):
        count = usage_queries.get_count(db.session(), count_id)
        if actor.org_id not in (count.vendor_id, count.district_id):
            raise NotFound("There is no such count.")
        require(actor, "renewals.answer_use", count)
        sent = form.submitted(
            lambda w: true_up_service.answer_use(
                w,
                actor,
                count_id,
                agree=form.agree.data == "yes",
                dispute=form.dispute.data or "",
            )
        )
        if sent:
            flash("Your answer is written down.", "good")
            return redirect(back)
        count = usage_queries.get_count(db.session(), count_id)
        pool = pools.get_pool(db.session(), count.pool_id)
        held = queries.standing(db.session(), pool).seats_at_end.get(count.leaid, 0)
        return web.form_page(
            "renewals/answer_use.html",
            form,
            count=count,
            pool=pool,
            held=held,
            name=queries.name_of(db.session(), count.district_id),
            back=back,
        )


def _desk(leaid: str | None, vendor: str | None) -> str:
    """Sit down at the desk of the address; where to go back to."""
    if vendor:
        vendor_desk(vendor)
        return url_for("renewals.vendor_terms", vendor=vendor)
    district_desk(leaid or "")
    return url_for("renewals.my_terms", leaid=leaid)


class _Whose:
    """What policy asks about a count that is not written yet."""

    def __init__(self, vendor_id: UUID, district_id: UUID) -> None:
        self.vendor_id, self.district_id = vendor_id, district_id
