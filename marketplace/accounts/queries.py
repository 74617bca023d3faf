"""What others may ask about people and organizations."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts import letter_queries
from marketplace.accounts.models import Affiliation, Invitation, Membership, Organization, User
from marketplace.accounts.rules import (
    INVITATIONS_WAITING,
    LETTERS_PER_HOUR,
    OrganizationKind,
    Role,
    email_key,
)
from marketplace.core.errors import NotFound
from marketplace.core.mail import Letter

#: Who still wants letters of a kind; see `letter_queries`.
letter_readers = letter_queries.readers


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


def _locked(query: Any) -> Any:
    """Wait for whoever holds the row, then see it as they left it."""
    return query.with_for_update().execution_options(populate_existing=True)


def get_organization(session: Session, org_id: UUID, *, lock: bool = False) -> Organization:
    query = select(Organization).where(Organization.id == org_id)
    return _the_one(session.exec(_locked(query) if lock else query).first())


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


def organizations_called(session: Session, kind: OrganizationKind, name: str) -> list[Organization]:
    """Those of a kind with exactly this name, in whatever case."""
    query = select(Organization).where(
        Organization.kind == kind, func.lower(Organization.name) == name.strip().lower()
    )
    return list(session.exec(query.order_by(col(Organization.slug)).limit(5)))


def user_by_email(session: Session, email: str, *, lock: bool = False) -> User | None:
    query = select(User).where(User.email_key == email_key(email))
    return session.exec(_locked(query) if lock else query).one_or_none()


def users_by_email(session: Session, emails: Iterable[str]) -> list[User]:
    query = select(User).where(col(User.email_key).in_([email_key(e) for e in emails]))
    return list(session.exec(query))


def user_by_uniquifier(session: Session, uniquifier: str, *, lock: bool = False) -> User | None:
    """An active person, by what their sessions and links name."""
    query = select(User).where(User.fs_uniquifier == uniquifier, col(User.active))
    return session.exec(_locked(query) if lock else query).one_or_none()


def get_user(session: Session, user_id: UUID | None, *, lock: bool = False) -> User:
    query = select(User).where(User.id == user_id)
    user = session.exec(_locked(query) if lock else query).one_or_none()
    if user is None:
        raise NotFound("There is no such person.")
    return user


def mailbox_is_quiet(session: Session, address: str, now: datetime) -> bool:
    """Whether an address had few enough letters within the hour to get one more."""
    query = select(func.count()).where(
        col(Letter.written_at) > now - timedelta(hours=1),
        func.lower(Letter.recipient) == address.lower(),
    )
    return session.exec(query).one() < LETTERS_PER_HOUR


# -- the people of an organization -----------------------------------------------------------


def roles_held(org_id: UUID) -> Any:
    """The query of who holds which role there, by name, for a paged list."""
    return (
        select(Membership, User)
        .join(User, col(User.id) == Membership.user_id)
        .where(Membership.org_id == org_id, col(Membership.ended_at).is_(None))
        .order_by(col(User.name), col(User.id), col(Membership.role))
    )


def get_membership(session: Session, org_id: UUID, membership_id: UUID) -> Membership:
    query = select(Membership).where(
        Membership.id == membership_id,
        Membership.org_id == org_id,
        col(Membership.ended_at).is_(None),
    )
    if (found := session.exec(query).one_or_none()) is None:
        raise NotFound("Nobody holds that role here.")
    return found


def holders(session: Session, org_id: UUID, *roles: Role) -> int:
    """How many active, confirmed people hold one of the roles."""
    query = (
        select(func.count(func.distinct(Membership.user_id)))
        .join(User, col(User.id) == Membership.user_id)
        .where(
            Membership.org_id == org_id,
            col(Membership.role).in_(roles),
            col(Membership.ended_at).is_(None),
            col(User.active),
        )
    )
    return session.exec(query).one()


def holds(session: Session, user_id: UUID, org_id: UUID, role: Role) -> bool:
    query = select(Membership.id).where(
        Membership.user_id == user_id,
        Membership.org_id == org_id,
        Membership.role == role,
        col(Membership.ended_at).is_(None),
    )
    return session.exec(query).first() is not None


def memberships_with_role(session: Session, org_id: UUID, role: Role) -> list[Membership]:
    """Who holds a role there now, as rows to be changed."""
    query = select(Membership).where(
        Membership.org_id == org_id, Membership.role == role, col(Membership.ended_at).is_(None)
    )
    return list(session.exec(query.order_by(col(Membership.id))))


def belongs(session: Session, user_id: UUID, org_id: UUID) -> bool:
    """Holds any role there."""
    query = select(Membership.id).where(
        Membership.user_id == user_id,
        Membership.org_id == org_id,
        col(Membership.ended_at).is_(None),
    )
    return session.exec(query).first() is not None


# -- invitations -----------------------------------------------------------------------------


def waiting_invitations(session: Session, org_id: UUID, now: datetime) -> list[Invitation]:
    """Not yet accepted, withdrawn or expired; never more than may wait at once."""
    query = (
        select(Invitation)
        .where(
            Invitation.org_id == org_id,
            col(Invitation.accepted_at).is_(None),
            col(Invitation.withdrawn_at).is_(None),
            Invitation.expires_at > now,
        )
        .order_by(col(Invitation.invited_at).desc(), col(Invitation.id))
        .limit(INVITATIONS_WAITING)
    )
    return list(session.exec(query))


def get_invitation(session: Session, org_id: UUID, invitation_id: UUID) -> Invitation:
    query = select(Invitation).where(Invitation.id == invitation_id, Invitation.org_id == org_id)
    return _invited(session.exec(_locked(query)).one_or_none())


def invitation_by_token(session: Session, token: str, *, lock: bool = False) -> Invitation:
    """Found by its secret alone; only the hash is kept, so reading the table opens no door."""
    query = select(Invitation).where(Invitation.token_hash == token_hash(token))
    return _invited(session.exec(_locked(query) if lock else query).one_or_none())


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _invited(found: Invitation | None) -> Invitation:
    if found is None:
        raise NotFound("There is no such invitation.")
    return found


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
