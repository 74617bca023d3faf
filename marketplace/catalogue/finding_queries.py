"""Finding tools: one search for words and filters, the same on both engines.

The shelf (see `shelf.py`) is kept in memory and brought up to date by one query for what changed
since; words are looked up by one more. Each option is counted with all *other* filters on, so the
number says what choosing it gives.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.catalogue import finding_rules
from marketplace.catalogue import shelf as shelves
from marketplace.catalogue.finding_models import Shelf, ShelfRow
from marketplace.catalogue.finding_rules import PRICE_STEPS, PRICE_WORDS
from marketplace.catalogue.models import PriceSchedule, Tool
from marketplace.catalogue.queries import last_zone_today
from marketplace.catalogue.questions import load
from marketplace.catalogue.rules import AI_WORDS, GRADES, SUBJECTS, AIUse
from marketplace.catalogue.shelf import Placed
from marketplace.catalogue.word_queries import places_with
from marketplace.core import tenancy
from marketplace.pricing import rules as pricing

SORTS = ("name", "price", "new")
FILTERS = (
    "q", "grade", "subject", "ai", "pool", "language", "price", "works", "license", "access",
)  # fmt: skip
#: The filters whose answers stand in the question set, and how a dropped one is named.
QUESTIONS = {"works": "integrations", "license": "license_kind", "access": "accessibility"}
LANGUAGES = 30
#: Databases whose shelf one process keeps; replicas count by themselves.
KEPT = 4


@dataclass(frozen=True)
class Filters:
    """What was asked for; anything unknown counts as not asked."""

    q: str = ""
    grade: int | None = None
    subject: str = ""
    ai: str = ""
    pool: str = ""
    language: str = ""
    price: str = ""
    works: str = ""
    license: str = ""
    access: str = ""
    sort: str = ""
    #: The seats the reader needs; not a filter, but what prices are reckoned for.
    seats: int | None = None

    @classmethod
    def of(cls, asked: Any) -> "Filters":
        """From the plain GET arguments of an address; `K` and `0` are both kindergarten."""
        by_words = {words.lower(): grade for grade, words in GRADES.items()}

        def one_of(name: str, choices: Iterable[str]) -> str:
            return asked.get(name, "") if asked.get(name) in set(choices) else ""

        return cls(
            q=" ".join(asked.get("q", "")[: finding_rules.LONGEST_QUERY].split()),
            grade=by_words.get(asked.get("grade", "").lower()),
            subject=one_of("subject", SUBJECTS),
            ai=one_of("ai", map(str, AIUse)),
            pool=one_of("pool", ["open"]),
            language=" ".join(finding_rules.words_of(asked.get("language", "")[:40])),
            price=one_of("price", PRICE_STEPS),
            works=one_of("works", option_words("works")),
            license=one_of("license", option_words("license")),
            access=one_of("access", option_words("access")),
            sort=one_of("sort", SORTS),
            seats=_seats(asked.get("seats", "")),
        )

    @property
    def size(self) -> int:
        """The size whose prices the price filter goes by."""
        return finding_rules.nearest_size(self.seats or finding_rules.USUAL_SIZE)

    def without(self, name: str) -> "Filters":
        nothing: Any = None if name == "grade" else ""
        return replace(self, **{name: nothing})

    def active(self) -> list[str]:
        return [name for name in FILTERS if getattr(self, name) not in ("", None)]

    def arguments(self) -> dict[str, str]:
        """The same filters as an address carries them; nothing that was not asked."""
        said = {name: str(getattr(self, name)) for name in (*FILTERS, "sort") if name != "grade"}
        said["grade"] = "" if self.grade is None else GRADES[self.grade]
        said["seats"] = str(self.seats or "")
        return {name: said[name] for name in (*FILTERS, "sort", "seats") if said[name]}

    def words_of(self, name: str) -> str:
        """A filter as a person would name it, to say which one to drop."""
        if name in QUESTIONS:
            return option_words(name)[getattr(self, name)]
        return {
            "q": f"“{self.q}”",
            "grade": "" if self.grade is None else f"Grade {GRADES[self.grade]}",
            "subject": SUBJECTS.get(self.subject, ""),
            "ai": AI_WORDS[AIUse(self.ai)] if self.ai else "",
            "pool": "Open pool",
            "language": self.language.title(),
            "price": f"{PRICE_WORDS.get(self.price, '')} a seat" if self.price else "",
        }[name]

    @property
    def title(self) -> str:
        """All of it in words: 'Math, Grade 5, Open pool'."""
        return ", ".join(self.words_of(name) for name in self.active()) or "All tools"


def _seats(typed: str) -> int | None:
    bare = typed.strip().replace(",", "")
    if not (bare.isascii() and bare.isdigit()) or len(bare) > 9:
        return None
    return min(int(bare), finding_rules.LARGEST_SIZE) or None


def option_words(name: str) -> dict[str, str]:
    """The answers to a question that buyers filter by; "not tested" is no wish of anybody."""
    options = load().by_key[QUESTIONS[name]].options
    return {key: words for key, words in options.items() if key not in ("none", "proprietary")}


# -- the shelf -------------------------------------------------------------------------------

_kept: dict[str, shelves.Shelf] = {}
_lock = Lock()


def shelf_of(session: Session) -> shelves.Shelf:
    """The shelf as it now is: one query, one more when something changed since the last look."""
    return _shelf_at(session, session.exec(select(Shelf.version)).one())


def _shelf_at(session: Session, version: int) -> shelves.Shelf:
    address = str(session.get_bind().url)  # type: ignore[union-attr]
    shelf = _kept.get(address)
    if shelf is not None and shelf.version >= version:
        return shelf
    with _lock:
        shelf = _kept.pop(address, None) or shelves.Shelf()
        if shelf.version < version:
            shelf = shelf.renewed(_changed_since(session, shelf.version), version)
        while len(_kept) >= KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[address] = shelf
    return shelf


def _changed_since(session: Session, version: int) -> list[Placed]:
    columns: Any = (
        ShelfRow.tool_id,
        ShelfRow.place,
        ShelfRow.version,
        ShelfRow.listed,
        ShelfRow.name_key,
        ShelfRow.words,
        ShelfRow.marks,
        ShelfRow.seat_cents,
        ShelfRow.listed_at,
        ShelfRow.news_at,
    )
    with tenancy.everyone("what is on the shelf is public"):
        rows = session.exec(select(*columns).where(col(ShelfRow.version) > version))
        return [Placed(**{**row._mapping, "marks": tuple(row.marks)}) for row in rows]


def shelf_to_change(session: Session) -> Shelf:
    """The one row that every change of the shelf locks."""
    return session.exec(select(Shelf).with_for_update()).one()


def shelf_row(session: Session, tool_id: UUID) -> ShelfRow | None:
    query = select(ShelfRow).where(ShelfRow.tool_id == tool_id)
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()


def shelved_beyond(session: Session, day: date, most: int) -> list[UUID]:
    """Tools with a price that ended before this day; the caller sees all."""
    query = (
        select(ShelfRow.tool_id)
        .where(col(ShelfRow.good_until) < day)
        .order_by(col(ShelfRow.place))
        .limit(most)
    )
    return list(session.exec(query))


# -- the search ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What a search gives: its tools in order, and how many each choice would leave."""

    shelf: shelves.Shelf
    filters: Filters
    #: What the words match; None when nothing was typed.
    matched: int | None = None
    #: The words looked for instead, when nothing had those typed.
    instead: str = ""
    _sets: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self._left().bit_count()

    def count(self, filters: Filters) -> int:
        """How many there would be with these filters and the same words, or none."""
        bits = self.shelf.listed if "q" not in filters.active() else self._set("q")
        for name in filters.active():
            if name != "q":
                bits &= _bits(self.shelf, filters.size, name, getattr(filters, name))
        return bits.bit_count()

    def options(self, name: str, choices: Iterable[Any]) -> list[tuple[Any, int]]:
        """Each choice of one filter with the tools it would give."""
        rest = self._left(but=name)

        size = self.filters.size
        return [(c, (rest & _bits(self.shelf, size, name, c)).bit_count()) for c in choices]

    def languages(self) -> list[str]:
        return sorted(self.shelf.values("language")[:LANGUAGES])

    def page(self, start: int, size: int) -> list[Placed]:
        bits, sort = self._left(), self.filters.sort
        if self.matched is None or sort:
            return self.shelf.page(bits, sort or "name", start, size)
        typed = self.instead or " ".join(finding_rules.asked_words(self.filters.q))
        return self.shelf.nearest_first(self._set("q"), typed, bits, start, size)

    def _left(self, but: str = "") -> int:
        key = f"but {but}"
        if key not in self._sets:
            bits = self.shelf.listed
            for name in self.filters.active():
                if name != but:
                    bits &= self._set(name)
            self._sets[key] = bits
        return self._sets[key]

    def _set(self, name: str) -> int:
        if name not in self._sets:
            if name == "q":
                bits = (self.matched or 0) & self.shelf.listed
            else:
                bits = _bits(self.shelf, self.filters.size, name, getattr(self.filters, name))
            self._sets[name] = bits
        return self._sets[name]


