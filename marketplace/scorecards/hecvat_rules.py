"""What a HECVAT the vendor has filled in already says about the rubric's questions.

By question id alone (EDUCAUSE HECVAT 4.1.4; its texts are not ours and are not kept). An answer
is only a beginning: it is the vendor's word until a reviewer holds a paper.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.core.errors import RuleBroken
from marketplace.scorecards.rubric_rules import Criterion, Rubric

_ID = re.compile(r"[A-Z]{4}-\d{2}")
MOST_ROWS = 2_000


@dataclass(frozen=True)
class Prefill:
    criterion: Criterion
    #: (HECVAT question, what the vendor answered there).
    said: tuple[tuple[str, str], ...]


def read_export(text: str) -> dict[str, str]:
    """{question id: answer} of an export: lines of id and answer, by comma or tab.

    Whatever stands around them (other columns, headings) is skipped; the answer is the first
    cell after the id that is filled. Raises `RuleBroken` when there is no question in it.
    """
    found: dict[str, str] = {}
    comma = "\t" if text.partition("\n")[0].count("\t") else ","
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=comma))
    except csv.Error as problem:
        raise RuleBroken(f"The export cannot be read: {problem}.", "export") from None
    if len(rows) > MOST_ROWS:
        raise RuleBroken(f"The export has more than {MOST_ROWS:,} lines.", "export")
    for row in rows:
        cells = [cell.strip() for cell in row]
        places = [i for i, cell in enumerate(cells) if _ID.fullmatch(cell)]
        if not places:
            continue
        rest = [cell for cell in cells[places[0] + 1 :] if cell]
        key = cells[places[0]]
        if key in found and rest and found[key] != rest[0]:
            raise RuleBroken(f"{key} is answered twice, in two ways.", "export")
        if rest:
            found[key] = rest[0][:300]
    if not found:
        raise RuleBroken(
            "No HECVAT question was found. A line holds an id such as DPAI-07 and its answer.",
            "export",
        )
    return found


def cited(rubric: Rubric) -> dict[str, list[str]]:
    """The HECVAT questions that each question of the rubric names."""
    return {
        criterion.id: ids
        for criterion in rubric
        if (ids := [i for cite in criterion.cites if "HECVAT" in cite for i in _ID.findall(cite)])
    }


def prefill(rubric: Rubric, answers: Mapping[str, str]) -> list[Prefill]:
    """Questions of the rubric about which the HECVAT says something, in the rubric's order."""
    found = []
    for key, ids in cited(rubric).items():
        if said := tuple((i, answers[i]) for i in ids if i in answers):
            found.append(Prefill(rubric.by_id[key], said))
    return found
