"""What finding needs: the shelf that searches read, saved searches, shortlists and decisions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from marketplace.core.tenancy import OwnedByOrg


class Shelf(SQLModel, table=True):
    """One row: counts the changes of the shelf and hands out places; locked by every change."""

    __tablename__ = "shelf"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: int = Field(default=1, primary_key=True)
    version: int = 0
    places: int = 0


class ShelfRow(OwnedByOrg, table=True):
    """A published tool as searches see it, written in the transaction that changes the tool."""

    __tablename__ = "shelf_row"

    tool_id: UUID = Field(foreign_key="tool.id", primary_key=True)
    #: A small number for the tool: its bit in every set, and its row in the text index.
    place: int = Field(unique=True)
    #: The shelf's count when this row last changed.
    version: int = Field(index=True)
    listed: bool
    #: Folded name, for the order and for what begins with the words typed.
    name_key: str
    #: Folded words of name, maker, summary and subjects, for slips of the finger.
    words: str = Field(sa_type=Text)
    #: Everything a filter may ask for, as 'subject:math'.
    marks: list[str] = Field(sa_type=JSON)
    #: Of the text in the word index, so that a change of it alone is noticed; empty: not known.
    text_mark: str = ""
    seat_cents: int | None = Field(default=None, sa_type=BigInteger)
    listed_at: datetime
    #: When buyers last had something new to read.
    news_at: datetime = Field(index=True)
    #: The last day on which the prices in `marks` are all good.
    good_until: date = Field(index=True)


class SavedSearch(OwnedByOrg, table=True):
    """Filters that a person of a district wants to hear about; owned by the district."""

    __tablename__ = "saved_search"
    __table_args__ = (UniqueConstraint("user_id", "org_id", "asked"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id")
    #: The filters as the address carries them, in order: the same search is saved once.
    asked: str = Field(sa_type=Text)
    by_mail: bool = True
    saved_at: datetime
    #: News until this moment were told.
    told_at: datetime = Field(index=True)


class Shortlist(OwnedByOrg, table=True):
    """The tools that people of a district weigh against each other; owned by the district."""

    __tablename__ = "shortlist"
    __table_args__ = (
        UniqueConstraint("org_id", "title_key"),
        CheckConstraint("seats IS NULL OR seats > 0", name="seats"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    title: str
    title_key: str
    seats: int | None = None
    begun_at: datetime
    begun_by: UUID = Field(foreign_key="user_account.id")
    #: How often it was decided; the form of a decision carries what its writer saw.
    decisions: int = 0


class ShortlistTool(OwnedByOrg, table=True):
    __tablename__ = "shortlist_tool"

    shortlist_id: UUID = Field(foreign_key="shortlist.id", primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", primary_key=True, index=True)
    added_at: datetime
    added_by: UUID = Field(foreign_key="user_account.id")


class ShortlistNote(OwnedByOrg, table=True):
    """What a person of the district says about one tool of the list, or about all of them."""

    __tablename__ = "shortlist_note"
    __table_args__ = (UniqueConstraint("shortlist_id", "once_key"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    shortlist_id: UUID = Field(foreign_key="shortlist.id", index=True)
    tool_id: UUID | None = Field(default=None, foreign_key="tool.id", index=True)
    words: str = Field(sa_type=Text)
    written_by: UUID = Field(foreign_key="user_account.id")
    written_at: datetime
    once_key: str


class ShortlistDecision(OwnedByOrg, table=True):
    """What was chosen, why, by whom. Never edited: deciding again adds a row."""

    __tablename__ = "shortlist_decision"

    shortlist_id: UUID = Field(foreign_key="shortlist.id", primary_key=True)
    number: int = Field(primary_key=True)
    #: None: none of them.
    tool_id: UUID | None = Field(default=None, foreign_key="tool.id")
    #: The version of the listing that was read.
    version: int | None = None
    why: str = Field(sa_type=Text)
    #: The tools that stood on the list, by name, as they were called then.
    weighed: list[str] = Field(sa_type=JSON)
    decided_by: UUID = Field(foreign_key="user_account.id")
    decided_at: datetime


def asked_of(search: SavedSearch) -> dict[str, Any]:
    """The filters of a saved search by name."""
    return dict(pair.split("=", 1) for pair in search.asked.split("\n") if "=" in pair)
