"""Who reads along: organizations, and people with the role of an observer."""

from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization, User
from marketplace.accounts.rules import Role
from marketplace.consortia.models import Observer
from marketplace.core.errors import NotFound


def observers(session: Session, org_id: UUID) -> list[tuple[Observer, Organization]]:
    """The organizations that observe now, by name."""
    query = (
        select(Observer, Organization)
        .join(Organization, col(Organization.id) == Observer.observer_id)
        .where(Observer.org_id == org_id, col(Observer.ended_at).is_(None))
        .order_by(col(Organization.name), col(Organization.id))
    )
    return [(found, org) for found, org in session.exec(query)]


def observing_people(session: Session, org_id: UUID) -> list[User]:
    """The people who observe in their own name, by name."""
    return accounts.people_with_role(session, org_id, Role.OBSERVER)


def observer_of(session: Session, org_id: UUID, observer_id: UUID) -> Observer | None:
    """The organization's place as an observer now, if it has one."""
    query = select(Observer).where(
        Observer.org_id == org_id,
        Observer.observer_id == observer_id,
        col(Observer.ended_at).is_(None),
    )
    return session.exec(query).first()


def get_observer(session: Session, row_id: UUID, *, lock: bool = False) -> Observer:
    query = select(Observer).where(Observer.id == row_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such observer.")
    return found
