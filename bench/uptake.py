"""The figures of the open books and of a funder's report at 5,000 districts.

The floor, measured in the same run: one bare aggregate over the same orders.
"""

import random
import statistics
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.app import create_app
from marketplace.core import clock, db, migrate, tenancy
from marketplace.orders.models import Invoice, Order
from marketplace.uptake import missing_rules, queries, rules

DISTRICTS, ROUNDS = 5_000, 9


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        app = create_app(
            MODE="test",
            VAR=var,
            DATABASE_URL=f"sqlite:///{var}/uptake.db",
            SECRET_KEYS=["a secret for measuring only, long enough"],
        )
        engine = app.extensions["engine"]
        migrate.migrate(engine)
        _fill(engine)
        with Session(app.extensions["readers"][0]) as reader, tenancy.everyone("measuring"):
            found = _measured(reader)
        db.dispose(app)
    return found


def _fill(engine: Any) -> None:
    from tests.uptake.world import World  # noqa: PLC0415  only where the tests are

    with Session(engine, expire_on_commit=False) as session:
        World(session).at_random(random.Random(1), DISTRICTS)


def _measured(reader: Session) -> list[dict[str, Any]]:
    def bare() -> Any:
        sums = (Order.seats, Order.total_cents, Order.alone_cents, Invoice.paid_cents)
        query: Any = select(*(func.sum(amount) for amount in sums)).outerjoin(
            Invoice, col(Invoice.order_id) == Order.id
        )
        return reader.exec(query).one()

    def open_books() -> None:
        cells = queries.cells(reader)
        rules.by_state(cells), rules.by_locale(cells), rules.by_size(cells)
        queries.by_tool(reader)
        queries.by_year(reader)
        queries.data_years(reader)

    def report() -> None:
        open_books()
        missing_rules.gaps(queries.small_districts(reader), queries.cells(reader), "state")
        queries.saved_percents(reader)

    def front() -> None:
        queries.totals(reader)

    pages = (("front page totals", front, 2.0), ("open books", open_books, 10.0))
    return [
        _against(bare, f"{name} at {DISTRICTS:,} districts", page, goal)
        for name, page, goal in (*pages, ("funder report", report, 16.0))
    ]


def _against(floor: Any, name: str, page: Any, goal: float) -> dict[str, Any]:
    """The median of ratios; floor and page take turns, so that other load meets both."""
    ratios = [_seconds(page) / _seconds(floor) for _ in range(ROUNDS)]
    value = round(statistics.median(ratios), 2)
    return {
        "name": name,
        "value": value,
        "goal": f"<= {goal:g}",
        "ok": value <= goal,
        "unit": "ratio",
        "against": "one bare aggregate over the same orders and invoices",
    }


def _seconds(call: Any) -> float:
    began = clock.stopwatch()
    call()
    return clock.stopwatch() - began
