"""What a large pool costs: its page, its clearing day, and its last minute.

The page is weighed like the others (see bench/pages.py): processor milliseconds per request
beside a bare page on the same server and database. Clearing runs in a process of its own from
the first query to the orders that stand in the books. The last minute is an open loop: a new
district commits every hundredth of a second, whether or not the one before is done, and each
wait is counted from the moment it was due.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from bench import load
from bench.pages import SECRET, _backends, _burst, _database, _served

MEMBERS, CLEARED, ROUNDS = 1_000, 13_000, 5
MOST_QUERIES, MOST_BYTES = 10, 60_000
PAGE = "/pools/bench-consortium/thousand"


def run() -> list[dict[str, Any]]:
    results = []
    for engine in ("sqlite", "postgresql"):
        with _database(engine) as url:
            results += _page(engine, url)
        with _database(engine) as url:
            results += _clearing(engine, url)
    with _database("postgresql") as url:
        results += _last_minute(url)
    return results


def _settings(url: str, folder: str) -> dict[str, str]:
    return {"DATABASE_URL": url, "MODE": "demo", "SECRET_KEYS": SECRET, "VAR": folder}


def _alone(task: str, settings: dict[str, str], *arguments: str) -> Any:
    """Run one task of bench/pool_tasks.py in a process of its own; what it found."""
    command = [sys.executable, "-m", "bench.pool_tasks", task, *arguments]
    said = subprocess.run(
        command, check=True, env={**os.environ, **settings}, capture_output=True, text=True
    ).stdout
    return json.loads(said.split("FOUND")[1].splitlines()[0])


def _result(name: str, value: float, goal: float, unit: str, against: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 2),
        "goal": f"<= {goal:g}",
        "ok": value <= goal,
        "unit": unit,
        "against": against,
    }


def _page(engine: str, url: str) -> list[dict[str, Any]]:
    with contextlib.ExitStack() as stack:
        settings = _settings(url, stack.enter_context(tempfile.TemporaryDirectory()))
        seen = _alone("page", settings, str(MEMBERS))
        bare = stack.enter_context(_served("bench.bare:create()", settings))
        site = stack.enter_context(_served("wsgi:app", settings))
        uncached = stack.enter_context(_served("wsgi:app", {**settings, "PAGE_CACHE": "false"}))
        backends = _backends(url)
        taken: dict[str, list[load.Sample]] = {"bare": [], "as served": [], "rendered": []}
        for _ in range(ROUNDS):
            for kind, server, path in (
                ("bare", bare, "/"),
                ("as served", site, PAGE),
                ("rendered", uncached, PAGE),
            ):
                taken[kind].append(_burst(server, path, {}, backends))
    floor = load.middle(taken.pop("bare"))[0]
    against = f"bare page at {floor:.2f} ms processor"
    name = f"{engine}: pool page, {MEMBERS:,} members"
    results = [
        _result(f"{name}, {kind}", load.middle(found)[0] / floor, 2.0, "ratio", against)
        for kind, found in taken.items()
    ]
    for who, (queries, size, few) in seen.items():
        results += [
            _result(f"{name}, {who}", queries, MOST_QUERIES, "queries", f"{few} with 10 members"),
            _result(f"{name}, {who}, more than with 10", queries - few, 0, "queries"),
            _result(f"{name}, {who}", size, MOST_BYTES, "bytes of HTML"),
        ]
    return results


def _clearing(engine: str, url: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(url, folder)
        _alone("fill", settings, str(CLEARED))
        found = _alone("clear", settings)
    name = f"{engine}: clearing {CLEARED:,} members to posted orders"
    said = f"{found['orders']:,} orders, {found['rounds']} rounds"
    return [
        _result(name, found["seconds"], 60, "s", said),
        _result(name, found["megabytes"], 500, "MB"),
    ]


def _last_minute(url: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        found = _alone("commit", _settings(url, folder))
    name = "postgresql: 100 commitments a second for a minute"
    said = f"{found['commitments']:,} districts; median {found['median_ms']:.1f} ms"
    return [
        _result(f"{name}, errors", found["errors"], 0, "errors", said),
        _result(f"{name}, p99", found["p99_ms"] / found["median_ms"], 5, "times the median", said),
        _result(f"{name}, late by", found["seconds"] - 60, 1, "s", "the minute itself"),
    ]
