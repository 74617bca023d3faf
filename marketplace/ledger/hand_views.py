"""Entries by hand, at the desk of those who keep the books: choose, propose, approve."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template

from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.core import clock, db, web
from marketplace.core.access import require
from marketplace.core.errors import NotFound
from marketplace.ledger import (
    desk_queries,
    hand_queries,
    hand_service,
    queries,
    sentence_rules,
)
from marketplace.ledger.correction_rules import RUN_TAGS
from marketplace.ledger.desk_views import page, sit_down
from marketplace.ledger.forms import EntryForm, PressForm
from marketplace.ledger.hand_rules import RECIPES, Act
from marketplace.ledger.models import LedgerHead, ProposedEntry
from marketplace.ledger.rules import Leg


@page("/post")
def choose_entry(slug: str) -> Any:
    books = sit_down(slug)
    require(current_actor(), "ledger.choose_entry", LedgerHead(org_id=books.id))
    return render_template("ledger/choose_entry.html", books=books, recipes=RECIPES)


@page("/post/<act>", "GET", "POST")
def propose_entry(slug: str, act: str) -> Any:
    books, actor = sit_down(slug), current_actor()
    require(actor, "ledger.propose_entry", LedgerHead(org_id=books.id))
    if act not in set(Act):
        raise NotFound("There is no such page.")
    form = EntryForm(effective_on=clock.today(books.time_zone))
    form.offer(Act(act), _whom(books), hand_queries.pools_billed(db.session(), books.id))
    if form.submitted(
        lambda w: hand_service.propose_entry(w, actor, books.id, Act(act), **form.facts())
    ):
        flash("The entry waits for a second person. Nothing is posted before.", "good")
        return redirect(f"/c/{slug}/books/entries/{form.result.id}")
    return web.form_page(
        "ledger/propose_entry.html", form, books=books, act=act, recipe=RECIPES[Act(act)]
    )


def _whom(books: Organization) -> dict[str, list[tuple[str, str]]]:
    """Whom the books know, by name: districts that were ever billed, vendors, grants."""
    session = db.session()
    families = {
        "district": ("receivable", "credit"),
        "vendor": ("payable",),
        "grant": ("grant",),
    }
    known = {
        name: hand_queries.known_owners(session, books.id, *words)
        for name, words in families.items()
    }
    codes = [f"{families[name][0]}:{owner}" for name, owners in known.items() for owner in owners]
    names = queries.owners_of(session, codes)
    return {
        name: [(owner, names.get(f"{families[name][0]}:{owner}", owner)) for owner in owners]
        for name, owners in known.items()
    }


@page("/entries/<uuid:entry_id>")
def proposed_entry(slug: str, entry_id: UUID) -> Any:
    books, entry = _proposed(slug, entry_id)
    require(current_actor(), "ledger.proposed_entry", entry)
    return render_template("ledger/proposed_entry.html", **_shown(books, entry, PressForm()))


def _proposed(slug: str, entry_id: UUID) -> tuple[Organization, ProposedEntry]:
    books = sit_down(slug)
    entry = hand_queries.get_proposed(db.session(), entry_id)
    if entry.org_id != books.id:
        raise NotFound("There is no such entry.")
    return books, entry


def _shown(books: Organization, entry: ProposedEntry, form: PressForm) -> dict[str, Any]:
    session = db.session()
    recipe = RECIPES[Act(entry.act)]
    legs = [Leg(*leg) for leg in entry.legs]
    codes = [leg.account for leg in legs]
    owners = queries.owners_of(session, codes)
    return {
        "books": books,
        "entry": entry,
        "recipe": recipe,
        "entry_tag": RUN_TAGS[entry.status],
        "told": sentence_rules.tell(recipe.kind, legs, entry.ref, owners),
        "legs": legs,
        "names": queries.plain_names(codes, owners),
        "held": hand_queries.held_by(session, books.id, legs),
        "people": desk_queries.names_of_people(session, [entry.proposed_by, entry.decided_by]),
        "is_mine": entry.proposed_by == current_actor().user_id,
        "form": form,
    }


@page("/entries/<uuid:entry_id>/approve", "POST")
def approve_entry(slug: str, entry_id: UUID) -> Any:
    return _decide(slug, entry_id, hand_service.approve_entry, "The entry is posted.")


@page("/entries/<uuid:entry_id>/refuse", "POST")
def refuse_entry(slug: str, entry_id: UUID) -> Any:
    return _decide(slug, entry_id, hand_service.refuse_entry, "Nothing was posted.")


def _decide(slug: str, entry_id: UUID, use_case: Callable[..., Any], done: str) -> Any:
    books, entry = _proposed(slug, entry_id)
    actor, form = current_actor(), PressForm()
    require(actor, f"ledger.{use_case.__name__}", entry)
    if form.submitted(lambda w: use_case(w, actor, entry_id)):
        flash(done, "good")
        return redirect(f"/c/{slug}/books/entries/{entry_id}")
    entry = hand_queries.get_proposed(db.session(), entry_id)  # a refusal undid what was read
    return web.form_page("ledger/proposed_entry.html", **_shown(books, entry, form))
