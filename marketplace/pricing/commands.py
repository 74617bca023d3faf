"""`marketplace split` and `marketplace clear`: the calculators without a database."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.pricing import documents
from marketplace.pricing.certificate import Certificate
from marketplace.pricing.clearing import Clearing
from marketplace.pricing.json_text import parse
from marketplace.pricing.refusals import PricingRefused
from marketplace.pricing.slices import TermSplit
from marketplace.pricing.split import Split

MOST_PROBLEMS_SHOWN = 100

LARGEST_FILE = 200_000_000

_file = click.argument("file", type=click.Path(exists=True, allow_dash=True))
_method = click.option("--method", "-m", help="Use this split method instead of the file's.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command("split")
@_file
@_method
@_as_json
def split_command(file: str, method: str | None, as_json: bool) -> None:
    """Split the cost in FILE between its members, exact to the cent, with a certificate."""
    if as_json:
        _print_json(_or_refuse(lambda: documents.answer_as_json(_request(file, method))))
    else:
        click.echo("\n".join(_or_refuse(lambda: _answer_lines(_request(file, method)))))


@click.command("clear")
@_file
@_method
@_as_json
def clear_command(file: str, method: str | None, as_json: bool) -> None:
    """Clear the pool in FILE: the largest group in which everyone is within their limit."""
    result = _or_refuse(lambda: _request(file, method).clear())
    if as_json:
        _print_json(documents.clearing_as_json(result))
    else:
        click.echo("\n".join(_clearing_lines(result)))


def _request(file: str, method: str | None) -> documents.Request:
    return documents.read_request(parse(_content(file)), method)


def _content(file: str) -> bytes:
    """What the file holds; `-` is standard input."""
    try:
        with click.open_file(file, "rb") as opened:
            content: bytes = opened.read(LARGEST_FILE + 1)
    except IsADirectoryError:
        raise RuleBroken(f"{file}: is a directory; name the JSON file in it.") from None
    except OSError as error:
        raise RuleBroken(f"{file}: cannot be read ({error.strerror}).") from None
    if len(content) > LARGEST_FILE:
        raise RuleBroken(f"{file}: is larger than {LARGEST_FILE // 1_000_000} MB; split it up.")
    return content


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


def _answer_lines(request: documents.Request) -> list[str]:
    result = request.split()
    lines = _split_lines(result)
    for transfer in request.transfers(result):
        used = sum(cents for cents in transfer.lines.values() if cents > 0) or transfer.used_cents
        left = f", {dollars(transfer.left_cents)} of it left" if transfer.left_cents else ""
        rows = [(str(member), dollars(cents)) for member, cents in transfer.lines.items()]
        head = (f"{transfer.source} ({transfer.kind.value})", "Line")
        lines += ["", *_table(head, rows), f"Moves {dollars(used)}{left}"]
    return lines


def _split_lines(result: Split | TermSplit) -> list[str]:
    bought = result.largest_purchase if isinstance(result, TermSplit) else result.purchase
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
        *(f"{count:,} × a license of {seats:,} seats" for seats, count in bought.licences),
        *_slice_lines(result),
        "",
        *_table(("Member", "Share", "Alone", "Saves"), rows),
        "",
        *_certificate_lines(result.certificate),
    ]


def _slice_lines(result: Split | TermSplit) -> list[str]:
    if not isinstance(result, TermSplit):
        return []
    return [
        f"{priced.slice.starts} to {priced.slice.ends} ({priced.slice.days:,} days): "
        f"{priced.purchase.seats_needed:,} seats at {dollars(priced.purchase.cost_cents)} a term"
        for priced in result.slices
    ]


def _saving(result: Split | TermSplit, member: Any) -> str:
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
