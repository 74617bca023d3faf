"""What a page costs, in ratios to a bare Flask page on the same server and database.

Processor milliseconds per request (web processes plus database backends), 16 keep-alive
connections, bursts of each page between bursts of the bare page, the median of at least
five, disturbed samples dropped. 10,000 listings and 20,000 districts are loaded. "as served"
is what strangers get (unchanged pages are kept); "rendered" is the same page made anew for
each request.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import load

ROUNDS, SECONDS = 5, 1.0
SEARCH, COMPARE = "tool search, 5 filters", "compare of four"
MOST_QUERIES, MOST_BYTES = 8, 60_000
SECRET = "only for the benchmark, long enough to pass"


def run() -> list[dict[str, Any]]:
    results = []
    for engine in ("sqlite", "postgresql"):
        with _database(engine) as url:
            results += _measure(engine, url)
    return results


def _measure(engine: str, url: str) -> list[dict[str, Any]]:
    environment = {"DATABASE_URL": url, "MODE": "demo", "SECRET_KEYS": SECRET}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pages = _prepare({**environment, "VAR": str(folder)})
        serve = lambda app, **more: stack.enter_context(  # noqa: E731
            _served(app, {**environment, "VAR": str(folder), **more})
        )
        bare = serve("bench.bare:create()")
        site = serve("wsgi:app")
        uncached = serve("wsgi:app", PAGE_CACHE="false")
        backends = _backends(url)
        results = []
        results += _looked_at(engine, {**environment, "VAR": str(folder)}, pages)
        for name, path in pages.items():
            results += _compare(f"{engine}: {name}", path, bare, site, uncached, backends)
        return results


def _compare(
    name: str, path: str, bare: Any, site: Any, uncached: Any, backends: Any
) -> list[dict[str, Any]]:
    tag = _etag(site.port, path)
    kinds = {
        "as served": (site, path, {}, 2.0, 2.5),
        "rendered": (uncached, path, {}, 2.5 if name.endswith(COMPARE) else 2.0, 2.5),
        "revalidated (304)": (site, path, {"If-None-Match": tag}, 0.35, None),
    }
    floor: list[load.Sample] = []
    taken: dict[str, list[load.Sample]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        floor.append(_burst(bare, "/", {}, backends))
        for kind, (server, address, headers, _, _) in kinds.items():
            taken[kind].append(_burst(server, address, headers, backends))
    bare_cpu, bare_p99 = load.middle(floor)
    results = []
    for kind, (_, _, _, cpu_goal, p99_goal) in kinds.items():
        cpu, p99 = load.middle(taken[kind])
        against = f"bare page at {bare_cpu:.2f} ms processor, p99 {bare_p99:.0f} ms"
        results.append(_result(f"{name}, {kind}, processor", cpu / bare_cpu, cpu_goal, against))
        if p99_goal:
            results.append(_result(f"{name}, {kind}, p99", p99 / bare_p99, p99_goal, against))
    return results


def _result(name: str, ratio: float, goal: float, against: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(ratio, 2),
        "goal": f"<= {goal}",
        "ok": ratio <= goal,
        "unit": "ratio",
        "against": against,
    }


_COUNT = """
import json, statistics, sys
from sqlalchemy import Engine, event, text
from marketplace.catalogue import finding_queries
from marketplace.catalogue.finding_queries import Filters
from marketplace.core import clock, db
from marketplace.core.commands import open_app
app, pages, seen = open_app(), json.loads(sys.argv[1]), []
event.listen(Engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
found, client = {}, app.test_client()
for name, path in pages.items():
    client.get(path)
    seen.clear()
    answer = client.get(path)
    reads = [sql for sql in seen if sql.lstrip()[:6].upper() == "SELECT"]
    found[name] = [len(reads), len(answer.data)]
lite = app.extensions["engine"].dialect.name == "sqlite"
bare = text(
    "SELECT rowid FROM catalogue_search WHERE catalogue_search MATCH 'reading*' ORDER BY rank"
    " LIMIT 20" if lite else
    "SELECT place FROM catalogue_search, to_tsquery('listing_words', 'reading:*') AS q"
    " WHERE document @@ q ORDER BY ts_rank(document, q) DESC LIMIT 20"
)
def took(work):
    began = clock.stopwatch()
    for _ in range(20):
        work()
    return clock.stopwatch() - began
with app.app_context():
    session = db.session()
    floor = lambda: session.connection().execute(bare).all()
    again = lambda: finding_queries.search(session, Filters(q="reading")).page(0, 20)
    shelf = finding_queries.shelf_of(session)
    anew = lambda: (shelf.forget_words(), again())
    floor(), anew()
    found["searches"] = [
        statistics.median(took(search) / took(floor) for _ in range(9)) for search in (anew, again)
    ]
print("FOUND" + json.dumps(found))
"""


def _looked_at(engine: str, environment: dict[str, str], pages: dict[str, str]) -> list[Any]:
    """Queries and bytes of each page, and the search against the bare full-text query."""
    settings = {**os.environ, **environment, "PAGE_CACHE": "false"}
    command = [sys.executable, "-c", _COUNT, json.dumps(pages)]
    said = subprocess.run(command, check=True, env=settings, capture_output=True, text=True).stdout
    found = json.loads(said.split("FOUND")[1].splitlines()[0])
    results = [
        _result(
            f"{engine}: search of 10,000 listings, {how}", ratio, 2.0, "full text alone, 20 best"
        )
        for how, ratio in zip(("first time", "again"), found.pop("searches"))
    ]
    for name, (queries, size) in found.items():
        several = {"queries": (queries, MOST_QUERIES), "bytes of HTML": (size, MOST_BYTES)}
        if name in (SEARCH, COMPARE, "tool of 10,000"):
            for unit, (value, most) in several.items():
                row = _result(f"{engine}: {name}, {unit}", value, most, "")
                results.append({**row, "unit": unit})
    return results


class _Server:
    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid


def _burst(server: _Server, path: str, headers: dict[str, str], backends: Any) -> load.Sample:
    pids = [*load.family(server.pid), *backends()]
    return load.burst(server.port, path, pids, SECONDS, headers)


def _etag(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    tag = answer.getheader("ETag")
    if tag is None:
        raise RuntimeError(f"{path} has no ETag")
    return tag


def _prepare(environment: dict[str, str]) -> dict[str, str]:
    """Migrate and seed in a process of its own; tell which pages to ask for."""
    script = (
        "from marketplace.core.commands import open_app\n"
        "from marketplace.core import migrate\n"
        "import seed\n"
        "app = open_app()\n"
        "migrate.migrate(app.extensions['engine'])\n"
        "with app.app_context():\n"
        "    seed.load()\n"
        "from bench import shelves\n"
        "shelves.fill(app.extensions['engine'])\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, **environment})
    import seed  # noqa: PLC0415  the site runs without its seed

    four = ",".join(f"bench-{n:05}" for n in range(1, 5))
    return {
        SEARCH: "/tools?q=reading&grade=3&subject=reading&ai=generative&language=spanish",
        "tool of 10,000": "/tools/bench-00042",
        COMPARE: f"/compare?tools={four}&seats=400",
        "home": "/",
        "tools": "/tools",
        "tool": seed.PAGES["tool"],
        "pool": seed.PAGES["pool"],
        "ledger": "/open/ledger",
    }


@contextlib.contextmanager
def _served(application: str, environment: dict[str, str]) -> Iterator[_Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}",
        "--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "30",
        "--no-control-socket", "--log-level", "error", "--worker-tmp-dir", "/dev/shm",
    ]  # fmt: skip
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield _Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


@contextlib.contextmanager
def _database(engine: str) -> Iterator[str]:
    if engine == "sqlite":
        folder = tempfile.mkdtemp(prefix="bench-")
        try:
            yield f"sqlite:///{folder}/commons.db"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    from tests import postgres  # noqa: PLC0415  the server comes from a wheel of the tests

    with postgres.folder() as place:
        server = postgres.Server(place).create().start()
        try:
            server.sql("CREATE DATABASE commons")
            yield server.url("commons")
        finally:
            server.stop()


def _backends(url: str) -> Any:
    """The database's own processes, asked for before each burst since they come and go."""
    if url.startswith("sqlite"):
        return lambda: []
    folder = url.split("host=")[1].split("&")[0]
    postmaster = int((Path(folder) / "primary" / "postmaster.pid").read_text().split("\n")[0])
    return lambda: load.family(postmaster)
