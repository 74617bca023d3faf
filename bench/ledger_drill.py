"""Faults on purpose: writers retry with their keys while connections are cut and the server dies.

`marketplace bench ledger_drill`. What was acknowledged must be in the books exactly once,
with the number and the hash that were acknowledged.
"""

import random
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy.exc import OperationalError

from bench.ledger import durable_server
from bench.ledger_posts import at_least, ratio
from bench.ledger_sites import (
    SECRETS,
    SITE_USER,
    Site,
    post_through_the_site,
    post_with_key,
    site_on,
)
from marketplace.app import create_app
from marketplace.core import db, tenancy
from marketplace.ledger import queries

WRITERS, POSTS, CRASHES = 8, 10_000, 6
SECONDS_BETWEEN_KILLS, REPEAT_EVERY, AT_ONCE = 0.1, 20, 50
#: What a writer sees when its connection is cut or the server is away.
AWAY = (psycopg.OperationalError, OperationalError)


class Tally(NamedTuple):
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    mismatched: int = 0
    repeats: int = 0  # deliberate ones
    repeats_answered_otherwise: int = 0
    tries_that_failed: int = 0
    saved_but_not_heard: int = 0  # found by the next try with the same key
    kills: int = 0
    crashes: int = 0
    problems: int = 0  # of the chain, the sums or the balances


def run() -> list[dict[str, Any]]:
    with (
        durable_server() as (server, url, site_url),
        tempfile.TemporaryDirectory() as folder,
        site_on(url, Path(folder), 4, site_url) as site,
    ):
        with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as writers:
            found = drill(writers, server, url, site_url, site, Path(folder))
        posts = at_once(site_url, url, site.books[0])
    faults = f"{found.kills} connections cut, {found.crashes} crashes"
    tries = (
        f"{found.tries_that_failed} tries failed,"
        f" {found.saved_but_not_heard} of them saved but not heard"
    )
    repeats = f"{found.repeats} deliberate repeats"
    return [
        at_least("posts acknowledged", found.acknowledged, POSTS, faults, "posts"),
        at_least("crashes of the server", found.crashes, 5, faults, "crashes"),
        ratio("acknowledged and lost", found.lost, 0, tries, "posts"),
        ratio("acknowledged and doubled", found.doubled, 0, tries, "posts"),
        ratio("acknowledged with another number or hash", found.mismatched, 0, tries, "posts"),
        ratio("repeats answered otherwise", found.repeats_answered_otherwise, 0, repeats, "posts"),
        ratio("problems of chain, sums and balances", found.problems, 0, "verify", "problems"),
        ratio(f"{AT_ONCE} posts of one key at once", posts, 1, "one entry", "entries"),
    ]


def drill(
    writers: Executor,
    server: Any,
    url: str,
    site_url: str,
    site: Site,
    folder: Path,
    posts: int = POSTS,
    crashes: int = CRASHES,
) -> Tally:
    """Every other writer goes through the site, the rest call the function of the database."""
    stop = folder / "stop"
    at_work = [
        writers.submit(_write, n, site_url, site.books, folder, stop) for n in range(WRITERS)
    ]
    kills = done = 0
    try:
        while (acknowledged := _lines(folder)) < posts or done < crashes:
            if any(writer.done() for writer in at_work):
                break  # it failed: its result says why
            if acknowledged >= (done + 1) * posts / (crashes + 1) and done < crashes:
                server.stop("immediate")
                server.start()
                done += 1
            time.sleep(SECONDS_BETWEEN_KILLS * random.random() * 2)
            kills += _kill_one(url)
    finally:
        stop.touch()
    heard = [writer.result() for writer in at_work]
    return _compare(url, site, folder, sum(heard, Counter()), kills, done)


def _lines(folder: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in folder.glob("heard-*"))


def _kill_one(url: str) -> int:
    """Whoever is at work rather than who waits."""
    with psycopg.connect(url, autocommit=True) as owner:
        killed = owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
            " ORDER BY state = 'active' DESC, random() LIMIT 1",
            (SITE_USER,),
        ).fetchone()
    return int(killed is not None)


