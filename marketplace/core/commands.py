"""Commands of the machinery: migrate, serve, work, seed, demonstrate, measure."""

import json
import os
import platform
import socket
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import structlog
from flask import Flask

from marketplace import app as application
from marketplace.core import db, jobs
from marketplace.core import migrate as migrations
from marketplace.core.errors import RuleBroken

BENCHES = (
    *("split", "ledger", "ledger_drill", "pages", "directory", "payments", "uptake", "tenancy"),
    "scorecards",
    "disclosure",
)


def open_app(**settings: Any) -> Flask:
    """The application a command works with: the demo's own, unless settings say production."""
    in_production = bool(os.environ.get("SECRET_KEYS") or os.environ.get("DATABASE_URL"))
    settings.setdefault("MODE", os.environ.get("MODE", "production" if in_production else "demo"))
    app = application.create_app(**settings)
    if context := click.get_current_context(silent=True):
        context.call_on_close(lambda: db.dispose(app))
    return app


@click.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    app = open_app()
    Path(app.config["VAR"]).mkdir(parents=True, exist_ok=True)
    migrations.migrate_for(app.config["DATABASE_URL"], app.config["MIGRATION_DATABASE_URL"])
    click.echo(f"The database is at revision {migrations.newest_revision()}.")


@click.command()
def seed() -> None:
    """Load the demonstration world; a second time changes nothing."""
    app = open_app()
    with app.app_context():
        click.echo(import_module("seed").load())


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, threads: int) -> None:
    """Serve the site; see docs/running.md for several processes."""
    app = open_app()
    jobs.init_worker(app)
    _listen(app, host, port, threads)


@click.command()
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 32))
def worker(workers: int) -> None:
    """Run background jobs until stopped."""
    queue = jobs.init_worker(open_app())
    queue.create_consumer(workers=workers, periodic=True).run()


@click.group(name="jobs")
def jobs_group() -> None:
    """Background jobs."""


@jobs_group.command(name="run-due")
def run_due() -> None:
    """Run what is due now, then stop."""
    app = open_app()
    with app.app_context():
        for name, count in jobs.run_due().items():
            click.echo(f"{name}: {count}")


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--fresh", is_flag=True, help="Forget the earlier demonstration first.")
def demo(port: int, fresh: bool) -> None:
    """The whole site with a demonstration world, on this machine only."""
    address = f"http://127.0.0.1:{port}"
    app = application.create_app(MODE="demo", PUBLIC_URL=address)
    var = Path(app.config["VAR"])
    _prepare_demo(app, var, fresh)
    stripe = _stand_in_for_stripe(app, address, port)
    _log_to(var / "log.jsonl")
    consumer = jobs.init_worker(app).create_consumer(workers=1, periodic=True)
    threading.Thread(target=_work, args=(consumer,), daemon=True).start()
    click.echo(f"\n{app.config['SITE_NAME']} is at {address}\n")
    for line in import_module("seed").introduction():
        click.echo(line)
    if stripe:
        click.echo(f"Bills can be paid online: a stand-in for Stripe is at {stripe}")
    click.echo(f"\nWhat happens is logged in {var / 'log.jsonl'}. Stop with Ctrl+C.")
    _listen(app, "127.0.0.1", port, threads=8)


def _stand_in_for_stripe(app: Flask, address: str, port: int) -> str:
    """Without keys of its own the demonstration pays at a server on this machine, where no money
    moves: its address. A bank's days take a minute there."""
    if app.config["STRIPE_SECRET_KEY"]:
        return ""
    try:
        fake = import_module("tests.fake_stripe")
    except ModuleNotFoundError:  # an installation without the tests: checks and transfers only
        return ""
    stand_in = fake.FakeStripe(
        port=_free_port_near(port),
        webhook=f"{address}/webhooks/stripe",
        path=Path(app.config["VAR"]) / "stripe.json",
        settle_seconds=60,
    )
    stand_in.start()
    app.config.update(
        STRIPE_SECRET_KEY=fake.KEY,
        STRIPE_WEBHOOK_SECRETS=[fake.SECRET],
        STRIPE_API_BASE=stand_in.url,
    )
    return str(stand_in.url)


def _free_port_near(port: int) -> int:
    """The next one when it is free, so that links still work after a restart; else any."""
    with socket.socket() as probe:
        return port + 1 if port < 65535 and probe.connect_ex(("127.0.0.1", port + 1)) else 0


def _log_to(path: Path) -> None:
    """Newcomers look at the accounts on their screen, not at a line per request."""
    log = path.open("a", encoding="utf-8", buffering=1)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))


def _prepare_demo(app: Flask, var: Path, fresh: bool) -> None:
    """Migrate and seed; a world half-built by an interrupted start is built anew.

    `demo-begun` says that the database under var/ is the demonstration's to throw away,
    `demo-ready-<revision>` that it is complete.
    """
    begun, ready = var / "demo-begun", var / f"demo-ready-{migrations.newest_revision()}"
    if ready.exists() and not fresh:
        return
    if (var / "commons.db").exists() and not begun.exists():
        raise RuleBroken(
            f"{var} holds a database that is not the demonstration's. "
            "Set VAR to another folder to keep both."
        )
    db.dispose(app)
    for leftover in ("commons.db*", "demo-ready-*", "queue.db*", "outbox/*.eml", "stripe.json"):
        for path in var.glob(leftover):
            path.unlink()
    var.mkdir(parents=True, exist_ok=True)
    begun.touch()
    migrations.migrate(app.extensions["engine"])
    with app.app_context():
        import_module("seed").load()
    ready.touch()


def _work(consumer: Any) -> None:
    """Run a consumer inside this process: signals stay with the web server."""
    consumer._set_signal_handlers = lambda: None
    consumer.run()


def _listen(app: Flask, host: str, port: int, threads: int) -> None:
    import waitress  # noqa: PLC0415  only a server needs it

    try:
        server = waitress.create_server(app, host=host, port=port, threads=threads, ident="")
    except OSError:
        raise RuleBroken(
            f"Port {port} is taken by another program. Choose another one: --port {port + 1}"
        ) from None
    try:
        server.run()
    except KeyboardInterrupt:
        click.echo("Stopped.")


@click.command()
@click.argument("name", type=click.Choice(BENCHES))
@click.option("--json", "as_json", is_flag=True)
def bench(name: str, as_json: bool) -> None:
    """Measure in ratios against a floor measured in the same run; prints misses honestly."""
    sys.path.insert(0, os.getcwd())
    try:
        module = import_module(f"bench.{name}")
    except ModuleNotFoundError as missing:
        raise RuleBroken(
            f"There is no benchmark called {name} in this version ({missing.name} is missing)."
        ) from None
    results = module.run()
    machine = {"python": platform.python_version(), "cores": os.cpu_count()}
    if as_json:
        click.echo(json.dumps({"results": list(results), "machine": machine}))
        return
    for result in results:  # a long benchmark tells each figure as soon as it has it
        mark = "ok  " if result["ok"] else "MISS"
        click.echo(
            f"{mark} {result['name']}: {result['value']} {result['unit']} "
            f"(goal {result['goal']}; against {result['against']})"
        )


COMMANDS = (migrate, seed, serve, worker, jobs_group, demo, bench)
