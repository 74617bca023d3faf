"""Founding a consortium in steps, each with its own address; one can leave and come back."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required
from wtforms import Form as AnyForm

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import (
    actor_of,
    current_actor,
    current_identity,
    current_organization,
    forget_identity,
)
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia import queries, rules, service
from marketplace.consortia.by_laws_forms import EndForm, MembersForm, MoneyForm, chosen, typed
from marketplace.consortia.by_laws_rules import (
    Choices,
    check_choices,
    choices_as_json,
    choices_from_json,
)
from marketplace.consortia.by_laws_words import clauses
from marketplace.consortia.forms import NameForm, PressForm, ShapeForm
from marketplace.consortia.rules import LegalShape
from marketplace.consortia.shared_views import bp
from marketplace.core import db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound

#: Each step: what it is called, its form, and the fields as they stand on the page.
STEPS: dict[str, tuple[str, type[Any], str]] = {
    "name": ("Name and purpose", NameForm, "consortia/_name_fields.html"),
    "shape": ("Legal shape", ShapeForm, "consortia/_shape_fields.html"),
    "members": ("Members and votes", MembersForm, "consortia/_members_fields.html"),
    "money": ("Money", MoneyForm, "consortia/_money_fields.html"),
    "end": ("Open books, leaving, end", EndForm, "consortia/_end_fields.html"),
}
LABELS = (*(label for label, _, _ in STEPS.values()), "Check answers")
OF_BY_LAWS = ("members", "money", "end")


class _Founding:
    """What each step knows: who founds, and what was answered so far."""

    def __init__(self) -> None:
        self.actor = current_actor()
        require(self.actor, "consortia.save_founding")
        session = db.session()
        home = current_organization()
        assert home is not None
        self.home = home
        draft = queries.founding_draft(session, home.id, self.actor.person)
        self.answers: dict[str, Any] = dict(draft.answers) if draft else {}

    @property
    def choices(self) -> Choices:
        return choices_from_json(self.answers.get("choices", {}))

    @property
    def open_step(self) -> str | None:
        """The first step that is not answered; None when all are."""
        return next((step for step in STEPS if step not in self.answers.get("done", [])), None)

    def agencies(self) -> dict[str, str]:
        found = accounts.organizations_of_kind(db.session(), OrganizationKind.SERVICE_AGENCY)
        return {str(org.id): org.name for org in [self.home, *found]}

    def begin(self, kind: type[Any]) -> Any:
        """The form of a step, with what was answered before."""
        said = {"time_zone": self.home.time_zone} | typed(self.choices) | self.answers
        form = kind(data=said)
        if isinstance(form, ShapeForm):
            form.fiscal_agent.choices = {"": "None", **self.agencies()}
            form.successor.choices = {"": "None", **self.agencies()}
        return form

    def kept(self, step: str, form: AnyForm) -> dict[str, Any]:
        """What a valid step adds to the answers; a broken rule is refused at its field."""
        done = {"done": sorted({*self.answers.get("done", []), step})}
        said = {name: value for name, value in form.data.items() if name != "csrf_token"}
        if step == "shape":
            agent, successor = said["fiscal_agent"] or "", said["successor"] or ""
            rules.check_fiscal_agent(LegalShape(said["legal_shape"]), agent, successor)
            said |= {"fiscal_agent": agent, "successor": successor}
        if step in OF_BY_LAWS:
            choices = chosen(form, self.choices)  # type: ignore[arg-type]
            check_choices(choices)
            text = {"text": (said["text"] or "").strip()} if step == "end" else {}
            said = {"choices": choices_as_json(choices)} | text
        return said | done

    def save(self, writer: Any, step: str, form: AnyForm) -> Any:
        return service.save_founding(writer, self.actor, self.kept(step, form))


def _to_the_start() -> Any:
    return redirect(url_for(".start_founding"))


def _to(step: str | None) -> Any:
    if step is None:
        return redirect(url_for(".found_consortium"))
    return redirect(url_for(".save_founding", step=step))


@bp.get("/consortia/new")
@login_required
def start_founding() -> Any:
    """To the first step that is still open; who may not found is told who may, and how."""
    if not can(current_actor(), "consortia.save_founding"):
        return _who_founds()
    return _to(_Founding().open_step)


def _who_founds() -> str:
    """Roles are held in organizations: another of one's own may be the one that founds."""
    identity = current_identity()
    assert identity is not None  # the page is behind sign-in
    others = [
        org
        for org in identity.organizations.values()
        if can(actor_of(identity, org), "consortia.save_founding")
    ]
    return render_template(
        "consortia/start_founding.html", home=current_organization(), others=others
    )


@bp.route("/consortia/new/<step>", methods=["GET", "POST"])
@login_required
def save_founding(step: str) -> Any:
    if step not in STEPS:
        raise NotFound("There is no such step.")
    if request.method == "GET" and not can(current_actor(), "consortia.save_founding"):
        return _to_the_start()
    founding = _Founding()
    label, kind, fields = STEPS[step]
    form = founding.begin(kind)
    if form.submitted(lambda writer: founding.save(writer, step, form)):
        done = form.result.answers["done"]
        return _to(next((other for other in STEPS if other not in done), None))
    return web.form_page(
        "consortia/save_founding.html",
        form,
        lead=founding.home,
        labels=LABELS,
        number=list(STEPS).index(step) + 1,
        label=label,
        step=step,
        fields=fields,
    )


@bp.route("/consortia/new/check", methods=["GET", "POST"])
@login_required
def found_consortium() -> Any:
    if request.method == "GET" and not can(current_actor(), "consortia.save_founding"):
        return _to_the_start()
    founding = _Founding()
    if founding.open_step:
        return _founded_already() if not founding.answers else _to(founding.open_step)
    form = PressForm()

    def found(writer: Any) -> Any:
        with tenancy.everyone("a new consortium is in nobody’s scope yet"):
            consortium = service.finish_founding(writer, founding.actor)
            writer.flush()
            return accounts.get_organization(writer, consortium.org_id)

    if form.submitted(found):
        forget_identity()
        flash("Your consortium is founded. Invite its first districts.", "success")
        return redirect(url_for(".console", slug=form.result.slug))
    agencies = founding.agencies()
    return web.form_page(
        "consortia/found_consortium.html",
        form,
        lead=founding.home,
        labels=LABELS,
        answers=founding.answers,
        shape=rules.SHAPE_WORDS[LegalShape(founding.answers["legal_shape"])],
        agent=agencies.get(founding.answers["fiscal_agent"]),
        successor=agencies.get(founding.answers["successor"]),
        zone=web.ZONE_WORDS[founding.answers["time_zone"]],
        clauses=clauses(founding.choices),
    )


def _founded_already() -> Any:
    """The last press was heard and the answers are used up: to what it founded, if anything."""
    with tenancy.everyone("consortia are public"):
        led = queries.led_by(db.session(), current_actor().home)
    if not led:
        return _to("name")
    newest = max(led, key=lambda pair: (pair[1].founded_on, pair[0].name))
    return redirect(url_for(".console", slug=newest[0].slug))