def _write(number: int, url: str, books: list[UUID], folder: Path, stop: Path) -> Counter[str]:
    """Post until told to stop; a try that fails is made again with the same key."""
    ours = ThroughTheSite(url, folder) if number % 2 else ByTheFunction(url)
    counts: Counter[str] = Counter()
    with (folder / f"heard-{number}").open("w") as heard:
        i = 0
        while not stop.exists():
            i += 1
            here, key = books[i % len(books)], f"w{number}-{i}"
            first = _until_it_is_heard(ours, here, key, counts)
            heard.write(f"{here} {key} {first[0]} {first[1]}\n")
            heard.flush()
            if i % REPEAT_EVERY == 0:
                counts["repeats"] += 1
                again = _until_it_is_heard(ours, here, key, Counter())
                counts["repeats_answered_otherwise"] += again[:2] != first[:2]
    ours.close()
    return counts


def _until_it_is_heard(ours: Any, here: UUID, key: str, counts: Counter[str]) -> Any:
    failed = 0
    while True:
        try:
            found = ours.post(here, key)
        except AWAY:
            failed += 1
            time.sleep(0.02)
        else:
            counts["tries_that_failed"] += failed
            counts["saved_but_not_heard"] += bool(failed and found[2])
            return found


class ByTheFunction:
    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: psycopg.Connection | None = None

    def post(self, books: UUID, key: str) -> tuple[int, str, bool]:
        if self.connection is None or self.connection.closed:
            self.connection = psycopg.connect(self.url, autocommit=True)
        seq, seal, earlier = post_with_key(self.connection, books, key)
        return seq, seal, earlier is not None

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()


_ONE_AT_A_TIME = threading.Lock()


class ThroughTheSite:
    def __init__(self, url: str, var: Path) -> None:
        # Python 3.11 cannot compile routes in several threads at once.
        with _ONE_AT_A_TIME:
            self.app = create_app(MODE="test", VAR=var, DATABASE_URL=url, SECRET_KEYS=SECRETS)

    def post(self, books: UUID, key: str) -> tuple[int, str, bool]:
        with self.app.app_context():
            posted = post_through_the_site(self.app, books, key=key)
        return posted.seq, posted.hash, False  # the site does not tell a repeat from a post

    def close(self) -> None:
        db.dispose(self.app)


def _compare(
    url: str, site: Site, folder: Path, counts: Counter[str], kills: int, crashes: int
) -> Tally:
    """What was heard beside what is written."""
    files = [file.read_text() for file in folder.glob("heard-*")]
    heard = [line.split() for text in files for line in text.splitlines()]
    with psycopg.connect(url) as owner:
        rows = owner.execute("SELECT org_id, idem_key, seq, hash FROM ledger_txn").fetchall()
    written = {(str(books), key): (str(seq), seal) for books, key, seq, seal in rows}
    times = Counter((str(books), key) for books, key, _seq, _seal in rows)
    with site.app.app_context(), tenancy.everyone("measuring"):
        proofs = [queries.verify(db.session(), books) for books in site.books]
    return Tally(
        acknowledged=len(heard),
        lost=sum((books, key) not in written for books, key, *_ in heard),
        doubled=sum(number > 1 for number in times.values()),
        mismatched=sum(
            written.get((books, key), (seq, seal)) != (seq, seal) for books, key, seq, seal in heard
        ),
        kills=kills,
        crashes=crashes,
        problems=sum(len(proof.problems) for proof in proofs),
        **counts,
    )


def at_once(site_url: str, url: str, books: UUID) -> int:
    """How many entries there are after many posts of one key; all must hear of the same."""
    start = Barrier(AT_ONCE)

    def one(_n: int) -> tuple[int, str]:
        with psycopg.connect(site_url, autocommit=True) as connection:
            start.wait(60)
            return post_with_key(connection, books, "at once")[:2]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        waiting: list[Future[tuple[int, str]]] = [threads.submit(one, n) for n in range(AT_ONCE)]
        answers = {future.result() for future in waiting}
    with psycopg.connect(url) as owner:
        query = "SELECT count(*) FROM ledger_txn WHERE idem_key = 'at once'"
        (entries,) = owner.execute(query).fetchone() or (0,)
    return entries if len(answers) == 1 else len(answers)
