"""Who may ask, answer, count, settle and leave. Author ≠ approver is a rule of the use cases.

The subject is a pool, a request, a run or a count (`org_id` is the consortium), an order
(`org_id` is the district), or an organization where said so.
"""

from dataclasses import replace
from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_system


def buys_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(Role.BUYER, Role.ADMINISTRATOR)


def signs_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(Role.ADMINISTRATOR, Role.APPROVER)


def decides_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(
        Role.BUYER, Role.ADMINISTRATOR, Role.APPROVER
    )


def is_that_district(actor: Actor, row: Any) -> bool:
    return actor.org_id is not None and actor.org_id == row.district_id


def is_in_its_consortium(actor: Actor, row: Any) -> bool:
    return row.org_id in actor.circles


def leads(actor: Actor, row: Any) -> bool:
    return actor.has(Role.CONVENER, row.org_id) or actor.has(Role.FISCAL_AGENT, row.org_id)


def convenes(actor: Actor, row: Any) -> bool:
    return actor.has(Role.CONVENER, row.org_id)


def sells_it(actor: Actor, row: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == row.vendor_id


def works_for_the_vendor(actor: Actor, _row: Any) -> bool:
    return actor.acts_as(Role.FINANCE, Role.ADMINISTRATOR)


def is_this_district(actor: Actor, district: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == district.id


def is_this_vendor(actor: Actor, vendor: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == vendor.id


def owns_the_order(actor: Actor, order: Any) -> bool:
    return actor.org_id is not None and actor.org_id == order.org_id


def leads_its_consortium(actor: Actor, order: Any) -> bool:
    return actor.has(Role.CONVENER, order.consortium_id) or actor.has(
        Role.FISCAL_AGENT, order.consortium_id
    )


def for_the_books(actor: Actor) -> Actor:
    """Signs an entry as who they are, once this feature's own policy has let them."""
    return replace(actor, is_system=True)


access.declare(
    {
        # pages
        "renewals.my_terms": [[is_this_district]],
        "renewals.vendor_terms": [[is_this_vendor]],
        "renewals.terms": [[leads]],
        "renewals.term": [[leads], [is_in_its_consortium]],
        # during a term; the subject is the pool, or the request
        "renewals.ask_to_join_late": [[buys_for_a_district, is_in_its_consortium]],
        "renewals.ask_for_seats": [[buys_for_a_district, is_in_its_consortium]],
        "renewals.ask_to_leave": [[buys_for_a_district, is_in_its_consortium]],
        "renewals.take_back_request": [[is_that_district, buys_for_a_district]],
        "renewals.set_batch": [[convenes]],
        "renewals.approve_late_join": [[leads]],
        "renewals.place_batch": [[leads]],
        "renewals.approve_leaving": [[leads]],
        "renewals.refuse_request": [[leads]],
        "renewals.post_change": [[leads]],
        "renewals.write_papers": [[leads]],
        "renewals.consent_to_leaving": [[signs_for_a_district, is_in_its_consortium]],
        # use and its settlement
        "renewals.say_use": [
            [decides_for_a_district, is_that_district],
            [sells_it, works_for_the_vendor],
        ],
        "renewals.answer_use": [
            [decides_for_a_district, is_that_district],
            [sells_it, works_for_the_vendor],
        ],
        "renewals.propose_true_up": [[leads]],
        "renewals.approve_true_up": [[leads]],
        "renewals.refuse_true_up": [[leads]],
        # the next term
        "renewals.send_notice": [[is_system]],
        "renewals.answer_renewal": [[decides_for_a_district, is_in_its_consortium]],
        "renewals.put_to_vote": [[convenes]],
        "renewals.plan_renewal": [[convenes], [is_system]],
        "renewals.prepare_next": [[is_system]],
        "renewals.invite_members": [[is_system]],
        # leaving for good; the subject is the order
        "renewals.exit_card": [[owns_the_order], [leads_its_consortium]],
        "renewals.file_certificate": [
            [owns_the_order, decides_for_a_district],
            [sells_it, works_for_the_vendor],
        ],
        "renewals.certificate_file": [[owns_the_order], [sells_it], [leads_its_consortium]],
    }
)
