"""What others may ask about people and organizations."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts.models import Affiliation, Membership, Organization, User
from marketplace.accounts.rules import OrganizationKind, Role, email_key
from marketplace.core.errors import NotFound


@dataclass(frozen=True)
class Identity:
    """A signed-in person as one request knows them: read once, detached from the database."""

    user_id: UUID
    name: str
    email: str
    acting_for: UUID | None
    organizations: dict[UUID, Organization]
    roles: frozenset[tuple[str, UUID]]
    circles: dict[UUID, frozenset[UUID]]


def identity(session: Session, user: User) -> Identity:
    """Everything `Actor` is made from, in two queries."""
    held = session.exec(
        select(Membership.role, Organization)
        .join(Organization, col(Organization.id) == Membership.org_id)
        .where(Membership.user_id == user.id, col(Membership.ended_at).is_(None))
        .order_by(col(Membership.since), col(Membership.id))
    ).all()
    organizations = {org.id: org for _, org in held}
    circles: dict[UUID, set[UUID]] = {}
    if organizations:
        query = select(Affiliation).where(col(Affiliation.org_id).in_(organizations))
        for tie in session.exec(query):
            circles.setdefault(tie.org_id, set()).add(tie.circle_id)
    return Identity(
        user_id=user.id,
        name=user.name,
        email=user.email,
        acting_for=user.acting_for,
        organizations=organizations,
        roles=frozenset((str(role), org.id) for role, org in held),
        circles={org_id: frozenset(ids) for org_id, ids in circles.items()},
    )


def get_organization(session: Session, org_id: UUID) -> Organization:
    return _the_one(session.exec(select(Organization).where(Organization.id == org_id)).first())


def organization_by_slug(session: Session, kind: OrganizationKind, slug: str) -> Organization:
    query = select(Organization).where(Organization.slug == slug, Organization.kind == kind)
    return _the_one(session.exec(query).first())


def organization_by_leaid(session: Session, leaid: str) -> Organization:
    return _the_one(session.exec(select(Organization).where(Organization.leaid == leaid)).first())


def _the_one(found: Organization | None) -> Organization:
    if found is None:
        raise NotFound("There is no such organization.")
    return found


def organizations_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, Organization]:
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(Organization).where(col(Organization.id).in_(wanted))
    return {org.id: org for org in session.exec(query)}


def organizations_of_kind(session: Session, kind: OrganizationKind) -> list[Organization]:
    query = select(Organization).where(Organization.kind == kind).order_by(col(Organization.name))
    return list(session.exec(query))


def user_by_email(session: Session, email: str) -> User | None:
    return session.exec(select(User).where(User.email_key == email_key(email))).one_or_none()


def people_with_role(session: Session, org_id: UUID, *roles: Role) -> list[User]:
    """Whom to write to: active people who hold one of the roles there, each once."""
    query = (
        select(User)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(
            Membership.org_id == org_id,
            col(Membership.role).in_(roles),
            col(Membership.ended_at).is_(None),
            col(User.active),
        )
        .order_by(col(User.name), col(User.id))
        .distinct()
    )
    return list(session.exec(query))
