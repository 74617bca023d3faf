"""Who may pay, send back, send on and settle. The subject is a bill unless said otherwise."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, is_operator, is_system


def is_the_district(actor: Actor, bill: Any) -> bool:
    return actor.org_id is not None and actor.org_id == bill.org_id


def pays(actor: Actor, _bill: Any) -> bool:
    return actor.acts_as(Role.BUYER, Role.ADMINISTRATOR)


def sells_it(actor: Actor, bill: Any) -> bool:
    return actor.org_id is not None and actor.org_id == bill.vendor_id


def bills(actor: Actor, _bill: Any) -> bool:
    return actor.acts_as(Role.FINANCE, Role.ADMINISTRATOR)


def vendor_billed(_actor: Actor, bill: Any) -> bool:
    return bill.issuer_id == bill.vendor_id


def leads_it(actor: Actor, bill: Any) -> bool:
    return _leads(actor, bill.consortium_id)


def its_fiscal_agent(actor: Actor, bill: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, bill.consortium_id)


def holds_no_role_at_the_payer(actor: Actor, bill: Any) -> bool:
    """Whoever gets the money back does not decide it, whichever hat they wear now."""
    return all(org_id != bill.org_id for _role, org_id in actor.roles)


# -- where the subject is an organization -------------------------------------------------------


def _leads(actor: Actor, consortium_id: Any) -> bool:
    return actor.has(Role.CONVENER, consortium_id) or actor.has(Role.FISCAL_AGENT, consortium_id)


def leads_this_consortium(actor: Actor, organization: Any) -> bool:
    return organization.kind == "consortium" and _leads(actor, organization.id)


def fiscal_agent_of_it(actor: Actor, organization: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, organization.id)


def is_this_district(actor: Actor, organization: Any) -> bool:
    return organization.kind == "district" and actor.org_id == organization.id


def is_this_vendor(actor: Actor, organization: Any) -> bool:
    return organization.kind == "vendor" and actor.org_id == organization.id


RECEIVERS: list[list[access.Condition]] = [
    [leads_it, vendor_billed, holds_no_role_at_the_payer],
    [sells_it, bills, vendor_billed, holds_no_role_at_the_payer],
    [its_fiscal_agent, holds_no_role_at_the_payer],
]

access.declare(
    {
        "payments.pay": [[is_the_district, pays]],
        "payments.attempt": [[is_the_district], [sells_it], [leads_it]],
        "payments.take_news": [[is_system]],
        "payments.ask_refund": RECEIVERS,
        "payments.decide_refund": RECEIVERS,
        "payments.district_payments": [[is_this_district]],
        "payments.payouts": [[is_this_vendor], [leads_this_consortium]],
        "payments.connect": [[is_this_vendor, bills], [fiscal_agent_of_it]],
        "payments.remit_by_hand": [[is_operator]],
        "payments.console": [[is_operator]],
        "payments.settle_finding": [[is_operator], [its_fiscal_agent]],
    }
)
