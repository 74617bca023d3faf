"""What the pages of the books share: the blueprint, and finding the books of an address."""

from flask import Blueprint

from marketplace.accounts.login import current_actor
from marketplace.core import db
from marketplace.core.access import require
from marketplace.core.errors import NotFound
from marketplace.core.web import page_number
from marketplace.ledger import queries
from marketplace.ledger.queries import Books
from marketplace.ledger.sight_rules import Sight

bp = Blueprint("ledger", __name__, url_prefix="/open")

OPEN = "books are public from the day they are opened"


def books_at(slug: str) -> Books:
    """The books of an address, for whoever may read anything of them."""
    found = queries.books_of(db.session(), slug)
    require(current_actor(), "ledger.read_books", found)
    return found


def sight_here(found: Books) -> Sight:
    """What the reader of this page sees of these books."""
    return queries.sight_of(db.session(), current_actor(), found)


def whole_books(slug: str) -> Books:
    """The books of an address, for a file that says everything in them."""
    found = books_at(slug)
    if not sight_here(found).names:
        raise NotFound("There is no such file.")
    return found


def page_of(total: int) -> int:
    """The page asked for, or the last one where the list has become shorter."""
    return min(page_number(), max(1, -(-total // queries.PAGE_SIZE)))
