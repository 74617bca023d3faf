"""Who may read the books and who may write in them.

Reading is open to anyone from the day the books are opened: they hold codes of districts
and vendors, never people.
"""

from marketplace.accounts.rules import Role
from marketplace.core import access
from marketplace.core.access import Actor, anyone, is_system
from marketplace.ledger.models import BooksOf


def convenes_it(actor: Actor, books: BooksOf) -> bool:
    return actor.has(Role.CONVENER, books.org_id)


def keeps_its_books(actor: Actor, books: BooksOf) -> bool:
    return actor.has(Role.FISCAL_AGENT, books.org_id)


access.declare(
    {
        "ledger.read_books": [[anyone]],
        "ledger.open_books": [[is_system], [convenes_it]],
        "ledger.post": [[is_system], [keeps_its_books]],
        "ledger.reverse": [[is_system], [keeps_its_books]],
        "ledger.give_receipt": [[is_system], [keeps_its_books]],
        "ledger.record_check": [[is_system]],
        "ledger.publish_checkpoint": [[is_system]],
        "ledger.prepare_export": [[anyone]],
        "ledger.add_piece": [[is_system]],
        "ledger.drop_old_exports": [[is_system]],
    }
)
