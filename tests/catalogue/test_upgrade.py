"""Tools that were published before migrations 0013 and 0014 are found and edited afterwards."""

from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Uuid, bindparam, text

from marketplace.catalogue import finding_queries, listing_queries, queries, shelf_service
from marketplace.catalogue.finding_queries import Filters
from marketplace.core import db, migrate, tenancy
from marketplace.core.access import Actor

ORG, TOOL, DRAFT, EDITION, PRICE = (UUID(int=n) for n in range(1, 6))
TERMS = (
    '{"form": "per_seat", "platform_fee_cents": 0, "minimum_cents": 0, "cap_cents": null,'
    ' "bands": [{"from": 1, "unit_cents": 900}]}'
)
ROWS = (
    (
        "INSERT INTO organization (id, kind, name, slug, founded_at, time_zone) VALUES"
        " (:org, 'vendor', 'Lumen Learning', 'lumen', '2026-01-01 00:00:00+00', 'UTC')",
        {"org": ORG},
    ),
    *(
        (
            "INSERT INTO tool (org_id, id, slug, name, summary, description, status, edits,"
            " lowest_grade, highest_grade, subjects, languages, ai_use, ai_facts, runs_on,"
            " works_with, search_text, subject_keys, open_pools, created_at, published_at,"
            " suspended_because, review_note) VALUES (:org, :tool, :slug, :name,"
            " 'Listens to children.', 'For reading aloud.', :status, 0, 0, 5, '[\"reading\"]',"
            " '[\"Español\"]', 'generative',"
            " '[\"It listens.\"]', 'Any browser', '', 'x', '', 0, '2026-01-01 00:00:00+00',"
            " :published, '', '')",
            {"org": ORG, "tool": tool, "slug": slug, "name": slug.title(), "status": status,
             "published": published},
        )
        for tool, slug, status, published in (
            (TOOL, "coach", "published", "2026-02-01 00:00:00+00"),
            (DRAFT, "sketch", "draft", None),
        )
    ),
    (
        "INSERT INTO edition (org_id, id, tool_id, name, included)"
        " VALUES (:org, :edition, :tool, 'Full', 'All')",
        {"org": ORG, "edition": EDITION, "tool": TOOL},
    ),
    (
        "INSERT INTO price_schedule (org_id, id, tool_id, edition_id, version, form, terms,"
        " term_months, valid_until, offered_at) VALUES (:org, :price, :tool, :edition, 1,"
        " 'per_seat', :terms, 12, '2027-06-30', '2026-01-01 00:00:00+00')",
        {"org": ORG, "price": PRICE, "tool": TOOL, "edition": EDITION, "terms": TERMS},
    ),
)  # fmt: skip
IDS = ("org", "tool", "edition", "price")


def move(engine, how, revision):
    with migrate.changing(engine) as config:
        how(config, revision)


@pytest.fixture
def upgraded(app, database_url):
    """Filled at revision 0012, then brought to the newest."""
    engine = db.make_engine(database_url)
    if engine.dialect.name == "sqlite":
        engine.dispose()
        with open(database_url.removeprefix("sqlite:///"), "wb"):
            pass  # a new file, which has never seen a later revision
        move(engine, command.upgrade, "0012")
    else:
        move(engine, command.downgrade, "0012")
    with engine.begin() as connection:
        for sql, values in ROWS:
            ids = [bindparam(name, type_=Uuid()) for name in IDS if name in values]
            connection.execute(text(sql).bindparams(*ids), values)
    migrate.migrate(engine)
    yield app
    engine.dispose()


def test_what_was_published_before_is_found_priced_and_can_be_edited(upgraded, look):
    def found(**asked):
        look.rollback()
        with tenancy.everyone("test asserts"):
            return [t.slug for t in finding_queries.found_tools(look, Filters.of(asked), 9)]

    assert found(q="listening") == found(language="espanol", grade="3") == ["coach"]
    assert found(price="10") == []  # the worker adds prices in its first minute

    with tenancy.everyone("the worker"), upgraded.app_context(), db.transaction() as session:
        assert shelf_service.refresh_shelf(session, Actor.system()) == 1

    assert found(price="10") == found(q="aloud") == ["coach"]
    with tenancy.everyone("test asserts"):
        (tool,) = finding_queries.found_tools(look, Filters(), 9)
        draft = listing_queries.draft_of(look, tool)
        assert draft.answers["description"]["value"] == "For reading aloud."
        assert queries.lowest_seat_cents(look, tool) == 900
