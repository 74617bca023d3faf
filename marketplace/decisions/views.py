"""Decisions on the web: the list, one decision with its votes, and its minutes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Consortium, History, Member
from marketplace.consortia.rules import MemberStatus
from marketplace.core import clock, db, page_cache, panels, pdf, tenancy, web
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.decisions import opening_views, queries, rules, service
from marketplace.decisions.forms import (
    ConflictForm,
    ProxyForm,
    RemarkForm,
    VoteForm,
)
from marketplace.decisions.models import Elector
from marketplace.decisions.rules import Choice
from marketplace.decisions.shared_views import PUBLIC, bp, consortium_at
from marketplace.pools import queries as pools
from marketplace.pools.models import Pool
from marketplace.pools.rules import PoolStatus

#: Putting a question registers itself on the same blueprint.
__all__ = ["bp", "opening_views"]
ROWS = 20


@bp.app_template_global("decision_words")
def decision_words() -> dict[str, Any]:
    return {
        "kind": rules.KIND_WORDS,
        "outcome": rules.OUTCOME_WORDS,
        "choice": rules.CHOICE_WORDS,
        "effect": rules.EFFECT_WORDS,
        "majority": rules.NEEDED_WORDS,
    }


def _may_open(consortium: Consortium) -> bool:
    """Whoever only observes may not put a question."""
    actor = current_actor()
    if not can(actor, "decisions.open_decision", consortium):
        return False
    return queries.speaks(db.session(), actor, consortium.org_id)


@bp.get("/consortia/<slug>/decisions")
@page_cache.public_page
def decisions(slug: str) -> Any:
    organization, consortium = consortium_at(slug)
    with tenancy.everyone(PUBLIC):
        page = web.paged(db.session(), queries.decisions_listed(organization.id), ROWS)
    return render_template(
        "decisions/decisions.html",
        organization=organization,
        page=page,
        may_open=_may_open(consortium),
    )


HEADER = ("number", "kind", "title", "opened_at", "closes_at", "closed_at", "outcome", "page")


def _told(organization: Organization) -> list[dict[str, Any]]:
    with tenancy.everyone(PUBLIC):
        found = db.session().exec(queries.decisions_listed(organization.id).limit(10_000)).all()
    return [
        {
            "number": each.number,
            "kind": str(each.kind),
            "title": each.title,
            "opened_at": each.opened_at.isoformat(),
            "closes_at": each.closes_at.isoformat(),
            "closed_at": each.closed_at.isoformat() if each.closed_at else "",
            "outcome": str(each.outcome or ""),
            "page": url_for(".decision", slug=organization.slug, number=each.number),
        }
        for each in found
    ]


@bp.get("/consortia/<slug>/decisions.csv")
@page_cache.public_page
def decisions_csv(slug: str) -> Any:
    rows = [list(row.values()) for row in _told(consortium_at(slug)[0])]
    return web.csv_response("decisions", HEADER, rows)


@bp.get("/consortia/<slug>/decisions.json")
@page_cache.public_page
def decisions_json(slug: str) -> Any:
    return web.json_response(decisions=_told(consortium_at(slug)[0]))


@dataclass(frozen=True)
class _Unnamed:
    """A district whose name the by-laws keep from outsiders."""

    id: UUID
    name: str = "A member"


class _Shown:
    """One decision as a reader sees it: what anyone may know, and what members may."""

    def __init__(self, slug: str, number: int) -> None:
        self.organization, self.consortium = consortium_at(slug)
        self.actor = current_actor()
        session = db.session()
        with tenancy.everyone(PUBLIC):
            self.decision = queries.decision_by_number(session, self.organization.id, number)
            self.electors: list[tuple[Elector, Any]] = list(
                queries.electors(session, self.decision.id)
            )
            self.member = self._member()
        votes = [each.as_vote for each, _ in self.electors]
        decision = self.decision
        self.tally = rules.tally(
            votes, decision.quorum_percent, decision.majority, decision.conflict
        )
        if not self._sees_names(session):
            self.electors = [(each, _Unnamed(org.id)) for each, org in self.electors]
        self.names = {org.id: org.name for _, org in self.electors}
        self.is_open = decision.closed_at is None and clock.now() < decision.closes_at
        self.inside = can(self.actor, "decisions.discussion", decision)
        self.mine = next((e for e, _ in self.electors if e.district_id == self.actor.org_id), None)

    def _sees_names(self, session: Any) -> bool:
        with tenancy.everyone(PUBLIC):
            return consortia.sees_names(session, self.actor, self.consortium)

    def _member(self) -> Member | None:
        if self.actor.org_kind != "district":
            return None
        found = consortia.member(db.session(), self.organization.id, self.actor.home)
        return found if found and found.status is MemberStatus.ACTIVE else None

    @property
    def votes_here(self) -> bool:
        """The reader is the named voter or alternate, and the district has a vote."""
        member = self.member
        return bool(
            member and self.mine and self.is_open and can(self.actor, "decisions.cast_vote", member)
        )

    def may_cast(self) -> list[tuple[str, str]]:
        """The districts whose vote the reader may cast now: its own, and those given to it."""
        if not self.votes_here:
            return []
        return [
            (str(e.district_id), org.name)
            for e, org in self.electors
            if e.choice is None
            and e.conflicted_at is None
            and self.actor.org_id in (e.district_id, e.proxy_to_id)
        ]

    @property
    def may_speak(self) -> bool:
        if not self.is_open or not can(self.actor, "decisions.remark", self.decision):
            return False
        return queries.speaks(db.session(), self.actor, self.organization.id)

    def url(self) -> str:
        return url_for(".decision", slug=self.organization.slug, number=self.decision.number)

    def page(self, **forms: Any) -> Any:
        decision = self.decision
        vote = forms.get("vote") or VoteForm()
        proxy = forms.get("proxy") or ProxyForm()
        proxy.to.choices = self.others()
        shown = next((form for form in forms.values() if form.errors), None)
        page = render_template(
            "decisions/decision.html",
            shown=self,
            organization=self.organization,
            decision=decision,
            tally=self.tally,
            remarks=queries.remarks(db.session(), decision.id) if self.inside else [],
            castable=self.may_cast(),
            vote=vote,
            conflict=forms.get("conflict") or ConflictForm(),
            proxy=proxy,
            remark=forms.get("remark") or RemarkForm(),
            form=shown,
            next_pool=self.next_pool(),
            leads=can(self.actor, "pools.create_pool", self.consortium),
        )
        return page, 422 if shown else 200

    def next_pool(self) -> Pool | None:
        """The pool that the decision opened; while it is a draft, for its lead only."""
        if self.decision.opens_pool_id is None:
            return None
        with tenancy.everyone(PUBLIC):
            pool = pools.get_pool(db.session(), self.decision.opens_pool_id)
        drafted = pool.status is PoolStatus.DRAFT
        return pool if not drafted or can(self.actor, "pools.see_draft", pool) else None

    def others(self) -> list[tuple[str, str]]:
        return [
            (str(e.district_id), org.name)
            for e, org in self.electors
            if e.district_id != self.actor.org_id and e.conflicted_at is None
        ]


@bp.get("/consortia/<slug>/decisions/<int:number>")
def decision(slug: str, number: int) -> Any:
    return _Shown(slug, number).page()


def _id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise NotFound("There is no such district.") from None


@bp.post("/consortia/<slug>/decisions/<int:number>/vote")
@login_required
def cast_vote(slug: str, number: int) -> Any:
    shown, form = _Shown(slug, number), VoteForm()
    if form.submitted(
        lambda writer: service.cast_vote(
            writer,
            shown.actor,
            shown.decision.id,
            Choice(form.choice.data),
            _id(form.district.data) if form.district.data else None,
        )
    ):
        flash("Your vote is cast. It is final.", "success")
        return redirect(shown.url())
    return shown.page(vote=form)


@bp.post("/consortia/<slug>/decisions/<int:number>/conflict")
@login_required
def declare_conflict(slug: str, number: int) -> Any:
    shown, form = _Shown(slug, number), ConflictForm()
    if form.submitted(
        lambda writer: service.declare_conflict(
            writer, shown.actor, shown.decision.id, form.conflict.data or ""
        )
    ):
        flash("The conflict is on record. Your district does not vote on this.")
        return redirect(shown.url())
    return shown.page(conflict=form)


@bp.post("/consortia/<slug>/decisions/<int:number>/proxy")
@login_required
def give_proxy(slug: str, number: int) -> Any:
    shown, form = _Shown(slug, number), ProxyForm()
    form.to.choices = shown.others()
    if form.submitted(
        lambda writer: service.give_proxy(
            writer, shown.actor, shown.decision.id, _id(form.to.data), form.proxy.data or ""
        )
    ):
        flash("Your vote is given for this decision. Until it is cast you can still vote.")
        return redirect(shown.url())
    return shown.page(proxy=form)


@bp.post("/consortia/<slug>/decisions/<int:number>/remark")
@login_required
def remark(slug: str, number: int) -> Any:
    shown, form = _Shown(slug, number), RemarkForm()
    if form.submitted(
        lambda writer: service.remark(
            writer, shown.actor, shown.decision.id, form.words.data or "", form.once_key.data or ""
        )
    ):
        return redirect(shown.url() + "#said")
    return shown.page(remark=form)


@bp.get("/consortia/<slug>/decisions/<int:number>/minutes.pdf")
@page_cache.public_page
def minutes(slug: str, number: int) -> Any:
    """The minutes of a decision that has ended."""
    shown = _Shown(slug, number)
    decision = shown.decision
    if decision.closed_at is None or decision.outcome is None:
        raise NotFound("There are no minutes before a vote has ended.")

    def said(at: datetime) -> str:
        return f"{web.moment(at, decision.time_zone)} ({web.utc(at)})"

    content = pdf.render(
        "minutes",
        consortium=shown.organization.name,
        number=decision.number,
        kind=rules.KIND_WORDS[decision.kind],
        title=decision.title,
        words=[part for part in decision.words.splitlines() if part.strip()],
        opened=said(decision.opened_at),
        closed=said(decision.closed_at),
        early=decision.closed_at < decision.closes_at,
        outcome=rules.OUTCOME_WORDS[decision.outcome],
        effect=rules.EFFECT_WORDS[decision.kind],
        quorum=decision.quorum_percent,
        majority=rules.NEEDED_WORDS[decision.majority],
        by_laws=decision.by_laws_version,
        counted=decision.counted,
        votes=[
            [org.name, str(each.votes), _did(each, shown.names)] for each, org in shown.electors
        ],
    )
    return web.pdf_response(f"minutes-{slug}-{number}", content)


def _did(elector: Any, names: dict[UUID, str]) -> str:
    """What a district did, in words of the minutes."""
    if elector.conflicted_at:
        return f"Conflict of interest: {elector.conflict_words}"
    if elector.choice is None:
        return "Did not vote"
    words = rules.CHOICE_WORDS[elector.choice]
    if elector.cast_for_id != elector.district_id:
        return f"{words}, cast by {names.get(elector.cast_for_id, 'another member')}"
    return words


@bp.app_template_global("elector_did")
def elector_did(elector: Any, names: dict[UUID, str]) -> str:
    return _did(elector, names)


# -- on pages further up ---------------------------------------------------------------------


@panels.fill("consortia.consortium")
def decisions_of_consortium(consortium: Consortium) -> str | None:
    return _panel(consortium)


@panels.fill("consortia.console")
def decisions_of_console(consortium: Consortium) -> str | None:
    return _panel(consortium)


def _panel(consortium: Consortium) -> str:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = session.exec(queries.decisions_listed(consortium.org_id).limit(5)).all()
        organization = accounts.get_organization(session, consortium.org_id)
    return render_template(
        "decisions/_panel.html",
        organization=organization,
        found=found,
        may_open=_may_open(consortium),
    )


@panels.fill("consortia.member_history")
def votes_of_member(history: History) -> str:
    """How the district voted; votes are public, so members may read them together."""
    votes = queries.votes_of(db.session(), history.organization.id, history.district.id)
    names = {history.district.id: history.district.name}
    return render_template(
        "decisions/_history.html", organization=history.organization, votes=votes, names=names
    )


@panels.fill("consortia.check_by_laws")
def vote_on_by_laws(draft: Any) -> str:
    organization = accounts.get_organization(db.session(), draft.org_id)
    return render_template("decisions/_by_laws_button.html", organization=organization)