def _bits(shelf: shelves.Shelf, size: int, name: str, value: Any) -> int:
    if name != "price":
        return shelf.of(f"{name}:{value}")
    bits = 0
    for step, most in PRICE_STEPS.items():
        if most <= PRICE_STEPS[value]:
            bits |= shelf.of(f"price:{size}:{step}")
    return bits


def search(session: Session, filters: Filters) -> Found:
    """Two queries: the shelf, and the words if there are any; two more for a slip of the finger."""
    version = session.exec(select(Shelf.version)).one()
    shelf = _shelf_at(session, version)
    words = finding_rules.asked_words(filters.q)
    if not words:
        return Found(shelf, filters, 0 if filters.q else None)
    matched, instead = _matched(session, shelf, version, words), ""
    if not matched:
        nearest = [shelf.nearest_word(word) or word for word in words]
        if nearest != words:
            matched, instead = _matched(session, shelf, version, nearest), " ".join(nearest)
    return Found(shelf, filters, matched, instead if matched else "")


def _matched(session: Session, shelf: shelves.Shelf, version: int, words: Sequence[str]) -> int:
    """The tools that have the words, asked of the database once for each version of the shelf.

    Words change in the transaction that makes a new version. A reader who still sees an older
    version than the shelf's keeps nothing.
    """
    key = tuple(words)
    if version != shelf.version:
        return shelves.bits_of(places_with(session, words))
    bits = shelf.matched.get(key)
    if bits is None:
        bits = shelves.bits_of(places_with(session, words))
        shelf.remember(key, bits)
    return bits


