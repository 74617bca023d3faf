"""Who may read the books and who may write in them.

Totals, seals and checks are open to anyone from the day the books are opened; how much more
the public reads, the by-laws say. The books hold codes of districts and vendors, never people.
The subject is the books (`queries.Books`), their head, or a row of them.
"""

from typing import Any
from uuid import UUID

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, anyone, is_operator, is_system
from marketplace.ledger.sight_rules import Openness


def _whose(books: Any) -> UUID | None:
    org_id: UUID | None = getattr(books, "org_id", None) or getattr(books, "consortium_id", None)
    return org_id


def convenes_it(actor: Actor, books: Any) -> bool:
    return actor.has(Role.CONVENER, _whose(books))


def keeps_its_books(actor: Actor, books: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, _whose(books))


def by_laws_publish_names(_actor: Actor, books: Any) -> bool:
    return bool(books.openness is Openness.NAMED)


def by_laws_publish_entries(_actor: Actor, books: Any) -> bool:
    return books.openness in (Openness.NAMED, Openness.MASKED)


THE_DESK = [[convenes_it], [keeps_its_books]]


access.declare(
    {
        "ledger.read_books": [[anyone]],
        "ledger.read_entries": [[by_laws_publish_entries], *THE_DESK, [is_operator], [is_system]],
        "ledger.read_names": [[by_laws_publish_names], *THE_DESK, [is_operator], [is_system]],
        "ledger.open_books": [[is_system], [convenes_it]],
        "ledger.post": [[is_system], [keeps_its_books]],
        "ledger.reverse": [[is_system], [keeps_its_books]],
        "ledger.keep_books": THE_DESK,
        "ledger.close_period": [[keeps_its_books]],
        "ledger.seal_books": [[is_system]],
        "ledger.set_openness": [[is_system]],
        "ledger.restrict_fund": [[is_system]],
        "ledger.propose_correction": THE_DESK,
        "ledger.correction_run": THE_DESK,
        "ledger.approve_correction": THE_DESK,
        "ledger.refuse_correction": THE_DESK,
        "ledger.choose_entry": THE_DESK,
        "ledger.propose_entry": THE_DESK,
        "ledger.proposed_entry": THE_DESK,
        "ledger.approve_entry": THE_DESK,
        "ledger.refuse_entry": THE_DESK,
        "ledger.give_receipt": [[is_system], [keeps_its_books]],
        "ledger.record_check": [[is_system]],
        "ledger.publish_checkpoint": [[is_system]],
        "ledger.prepare_export": [[anyone]],
        "ledger.add_piece": [[is_system]],
        "ledger.drop_old_exports": [[is_system]],
    }
)
