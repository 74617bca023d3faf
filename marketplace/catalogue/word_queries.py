"""The words of listings: one function to search them, FTS5 on SQLite, tsvector on PostgreSQL.

The index holds published listings only, by their place on the shelf, and is written in the
transaction that changes the listing. Accents and capitals are taken off before (see `fold`), so
neither engine needs an extension; both stem the same words the same way.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import Session

Pieces = tuple[str, str, str, str]

_SEARCH = {
    "sqlite": (
        "SELECT group_concat(rowid) FROM catalogue_search WHERE catalogue_search MATCH :asked"
    ),
    "postgresql": (
        "SELECT string_agg(place::text, ',') FROM catalogue_search"
        " WHERE document @@ to_tsquery('listing_words', :asked)"
    ),
}
_PUT = {
    "sqlite": (
        "INSERT INTO catalogue_search (rowid, name, vendor, summary, rest)"
        " VALUES (:place, :name, :vendor, :summary, :rest)"
    ),
    "postgresql": (
        "INSERT INTO catalogue_search (place, document) VALUES (:place,"
        " setweight(to_tsvector('listing_words', :name), 'A')"
        " || setweight(to_tsvector('listing_words', :vendor), 'B')"
        " || setweight(to_tsvector('listing_words', :summary), 'C')"
        " || setweight(to_tsvector('listing_words', :rest), 'D'))"
    ),
}
_DROP = {
    "sqlite": "DELETE FROM catalogue_search WHERE rowid = :place",
    "postgresql": "DELETE FROM catalogue_search WHERE place = :place",
}


def _engine(session: Session) -> str:
    return session.get_bind().dialect.name


def places_with(session: Session, words: Sequence[str]) -> list[int]:
    """The places of the listings that have every word, in any order (see `Shelf.nearest_first`).

    `words` are folded letters and digits; the last may be the beginning of a word. One row comes
    back, because a thousand of them would cost more than the search.
    """
    if not words:
        return []
    if _engine(session) == "sqlite":
        asked = " ".join([*(f'"{word}"' for word in words[:-1]), f'"{words[-1]}" *'])
    else:
        asked = " & ".join([*words[:-1], f"{words[-1]}:*"])
    found = session.connection().execute(text(_SEARCH[_engine(session)]), {"asked": asked}).scalar()
    return [int(place) for place in found.split(",")] if found else []


def put_words(session: Session, place: int, pieces: Pieces) -> None:
    drop_words(session, place)
    name, vendor, summary, rest = pieces
    values = {"place": place, "name": name, "vendor": vendor, "summary": summary, "rest": rest}
    session.connection().execute(text(_PUT[_engine(session)]), values)


def drop_words(session: Session, place: int) -> None:
    session.connection().execute(text(_DROP[_engine(session)]), {"place": place})
