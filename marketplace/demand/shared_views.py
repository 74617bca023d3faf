"""What the pages of demand share: the blueprint, today, and prices to match on."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from flask import Blueprint

from marketplace.catalogue import queries as catalogue
from marketplace.core import clock, db
from marketplace.pricing.rules import Form, Schedule, schedule_from_json, unit_price_cents

bp = Blueprint("demand", __name__)
#: Why pages read across districts; what is read goes through `rules` before anybody sees it.
SUMS = "demand is counted across districts; names only with their leave"


def today() -> date:
    return clock.now().date()


def prices_of(tool_ids: Iterable[UUID]) -> dict[UUID, Schedule]:
    """For each tool the price that is lowest for a large group; prices by the size of each
    district are left out, since a pool does not lower them."""
    found: dict[UUID, Schedule] = {}
    for tool_id, terms in catalogue.terms_in_force(db.session(), tool_ids):
        schedule = schedule_from_json(terms)
        if schedule.form is Form.SITE:
            continue
        if tool_id not in found or _at_best(schedule) < _at_best(found[tool_id]):
            found[tool_id] = schedule
    return found


def _at_best(schedule: Schedule) -> int:
    return unit_price_cents(schedule, 10_000)
