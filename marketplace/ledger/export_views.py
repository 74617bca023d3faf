"""The whole books as a file: at once while they are short, prepared by a job when they are long."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, url_for

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.core import clock, db, tenancy
from marketplace.core.errors import NotFound
from marketplace.core.web import form_page, streamed_response
from marketplace.ledger import export_queries, exports, proof_service
from marketplace.ledger.exports import ENDINGS, Cover, Format
from marketplace.ledger.forms import PrepareExportForm
from marketplace.ledger.proof_models import LedgerExport
from marketplace.ledger.queries import Books
from marketplace.ledger.shared_views import OPEN, bp, whole_books

#: Longer books keep a web server's thread for many seconds, so a job writes their file.
AT_ONCE = 20_000
MIMETYPES = {Format.JSONL: "application/x-ndjson", Format.CSV: "text/csv"}
FORM_OF = {ending: form for form, ending in ENDINGS.items()}
WORDS = {
    Format.JSONL: "sealed entries (JSON lines)",
    Format.CSV: "table (CSV)",
    Format.HLEDGER: "hledger journal",
    Format.BEANCOUNT: "beancount file",
}


@bp.get("/ledger/<slug>/export.<ending>")
def export(slug: str, ending: str) -> Any:
    form = _form(ending)
    with tenancy.everyone(OPEN):
        found = whole_books(slug)
        if found.seq > AT_ONCE:
            return redirect(url_for(".prepare_export", slug=slug, ending=ending))
        cover = export_queries.cover(db.session(), found.consortium_id, found.name)
    return _file(lambda: _written(found, cover, form), slug, form)


@bp.route("/ledger/<slug>/prepare.<ending>", methods=["GET", "POST"])
def prepare_export(slug: str, ending: str) -> Any:
    """Ask for the file of long books; the answer is a page that can be left and found again."""
    kind, actor, form = _form(ending), current_actor(), PrepareExportForm()
    with tenancy.everyone(OPEN):
        found = whole_books(slug)
        if form.submitted(
            lambda writer: proof_service.prepare_export(
                writer, actor, found.consortium_id, kind.value
            )
        ):
            return redirect(url_for(".prepared", export_id=form.result.id))
        return form_page(
            "ledger/prepare_export.html",
            form,
            books=found,
            what=WORDS[kind],
            is_long=found.seq > AT_ONCE,
            ending=ending,
            signed_in=actor.user_id is not None,
        )


@bp.get("/exports/<uuid:export_id>")
def prepared(export_id: UUID) -> Any:
    """What is being written and how far it is; an ordinary reload shows the next state."""
    with tenancy.everyone(OPEN):
        found, books = _prepared(export_id)
        return render_template(
            "ledger/prepared.html",
            export=found,
            books=books,
            what=WORDS[Format(found.form)],
            per_cent=100 * found.done // found.size,
            signed_in=current_actor().user_id is not None,
        )


@bp.get("/exports/<uuid:export_id>/file")
def prepared_file(export_id: UUID) -> Any:
    with tenancy.everyone(OPEN):
        found, books = _prepared(export_id)
    if not found.finished_at:
        raise NotFound("That file is not ready yet.")
    answer = _file(lambda: _unpacked(found), books.slug, Format(found.form))
    answer.content_length = found.written_bytes
    return answer


def _prepared(export_id: UUID) -> tuple[LedgerExport, Books]:
    """A file whose time is over is gone, even before it is thrown away."""
    found = export_queries.get_export(db.session(), export_id)
    if found.expires_at and found.expires_at <= clock.now():
        raise NotFound("There is no such file.")
    slug = accounts.get_organization(db.session(), found.org_id).slug
    return found, whole_books(slug)


def _written(found: Books, cover: Cover, form: Format) -> Iterator[str]:
    entries = export_queries.sealed(db.session(), found.consortium_id, upto=found.seq)
    yield from exports.write(form, cover, entries)


def _unpacked(found: LedgerExport) -> Iterator[bytes]:
    upto = 0
    while piece := export_queries.piece_after(db.session(), found.id, upto):
        upto = piece.upto
        yield zlib.decompress(piece.content, wbits=31)
        db.session().expunge(piece)


def _form(ending: str) -> Format:
    if ending not in FORM_OF:
        raise NotFound("There is no such file.")
    return FORM_OF[ending]


def _file(blocks: Callable[[], Iterator[Any]], slug: str, form: Format) -> Response:
    mimetype = MIMETYPES.get(form, "text/plain")
    return streamed_response(f"{slug}.{ENDINGS[form]}", mimetype, blocks, OPEN)
