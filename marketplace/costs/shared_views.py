"""What the pages about splits share: the blueprint, and words that templates look up."""

from typing import Any

from flask import Blueprint

from marketplace.core.money import dollars
from marketplace.costs import bill_rules, rules
from marketplace.pricing.rules import OFFERED_METHODS

bp = Blueprint("costs", __name__)


@bp.app_template_global("cost_words")
def cost_words() -> dict[str, Any]:
    """Names of methods and the legal note, for templates of this feature."""
    return {
        "methods": rules.METHOD_WORDS,
        "offered": OFFERED_METHODS,
        "legal": rules.LEGAL_NOTE,
    }


@bp.app_template_global("picture_of")
def picture_of(lines: list[bill_rules.Bill], most: int = 25) -> list[tuple[Any, ...]]:
    """Rows of the dot plot: what a seat costs alone and together, in cents, and in words."""
    return [
        (
            line.name,
            line.alone_cents / line.seats,
            line.cents / line.seats,
            dollars(line.per_seat_cents),
        )
        for line in lines[:most]
    ]
