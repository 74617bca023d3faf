"""The fair-split designer of a consortium, and the proposals its members vote on."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Consortium
from marketplace.core import db, panels, web
from marketplace.core.access import can, require
from marketplace.core.errors import RuleBroken
from marketplace.costs import bill_rules, csv_rules, proposal_rules, queries, rules, service
from marketplace.costs.forms import CostMethodForm, PressForm
from marketplace.costs.models import CostProposal
from marketplace.costs.queries import Price, Row
from marketplace.costs.rules import Terms
from marketplace.costs.shared_views import bp
from marketplace.pools.rules import schedule_words
from marketplace.pricing.rules import Member, Split

#: Members on one page of the designer; the seats of the others travel along unseen.
ROWS = 40
#: Up to so many members, every method is worked out beside the chosen one.
MOST_COMPARED = 200
SEATS = "seats-"


def _of(slug: str, action: str) -> tuple[Organization, Consortium]:
    """A consortium from within its own scope; for others it does not exist."""
    organization, consortium = consortia.consortium_by_slug(db.session(), slug)
    require(current_actor(), action, consortium)
    return organization, consortium


@dataclass
class _Seats:
    """What was typed for each member, and what could not be read."""

    typed: dict[str, str] = field(default_factory=dict)
    whole: dict[str, int] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def _seats(rows: list[Row], usual_before: dict[str, int]) -> _Seats:
    """Seats as typed; where the usual ones stood untouched, the usual ones of the new price."""
    found = _Seats()
    for row in rows:
        text = request.form.get(f"{SEATS}{row.leaid}", "").strip()[:20]
        sent = f"{SEATS}{row.leaid}" in request.form
        if not sent or (row.leaid in usual_before and text == str(usual_before[row.leaid])):
            text = str(row.seats)
        found.typed[row.leaid] = text
        try:
            found.whole[row.leaid] = csv_rules.seats_of(text)
        except ValueError as bad:
            found.problems[row.leaid] = str(bad)
    return found


@bp.route("/c/<slug>/cost-method", methods=["GET", "POST"])
@login_required
def cost_method(slug: str) -> Any:
    organization, consortium = _of(slug, "costs.cost_method")
    session = db.session()
    offered = queries.prices(session, organization)
    proposed = queries.proposals(session, organization.id)
    if not offered:
        return _page(organization, consortium, CostMethodForm(), proposed=proposed)
    form = CostMethodForm(data=_asked(consortium, offered))
    form.price.choices = {price.key: price.label for price in offered}
    price = next((each for each in offered if each.key == form.price.data), offered[0])
    rows = queries.rows(session, organization.id, price)
    rows.sort(key=lambda row: row.seats == 0)  # who stands in the pool comes first, by name
    seats = _seats(rows, _usual_before(organization, offered, form, price))
    form.seats_for.data = price.key
    work = _Work(organization, consortium, price, rows, seats)
    if form.is_submitted():
        _read(form, work)
        if not form.errors and request.form.get("do") == "store":
            stored = form.submitted(lambda writer: _store(writer, organization, form, work))
            if stored:
                flash("Your proposal is stored. Its figures stay as they are now.", "success")
                return redirect(url_for(".proposal", slug=slug, proposal_id=form.result.id))
    else:
        work.terms = _terms(form)
        _reckon(form, work)
    return _page(organization, consortium, form, proposed=proposed, work=work)


@dataclass
class _Work:
    """One look at the designer: what is split among whom, and what came of it."""

    organization: Organization
    consortium: Consortium
    price: Price
    rows: list[Row]
    seats: _Seats
    terms: Terms | None = None
    split: Split | None = None
    today: Split | None = None
    compared: list[bill_rules.Compared] = field(default_factory=list)

    @property
    def members(self) -> list[Member]:
        wanted = self.seats.whole
        return [row.with_seats(wanted[row.leaid]) for row in self.rows if wanted.get(row.leaid)]

    @property
    def names(self) -> dict[str, str]:
        return {row.leaid: row.name for row in self.rows}

    @property
    def bills(self) -> dict[str, bill_rules.Bill]:
        if self.split is None:
            return {}
        now = self.today.shares if self.today else None
        lines = bill_rules.bills(self.split.shares, self.split.alone, self.members, self.names, now)
        return {line.id: line for line in lines}


def _asked(consortium: Consortium, offered: list[Price]) -> dict[str, str]:
    """`?price=…&method=…` begin with that; otherwise the newest pool and today's method."""
    wanted = request.args.get("price", "")
    known = {price.key for price in offered}
    method = request.args.get("method", consortium.split_method)
    return {
        "price": wanted if wanted in known else offered[0].key,
        "method": method if method in rules.OFFERED_METHODS else "proportional",
        "equal_percent": "30",
        "rest": "per_pupil",
    }


