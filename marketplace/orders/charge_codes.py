"""The function and object codes of the federal accounting handbook, by edition.

Source: NCES, Financial Accounting for Local and State School Systems (public domain), as listed
in the Common Education Data Standards, CEDS-IDS reference data of 2020-02-24 (Apache-2.0). A
newer list is a new file and a new edition; what districts chose keeps the edition it came from.
"""

import csv
from functools import cache
from pathlib import Path

EDITION = "2020-02-24"
FILE = Path(__file__).parent / "charge_codes_2020.csv"
#: Where classroom software is charged most often; shown first, never chosen for anybody.
OFTEN = {"function": ("2230", "1000", "2580"), "object": ("735", "650", "351", "352")}


@cache
def codes(part: str) -> dict[str, str]:
    """code -> name, for the part `function` or `object`; those used most often come first."""
    with FILE.open(encoding="utf-8", newline="") as file:
        known = {row["code"]: row["name"] for row in csv.DictReader(file) if row["part"] == part}
    return {code: known[code] for code in OFTEN[part]} | known


def words(part: str, code: str) -> str:
    """“735 Technology Software”; a code of another edition stands alone."""
    return f"{code} {codes(part).get(code, '')}".strip()
