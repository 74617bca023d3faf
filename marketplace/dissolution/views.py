"""The end of a consortium on the web: what is still open, who gets or owes what, the last press."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Consortium
from marketplace.consortia.rules import Dissolution as WhoDissolves
from marketplace.core import db, tenancy
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.decisions import queries as decisions
from marketplace.dissolution import queries, service
from marketplace.dissolution.forms import DeclareForm, NameForm, PressForm
from marketplace.ledger import queries as ledger
from marketplace.ledger import rules as ledger_rules

bp = Blueprint("dissolution", __name__)
PUBLIC = "that a consortium ends, and how, is public"
WHY = "whoever ends a consortium settles what its districts were billed"


class _Shown:
    """One consortium's end as a reader sees it."""

    def __init__(self, slug: str) -> None:
        self.actor = current_actor()
        with tenancy.everyone(PUBLIC):
            found: tuple[Organization, Consortium] = consortia.consortium_by_slug(
                db.session(), slug
            )
        self.organization, self.consortium = found
        self.leads = can(self.actor, "dissolution.declare", self.consortium)
        self.may_settle = can(self.actor, "dissolution.propose_settlement", self.consortium)
        self.sees_accounts = can(self.actor, "dissolution.see_accounts", self.consortium)
        self.slug = slug

    def page(self, form: Any) -> Any:
        session, org_id = db.session(), self.organization.id
        with tenancy.everyone(PUBLIC):
            dissolution = queries.dissolution_of(session, org_id)
            if dissolution is None and not self.leads:
                raise NotFound("There is no such page.")
            vote = None
            if dissolution and dissolution.decision_id:
                vote = decisions.get_decision(session, dissolution.decision_id)
            standing = queries.standing(session, org_id)
            shares = dissolution.figures.get("shares", {}) if dissolution else {}
            page = render_template(
                "dissolution/end.html",
                shown=self,
                organization=self.organization,
                consortium=self.consortium,
                dissolution=dissolution,
                vote=vote,
                standing=standing,
                names=_names(session, [*standing.held, *shares]),
                rule=consortia.by_laws_in_force(session, org_id).choices,
                declares=self._declares(session),
                form=form,
                press=PressForm(),
                me=self.actor.user_id,
            )
        return page, 422 if form.errors else 200

    def _declares(self, session: Any) -> bool:
        choices = consortia.by_laws_in_force(session, self.organization.id).choices
        return choices.dissolution is WhoDissolves.LEAD

    def after(self) -> Any:
        return redirect(url_for(".end", slug=self.slug))


def _names(session: Any, codes: list[str]) -> dict[str, str]:
    """Accounts and districts in words."""
    accounts = [code if ":" in code or code.isalpha() else f"receivable:{code}" for code in codes]
    owners = ledger.owners_of(session, accounts)
    told = {code: ledger_rules.plain_name(code, owners.get(code)) for code in accounts}
    told |= {
        code.partition(":")[2]: owner for code, owner in owners.items() if "receivable" in code
    }
    return told


@bp.get("/consortia/<slug>/end")
def end(slug: str) -> Any:
    shown = _Shown(slug)
    form = DeclareForm() if shown.consortium.winding_up_on is None else NameForm()
    return shown.page(form)


@bp.post("/consortia/<slug>/end/declare")
@login_required
def declare(slug: str) -> Any:
    shown, form = _Shown(slug), DeclareForm()
    require(shown.actor, "dissolution.declare", shown.consortium)
    with tenancy.everyone(WHY):
        sent = form.submitted(
            lambda writer: service.declare(
                writer,
                shown.actor,
                shown.organization.id,
                words=form.words.data or "",
                typed_name=form.name.data or "",
            )
        )
    if sent:
        flash("It is declared. Every member gets a letter. Nothing new begins from now on.")
        return shown.after()
    return _Shown(slug).page(form)


@bp.post("/consortia/<slug>/end/share")
@login_required
def propose_settlement(slug: str) -> Any:
    said = "Proposed. Every member sees it; somebody else approves it."
    return _press(slug, "propose_settlement", said)


@bp.post("/consortia/<slug>/end/approve")
@login_required
def approve_settlement(slug: str) -> Any:
    return _press(slug, "approve_settlement", "Posted. Now pay out what is owed, both ways.")


def _press(slug: str, use_case: str, said: str) -> Any:
    shown, form = _Shown(slug), PressForm()
    require(shown.actor, f"dissolution.{use_case}", shown.consortium)
    run = getattr(service, use_case)
    with tenancy.everyone(WHY):
        sent = form.submitted(lambda writer: run(writer, shown.actor, shown.organization.id))
    if sent:
        flash(said, "success")
        return shown.after()
    return _Shown(slug).page(form)


@bp.post("/consortia/<slug>/end/dissolve")
@login_required
def dissolve(slug: str) -> Any:
    shown, form = _Shown(slug), NameForm()
    require(shown.actor, "dissolution.dissolve", shown.consortium)
    with tenancy.everyone(WHY):
        sent = form.submitted(
            lambda writer: service.dissolve(
                writer, shown.actor, shown.organization.id, typed_name=form.name.data or ""
            )
        )
    if sent:
        flash(f"{shown.organization.name} is dissolved. Its books are sealed.", "success")
        return shown.after()
    return _Shown(slug).page(form)
