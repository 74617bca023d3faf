"""Documents people upload: kept in the database beside the rows they prove.

A file is stored as it came and never changed; its fingerprint (SHA-256) is printed
where the document is cited.
"""

import unicodedata
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, LargeBinary
from sqlmodel import Field, Session, select

from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.tenancy import OwnedByOrg

LARGEST_BYTES = 10_000_000


class StoredFile(OwnedByOrg, table=True):
    __tablename__ = "stored_file"
    __table_args__ = (CheckConstraint("size > 0", name="not_empty"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    media_type: str
    size: int
    fingerprint: str
    content: bytes = Field(sa_type=LargeBinary)
    stored_at: datetime
    stored_by: UUID | None = None


def store_pdf(
    session: Session,
    actor: Actor,
    org_id: UUID,
    name: str,
    content: bytes,
    field: str = "file",
) -> StoredFile:
    """Keep a PDF; refused in plain words when it is empty, too large or not a PDF."""
    if not content:
        raise RuleBroken("The file is empty. Choose the signed PDF.", field)
    if len(content) > LARGEST_BYTES:
        raise RuleBroken("The file is larger than 10 MB. Scan it at a lower quality.", field)
    if not content.startswith(b"%PDF-"):
        raise RuleBroken("This is not a PDF. Save the document as PDF and try again.", field)
    stored = StoredFile(
        org_id=org_id,
        name=clean_name(name),
        media_type="application/pdf",
        size=len(content),
        fingerprint=sha256(content).hexdigest(),
        content=content,
        stored_at=clock.now(),
        stored_by=actor.user_id,
    )
    session.add(stored)
    return stored


def clean_name(name: str) -> str:
    """The last part of what a browser sends, printable and safe in a header, ending in .pdf."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '"<>:|?*')
    stem = printable.strip().removesuffix(".pdf").removesuffix(".PDF").strip(". ")
    return f"{stem[:116] or 'document'}.pdf"


def get_file(session: Session, file_id: UUID) -> StoredFile:
    stored = session.exec(select(StoredFile).where(StoredFile.id == file_id)).one_or_none()
    if stored is None:
        raise NotFound("There is no such document.")
    return stored
