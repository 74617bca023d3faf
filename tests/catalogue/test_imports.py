"""Listings from CSV and Excel files."""

import csv
import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.catalogue import import_service, imports, questions, spreadsheets
from marketplace.catalogue.listing_models import ListingDraft, ListingImport
from marketplace.catalogue.models import Tool
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.uploads import TYPES
from tests.conftest import on_sqlite

TODAY = date(2026, 11, 16)
ASKED = questions.load()
#: 372 real products; not ours to ship, so these tests run where the file is.
REAL = Path("/work/shared/data/learnplatform/products_info.csv")
CSV = b'Name of the tool,"What it does, in one line",Lowest grade,Highest grade\n'


def table(*rows, header=CSV):
    return spreadsheets.read_table("text/csv", header + b"\n".join(rows))


def examine(read, known=()):
    header, rows = read
    columns = imports.guess(header, ASKED)
    return imports.examine(header, rows, columns, ASKED, TODAY, known)


def excel(*rows):
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


# -- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("comma", [b",", b";", b"\t"])
def test_csv_is_read_with_any_usual_separator_and_a_mark_of_its_encoding(comma):
    content = b"\xef\xbb\xbfname" + comma + b'website\n"A\nB"' + comma + b"https://a.example\n\n"

    assert spreadsheets.read_table("text/csv", content) == (
        ["name", "website"],
        [["A\nB", "https://a.example"]],
    )


