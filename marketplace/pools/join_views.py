"""The join flow: seats, contacts, check answers, sent. Each step has its own address."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from flask import flash, redirect, render_template, request
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor, current_identity
from marketplace.core import db, tenancy, web
from marketplace.core.access import require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.fields import dollars_text
from marketplace.core.money import dollars
from marketplace.core.uploads import CheckedFile
from marketplace.directory import queries as directory
from marketplace.pools import by_law_queries, queries, rules, service, share_rules
from marketplace.pools.forms import (
    CheckForm,
    ContactsForm,
    SeatsForm,
    WithdrawForm,
    seats_answers,
)
from marketplace.pools.models import Commitment
from marketplace.pools.rules import Rung
from marketplace.pools.service import Answers
from marketplace.pools.shared_views import PUBLIC, Shown, bp, find
from marketplace.pricing.rules import Member

STEPS = ("Seats", "Contacts", "Check answers", "Sent")
DAYS = ("survey_closed_on", "board_date")
WHY = "a district outside the consortium may show interest in a public pool"


class _Join:
    """What each step knows: the pool, the district, its draft and what it sent before."""

    def __init__(self, consortium: str, slug: str) -> None:
        self.shown: Shown = find(consortium, slug)
        self.actor = current_actor()
        require(self.actor, "pools.commit_seats", self.shown.pool)
        session, pool = db.session(), self.shown.pool
        self.district = accounts.get_organization(session, self.actor.home)
        draft = queries.join_draft(session, pool.id, self.actor.home)
        self.answers: dict[str, Any] = dict(draft.answers) if draft else {}
        with tenancy.everyone(WHY):
            sent = queries.commitment(session, pool.id, self.actor.home)
        self.sent: Commitment | None = sent if sent and sent.withdrawn_at is None else None
        known = directory.districts_by_leaid(session, [self.district.leaid or ""])
        found = known.get(self.district.leaid or "")
        self.pupils: int | None = found.pupils if found else None

    @property
    def closed(self) -> Any:
        """Where to go instead, when the pool takes no seats any more."""
        if self.shown.takes_seats:
            return None
        flash("This pool has closed. Nothing can be added or changed any more.", "warning")
        return redirect(self.shown.url())

    def kept_or_sent(self) -> dict[str, Any]:
        """The answers to begin with: the draft's, else those that were sent."""
        if "seats" in self.answers or self.sent is None:
            return self.answers
        said = {name: getattr(self.sent, name) for name in Answers.__dataclass_fields__}
        contact = {
            "contact_name": self.sent.contact_name,
            "contact_email": self.sent.contact_email,
        }
        days = {name: said[name].isoformat() if said[name] else None for name in DAYS}
        return {**said, **contact, **self.answers, **days}

    def context(self, step: int) -> dict[str, Any]:
        return {
            "shown": self.shown,
            "pool": self.shown.pool,
            "district": self.district,
            "pupils": self.pupils,
            "steps": STEPS,
            "step": step,
            "sent": self.sent,
            "may_change_until": self.may_change_until,
        }

    @property
    def survey_required(self) -> bool:
        with tenancy.everyone("by-laws are public"):
            return by_law_queries.survey_required(db.session(), self.shown.pool)

    @property
    def may_change_until(self) -> datetime:
        """Until then seats can be changed or withdrawn; afterwards only added, or nothing."""
        pool = self.shown.pool
        return pool.fill_up_at or pool.closes_at

    def prices(self, seats: int | None) -> list[share_rules.TierPrice]:
        """What so many seats cost at each price step, with everybody else in the pool."""
        if not seats or not 1 <= seats <= rules.MOST_SEATS:
            return []
        others = [each for each in self._standings() if each.counts and not self._is_me(each)]
        pool_seats = seats + sum(each.seats for each in others)
        return share_rules.my_price_at_each_tier(self.shown.schedule, seats, pool_seats)

    def cost(self, said: Answers) -> share_rules.MyCost:
        me = Member(
            self.district.leaid or "you", said.seats, self.pupils, said.limit_cents, said.tolerance
        )
        others = [
            each.as_member for each in self._standings() if each.counts and not self._is_me(each)
        ]
        pool = self.shown.pool
        return share_rules.my_cost(
            self.shown.schedule, others, me, pool.split_method, self.shown.seed
        )

    def _standings(self) -> list[queries.Standing]:
        with tenancy.everyone(PUBLIC):
            return queries.standings(db.session(), self.shown.pool.id)

    def _is_me(self, standing: queries.Standing) -> bool:
        return standing.district_id == self.district.id

    def save(self, writer: Any, kept: dict[str, Any], resolution: CheckedFile | None = None) -> Any:
        with tenancy.everyone(WHY):
            return service.save_draft(writer, self.actor, self.shown.pool.id, kept, resolution)


@bp.get("/pools/<consortium>/<slug>/join")
@login_required
def join(consortium: str, slug: str) -> Any:
    """To the first step that is still open."""
    flow = _Join(consortium, slug)
    if "seats" not in flow.answers:
        return redirect(flow.shown.url("join_seats"))
    done = "contact_email" in flow.answers
    return redirect(flow.shown.url("join_check" if done else "join_contacts"))


