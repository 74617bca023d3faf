"""Letters about changes and about what runs out."""

from sqlmodel import Session

from marketplace.catalogue import (
    listing_queries,
    review_service,
    saved_service,
    service,
    shelf_service,
)
from marketplace.core import jobs
from marketplace.core.access import Actor
from marketplace.core.events import Event, on


@on("catalogue.change_announced")
def tell_followers(session: Session, event: Event) -> None:
    notice = listing_queries.notice_by_id(session, event.subject_id)
    followers = listing_queries.followers_of(session, notice.tool_id)
    service.tell_districts(session, Actor.system(), notice.id, followers)


@jobs.timed
def warn_of_expiry(session: Session) -> int:
    return review_service.warn_of_expiry(session, Actor.system())


@jobs.timed
def expire_listings(session: Session) -> int:
    return review_service.expire_listings(session, Actor.system())


@jobs.timed
def refresh_shelf(session: Session) -> int:
    return shelf_service.refresh_shelf(session, Actor.system())


@jobs.timed
def tell_of_searches(session: Session) -> int:
    return saved_service.tell_of_searches(session, Actor.system())
