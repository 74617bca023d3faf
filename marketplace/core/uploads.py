"""Files from strangers: known by their content, emptied of what could run, scanned, or refused.

All of this happens before a transaction is open; what comes out is safe to store.
"""

import io
import shlex
import subprocess
import unicodedata
import warnings
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog
from flask import current_app

from marketplace.core.errors import RuleBroken

LARGEST_BYTES = 10_000_000
#: An office file of 10 MB unpacks to less than this, and no part of it by such a factor.
LARGEST_UNPACKED = 60_000_000
LARGEST_RATIO = 150
MOST_PARTS = 3_000
#: 25 megapixels: a scanned page at 600 dots an inch needs 34 million at most 3 bytes each.
MOST_PIXELS = 40_000_000
LARGEST_SIDE = 3_000
SCAN_SECONDS = 30
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "txt": "text/plain",
}
WORDS = {
    "pdf": "PDF",
    "png": "PNG",
    "jpg": "JPEG",
    "docx": "Word (.docx)",
    "xlsx": "Excel (.xlsx)",
    "csv": "CSV",
    "txt": "plain text",
}
EVIDENCE = ("pdf", "png", "jpg", "docx", "xlsx", "csv", "txt")
_MAIN_PART = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CheckedFile:
    """A file that was looked into; the only kind that `files.store` takes."""

    name: str
    media_type: str
    content: bytes

    @property
    def fingerprint(self) -> str:
        return sha256(self.content).hexdigest()


def check(
    name: str, content: bytes, kinds: Collection[str] = EVIDENCE, field: str = "file"
) -> CheckedFile:
    """The file as it may be kept, or a refusal at `field` that says what to do."""
    try:
        kind, safe = _look_into(name, content, kinds)
        _scan(content)
    except RuleBroken as refusal:
        raise RuleBroken(str(refusal), field) from None
    return CheckedFile(clean_name(name, kind), TYPES[kind], safe)


def _look_into(name: str, content: bytes, kinds: Collection[str]) -> tuple[str, bytes]:
    if not content:
        raise RuleBroken("The file is empty. Choose another.")
    if len(content) > LARGEST_BYTES:
        raise RuleBroken("The file is larger than 10 MB. Make it smaller and try again.")
    kind, safe = _kind_of(name, content)
    if kind not in kinds:
        wanted = ", ".join(WORDS[each] for each in kinds)
        raise RuleBroken(f"This is a {WORDS[kind]} file. Choose one of these kinds: {wanted}.")
    return kind, safe


def _kind_of(name: str, content: bytes) -> tuple[str, bytes]:
    if content.startswith(b"%PDF-"):
        return "pdf", _checked_pdf(content)
    if content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return _redrawn(content)
    if content.startswith(b"PK\x03\x04"):
        return _checked_office_file(content), content
    if content.startswith(OLE):
        raise RuleBroken(
            "Old Office files can carry programs (macros), so we do not take them. "
            "Save it as PDF, .docx or .xlsx."
        )
    return _checked_text(name, content), content


def _checked_pdf(content: bytes) -> bytes:
    if any(word in content for word in (b"/JavaScript", b"/Launch", b"/EmbeddedFile")):
        raise RuleBroken(
            "This PDF carries a program or another file. Print it to a new PDF and choose that."
        )
    return content


def _checked_text(name: str, content: bytes) -> str:
    head = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        raise RuleBroken("SVG pictures can carry programs. Save it as PNG and choose that.")
    if head.startswith(b"<"):
        raise RuleBroken("Web pages can carry programs. Print it to PDF and choose that.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RuleBroken(
            "We do not know this kind of file. Save it as PDF, PNG, .docx, .xlsx or CSV in UTF-8."
        ) from None
    if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n\f" for c in text):
        raise RuleBroken("We do not know this kind of file. Save it as PDF and choose that.")
    return "csv" if name.lower().endswith(".csv") else "txt"


