"""Find districts by name, city or LEAID, forgiving slips of the finger.

One indexless design for both engines: every district has a `search_key`, its name and city
without capitals, accents and spaces, and a search looks through all of them. There are about
20,000 districts in the country, so that takes a few milliseconds and never much more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, case, func, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, col, select

from marketplace.directory import spelling
from marketplace.directory.models import District
from marketplace.directory.states import CODE_BY_WORD

PAGE_SIZE = 25
CANDIDATES = 80
_key, _leaid, _state = (
    col(District.search_key),
    col(District.leaid),
    col(District.state),
)


class holds(FunctionElement[bool]):
    """`text` has `part` in it. Twice as quick as LIKE, which folds capitals we do not have."""

    type = Boolean()
    inherit_cache = True


@compiles(holds)
def _holds(element: Any, compiler: Any, **kwargs: Any) -> str:
    name = "strpos" if compiler.dialect.name == "postgresql" else "instr"
    return f"{name}({compiler.process(element.clauses, **kwargs)}) > 0"


@dataclass(frozen=True)
class Found:
    """A page of districts. `is_close`: nothing matched as typed, these come nearest."""

    districts: Sequence[District]
    total: int
    number: int = 1
    is_close: bool = False

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def search(session: Session, text: str, page: int = 1) -> Found:
    """Districts whose name, city, state or LEAID has every word typed; else the closest."""
    typed = spelling.words(text[:100])[:10]
    if not typed:
        return Found([], 0)
    together = spelling.without_states(typed, CODE_BY_WORD)
    rank = case((_key.startswith(together), 0), (holds(_key, f"|{together}"), 1), else_=2)
    query = (
        select(District, func.count().over())
        .where(*(_has(word, alone=len(typed) == 1) for word in typed))
        .order_by(rank, col(District.name), _leaid)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    rows = session.exec(query).all()
    if rows or page > 1:
        return Found([row[0] for row in rows], rows[0][1] if rows else 0, page)
    close = _closest(session, together) if len(together) >= 4 else []
    return Found(close, len(close), is_close=True)


def _has(word: str, *, alone: bool) -> ColumnElement[bool]:
    matches = [holds(_key, word)]
    if word.isdigit():
        matches.append(_leaid.startswith(word))
    if word in CODE_BY_WORD and not alone:
        matches.append(_state == CODE_BY_WORD[word])
    return or_(*matches)


def _closest(session: Session, typed: str) -> list[District]:
    """Districts that share a part and most letter pairs with what was typed, if close enough."""
    alike = sum(
        (case((holds(_key, p), 1), else_=0) for p in spelling.pairs(typed)),
        literal(0),
    )
    query = (
        select(District)
        .where(or_(*(holds(_key, piece) for piece in spelling.pieces(typed))))
        .order_by(alike.desc(), func.length(_key), _leaid)
        .limit(CANDIDATES)
    )
    candidates = session.exec(query).all()
    order = spelling.closest(typed, [district.search_key for district in candidates])
    return [candidates[place] for place in order[:PAGE_SIZE]]
