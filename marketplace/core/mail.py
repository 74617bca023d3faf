"""E-mail: written with the change that causes it, sent by a job, kept if it fails."""

import smtplib
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

import structlog
from flask import current_app
from sqlalchemy import Text
from sqlmodel import Field, Session, SQLModel, col, select

from marketplace.core import clock, db

GIVE_UP_AFTER = 8
log = structlog.get_logger(__name__)


class Letter(SQLModel, table=True):
    __tablename__ = "letter"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    written_at: datetime = Field(index=True)
    recipient: str
    subject: str
    text: str = Field(sa_type=Text)
    sent_at: datetime | None = Field(default=None, index=True)
    attempts: int = 0
    problem: str = Field(default="", sa_type=Text)


def send(session: Session, recipient: str, subject: str, text: str) -> None:
    """Queue a plain-text letter; it leaves after the transaction that wrote it."""
    session.add(
        Letter(
            written_at=clock.now(),
            recipient=recipient,
            subject=subject.replace("\n", " "),
            text=text,
        )
    )


def site_address() -> str:
    """The address of this site, for the links of a letter; without a slash at the end."""
    return str(current_app.config["PUBLIC_URL"]).rstrip("/")


def post_letters() -> int:
    """Send what waits, oldest first; each letter is ticked in its own transaction."""
    query = (
        select(Letter.id)
        .where(col(Letter.sent_at).is_(None), Letter.attempts < GIVE_UP_AFTER)
        .order_by(col(Letter.written_at))
        .limit(200)
    )
    with db.transaction() as session:
        waiting = list(session.exec(query))
    return sum(_post_one(letter_id) for letter_id in waiting)


def _post_one(letter_id: UUID) -> bool:
    with db.transaction() as session:
        query = select(Letter).where(Letter.id == letter_id, col(Letter.sent_at).is_(None))
        letter = session.exec(query.with_for_update(skip_locked=True)).one_or_none()
        if letter is None:
            return False
        try:
            _hand_over(letter)
        except (OSError, smtplib.SMTPException) as problem:
            letter.attempts += 1
            letter.problem = repr(problem)[:2000]
            log.warning("letter not sent", letter=str(letter_id), problem=letter.problem)
            return False
        letter.sent_at = clock.now()
        return True


def _hand_over(letter: Letter) -> None:
    message = EmailMessage()
    message["From"] = formataddr((current_app.config["SITE_NAME"], current_app.config["MAIL_FROM"]))
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.id}@{urlsplit(current_app.config['PUBLIC_URL']).hostname}>"
    message.set_content(letter.text)
    if url := current_app.config["SMTP_URL"]:
        _by_smtp(url, message)
    else:
        _to_folder(Path(current_app.config["VAR"]) / "outbox" / f"{letter.id}.eml", message)


def _by_smtp(url: str, message: EmailMessage) -> None:
    """`smtp://user:password@host:587` (STARTTLS when offered) or `smtps://…:465`."""
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    connect = smtplib.SMTP_SSL if secure else smtplib.SMTP
    with connect(
        parts.hostname or "localhost", parts.port or (465 if secure else 25), timeout=20
    ) as smtp:
        if not secure and smtp.ehlo() and smtp.has_extn("starttls"):
            smtp.starttls()
        if parts.username:
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
        smtp.send_message(message)


def _to_folder(path: Path, message: EmailMessage) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(message))


def newest_letters(session: Session, limit: int = 100) -> list[Letter]:
    return list(session.exec(select(Letter).order_by(col(Letter.written_at).desc()).limit(limit)))
