"""Letters about reviews: plain sentences with one address each."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import User
from marketplace.accounts.rules import Role
from marketplace.catalogue.models import Tool
from marketplace.core import mail
from marketplace.core.web import day
from marketplace.reviews import queries
from marketplace.reviews.models import Review


def tell_vendor(session: Any, tool: Tool, subject: str, text: str) -> None:
    vendor = accounts.get_organization(session, tool.org_id)
    people = accounts.people_with_role(session, vendor.id, Role.ADMINISTRATOR, Role.LISTING_EDITOR)
    _send(session, people, f"{tool.name}: {subject}", text, f"/v/{vendor.slug}/reviews/{tool.slug}")


def tell_operator(session: Any, tool: Tool, subject: str, text: str, path: str) -> None:
    site = queries.operator_org(session)
    people = accounts.people_with_role(session, site.id, Role.OPERATOR)
    _send(session, people, f"{tool.name}: {subject}", text, path)


def tell_person(session: Any, user: User, tool: Tool, subject: str, text: str, path: str) -> None:
    _send(session, [user], f"{tool.name}: {subject}", text, path)


def tell_seats(
    session: Any, review: Review, tool: Tool, subject: str, text: str, path: str
) -> None:
    """Everybody who sits in the review now."""
    ids = [seat.user_id for seat in queries.seats_of(session, review.id) if seat.is_fit]
    people = queries.users_by_id(session, ids).values()
    _send(session, people, f"{tool.name}: {subject}", text, path)


def tell_reviewers(
    session: Any, tool: Tool, subject: str, text: str, path: str, but: Iterable[UUID] = ()
) -> None:
    """Every reviewer without a tie to the vendor."""
    left_out = {*but, *queries.negotiators(session, tool.org_id)}
    left_out |= {row.user_id for row, _ in queries.recusals(session, tool.org_id)}
    people = [user for user, _ in queries.reviewers(session) if user.id not in left_out]
    _send(session, people, f"{tool.name}: {subject}", text, path)


def until(day_: date | None) -> str:
    return f" The last day is {day(day_)}." if day_ else ""


def _send(session: Any, people: Iterable[User], subject: str, text: str, path: str) -> None:
    for person in people:
        mail.send(session, person.email, subject, f"{text}\n\nOpen {mail.site_address()}{path}\n")
