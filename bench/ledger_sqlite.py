"""The books on SQLite, waiting for the disk each time: beside two bare rows, and in a crowd."""

import multiprocessing
import sqlite3
import statistics
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.ledger_posts import BURST, ROUNDS, ratio, seconds
from bench.ledger_sites import LEGS, SECRETS, post_through_the_site, site_on, text_of
from marketplace.app import create_app
from marketplace.core import clock, db, tenancy
from marketplace.ledger.body import read
from marketplace.ledger.engines import engine_of

WRITERS, SECONDS = 8, 4.0


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        url = f"sqlite:///{var}/books.db"
        with site_on(url, var) as site:
            books = site.books[0]
            found = [_post(site.app, var, books)]
            found.append(_longest_wait(url, var, books))
    return found


def _post(app: Any, var: Path, books: UUID) -> dict[str, Any]:
    bare = sqlite3.connect(var / "bare.db", isolation_level=None)
    for statement in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "CREATE TABLE bare (org_id TEXT, account TEXT, amount_cents INTEGER)",
    ):
        bare.execute(statement)
    (one, cents), (other, back) = LEGS
    values = (books.hex, one, cents, books.hex, other, back)
    engine = app.extensions["engine"]

    def two_rows() -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO bare VALUES (?, ?, ?), (?, ?, ?)", values)
        bare.execute("COMMIT")

    def entry() -> None:
        text = text_of(books)
        with tenancy.everyone("measuring"), engine.begin() as connection:
            engine_of(connection).write(connection, read(text), text)

    times: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(ROUNDS):
        for _ in range(BURST):
            times["bare"].append(seconds(two_rows))
        for _ in range(BURST):
            times["ours"].append(seconds(entry))
    bare.close()
    floor, ours = (statistics.median(times[name]) for name in ("bare", "ours"))
    against = f"two bare rows, synchronous FULL: {floor * 1e6:.0f} us"
    return ratio("SQLite post, p50", ours / floor, 2, against)


def _longest_wait(url: str, var: Path, books: UUID) -> dict[str, Any]:
    with multiprocessing.get_context("spawn").Pool(WRITERS) as pool:
        waits = pool.starmap(_write, [(url, var, books)] * WRITERS, chunksize=1)
    posts = sum(count for count, _longest in waits)
    longest = max(longest for _count, longest in waits)
    against = f"{WRITERS} processes, {posts:,} posts through the site in {SECONDS:g} s"
    return ratio("SQLite, longest wait of eight writers", longest, 1, against, unit="s")


def _write(url: str, var: Path, books: UUID) -> tuple[int, float]:
    app = create_app(MODE="test", VAR=var, DATABASE_URL=url, SECRET_KEYS=SECRETS)
    count, longest = 0, 0.0
    with app.app_context():
        post_through_the_site(app, books)
        until = clock.stopwatch() + SECONDS
        while clock.stopwatch() < until:
            longest = max(longest, seconds(lambda: post_through_the_site(app, books)))
            count += 1
    db.dispose(app)
    return count, longest
