"""Everything that must be green, one step after the other, each with its name and time."""

import subprocess
import time
from pathlib import Path

from boot.environment import program

STEPS = [
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("types", ["mypy", "--no-error-summary"]),
    ("dependencies", ["deptry", "."]),
    ("templates", ["djlint", "--lint", "--quiet", "templates"]),
    ("tests", ["pytest", "-n", "2"]),
]


def run_all(root: Path) -> int:
    """0 when all are green; a failure does not keep the later steps from running."""
    results = [run_step(root, name, command) for name, command in STEPS]
    print("\n" + "\n".join(summary_line(*result) for result in results), flush=True)
    return 0 if all(passed for _, passed, _ in results) else 1


def run_step(root: Path, name: str, command: "list[str]") -> "tuple[str, bool, float]":
    print("== {}: {}".format(name, " ".join(command)), flush=True)
    started = time.monotonic()
    status = subprocess.call([str(program(root, command[0])), *command[1:]], cwd=str(root))
    result = (name, status == 0, time.monotonic() - started)
    print(summary_line(*result), flush=True)
    return result


def summary_line(name: str, passed: bool, seconds: float) -> str:
    return "{:6} {:13} {:6.1f} s".format("ok" if passed else "FAILED", name, seconds)
