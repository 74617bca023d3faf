"""Who works with bank statements: the vendor's finance people, the fiscal agent of pooled cash.

The subject is the organization whose account it is, or a row it owns.
"""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor


def keeps_this_vendors_books(actor: Actor, subject: Any) -> bool:
    return (
        actor.org_kind == "vendor"
        and actor.org_id == _owner(subject)
        and actor.acts_as(Role.FINANCE, Role.ADMINISTRATOR)
    )


def keeps_the_pooled_cash(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, _owner(subject))


def _owner(subject: Any) -> Any:
    return getattr(subject, "org_id", None) or subject.id


BOOKKEEPERS = [[keeps_this_vendors_books], [keeps_the_pooled_cash]]

access.declare(
    {
        "remittance.bank": BOOKKEEPERS,
        "remittance.import_statement": BOOKKEEPERS,
        "remittance.choose_columns": BOOKKEEPERS,
        "remittance.match_line": BOOKKEEPERS,
        "remittance.match_sure_lines": BOOKKEEPERS,
        "remittance.ignore_line": BOOKKEEPERS,
        "remittance.undo_line": BOOKKEEPERS,
    }
)
