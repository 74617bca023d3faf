"""The one blueprint that the public, vendor and operator pages share."""

from typing import Any

from flask import Blueprint

from marketplace.catalogue import rules

bp = Blueprint("catalogue", __name__)


@bp.record_once
def give_words(state: Any) -> None:
    """Macros see globals only; pages of other features about a tool need its words too."""
    state.app.jinja_env.globals["tool_words"] = rules
