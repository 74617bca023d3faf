"""The site signed in as a database user of its own: it posts, and can do nothing else."""

import re
from datetime import date
from urllib.parse import urlsplit, urlunsplit

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from marketplace.app import create_app
from marketplace.cli import main
from marketplace.core import db, migrate, tenancy
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.ledger import queries, rules, service
from marketplace.ledger.rules import Leg, PostingKind
from tests.conftest import on_postgresql
from tests.ledger.conftest import run
from tests.ledger.test_tampering import COPY, ONLY_POSTGRESQL, ORG, REFUSED, attack, everything

pytestmark = on_postgresql
ROLE = "commons_site"
HONEST = [
    COPY,
    f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:main', 5), ({ORG}, 3, 2, 'fee:lead', -5)",
    "UPDATE ledger_head SET seq = 3, hash = (SELECT hash FROM ledger_txn WHERE seq = 3)",
]
#: What even the owner of the tables could do, and the site must not.
ONLY_FOR_THE_SITE = {
    "an honest entry by hand": HONEST,
    "change a balance together with its number": [
        "UPDATE ledger_balance SET balance_cents = 7, seq = seq + 1, lines = lines + 1"
    ],
    "add a snapshot": ["INSERT INTO ledger_snapshot SELECT org_id, code, 1, 7 FROM ledger_balance"],
    "open books by hand": [
        "INSERT INTO ledger_head SELECT id, 0, {zeros} FROM organization"
        " WHERE id NOT IN (SELECT org_id FROM ledger_head)"
    ],
    "disable a trigger": ["ALTER TABLE ledger_entry DISABLE TRIGGER ALL"],
    "drop a trigger": ["DROP TRIGGER ledger_entry_changed ON ledger_entry"],
    "drop a table": ["DROP TABLE ledger_entry CASCADE"],
    "drop a check": ["ALTER TABLE ledger_entry DROP CONSTRAINT ck_ledger_entry_amount"],
    "act as a replica": ["SET session_replication_role = replica", "DELETE FROM ledger_entry"],
    "replace what a trigger does": [
        "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'"
    ],
    "replace what posting does": [
        "CREATE OR REPLACE FUNCTION ledger_lock(books uuid, OUT seq bigint, OUT hash text)"
        " LANGUAGE sql AS 'SELECT 0, NULL'"
    ],
    "become the role that writes": ["SET ROLE ledger_owner"],
    "take the tables": [f"ALTER TABLE ledger_entry OWNER TO {ROLE}"],
    "give oneself the right": [
        f"GRANT UPDATE ON ledger_entry TO {ROLE}",
        "UPDATE ledger_entry SET amount_cents = 501 WHERE seq = 1 AND line = 1",
    ],
    "pretend to be at another revision": ["UPDATE alembic_version SET version_num = '0001'"],
}


@pytest.fixture
def two_entries(make, post):
    make.organization("consortium")
    return post("a"), post("b")


@pytest.fixture
def site(app, postgres_server, tmp_path):
    """The same database, signed in as the user to whom only the needful was granted."""
    postgres_server.sql(
        f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
    )
    migrate.let_serve(app.extensions["engine"], ROLE)
    parts = urlsplit(app.config["DATABASE_URL"])
    url = urlunsplit(parts._replace(netloc=f"{ROLE}@"))
    site = create_app(
        MODE="test", VAR=tmp_path, DATABASE_URL=url, SECRET_KEYS=["a secret for tests only, enough"]
    )
    yield site
    db.dispose(site)


def test_the_site_is_refused_every_change(site, books, two_entries, look):
    before = everything(look, books)
    look.rollback()
    accepted, not_asked = [], []
    for name, statements in (REFUSED | ONLY_POSTGRESQL | ONLY_FOR_THE_SITE).items():
        try:
            attack(site, statements)
            accepted.append(name)
        except DatabaseError as refusal:
            if re.search("syntax error|does not exist", str(refusal)):
                not_asked.append((name, str(refusal)))

    assert accepted == not_asked == []
    assert everything(look, books) == before


def test_what_the_site_is_refused_its_owner_could_do(app, books, two_entries, look):
    """So it is the role that refuses."""
    attack(app, ONLY_FOR_THE_SITE["an honest entry by hand"])
    attack(app, ONLY_FOR_THE_SITE["disable a trigger"])
    attack(app, ["UPDATE ledger_entry SET amount_cents = 501 WHERE seq = 1 AND line = 1"])

    assert not queries.verify(look, books.id).ok


def test_tables_of_the_same_name_deceive_nobody(site, books, two_entries, look):
    """Whoever may make temporary tables cannot put them before the real ones."""
    attack(
        site,
        [
            "CREATE TEMP TABLE ledger_head (LIKE public.ledger_head)",
            "INSERT INTO pg_temp.ledger_head SELECT org_id, 90, {zeros} FROM public.ledger_head",
            "CREATE TEMP TABLE ledger_entry (LIKE public.ledger_entry)",
            'SELECT * FROM ledger_post((SELECT replace(body, \'"k"\\:"b"\', \'"k"\\:"c"\')'
            " FROM ledger_txn WHERE seq = 2))",
        ],
    )

    assert queries.find_head(look, books.id).seq == 3
    assert queries.verify(look, books.id).ok


