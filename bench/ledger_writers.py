"""Eight writers at once: in one consortium's books, and spread over sixty-four."""

import multiprocessing
import statistics
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import errors

from bench.ledger_posts import at_least, ratio
from bench.ledger_sites import Site, hordak_poster, post_by_the_driver, prepare_hordak
from marketplace.core import clock

WRITERS, SECONDS, ROUNDS = 8, 3.0, 3
ACCOUNTS = 64


class Spell(NamedTuple):
    """What one writer did in a few seconds."""

    posts: int
    errors: int
    deadlocks: int
    slowest: float


def run(site: Site, site_url: str, hordak: dict[str, Any]) -> list[dict[str, Any]]:
    prepare_hordak(hordak, ACCOUNTS)
    hot, spread = site.books[:1], site.books[:ACCOUNTS]
    found: dict[str, list[list[Spell]]] = {"hot": [], "spread": [], "hordak": []}
    with _writers() as pool:
        for _ in range(ROUNDS):
            found["hot"].append(_at_once(pool, _ours, site_url, hot))
            found["spread"].append(_at_once(pool, _ours, site_url, spread))
            found["hordak"].append(_at_once(pool, _theirs, hordak, ACCOUNTS))
    each = {name: _per_second(rounds) for name, rounds in found.items()}
    ours = [spell for name in ("hot", "spread") for round_ in found[name] for spell in round_]
    counts = f"{sum(s.posts for s in ours):,} posts of {WRITERS} writers"
    return [
        ratio("errors of eight writers", sum(s.errors for s in ours), 0, counts, "errors"),
        ratio("deadlocks of eight writers", sum(s.deadlocks for s in ours), 0, counts, "deadlocks"),
        at_least("eight writers over 64 consortia", each["spread"] / each["hordak"], 2,
                 f"django-hordak over 64 accounts: {each['hordak']:.0f} posts a second"),
        at_least("eight writers in one consortium", each["hot"] / each["hordak"], 0.5,
                 f"the same; ours {each['hot']:.0f} posts a second"),
    ]  # fmt: skip


def _per_second(rounds: list[list[Spell]]) -> float:
    return statistics.median(sum(spell.posts for spell in spells) for spells in rounds) / SECONDS


def _writers() -> Any:
    """Processes, not threads: a slow client must not slow the others down."""
    context = multiprocessing.get_context("spawn")
    return context.Pool(WRITERS, _wait_for, (context.Barrier(WRITERS),))


def _at_once(pool: Any, writer: Callable[..., Spell], *arguments: Any) -> list[Spell]:
    """One task for each process, since they wait for each other before they begin."""
    waiting = [pool.apply_async(writer, (i, *arguments)) for i in range(WRITERS)]
    return [spell.get() for spell in waiting]


_together: Any = None


def _wait_for(together: Any) -> None:
    global _together
    _together = together


def _ours(number: int, url: str, books: list[UUID]) -> Spell:
    with psycopg.connect(url, autocommit=True) as connection:
        here = books[number % len(books) :] + books[: number % len(books)]
        return _spell(lambda i: post_by_the_driver(connection, here[i % len(here)]))


def _theirs(number: int, settings: dict[str, Any], accounts: int) -> Spell:
    post = hordak_poster(settings, accounts)
    return _spell(lambda i: post(number * accounts // WRITERS + i))


def _spell(post: Callable[[int], None]) -> Spell:
    post(0)
    _together.wait(60)  # a writer that could not begin must not keep the others for ever
    done = failed = stuck = 0
    slowest, until = 0.0, clock.stopwatch() + SECONDS
    while (began := clock.stopwatch()) < until:
        try:
            post(done)
            done += 1
        except errors.DeadlockDetected:
            stuck += 1
        except psycopg.Error:
            failed += 1
        slowest = max(slowest, clock.stopwatch() - began)
    return Spell(done, failed, stuck, slowest)
