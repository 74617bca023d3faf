"""Which open bill a line of a bank statement pays: by check, amount, number, district name.

A suggestion is never more than that: a person looks at it, and a second one confirms.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.orders.rules import PaymentMeans

#: So many suggestions are worth looking at.
MOST_SHOWN = 4
#: From here on a suggestion may be taken without looking at each.
SURE = 90


class Waits(NamedTuple):
    """A payment somebody wrote down for a bill, which the statement may show."""

    pending_id: UUID
    cents: int
    reference: str


class Bill(NamedTuple):
    """An open bill as matching sees it; `left_cents` is open and not waiting yet."""

    invoice_id: UUID
    number: int
    left_cents: int
    due_on: date
    district_id: UUID
    district: str
    po_number: str
    waits: tuple[Waits, ...] = ()


class Seen(NamedTuple):
    """What stands on a line that came in."""

    cents: int
    text: str
    check: str


class Suggestion(NamedTuple):
    """Bills a line may pay, what of it each takes, and why."""

    parts: tuple[tuple[Bill, int], ...]
    why: str
    strength: int

    @property
    def is_sure(self) -> bool:
        return self.strength >= SURE


#: Words that tell no district from another.
_COMMON = frozenset(
    (
        *("SCHOOL", "SCHOOLS", "DISTRICT", "DIST", "CITY", "LOCAL", "CENTRAL", "UNIFIED", "UNION"),
        *("COUNTY", "CO", "PUBLIC", "OF", "THE", "AND", "NO", "ISD", "CSD", "USD", "LSD", "SD"),
        *("COMMUNITY", "CONSOLIDATED", "INDEPENDENT", "EXEMPTED", "VILLAGE", "AREA", "FREE"),
    )
)
_INVOICE = re.compile(r"\b(?:INV|INVOICE|BILL)[ .:#]*(?:NO|NUM|NUMBER)?[ .:#]*0*(\d{1,9})\b")
_CHECK = re.compile(r"\b(?:CHECK|CHK|CK)\b")
_WIRE = re.compile(r"\bWIRE\b|\bFEDWIRE\b")


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[A-Z0-9]+", text.upper()))


def telling(name: str) -> frozenset[str]:
    """The words of a district's name by which a bank statement shows it."""
    return frozenset(words_of(name) - _COMMON)


def means_of(seen: Seen) -> PaymentMeans:
    if seen.check or _CHECK.search(seen.text.upper()):
        return PaymentMeans.CHECK
    return PaymentMeans.WIRE if _WIRE.search(seen.text.upper()) else PaymentMeans.ACH


class Matcher:
    """Open bills, laid out so that each line finds its own in a few look-ups."""

    def __init__(self, bills: Iterable[Bill]) -> None:
        self._bills = sorted(bills, key=lambda bill: (bill.due_on, bill.number))
        self._by_cents: dict[int, list[Bill]] = defaultdict(list)
        self._by_number: dict[int, list[Bill]] = defaultdict(list)
        self._by_word: dict[str, set[UUID]] = defaultdict(set)
        self._of_district: dict[UUID, list[Bill]] = defaultdict(list)
        self._names: dict[UUID, frozenset[str]] = {}
        self._waiting: dict[tuple[int, str], list[Bill]] = defaultdict(list)
        for bill in self._bills:
            for waits in bill.waits:
                self._waiting[waits.cents, waits.reference.lstrip("0").upper()].append(bill)
            if bill.left_cents <= 0:
                continue
            self._by_cents[bill.left_cents].append(bill)
            self._by_number[bill.number].append(bill)
            self._of_district[bill.district_id].append(bill)
            self._names[bill.district_id] = telling(bill.district)
        for district_id, names in self._names.items():
            for word in names:
                self._by_word[word].add(district_id)

    def suggest(self, seen: Seen) -> list[Suggestion]:
        """The likeliest first; nothing for money that went out."""
        if seen.cents <= 0:
            return []
        found = [*self._written_down(seen), *self._by_what_it_says(seen), *self._by_amount(seen)]
        best: dict[frozenset[UUID], Suggestion] = {}
        for each in found:
            key = frozenset(bill.invoice_id for bill, _cents in each.parts)
            if key not in best or best[key].strength < each.strength:
                best[key] = each
        ranked = sorted(best.values(), key=lambda each: -each.strength)
        return ranked[:MOST_SHOWN]

    def _written_down(self, seen: Seen) -> Iterable[Suggestion]:
        if seen.check:
            for bill in self._waiting.get((seen.cents, seen.check.upper()), []):
                why = f"Check {seen.check} of this amount was written down for it"
                yield Suggestion(((bill, seen.cents),), why, 100)

    def _by_what_it_says(self, seen: Seen) -> Iterable[Suggestion]:
        words, said = words_of(seen.text), seen.text.upper()
        named = self._named(words)
        for number in {int(found) for found in _INVOICE.findall(said)}:
            for bill in self._by_number.get(number, []):
                name = " and the district" if bill.district_id in named else ""
                if bill.left_cents == seen.cents:
                    yield _one(bill, seen, f"Invoice number{name} and amount fit", 95)
                elif name:
                    yield _one(bill, seen, "Invoice number and the district fit", 70)
                else:
                    yield _one(bill, seen, "The invoice number fits", 40)
        for district_id in named:
            yield from self._of_one_district(self._of_district[district_id], seen)

    def _named(self, words: set[str]) -> list[UUID]:
        """Districts all of whose telling words stand on the line."""
        near = set().union(*(self._by_word.get(word, set()) for word in words))
        return [each for each in sorted(near) if self._names[each] <= words]

    def _of_one_district(self, bills: list[Bill], seen: Seen) -> Iterable[Suggestion]:
        for bill in bills:
            if bill.left_cents == seen.cents:
                yield _one(bill, seen, "The district and the amount fit", 90)
        if len(bills) > 1 and sum(bill.left_cents for bill in bills) == seen.cents:
            parts = tuple((bill, bill.left_cents) for bill in bills)
            yield Suggestion(parts, "All open invoices of this district come to this amount", 85)
        yield _one(bills[0], seen, "The district fits, the amount does not", 30)

    def _by_amount(self, seen: Seen) -> Iterable[Suggestion]:
        same = self._by_cents.get(seen.cents, [])
        for bill in same[:MOST_SHOWN]:
            why = "The amount fits" if len(same) == 1 else f"One of {len(same)} with this amount"
            yield _one(bill, seen, why, 60 if len(same) == 1 else 20)


def _one(bill: Bill, seen: Seen, why: str, strength: int) -> Suggestion:
    return Suggestion(((bill, seen.cents),), why, strength)


def check_parts(parts: Mapping[UUID, int], cents: int) -> None:
    """The parts of a line are above zero and add up to it, to the cent."""
    if not parts:
        raise RuleBroken("Choose the invoice that this money pays.")
    if any(part <= 0 for part in parts.values()):
        raise RuleBroken("Enter an amount above zero for each invoice you chose.")
    total = sum(parts.values())
    if total != cents:
        off = dollars(abs(cents - total))
        more = "more" if total > cents else "less"
        raise RuleBroken(
            f"The parts come to {dollars(total)}: {off} {more} than the {dollars(cents)} on the "
            "statement. Change them until they add up."
        )
