"""The one blueprint that the public, vendor and operator pages share."""

from flask import Blueprint

from marketplace.catalogue import rules

bp = Blueprint("catalogue", __name__)


@bp.app_context_processor
def words() -> dict[str, object]:
    """Words that every page about a tool may need, also pages of other features."""
    return {"tool_words": rules}
