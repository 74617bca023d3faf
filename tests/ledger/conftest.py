"""Books to test with: a consortium whose books are open, and a short way to post."""

from datetime import date

import pytest
from sqlalchemy import text

from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.core import db, tenancy
from marketplace.core.access import Actor
from marketplace.ledger import service
from marketplace.ledger.rules import Leg, PostingKind


@pytest.fixture
def books(app, make):
    """A consortium with open books, named Three Rivers."""
    consortium = make.organization(OrganizationKind.CONSORTIUM, "Three Rivers", slug="three-rivers")
    run(app, service.open_books, consortium.id)
    return consortium


@pytest.fixture
def agent(make, books):
    """Somebody who keeps these books."""
    return make.person(books, Role.FISCAL_AGENT)


@pytest.fixture
def post(app, books):
    """Post as the site itself: `post("key", ("cash:main", 5), ("fee:x", -5))`."""

    def add(key, *legs, kind=PostingKind.FEE, ref="pool:reading", on=date(2026, 11, 2), to=books):
        lines = [Leg(*leg) for leg in legs] or [Leg("cash:main", 500), Leg("fee:lead", -500)]
        return run(
            app,
            service.post,
            to.id,
            key=key,
            kind=kind,
            ref=ref,
            effective_on=on,
            legs=lines,
        )

    return add


def run(app, use_case, *args, **kwargs):
    with (
        app.app_context(),
        tenancy.everyone("the site posts for every consortium"),
        db.transaction() as session,
    ):
        return use_case(session, Actor.system(), *args, **kwargs)


@pytest.fixture
def undo(app, books):
    def reverse(seq, key="undo", reason="typed twice"):
        return run(app, service.reverse, books.id, seq, key=key, reason=reason)

    return reverse


@pytest.fixture
def year(post, undo, make):
    """A small but whole year: billed, paid in part, a grant, the vendor paid, one mistake."""
    make.district("Albertville City", leaid="0100005")
    make.vendor("BrightPath Learning", slug="brightpath")
    keep_a_year(post, undo)


def keep_a_year(post, undo):
    post(
        "invoice:1",
        ("receivable:0100005", 36_000_00),
        ("receivable:0100006", 12_000_00),
        ("payable:brightpath", -48_000_00),
        kind=PostingKind.SPLIT_BILLED,
        ref="pool:reading/invoice:1",
        on=date(2026, 9, 1),
    )
    post(
        "grant:1",
        ("cash:main", 5_000_00),
        ("grant:rural-start", -5_000_00),
        kind=PostingKind.GRANT_RECEIVED,
        ref="grant:rural-start",
        on=date(2026, 9, 10),
    )
    post(
        "payment:1",
        ("cash:main", 36_000_00),
        ("receivable:0100005", -36_000_00),
        kind=PostingKind.PAYMENT_RECEIVED,
        ref="pool:reading/invoice:1",
        on=date(2026, 9, 20),
    )
    post("mistake", kind=PostingKind.FEE, on=date(2026, 9, 30))
    undo(4)
    post(
        "vendor:1",
        ("payable:brightpath", 36_000_00),
        ("cash:main", -36_000_00),
        kind=PostingKind.VENDOR_PAID,
        ref="pool:reading/po:77",
        on=date(2026, 10, 5),
    )


def without_triggers(app, *statements):
    """What the owner of the database can do who takes the triggers away first."""
    engine = app.extensions["engine"]
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
        else:
            names = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'ledger_%'"
            )
            for (name,) in names.all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(text(statement))
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = DEFAULT")
