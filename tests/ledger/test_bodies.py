"""The same entries, byte for byte, whichever database keeps them."""

import random
import shutil
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text

from marketplace.core import db, tenancy
from marketplace.ledger import body
from marketplace.ledger.body import Body
from marketplace.ledger.engines import engine_of
from marketplace.ledger.rules import FAMILIES, LARGEST_CENTS, Leg, PostingKind
from tests.conftest import on_postgresql

ORG = UUID(int=7)
HOW_MANY = 10_000
#: Quotes, escapes, control characters, what JSON or SQL may trip over, far planes of Unicode.
AWKWARD = (
    "\"'\\/%_:;{}[]$\t\n\r\x01\x1f\x7f\x85\u00e9\u0301\u2028\u2029\ufeff\uffff漢字😀🏫\U0010ffff"
)
ORDINARY = "abc xyz 0123456789 -.@#"


def words(luck, most):
    return "".join(luck.choices(AWKWARD + ORDINARY, k=luck.randrange(most)))


def accounts(luck):
    word = luck.choice(sorted(FAMILIES))
    if FAMILIES[word].after is None:
        return word
    return f"{word}:{luck.randrange(10**7):07}"


def a_body(luck, number):
    legs = [
        Leg(accounts(luck), luck.choice((-1, 1)) * luck.randint(1, LARGEST_CENTS // 100))
        for _ in range(luck.randint(1, 4))
    ]
    off = sum(leg.cents for leg in legs)
    legs.append(Leg("cash:main", -off or 1))
    if not off:
        legs.append(Leg("rounding", -1))
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=luck.randrange(10**8))
    return Body(
        consortium=str(ORG),
        key=f"{number}:{words(luck, 60)}",
        recorded_at=when,
        effective_on=when.date() - timedelta(days=luck.randrange(400)),
        by=words(luck, 20),
        kind=luck.choice(sorted(set(PostingKind) - {PostingKind.REVERSAL})),
        ref=words(luck, 60),
        legs=tuple(legs),
    )


def batched(things, size):
    return (things[start : start + size] for start in range(0, len(things), size))


def kept(url, bodies):
    """Write them all, and read every row back."""
    engine = db.make_engine(url)
    with tenancy.everyone("rows are read by hand"):
        return _kept(engine, bodies)


def _kept(engine, bodies):
    with engine.begin() as connection:
        org = bindparam("org", ORG, type_=Uuid())
        connection.execute(
            text(
                "INSERT INTO organization (id, kind, name, slug, founded_at, time_zone)"
                " VALUES (:org, 'consortium', 'One', 'one', '2026-01-01 00:00:00+00', 'UTC')"
            ).bindparams(org)
        )
        way = engine_of(connection)
        way.open_books(connection, ORG)
    for some in batched(bodies, 200):
        with engine.begin() as connection:
            for said in some:
                way.write(connection, said, said.canonical())
    with engine.connect() as connection:
        rows = [
            tuple(row)
            for row in connection.execute(
                text("SELECT body, leaf, hash, idem_key, ref, kind FROM ledger_txn ORDER BY seq")
            )
        ]
        lines = connection.execute(
            text("SELECT seq, line, account, amount_cents FROM ledger_entry ORDER BY seq, line")
        ).all()
        balances = connection.execute(
            text("SELECT code, balance_cents, seq, lines FROM ledger_balance")
        ).all()
        kinds = connection.execute(text("SELECT code, kind FROM ledger_account")).all()
    engine.dispose()
    return rows, lines, set(balances), set(kinds)


@on_postgresql
def test_ten_thousand_bodies_are_kept_and_sealed_alike(database_url, sqlite_template, tmp_path):
    luck = random.Random("bodies")
    bodies = [a_body(luck, number) for number in range(HOW_MANY)]
    texts = [said.canonical() for said in bodies]
    path = shutil.copy(sqlite_template, tmp_path / "commons.db")

    on_postgresql, on_sqlite = kept(database_url, bodies), kept(f"sqlite:///{path}", bodies)

    rows = on_postgresql[0]
    assert [row[0].encode() for row in rows] == [said.encode() for said in texts]
    assert [row[1] for row in rows] == [body.leaf_of(said) for said in texts]
    assert [row[2] for row in rows] == body.chain(texts)
    assert on_postgresql == on_sqlite


def test_a_body_is_read_as_it_was_said():
    luck = random.Random("again")
    for number in range(500):
        said = a_body(luck, number)
        assert body.read(said.canonical()) == said


def test_a_body_says_no_more_than_it_should():
    said = Body(
        str(ORG), "k", datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1), "system",
        PostingKind.FEE, "pool:x", (Leg("cash:main", 5), Leg("fee:x", -5)),
    )  # fmt: skip
    assert said.canonical() == (
        '{"v":1,"c":"00000000-0000-0000-0000-000000000007","k":"k","t":"2026-01-01T00:00:00Z",'
        '"d":"2026-01-01","by":"system","kind":"fee","ref":"pool:x",'
        '"e":[["cash:main",5,"USD"],["fee:x",-5,"USD"]]}'
    )
