"""What uptake keeps: releases of the funnel, whole as they were published."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, String
from sqlmodel import Field, SQLModel


class FunnelRelease(SQLModel, table=True):
    """Masked figures about all districts, public from then on and never changed. `fingerprint` is
    the SHA-256 of the figures as they stand in the file of the release."""

    __tablename__ = "funnel_release"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    number: int = Field(unique=True)
    made_at: datetime
    #: When the rows were last looked at and this release still stood.
    checked_at: datetime
    #: From which years the federal facts are: name of the fact -> years.
    years: dict[str, Any] = Field(sa_type=JSON)
    figures: dict[str, Any] = Field(sa_type=JSON)
    fingerprint: str = Field(sa_type=String(64))
