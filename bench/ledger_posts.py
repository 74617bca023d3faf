"""One writer: what a durable post costs beside two bare rows, and how it grows with its lines."""

import math
import statistics
from collections.abc import Callable
from typing import Any
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


def run(site: Site, url: str, site_url: str, hordak: dict[str, Any]) -> list[dict[str, Any]]:
    books = site.books[0]
    prepare_hordak(hordak, 2)
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
        return [
            ratio("durable post, p50", half["driver"] / half["bare"], 2.3,
                  f"two bare rows in one round trip: {half['bare'] * 1e6:.0f} us"),
            ratio("durable post, p50", half["driver"] / half["hordak"], 0.5,
                  f"django-hordak: {half['hordak'] * 1e6:.0f} us"),
            ratio("post through the site's own path, p50", half["site"] / half["driver"], 1.7,
                  f"the bare driver's post: {half['driver'] * 1e6:.0f} us"),
            *_large(books, driver, bare),
        ]  # fmt: skip


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
