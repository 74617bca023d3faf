"""What scoring costs: one full card, a night with 10,000 cards due at once, the privacy page.

The night is the worst there can be: every card changes on that day, so each is read, scored with
its next drop, kept as a new receipt and told as an event. Usually a few of a thousand are due.
The page is measured as in bench/pages.py: processor time against a bare page, both rendered.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import load, pages

CARDS, ROUNDS = 10_000, 7
MOST_CARD_MS, MOST_NIGHT_SECONDS, MOST_NIGHT_MB, MOST_PAGE = 5, 60, 300, 2.5


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "VAR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/commons.db",
            "MODE": "demo",
            "SECRET_KEYS": pages.SECRET,
        }
        path = pages._prepare(environment)["tool"] + "/privacy"
        results = [_one_card(), *_page(environment, path)]
    return [*results, *_night()]


def _one_card() -> dict[str, Any]:
    """Reading the plain document, scoring it, and finding its next drop."""
    from marketplace.scorecards import queries, rules  # noqa: PLC0415

    document = _document()
    took = []
    for _ in range(50):
        began = time.process_time()
        rubric = queries.rubric()
        rules.score(rubric, rules.read_card(document, rubric, needs_proof=True))
        took.append((time.process_time() - began) * 1000)
    return _result(
        "one full card, read and scored", statistics.median(took), MOST_CARD_MS, "ms CPU"
    )


def _document() -> dict[str, Any]:
    from marketplace.scorecards import queries  # noqa: PLC0415
    from seed.scorecards import WELL, card_of  # noqa: PLC0415
    from seed.tools import LISTINGS  # noqa: PLC0415

    return card_of(LISTINGS[0], WELL, queries.today()) | {"as_of": queries.today()}


def _page(environment: dict[str, str], path: str) -> list[dict[str, Any]]:
    results = []
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(pages._served("bench.bare:create()", environment))
        site = stack.enter_context(
            pages._served("wsgi:app", {**environment, "PAGE_CACHE": "false"})
        )
        floor, taken = [], []
        for _ in range(ROUNDS):
            floor.append(pages._burst(bare, "/", {}, list))
            taken.append(pages._burst(site, path, {}, list))
        (bare_cpu, _), (cpu, _) = load.middle(floor), load.middle(taken)
        against = f"bare page at {bare_cpu:.2f} ms processor"
        row = _result("privacy page, rendered, processor", cpu / bare_cpu, MOST_PAGE, "ratio")
        results.append({**row, "against": against})
    return results


_NIGHT = """
import json, resource, sys
from datetime import timedelta
from sqlalchemy import insert
from sqlmodel import Session
from bench.scorecards import _document
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue.models import Tool
from marketplace.core import clock, db, migrate, tenancy
from marketplace.core.access import Actor
from marketplace.core.commands import open_app
from marketplace.scorecards import queries, rules, service
from marketplace.scorecards.models import Scorecard, ScorecardScore, ScorecardStanding

cards = int(sys.argv[1])
app = open_app()
migrate.migrate(app.extensions["engine"])
rubric, today = queries.rubric(), queries.today()
card = rules.read_card(_document(), rubric, as_of=today)
result = rules.score(rubric, card)
everyone = tenancy.everyone("a benchmark fills the database")
with app.app_context(), everyone, db.transaction() as session:
    now = clock.now()
    vendor = Organization(kind=OrganizationKind.VENDOR, slug="bench", name="B", founded_at=now)
    session.add(vendor)
    session.flush()
    for start in range(0, cards, 500):
        tools = [Tool(org_id=vendor.id, slug=f"b-{n}", name="Tool", summary="s", created_at=now)
                 for n in range(start, min(start + 500, cards))]
        rows = [Scorecard(org_id=vendor.id, tool_id=t.id, version=1, product="p", as_of=today,
                          rubric_version=rubric.version, rubric_sha256=rubric.sha256,
                          inputs=result.inputs, input_sha256=result.input_sha256, reviewers=[],
                          outputs=result.document(), published_at=clock.now(), once_key="k")
                for t in tools]
        stand = [ScorecardStanding(org_id=vendor.id, tool_id=r.tool_id, card_id=r.id, version=1,
                                   rubric_version=rubric.version, grade=result.grade,
                                   score=str(result.score), published_on=today, scored_on=today,
                                   expires_on=rules.expires_on(today), changes_on=result.changes_on)
                 for r in rows]
        for table, some in ((Tool, tools), (Scorecard, rows), (ScorecardStanding, stand)):
            session.connection().execute(insert(table.__table__), [x.model_dump() for x in some])
night = clock.now() + timedelta(days=(result.next_drop.on - today).days)
with app.app_context(), clock.frozen(night), tenancy.everyone("the nightly round"):
    began, done = clock.stopwatch(), 0
    while True:
        with db.transaction() as session:
            some = service.rescore_due(session, Actor.system())
        done += some
        if not some:
            break
    took = clock.stopwatch() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print("FOUND" + json.dumps({"done": done, "seconds": took, "mb": peak}))
"""


def _night(cards: int = CARDS) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "VAR": folder,
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'commons.db'}",
            "MODE": "demo",
            "SECRET_KEYS": pages.SECRET,
        }
        command = [sys.executable, "-c", _NIGHT, str(cards)]
        done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    found = json.loads(done.stdout.split("FOUND")[1].splitlines()[0])
    if found["done"] != cards:
        raise RuntimeError(f"{found['done']} of {cards} cards were scored")
    name = f"night with {cards:,} cards due"
    return [
        _result(f"{name}, time", found["seconds"], MOST_NIGHT_SECONDS, "s"),
        _result(f"{name}, memory", found["mb"], MOST_NIGHT_MB, "MB"),
    ]


def _result(name: str, value: float, goal: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 2),
        "goal": f"<= {goal:g}",
        "ok": value <= goal,
        "unit": unit,
        "against": "this machine",
    }
