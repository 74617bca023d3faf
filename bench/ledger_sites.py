"""Who is measured: our books as the site keeps them, bare rows, and django-hordak.

Every PostgreSQL figure comes from one durable server, the site signed in as the user that
may only read the books and call `post`.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from flask import Flask
from sqlmodel import Session

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.app import create_app
from marketplace.core import clock, db, migrate, tenancy
from marketplace.core.access import Actor
from marketplace.ledger import service
from marketplace.ledger.body import Body
from marketplace.ledger.models import Posted
from marketplace.ledger.rules import Leg, PostingKind

SITE_USER = "commons_site"
SECRETS = ["a secret for measuring only, long enough"]
LEGS = (Leg("receivable:0100005", 36_000_00), Leg("payable:brightpath", -36_000_00))
numbers = itertools.count(1)


@dataclass(frozen=True)
class Site:
    app: Flask
    books: list[UUID]


@contextmanager
def site_on(url: str, var: Path, consortia: int = 1, serve_url: str = "") -> Iterator[Site]:
    """A migrated site with open books; it is left without rows in them."""
    owner = create_app(MODE="test", VAR=var, DATABASE_URL=url, SECRET_KEYS=SECRETS)
    engine = owner.extensions["engine"]
    migrate.migrate(engine)
    if serve_url:
        migrate.let_serve(engine, SITE_USER)
    app = owner
    if serve_url:
        app = create_app(MODE="test", VAR=var, DATABASE_URL=serve_url, SECRET_KEYS=SECRETS)
    try:
        yield Site(app, [_open_books(engine) for _ in range(consortia)])
    finally:
        db.dispose(app)
        db.dispose(owner)


def _consortium() -> Organization:
    return Organization(
        kind=OrganizationKind.CONSORTIUM,
        name="Measured",
        slug=f"measured-{uuid4().hex[:12]}",
        founded_at=clock.now(),
    )


def add_organization(url: str) -> None:
    """One whose books are not open."""
    engine = db.make_engine(url)
    with tenancy.everyone("measuring"), Session(engine) as session:
        session.add(_consortium())
        session.commit()
    engine.dispose()


def _open_books(engine: Any) -> UUID:
    consortium = _consortium()
    with tenancy.everyone("measuring"), Session(engine) as session:
        session.add(consortium)
        session.flush()
        service.open_books(session, Actor.system(), consortium.id)
        session.commit()
        return consortium.id


def post_through_the_site(
    app: Flask, books: UUID, legs: tuple[Leg, ...] = LEGS, key: str = ""
) -> Posted:
    """What a view does: one transaction, the use case, the commit."""
    with tenancy.everyone("measuring"), db.transaction() as session:
        return service.post(
            session,
            Actor.system(),
            books,
            key=key or uuid4().hex,
            kind=PostingKind.SPLIT_BILLED,
            ref="pool:reading/invoice:1",
            effective_on=date(2026, 11, 2),
            legs=legs,
        )


def text_of(books: UUID, legs: tuple[Leg, ...] = LEGS, key: str = "") -> str:
    return Body(
        consortium=str(books),
        key=key or f"k{next(numbers)}-{uuid4().hex[:8]}",
        recorded_at=datetime(2026, 11, 2, tzinfo=UTC),
        effective_on=date(2026, 11, 2),
        by="system",
        kind=PostingKind.SPLIT_BILLED,
        ref="pool:reading/invoice:1",
        legs=legs,
    ).canonical()


def post_by_the_driver(connection: psycopg.Connection, books: UUID) -> None:
    connection.execute("SELECT * FROM ledger_post(%s)", (text_of(books),), prepare=True).fetchone()


def post_with_key(connection: psycopg.Connection, books: UUID, key: str) -> Any:
    """Number, hash, and the text of an earlier entry with this key."""
    query = "SELECT seq, hash, earlier FROM ledger_post(%s)"
    return connection.execute(query, (text_of(books, key=key),)).fetchone()


BARE_TABLE = "CREATE TABLE IF NOT EXISTS bare (org_id uuid, account text, amount_cents bigint)"
BARE_PAIR = "INSERT INTO bare VALUES (%s, %s, %s), (%s, %s, %s)"
BARE_MANY = "INSERT INTO bare SELECT %s, unnest(%s::text[]), unnest(%s::bigint[])"


def bare_pair(connection: psycopg.Connection, books: UUID) -> None:
    (one, cents), (other, back) = LEGS
    values = (books, one, cents, books, other, back)
    connection.execute(BARE_PAIR, values, prepare=True)


def prepare_hordak(settings: dict[str, Any], accounts: int) -> None:
    """Its tables and accounts: made once, before many processes post."""
    _set_up_hordak(settings)
    from django.core.management import call_command  # noqa: PLC0415
    from hordak.models import Account, AccountType  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    for number in range(Account.objects.count(), accounts):
        Account.objects.create(
            name=f"a{number}", code=str(number), type=AccountType.asset, currencies=["USD"]
        )


def hordak_poster(settings: dict[str, Any], accounts: int = 2) -> Callable[[int], None]:
    """django-hordak in a database of its own: posts between account i and the next one."""
    _set_up_hordak(settings)
    from django.db import transaction  # noqa: PLC0415
    from hordak.models import Account, Leg, Transaction  # noqa: PLC0415
    from moneyed import Money  # noqa: PLC0415

    known = list(Account.objects.order_by("id")[:accounts])
    amount = Money(36_000, "USD")

    def post(i: int) -> None:
        with transaction.atomic():
            entry = Transaction.objects.create(date=date(2026, 11, 2))
            Leg.objects.create(transaction=entry, account=known[i % accounts], debit=amount)
            Leg.objects.create(transaction=entry, account=known[(i + 1) % accounts], credit=amount)

    return post


def _set_up_hordak(settings: dict[str, Any]) -> None:
    import django  # noqa: PLC0415  a peer, in the bench group only
    from django.conf import settings as django_settings  # noqa: PLC0415

    if not django_settings.configured:
        django_settings.configure(
            INSTALLED_APPS=["django.contrib.contenttypes", "mptt", "djmoney", "hordak"],
            DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **settings}},
            HORDAK_INTERNAL_CURRENCY="USD",
            DEFAULT_CURRENCY="USD",
            HORDAK_CURRENCIES=["USD"],
            CURRENCIES=["USD"],
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            USE_TZ=True,
        )
        django.setup()
