"""One writer: what a durable post costs beside two bare rows, and how it grows with its lines.

A ratio to bare rows says as much about the disk as about the post: where a flush costs nothing,
only processor time is left to compare. So the same rows are measured twice, on the disk that is
there and on one whose flush takes as long as an ordinary server's (`commit_delay`, for all alike).
"""

import math
import statistics
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from bench.ledger_sites import (
    BARE_MANY,
    BARE_TABLE,
    Site,
    bare_pair,
    hordak_poster,
    post_by_the_driver,
    post_through_the_site,
    prepare_hordak,
    text_of,
)
from marketplace.core import clock
from marketplace.ledger.rules import Leg

ROUNDS, BURST = 30, 10
SPLITS = (1_000, 13_000)


class Disk(NamedTuple):
    """What is added to each flush, in millionths of a second, so that it takes its time."""

    name: str
    slower_by: int


THIS_DISK = Disk("", 0)
#: Between the 183 and 425 us of the servers that docs/adr/0006 was measured on, with the rest
#: of a flush here on top.
PLAIN_DISK = Disk(", a flush 0.3 ms slower", 300)


def run(
    site: Site, url: str, site_url: str, hordak: dict[str, Any], disk: Disk
) -> list[dict[str, Any]]:
    books = site.books[0]
    prepare_hordak(hordak, 2)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"ALTER SYSTEM SET commit_delay = {disk.slower_by}")
        owner.execute("ALTER SYSTEM SET commit_siblings = 0")
        owner.execute("SELECT pg_reload_conf(), pg_sleep(1)")
    peer = hordak_poster(hordak)
    with (
        psycopg.connect(site_url, autocommit=True) as driver,
        psycopg.connect(url, autocommit=True) as bare,
        site.app.app_context(),
    ):
        bare.execute(BARE_TABLE)
        times = _in_turns(
            {
                "bare": lambda i: bare_pair(bare, books),
                "driver": lambda i: post_by_the_driver(driver, books),
                "site": lambda i: post_through_the_site(site.app, books),
                "hordak": peer,
            }
        )
        half = {name: statistics.median(found) for name, found in times.items()}
        post, site_post = f"durable post{disk.name}", f"post through the site's path{disk.name}"
        return [
            ratio(post, half["driver"] / half["bare"], 2.3,
                  f"two bare rows in one round trip: {half['bare'] * 1e6:.0f} us"),
            ratio(post, half["driver"] / half["hordak"], 0.5,
                  f"django-hordak: {half['hordak'] * 1e6:.0f} us"),
            ratio(site_post, half["site"] / half["driver"], 1.7,
                  f"the bare driver's post: {half['driver'] * 1e6:.0f} us"),
        ]  # fmt: skip


def large(site: Site, url: str, site_url: str) -> list[dict[str, Any]]:
    with (
        psycopg.connect(site_url, autocommit=True) as driver,
        psycopg.connect(url, autocommit=True) as bare,
    ):
        bare.execute("ALTER SYSTEM RESET commit_delay")
        bare.execute("SELECT pg_reload_conf(), pg_sleep(1)")
        return _large(site.books[0], driver, bare)


def _in_turns(kinds: dict[str, Callable[[int], Any]]) -> dict[str, list[float]]:
    """Seconds of each call: bursts of each kind, over and over."""
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(ROUNDS):
        for name, call in kinds.items():
            for i in range(BURST):
                taken = seconds(lambda: call(i))  # noqa: B023  called at once
                if turn:  # the first burst warms the connection
                    times[name].append(taken)
    return times


def _large(books: UUID, driver: Any, bare: Any) -> list[dict[str, Any]]:
    """One split with thousands of lines, beside as many bare rows in one statement."""
    ours: dict[int, list[float]] = {count: [] for count in SPLITS}
    floor: list[float] = []
    for _ in range(5):
        for count in SPLITS:
            text = text_of(books, split_of(count))
            post = "SELECT * FROM ledger_post(%s)"
            ours[count].append(seconds(lambda: driver.execute(post, (text,))))  # noqa: B023
        legs = split_of(SPLITS[-1])
        values = (books, [leg.account for leg in legs], [leg.cents for leg in legs])
        floor.append(seconds(lambda: bare.execute(BARE_MANY, values)))  # noqa: B023
    small, large = (statistics.median(ours[count]) for count in SPLITS)
    exponent = math.log(large / small) / math.log(SPLITS[-1] / SPLITS[0])
    raw = statistics.median(floor)
    return [
        ratio("one split with 13,000 lines", large / raw, 15,
              f"as many bare rows in one statement: {raw:.3f} s"),
        ratio("its growth from 1,000 lines", exponent, 1.1, "1 is linear", unit="exponent"),
    ]  # fmt: skip


def split_of(count: int) -> tuple[Leg, ...]:
    owed = tuple(Leg(f"receivable:{i:07}", 1_000 + i) for i in range(1, count))
    return (*owed, Leg("payable:brightpath", -sum(leg.cents for leg in owed)))


def seconds(call: Callable[[], Any]) -> float:
    began = clock.stopwatch()
    call()
    return clock.stopwatch() - began


def ratio(
    name: str, value: float, most: float, against: str, unit: str = "ratio"
) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 6 if value < 0.01 else 3),
        "goal": f"<= {most:g}",
        "ok": value <= most,
        "unit": unit,
        "against": against,
    }


def at_least(
    name: str, value: float, least: float, against: str, unit: str = "ratio"
) -> dict[str, Any]:
    found = {"name": name, "value": round(value, 3), "goal": f">= {least:g}"}
    return {**found, "ok": value >= least, "unit": unit, "against": against}
