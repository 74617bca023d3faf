"""Work that no request waits for: the outbox, letters, and what falls due by the clock.

The queue (huey) only says *when* to look; what there is to do stands in the database,
so a lost queue loses nothing and two workers do nothing twice.
"""

from collections.abc import Callable
from pathlib import Path

import structlog
from flask import Flask
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.serializer import SignedSerializer
from sqlmodel import Session

from marketplace.core import db, events, mail, tenancy

TimedJob = Callable[[Session], int]
OutwardJob = Callable[[], int]
_timed: dict[str, TimedJob] = {}
_outward: dict[str, OutwardJob] = {}
log = structlog.get_logger(__name__)


def timed(job: TimedJob) -> TimedJob:
    """Register a job that looks every minute for what has fallen due.

    It runs in a transaction of its own, sees all organizations, returns how much it did,
    and must be harmless to run twice.
    """
    _timed[f"{job.__module__.split('.')[-2]}.{job.__name__}"] = job
    return job


def outward(job: OutwardJob) -> OutwardJob:
    """Register a job that speaks to the network: it opens transactions of its own, and none is
    open while it waits for an answer. Returns how much it did; harmless to run twice."""
    _outward[f"{job.__module__.split('.')[-2]}.{job.__name__}"] = job
    return job


def timed_jobs() -> dict[str, TimedJob]:
    return _timed


def run_due() -> dict[str, int]:
    """Do everything that is due now; return what was done, by job."""
    done = {name: _run_timed(name, job) for name, job in sorted(_timed.items())}
    done |= {name: _run_outward(name, job) for name, job in sorted(_outward.items())}
    return done | {"events": events.deliver(), "letters": mail.post_letters()}


def _run_timed(name: str, job: TimedJob) -> int:
    try:
        # The scope is the outer one: what a job leaves to the commit is written in it too.
        with (
            tenancy.everyone("a timed job serves every organization"),
            db.transaction() as session,
        ):
            return job(session)
    except Exception:  # one job's failure must not stop the others
        log.exception("timed job failed", job=name)
        return 0


def _run_outward(name: str, job: OutwardJob) -> int:
    try:
        return job()
    except Exception:  # as above
        log.exception("outward job failed", job=name)
        return 0


def make_queue(url: str, secret: str, folder: Path) -> Huey:
    """SQLite by default; `postgresql://…` or `redis://…` for several machines."""
    serializer = SignedSerializer(secret=secret)
    if url.startswith("redis"):
        return RedisHuey("marketplace", url=url, serializer=serializer)
    if url.startswith("postgres"):
        dsn = url.replace("postgresql+psycopg://", "postgresql://", 1)
        return PostgresHuey("marketplace", dsn=dsn, serializer=serializer)
    folder.mkdir(parents=True, exist_ok=True)
    path = url.removeprefix("sqlite:///") if url else str(folder / "queue.db")
    return SqliteHuey("marketplace", filename=path, serializer=serializer)


def init_worker(app: Flask) -> Huey:
    """Connect the queue to the application; call once per process that works or enqueues."""
    queue = make_queue(
        app.config["QUEUE_URL"], app.config["SECRET_KEYS"][0], Path(app.config["VAR"])
    )

    def look_for_work() -> None:
        with app.app_context():
            run_due()

    soon = queue.task(retries=2, retry_delay=5)(look_for_work)
    queue.periodic_task(crontab(minute="*"), name="every_minute")(look_for_work)
    events.on_new_deliveries(lambda: _wake(soon))
    app.extensions["queue"] = queue
    return queue


def _wake(task: Callable[[], object]) -> None:
    try:
        task()
    except Exception:  # the queue is only a bell; the minute's round finds the work anyway
        log.exception("could not wake the worker")
