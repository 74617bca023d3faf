"""What the scope adds to signed-in pages: the same page of the demonstration, and without it.

Every table of the site is there and filled. Pages are rendered in this process; bursts of the
page in its scope alternate with bursts of the same page as `everyone`, so that a slow moment of
the machine falls on both, and the least disturbed bursts count.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, select

import seed
from marketplace.accounts.models import User
from marketplace.app import create_app
from marketplace.core import db, migrate, tenancy

ROUNDS, PAGES = 25, 8
GOAL = 1.05
#: Who opens what: a district, its consortium's lead, a vendor and a funder.
VISITS = (
    ("buyer@demo.test", "home"),
    ("buyer@demo.test", seed.PAGES["pool"]),
    ("lead@demo.test", "home"),
    ("vendor@demo.test", "home"),
    ("funder@demo.test", "home"),
)


def run() -> list[dict[str, Any]]:
    quiet = structlog.make_filtering_bound_logger(50)
    structlog.configure(wrapper_class=quiet)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(MODE="demo", VAR=Path(folder), PAGE_CACHE=False)
        migrate.migrate(app.extensions["engine"])
        with app.app_context():
            seed.load()
        results = [_compare(app, email, path) for email, path in VISITS]
        db.dispose(app)
    total = sum(r["value"] for r in results) / len(results)
    return [*results, _result("all of them, on average", total, "the same pages without")]


def _compare(app: Flask, email: str, path: str) -> dict[str, Any]:
    client = _signed_in(app, email)
    if path == "home":
        path = client.get("/account").text.split('class="who" href="')[1].split('"')[0]
    scoped, free = [], []
    for _ in range(ROUNDS):
        scoped.append(_seconds(client, path))
        with _everyone():
            free.append(_seconds(client, path))
    ratio = min(scoped) / min(free)
    against = f"the same page without: {1000 * min(free) / PAGES:.2f} ms processor"
    return _result(f"{email.split('@')[0]} opens {path}", ratio, against)


def _result(name: str, ratio: float, against: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(ratio, 3),
        "goal": f"<= {GOAL}",
        "ok": ratio <= GOAL,
        "unit": "ratio",
        "against": against,
    }


def _signed_in(app: Flask, email: str) -> FlaskClient:
    with Session(app.extensions["engine"]) as session:
        user = session.exec(select(User).where(User.email == email)).one()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = user.fs_uniquifier, True
    return client


def _seconds(client: FlaskClient, path: str) -> float:
    began = time.process_time()
    for _ in range(PAGES):
        if client.get(path).status_code != 200:
            raise RuntimeError(f"{path} did not answer 200")
    return time.process_time() - began


class _everyone:
    """Requests open no scope of their own: every row is seen, as on a public page."""

    def __enter__(self) -> None:
        self.opens = tenancy.open_scope
        tenancy.open_scope = lambda _ids: tenancy._scope.set(tenancy.EVERYONE)  # type: ignore

    def __exit__(self, *_: object) -> None:
        tenancy.open_scope = self.opens
