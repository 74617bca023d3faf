"""What is new for whom: the news of a search, and the searches people saved."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts.models import Membership, User
from marketplace.catalogue.finding_models import SavedSearch
from marketplace.catalogue.finding_queries import Found
from marketplace.catalogue.shelf import Placed
from marketplace.core.errors import NotFound


def news_of(found: Found, since: datetime | None = None) -> list[Placed]:
    """What a search finds that is newer than a moment, newest first."""
    rows = found.page(0, found.total)
    newer = (row for row in rows if since is None or row.news_at > since)
    return sorted(newer, key=lambda row: (row.news_at, row.place), reverse=True)


def searches_of(session: Session, user_id: UUID | None, org_id: UUID) -> list[SavedSearch]:
    """One person's saved searches, newest first."""
    query = select(SavedSearch).where(SavedSearch.user_id == user_id, SavedSearch.org_id == org_id)
    return list(session.exec(query.order_by(col(SavedSearch.saved_at).desc())))


def own_search(session: Session, user_id: UUID | None, search_id: UUID) -> SavedSearch:
    query = select(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.user_id == user_id)
    found = session.exec(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFound("There is no such search.")
    return found


def searches_due(session: Session, told_before: datetime, most: int) -> list[SavedSearch]:
    """Those to look at now, longest first; the caller sees all."""
    query = (
        select(SavedSearch)
        .where(col(SavedSearch.by_mail), SavedSearch.told_at < told_before)
        .order_by(col(SavedSearch.told_at))
        .limit(most)
    )
    return list(session.exec(query.with_for_update()))


def mailbox_of(session: Session, search: SavedSearch) -> User | None:
    """Whom to write to: the person, as long as they still act for the district."""
    query = (
        select(User)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(
            User.id == search.user_id,
            Membership.org_id == search.org_id,
            col(Membership.ended_at).is_(None),
            col(User.active),
        )
    )
    return session.exec(query).first()