def _checked_office_file(content: bytes) -> str:
    """Unpacked piece by piece: a zip bomb is noticed long before it is whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise _bomb()
            _unpack(archive, parts)
            names = {part.filename for part in parts}
            types = archive.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise RuleBroken(
            "The file is damaged or locked. Save it again and try once more."
        ) from None
    found = [kind for part, kind in _MAIN_PART.items() if part in names]
    if any(
        name.lower().endswith((".bin", ".exe", ".js")) for name in names if "vba" in name.lower()
    ):
        raise _macros()
    if b"macroenabled" in types.lower() or b"vbaproject" in types.lower():
        raise _macros()
    if len(found) != 1:
        raise RuleBroken("We do not take zip files. Choose a PDF, .docx, .xlsx or CSV file.")
    if any("/embeddings/" in name.lower() or "/activex/" in name.lower() for name in names):
        raise RuleBroken("This file carries another file inside. Save it as PDF and choose that.")
    return found[0]


def _unpack(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    unpacked = 0
    for part in parts:
        size = 0
        with archive.open(part) as stream:
            while piece := stream.read(256_000):
                size += len(piece)
                unpacked += len(piece)
                if unpacked > LARGEST_UNPACKED:
                    raise _bomb()
        if size > 1_000_000 and size > LARGEST_RATIO * max(1, part.compress_size):
            raise _bomb()


def _bomb() -> RuleBroken:
    return RuleBroken("The file unpacks to far more than it seems. Save it again, or as PDF.")


def _macros() -> RuleBroken:
    return RuleBroken("This file carries programs (macros). Save it without them, or as PDF.")


def _redrawn(content: bytes) -> tuple[str, bytes]:
    """Drawn anew from its pixels, so that nothing else that was in the file is kept."""
    from PIL import Image  # noqa: PLC0415  heavy, and few requests bring a picture

    refusal = RuleBroken("We cannot read this picture. Save it as PNG or JPEG and try again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Any = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
            if picture.width * picture.height > MOST_PIXELS:
                raise _huge()
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _huge() from None
    except RuleBroken:
        raise
    except Exception:  # the decoder meets whatever strangers send
        raise refusal from None
    kind = "png" if picture.format == "PNG" else "jpg"
    if kind == "jpg" or picture.mode not in ("1", "L", "LA", "RGB", "RGBA"):
        picture = picture.convert("RGBA" if kind == "png" else "RGB")
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    drawn = io.BytesIO()
    clean.save(
        drawn, "PNG" if kind == "png" else "JPEG", **({} if kind == "png" else {"quality": 88})
    )
    return kind, drawn.getvalue()


def _huge() -> RuleBroken:
    return RuleBroken(
        f"This picture has more than {MOST_PIXELS // 1_000_000} million points. Make it smaller."
    )


def _scan(content: bytes) -> None:
    """Ask the virus scanner of the setting SCAN_COMMAND, if there is one: the file on its
    standard input, 0 clean, 1 not. Whatever else happens, the file is refused."""
    command = current_app.config["SCAN_COMMAND"] if current_app else ""
    if not command:
        return
    try:
        done = subprocess.run(
            shlex.split(command), input=content, capture_output=True, timeout=SCAN_SECONDS,
            check=False,
        )  # fmt: skip
        verdict = done.returncode
    except (OSError, subprocess.SubprocessError, ValueError) as problem:
        log.warning("virus scanner does not answer", problem=type(problem).__name__)
        verdict = -1
    if verdict == 1:
        raise RuleBroken("The virus scanner found something in this file. It was not kept.")
    if verdict != 0:
        raise RuleBroken(
            "We could not check this file for viruses, so it was not kept. Try again later."
        )


def clean_name(name: str, ending: str) -> str:
    """The last part of what a browser sends, printable and safe in a header, with its ending."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '"<>:|?*')
    stem, dot, said = printable.strip().rpartition(".")
    stem = stem if dot and said.lower() in (*TYPES, "jpeg") else printable.strip()
    return f"{stem.strip('. ')[:116] or 'document'}.{ending}"