def _usual_before(
    organization: Organization, offered: list[Price], form: CostMethodForm, price: Price
) -> dict[str, int]:
    """The usual seats of the price that the fields were filled for, if it was another one."""
    before = next((each for each in offered if each.key == form.seats_for.data), None)
    if before is None or before.key == price.key:
        return {}
    return {row.leaid: row.seats for row in queries.rows(db.session(), organization.id, before)}


def _terms(form: CostMethodForm) -> Terms:
    return rules.terms_of(
        form.method.data or "", form.equal_percent.data or "", form.rest.data or ""
    )


def _read(form: CostMethodForm, work: _Work) -> None:
    """Everything that was typed, with every problem at once; then the split."""
    form.validate()
    if form.price.data != work.price.key:
        form.refuse(RuleBroken("Choose a pool or a tool.", "price"))
    try:
        work.terms = _terms(form)
    except RuleBroken as refusal:
        form.refuse(refusal)
    for leaid, problem in list(work.seats.problems.items())[:20]:
        form.form_errors.append(f"{work.names[leaid]}: {problem}")
    if not form.errors:
        _reckon(form, work)


def _reckon(form: CostMethodForm, work: _Work) -> None:
    assert work.terms is not None
    price, members = work.price, work.members
    if not members:
        if form.is_submitted():
            form.form_errors.append("Enter seats for at least one district.")
        return
    try:
        work.split = bill_rules.reckon(price.schedule, members, work.terms, price.seed)
    except RuleBroken as refusal:
        for problem in getattr(refusal, "problems", [str(refusal)])[:20]:
            form.form_errors.append(_with_name(problem, work.names))
        return
    method = work.consortium.split_method
    work.today = proposal_rules.todays_split(price.schedule, members, method, price.seed)
    if len(members) <= MOST_COMPARED:
        work.compared = bill_rules.compare(price.schedule, members, work.terms, price.seed)


def _with_name(problem: str, names: dict[str, str]) -> str:
    """'member "0100005": pupils are missing, …' with the name people know."""
    found = re.match(r'member "(\w+)": ', problem)
    if not found:
        return problem
    return f"{names.get(found[1], found[1])}: {problem[found.end() :]}"


def _store(
    writer: Any, organization: Organization, form: CostMethodForm, work: _Work
) -> CostProposal:
    assert work.terms is not None
    return service.propose_method(
        writer,
        current_actor(),
        organization.id,
        once_key=(form.once_key.data or "")[:64],
        price_key=work.price.key,
        terms=work.terms,
        seats=work.seats.whole,
        words=form.words.data or "",
    )


def _page(
    organization: Organization,
    consortium: Consortium,
    form: CostMethodForm,
    *,
    proposed: list[CostProposal],
    work: _Work | None = None,
) -> tuple[str, int]:
    page = _page_of(work)
    certificate = (
        bill_rules.certificate_words(work.split.certificate, work.names)
        if work and work.split
        else []
    )
    return web.form_page(
        "costs/cost_method.html",
        form,
        organization=organization,
        consortium=consortium,
        work=work,
        page=page,
        certificate=certificate,
        prices=schedule_words(work.price.schedule) if work else "",
        proposed=proposed,
        who=_who(proposed),
        may_propose=can(current_actor(), "costs.propose_method", consortium),
    )


