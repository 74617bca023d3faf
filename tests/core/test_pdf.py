"""Tagged PDF from a template and plain data; what people typed is printed, never run."""

import io
from datetime import timedelta

import pypdf
import pytest

from marketplace.core import clock, pdf

TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(lang: "en")
= #data.title
#data.words
"""


@pytest.fixture(autouse=True)
def templates(tmp_path, monkeypatch):
    (tmp_path / "pdf").mkdir()
    (tmp_path / "pdf" / "note.typ").write_text(TEMPLATE)
    untitled = TEMPLATE.replace("#set document(title: data.title)", "")
    (tmp_path / "pdf" / "untitled.typ").write_text(untitled)
    (tmp_path / "secret.txt").write_text("a secret beside the templates")
    monkeypatch.setattr(pdf, "TEMPLATES", tmp_path)


def text_of(content):
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_a_document_is_tagged_titled_and_in_a_language():
    reader = pypdf.PdfReader(io.BytesIO(pdf.render("note", title="Invoice 7", words="Hello")))
    root = reader.trailer["/Root"]

    assert reader.metadata.title == "Invoice 7"
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712  a PDF boolean
    assert root["/Lang"].startswith("en")
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()


def test_what_people_typed_is_printed_and_never_run():
    typed = '#panic("run") $x$ *bold* #read("../secret.txt") `raw` \\ " \n= Heading'

    text = text_of(pdf.render("note", title="Note", words=typed))

    assert '#panic("run") $x$ *bold* #read("../secret.txt") `raw`' in text.replace("\n", " ")
    assert "a secret beside" not in text


def test_the_same_moment_gives_the_same_bytes():
    first, second = (pdf.render("note", title="Note", words="x") for _ in range(2))
    with clock.frozen(clock.now() + timedelta(days=1)):
        later = pdf.render("note", title="Note", words="x")

    assert first == second
    assert first != later


def test_a_document_without_a_title_is_not_made():
    with pytest.raises(Exception, match="title"):
        pdf.render("untitled", title="Note", words="x")
