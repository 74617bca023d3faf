"""Tagged, accessible PDF (PDF/UA-1) from Typst templates and plain data.

Data travels as JSON, so text typed by people is printed, never run.
"""

import json
from typing import Any

import typst

from marketplace.core import clock
from marketplace.core.resources import TEMPLATES


def render(template: str, **data: Any) -> bytes:
    """`templates/pdf/<template>.typ` filled with `data`; the same bytes for the same moment."""
    folder = TEMPLATES / "pdf"
    return typst.compile(
        str(folder / f"{template}.typ"),
        root=str(folder),
        sys_inputs={"data": json.dumps(data, default=str)},
        pdf_standards=["ua-1"],
        timestamp=int(clock.now().timestamp()),
    )
