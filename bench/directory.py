"""The directory against the bare libraries: reading a file, memory, and looking districts up.

Each figure is a ratio of CPU times, the smallest of several runs, so other work on the machine
hardly shows. The federal file is looked for in ../shared/data; without it nothing is claimed.
"""

import gc
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import python_calamine
from sqlmodel import Session, SQLModel

from marketplace.core import db
from marketplace.core.access import Actor
from marketplace.core.commands import open_app
from marketplace.core.errors import RuleBroken
from marketplace.directory import queries, service
from marketplace.directory.models import District

EDGE = Path("nces-edge-lea-2018-19") / "EDGE_GEOCODE_PUBLICLEA_1819.xlsx"
Result = dict[str, Any]


def run() -> list[Result]:
    path = next((up / "shared/data" / EDGE for up in Path.cwd().parents if _at(up)), None)
    if path is None:
        raise RuleBroken("The federal file is not at hand: put it under ../shared/data.")
    with tempfile.TemporaryDirectory() as folder:
        open_app(VAR=Path(folder), MODE="test", DATABASE_URL="sqlite://")  # all tables are known
        database = Path(folder) / "bench.db"
        calamine = _seconds(lambda: _read_with_calamine(path))
        imported = _seconds(lambda: _import(path, database))
        results = [
            _result("import of 19,840 districts", imported / calamine, 3.0, "python-calamine"),
            _result(
                "import of 19,840 districts",
                imported / _seconds(lambda: _read_with_openpyxl(path), 1),
                3.0,
                "openpyxl, read-only",
            ),
            _memory(path, Path(folder)),
        ]
        return results + _searches(database)


def _at(up: Path) -> bool:
    return (up / "shared/data" / EDGE).exists()


def _read_with_calamine(path: Path) -> None:
    sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    assert sum(1 for _ in sheet.iter_rows()) == 19_841


def _read_with_openpyxl(path: Path) -> None:
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    assert sum(1 for _ in sheet.iter_rows(values_only=True)) == 19_841


def _import(path: Path, database: Path) -> None:
    database.unlink(missing_ok=True)
    engine = db.make_engine(f"sqlite:///{database}")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        assert service.import_file(session, Actor.system(), path).added == 19_840
    engine.dispose()


def _memory(path: Path, folder: Path) -> Result:
    """A process of its own, so that nothing read before is counted."""
    code = (
        "import sys, pathlib; from bench import directory as b; "
        "b.prepare(); b._import(*map(pathlib.Path, sys.argv[1:])); print(b.peak_mb())"
    )
    arguments = [sys.executable, "-c", code, str(path), str(folder / "memory.db")]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return _result("memory of an import", float(done.stdout.split()[-1]), 300.0, "limit", "MB")


def prepare() -> None:
    open_app(MODE="test", DATABASE_URL="sqlite://")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _searches(database: Path) -> list[Result]:
    """Against the plainest SQL that answers the same: LIKE on name and city, 25 rows."""
    bare = sqlite3.connect(database)
    plain = f"SELECT * FROM {District.__tablename__} WHERE name LIKE ? OR city LIKE ? LIMIT 25"

    def look(text: str) -> Callable[[], object]:
        return lambda: bare.execute(plain, (f"%{text}%", f"%{text}%")).fetchall()

    engine = db.make_engine(f"sqlite:///{database}")
    results = []
    with Session(engine.execution_options(reads_only=True)) as session:
        for typed, meant in (("springfield", "springfield"), ("Spring feild", "springfield")):

            def search(typed: str = typed) -> None:
                session.expunge_all()
                assert queries.search(session, typed).districts

            search()
            ratio = _seconds(search, 30) / _seconds(look("no such place"), 30)
            results.append(_result(f"search for “{typed}”", ratio, 3.0, f"LIKE for {meant}"))
    engine.dispose()
    bare.close()
    return results


def _seconds(work: Callable[[], object], times: int = 5) -> float:
    best = float("inf")
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def _result(name: str, value: float, goal: float, against: str, unit: str = "ratio") -> Result:
    return {
        "name": name,
        "value": round(value, 2),
        "goal": f"<= {goal:g}",
        "ok": value <= goal,
        "unit": unit,
        "against": against,
    }
