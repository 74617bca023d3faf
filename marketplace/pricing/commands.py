"""`marketplace split` and `marketplace clear`: the calculators without a database."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any

import click

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.pricing import documents
from marketplace.pricing.certificate import Certificate
from marketplace.pricing.clearing import Clearing
from marketplace.pricing.refusals import PricingRefused
from marketplace.pricing.split import Split

MOST_PROBLEMS_SHOWN = 100

_file = click.argument("file", type=click.File("rb"))
_method = click.option("--method", "-m", help="Use this split method instead of the file's.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command("split")
@_file
@_method
@_as_json
def split_command(file: IO[bytes], method: str | None, as_json: bool) -> None:
    """Split the cost in FILE between its members, exact to the cent, with a certificate."""
    result = _or_refuse(lambda: _request(file, method).split())
    if as_json:
        _print_json(documents.split_as_json(result))
    else:
        click.echo("\n".join(_split_lines(result)))


@click.command("clear")
@_file
@_method
@_as_json
def clear_command(file: IO[bytes], method: str | None, as_json: bool) -> None:
    """Clear the pool in FILE: the largest group in which everyone is within their limit."""
    result = _or_refuse(lambda: _request(file, method).clear())
    if as_json:
        _print_json(documents.clearing_as_json(result))
    else:
        click.echo("\n".join(_clearing_lines(result)))


def _request(file: IO[bytes], method: str | None) -> documents.Request:
    return documents.read_request(documents.parse(file.read()), method)


def _or_refuse(reckon: Callable[[], Any]) -> Any:
    """The result, or exit status 1 with one line per problem on standard error."""
    try:
        return reckon()
    except RuleBroken as refusal:
        problems = refusal.problems if isinstance(refusal, PricingRefused) else [str(refusal)]
        for problem in problems[:MOST_PROBLEMS_SHOWN]:
            click.echo(problem, err=True)
        if len(problems) > MOST_PROBLEMS_SHOWN:
            click.echo(
                f"… and {len(problems) - MOST_PROBLEMS_SHOWN:,} more like these.",
                err=True,
            )
        sys.exit(1)


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document))


def _split_lines(result: Split) -> list[str]:
    bought = result.purchase
    rows = [
        (
            str(member),
            dollars(share),
            dollars(result.alone[member]),
            _saving(result, member),
        )
        for member, share in result.shares.items()
    ]
    spare = f", {bought.spare_seats:,} of them spare" if bought.spare_seats else ""
    return [
        f"Total {dollars(result.total_cents)} for {bought.seats_bought:,} seats{spare}",
        "",
        *_table(("Member", "Share", "Alone", "Saves"), rows),
        "",
        *_certificate_lines(result.certificate),
    ]


def _saving(result: Split, member: Any) -> str:
    return dollars(result.alone[member] - result.shares[member])


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns as wide as their widest cell; the first to the left, figures to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in (head, *rows)
    ]


def _certificate_lines(certificate: Certificate) -> list[str]:
    shown = {True: "yes", False: "no", None: "not shown"}
    core = "shown" if certificate.core else "not shown"
    lines = [
        f"Certificate: {certificate.kind.value.replace('_', ' ')}",
        f"Nobody pays more than alone: {shown[certificate.individually_rational]}",
        f"No group would pay less alone: {core}",
        f"A joiner never raises anyone's share: {shown[certificate.joiner_never_raises]}",
    ]
    if certificate.blocking:
        names = ", ".join(str(member) for member in certificate.blocking.members)
        saved = dollars(certificate.blocking.would_save_cents)
        lines.append(f"This group would save {saved} on its own: {names}")
    return lines


def _clearing_lines(result: Clearing) -> list[str]:
    lines = [*result.explanation, ""]
    if result.lapsed:
        lines.append("Nobody is billed. What the remaining members would have paid:")
    return lines + _split_lines(result.split)


COMMANDS = (split_command, clear_command)
