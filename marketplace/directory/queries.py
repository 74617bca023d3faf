"""What others may ask about districts. Public reference data: no scope is needed."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.core.errors import NotFound
from marketplace.directory.models import District
from marketplace.directory.search_queries import Found, search

__all__ = ["Found", "districts_by_leaid", "get_district", "search", "stats"]


def get_district(session: Session, leaid: str) -> District:
    district = session.exec(select(District).where(District.leaid == leaid)).one_or_none()
    if district is None:
        raise NotFound("There is no such district.")
    return district


def districts_by_leaid(session: Session, leaids: Iterable[str]) -> dict[str, District]:
    """Those of the asked-for districts that are known."""
    query = select(District).where(col(District.leaid).in_(set(leaids)))
    return {district.leaid: district for district in session.exec(query)}


def stats(session: Session) -> dict[str, Any]:
    """The directory in numbers. Children are counted by grade span, so they may be added up."""
    count = func.count()
    by_state = select(District.state, count).group_by(District.state).order_by(District.state)
    by_locale = (
        select(District.locale, count)
        .where(col(District.locale).is_not(None))
        .group_by(District.locale)
        .order_by(District.locale)
    )
    sums = select(
        count,
        func.coalesce(func.sum(District.children), 0),
        func.coalesce(func.sum(District.children_in_poverty), 0),
    )
    districts, children, in_poverty = session.exec(sums).one()
    return {
        "districts": districts,
        "by_state": dict(session.exec(by_state).all()),
        "by_locale": dict(session.exec(by_locale).all()),
        "children": int(children or 0),
        "children_in_poverty": int(in_poverty or 0),
    }
