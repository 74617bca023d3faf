"""Files of listings: read CSV and Excel into rows of text, write the template to fill in."""

import csv
import io
from collections.abc import Iterable

from marketplace.catalogue.questions import QuestionSet
from marketplace.core.errors import RuleBroken

#: Each row is written in the same transaction: so many take some seconds.
MOST_ROWS = 500
MOST_COLUMNS = 200
LONGEST_CELL = 20_000
Table = tuple[list[str], list[list[str]]]


def read_table(media_type: str, content: bytes) -> Table:
    """(header, rows) of a file that was checked; refused when it is too large or has no rows."""
    rows = _excel(content) if "spreadsheetml" in media_type else _csv(content)
    filled = [row for row in rows if any(row)]
    if len(filled) < 2:
        raise RuleBroken("The file has no rows below its header. Fill in at least one.", "file")
    header, *body = filled
    if len(body) > MOST_ROWS:
        raise RuleBroken(f"The file has {len(body):,} rows. Bring {MOST_ROWS:,} at a time.", "file")
    if len(header) > MOST_COLUMNS:
        raise RuleBroken(f"The file has more than {MOST_COLUMNS} columns.", "file")
    width = len(header)
    for number, row in enumerate(body, start=2):
        if any(row[width:]):
            raise RuleBroken(
                f"Row {number} has more cells than the header. Is there a comma that needs quotes?",
                "file",
            )
    return header, [(row + [""] * width)[:width] for row in body]


def _csv(content: bytes) -> Iterable[list[str]]:
    text = content.decode("utf-8-sig")
    first = text.partition("\n")[0]
    comma = max(",;\t", key=first.count)
    limit = csv.field_size_limit(LONGEST_CELL * 4)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True):
            yield [_cell(cell) for cell in row]
    except csv.Error as problem:
        raise RuleBroken(f"The file cannot be read as CSV: {problem}.", "file") from None
    finally:
        csv.field_size_limit(limit)


def _excel(content: bytes) -> Iterable[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  heavy

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        if sheet.height > MOST_ROWS * 2 or sheet.width > MOST_COLUMNS:
            raise RuleBroken(
                f"The first sheet is too large. Bring {MOST_ROWS:,} rows at a time.",
                "file",
            )
        yield from ([_cell(cell) for cell in row] for row in sheet.to_python())
    except CalamineError:
        raise RuleBroken(
            "The file cannot be read as an Excel file. Save it again.", "file"
        ) from None


def _cell(value: object) -> str:
    """A cell as text; 12.0, which Excel makes of 12, is 12 again."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    if len(text) > LONGEST_CELL:
        raise RuleBroken(f"A cell holds {len(text):,} letters: “{text[:40]}…”.", "file")
    return text


# -- the template ----------------------------------------------------------------------------


def template_header(questions: QuestionSet) -> list[str]:
    return [question.label for question in questions]


def template_help(questions: QuestionSet) -> list[tuple[str, str, str]]:
    """(question, help, what may be entered) for the second sheet of the template."""
    return [(q.label, q.help, _allowed(q)) for q in questions]


def _allowed(question: object) -> str:
    options, kind = question.options, question.type  # type: ignore[attr-defined]
    if options:
        several = "; between them when there are several" if kind == "many" else ""
        return " | ".join(options.values()) + several
    return {
        "yes_no": "yes | no",
        "grade": "Pre-K | K | 1 … 12",
        "date": "A date such as 2027-06-30",
        "dollars": "Dollars, such as 1,200.00",
        "link": "An address that starts with https://",
        "lines": "One on each line of the cell",
        "priced": "One on each line of the cell: what it is, a colon, its price",
        "whole": "A whole number",
    }.get(kind, "Text")


def template_xlsx(questions: QuestionSet) -> bytes:
    import xlsxwriter  # noqa: PLC0415  heavy

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        sheet = book.add_worksheet("Listings")
        sheet.freeze_panes(1, 1)
        for column, label in enumerate(template_header(questions)):
            sheet.write_string(0, column, label, bold)
            sheet.set_column(column, column, 28, wrapped)
        words = book.add_worksheet("What to enter")
        words.set_column(0, 2, 60, wrapped)
        for row, line in enumerate([("Question", "Help", "Answers"), *template_help(questions)]):
            for column, text in enumerate(line):
                words.write_string(row, column, text, bold if row == 0 else wrapped)
    return made.getvalue()
