"""What bench/pools.py measures in processes of their own: `python -m bench.pool_tasks TASK`."""

import json
import multiprocessing
import queue
import resource
import statistics
import sys
import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, event

from bench.pool_world import World, buyer
from marketplace.core import db, migrate, tenancy
from marketplace.core.access import Actor
from marketplace.core.commands import open_app
from marketplace.core.errors import DomainError
from marketplace.orders import service as orders
from marketplace.pools import queries, service
from marketplace.pools.rules import Rung

PROCESSES, THREADS, A_SECOND, SECONDS = 2, 16, 100, 60


def page(many: str) -> dict[str, tuple[int, int, int]]:
    """Fill; then for a stranger and a member: queries, bytes, and queries with ten members."""
    app = open_app()
    migrate.migrate(app.extensions["engine"])
    world = World(app.extensions["engine"], int(many))
    world.pool(int(many), "thousand", timedelta(days=30), firm_only=False)
    world.pool(10, "ten", timedelta(days=30), firm_only=False)
    found: dict[str, list[int]] = {}
    seen: list[str] = []
    event.listen(Engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    for slug in ("thousand", "ten"):
        client = app.test_client()
        client.get(f"/pools/bench-consortium/{slug}")
        seen.clear()
        answer = client.get(f"/pools/bench-consortium/{slug}?seats=120")
        reads = [sql for sql in seen if sql.lstrip()[:6].upper() == "SELECT"]
        found[slug] = [len(reads), len(answer.data)]
    return {"a stranger": (*found["thousand"], found["ten"][0])}  # type: ignore[dict-item]


def fill(many: str) -> dict[str, int]:
    app = open_app()
    migrate.migrate(app.extensions["engine"])
    world = World(app.extensions["engine"], int(many))
    world.pool(int(many), "large", timedelta(seconds=0))
    return {"members": int(many)}


def clear() -> dict[str, Any]:
    """From the first query to orders that stand in the books."""
    app = open_app()
    with app.app_context(), tenancy.everyone("the job clears for everybody"):
        began = time.perf_counter()
        with db.transaction() as session:
            pool_id = queries.pool_by_slug(session, "bench-consortium", "large").id
            pool = service.clear_pool(session, Actor.system(), pool_id)
            rounds = pool.clearing["result"]["rounds"] if pool.clearing else 0
        cleared = time.perf_counter()
        with db.transaction() as session:
            placed = len(orders.place_orders(session, Actor.system(), pool_id).orders)
        done = time.perf_counter()
    return {
        "seconds": done - began,
        "clearing": cleared - began,
        "orders": placed,
        "rounds": rounds,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def commit() -> dict[str, Any]:
    """An open loop of new districts; each wait counts from the moment it was due."""
    app = open_app()
    migrate.migrate(app.extensions["engine"])
    many = A_SECOND * SECONDS
    world = World(app.extensions["engine"], many)
    pool = world.pool(0, "last-minute", timedelta(days=1))
    db.dispose(app)
    people = [(district.id, district.leaid or "") for district in world.districts]
    start = time.time() + 5
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as processes:
        parts = [
            (people[n::PROCESSES], n, start, str(pool.id), str(world.home.id))
            for n in range(PROCESSES)
        ]
        found = processes.starmap(_commit_in_time, parts)
    waits = sorted(wait for part, _, _ in found for wait in part)
    return {
        "commitments": len(waits),
        "errors": sum(errors for _, errors, _ in found),
        "median_ms": 1000 * statistics.median(waits),
        "p99_ms": 1000 * waits[int(len(waits) * 0.99)],
        "seconds": max(last for _, _, last in found) - start,
    }


def _commit_in_time(
    people: list[tuple[UUID, str]], offset: int, start: float, pool: str, consortium: str
) -> tuple[list[float], int, float]:
    app = open_app()
    waiting: queue.Queue[tuple[float, Actor] | None] = queue.Queue()
    waits: list[float] = []
    errors: list[str] = []

    def work() -> None:
        while (job := waiting.get()) is not None:
            due, actor = job
            try:
                with (
                    app.app_context(),
                    tenancy.scoped_to(actor.scope),
                    db.transaction() as session,
                ):
                    service.commit_seats(
                        session, actor, UUID(pool), seats=120, rung=Rung.COMMITTED, po_number="PO-1"
                    )
            except (DomainError, Exception) as problem:  # every kind of failure counts
                errors.append(repr(problem))
            waits.append(time.time() - due)

    threads = [threading.Thread(target=work) for _ in range(THREADS // PROCESSES)]
    for thread in threads:
        thread.start()
    for n, (district_id, leaid) in enumerate(people):
        due = start + (n * PROCESSES + offset) / A_SECOND
        time.sleep(max(0.0, due - time.time()))
        waiting.put((due, buyer(district_id, leaid, UUID(consortium))))
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return waits, len(errors), time.time()


TASKS: dict[str, Any] = {"page": page, "fill": fill, "clear": clear, "commit": commit}

if __name__ == "__main__":
    print("FOUND" + json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
