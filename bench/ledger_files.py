"""What leaves the books: how fast an outsider checks it, and how much memory writing it takes.

`python -m bench.ledger_files [ENTRIES]`. Each figure stands beside a floor of the same run.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

LINES = 1_000_000
BOOKS = UUID("3f0f2c0a-0000-4000-8000-000000000001")


def run(lines: int = LINES) -> list[dict[str, Any]]:
    """`lines` lines of entries with two each, written once and read by everybody."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _fill(place, lines // 2)
        return [
            *_writing(place, lines),
            _checking(place / "books.jsonl", lines),
            *_beside_bean_check(place, min(lines, 200_000) // 2),
        ]


def verifying(lines: int = LINES, beside_bean_check: int = 100_000) -> list[dict[str, Any]]:
    """Only how fast an outsider checks them: a part of `marketplace bench ledger`.

    `python -m bench.ledger_files` writes every form of the long file as well.
    """
    with tempfile.TemporaryDirectory() as large, tempfile.TemporaryDirectory() as small:
        for folder, entries, forms in (
            (large, lines // 2, ("jsonl",)),
            (small, beside_bean_check, ("jsonl", "beancount")),
        ):
            _fill(Path(folder), entries)
            peaks = [_write_apart(Path(folder), form) for form in forms]
            if folder == large:
                written = f"write {lines:,} lines as jsonl"
                memory = _result(written, peaks[0] / 1e6, 200, "MB", "memory")
        return [
            memory,
            _checking(Path(large) / "books.jsonl", lines),
            *_beside_bean_check(Path(small), beside_bean_check),
        ]


def _result(name: str, value: float, goal: float, unit: str, against: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 2),
        "goal": f"<= {goal:g}",
        "ok": value <= goal,
        "unit": unit,
        "against": against,
    }


def _fill(place: Path, entries: int) -> None:
    """Books written past the service, which is measured elsewhere."""
    import sqlite3  # noqa: PLC0415  the driver itself: nothing of ours in between

    from marketplace.core import db, migrate  # noqa: PLC0415
    from marketplace.ledger.body import chained, leaf_of  # noqa: PLC0415

    engine = db.make_engine(f"sqlite:///{place}/commons.db")
    migrate.migrate(engine)
    engine.dispose()
    connection = sqlite3.connect(place / "commons.db")
    for (trigger,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    prev = "0" * 64
    rows = []
    for seq in range(1, entries + 1):
        body = _body(seq)
        leaf = leaf_of(body)
        prev = chained(prev, leaf)
        rows.append((BOOKS.hex, seq, f"payment:{seq}", body, leaf, prev, "fee", f"pool:p{seq}"))
    connection.executemany(
        "INSERT INTO ledger_txn (org_id, seq, idem_key, body, leaf, hash, kind, ref,"
        " effective_on, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '2026-11-02',"
        " '2026-11-02 15:00:00')",
        rows,
    )
    connection.execute("INSERT INTO ledger_head VALUES (?, ?, ?)", (BOOKS.hex, entries, prev))
    connection.executemany(
        "INSERT INTO ledger_account (org_id, code, kind) VALUES (?, ?, 'asset')",
        [(BOOKS.hex, code) for code in ["cash:main", *(f"receivable:{n:07}" for n in range(300))]],
    )
    connection.commit()
    connection.close()


def _body(seq: int) -> str:
    legs = [["cash:main", 500 + seq, "USD"], [f"receivable:{seq % 300:07}", -500 - seq, "USD"]]
    said = {
        "v": 1,
        "c": str(BOOKS),
        "k": f"payment:{seq}",
        "t": "2026-11-02T15:00:00Z",
        "d": "2026-11-02",
        "by": "system",
        "kind": "payment_received",
        "ref": f"pool:reading-tutor/invoice:brightpath-{seq}",
        "e": legs,
    }
    return json.dumps(said, separators=(",", ":"))


def _writing(place: Path, lines: int) -> list[dict[str, Any]]:
    """Peak memory of a process that writes the whole file, for each form."""
    results = []
    for form in ("jsonl", "csv", "hledger", "beancount"):
        peak = _write_apart(place, form)
        results.append(_result(f"write {lines:,} lines as {form}", peak / 1e6, 200, "MB", "memory"))
    return results


def _write_apart(place: Path, form: str) -> int:
    """Peak memory of the process, in bytes."""
    words = [sys.executable, "-m", "bench.ledger_files", "--write", str(place), form]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def _write(place: Path, form: str) -> None:
    from marketplace.app import create_app  # noqa: PLC0415
    from marketplace.core import db, tenancy  # noqa: PLC0415
    from marketplace.ledger import export_queries, exports  # noqa: PLC0415

    app = create_app(MODE="test", VAR=place, DATABASE_URL=f"sqlite:///{place}/commons.db")
    with app.app_context(), tenancy.everyone("a benchmark"):
        cover = export_queries.cover(db.session(), BOOKS, "Three Rivers")
        entries = export_queries.sealed(db.session(), BOOKS)
        with (place / f"books.{form}").open("w", newline="") as file:
            file.writelines(exports.write(exports.Format(form), cover, entries))
    print(_peak_memory())


def _peak_memory() -> int:
    """Bytes of this process alone; `ru_maxrss` begins with what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _checking(file: Path, lines: int) -> dict[str, Any]:
    """Against two hashes an entry, in the same interpreter, interleaved; the least of some.

    Processor seconds, so a busy machine adds little: a long file is read once or twice only.
    """
    bodies = [json.loads(line)["body"].encode() for line in file.open()]
    floor = check = float("inf")
    for _ in range(3 if lines <= 200_000 else 2):
        start = time.process_time()
        prev = bytes(32)
        for body in bodies:
            prev = sha256(prev + sha256(b"\0" + body).digest()).digest()
        floor = min(floor, time.process_time() - start)
        check = min(check, _cpu([sys.executable, "-I", "docs/verify_ledger.py", str(file)]))
    return _result(f"verify {lines:,} lines", check / floor, 15, "ratio", "two hashes an entry")


def _beside_bean_check(place: Path, entries: int) -> list[dict[str, Any]]:
    program = shutil.which("bean-check") or str(Path(sys.executable).parent / "bean-check")
    if not Path(program).exists():
        return []
    some = place / "some.jsonl"
    with (place / "books.jsonl").open() as file, some.open("w") as out:
        out.writelines(line for _, line in zip(range(entries), file))
    head, count = place / "some.beancount", 0
    with (place / "books.beancount").open() as file, head.open("w") as out:
        for line in file:
            count += " * " in line and line[0].isdigit()
            if count > entries:
                break
            out.write(line)
    ours = _cpu([sys.executable, "-I", "docs/verify_ledger.py", str(some)])
    theirs = _cpu([program, "--no-cache", str(head)])
    return [_result(f"verify {entries:,} entries", ours / theirs, 0.2, "ratio", "bean-check")]


def _cpu(words: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        _write(Path(sys.argv[2]), sys.argv[3])
    else:
        for result in run(int(sys.argv[1]) if sys.argv[1:] else LINES):
            print(json.dumps(result))
