"""Letters that carry their own way out: a link that stops their kind."""

from uuid import UUID

from marketplace.accounts.letter_rules import LetterKind
from marketplace.accounts.models import User
from marketplace.core import db, links, mail, web
from marketplace.core.errors import NotFound

STOP = "stop letters"


def read_stop(token: str) -> tuple[UUID, LetterKind]:
    words = links.unseal(STOP, token)
    if len(words) != 2 or words[1] not in set(LetterKind):
        raise NotFound("There is no such page.")
    return UUID(words[0]), LetterKind(words[1])


def send_stoppable(
    session: db.Session, person: User, kind: LetterKind, subject: str, text: str
) -> None:
    """A letter with its own way out, at the end and in its header."""
    stop_url = web.link_to(
        "accounts.stop_letters", token=links.seal(STOP, person.id.hex, kind.value)
    )
    words = f"{text.rstrip()}\n\n--\nTo stop letters of this kind: {stop_url}\n"
    mail.send(session, person.email, subject, words, stop_url)
