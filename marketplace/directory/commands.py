"""`marketplace directory import FILE` and `marketplace directory stats`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from marketplace.core import db
from marketplace.core.access import Actor
from marketplace.core.commands import open_app
from marketplace.directory import queries, rules, service

REJECTED_SHOWN = 20


@click.group()
def directory() -> None:
    """The real districts: NCES and Census facts, each with its year."""


@directory.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def import_command(file: Path, as_json: bool) -> None:
    """Import a federal file or our own CSV. Kind and year are recognised from the content."""
    on_terminal = sys.stderr.isatty() and not as_json
    steps = click.progressbar(
        length=2, label=f"Importing {file.name}", file=sys.stderr, hidden=not on_terminal
    )
    with open_app().app_context(), steps as bar, db.transaction() as session:
        done = service.import_file(session, Actor.system(), file, tell=lambda: bar.update(1))
    if as_json:
        click.echo(json.dumps(_document(done), ensure_ascii=False))
        return
    click.echo(
        f"{file.name}: {done.kind} {done.vintage or 'of no stated year'}, {done.read:,} rows read, "
        f"{done.added:,} added, {done.updated:,} updated, {done.unchanged:,} unchanged, "
        f"{len(done.rejected):,} rejected"
    )
    for rejected in done.rejected[:REJECTED_SHOWN]:
        click.echo(f"  row {rejected.row}: {rejected.reason}", err=True)
    if len(done.rejected) > REJECTED_SHOWN:
        more = len(done.rejected) - REJECTED_SHOWN
        click.echo(f"  and {more:,} more; --json lists them all", err=True)


def _document(done: service.Import) -> dict[str, Any]:
    return {
        "kind": str(done.kind),
        "vintage": done.vintage or None,
        "read": done.read,
        "added": done.added,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "rejected": [asdict(rejected) for rejected in done.rejected],
    }


@directory.command("stats")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def stats_command(as_json: bool) -> None:
    """How many districts are known, by state and by locale."""
    with open_app().app_context():
        numbers = queries.stats(db.session())
    if as_json:
        click.echo(json.dumps(numbers))
        return
    click.echo(f"{numbers['districts']:,} districts")
    click.echo(
        f"{numbers['children']:,} children 5 to 17, {numbers['children_in_poverty']:,} in poverty"
    )
    for state, districts in numbers["by_state"].items():
        click.echo(f"  {state}  {districts:>6,}")
    for code, districts in numbers["by_locale"].items():
        click.echo(f"  {code}  {districts:>6,}  {rules.locale_name(code)}")


COMMANDS = (directory,)
