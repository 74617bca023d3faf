"""Places on a page that features further down the list may fill.

A tool's page belongs to `catalogue`, which must not know pools; so the page names a slot
and `pools` fills it. Upwards you call, downwards a page only leaves room.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from markupsafe import Markup

Panel = Callable[[Any], str | None]
RowPanel = Callable[[Any], Mapping[Any, str]]
_panels: dict[str, list[Panel]] = {}
_row_panels: dict[str, list[RowPanel]] = {}


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


def fill_rows(slot: str) -> Callable[[RowPanel], RowPanel]:
    """Fill a place in each row of a list: the whole page is given once, so the number of
    queries does not grow with the rows."""

    def add(panel: RowPanel) -> RowPanel:
        _row_panels.setdefault(slot, []).append(panel)
        return panel

    return add


def row_panels(slot: str, page: Any) -> dict[Any, Markup]:
    """What fills the rows of a page, by the key of the row."""
    found: dict[Any, Markup] = {}
    for panel in _row_panels.get(slot, ()):
        for key, filled in panel(page).items():
            found[key] = found.get(key, Markup("")) + Markup(filled)
    return found


def init_app(app: Flask) -> None:
    app.jinja_env.globals["panels"] = panels
