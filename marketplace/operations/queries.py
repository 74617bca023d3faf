"""How the site itself is doing."""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, func, select

from marketplace.accounts.models import Organization, User
from marketplace.core import migrate, tenancy
from marketplace.core.errors import NotFound
from marketplace.core.events import GIVE_UP_AFTER, Delivery
from marketplace.core.mail import Letter
from marketplace.ledger import queries as books


@dataclass(frozen=True)
class Check:
    """One thing that must hold for the site to serve people."""

    name: str
    ok: bool
    words: str
    #: Whether the site can serve people without it.
    is_vital: bool = True


def readiness(engine: Engine) -> list[Check]:
    """The database answers, its schema is the one this version needs, and who guards the books."""
    try:
        with engine.connect() as connection:
            revision = migrate.current_revision(connection)
            guard = books.guard(connection)
    except SQLAlchemyError as problem:
        return [Check("database", False, f"no answer: {type(problem).__name__}")]
    newest = migrate.newest_revision()
    return [
        Check("database", True, f"{engine.dialect.name} answers"),
        Check("migrations", revision == newest, f"at {revision or 'none'}, newest is {newest}"),
        Check("books_guard", True, guard),
    ]


def state_of_books(session: Session) -> Check:
    """What the last full checks of the books found. A site whose books fail still serves: its
    pages say so, which is better than no page at all."""
    with tenancy.everyone("the state of the site concerns everybody"):
        failed = [alarm.slug for alarm in books.alarms(session)]
    words = f"the last check failed: {', '.join(failed)}" if failed else "the last checks held"
    return Check("books", not failed, words, is_vital=False)


def counts_by_kind(session: Session) -> dict[str, int]:
    query = select(Organization.kind, func.count()).group_by(col(Organization.kind))
    return {str(kind): n for kind, n in session.exec(query)}


def people_count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(User)).one()


def waiting(session: Session) -> dict[str, int]:
    """What the worker has not done yet, and what it gave up on."""
    undone = select(func.count()).select_from(Delivery).where(col(Delivery.done_at).is_(None))
    given_up = undone.where(Delivery.attempts >= GIVE_UP_AFTER)
    unsent = select(func.count()).select_from(Letter).where(col(Letter.sent_at).is_(None))
    dead = session.exec(given_up).one()
    return {
        "jobs": session.exec(undone).one() - dead,
        "dead_letters": dead,
        "letters": session.exec(unsent).one(),
    }


def get_letter(session: Session, letter_id: object) -> Letter:
    letter = session.exec(select(Letter).where(Letter.id == letter_id)).one_or_none()
    if letter is None:
        raise NotFound("There is no such letter.")
    return letter
