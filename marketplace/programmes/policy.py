"""Who places restricted money, and who agrees: the funder's people and who keeps the books.

The subject is a programme, movement or award, which carry `org_id` (the funder), unless said
otherwise. That two people are needed is a rule, not a role.
"""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_system
from marketplace.programmes.movement_rules import IN_THE_BOOKS


def of_the_funder(actor: Actor, row: Any) -> bool:
    return actor.org_kind == "funder" and actor.org_id == row.org_id


def runs_programmes(actor: Actor, _row: Any) -> bool:
    return actor.acts_as(Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER)


def keeps_its_books(actor: Actor, row: Any) -> bool:
    return _keeps(actor, row.consortium_id)


def is_only_promised(_actor: Actor, movement: Any) -> bool:
    return movement.kind not in IN_THE_BOOKS


def is_the_district(actor: Actor, award: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == award.district_id


# -- where the subject is an organization ------------------------------------------------------


def is_this_funder(actor: Actor, funder: Any) -> bool:
    return actor.org_kind == "funder" and actor.org_id == funder.id


def is_this_district(actor: Actor, district: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == district.id


def keeps_the_books_of(actor: Actor, consortium: Any) -> bool:
    return _keeps(actor, consortium.id)


def _keeps(actor: Actor, consortium_id: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, consortium_id) or actor.has(Role.CONVENER, consortium_id)


access.declare(
    {
        "programmes.programmes": [[is_this_funder]],
        "programmes.create_programme": [[is_this_funder, runs_programmes]],
        "programmes.programme": [[of_the_funder]],
        "programmes.change_programme": [[of_the_funder, runs_programmes]],
        "programmes.award_grants": [[of_the_funder, runs_programmes]],
        "programmes.move_money": [[of_the_funder, runs_programmes]],
        "programmes.movement": [[of_the_funder], [keeps_its_books]],
        "programmes.approve_movement": [
            [keeps_its_books],
            [of_the_funder, runs_programmes, is_only_promised],
        ],
        "programmes.refuse_movement": [[keeps_its_books], [of_the_funder, runs_programmes]],
        "programmes.carry_out": [[is_system]],
        "programmes.consortium_grants": [[keeps_the_books_of]],
        "programmes.district_grants": [[is_this_district]],
        "programmes.award_letter": [[of_the_funder], [keeps_its_books], [is_the_district]],
    }
)
