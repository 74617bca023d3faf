"""The desk of those who keep a consortium's books: close months, correct by two, by-laws.

These pages stand under /c/<slug>/books; the rest of the feature stands under /open.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import clock, db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.ledger import (
    correction_rules,
    correction_service,
    desk_queries,
    hand_queries,
    queries,
    sentence_rules,
)
from marketplace.ledger.body import read as read_body
from marketplace.ledger.correction_rules import RUN_TAGS
from marketplace.ledger.forms import (
    ClosePeriodForm,
    PressForm,
    ProposeCorrectionForm,
    lines_of,
)
from marketplace.ledger.hand_rules import RECIPES
from marketplace.ledger.models import CorrectionRun, LedgerHead
from marketplace.ledger.rules import Leg
from marketplace.ledger.sight_rules import OPENNESS_WORDS, Openness

View = Callable[..., Any]
#: Rule and view of each page; `views.py` gives them to the feature's one blueprint.
PAGES: list[tuple[str, View, list[str]]] = []
SEQ = "<int(min=1, max=9223372036854775807):seq>"


def page(rule: str, *methods: str) -> Callable[[View], View]:
    """A page of the desk, behind sign-in."""

    def add(view: View) -> View:
        closed: View = login_required(view)
        PAGES.append((f"/c/<slug>/books{rule}", closed, list(methods or ("GET",))))
        return closed

    return add


def sit_down(slug: str) -> Organization:
    """The consortium of an address, if the reader keeps its books; else it does not exist."""
    found = accounts.organization_by_slug(db.session(), OrganizationKind.CONSORTIUM, slug)
    actor = current_actor()
    if not can(actor, "ledger.keep_books", LedgerHead(org_id=found.id)):
        raise NotFound("There is no such page.")
    if found.id not in actor.scope:
        # The role is held whichever organization they act for just now.
        tenancy.open_scope(actor.scope | {found.id})
    return found


@page("")
def keep_books(slug: str) -> Any:
    books, session, actor = sit_down(slug), db.session(), current_actor()
    head = LedgerHead(org_id=books.id)
    runs = desk_queries.runs(session, books.id)
    openness = desk_queries.openness_of(session, books.id)
    closings = desk_queries.closings(session, books.id)
    by_hand = hand_queries.proposed(session, books.id)
    people = [closing.closed_by for closing in closings]
    people += [run.proposed_by for run in runs] + [entry.proposed_by for entry in by_hand]
    return render_template(
        "ledger/keep_books.html",
        books=books,
        runs=runs,
        by_hand=by_hand,
        recipes=RECIPES,
        tags=RUN_TAGS,
        closings=closings,
        openness=OPENNESS_WORDS[openness.openness if openness else Openness.NAMED],
        clause=openness.clause if openness else None,
        people=desk_queries.names_of_people(session, people),
        may_close=can(actor, "ledger.close_period", head),
    )


@page("/close", "GET", "POST")
def close_period(slug: str) -> Any:
    books, actor = sit_down(slug), current_actor()
    require(actor, "ledger.close_period", LedgerHead(org_id=books.id))
    through = queries.closed_through(db.session(), books.id)
    today = clock.today(books.time_zone)
    form = ClosePeriodForm()
    opened = clock.day_of(books.founded_at, books.time_zone)
    first = min(opened, desk_queries.first_day(db.session(), books.id) or opened)
    form.offer(correction_rules.closable(through, first, today))
    if form.submitted(
        lambda w: correction_service.close_period(w, actor, books.id, form.through_on.data)
    ):
        flash(f"The books are closed through {web.day(form.result.through_on)}.", "good")
        return redirect(f"/c/{slug}/books")
    return web.form_page("ledger/close_period.html", form, books=books, through=through)


@page(f"/{SEQ}/correct", "GET", "POST")
def propose_correction(slug: str, seq: int) -> Any:
    books, actor, session = sit_down(slug), current_actor(), db.session()
    require(actor, "ledger.propose_correction", LedgerHead(org_id=books.id))
    original = queries.get_txn(session, books.id, seq)
    legs = read_body(original.body).legs
    may_type = len(legs) + 2 <= correction_rules.MOST_LINES
    form = ProposeCorrectionForm(lines=lines_of(legs) if may_type else [])
    if form.submitted(
        lambda w: correction_service.propose_correction(w, actor, books.id, seq, **form.facts())
    ):
        flash("The correction waits for a second person. Nothing is posted before.", "good")
        return redirect(f"/c/{slug}/books/runs/{form.result.id}")
    owners = queries.owners_of(db.session(), [leg.account for leg in legs])
    return web.form_page(
        "ledger/propose_correction.html",
        form,
        books=books,
        seq=seq,
        told=sentence_rules.tell(original.kind, legs, original.ref, owners),
        may_type=may_type,
        codes=[b.code for b in queries.balances(db.session(), books.id)][:300],
    )


def _run(slug: str, run_id: UUID) -> tuple[Organization, CorrectionRun]:
    books = sit_down(slug)
    run = desk_queries.get_run(db.session(), run_id)
    if run.org_id != books.id:
        raise NotFound("There is no such correction.")
    return books, run


@page("/runs/<uuid:run_id>")
def correction_run(slug: str, run_id: UUID) -> Any:
    books, run = _run(slug, run_id)
    require(current_actor(), "ledger.correction_run", run)
    return render_template("ledger/correction_run.html", **_shown(books, run, PressForm()))


def _shown(books: Organization, run: CorrectionRun, form: PressForm) -> dict[str, Any]:
    session = db.session()
    original = queries.get_txn(session, books.id, run.seq)
    before = read_body(original.body).legs
    after = [Leg(*leg) for leg in run.legs]
    codes = {leg.account for leg in (*before, *after)}
    owners = queries.owners_of(session, codes)
    return {
        "books": books,
        "run": run,
        "run_tag": RUN_TAGS[run.status],
        "told": sentence_rules.tell(original.kind, before, original.ref, owners),
        "before": before,
        "after": after,
        "names": queries.plain_names(codes, owners),
        "people": desk_queries.names_of_people(session, [run.proposed_by, run.decided_by]),
        "is_mine": run.proposed_by == current_actor().user_id,
        "form": form,
    }


@page("/runs/<uuid:run_id>/approve", "POST")
def approve_correction(slug: str, run_id: UUID) -> Any:
    return _decide(slug, run_id, correction_service.approve_correction, "The books are corrected.")


@page("/runs/<uuid:run_id>/refuse", "POST")
def refuse_correction(slug: str, run_id: UUID) -> Any:
    return _decide(slug, run_id, correction_service.refuse_correction, "Nothing was posted.")


def _decide(slug: str, run_id: UUID, use_case: Callable[..., Any], done: str) -> Any:
    books, run = _run(slug, run_id)
    actor, form = current_actor(), PressForm()
    require(actor, f"ledger.{use_case.__name__}", run)
    if form.submitted(lambda w: use_case(w, actor, run_id)):
        flash(done, "good")
        return redirect(f"/c/{slug}/books/runs/{run_id}")
    run = desk_queries.get_run(db.session(), run_id)  # a refusal undid what was read
    return web.form_page("ledger/correction_run.html", **_shown(books, run, form))
