"""Who is acting, and the one question asked of every command: may they?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from marketplace.core.errors import NotAllowed


@dataclass(frozen=True)
class Actor:
    """The person or machine behind a request, cut loose from the database.

    `org_id` is the organization acted for, `org_kind` its kind, `circles` the
    consortia that organization belongs to, `roles` every role the person holds.
    """

    user_id: UUID | None
    org_id: UUID | None = None
    org_kind: str | None = None
    leaid: str | None = None
    roles: frozenset[tuple[str, UUID]] = frozenset()
    circles: frozenset[UUID] = frozenset()
    is_system: bool = False

    @classmethod
    def system(cls) -> Self:
        """Background jobs and commands run by the operator of the machine."""
        return cls(user_id=None, is_system=True)

    @property
    def home(self) -> UUID:
        """The organization the actor speaks for; refused if there is none."""
        if self.org_id is None:
            raise NotAllowed("Choose the organization you act for first.")
        return self.org_id

    @property
    def person(self) -> UUID:
        """The person who acts; refused where a machine cannot stand in for one."""
        if self.user_id is None:
            raise NotAllowed("Sign in first: this is done in a person's own name.")
        return self.user_id

    @property
    def scope(self) -> frozenset[UUID]:
        """The organizations whose rows may be read at all; policy decides further."""
        return self.circles | ({self.org_id} if self.org_id else set())

    def has(self, role: str, org_id: UUID | None) -> bool:
        return (role, org_id) in self.roles

    def acts_as(self, *roles: str) -> bool:
        """Holds one of these roles in the organization acted for."""
        return any(self.has(role, self.org_id) for role in roles)


NOBODY = Actor(user_id=None)

Condition = Callable[[Actor, Any], bool]
_policy: dict[str, Sequence[Sequence[Condition]]] = {}


def anyone(_actor: Actor, _subject: Any) -> bool:
    return True


def signed_in(actor: Actor, _subject: Any) -> bool:
    return actor.user_id is not None


def is_system(actor: Actor, _subject: Any) -> bool:
    return actor.is_system


def is_operator(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "operator" and actor.acts_as("operator")


def declare(policy: dict[str, Sequence[Sequence[Condition]]]) -> None:
    """Add a feature's policy: an action is open when *any* line is *all* true."""
    repeated = _policy.keys() & policy.keys()
    if repeated:
        raise ValueError(f"declared twice: {sorted(repeated)}")
    for action, lines in policy.items():
        if not lines or not all(lines):
            raise ValueError(f"{action}: an empty line would let everybody in; write anyone")
    _policy.update(policy)


def policy() -> dict[str, Sequence[Sequence[Condition]]]:
    return dict(_policy)


def can(actor: Actor, action: str, subject: Any = None) -> bool:
    return any(all(condition(actor, subject) for condition in line) for line in _policy[action])


def require(actor: Actor, action: str, subject: Any = None) -> None:
    if not can(actor, action, subject):
        raise NotAllowed(f"You may not {action.split('.')[1].replace('_', ' ')} here.")
