"""`marketplace ledger`: verify the books, export them, check an export."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from marketplace.core import db, tenancy
from marketplace.core.commands import open_app
from marketplace.ledger import exports, proof_queries, queries, verify_ledger
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
        cover = proof_queries.cover(session, books.consortium_id, books.name)
        entries = proof_queries.sealed(session, books.consortium_id)
        file.writelines(exports.write(exports.Format(form), cover, entries))


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
def check(file: Path, receipts: tuple[str, ...]) -> None:
    """Check an export as an outsider: the same code as docs/verify_ledger.py."""
    try:
        click.echo(verify_ledger.check(file, receipts))
    except (OSError, ValueError) as problem:
        click.echo(f"FAILED: {problem}", err=True)
        sys.exit(1)


COMMANDS = (ledger,)
