"""What the pages of pools share: the blueprint, and finding a pool."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, url_for

from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.catalogue.models import Tool
from marketplace.consortia.models import Consortium
from marketplace.core import clock, db, tenancy
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.pools import queries, rules, state_rules
from marketplace.pools.models import Pool
from marketplace.pools.rules import PoolStatus, Rung
from marketplace.pricing.rules import Schedule, schedule_from_json

bp = Blueprint("pools", __name__)
PUBLIC = "open pools are public"


@dataclass(frozen=True)
class Shown:
    """A pool with what every page about it says."""

    pool: Pool
    organization: Organization
    consortium: Consortium
    tool: Tool
    schedule: Schedule
    #: Since when the vendor no longer offers the price that the pool has frozen.
    price_withdrawn_at: datetime | None = None

    @property
    def seed(self) -> str:
        return rules.seed_of(self.organization.slug, self.pool.slug)

    @property
    def takes_seats(self) -> bool:
        return rules.takes_seats(self.pool.status, self.pool.closes_at, clock.now())

    @property
    def only_adds(self) -> bool:
        """Seats can only be added from now to the deadline."""
        return self.takes_seats and state_rules.only_adds(
            self.pool.status, self.pool.fill_up_at, clock.now()
        )

    def url(self, page: str = "pool", **arguments: Any) -> str:
        return url_for(
            f"pools.{page}", consortium=self.organization.slug, slug=self.pool.slug, **arguments
        )


def find(consortium: str, slug: str) -> Shown:
    """The pool at a public address; a draft exists for its lead agency only."""
    with tenancy.everyone(PUBLIC):
        found = queries.pool_with_quote(db.session(), consortium, slug)
    pool, organization, founding, tool, withdrawn_at = found
    if pool.status is PoolStatus.DRAFT and not can(current_actor(), "pools.see_draft", pool):
        raise NotFound("There is no such pool.")
    schedule = schedule_from_json(pool.terms)
    return Shown(pool, organization, founding, tool, schedule, withdrawn_at)


def totals(by_rung: dict[Rung, tuple[int, int]]) -> dict[str, int]:
    """Firm and pending, districts and seats, out of the counts by rung."""
    sums = {"firm": 0, "pending": 0, "firm_districts": 0, "pending_districts": 0}
    for rung, (districts, seats) in by_rung.items():
        kind = "firm" if rung in rules.COUNTING_RUNGS else "pending"
        sums[kind] += seats
        sums[f"{kind}_districts"] += districts
    return sums | {"districts": sums["firm_districts"] + sums["pending_districts"]}


@bp.app_template_global("pool_words")
def pool_words() -> dict[str, Any]:
    """The names of states and rungs, for templates of this feature."""
    return {"status": rules.STATUS_WORDS, "rung": rules.RUNG_WORDS}


def district_of_actor() -> UUID | None:
    actor = current_actor()
    return actor.org_id if actor.org_kind == "district" else None
