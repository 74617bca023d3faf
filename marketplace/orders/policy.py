"""Who may order, bill and say that money came: author ≠ approver ≠ payer.

The subject is an order, purchase order, invoice or payment, unless said otherwise: all of
them carry `org_id` (the district), `vendor_id` and `consortium_id`.
"""

from dataclasses import replace
from typing import Any

from marketplace.accounts.rules import Role
from marketplace.consortia.rules import LegalShape
from marketplace.core import access
from marketplace.core.access import Actor, is_system
from marketplace.orders.pending_rules import SaidBy

# -- the three sides ---------------------------------------------------------------------------


def is_the_district(actor: Actor, row: Any) -> bool:
    return actor.org_id is not None and actor.org_id == row.org_id


def sells_it(actor: Actor, row: Any) -> bool:
    return actor.org_id is not None and actor.org_id == row.vendor_id


def leads_it(actor: Actor, row: Any) -> bool:
    return leads(actor, row.consortium_id)


def leads(actor: Actor, consortium_id: Any) -> bool:
    return actor.has(Role.CONVENER, consortium_id) or keeps_the_money(actor, consortium_id)


def keeps_the_money(actor: Actor, consortium_id: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, consortium_id)


# -- who holds the pen ---------------------------------------------------------------------------


def buys(actor: Actor, _row: Any) -> bool:
    return actor.acts_as(Role.BUYER, Role.ADMINISTRATOR)


def buys_or_approves(actor: Actor, _row: Any) -> bool:
    return actor.acts_as(Role.BUYER, Role.ADMINISTRATOR, Role.APPROVER)


def approves(actor: Actor, _row: Any) -> bool:
    return actor.acts_as(Role.APPROVER, Role.ADMINISTRATOR)


def administers(actor: Actor, _row: Any) -> bool:
    return actor.acts_as(Role.ADMINISTRATOR)


def receiver_said(_actor: Actor, pending: Any) -> bool:
    return pending.said_by is SaidBy.RECEIVER


def bills(actor: Actor, _row: Any) -> bool:
    return actor.acts_as(Role.FINANCE, Role.ADMINISTRATOR)


def vendor_is_owed(_actor: Actor, order: Any) -> bool:
    return order.legal_shape is not LegalShape.POOLED_CASH


def consortium_is_owed(_actor: Actor, order: Any) -> bool:
    return order.legal_shape is LegalShape.POOLED_CASH


def vendor_billed(_actor: Actor, invoice: Any) -> bool:
    return invoice.issuer_id == invoice.vendor_id


def its_fiscal_agent(actor: Actor, row: Any) -> bool:
    return keeps_the_money(actor, row.consortium_id)


def holds_no_role_at_the_payer(actor: Actor, invoice: Any) -> bool:
    """Whoever owes does not say that it was paid, whichever hat they wear now."""
    return all(org_id != invoice.org_id for _role, org_id in actor.roles)


# -- where the subject is an organization, pool or consortium ------------------------------------


def is_this_district(actor: Actor, district: Any) -> bool:
    return actor.org_kind == "district" and actor.org_id == district.id


def is_this_vendor(actor: Actor, vendor: Any) -> bool:
    return actor.org_kind == "vendor" and actor.org_id == vendor.id


def leads_this_consortium(actor: Actor, consortium: Any) -> bool:
    return leads(actor, consortium.id)


def fiscal_agent_of_this_consortium(actor: Actor, consortium: Any) -> bool:
    return keeps_the_money(actor, consortium.id)


def convenes_its_pool(actor: Actor, pool: Any) -> bool:
    return leads(actor, pool.org_id)


def for_the_books(actor: Actor) -> Actor:
    """Signs an entry as who they are, once this feature's own policy has let them."""
    return replace(actor, is_system=True)


ALL_SIDES = [[is_the_district], [sells_it], [leads_it]]
#: Who speaks for whoever is owed; nobody who also has a role at the payer.
RECEIVES: list[list[access.Condition]] = [
    [leads_it, vendor_billed, holds_no_role_at_the_payer],
    [sells_it, bills, vendor_billed, holds_no_role_at_the_payer],
    [its_fiscal_agent, holds_no_role_at_the_payer],
]

access.declare(
    {
        "orders.district_orders": [[is_this_district]],
        "orders.vendor_orders": [[is_this_vendor]],
        "orders.money": [[leads_this_consortium]],
        "orders.audit": [[leads_this_consortium]],
        "orders.my_ledger": [[is_this_district]],
        "orders.choose_charge_codes": [[is_this_district, buys]],
        "orders.order": ALL_SIDES,
        "orders.purchase_order": ALL_SIDES,
        "orders.invoice": ALL_SIDES,
        "orders.receipt": ALL_SIDES,
        "orders.place_orders": [[is_system], [convenes_its_pool]],
        "orders.place_additions": [[is_system], [convenes_its_pool]],
        "orders.issue_credit": [[is_system], [leads_it]],
        "orders.withdraw_credit": [[is_system]],
        "orders.credit_note": ALL_SIDES,
        "orders.record_refund": RECEIVES,
        "orders.keep_order_states": [[is_system]],
        "orders.post_encumbrance": [[is_system]],
        "orders.order_for_all": [[is_system]],
        "orders.agent_order": [[sells_it], [convenes_its_pool]],
        "orders.set_purchasing_rules": [[is_this_district, administers]],
        "orders.approve_purchase_order": [[is_the_district, approves]],
        "orders.refuse_purchase_order": [[is_the_district, buys_or_approves]],
        "orders.add_purchase_order": [[is_system]],
        "orders.issue_purchase_order": [[is_system], [is_the_district, buys]],
        "orders.issue_invoice": [
            [sells_it, bills, vendor_is_owed],
            [leads_it, consortium_is_owed],
        ],
        "orders.issue_ready_invoices": [[is_this_vendor, bills]],
        "orders.record_payment": [*RECEIVES, [is_the_district, buys]],
        "orders.confirm_payment": [*RECEIVES, [is_the_district, buys_or_approves, receiver_said]],
        "orders.undo_payment": [*RECEIVES, [is_the_district, buys_or_approves]],
        "orders.book_payment": [[is_system]],
        "orders.held_credit": ALL_SIDES,
        "orders.hold_credit": [[is_system]],
        "orders.pay_from_credit": [[is_system]],
        "orders.use_credit": [*RECEIVES, [is_the_district, buys]],
        "orders.return_credit": RECEIVES,
        "orders.send_reminders": [[is_system]],
        "orders.say_board_date": [[is_the_district, buys_or_approves]],
        "orders.return_payment": [[is_system]],
        "orders.pay_vendor": [[fiscal_agent_of_this_consortium]],
    }
)
