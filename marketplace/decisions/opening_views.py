"""Putting a question to the members: what may be asked, and the form."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_login import login_required

from marketplace.accounts.login import current_actor
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import ToolStatus
from marketplace.consortia import queries as consortia
from marketplace.core import db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotAllowed
from marketplace.costs import queries as costs
from marketplace.costs.rules import Terms
from marketplace.decisions import queries, service
from marketplace.decisions.forms import OpenDecisionForm
from marketplace.decisions.models import Decision
from marketplace.decisions.rules import DecisionKind
from marketplace.decisions.service import Question
from marketplace.decisions.shared_views import bp
from marketplace.pools import queries as pools
from marketplace.pricing.rules import Form, price_sentences, schedule_from_json


@bp.route("/consortia/<slug>/decisions/new", methods=["GET", "POST"])
@login_required
def open_decision(slug: str) -> Any:
    organization, consortium = consortia.consortium_by_slug(db.session(), slug)
    actor = current_actor()
    require(actor, "decisions.open_decision", consortium)
    form: Any = OpenDecisionForm(data={"kind": request.args.get("kind", "")})
    if not queries.speaks(db.session(), actor, organization.id):
        raise NotAllowed("Only members and their lead agency put questions. You read along.")
    form.subject.choices = _subjects(
        organization.id, can(actor, "consortia.save_by_laws", consortium)
    )

    def opened(writer: Any) -> Decision:
        asked = Question(
            kind=DecisionKind(form.kind.data),
            title=form.title.data or "",
            words=form.words.data or "",
            closes_day=form.closes_day.data,
            closes_time=form.closes_time.data,
            subject=form.subject.data or "",
        )
        return service.open_decision(
            writer, actor, organization.id, asked, form.once_key.data or ""
        )

    if form.submitted(opened):
        flash("The vote is open. Every named voter gets an e-mail.", "success")
        return redirect(url_for(".decision", slug=slug, number=form.result.number))
    zone = web.ZONE_WORDS.get(organization.time_zone, organization.time_zone)
    return web.form_page("decisions/open_decision.html", form, organization=organization, zone=zone)


def _subjects(org_id: UUID, writes_by_laws: bool) -> list[tuple[str, str]]:
    """What waits for a vote: proposals of the designer, districts, the lead's draft; and the
    tools and prices that a pool can be made of."""
    session = db.session()
    found = [("", "Choose; nothing to dissolve the consortium")]
    for proposal in costs.proposals(session, org_id):
        if proposal.withdrawn_at is None:
            terms = Terms(proposal.method, proposal.equal_bps, proposal.rest).words
            found.append((f"cost_method:{proposal.id}", f"Split: {terms}, {proposal.bought}"))
    for member, district in consortia.waiting_for_an_answer(session, org_id):
        found.append((f"admit_member:{member.district_id}", f"New member: {district.name}"))
    draft = consortia.by_laws_draft(session, org_id) if writes_by_laws else None
    if draft and not draft.put_to_vote_at:
        found.append((f"change_by_laws:{draft.id}", f"By-laws: draft of version {draft.version}"))
    return [*found, *_prices(), *_tools()]


def _offered() -> list[Any]:
    with tenancy.everyone("published prices are public"):
        return pools.priced_tools(db.session(), catalogue.last_zone_today())


def _prices() -> list[tuple[str, str]]:
    found = []
    for tool, edition, schedule in _offered():
        terms = schedule_from_json(schedule.terms)
        if terms.form is not Form.SITE:
            words = f"Pool: {tool.name}, {edition.name}: {price_sentences(terms)}"
            found.append((f"found_pool:{schedule.id}", words[:150]))
    return found


def _tools() -> list[tuple[str, str]]:
    """Published tools, each once, also those without a price."""
    with tenancy.everyone("published tools are public"):
        tools = catalogue.tools_by_status(db.session(), ToolStatus.PUBLISHED, limit=500)
    return [(f"pick_tool:{tool.id}", f"Tool: {tool.name}") for tool in tools]