@pytest.mark.parametrize(
    "legs",
    [
        '[["cash:main",5,"USD"],["fee:lead",-4,"USD"]]',
        '[["cash:main",5,"USD"]]',
        "[]",
        '[["cash:main",5,"USD"],["fee:lead",-5,"EUR"]]',
        '[["cash:main",0,"USD"],["fee:lead",0,"USD"]]',
        '[["cash:main",1.5,"USD"],["fee:lead",-1.5,"USD"]]',
        '[["pocket:mine",5,"USD"],["fee:lead",-5,"USD"]]',
        '[["cash:main",9223372036854775807,"USD"],["cash:main",1,"USD"],["fee:lead",-1,"USD"]]',
    ],
)
def test_the_function_itself_refuses_an_entry_that_does_not_hold(site, books, legs, look):
    said = (
        f'{{"v":1,"c":"{books.id}","k":"x","t":"2026-11-02T00:00:00Z","d":"2026-11-02",'
        f'"by":"system","kind":"fee","ref":"pool:x","e":{legs}}}'
    )
    with pytest.raises(DatabaseError), site.extensions["engine"].begin() as connection:
        connection.execute(text("SELECT ledger_post(:said)"), {"said": said})

    assert queries.find_head(look, books.id).seq == 0


def test_the_site_keeps_books_with_what_it_may(site, make, look):
    consortium = make.organization("consortium")
    lines = {
        "kind": PostingKind.FEE,
        "ref": "pool:reading",
        "effective_on": date(2026, 11, 2),
        "legs": [Leg("cash:main", 500), Leg("fee:lead", -500)],
    }
    with pytest.raises(NotFound):
        run(site, service.post, consortium.id, key="a", **lines)
    run(site, service.open_books, consortium.id)
    run(site, service.open_books, consortium.id)
    first = run(site, service.post, consortium.id, key="a", **lines)
    assert run(site, service.post, consortium.id, key="a", **lines) == first
    with pytest.raises(RuleBroken, match="Entry 1 has the same key"):
        run(site, service.post, consortium.id, key="a", **lines | {"ref": "pool:other"})
    run(site, service.reverse, consortium.id, 1, key="undo", reason="typed twice")

    proof = queries.verify(look, consortium.id)
    assert (proof.entries, proof.problems) == (2, [])


def test_posting_acts_for_a_role_that_cannot_sign_in(app):
    with app.extensions["engine"].connect() as connection:
        owners = connection.exec_driver_sql(
            "SELECT DISTINCT rolname, rolcanlogin FROM pg_proc p JOIN pg_roles r"
            " ON r.oid = p.proowner WHERE proname IN ('ledger_post', 'ledger_open', 'ledger_lock')"
        ).all()
        config = connection.exec_driver_sql(
            "SELECT array_to_string(proconfig, ' ') FROM pg_proc WHERE proname = 'ledger_post'"
        ).scalar()

    assert owners == [("ledger_owner", False)]
    assert "pg_temp" in config
    assert "plan_cache_mode=force_generic_plan" in config


def test_the_database_knows_the_same_accounts_as_the_rules(app):
    with app.extensions["engine"].connect() as connection:
        for word, known in rules.FAMILIES.items():
            code = text("SELECT ledger_kind_of(:code)")
            assert connection.scalar(code, {"code": f"{word}:x"}) == known.kind
        assert connection.scalar(code, {"code": "pocket:x"}) is None


def test_readyz_says_who_guards_the_books(app, site):
    words = [
        place.test_client().get("/readyz").json["checks"]["books_guard"]["words"]
        for place in (app, site)
    ]

    assert words[0].startswith("guarded by triggers only")
    assert words[1].startswith("guarded by roles")


def test_where_roles_may_not_be_made_the_site_posts_all_the_same(
    database_url, postgres_server, tmp_path
):
    """One user for everything, as on managed hosting."""
    assert database_url.startswith("postgres")
    postgres_server.sql(
        "DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
    )
    postgres_server.sql("CREATE DATABASE one_user OWNER plain")
    url = postgres_server.url("one_user").replace("postgres@", "plain@")
    site = create_app(
        MODE="test", VAR=tmp_path, DATABASE_URL=url, SECRET_KEYS=["a secret for tests only, enough"]
    )
    migrate.migrate(site.extensions["engine"])
    with site.extensions["engine"].begin() as connection:
        org_id = connection.execute(
            text(
                "INSERT INTO organization (id, kind, name, slug, founded_at, time_zone)"
                " VALUES (gen_random_uuid(), 'consortium', 'One', 'one', now(), 'UTC') RETURNING id"
            )
        ).scalar()
    run(site, service.open_books, org_id)
    legs = [Leg("cash:main", 500), Leg("fee:lead", -500)]
    entry = run(
        site, service.post, org_id, key="a", kind=PostingKind.FEE, ref="pool:x",
        effective_on=date(2026, 11, 2), legs=legs,
    )  # fmt: skip

    assert entry.seq == 1
    answer = site.test_client().get("/readyz").json["checks"]["books_guard"]
    assert answer["words"].startswith("guarded by triggers only")
    db.dispose(site)
    postgres_server.sql("DROP DATABASE one_user WITH (FORCE)")


def test_migrate_makes_the_user_of_the_site_and_grants_it_what_it_needs(
    database_url, postgres_server, monkeypatch, tmp_path
):
    name = database_url.split("/")[3].split("?")[0]
    theirs = database_url.replace("postgres@", f"site_of_{name}:a word's %@").replace("%", "%25")
    monkeypatch.setenv("MODE", "test")
    monkeypatch.setenv("VAR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", theirs)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", database_url)
    try:
        for _ in range(2):
            told = CliRunner().invoke(main, ["migrate"])
            assert told.exit_code == 0, told.output
        engine = db.make_engine(theirs)
        with tenancy.everyone("the books are empty"), engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM ledger_txn").scalar() == 0
            assert queries.guard(connection).startswith("guarded by roles")
        engine.dispose()
    finally:
        postgres_server.sql(f"DROP OWNED BY site_of_{name}; DROP ROLE site_of_{name}", name)
