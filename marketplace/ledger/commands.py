"""`marketplace ledger`: verify the books, export them, check an export."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from marketplace.core import db, tenancy
from marketplace.core.commands import open_app
from marketplace.ledger import export_queries, exports, outsider, queries
from marketplace.ledger.queries import Books, Proof


@click.group()
def ledger() -> None:
    """The books of every consortium, and the proof that they hold."""


@ledger.command()
@click.argument("slug", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of words.")
def verify(slug: str | None, as_json: bool) -> None:
    """Compute every hash, sum and balance again from the database."""
    with open_app().app_context(), tenancy.everyone("all books are verified"):
        session = db.session()
        chosen = [queries.books_of(session, slug)] if slug else queries.open_books(session)
        proofs = [(books, queries.verify(session, books.consortium_id)) for books in chosen]
    if as_json:
        click.echo(json.dumps(_told(proofs)))
    for books, proof in proofs:
        if proof.ok and not as_json:
            click.echo(f"{books.slug}: {proof.entries} entries hold, head {proof.head.hash}")
        for problem in proof.problems:
            click.echo(f"{books.slug}: {problem}", err=True)
    if not proofs and not as_json:
        click.echo("No books are open yet.")
    sys.exit(0 if all(proof.ok for _, proof in proofs) else 1)


def _told(proofs: list[tuple[Books, Proof]]) -> dict[str, Any]:
    return {
        "ok": all(proof.ok for _, proof in proofs),
        "consortia": [
            {
                "consortium": books.slug,
                "entries": proof.entries,
                "head": {"seq": proof.head.seq, "hash": proof.head.hash},
                "problems": proof.problems,
            }
            for books, proof in proofs
        ],
    }


@ledger.command()
@click.argument("slug")
@click.option(
    "--format", "form", type=click.Choice([f.value for f in exports.Format]), required=True
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: the screen.")
def export(slug: str, form: str, out: Path | None) -> None:
    """Write all books of a consortium to a file that others can read and check."""
    with open_app().app_context(), tenancy.everyone("books are public"), _opened(out) as file:
        session = db.session()
        books = queries.books_of(session, slug)
        cover = export_queries.cover(session, books.consortium_id, books.name)
        entries = export_queries.sealed(session, books.consortium_id, upto=books.seq)
        total = sys.stderr.isatty() and out is not None and books.seq
        with _bar(entries, total or None) as seen:
            file.writelines(exports.write(exports.Format(form), cover, seen))


@contextmanager
def _bar(entries: Iterable[Any], total: int | None) -> Iterator[Iterable[Any]]:
    """A progress bar on a terminal, and none elsewhere."""
    if total is None:
        yield entries
        return
    with click.progressbar(entries, length=total, file=sys.stderr) as bar:
        yield bar


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    try:
        file = out.open("w", encoding="utf-8", newline="")
    except OSError as problem:
        raise click.ClickException(f"{out}: cannot be written ({problem.strerror})") from None
    with file:
        yield file


@ledger.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--receipt", "receipts", multiple=True, metavar="SEQ:HASH", help="One you kept.")
@click.option(
    "--checkpoint",
    "notes",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="NOTE",
    help="The file of a signed checkpoint you kept.",
)
@click.option("--key", "keys", multiple=True, help="A public key, to check who signed it.")
def check(
    file: Path, receipts: tuple[str, ...], notes: tuple[Path, ...], keys: tuple[str, ...]
) -> None:
    """Check an export as an outsider: the code of docs/verify_ledger.py and verify_proof.py."""
    with _refused():
        click.echo(outsider.verify_ledger.check(file, receipts))
        for note in notes:
            said = note.read_text(encoding="utf-8")
            click.echo(outsider.verify_proof.check_note(said, file, keys))


@ledger.command("check-proof")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", "keys", multiple=True, help="A public key, to check who signed it.")
def check_proof(file: Path, keys: tuple[str, ...]) -> None:
    """Check the proof of an entry, the proof of growth, or a note by itself."""
    with _refused():
        click.echo(outsider.verify_proof.check(file, *keys))


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError) as problem:
        click.echo(f"FAILED: {problem}", err=True)
        sys.exit(1)


COMMANDS = (ledger,)