def _page_of(work: _Work | None) -> web.Page:
    """The rows asked for; where some could not be read, the page with the first of them."""
    rows = work.rows if work else []
    # The button that turns the page comes after the hidden field that keeps it.
    asked = (request.form.getlist("page") or ["1"])[-1]
    number = int(asked) if asked.isdecimal() and len(asked) < 5 else 1
    if work and work.seats.problems:
        wrong = next(i for i, row in enumerate(rows) if row.leaid in work.seats.problems)
        number = wrong // ROWS + 1
    last = max(1, -(-len(rows) // ROWS))
    number = min(max(number, 1), last)
    return web.Page(rows[(number - 1) * ROWS : number * ROWS], number, ROWS, len(rows))


def _who(proposed: list[CostProposal]) -> dict[UUID, Organization]:
    """For whom each proposal was made."""
    return accounts.organizations_by_id(db.session(), {each.proposed_for_id for each in proposed})


# -- a proposal ------------------------------------------------------------------------------


@bp.get("/c/<slug>/cost-method/<uuid:proposal_id>")
@login_required
def proposal(slug: str, proposal_id: UUID) -> Any:
    organization, _ = _of(slug, "costs.proposal")
    found = queries.get_proposal(db.session(), organization.id, proposal_id)
    split, today = found.result["split"], found.result["today"]
    names = {row["id"]: row["name"] for row in found.inputs["members"]}
    members = [Member(row["id"], row["seats"], row["pupils"]) for row in found.inputs["members"]]
    lines = bill_rules.bills(split["shares"], split["alone"], members, names, today["shares"])
    certificate = bill_rules.certificate_of(split["certificate"])
    lines.sort(key=lambda line: line.name)
    return render_template(
        "costs/proposal.html",
        organization=organization,
        proposal=found,
        terms=terms_of(found),
        who=_who([found])[found.proposed_for_id],
        lines=lines,
        page=web.paged_list(lines, ROWS),
        purchase=split["purchase"],
        certificate=certificate,
        certificate_words=bill_rules.certificate_words(certificate, names),
        today=today["method"] if today["shares"] else "",
        error_bound=split.get("error_bound_cents"),
        may_withdraw=can(current_actor(), "costs.withdraw_proposal", found),
        press=PressForm(),
    )


@bp.app_template_global("terms_of_proposal")
def terms_of(proposal: CostProposal) -> Terms:
    return Terms(proposal.method, proposal.equal_bps, proposal.rest)


@bp.get("/c/<slug>/cost-method/<uuid:proposal_id>.json")
@login_required
def proposal_json(slug: str, proposal_id: UUID) -> Any:
    """The frozen inputs, which `marketplace split` reads, exactly as they were hashed."""
    organization, _ = _of(slug, "costs.proposal")
    found = queries.get_proposal(db.session(), organization.id, proposal_id)
    return Response(
        proposal_rules.canonical(found.inputs),
        mimetype="application/json",
        headers={"Content-Disposition": 'attachment; filename="proposal.json"'},
    )


@bp.post("/c/<slug>/cost-method/<uuid:proposal_id>/withdraw")
@login_required
def withdraw_proposal(slug: str, proposal_id: UUID) -> Any:
    organization, _ = _of(slug, "costs.proposal")
    queries.get_proposal(db.session(), organization.id, proposal_id)
    if PressForm().submitted(
        lambda writer: service.withdraw_proposal(
            writer, current_actor(), organization.id, proposal_id
        )
    ):
        flash("The proposal is withdrawn. Its figures stay here to read.")
    return redirect(url_for(".proposal", slug=slug, proposal_id=proposal_id))


# -- on pages further up ---------------------------------------------------------------------


@panels.fill("consortia.consortium")
def method_of_consortium(consortium: Any) -> str | None:
    """For members only: the way to the designer, and what waits for a vote."""
    return _panel(consortium)


@panels.fill("consortia.console")
def method_of_console(consortium: Any) -> str | None:
    return _panel(consortium)


def _panel(consortium: Any) -> str | None:
    if not can(current_actor(), "costs.cost_method", consortium):
        return None
    session = db.session()
    organization = accounts.get_organization(session, consortium.org_id)
    waiting = [p for p in queries.proposals(session, consortium.org_id) if not p.withdrawn_at]
    return render_template(
        "costs/_panel.html",
        organization=organization,
        consortium=consortium,
        waiting=waiting[:5],
    )
