"""What the pages of scorecards share: the blueprint, the tool, words for templates."""

from typing import Any

from flask import Blueprint
from markupsafe import Markup

from marketplace.accounts import login
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import db
from marketplace.scorecards import law_rules, reading_queries, view_rules
from marketplace.scorecards.reading_queries import Reading

bp = Blueprint("scorecards", __name__)


def tool_and_reading(slug: str) -> tuple[Tool, str, Reading | None]:
    """A tool that is or was public, who makes it, and its newest card."""
    session = db.session()
    tool, vendor, _, _ = catalogue.tool_with_maker(session, slug, login.current_actor())
    return tool, vendor.name, reading_queries.reading_of(session, tool)


@bp.app_template_global("card_words")
def card_words() -> dict[str, Any]:
    """Words, marks and shapes for templates of this feature."""
    return {
        "shapes": view_rules.GRADE_SHAPES,
        "kinds": view_rules.GRADE_KINDS,
        "results": law_rules.RESULT_WORDS,
        "owes": law_rules.OWES_WORDS,
        "not_loaded": law_rules.NOT_LOADED,
        "unsigned": law_rules.UNSIGNED,
        "states": law_rules.STATE_WORDS,
        "mark_of": view_rules.mark_of,
        "answer_of": view_rules.answer_words,
        "nothing": Markup(""),
    }
