"""Who may read the books and who may write in them."""

from typing import Any

from marketplace.core import access
from marketplace.core.access import Actor
from marketplace.ledger.models import LedgerHead


def anyone(_actor: Actor, _subject: Any) -> bool:
    """Books are public from the day they are opened; they hold codes, never people."""
    return True


def is_system(actor: Actor, _subject: Any) -> bool:
    return actor.is_system


def convenes(actor: Actor, books: LedgerHead) -> bool:
    return actor.has("convener", books.org_id)


def keeps_the_books(actor: Actor, books: LedgerHead) -> bool:
    return actor.has("fiscal_agent", books.org_id)


access.declare(
    {
        "ledger.read_books": [[anyone]],
        "ledger.open_books": [[is_system], [convenes]],
        "ledger.post": [[is_system], [keeps_the_books]],
        "ledger.reverse": [[is_system], [keeps_the_books]],
    }
)
