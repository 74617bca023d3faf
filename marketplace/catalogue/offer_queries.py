"""An edition with the price it is offered at today, as pages show it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.catalogue import prices, queries
from marketplace.catalogue.models import Edition, PriceSchedule
from marketplace.catalogue.rules import ScheduleForm
from marketplace.pricing import rules as pricing


@dataclass(frozen=True)
class Offer:
    edition: Edition
    offered: PriceSchedule | None

    @cached_property
    def schedule(self) -> pricing.Schedule | None:
        return pricing.schedule_from_json(self.offered.terms) if self.offered else None

    @property
    def form_words(self) -> str:
        return prices.FORM_WORDS[self.offered.form] if self.offered else ""

    @property
    def unit(self) -> str:
        return pricing.unit_words(self.schedule) if self.schedule else ""

    @property
    def by_pupils(self) -> bool:
        return self.offered is not None and self.offered.form is ScheduleForm.SITE

    @property
    def lines(self) -> list[pricing.PriceLine]:
        return pricing.price_lines(self.schedule) if self.schedule else []

    @property
    def extras(self) -> list[str]:
        return pricing.price_extras(self.schedule) if self.schedule else []

    @property
    def price_range(self) -> str:
        return prices.price_range([self.schedule]) if self.schedule else ""

    @property
    def steps(self) -> list[tuple[int, int]]:
        """What the step-line chart draws; empty when there is only one price."""
        schedule = self.schedule
        if (
            schedule is None
            or ScheduleForm(schedule.form) not in prices.SEAT_FORMS
            or len(schedule.bands) < 2
        ):
            return []
        return [(band.starts_at, band.unit_cents) for band in schedule.bands]

    @property
    def preview(self) -> list[tuple[int, int, int]]:
        return prices.preview(self.schedule) if self.schedule else []

    def document(self) -> dict[str, Any]:
        """The price as other programs read it: the exact schedule and its dates."""
        if self.offered is None:
            return {}
        return {
            "version": self.offered.version,
            "term_months": self.offered.term_months,
            "valid_until": self.offered.valid_until.isoformat(),
            "schedule": self.offered.terms,
        }


def offers_of(session: Session, tool_id: UUID) -> list[Offer]:
    """Every edition of a tool, with or without a price."""
    return [Offer(*pair) for pair in queries.editions_with_prices(session, tool_id)]


def vendors_of(session: Session, tools: Any) -> dict[UUID, Organization]:
    return accounts.organizations_by_id(session, {tool.org_id for tool in tools})


def schedules_of(session: Session, tools: Any) -> dict[UUID, list[pricing.Schedule]]:
    """The prices in force of the tools on a page, ready for `pricing`."""
    found: dict[UUID, list[pricing.Schedule]] = {}
    for tool_id, terms in queries.terms_in_force(session, [tool.id for tool in tools]):
        found.setdefault(tool_id, []).append(pricing.schedule_from_json(terms))
    return found
