"""Documents people upload: kept in the database beside the rows they prove.

A file is stored as it came and never changed; its fingerprint (SHA-256) is printed
where the document is cited.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, LargeBinary
from sqlmodel import Field, Session, select

from marketplace.core import clock, uploads
from marketplace.core.access import Actor
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.tenancy import OwnedByOrg
from marketplace.core.uploads import LARGEST_BYTES


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


def store(session: Session, actor: Actor, org_id: UUID, checked: uploads.CheckedFile) -> StoredFile:
    """Keep a file that `uploads.check` let through."""
    stored = StoredFile(
        org_id=org_id,
        name=checked.name,
        media_type=checked.media_type,
        size=len(checked.content),
        fingerprint=checked.fingerprint,
        content=checked.content,
        stored_at=clock.now(),
        stored_by=actor.user_id,
    )
    session.add(stored)
    return stored


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
    pdf = uploads.CheckedFile(uploads.clean_name(name, "pdf"), uploads.TYPES["pdf"], content)
    return store(session, actor, org_id, pdf)


def get_file(session: Session, file_id: UUID) -> StoredFile:
    stored = session.exec(select(StoredFile).where(StoredFile.id == file_id)).one_or_none()
    if stored is None:
        raise NotFound("There is no such document.")
    return stored
