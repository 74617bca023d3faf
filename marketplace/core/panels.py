"""Places on a page that features further down the list may fill.

A tool's page belongs to `catalogue`, which must not know pools; so the page names a slot
and `pools` fills it. Upwards you call, downwards a page only leaves room.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask
from markupsafe import Markup

Panel = Callable[[Any], str | None]
_panels: dict[str, list[Panel]] = {}


def fill(slot: str) -> Callable[[Panel], Panel]:
    """Fill a slot: `@fill("catalogue.tool")` above `def pools_of_tool(tool) -> str | None`."""

    def add(panel: Panel) -> Panel:
        _panels.setdefault(slot, []).append(panel)
        return panel

    return add


def panels(slot: str, subject: Any) -> Markup:
    """What fills a slot, in feature order; templates were escaped when they were rendered."""
    return Markup("").join(
        Markup(filled) for panel in _panels.get(slot, ()) if (filled := panel(subject))
    )


def init_app(app: Flask) -> None:
    app.jinja_env.globals["panels"] = panels
