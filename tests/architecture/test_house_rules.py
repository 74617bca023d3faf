"""Promises the code base makes about itself."""

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, DateTime, Float, Numeric
from sqlmodel import SQLModel

from marketplace.app import create_app
from marketplace.core import panels, tenancy
from marketplace.features import FEATURES
from tests.architecture.permissions import sentences

SOURCES = {path: path.read_text() for path in Path("marketplace").rglob("*.py")}
#: Tables everybody reads; each needs a reason to be here.
SHARED_TABLES = {
    "organization": "the public names of tenants",
    "user_account": "people act for several organizations",
    "membership": "read to open the scope itself",
    "letter_stop": "what a person wants, whoever they act for",
    "affiliation": "read to open the scope itself",
    "event": "carries org_id, read through its own queries",
    "delivery": "the outbox, read by the worker only",
    "district": "public reference data of NCES and the Census Bureau",
    "ledger_key": "public keys that have signed the books; they belong to the site",
    "stripe_event": "what Stripe has sent, of any organization; read by the operator only",
    "stripe_entry": "lines of the site's own balance at Stripe; read by the operator only",
    "stripe_finding": "what differs from that balance; shown by policy",
    "funnel_release": "masked figures that are public",
    "shelf": "one row that counts the changes of what is public",
    "letter": "written by services, read by the worker and the operator",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The assembled application; no database is touched."""
    return create_app(MODE="test", VAR=tmp_path_factory.mktemp("var"))


def columns():
    return [column for table in SQLModel.metadata.tables.values() for column in table.columns]


def where(pattern, *, except_in=()):
    return [
        str(p)
        for p, text in SOURCES.items()
        if re.search(pattern, text) and not str(p).endswith(tuple(except_in))
    ]


def test_only_the_edge_commits():
    # core/turns.py is the SQLite connection that core/db.py itself makes.
    assert where(r"\.(commit|rollback)\(", except_in=["core/db.py", "core/turns.py"]) == []


def test_nobody_reads_around_the_scope():
    """session.get() answers from memory; text() and Core tables bypass the first wall."""
    around = r"session(\(\))?\.get\(|(?<!def )(?<![.\w])text\(|__table__\b"
    allowed = [
        "core/migrate.py",
        "core/tenancy.py",
        "core/db.py",
    ]
    assert where(around, except_in=[*allowed, *READS_BY_HAND]) == []


#: Files that write SQL by hand, each with its reason.
READS_BY_HAND: dict[str, str] = {
    "catalogue/word_queries.py": "full text, which each engine asks for in words of its own",
    "directory/service.py": "imports 20,000 districts at once; none belongs to an organization",
}


def test_only_the_clock_knows_the_time():
    times = r"datetime\.now|utcnow|date\.today|\btime\.time\(|perf_counter"
    assert where(times, except_in=["core/clock.py"]) == []


def test_money_is_whole_cents(site):
    assert [str(c) for c in columns() if isinstance(c.type, (Float, Numeric))] == []
    named = [c for c in columns() if re.search(r"price|amount|cost|fee|total|balance", c.name)]
    money = [c for c in named if not c.name.endswith("_id")]
    assert [str(c) for c in money if not c.name.endswith("_cents")] == []
    cents = [c for c in columns() if c.name.endswith("_cents")]
    assert [str(c) for c in cents if not isinstance(c.type, BigInteger)] == []


def test_every_timestamp_is_aware(site):
    assert [str(c) for c in columns() if isinstance(c.type, DateTime)] == []


def test_every_table_has_an_owner_or_a_reason(site):
    assert set(SQLModel.metadata.tables) - set(tenancy.owned_tables()) == set(SHARED_TABLES)


def feature_of_tables():
    return {
        m.local_table.name: m.class_.__module__.split(".")[1] for m in SQLModel._sa_registry.mappers
    }


def test_foreign_keys_point_upwards(site):
    home, order = feature_of_tables(), {"core": 1}
    order |= {feature: i for i, feature in enumerate(FEATURES)}
    for column in columns():
        for key in column.foreign_keys:
            there, here = home[key.column.table.name], home[column.table.name]
            assert order[there] <= order[here] or here == "core", str(key)


def test_relationships_stay_inside_one_feature(site):
    for mapper in SQLModel._sa_registry.mappers:
        for relation in mapper.relationships:
            assert relation.entity.class_.__module__ == mapper.class_.__module__, str(relation)


def use_cases():
    for path in Path("marketplace").rglob("*service.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield path, node


def calls_in(node):
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            called = inner.func
            yield called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")


def test_every_use_case_asks_for_permission():
    open_doors = [
        f"{path}:{node.name}" for path, node in use_cases() if "require" not in calls_in(node)
    ]
    assert open_doors == []


def test_permissions_read_as_agreed(site):
    """A change of permission shows in review as a change of a sentence."""
    agreed = Path("tests/architecture/permissions.txt").read_text().splitlines()
    assert sentences() == agreed


def test_templates_mirror_views(site):
    endpoints = {endpoint.replace(".", "/") for endpoint in site.view_functions}
    for template in Path("templates").rglob("*.html"):
        folder = template.parent.name
        if folder in FEATURES and not template.stem.startswith("_"):
            assert f"{folder}/{template.stem}" in endpoints, f"{template} has no view"


def test_every_template_is_used(site):
    """A template nobody renders is dead."""
    spoken_of = "\n".join(SOURCES.values())
    spoken_of += "\n".join(p.read_text() for p in Path("templates").rglob("*.html"))
    for template in Path("templates").rglob("*.html"):
        name = str(template.relative_to("templates"))
        known = name in spoken_of or f'"{template.stem}"' in spoken_of
        assert known, f"{name} is never rendered"


def test_what_fills_a_slot_is_shown_somewhere(site):
    """A panel whose slot no page names is dead."""
    pages = "\n".join(p.read_text() for p in Path("templates").rglob("*.html"))
    pages += "\n".join(re.findall(r'panels\(\s*"[a-z._]+"', "\n".join(SOURCES.values())))
    for slot in (*panels._panels, *panels._row_panels):
        assert f'"{slot}"' in pages, f"no page has room for {slot}"
