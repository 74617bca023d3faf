"""What of the books a reader sees: the by-laws say it for the public, and nobody is cut off
from their own lines.

Hidden lines are not left out, or an entry would no longer add up: those of one kind and side
stand together as one line without an owner. So neither a name nor a single amount can be read
from them.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from marketplace.core.errors import RuleBroken
from marketplace.ledger.rules import HIDDEN, OF_DISTRICTS, Leg
from marketplace.ledger.rules import OPENNESS_WORDS as OPENNESS_WORDS
from marketplace.ledger.rules import Openness as Openness

SHORTEST_CLAUSE = 10


class Sight(NamedTuple):
    """What one reader sees of one set of books."""

    names: bool  # every line, and the files
    rows: bool  # every entry; lines of districts stand together
    own: frozenset[str]  # the reader's own accounts

    def shows(self, code: str) -> bool:
        if self.names or code in self.own:
            return True
        word, _, owner = code.partition(":")
        return self.rows and (owner == HIDDEN or word not in OF_DISTRICTS)


WHOLE = Sight(names=True, rows=True, own=frozenset())
Sights = Mapping[UUID, Sight]


def masked(legs: Iterable[Leg], sight: Sight) -> tuple[Leg, ...]:
    """The lines a reader sees; the others are added up by kind of account and by side."""
    if sight.names:
        return tuple(legs)
    shown: dict[tuple[str, bool], Leg] = {}
    for number, leg in enumerate(legs):
        if sight.shows(leg.account):
            shown[str(number), leg.cents > 0] = leg
            continue
        code = together(leg.account)
        place = (code, leg.cents > 0)
        before = shown[place].cents if place in shown else 0
        shown[place] = Leg(code, before + leg.cents)
    return tuple(shown.values())


def together(code: str) -> str:
    """'receivable:0100005' -> 'receivable:*'; an account without an owner stays itself."""
    word, colon, _ = code.partition(":")
    return f"{word}:{HIDDEN}" if colon else code


def added_up(balances: Mapping[str, int], sight: Sight) -> dict[str, int]:
    """Balances as a reader sees them: accounts that are hidden stand together."""
    shown: dict[str, int] = {}
    for code, cents in balances.items():
        said = code if sight.shows(code) else together(code)
        shown[said] = shown.get(said, 0) + cents
    return dict(sorted(shown.items()))


def own_accounts(leaid: str | None, vendor: str | None) -> frozenset[str]:
    """The accounts of whoever is reading."""
    codes = {f"{word}:{leaid}" for word in OF_DISTRICTS} if leaid else set()
    return frozenset(codes | ({f"payable:{vendor}"} if vendor else set()))


def check_clause(clause: str) -> None:
    if len(clause) < SHORTEST_CLAUSE:
        raise RuleBroken("Write what the by-laws say about it, and where.", "clause")
