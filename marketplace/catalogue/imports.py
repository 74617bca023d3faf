"""Rows of a file as listings: which column answers what, what is wrong where. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marketplace.catalogue import answers as said
from marketplace.catalogue.listing_rules import check_together
from marketplace.catalogue.questions import QuestionSet
from marketplace.catalogue.rules import fold
from marketplace.core.errors import RuleBroken

#: Without these there is no listing to begin.
NEEDED = ("name", "summary")
#: What the columns of other people's lists are often called.
ALSO_CALLED = {
    "product name": "name",
    "product": "name",
    "tool": "name",
    "title": "name",
    "url": "website",
    "link": "website",
    "short description": "summary",
    "primary essential function": "summary",
    "grade from": "lowest_grade",
    "grade to": "highest_grade",
}


@dataclass
class Row:
    """One row of the file; `number` as a spreadsheet shows it, the header being row 1."""

    number: int
    answers: dict[str, Any] = field(default_factory=dict)
    #: (column as the file calls it, what is wrong)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.problems


def guess(header: Sequence[str], questions: QuestionSet) -> dict[int, str]:
    """Which question each column answers, by its name; what is not known is left out."""
    by_name = {fold(q.label): q.key for q in questions} | {q.key: q.key for q in questions}
    by_name = {**ALSO_CALLED, **by_name}
    found: dict[int, str] = {}
    for column, name in enumerate(header):
        key = by_name.get(fold(name))
        if key and key not in found.values():
            found[column] = key
    return found


def check_columns(columns: Mapping[int, str]) -> None:
    keys = list(columns.values())
    for key in keys:
        if keys.count(key) > 1:
            raise RuleBroken("Two columns answer the same question. Leave one of them out.")
    if "name" not in keys:
        raise RuleBroken("Choose the column that holds the name of the tool.")


def examine(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    columns: Mapping[int, str],
    questions: QuestionSet,
    today: date,
    known: Collection[str],
) -> list[Row]:
    """Every row read, with its problems by column. `known`: folded names that are listed by
    the vendor already; such a row fills in answers and needs no summary."""
    names: dict[str, int] = {}
    found = []
    for number, cells in enumerate(rows, start=2):
        row = Row(number)
        for column, key in columns.items():
            if not cells[column]:
                continue
            try:
                said.check_no_formula(cells[column])
                row.answers[key] = said.read(questions.by_key[key], cells[column], today)
            except RuleBroken as refusal:
                row.problems.append((header[column], str(refusal)))
        _check_row(row, names, known, {key: header[c] for c, key in columns.items()}, questions)
        found.append(row)
    return found


def _check_row(
    row: Row,
    names: dict[str, int],
    known: Collection[str],
    called: Mapping[str, str],
    questions: QuestionSet,
) -> None:
    wrong = {column for column, _ in row.problems}
    name = fold(row.answers.get("name") or "")
    for key in NEEDED:
        column = called.get(key, questions.by_key[key].label)
        may_miss = key == "summary" and name in known
        if not row.answers.get(key) and column not in wrong and not may_miss:
            row.problems.append((column, questions.by_key[key].required))
    if name in names:
        problem = f"Row {names[name]} has the same name. A tool is listed once."
        row.problems.append((called.get("name", "Name"), problem))
    elif name:
        names[name] = row.number
    try:
        check_together({key: {"value": value} for key, value in row.answers.items()})
    except RuleBroken as refusal:
        row.problems.append((called.get("highest_grade", "Highest grade"), str(refusal)))
