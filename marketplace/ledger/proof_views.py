"""Checks, checkpoints and proofs, for people and for programs; the red band when a check failed."""

from datetime import date
from pathlib import Path
from typing import Any

from flask import Response, current_app, render_template, request

from marketplace.accounts.login import current_actor
from marketplace.core import clock, db, signing, tenancy
from marketplace.core.access import require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.page_cache import public_page
from marketplace.core.web import Page, json_response, paged
from marketplace.ledger import (
    checkpoint_queries,
    notes,
    outsider,
    proof_rules,
    queries,
    tree_queries,
    watch,
)
from marketplace.ledger.checkpoint_queries import Alarm
from marketplace.ledger.models import LedgerTxn
from marketplace.ledger.proof_models import LedgerCheckpoint
from marketplace.ledger.queries import Books
from marketplace.ledger.shared_views import OPEN, books_at, bp, page_of

#: Pages of these parts show money.
MONEY = ("ledger", "pools", "costs", "orders", "uptake", "consortia", "home")


@bp.app_context_processor
def _red_band() -> dict[str, Any]:
    return {"books_that_do_not_hold": _alarms}


def _alarms() -> list[Alarm]:
    """For the band on every page about money; asked as rarely as the pages themselves."""
    if request.blueprint not in MONEY:
        return []
    kept: tuple[float, list[Alarm]] | None = current_app.extensions.get("books_alarms")
    now = clock.stopwatch()
    if kept is None or now - kept[0] >= current_app.config["PAGE_CACHE_PAUSE"]:
        with tenancy.everyone("that a check failed concerns every reader"):
            kept = (now, checkpoint_queries.alarms(db.session()))
        current_app.extensions["books_alarms"] = kept
    return kept[1]


# -- all books -------------------------------------------------------------------------------


@bp.get("/checks")
@public_page
def checks() -> Any:
    require(current_actor(), "ledger.read_books")
    with tenancy.everyone(OPEN):
        all_books = queries.open_books(db.session())
        number, size = page_of(len(all_books)), queries.PAGE_SIZE
        shown = all_books[(number - 1) * size : number * size]
        found = watch.check(db.session(), shown)
        return render_template(
            "ledger/checks.html",
            page=Page(shown, number, size, len(all_books)),
            checked=found,
            nightly=checkpoint_queries.last_checks(db.session()),
            newest=checkpoint_queries.newest_checkpoints(db.session()),
            keys=_keys(),
            badge=watch.badge(found),
        )


@bp.get("/checks.json")
def checks_json() -> Any:
    """For programs that watch: every newest seal, checkpoint and public key."""
    require(current_actor(), "ledger.read_books")
    with tenancy.everyone(OPEN):
        session = db.session()
        nightly = checkpoint_queries.last_checks(session)
        newest = checkpoint_queries.newest_checkpoints(session)
        return json_response(
            keys=[{"public": public, "in_use": used} for public, used in _keys()],
            books=[
                {
                    "consortium": books.slug,
                    "origin": _origin(books),
                    "head": {"seq": books.seq, "hash": books.hash},
                    "check": _told_check(nightly.get(books.consortium_id)),
                    "checkpoint": _told(newest.get(books.consortium_id)),
                }
                for books in queries.open_books(session)
            ],
        )


def _keys() -> list[tuple[str, bool]]:
    """Every public key that has signed here, and whether it still does."""
    used = {notes.public_key(private).hex() for private in signing.private_keys()}
    return [(key.public, key.public in used) for key in checkpoint_queries.keys(db.session())]


def _told_check(check: Any) -> dict[str, Any] | None:
    if check is None:
        return None
    return {
        "checked_at": f"{check.checked_at:%Y-%m-%dT%H:%M:%SZ}",
        "entries": check.seq,
        "ok": check.ok,
        "problems": check.problems,
    }


def _told(checkpoint: LedgerCheckpoint | None) -> dict[str, Any] | None:
    if checkpoint is None:
        return None
    return {
        "day": checkpoint.day.isoformat(),
        "size": checkpoint.size,
        "root": checkpoint.root,
        "head": {"seq": checkpoint.size, "hash": checkpoint.head_hash},
        "note": checkpoint.note,
    }


@bp.get("/checks/verify_ledger.py")
def verifier() -> Any:
    require(current_actor(), "ledger.read_books")
    return _program(outsider.LEDGER)