def tools_on(session: Session, placed: Sequence[Placed]) -> list[Tool]:
    """The tools of a page, in its order: one query."""
    ids = [row.tool_id for row in placed]
    if not ids:
        return []
    with tenancy.everyone("the catalogue is public"):
        found = {tool.id: tool for tool in session.exec(select(Tool).where(col(Tool.id).in_(ids)))}
    return [found[tool_id] for tool_id in ids if tool_id in found]


@dataclass(frozen=True)
class Line:
    """A tool as the list shows it; the few columns it needs."""

    id: UUID
    slug: str
    name: str
    summary: str
    lowest_grade: int
    highest_grade: int
    ai_use: AIUse
    ai_facts: Sequence[str]
    open_pools: int
    privacy_grade: str | None
    maker: str
    #: The prices in force today.
    schedules: list[pricing.Schedule] = field(default_factory=list)


def lines_of(session: Session, placed: Sequence[Placed]) -> list[Line]:
    """The tools of a page with makers and prices, in its order: one query, no whole rows."""
    ids = [row.tool_id for row in placed]
    if not ids:
        return []
    columns: Any = (
        Tool.id,
        Tool.slug,
        Tool.name,
        Tool.summary,
        Tool.lowest_grade,
        Tool.highest_grade,
        Tool.ai_use,
        Tool.ai_facts,
        Tool.open_pools,
        Tool.privacy_grade,
        col(Organization.name).label("maker"),
        PriceSchedule.terms,
    )
    in_force = (
        (col(PriceSchedule.tool_id) == Tool.id)
        & col(PriceSchedule.withdrawn_at).is_(None)
        & (col(PriceSchedule.valid_until) >= last_zone_today())
    )
    query = (
        select(*columns)
        .select_from(Tool)
        .join(Organization, col(Organization.id) == Tool.org_id)
        .outerjoin(PriceSchedule, in_force)
        .where(col(Tool.id).in_(ids))
        .order_by(col(PriceSchedule.offered_at), col(PriceSchedule.id))
    )
    found: dict[UUID, Line] = {}
    with tenancy.everyone("the catalogue is public"):
        for *said, terms in session.exec(query):
            line = found.setdefault(said[0], Line(*said))
            if terms:
                line.schedules.append(pricing.schedule_from_json(terms))
    return [found[tool_id] for tool_id in ids if tool_id in found]


def found_tools(session: Session, filters: Filters, most: int) -> list[Tool]:
    return tools_on(session, search(session, filters).page(0, most))
