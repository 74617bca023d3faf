"""Makes the project's own environment, .venv, from uv.lock; quick when that is done already."""

import hashlib
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boot import installer
from boot.machine import check_writable
from boot.stop import IndexUnreachable

# A program of each group, to notice an environment that somebody has since changed by hand.
WITNESSES = {"test": "pytest", "quality": "mypy", "bench": "gunicorn"}


def program(root: Path, name: str) -> Path:
    return root / ".venv" / "bin" / name


def prepare(root: Path, groups: "list[str]") -> None:
    """Afterwards .venv holds the locked packages and those of the groups."""
    if is_ready(root, groups):
        return
    check_writable(root)
    with only_one(root):
        if not is_ready(root, groups):
            make(root, groups)


def is_ready(root: Path, groups: "list[str]") -> bool:
    stamp = read_stamp(root)
    wanted = ["python", "marketplace"] + [WITNESSES[group] for group in groups]
    return (
        not unfinished(root).exists()
        and without_groups(stamp) == without_groups(new_stamp(root, groups))
        and set(groups) <= set(stamp["groups"])
        and all(program(root, name).exists() for name in wanted)
    )


def make(root: Path, groups: "list[str]") -> None:
    """Interrupted at any moment, the next run finds the mark and starts from nothing."""
    stamp = read_stamp(root)
    if unfinished(root).exists() or stamp.get("root", str(root)) != str(root):
        say("Removing an unfinished or moved environment (.venv)")
        shutil.rmtree(str(root / ".venv"), ignore_errors=True)
        stamp = {}
    groups = sorted(
        {*groups, *stamp.get("groups", [])}
    )  # never uninstall what another command needs

    unfinished(root).write_text("An environment is being made here.\n")
    started = time.monotonic()
    say("Installing the locked packages into .venv (needed once) ...")
    try:
        installer.install(root, groups, python_program(), exact="root" in stamp)
    except IndexUnreachable:
        unfinished(root).unlink()  # uv downloads everything before it touches .venv
        raise
    stamp_path(root).write_text(json.dumps(new_stamp(root, groups)))
    unfinished(root).unlink()
    say(f"The environment is ready after {time.monotonic() - started:.0f} s")


def new_stamp(root: Path, groups: "list[str]") -> "dict[str, object]":
    return {
        "locked": hash_of(root / "uv.lock", root / "pyproject.toml"),
        "python": f"{platform.python_version()} {python_program()}",
        "root": str(root),  # programs in .venv name their interpreter by its whole path
        "groups": groups,
    }


def without_groups(stamp: "dict") -> "dict":
    return {key: value for key, value in stamp.items() if key != "groups"}


def read_stamp(root: Path) -> "dict":
    try:
        return dict(json.loads(stamp_path(root).read_text()))
    except (OSError, ValueError):
        return {}


def stamp_path(root: Path) -> Path:
    return root / ".venv" / ".made-by-manage"


def unfinished(root: Path) -> Path:
    return root / ".uv" / "unfinished"


def hash_of(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def python_program() -> str:
    """The interpreter itself, also when this runs inside some virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


@contextmanager
def only_one(root: Path) -> "Iterator[None]":
    """One process at a time makes the environment; the system frees the lock of a killed one."""
    import fcntl  # not on every system, and a system without it is refused before

    (root / ".uv").mkdir(exist_ok=True)
    with (root / ".uv" / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another manage.py is preparing the environment; waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
