"""`marketplace split` and `marketplace clear`: the calculators without a database."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.pricing import documents
from marketplace.pricing.blocking import PATIENT_BUDGET
from marketplace.pricing.certificate import Certificate, Kind
from marketplace.pricing.clearing import Clearing
from marketplace.pricing.clearing_words import counted
from marketplace.pricing.json_text import parse
from marketplace.pricing.refusals import PricingRefused
from marketplace.pricing.shapley import ShapleyValues
from marketplace.pricing.slices import TermSplit
from marketplace.pricing.split import Split

MOST_PROBLEMS_SHOWN = 100
MOST_NAMES_SHOWN = 20

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
        request = _or_refuse(lambda: _request(file, method))
        _print_json(_or_refuse(lambda: documents.answer_as_json(request, PATIENT_BUDGET)))
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
    result = request.split(PATIENT_BUDGET)
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
        f"Total {dollars(result.total_cents)} for {counted(bought.seats_bought, 'seat')}{spare}",
        *(f"{count:,} × a license of {counted(seats, 'seat')}" for seats, count in bought.licences),
        *_slice_lines(result),
        "",
        *_table(("Member", "Share", "Alone", "Saves"), rows),
        "",
        *_certificate_lines(result.certificate),
        *(_shapley_lines(result.shapley) if isinstance(result, Split) and result.shapley else ()),
    ]


def _slice_lines(result: Split | TermSplit) -> list[str]:
    if not isinstance(result, TermSplit):
        return []
    return [
        f"{each.slice.starts} to {each.slice.ends} ({counted(each.slice.days, 'day')}): "
        f"{counted(each.purchase.seats_needed, 'seat')} at "
        f"{dollars(each.purchase.cost_cents)} a term"
        for each in result.slices
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
    decided = certificate.core or certificate.kind is Kind.EXACT or certificate.blocking
    lines = [
        f"Certificate: {certificate.kind.value.replace('_', ' ')}",
        f"Nobody pays more than alone: {shown[certificate.individually_rational]}",
        f"No group would pay less alone: {shown[certificate.core if decided else None]}",
        f"A joiner never raises anyone's share: {shown[certificate.joiner_never_raises]}",
    ]
    if certificate.blocking:
        names = _names([str(member) for member in certificate.blocking.members])
        saved = dollars(certificate.blocking.would_save_cents)
        lines.append(f"This group would save {saved} on its own: {names}")
    return lines


def _names(listed: list[str]) -> str:
    left = len(listed) - MOST_NAMES_SHOWN
    more = f" and {left:,} more, which --json lists" if left > 0 else ""
    return ", ".join(listed[:MOST_NAMES_SHOWN]) + more


def _shapley_lines(found: ShapleyValues) -> list[str]:
    """How the values were found, and what was checked about them."""
    if not found.error_bound_cents:
        return ["Shapley values: exact, in whole numbers"]
    settled = "yes" if found.every_cent_settled else "not shown, a bill may be a cent off"
    return [
        f"Shapley values: no exact share is farther off than {found.error_bound_cents:.1g} cents",
        f"Checked: the values miss the total by {found.efficiency_gap_cents:.1g} cents",
        f"Exact values would give the same bills: {settled}",
    ]


def _clearing_lines(result: Clearing) -> list[str]:
    lines = [*result.explanation, ""]
    if not result.members:
        return [*lines, "Nobody is billed."]
    if result.lapsed:
        lines.append("Nobody is billed. What the remaining members would have paid:")
    return lines + _split_lines(result.split)


COMMANDS = (split_command, clear_command)
