"""When each consortium's books were last checked here, and what the check found.

A public page must not compute a year of hashes for every reader. So a check holds for
ten minutes in this process, and larger books are left to `marketplace ledger verify`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from marketplace.core import clock
from marketplace.ledger import queries
from marketplace.ledger.queries import Books, Proof

HOLDS_FOR = timedelta(minutes=10)
ENTRIES_AT_ONCE = 2_000


class Checked(NamedTuple):
    at: datetime
    proof: Proof


class Badge(NamedTuple):
    """One tag for several books: red as soon as one of them does not hold."""

    ok: bool
    text: str
    note: str = ""


_known: dict[UUID, Checked] = {}


def check(session: Any, chosen: Iterable[Books]) -> dict[UUID, Checked]:
    """What is known of these books; the oldest knowledge is renewed as far as work allows."""
    now, left, found = clock.now(), ENTRIES_AT_ONCE, {}
    for books in chosen:
        known = _known.get(books.consortium_id)
        stale = known is None or not known.at <= now < known.at + HOLDS_FOR
        if stale and books.seq <= left:
            left -= books.seq
            known = Checked(now, queries.verify(session, books.consortium_id))
            _known[books.consortium_id] = known
        if known is not None:
            found[books.consortium_id] = known
    return found


def badge(found: dict[UUID, Checked]) -> Badge | None:
    """None while nothing has been checked yet."""
    if not found:
        return None
    broken = [checked for checked in found.values() if not checked.proof.ok]
    if broken:
        return Badge(False, "A check failed: do not rely on these figures")
    oldest = min(checked.at for checked in found.values())
    entries = sum(checked.proof.entries for checked in found.values())
    noun = "entry" if entries == 1 else "entries"
    return Badge(True, "Checked: balanced, no gaps", f"{entries:,} {noun}, {oldest:%H:%M} UTC")
