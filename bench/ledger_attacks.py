"""Direct SQL against the books by the site's own database user, and edits of an export.

The attacks and the edits are the ones of the tests; here they are counted.
"""

import json
import re
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy.exc import DatabaseError

from bench.ledger_posts import at_least, ratio
from bench.ledger_sites import add_organization, post_through_the_site, site_on
from marketplace.core import db, tenancy
from marketplace.core.access import Actor
from marketplace.ledger import export_queries, queries, service
from marketplace.ledger.rules import Leg


def run(url: str, site_url: str) -> list[dict[str, Any]]:
    """On a database with one consortium's books, since an attack takes the first it finds."""
    with tempfile.TemporaryDirectory() as folder, site_on(url, Path(folder), 1, site_url) as site:
        add_organization(url)
        with site.app.app_context():
            for _ in range(2):
                post_through_the_site(site.app, site.books[0])
            refused = _attacks(site.app, site.books[0])
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        with site_on(f"sqlite:///{var}/books.db", var) as site, site.app.app_context():
            rows = _a_year(site.app, site.books[0])
        return [refused, *_edits(rows, var)]


def _attacks(app: Flask, books: UUID) -> dict[str, Any]:
    from tests.ledger.test_guard import ONLY_FOR_THE_SITE  # noqa: PLC0415  a table of the tests
    from tests.ledger.test_tampering import ONLY_POSTGRESQL, REFUSED, attack  # noqa: PLC0415

    asked = REFUSED | ONLY_POSTGRESQL | ONLY_FOR_THE_SITE
    refused = 0
    for statements in asked.values():
        try:
            attack(app, statements)
        except DatabaseError as refusal:  # a refusal, not a statement that was misspelled
            refused += not re.search("syntax error|does not exist", str(refusal))
    with tenancy.everyone("measuring"):
        proof = queries.verify(db.session(), books)
    holds = "the books hold" if proof.ok and proof.entries == 2 else "THE BOOKS WERE CHANGED"
    against = f"direct SQL as the site's own user; after it {holds}"
    found = at_least("attacks refused", refused, len(asked), against, unit=f"of {len(asked)}")
    return {**found, "ok": found["ok"] and holds == "the books hold"}


def _a_year(app: Flask, books: UUID) -> list[dict[str, Any]]:
    """The six entries of the tests' own year, as they leave the books."""
    from tests.ledger.conftest import keep_a_year  # noqa: PLC0415

    def post(key: str, *legs: Any, **said: Any) -> None:
        lines = [Leg(*leg) for leg in legs] or [Leg("cash:main", 500), Leg("fee:lead", -500)]
        said = {"ref": "pool:reading", "effective_on": said.pop("on", date(2026, 11, 2))} | said
        with tenancy.everyone("measuring"), db.transaction() as session:
            service.post(session, Actor.system(), books, key=key, legs=lines, **said)

    def undo(seq: int) -> None:
        with tenancy.everyone("measuring"), db.transaction() as session:
            service.reverse(session, Actor.system(), books, seq, key="undo", reason="typed twice")

    keep_a_year(post, undo)
    with tenancy.everyone("measuring"):
        return [entry._asdict() for entry in export_queries.sealed(db.session(), books)]


def _edits(rows: list[dict[str, Any]], var: Path) -> list[dict[str, Any]]:
    from tests.ledger.test_verifier import FOURTEEN  # noqa: PLC0415

    def caught(edited: list[dict[str, Any]], *receipts: str) -> bool:
        file = var / "books.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in edited))
        words = [sys.executable, "-I", "docs/verify_ledger.py", str(file), *receipts]
        return subprocess.run(words, capture_output=True, check=False).returncode != 0

    receipt = f"{rows[-1]['seq']}:{rows[-1]['hash']}"
    changed = [edit([dict(row) for row in rows]) for edit, _alone in FOURTEEN.values()]
    number = len(changed)
    alone, kept = (sum(caught(it, *r) for it in changed) for r in ((), (receipt,)))
    false_alarms = caught(rows, receipt) + caught(rows)
    unit = f"of {number}"
    return [
        at_least("edits of an export caught with a receipt", kept, number, "none", unit=unit),
        at_least("edits of an export caught without", alone, 9, "none", unit=unit),
        ratio("honest exports refused", false_alarms, 0, "the same export, not edited", "of 2"),
    ]