@bp.route("/pools/<consortium>/<slug>/join/seats", methods=["GET", "POST"])
@login_required
def join_seats(consortium: str, slug: str) -> Any:
    flow = _Join(consortium, slug)
    if flow.closed:
        return flow.closed
    start = flow.kept_or_sent()
    form = SeatsForm(
        data={
            "seats": start.get("seats"),
            "tolerance": start.get("tolerance", 0),
            "limit": dollars_text(start.get("limit_cents")),
            "rung": start.get("rung"),
            "survey_closed_on": _day(start.get("survey_closed_on")),
            "board_date": _day(start.get("board_date")),
            "board_minute": start.get("board_minute", ""),
            "po_number": start.get("po_number", ""),
        }
    )
    if request.method == "POST" and "update" in request.form:
        form.seats.validate(form)  # the price needs no more than this; the rest may still be open
    elif form.validate_on_submit() and _kept(flow, form):
        return redirect(flow.shown.url("join_contacts"))
    good = form.seats.data if not form.seats.errors else None
    return web.form_page(
        "pools/join_seats.html",
        form,
        prices=flow.prices(good),
        survey_required=flow.survey_required,
        has_resolution=bool(start.get("resolution_id")),
        **flow.context(1),
    )


def _kept(flow: _Join, form: SeatsForm) -> bool:
    """The file is looked into before a transaction is open."""
    try:
        resolution = form.checked_resolution()
    except RuleBroken as refusal:
        form.refuse(refusal)
        return False
    return form.keep(lambda writer: flow.save(writer, seats_answers(form), resolution))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@bp.route("/pools/<consortium>/<slug>/join/contacts", methods=["GET", "POST"])
@login_required
def join_contacts(consortium: str, slug: str) -> Any:
    flow = _Join(consortium, slug)
    if flow.closed:
        return flow.closed
    if "seats" not in flow.answers:
        return redirect(flow.shown.url("join_seats"))
    start, person = flow.kept_or_sent(), current_identity()
    sent = flow.sent
    form = ContactsForm(
        data={
            "contact_name": start.get("contact_name")
            or (sent.contact_name if sent else person.name if person else ""),
            "contact_email": start.get("contact_email")
            or (sent.contact_email if sent else person.email if person else ""),
        }
    )
    kept = {"contact_name": form.contact_name.data, "contact_email": form.contact_email.data}
    if form.submitted(lambda writer: flow.save(writer, kept)):
        return redirect(flow.shown.url("join_check"))
    return web.form_page("pools/join_contacts.html", form, **flow.context(2))


@bp.route("/pools/<consortium>/<slug>/join/check", methods=["GET", "POST"])
@login_required
def join_check(consortium: str, slug: str) -> Any:
    flow = _Join(consortium, slug)
    key = request.form.get("key", "")
    if key and flow.sent and flow.sent.last_key == key:
        return redirect(flow.shown.url("join_sent"))
    if flow.closed:
        return flow.closed
    if "seats" not in flow.answers or "contact_email" not in flow.answers:
        return redirect(flow.shown.url("join"))
    said = Answers.of(flow.answers)
    form = CheckForm(data={"key": flow.answers["key"]})

    def commit(writer: Any) -> Any:
        with tenancy.everyone(WHY):
            return service.commit_seats(
                writer,
                flow.actor,
                flow.shown.pool.id,
                contact_name=flow.answers["contact_name"],
                contact_email=flow.answers["contact_email"],
                key=flow.answers["key"],
                **asdict(said),
            )

    if form.submitted(commit):
        return redirect(flow.shown.url("join_sent"))
    cost = flow.cost(said)
    return web.form_page(
        "pools/join_check.html",
        form,
        said=said,
        answers=flow.answers,
        cost=cost,
        binding=rules.binding_words(said.rung, said.seats, dollars(cost.most_cents)),
        least_cents=min((line.share_cents for line in flow.prices(said.seats)), default=0),
        counts=said.rung in rules.COUNTING_RUNGS,
        interested=said.rung is Rung.INTEREST,
        **flow.context(3),
    )


@bp.get("/pools/<consortium>/<slug>/join/sent")
@login_required
def join_sent(consortium: str, slug: str) -> Any:
    flow = _Join(consortium, slug)
    if flow.sent is None:
        return redirect(flow.shown.url("join_seats"))
    counts = flow.sent.rung in rules.COUNTING_RUNGS
    return render_template("pools/join_sent.html", counts=counts, **flow.context(4))


@bp.route("/pools/<consortium>/<slug>/withdraw", methods=["GET", "POST"])
@login_required
def withdraw_commitment(consortium: str, slug: str) -> Any:
    flow = _Join(consortium, slug)
    if flow.sent is None:
        raise NotFound("Your district is not in this pool.")
    if flow.closed:
        return flow.closed
    form = WithdrawForm()

    def withdraw(writer: Any) -> Any:
        with tenancy.everyone(WHY):
            return service.withdraw_commitment(writer, flow.actor, flow.shown.pool.id)

    if form.submitted(withdraw):
        flash("Your seats are out of the pool. You can come back until it closes.", "success")
        return redirect(flow.shown.url())
    return web.form_page("pools/withdraw_commitment.html", form, **flow.context(4))
