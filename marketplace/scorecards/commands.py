"""`marketplace scorecard`: score a card from a file, as anybody can."""

import json
import sys
from datetime import datetime
from pathlib import Path

import click

from marketplace.core import plain_yaml
from marketplace.scorecards import acr_rules, queries, rules
from marketplace.scorecards.acr_rules import Report
from marketplace.scorecards.rules import Card, Result, Rubric

MOST_CARD_BYTES = 500_000


@click.group()
def scorecard() -> None:
    """Privacy and AI-safety scorecards."""


@scorecard.command()
@click.argument("card_file", type=click.Path(path_type=Path))
@click.option("--rubric", "rubric_file", type=click.Path(path_type=Path), help="Another rubric.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Score as of another day.")
@click.option("--proofs", is_flag=True, help="Refuse evidence without document and page.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of words.")
def score(
    card_file: Path,
    rubric_file: Path | None,
    as_of: datetime | None,
    proofs: bool,
    as_json: bool,
) -> None:
    """Score CARD_FILE (YAML). No database is touched."""
    rubric = queries.read_rubric(rubric_file) if rubric_file else queries.rubric()
    document = plain_yaml.read_file(card_file, card_file.name, most_bytes=MOST_CARD_BYTES)
    day = as_of.date() if as_of else None
    card = rules.read_card(document, rubric, needs_proof=proofs)
    result = rules.score(rubric, card, day)
    if as_json:
        click.echo(json.dumps(result.document(), indent=1))
        return
    for line in _in_words(rubric, card, result):
        click.echo(line)


def _in_words(rubric: Rubric, card: Card, result: Result) -> list[str]:
    words = rubric.words.get(result.grade, "")
    lines = [
        f"{card.product}: {result.grade} ({words}), score {result.score}",
        f"floor {result.floor}, claimed {result.claimed}, ceiling {result.ceiling}",
        f"answered {result.answered} %, on paper {result.documented} %, "
        f"checked {result.verified} %",
        *(
            f"  {d.id} {result.domains[d.id]}  {d.name}"
            for d in rubric.domains
            if d.id in result.domains
        ),
        *result.why,
    ]
    if drop := result.next_drop:
        lines.append(f"Unless its evidence is renewed, it drops to {drop.grade} on {drop.on}.")
    lines.append(f"Rubric {rubric.version}, SHA-256 {rubric.sha256}")
    lines.append(f"Inputs, SHA-256 {result.input_sha256}")
    return lines


@click.group()
def acr() -> None:
    """Accessibility conformance reports (OpenACR)."""


@acr.command()
@click.argument("report_file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of words.")
def check(report_file: Path, as_json: bool) -> None:
    """Check REPORT_FILE by schema and catalog, and count it against WCAG 2.1 A and AA."""
    report = queries.read_acr(plain_yaml.read_file(report_file, report_file.name))
    if as_json:
        click.echo(json.dumps(report.document(), indent=1))
    else:
        for line in _report_in_words(report):
            click.echo(line)
    for problem in report.problems:
        click.echo(f"{report_file.name}: {problem}", err=True)
    sys.exit(1 if report.problems else 0)


def _report_in_words(report: Report) -> list[str]:
    names = queries.catalogs().wcag21()
    counted = ", ".join(
        f"{level.replace('-', ' ')} {report.count(level)}" for level in acr_rules.LEVELS
    )
    answer, why = acr_rules.answer_to_eq01(report, queries.today())
    return [
        f"{report.title}: WCAG 2.1 A and AA, {len(names)} criteria, {report.applicable} apply",
        f"{counted}, blank or absent {len(report.missing)}",
        *(f"  not met: {number} {names[number]}" for number in report.unmet),
        *(f"  missing: {number} {names[number]}" for number in report.missing),
        *report.notes,
        f"In the rubric it answers EQ-01 with {answer}: {why}",
    ]


COMMANDS = (scorecard, acr)
