"""Which letters a person wants."""

from collections.abc import Collection

from sqlmodel import Session

from marketplace.accounts import letter_queries, queries, stop_links
from marketplace.accounts.letter_rules import LetterKind
from marketplace.accounts.models import LetterStop
from marketplace.core import clock
from marketplace.core.access import Actor, require


def choose_letters(session: Session, actor: Actor, wanted: Collection[LetterKind]) -> None:
    """From now on only these kinds come; the same choice again changes nothing."""
    require(actor, "accounts.account_letters")
    person = queries.get_user(session, actor.person, lock=True)
    stopped = {stop.kind: stop for stop in letter_queries.stops_of(session, person.id)}
    for kind in LetterKind:
        if kind in wanted and kind in stopped:
            session.delete(stopped[kind])
        elif kind not in wanted and kind not in stopped:
            session.add(LetterStop(user_id=person.id, kind=kind, since=clock.now()))


def stop_letters(session: Session, actor: Actor, token: str) -> LetterKind:
    """The link of a letter stops its kind; pressing twice changes nothing."""
    require(actor, "accounts.stop_letters")
    user_id, kind = stop_links.read_stop(token)
    person = queries.get_user(session, user_id, lock=True)
    if kind not in {stop.kind for stop in letter_queries.stops_of(session, person.id)}:
        session.add(LetterStop(user_id=person.id, kind=kind, since=clock.now()))
    return kind
