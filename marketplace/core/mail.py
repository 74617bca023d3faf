"""E-mail: written with the change that causes it, sent by a job, kept if it fails."""

import smtplib
import ssl
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

import structlog
from flask import current_app
from sqlalchemy import Text
from sqlmodel import Field, Session, SQLModel, col, select

from marketplace.core import clock, db, events

#: The eighth try comes three days after the first.
GIVE_UP_AFTER = 8
#: Longer than a slow mail server can take; then another worker may try.
CLAIMED_FOR = timedelta(minutes=10)
log = structlog.get_logger(__name__)


class Letter(SQLModel, table=True):
    __tablename__ = "letter"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    written_at: datetime = Field(index=True)
    recipient: str
    subject: str
    text: str = Field(sa_type=Text)
    #: Where such letters can be stopped; mail programs offer it beside the letter (RFC 2369).
    stop_url: str = Field(default="", sa_type=Text)
    sent_at: datetime | None = Field(default=None, index=True)
    attempts: int = 0
    try_at: datetime = Field(default_factory=clock.now)
    problem: str = Field(default="", sa_type=Text)


def send(session: Session, recipient: str, subject: str, text: str, stop_url: str = "") -> None:
    """Queue a plain-text letter; it leaves after the transaction that wrote it."""
    session.add(
        Letter(
            written_at=clock.now(),
            recipient=recipient,
            subject=" ".join(subject.split()),
            text=text,
            stop_url=stop_url,
        )
    )
    events.wake_worker(session)


def site_address() -> str:
    """The address of this site, for the links of a letter; without a slash at the end."""
    return str(current_app.config["PUBLIC_URL"]).rstrip("/")


def post_letters() -> int:
    """Send what waits, oldest first; no transaction is open while a mail server is spoken to."""
    query = (
        select(Letter.id)
        .where(
            col(Letter.sent_at).is_(None),
            Letter.attempts < GIVE_UP_AFTER,
            Letter.try_at <= clock.now(),
        )
        .order_by(col(Letter.written_at))
        .limit(200)
    )
    with db.transaction() as session:
        waiting = list(session.exec(query))
    return sum(_post_one(letter_id) for letter_id in waiting)


def _post_one(letter_id: UUID) -> bool:
    letter = _claim(letter_id)
    if letter is None:  # another worker was quicker
        return False
    try:
        _hand_over(letter)
    except Exception as problem:  # one letter's trouble must not hold up the others
        log.warning("letter not sent", letter=str(letter_id), problem=type(problem).__name__)
        _put_off(letter_id, problem)
        return False
    with db.transaction() as session:
        _one(session, letter_id).sent_at = clock.now()
    return True


def _claim(letter_id: UUID) -> Letter | None:
    """Take a letter for a while; should this process die, another one sends it later."""
    with db.transaction() as session:
        query = select(Letter).where(
            Letter.id == letter_id,
            col(Letter.sent_at).is_(None),
            Letter.try_at <= clock.now(),
        )
        letter = session.exec(query.with_for_update(skip_locked=True)).one_or_none()
        if letter is not None:
            letter.attempts += 1
            letter.try_at = clock.now() + CLAIMED_FOR
        return letter


def _put_off(letter_id: UUID, problem: Exception) -> None:
    with db.transaction() as session:
        letter = _one(session, letter_id)
        letter.problem = repr(problem)[:2000]
        letter.try_at = clock.now() + timedelta(minutes=4 ** (letter.attempts - 1))


def _one(session: Session, letter_id: UUID) -> Letter:
    return session.exec(select(Letter).where(Letter.id == letter_id)).one()


def _hand_over(letter: Letter) -> None:
    message = EmailMessage()
    message["From"] = Address(
        current_app.config["SITE_NAME"], addr_spec=current_app.config["MAIL_FROM"]
    )
    message["To"] = Address(addr_spec=letter.recipient)  # exactly one, whatever was typed
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.id}@{urlsplit(current_app.config['PUBLIC_URL']).hostname}>"
    if letter.stop_url:
        message["List-Unsubscribe"] = f"<{letter.stop_url}>"
    message.set_content(letter.text)
    if url := current_app.config["SMTP_URL"]:
        _by_smtp(url, message)
    else:
        _to_folder(Path(current_app.config["VAR"]) / "outbox" / f"{letter.id}.eml", message)


def _by_smtp(url: str, message: EmailMessage) -> None:
    """`smtp://user:password@host:587` (STARTTLS when offered) or `smtps://…:465`."""
    parts = urlsplit(url)
    host, encrypted = parts.hostname or "localhost", parts.scheme == "smtps"
    trust = ssl.create_default_context()
    smtp: smtplib.SMTP
    if encrypted:
        smtp = smtplib.SMTP_SSL(host, parts.port or 465, timeout=20, context=trust)
    else:
        smtp = smtplib.SMTP(host, parts.port or 25, timeout=20)
    with smtp:
        smtp.ehlo()
        if not encrypted and smtp.has_extn("starttls"):
            smtp.starttls(context=trust)
        if parts.username:
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
        smtp.send_message(message)


def _to_folder(path: Path, message: EmailMessage) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(message))


def newest_letters(session: Session, limit: int = 100) -> list[Letter]:
    return list(session.exec(select(Letter).order_by(col(Letter.written_at).desc()).limit(limit)))
