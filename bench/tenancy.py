"""What the scope adds to a signed-in page: the same reads `scoped_to` and `everyone`.

A page is the bare page of `bench.bare` in processor time plus its queries. The queries are the
plain kind a page makes (one row by id, a list of fifty, a count); rounds alternate, so that a
slow moment of the machine falls on both, and the median counts.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, func, select

from marketplace.app import create_app
from marketplace.core import clock, db, migrate, tenancy
from marketplace.core.files import StoredFile

ROUNDS, PAGES, QUERIES = 41, 20, 6
GOAL = 1.05


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(MODE="test", VAR=Path(folder))
        migrate.migrate(app.extensions["engine"])
        org_id, file_id = _fill(app)
        page = _page(app, file_id)
        scoped: list[float] = []
        free: list[float] = []
        for _ in range(ROUNDS):
            with tenancy.scoped_to([org_id, uuid4()]):
                scoped.append(_seconds(page))
            with tenancy.everyone("the same without a scope"):
                free.append(_seconds(page))
        db.dispose(app)
    kept = range(ROUNDS // 8, ROUNDS)  # the first rounds fill the caches
    one, other = (median(times[i] for i in kept) for times in (scoped, free))
    return [
        {
            "name": f"a signed-in page of {QUERIES} queries, with its scope",
            "value": round(one / other, 3),
            "goal": f"<= {GOAL}",
            "ok": one / other <= GOAL,
            "unit": "ratio",
            "against": f"the same page without: {1000 * other / PAGES:.2f} ms processor; "
            f"{1e6 * (one - other) / PAGES / QUERIES:.0f} µs a query",
        }
    ]


def _seconds(page: Callable[[], Any]) -> float:
    began = time.process_time()
    for _ in range(PAGES):
        page()
    return time.process_time() - began


def _fill(app: Any) -> tuple[UUID, UUID]:
    from marketplace.accounts.models import Organization  # noqa: PLC0415  only here

    district = Organization(
        kind="district", slug="bench", name="Bench", leaid="3900001", founded_at=clock.now()
    )
    with app.app_context(), tenancy.everyone("fill"), db.transaction() as session:
        session.add(district)
        session.flush()
        rows = [
            StoredFile(
                org_id=district.id, name=f"{i}.pdf", media_type="application/pdf", size=1,
                fingerprint="f", content=b"x", stored_at=clock.now(),
            )
            for i in range(50)
        ]  # fmt: skip
        session.add_all(rows)
        return district.id, rows[0].id


def _page(app: Any, file_id: UUID) -> Callable[[], Any]:
    from bench.bare import PAGE, ROWS  # noqa: PLC0415  its page is the body of ours

    template = app.jinja_env.from_string(PAGE)
    one = lambda: select(StoredFile).where(StoredFile.id == file_id)  # noqa: E731
    some = lambda: select(StoredFile).order_by(StoredFile.name).limit(50)  # noqa: E731
    count = lambda: select(func.count()).select_from(StoredFile)  # noqa: E731
    engine = app.extensions["readers"][0]

    def page() -> str:
        with Session(engine) as session:
            for ask in (one, count, some, one, count, one)[:QUERIES]:
                session.exec(ask()).all()
        return str(template.render(name="Bench", rows=ROWS))

    return page
