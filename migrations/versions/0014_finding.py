"""Finding: the search index, saved searches, shortlists and decisions."""

import re
import unicodedata
from datetime import date

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from marketplace.core import tenancy

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shelf",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_shelf_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelf")),
    )
    op.create_table(
        "saved_search",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_saved_search_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_saved_search_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint(
            "user_id", "org_id", "asked", name=op.f("uq_saved_search_user_id_org_id_asked")
        ),
    )
    op.create_index(op.f("ix_saved_search_org_id"), "saved_search", ["org_id"], unique=False)
    op.create_index(op.f("ix_saved_search_told_at"), "saved_search", ["told_at"], unique=False)

    op.create_table(
        "shelf_row",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("name_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("seat_cents", sa.BigInteger(), nullable=True),
        sa.Column("listed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("news_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("good_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_shelf_row_org_id_organization")
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_shelf_row_tool_id_tool")),
        sa.PrimaryKeyConstraint("tool_id", name=op.f("pk_shelf_row")),
        sa.UniqueConstraint("place", name=op.f("uq_shelf_row_place")),
    )
    op.create_index(op.f("ix_shelf_row_good_until"), "shelf_row", ["good_until"], unique=False)
    op.create_index(op.f("ix_shelf_row_news_at"), "shelf_row", ["news_at"], unique=False)
    op.create_index(op.f("ix_shelf_row_org_id"), "shelf_row", ["org_id"], unique=False)
    op.create_index(op.f("ix_shelf_row_version"), "shelf_row", ["version"], unique=False)

    op.create_table(
        "shortlist",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("title_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("begun_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats IS NULL OR seats > 0", name=op.f("ck_shortlist_seats")),
        sa.ForeignKeyConstraint(
            ["begun_by"], ["user_account.id"], name=op.f("fk_shortlist_begun_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_shortlist_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist")),
        sa.UniqueConstraint("org_id", "title_key", name=op.f("uq_shortlist_org_id_title_key")),
    )
    op.create_index(op.f("ix_shortlist_org_id"), "shortlist", ["org_id"], unique=False)

    op.create_table(
        "shortlist_decision",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("shortlist_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("weighed", sa.JSON(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["user_account.id"],
            name=op.f("fk_shortlist_decision_decided_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_shortlist_decision_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["shortlist_id"],
            ["shortlist.id"],
            name=op.f("fk_shortlist_decision_shortlist_id_shortlist"),
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_shortlist_decision_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("shortlist_id", "number", name=op.f("pk_shortlist_decision")),
    )
    op.create_index(
        op.f("ix_shortlist_decision_org_id"), "shortlist_decision", ["org_id"], unique=False
    )

    op.create_table(
        "shortlist_note",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shortlist_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_shortlist_note_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["shortlist_id"],
            ["shortlist.id"],
            name=op.f("fk_shortlist_note_shortlist_id_shortlist"),
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_shortlist_note_tool_id_tool")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"],
            ["user_account.id"],
            name=op.f("fk_shortlist_note_written_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist_note")),
        sa.UniqueConstraint(
            "shortlist_id", "once_key", name=op.f("uq_shortlist_note_shortlist_id_once_key")
        ),
    )
    op.create_index(op.f("ix_shortlist_note_org_id"), "shortlist_note", ["org_id"], unique=False)
    op.create_index(
        op.f("ix_shortlist_note_shortlist_id"), "shortlist_note", ["shortlist_id"], unique=False
    )
    op.create_index(op.f("ix_shortlist_note_tool_id"), "shortlist_note", ["tool_id"], unique=False)

    op.create_table(
        "shortlist_tool",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("shortlist_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by"], ["user_account.id"], name=op.f("fk_shortlist_tool_added_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_shortlist_tool_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["shortlist_id"],
            ["shortlist.id"],
            name=op.f("fk_shortlist_tool_shortlist_id_shortlist"),
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_shortlist_tool_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("shortlist_id", "tool_id", name=op.f("pk_shortlist_tool")),
    )
    op.create_index(op.f("ix_shortlist_tool_org_id"), "shortlist_tool", ["org_id"], unique=False)
    op.create_index(op.f("ix_shortlist_tool_tool_id"), "shortlist_tool", ["tool_id"], unique=False)
    op.execute("INSERT INTO shelf (id, version, places) VALUES (1, 0, 0)")
    _make_text_index()
    with tenancy.everyone("a migration serves every organization"):
        _shelve_what_is_public()


def _make_text_index() -> None:
    """Full text of each engine; every word counts, so PostgreSQL gets a stemmer without a list of
    words to leave out."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE catalogue_search USING fts5("
            "name, vendor, summary, rest, tokenize = 'porter ascii')"
        )
        op.execute(
            "INSERT INTO catalogue_search (catalogue_search, rank)"
            " VALUES ('rank', 'bm25(10.0, 5.0, 3.0, 1.0)')"
        )
        return
    op.execute(
        "CREATE TEXT SEARCH DICTIONARY listing_stem (TEMPLATE = snowball, Language = english)"
    )
    op.execute("CREATE TEXT SEARCH CONFIGURATION listing_words (COPY = simple)")
    op.execute(
        "ALTER TEXT SEARCH CONFIGURATION listing_words"
        " ALTER MAPPING FOR asciiword, word WITH listing_stem"
    )
    op.execute(
        "CREATE TABLE catalogue_search (place integer PRIMARY KEY, document tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX search_catalogue ON catalogue_search USING gin (document)")


def _shelve_what_is_public() -> None:
    """What can be said without reckoning a price; the worker adds prices in its first minute,
    because the day until which the row is good has passed."""
    bind = op.get_bind()
    tool = sa.table(
        "tool",
        sa.column("id", sa.Uuid()),
        sa.column("org_id", sa.Uuid()),
        sa.column("name", sa.String()),
        sa.column("summary", sa.Text()),
        sa.column("description", sa.Text()),
        sa.column("status", sa.String()),
        sa.column("lowest_grade", sa.Integer()),
        sa.column("highest_grade", sa.Integer()),
        sa.column("subjects", sa.JSON()),
        sa.column("languages", sa.JSON()),
        sa.column("ai_use", sa.String()),
        sa.column("open_pools", sa.Integer()),
        sa.column("lowest_seat_cents", sa.BigInteger()),
        sa.column("published_at", sqlmodel.sql.sqltypes.UTCDateTime()),
    )
    organization = sa.table(
        "organization", sa.column("id", sa.Uuid()), sa.column("name", sa.String())
    )
    shelf_row = sa.table(
        "shelf_row",
        sa.column("org_id", sa.Uuid()),
        sa.column("tool_id", sa.Uuid()),
        sa.column("place", sa.Integer()),
        sa.column("version", sa.Integer()),
        sa.column("listed", sa.Boolean()),
        sa.column("name_key", sa.String()),
        sa.column("words", sa.Text()),
        sa.column("marks", sa.JSON()),
        sa.column("seat_cents", sa.BigInteger()),
        sa.column("listed_at", sqlmodel.sql.sqltypes.UTCDateTime()),
        sa.column("news_at", sqlmodel.sql.sqltypes.UTCDateTime()),
        sa.column("good_until", sa.Date()),
    )
    query = (
        sa.select(tool, organization.c.name.label("vendor"))
        .join_from(tool, organization, organization.c.id == tool.c.org_id)
        .where(tool.c.status == "published", tool.c.published_at.is_not(None))
        .order_by(tool.c.name)
    )
    rows = []
    for place, found in enumerate(bind.execute(query).mappings().all(), start=1):
        grades = range(found["lowest_grade"], found["highest_grade"] + 1)
        marks = {f"grade:{grade}" for grade in grades} | {f"ai:{found['ai_use']}"}
        marks |= {f"subject:{subject}" for subject in found["subjects"]}
        marks |= {f"language:{_folded(language)}" for language in found["languages"]}
        marks |= {"pool:open"} if found["open_pools"] else set()
        texts = [_words(found[part]) for part in ("name", "vendor", "summary", "description")]
        _index(bind, place, texts)
        rows.append(
            {
                "org_id": found["org_id"],
                "tool_id": found["id"],
                "place": place,
                "version": place,
                "listed": True,
                "name_key": _folded(found["name"]),
                "words": " ".join(sorted(set(" ".join(texts[:3]).split()))),
                "marks": sorted(marks),
                "seat_cents": found["lowest_seat_cents"],
                "listed_at": found["published_at"],
                "news_at": found["published_at"],
                "good_until": date(2000, 1, 1),
            }
        )
    if rows:
        op.bulk_insert(shelf_row, rows)
        bind.execute(
            sa.text("UPDATE shelf SET version = :last, places = :last"), {"last": len(rows)}
        )


def _index(bind: sa.Connection, place: int, texts: list[str]) -> None:
    values = dict(zip(("place", "name", "vendor", "summary", "rest"), (place, *texts)))
    if bind.dialect.name == "sqlite":
        statement = (
            "INSERT INTO catalogue_search (rowid, name, vendor, summary, rest)"
            " VALUES (:place, :name, :vendor, :summary, :rest)"
        )
    else:
        weighed = zip(("name", "vendor", "summary", "rest"), "ABCD")
        document = " || ".join(
            f"setweight(to_tsvector('listing_words', :{part}), '{weight}')"
            for part, weight in weighed
        )
        statement = f"INSERT INTO catalogue_search (place, document) VALUES (:place, {document})"
    bind.execute(sa.text(statement), values)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


def _words(text: str) -> str:
    return " ".join(word[:40] for word in re.findall(r"[a-z0-9]+", _folded(text)))


def downgrade() -> None:
    op.execute("DROP TABLE catalogue_search")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TEXT SEARCH CONFIGURATION listing_words")
        op.execute("DROP TEXT SEARCH DICTIONARY listing_stem")
    op.drop_index(op.f("ix_shortlist_tool_tool_id"), table_name="shortlist_tool")
    op.drop_index(op.f("ix_shortlist_tool_org_id"), table_name="shortlist_tool")

    op.drop_table("shortlist_tool")
    op.drop_index(op.f("ix_shortlist_note_tool_id"), table_name="shortlist_note")
    op.drop_index(op.f("ix_shortlist_note_shortlist_id"), table_name="shortlist_note")
    op.drop_index(op.f("ix_shortlist_note_org_id"), table_name="shortlist_note")

    op.drop_table("shortlist_note")
    op.drop_index(op.f("ix_shortlist_decision_org_id"), table_name="shortlist_decision")

    op.drop_table("shortlist_decision")
    op.drop_index(op.f("ix_shortlist_org_id"), table_name="shortlist")

    op.drop_table("shortlist")
    op.drop_index(op.f("ix_shelf_row_version"), table_name="shelf_row")
    op.drop_index(op.f("ix_shelf_row_org_id"), table_name="shelf_row")
    op.drop_index(op.f("ix_shelf_row_news_at"), table_name="shelf_row")
    op.drop_index(op.f("ix_shelf_row_good_until"), table_name="shelf_row")

    op.drop_table("shelf_row")
    op.drop_index(op.f("ix_saved_search_told_at"), table_name="saved_search")
    op.drop_index(op.f("ix_saved_search_org_id"), table_name="saved_search")

    op.drop_table("saved_search")
    op.drop_table("shelf")
