"""Who may look at, propose and withdraw a way to split a consortium's costs."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor


def convenes(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.CONVENER, subject.org_id)


def belongs_to_it(actor: Actor, subject: Any) -> bool:
    """A member district, the lead agency, or the consortium's own desk."""
    return subject.org_id in actor.scope


def speaks_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(
        Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER
    )


def proposed_it(actor: Actor, subject: Any) -> bool:
    return actor.user_id is not None and actor.user_id == subject.proposed_by_id


access.declare(
    {
        "costs.cost_method": [[belongs_to_it]],
        "costs.propose_method": [[convenes], [belongs_to_it, speaks_for_a_district]],
        "costs.proposal": [[belongs_to_it]],
        "costs.withdraw_proposal": [[convenes], [belongs_to_it, proposed_it]],
    }
)