def test_numbers_and_days_of_excel_are_read_as_people_see_them():
    header, rows = spreadsheets.read_table(
        TYPES["xlsx"], excel(["name", "exit_days", "deletion_certificate"], ["Coach", 60, True])
    )

    assert (header, rows) == (
        ["name", "exit_days", "deletion_certificate"],
        [["Coach", "60", "yes"]],
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name\n", "no rows"),
        (b"name\nA,B\n", "Row 2 has more cells"),
        (b'name\n"open', "cannot be read as CSV"),
        (b"name\n" + b"a\n" * 501, "501 rows"),
        (b"name\n" + b"x" * 20_001, "20,001 letters"),
        (b"name," * 201 + b"\n" + b"a\n", "more than 200 columns"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(content, words):
    with pytest.raises(RuleBroken, match=words):
        spreadsheets.read_table("text/csv", content)


def test_the_template_holds_every_question_and_nothing_that_runs():
    book = openpyxl.load_workbook(io.BytesIO(spreadsheets.template_xlsx(ASKED)))

    assert [cell.value for cell in book["Listings"][1]] == [q.label for q in ASKED]
    assert book["What to enter"].max_row == len(ASKED.by_key) + 1
    assert imports.guess([q.label for q in ASKED], ASKED) == {
        column: question.key for column, question in enumerate(ASKED)
    }


# -- looking ---------------------------------------------------------------------------------


def test_problems_are_named_by_row_and_column():
    rows = examine(table(
        b"Good,Helps.,K,5",
        b",Nameless,,",
        b'"=HYPERLINK(""x"")",Formula,,',
        b"good,Same name,,",
        b"Grades,Wrong,9,3",
        b"No summary,,,14",
    ))  # fmt: skip

    found = {(row.number, column) for row in rows for column, _ in row.problems}
    assert found == {
        (3, "Name of the tool"),
        (4, "Name of the tool"),
        (5, "Name of the tool"),
        (6, "Highest grade"),
        (7, "What it does, in one line"),
        (7, "Highest grade"),
    }
    assert [row.number for row in rows if row.is_good] == [2]


def test_a_listing_that_is_there_needs_no_second_summary():
    [row] = examine(table(b"Coach,,,"), known={"coach"})

    assert row.is_good


# -- importing -------------------------------------------------------------------------------


def drafts(look):
    look.rollback()
    return {tool.name: tool for tool in look.exec(select(Tool)).all()}


def start(act, editor, read):
    return act(editor, import_service.start_import, name="tools.csv", table=read)


def run(act, editor, begun, **options):
    columns = imports.guess(begun.header, ASKED)
    return act(editor, import_service.run_import, begun.id, columns=columns, **options)


def test_good_rows_are_imported_only_when_asked_and_only_once(act, look, editor):
    begun = start(act, editor, table(b"Good,Helps.,K,5", b"Bad,,,"))

    with pytest.raises(RuleBroken, match="only the good rows"):
        run(act, editor, begun)
    assert drafts(look) == {}

    for _ in range(2):
        run(act, editor, begun, only_good=True)
    assert {name: tool.status for name, tool in drafts(look).items()} == {"Good": "draft"}
    [kept] = look.exec(select(ListingImport)).all()
    assert (kept.added, kept.left_out) == (1, 1)


def test_a_row_fills_in_the_answers_of_a_listing_that_is_there(act, look, editor, complete):
    begun = start(act, editor, table(b"Reading coach,,3,5"))

    run(act, editor, begun)

    tools = drafts(look)
    assert list(tools) == ["Reading coach"]
    assert tools["Reading coach"].lowest_grade == 3
    [draft] = look.exec(select(ListingDraft)).all()
    assert draft.answers["description"]["value"] == "Listens while a child reads."


def test_an_import_belongs_to_the_vendor_who_brought_it(make, act, editor):
    begun = start(act, editor, table(b"Good,Helps.,K,5"))
    rival = make.person(make.vendor(), Role.ADMINISTRATOR)

    with pytest.raises(NotFound):
        run(act, rival, begun)


def test_two_columns_do_not_answer_the_same_question(act, editor):
    begun = start(act, editor, table(b"Good,Helps.,K,5"))

    with pytest.raises(RuleBroken, match="same question"):
        act(editor, import_service.run_import, begun.id, columns={0: "name", 1: "name"})


# -- in the browser --------------------------------------------------------------------------


def bring(client, vendor, name, content):
    page = client.get(f"/v/{vendor.slug}/listings/import").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    return client.post(
        f"/v/{vendor.slug}/listings/import",
        data={"csrf_token": token, "file": (io.BytesIO(content), name)},
    )


def test_a_vendor_looks_before_anything_is_saved(client_for, vendor, editor, look):
    client = client_for(editor)
    here = bring(client, vendor, "tools.csv", CSV + b"Good,Helps.,K,5\nBad,,,\n").location

    page = client.get(here)
    assert "Row 3" in page.text
    assert "Import only the 1 good rows" in page.text
    assert client.send(here).status_code == 422
    assert drafts(look) == {}

    client.send(here, only_good="1")
    assert list(drafts(look)) == ["Good"]


def test_another_column_may_be_chosen_for_a_question(client_for, vendor, editor, look):
    client = client_for(editor)
    here = bring(client, vendor, "list.csv", b"What,Why\nCoach,Helps.\n").location

    looked = client.send(here, column_0="name", column_1="summary", look="1")
    client.send(here, column_0="name", column_1="summary")

    assert "Import all 1 rows" in looked.text
    assert drafts(look)["Coach"].summary == "Helps."


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("tools.csv", b"", "The file is empty."),
        ("tools.xlsx", b"PK\x03\x04broken", "damaged"),
        ("tools.pdf", b"%PDF-1.7", "This is a PDF file."),
        ("tools.csv", b"name\n", "no rows"),
    ],
)
def test_a_bad_file_is_refused_at_its_field(client_for, vendor, editor, name, content, words):
    page = bring(client_for(editor), vendor, name, content)

    assert page.status_code == 422
    assert words in page.text
    assert 'id="file-error"' in page.text


def test_the_templates_are_downloads(client_for, vendor, editor):
    client, here = client_for(editor), f"/v/{vendor.slug}/listings/import/template"

    assert client.get(f"{here}.csv").text.startswith("Name of the tool,")
    book = client.get(f"{here}.xlsx")
    assert book.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in book.headers["Content-Security-Policy"]


# -- real lists ------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.skipif(not REAL.exists(), reason="the list of real products is not here")
def test_the_372_real_products_come_in_as_drafts(client_for, make, vendor, editor, look):
    client = client_for(editor)
    here = bring(client, vendor, REAL.name, REAL.read_bytes()).location

    page = client.get(here).text
    client.send(here, only_good="1")

    with REAL.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    without = [row for row in rows if not row["Primary Essential Function"].strip()]
    assert (len(rows), len(without)) == (372, 20)
    assert "Import only the 352 good rows" in page
    assert "20 rows left out" in client.get(f"/v/{vendor.slug}/").text
    found = drafts(look)
    assert len(found) == 352
    assert found["¡Avancemos!"].summary == "LC - Courseware & Textbooks"
    assert len({tool.slug for tool in found.values()}) == 352
