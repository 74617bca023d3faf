"""Who may propose, speak, vote, and read what was said."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_system


def convenes(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.CONVENER, subject.org_id)


def belongs_to_it(actor: Actor, subject: Any) -> bool:
    """A member district, the lead agency, or the consortium's own desk."""
    return subject.org_id in actor.scope


def speaks_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(
        Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER
    )


def is_named_voter(actor: Actor, member: Any) -> bool:
    """The district's voter or alternate, acting for that district."""
    named = (member.voter_id, member.alternate_id)
    return actor.org_id == member.district_id and actor.user_id in named and bool(actor.user_id)


access.declare(
    {
        "decisions.open_decision": [[convenes], [belongs_to_it, speaks_for_a_district]],
        "decisions.discussion": [[belongs_to_it]],
        "decisions.remark": [[convenes], [belongs_to_it, speaks_for_a_district]],
        "decisions.cast_vote": [[is_named_voter]],
        "decisions.declare_conflict": [[is_named_voter]],
        "decisions.give_proxy": [[is_named_voter]],
        "decisions.close_decision": [[is_system]],
        "decisions.prepare_pool": [[is_system]],
        "decisions.note_next_step": [[is_system]],
    }
)
