"""The books: posting, many writers, large entries, balances, verifying, attacks.

Floors are measured in the same run and take turns with what is measured, so that a slow
moment of the machine meets both. The peer is django-hordak, on the same server.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import (
    ledger_attacks,
    ledger_files,
    ledger_posts,
    ledger_reading,
    ledger_sqlite,
    ledger_writers,
)
from bench.ledger_sites import SITE_USER, site_on


def run() -> Iterator[dict[str, Any]]:
    """Every row of the table, each as soon as it is measured; some minutes in all."""
    with durable_server() as (server, url, site_url), tempfile.TemporaryDirectory() as folder:
        with site_on(url, Path(folder), ledger_writers.ACCOUNTS + 1, site_url) as site:
            for disk in (ledger_posts.THIS_DISK, ledger_posts.PLAIN_DISK):
                yield from ledger_posts.run(site, url, site_url, hordak_on(server), disk)
            yield from ledger_posts.large(site, url, site_url)
            yield from ledger_writers.run(site, site_url, hordak_on(server))
            yield from ledger_reading.run(site, url)
        attacked = [it.replace("/site?", "/attacked?") for it in (url, site_url)]
        yield from ledger_attacks.run(*attacked)
    yield from ledger_sqlite.run()
    yield from ledger_files.verifying()


@contextmanager
def durable_server() -> Iterator[tuple[Any, str, str]]:
    """A server that waits for the disk; the owner's address and the site's."""
    from tests import postgres  # noqa: PLC0415  the server comes from a wheel of the tests

    with postgres.folder() as place:
        server = postgres.Server(place, shared_buffers="256MB", max_wal_size="4GB").create().start()
        try:
            for statement in (
                "CREATE DATABASE site",
                "CREATE DATABASE hordak",
                "CREATE DATABASE attacked",
                f"CREATE ROLE {SITE_USER} LOGIN",
            ):
                server.sql(statement)
            url = server.url("site")
            yield server, url, url.replace("postgres@", f"{SITE_USER}@")
        finally:
            server.stop()


def hordak_on(server: Any) -> dict[str, Any]:
    return {"NAME": "hordak", "USER": "postgres", "HOST": str(server.folder), "PORT": "5432"}
