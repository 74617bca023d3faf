"""Files into rows of cells, whatever they are called; damaged or hostile files are refused."""

import csv
import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine as calamine

from marketplace.core.errors import RuleBroken

Row = list[Any]
MOST_BYTES = 100_000_000
MOST_UNPACKED_BYTES = 300_000_000
MOST_PACKING = 200  # the densest federal workbook packs 9 to 1; a zip bomb packs 1,000 to 1
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SEALED = "EncryptedPackage".encode("utf-16-le")
_FREE_SECTOR = 0xFFFFFFFF


def open_table(path: Path) -> Iterator[tuple[int, Row]]:
    """The rows of the first sheet or of the text, each with its number as a person counts."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise RuleBroken(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB.")
        content = path.read_bytes()
    except OSError as problem:
        raise RuleBroken(f"{path.name} cannot be read: {problem.strerror}.") from None
    if not content.strip():
        raise RuleBroken(f"{path.name} is empty.")
    if content.startswith(_ZIP):
        _check_zip(path.name, content)
        return _sheet(path.name, content)
    if content.startswith(_OLE):
        if _SEALED in content:  # a workbook with a password is wrapped in an older format
            raise RuleBroken(f"{path.name} is encrypted. Save it without a password and try again.")
        _check_ole(path.name, content)
        return _sheet(path.name, content)
    return _lines(path.name, content)


def _check_zip(name: str, content: bytes) -> None:
    """Refuse what is cut off, encrypted or unpacks to far more than a directory can be."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise RuleBroken(f"{name} is encrypted. Save it without a password and try again.")
            unpacked = sum(part.file_size for part in parts)
            dense = any(p.file_size > MOST_PACKING * max(p.compress_size, 5_000) for p in parts)
            if unpacked > MOST_UNPACKED_BYTES or dense:
                raise RuleBroken(
                    f"{name} would unpack to {unpacked / 1e6:,.0f} MB, so it is not read."
                )
            if damaged := archive.testzip():
                raise RuleBroken(f"{name} is damaged: {damaged} does not match its checksum.")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError):
        raise RuleBroken(f"{name} is cut off or damaged. Fetch it again.") from None


def _check_ole(name: str, content: bytes) -> None:
    """Every sector the allocation table names must be there; the reader itself does not check."""
    sector = 1 << struct.unpack_from("<H", content, 30)[0] if len(content) >= 512 else 0
    if sector not in (512, 4096) or len(content) % 512:
        raise RuleBroken(f"{name} is cut off or damaged. Fetch it again.")
    present = len(content) // sector - 1
    tables = struct.unpack_from("<109I", content, 76)
    for place, at in enumerate(table for table in tables if table != _FREE_SECTOR):
        start = (at + 1) * sector
        if start + sector > len(content):
            raise RuleBroken(f"{name} is cut off or damaged. Fetch it again.")
        entries = struct.unpack_from(f"<{sector // 4}I", content, start)
        beyond = entries[max(0, present - place * len(entries)) :]
        if any(entry != _FREE_SECTOR for entry in beyond):
            raise RuleBroken(f"{name} is cut off or damaged. Fetch it again.")


def _sheet(name: str, content: bytes) -> Iterator[tuple[int, Row]]:
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        yield from enumerate(sheet.iter_rows(), 1)
    except calamine.PasswordError:
        raise RuleBroken(
            f"{name} is encrypted. Save it without a password and try again."
        ) from None
    except (GeneratorExit, KeyboardInterrupt, SystemExit, RuleBroken):
        raise
    except BaseException as problem:  # the reader panics on some damage, beyond Exception
        if not isinstance(problem, Exception) and "Panic" not in type(problem).__name__:
            raise
        raise RuleBroken(f"{name} is not a spreadsheet we can read, or it is damaged.") from None


class _Tabbed(csv.excel_tab):
    quoting = csv.QUOTE_NONE  # a lone quotation mark in a name is just that


def _lines(name: str, content: bytes) -> Iterator[tuple[int, Row]]:
    """Comma- or tab-separated text. NCES publishes some of it in ISO-8859-1."""
    if b"\x00" in content[:4096]:
        raise RuleBroken(f"{name} is not a table we know: it is neither a spreadsheet nor text.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("iso-8859-1")
    first = text.split("\n", 1)[0]
    dialect = _Tabbed if first.count("\t") > first.count(",") else csv.excel
    rows = csv.reader(io.StringIO(text, newline=""), dialect, strict=True)
    width, last = 0, []
    try:
        for row in rows:
            if row:
                width, last = max(width, len(row)), row
                yield rows.line_num, row
    except csv.Error as problem:
        raise RuleBroken(f"{name}, line {rows.line_num}: {problem}; it may be cut off.") from None
    if len(last) < width and not text.endswith(("\n", "\r")):
        raise RuleBroken(f"{name} is cut off in line {rows.line_num}. Fetch it again.")
