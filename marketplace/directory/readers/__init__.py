"""Read a federal file, or our own CSV, into facts about districts. Nothing here is stored."""

from itertools import chain, islice
from pathlib import Path

from marketplace.core.errors import RuleBroken
from marketplace.directory.readers import ccd, cwift, edge, elsi, own, saipe
from marketplace.directory.readers.reading import Reading
from marketplace.directory.readers.tables import open_table

READERS = (edge, saipe, elsi, cwift, ccd, own)
HEADER_WITHIN_ROWS = 15


def read_file(path: Path) -> Reading:
    """Recognise a file by its header row and read it; refuse it in one line when unknown."""
    rows = open_table(path)
    top = list(islice(rows, HEADER_WITHIN_ROWS))
    for place, (_, header) in enumerate(top):
        columns = {str(cell).strip(): at for at, cell in enumerate(header)}
        for reader in READERS:
            if reader.knows(columns):
                above = " ".join(str(cell) for _, row in top[:place] for cell in row if cell)
                below = chain(top[place + 1 :], rows)
                reading = reader.read(path.name, columns, above, below)
                if not reading.rows and not reading.rejected:
                    raise RuleBroken(f"{path.name} has a header but no districts below it.")
                return reading
    raise RuleBroken(
        f"{path.name} is not a file we know. We read NCES EDGE geocodes, Census SAIPE, ELSI "
        "exports, NCES CWIFT, the CCD directory and our own CSV."
    )
