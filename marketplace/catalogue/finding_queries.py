"""Finding tools: one search for words and filters, the same on both engines.

Counts beside the filters come from one grouped query over what the words match; each
option is counted with all *other* filters on, so the number says what choosing it gives.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal_column
from sqlmodel import Session, col, select

from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import (
    AI_WORDS,
    GRADES,
    SUBJECTS,
    AIUse,
    ToolStatus,
    search_words,
)

SORTS = {"name": "Name", "price": "Lowest price of a seat", "new": "Newest first"}
FILTERS = ("q", "grade", "subject", "ai", "pool")


@dataclass(frozen=True)
class Filters:
    """What was asked for; anything unknown counts as not asked."""

    q: str = ""
    grade: int | None = None
    subject: str = ""
    ai: str = ""
    pool: str = ""
    sort: str = "name"

    @classmethod
    def of(cls, asked: Any) -> "Filters":
        """From the plain GET arguments of an address; `K` and `0` are both kindergarten."""
        by_words = {words.lower(): grade for grade, words in GRADES.items()}
        return cls(
            q=" ".join(asked.get("q", "")[:200].split()),
            grade=by_words.get(asked.get("grade", "").lower()),
            subject=asked.get("subject", "") if asked.get("subject") in SUBJECTS else "",
            ai=asked.get("ai", "") if asked.get("ai") in set(AIUse) else "",
            pool="open" if asked.get("pool") == "open" else "",
            sort=asked.get("sort", "") if asked.get("sort") in SORTS else "name",
        )

    def without(self, name: str) -> "Filters":
        nothing: Any = None if name == "grade" else ""
        return replace(self, **{name: nothing})

    def active(self) -> list[str]:
        return [name for name in FILTERS if getattr(self, name) not in ("", None)]

    def arguments(self) -> dict[str, str]:
        """The same filters as an address carries them; nothing that was not asked."""
        grade = "" if self.grade is None else GRADES[self.grade]
        sort = "" if self.sort == "name" else self.sort
        said = {"q": self.q, "grade": grade, "subject": self.subject, "ai": self.ai}
        said |= {"pool": self.pool, "sort": sort}
        return {name: value for name, value in said.items() if value}

    def words_of(self, name: str) -> str:
        """A filter as a person would name it, to say which one to drop."""
        return {
            "q": f"“{self.q}”",
            "grade": "" if self.grade is None else f"Grade {GRADES[self.grade]}",
            "subject": SUBJECTS.get(self.subject, ""),
            "ai": AI_WORDS[AIUse(self.ai)] if self.ai else "",
            "pool": "Open pool",
        }[name]


@dataclass(frozen=True)
class Group:
    """Tools that no filter can tell apart, and how many there are."""

    lowest_grade: int
    highest_grade: int
    subject_keys: str
    ai_use: str
    has_pool: bool
    tools: int


_MATCHES: dict[str, Callable[[Group, Any], bool]] = {
    "grade": lambda group, grade: group.lowest_grade <= grade <= group.highest_grade,
    "subject": lambda group, subject: f"|{subject}|" in group.subject_keys,
    "ai": lambda group, ai: group.ai_use == ai,
    "pool": lambda group, _open: group.has_pool,
}


@dataclass(frozen=True)
class Facets:
    """How many tools each choice would leave."""

    groups: tuple[Group, ...]
    filters: Filters

    def count(self, filters: Filters) -> int:
        asked = {name: getattr(filters, name) for name in filters.active() if name != "q"}
        return sum(
            group.tools
            for group in self.groups
            if all(_MATCHES[name](group, value) for name, value in asked.items())
        )

    @property
    def total(self) -> int:
        return self.count(self.filters)

    def options(self, name: str, choices: Iterable[Any]) -> list[tuple[Any, int]]:
        """Each choice of one filter with the tools it would give."""
        return [(c, self.count(replace(self.filters, **{name: c}))) for c in choices]


def facets(session: Session, filters: Filters) -> Facets:
    has_pool = col(Tool.open_pools) > literal_column("0")
    columns: tuple[Any, ...] = (
        col(Tool.lowest_grade),
        col(Tool.highest_grade),
        col(Tool.subject_keys),
        col(Tool.ai_use),
        has_pool,
    )
    query: Select[Any] = (
        select(*columns, func.count())  # type: ignore[call-overload]
        .select_from(Tool)
        .where(*_conditions(Filters(q=filters.q)))
        .group_by(*columns)
    )
    rows = session.exec(query).all()  # type: ignore[call-overload]
    groups = (
        Group(low, high, keys, str(ai), bool(pool), n) for low, high, keys, ai, pool, n in rows
    )
    return Facets(tuple(groups), filters)


def published(filters: Filters = Filters()) -> Any:
    """The query for the published tools that match, in the order asked for."""
    return select(Tool).where(*_conditions(filters)).order_by(*_order(filters))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[Any] = [Tool.status == ToolStatus.PUBLISHED]
    found += [col(Tool.search_text).contains(w, autoescape=True) for w in search_words(filters.q)]
    if filters.grade is not None:
        found += [Tool.lowest_grade <= filters.grade, Tool.highest_grade >= filters.grade]
    if filters.subject:
        found.append(col(Tool.subject_keys).contains(f"|{filters.subject}|", autoescape=True))
    if filters.ai:
        found.append(Tool.ai_use == AIUse(filters.ai))
    if filters.pool:
        found.append(Tool.open_pools > 0)
    return found


def _order(filters: Filters) -> list[Any]:
    by_name = [col(Tool.search_text), col(Tool.id)]
    if filters.sort == "price":
        return [col(Tool.lowest_seat_cents).is_(None), col(Tool.lowest_seat_cents), *by_name]
    if filters.sort == "new":
        return [col(Tool.published_at).desc(), *by_name]
    if words := search_words(filters.q):
        starts = col(Tool.search_text).startswith(" ".join(words), autoescape=True)
        return [case((starts, 0), else_=1), *by_name]
    return by_name
