"""`marketplace scorecard`: score a card from a file, as anybody can."""

import json
from datetime import datetime
from pathlib import Path

import click

from marketplace.core import plain_yaml
from marketplace.scorecards import queries, rules
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


COMMANDS = (scorecard,)
