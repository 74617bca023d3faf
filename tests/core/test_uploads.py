"""Files from strangers: known by content, redrawn, scanned, or refused in plain words."""

import io
import sys
import zipfile

import pytest
from PIL import Image, PngImagePlugin

from marketplace.app import create_app
from marketplace.core import uploads
from marketplace.core.errors import RuleBroken

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>'


def zipped(parts):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def office(**more):
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>", **more})


def picture(size=(40, 30), kind="PNG", **options):
    made = io.BytesIO()
    Image.new("RGB", size, "white").save(made, kind, **options)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("scan.PDF", b"%PDF-1.7 x", ("scan.pdf", "application/pdf")),
        ("not-a-pdf.exe", b"%PDF-1.7 x", ("not-a-pdf.exe.pdf", "application/pdf")),
        ("..\\..\\a<b>.docx", office(), ("ab.docx", uploads.TYPES["docx"])),
        ("rows.csv", "a,b\nñ,2\n".encode(), ("rows.csv", "text/csv")),
        ("photo.jpeg", picture(kind="JPEG"), ("photo.jpg", "image/jpeg")),
    ],
)
def test_a_file_is_known_by_its_content_not_its_name(name, content, kept):
    checked = uploads.check(name, content)

    assert (checked.name, checked.media_type) == kept


BOMB = zipped({"word/document.xml": b"0" * 70_000_000})
BAD = {
    "empty": (b"", "empty"),
    "too large": (b"%PDF-" + b"0" * 10_000_001, "larger than 10 MB"),
    "svg with a script": (SVG, "SVG"),
    "web page": (b"<!doctype html><script>x()</script>", "Web pages"),
    "zip bomb": (BOMB, "unpacks to far more"),
    "many parts": (zipped({f"{n}": "" for n in range(3_001)}), "unpacks to far more"),
    "plain zip": (zipped({"a.txt": "a"}), "zip files"),
    "damaged zip": (office()[:60], "damaged"),
    "macros in word": (office(**{"word/vbaProject.bin": b"x"}), "macros"),
    "macros by type": (
        zipped({"[Content_Types].xml": "macroEnabled", "xl/workbook.xml": ""}),
        "macros",
    ),
    "old office file": (uploads.OLE + b"0" * 600, "macros"),
    "file in a file": (office(**{"word/embeddings/oleObject1.bin": b"x"}), "another file"),
    "pdf with a program": (b"%PDF-1.7 /OpenAction << /S /JavaScript >>", "carries a program"),
    "program": (b"MZ\x90\x00\x03", "do not know"),
    "broken picture": (picture()[:50], "cannot read this picture"),
    "huge picture": (picture((8_000, 6_000)), "million points"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_could_harm_is_refused_at_its_field(case):
    content, words = BAD[case]

    with pytest.raises(RuleBroken, match=words) as refusal:
        uploads.check("evidence.pdf", content, field="file_ai_bias")

    assert refusal.value.field == "file_ai_bias"


def test_a_picture_whose_header_lies_about_its_size_is_refused():
    lying = bytearray(picture())
    lying[16:24] = (60_000).to_bytes(4) * 2

    with pytest.raises(RuleBroken):
        uploads.check("a.png", bytes(lying))


def test_a_picture_is_drawn_anew_without_what_was_hidden_in_it():
    hidden = PngImagePlugin.PngInfo()
    hidden.add_text("comment", "<script>x()</script>")

    checked = uploads.check("a.png", picture(pnginfo=hidden) + b"<?php evil ?>")

    assert b"script" not in checked.content
    assert b"evil" not in checked.content
    assert Image.open(io.BytesIO(checked.content)).size == (40, 30)


def test_only_the_wanted_kinds_are_taken():
    with pytest.raises(RuleBroken, match=r"This is a PDF file\. Choose one of these kinds: CSV"):
        uploads.check("a.pdf", b"%PDF-1.7", ("csv", "xlsx"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit(b'virus' in sys.stdin.buffer.read())", None),
        ("import sys; sys.exit(1)", "found something"),
        ("import sys; sys.exit(2)", "could not check"),
    ],
)
def test_the_scanner_of_the_setting_decides(tmp_path, code, words):
    site = create_app(MODE="test", VAR=tmp_path, SCAN_COMMAND=f'{sys.executable} -c "{code}"')

    with site.app_context():
        if words is None:
            uploads.check("a.txt", b"hello")
            with pytest.raises(RuleBroken, match="found something"):
                uploads.check("a.txt", b"a virus")
        else:
            with pytest.raises(RuleBroken, match=words):
                uploads.check("a.txt", b"hello")


def test_a_scanner_that_is_not_there_lets_nothing_through(tmp_path):
    site = create_app(MODE="test", VAR=tmp_path, SCAN_COMMAND="/no/such/scanner")

    with site.app_context(), pytest.raises(RuleBroken, match="could not check"):
        uploads.check("a.txt", b"hello")
