"""Find districts by name, city or LEAID, forgiving slips of the finger.

One design for both engines: every district has a `search_key`, its name and city without
capitals, accents and spaces, and a search looks through all of them in one narrow index.
There are about 20,000 districts in the country: a few milliseconds, and never much more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, case, func, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, col, select

from marketplace.directory import spelling
from marketplace.directory.models import District
from marketplace.directory.states import CODE_BY_WORD

PAGE_SIZE = 25
CANDIDATES = 25
_key, _leaid, _state = (
    col(District.search_key),
    col(District.leaid),
    col(District.state),
)


class holds(FunctionElement[bool]):
    """`text` has one of `parts` in it. Cheaper than LIKE, which folds capitals we do not have."""

    type = Boolean()
    inherit_cache = True


class alike(FunctionElement[int]):
    """How many of `parts` `text` has in it."""

    type = Integer()
    inherit_cache = True


def _places(element: Any, compiler: Any, **kwargs: Any) -> list[str]:
    """Where each part stands in the text, as SQL; 0 where it does not."""
    find = "strpos" if compiler.dialect.name == "postgresql" else "instr"
    text, *parts = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return [f"{find}({text}, {part})" for part in parts]


@compiles(holds)
def _holds(element: Any, compiler: Any, **kwargs: Any) -> str:
    return "(" + " OR ".join(f"{at} > 0" for at in _places(element, compiler, **kwargs)) + ")"


@compiles(alike)
def _alike(element: Any, compiler: Any, **kwargs: Any) -> str:
    return "(" + " + ".join(f"sign({at})" for at in _places(element, compiler, **kwargs)) + ")"


@dataclass(frozen=True)
class Found:
    """A page of districts. `is_close`: nothing matched as typed, these come nearest."""

    districts: Sequence[District]
    total: int
    is_close: bool = False


def search(
    session: Session, text: str, page: int = 1, *, state: str = "", size: int = PAGE_SIZE
) -> Found:
    """Districts whose name, city, state or LEAID has every word typed; else the closest.

    With a `state` and nothing typed, all districts of that state.
    """
    typed = spelling.words(text[:100])[:10]
    if not typed and not state:
        return Found([], 0)
    together = spelling.without_states(typed, CODE_BY_WORD)
    rank = case((_key.startswith(together), 0), (holds(_key, f"|{together}"), 1), else_=2)
    wanted = [_has(word, alone=len(typed) == 1) for word in typed]
    matching = select(_leaid).where(*wanted, *([_state == state] if state else []))
    query = (
        select(District, func.count().over())
        .where(_leaid.in_(matching))
        .order_by(rank, col(District.name), _leaid)
        .limit(size)
        .offset((page - 1) * size)
    )
    rows = session.exec(query).all()
    if rows or page > 1:
        return Found([row[0] for row in rows], rows[0][1] if rows else 0)
    close = _closest(session, together, state) if len(together) >= 4 else []
    return Found(close, len(close), is_close=True)


def _has(word: str, *, alone: bool) -> ColumnElement[bool]:
    matches: list[ColumnElement[bool]] = [holds(_key, word)]
    if word.isdigit():
        matches.append(_leaid.startswith(word))
    if word in CODE_BY_WORD and not alone:
        matches.append(_state == CODE_BY_WORD[word])
    return or_(*matches)


def _closest(session: Session, typed: str, state: str) -> list[District]:
    """Districts that share a part and most letter pairs with what was typed, if close enough."""
    parts = spelling.pieces(typed)
    in_name = holds(func.substr(_key, 1, len(typed) + 2), *parts)
    nearest = (
        select(_leaid)
        .where(holds(_key, *parts), *([_state == state] if state else []))
        .order_by(alike(_key, *spelling.pairs(typed)).desc(), in_name.desc(), _key, _leaid)
        .limit(CANDIDATES)
    )
    candidates = session.exec(select(District).where(_leaid.in_(nearest))).all()
    order = spelling.closest(typed, [district.search_key for district in candidates])
    return [candidates[place] for place in order]