@bp.get("/checks/verify_proof.py")
def proof_verifier() -> Any:
    require(current_actor(), "ledger.read_books")
    return _program(outsider.PROOF)


def _program(path: Path) -> Response:
    return _download(path.read_bytes(), path.name, "text/x-python")


def _download(content: bytes | str, name: str, mimetype: str = "text/plain") -> Response:
    return Response(
        content,
        mimetype=mimetype,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# -- one set of books ------------------------------------------------------------------------


@bp.get("/checks/<slug>")
@public_page
def books_checks(slug: str) -> Any:
    with tenancy.everyone(OPEN):
        found, session = books_at(slug), db.session()
        return render_template(
            "ledger/books_checks.html",
            books=found,
            nightly=checkpoint_queries.last_checks(session).get(found.consortium_id),
            page=paged(session, checkpoint_queries.checkpoints_of(found.consortium_id)),
            keys=[
                (notes.verifier_key(_origin(found), bytes.fromhex(public)), used)
                for public, used in _keys()
            ],
        )


@bp.get("/checks/<slug>/checkpoint.txt")
def checkpoint(slug: str) -> Any:
    """The newest signed note, or that of `?day=2027-01-15`, as it was signed."""
    with tenancy.everyone(OPEN):
        found = books_at(slug)
        wanted = checkpoint_queries.get_checkpoint(
            db.session(), found.consortium_id, _day(request.args.get("day"))
        )
    return _download(wanted.note, f"{slug}-{wanted.day}.txt")


@bp.get("/checks/<slug>/growth.json")
def growth_json(slug: str) -> Any:
    """That the books of one checkpoint begin with those of an older one: `?old=DAY&new=DAY`.

    Without days it goes from the first checkpoint to the newest.
    """
    with tenancy.everyone(OPEN):
        session, found = db.session(), books_at(slug)
        whose, first = found.consortium_id, _day(request.args.get("old"))
        new = checkpoint_queries.get_checkpoint(session, whose, _day(request.args.get("new")))
        old = (
            checkpoint_queries.get_checkpoint(session, whose, first)
            if first
            else checkpoint_queries.first_checkpoint_with(session, whose, 1)
        )
        if old.size > new.size:
            raise RuleBroken("The older checkpoint goes first: old=DAY, then new=DAY.")
        path = tree_queries.tree_of(session, new).consistency(old.size, new.size)
    return json_response(path=[each.hex() for each in path], old=old.note, new=new.note)


def _day(typed: str | None) -> date | None:
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise NotFound("There is no such checkpoint.") from None


def _origin(books: Books) -> str:
    return proof_rules.origin(signing.site_host(), books.slug)


# -- one entry -------------------------------------------------------------------------------

ENTRY = "/ledger/<slug>/<int(min=1, max=9223372036854775807):seq>"


@bp.get(f"{ENTRY}/proof")
@public_page
def proof(slug: str, seq: int) -> Any:
    """What a member can show of an entry without seeing the lines of others."""
    with tenancy.everyone(OPEN):
        found, txn = _entry(slug, seq)
        try:
            known = checkpoint_queries.first_checkpoint_with(db.session(), found.consortium_id, seq)
        except NotFound:
            known = None
        return render_template(
            "ledger/proof.html", books=found, seq=seq, hash=txn.hash, checkpoint=known
        )


@bp.get(f"{ENTRY}/proof.json")
def proof_json(slug: str, seq: int) -> Any:
    with tenancy.everyone(OPEN):
        found, txn = _entry(slug, seq)
        session, day = db.session(), _day(request.args.get("day"))
        if day:
            known = checkpoint_queries.get_checkpoint(session, found.consortium_id, day)
        else:
            known = checkpoint_queries.first_checkpoint_with(session, found.consortium_id, seq)
        if known.size < seq:
            raise NotFound("That checkpoint is older than the entry.")
        path = tree_queries.tree_of(session, known).inclusion(seq - 1, known.size)
        before = queries.get_txn(session, found.consortium_id, seq - 1).hash if seq > 1 else None
    return json_response(
        entry=seq,
        prev=before or "0" * 64,
        leaf=txn.leaf,
        hash=txn.hash,
        path=[each.hex() for each in path],
        checkpoint=known.note,
    )


def _entry(slug: str, seq: int) -> tuple[Books, LedgerTxn]:
    found = books_at(slug)
    return found, queries.get_txn(db.session(), found.consortium_id, seq)
