"""Who still wants letters of a kind."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts.letter_rules import LetterKind
from marketplace.accounts.models import LetterStop, Membership, User
from marketplace.accounts.rules import Role


def stops_of(session: Session, user_id: UUID) -> list[LetterStop]:
    return list(session.exec(select(LetterStop).where(LetterStop.user_id == user_id)))


def readers(
    session: Session, org_ids: Iterable[UUID], roles: Iterable[Role], kind: LetterKind
) -> dict[UUID, list[User]]:
    """For each organization its active people who hold one of the roles and did not stop this
    kind of letter, by name; in one query.
    """
    query = (
        select(Membership.org_id, User)
        .join(User, col(User.id) == Membership.user_id)
        .outerjoin(
            LetterStop, (col(LetterStop.user_id) == User.id) & (col(LetterStop.kind) == kind)
        )
        .where(
            col(Membership.org_id).in_(set(org_ids)),
            col(Membership.role).in_(tuple(roles)),
            col(Membership.ended_at).is_(None),
            col(User.active),
            col(LetterStop.kind).is_(None),
        )
        .order_by(col(User.name), col(User.id))
    )
    found: dict[UUID, dict[UUID, User]] = {}
    for org_id, person in session.exec(query):
        found.setdefault(org_id, {})[person.id] = person
    return {org_id: list(people.values()) for org_id, people in found.items()}
