"""One row per thing that happened: the audit trail, the outbox and the public feed.

`emit` writes the event and one delivery per subscriber inside the transaction
that makes it true. `deliver` later runs each subscriber in a transaction of its
own, so a subscriber's effects and its tick are saved together or not at all.
What fails is tried again, ever later; after `GIVE_UP_AFTER` attempts it stands on
the dead-letter list until somebody asks for another try.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import JSON, Text, func, insert
from sqlmodel import Field, Session, SQLModel, col, select

from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor

Subscriber = Callable[[Session, "Event"], None]
_subscribers: dict[str, dict[str, Subscriber]] = {}
_wake_worker: list[Callable[[], None]] = []
GIVE_UP_AFTER = 5
log = structlog.get_logger(__name__)


class Event(SQLModel, table=True):
    __tablename__ = "event"
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    occurred_at: datetime = Field(index=True)
    name: str = Field(index=True)
    org_id: UUID = Field(index=True)
    subject_id: UUID = Field(index=True)
    actor_id: UUID | None = None
    actor_org_id: UUID | None = None
    facts: dict[str, Any] = Field(sa_type=JSON)


class Delivery(SQLModel, table=True):
    __tablename__ = "delivery"

    event_id: int = Field(foreign_key="event.id", primary_key=True)
    subscriber: str = Field(primary_key=True)
    done_at: datetime | None = Field(default=None, index=True)
    attempts: int = 0
    try_at: datetime
    problem: str = Field(default="", sa_type=Text)


_ADD = insert(Event).inline()


def on(event_name: str) -> Callable[[Subscriber], Subscriber]:
    """Subscribe a job: `@on("pools.became_ready")`. The job is named after itself."""

    def subscribe(job: Subscriber) -> Subscriber:
        _subscribers.setdefault(event_name, {})[_name_of(job)] = job
        return job

    return subscribe


def _name_of(job: Callable[..., Any]) -> str:
    return f"{job.__module__.split('.')[-2]}.{job.__name__}"


def subscribers() -> dict[str, dict[str, Subscriber]]:
    return _subscribers


def emit(session: Session, actor: Actor, name: str, subject: Any, **facts: Any) -> None:
    """Record that `name` happened, in the same transaction as the change itself.

    `subject` has `id` and `org_id`; `facts` are JSON values without personal data.
    """
    told = {
        "occurred_at": clock.now(),
        "name": name,
        "org_id": subject.org_id,
        "subject_id": subject.id,
        "actor_id": actor.user_id,
        "actor_org_id": actor.org_id,
        "facts": facts,
    }
    jobs = _subscribers.get(name)
    if not jobs:  # a plain row: to flush an object for it would cost twice as much
        session.connection().execute(_ADD, told)
        return
    event = Event(**told)
    session.add(event)
    session.flush()
    for job in jobs:
        session.add(Delivery(event_id=event.id or 0, subscriber=job, try_at=clock.now()))
    wake_worker(session)


def wake_worker(session: Session) -> None:
    """Have a worker look for work once this transaction has committed."""
    for wake in _wake_worker:
        db.after_commit(session, wake)


def on_new_deliveries(wake: Callable[[], None]) -> None:
    """Let the queue know what to do once something waits in the outbox."""
    if wake not in _wake_worker:
        _wake_worker.append(wake)


def deliver() -> int:
    """Run what is due, oldest first, until nothing is; return how many succeeded."""
    done, tried = 0, set[tuple[int, str]]()
    # What another worker holds at this moment stays due: it is asked for once, not in circles.
    while keys := [key for key in _due() if key not in tried]:
        tried.update(keys)
        done += sum([_deliver_one(*key) for key in keys])
    return done


def _due() -> list[tuple[int, str]]:
    query = (
        select(Delivery.event_id, Delivery.subscriber)
        .where(
            col(Delivery.done_at).is_(None),
            Delivery.attempts < GIVE_UP_AFTER,
            Delivery.try_at <= clock.now(),
        )
        .order_by(col(Delivery.event_id), col(Delivery.subscriber))
        .limit(500)
    )
    with db.transaction() as session:
        return list(session.exec(query).all())


def _deliver_one(event_id: int, subscriber: str) -> bool:
    try:
        with db.transaction() as session:
            delivery = _waiting(session, event_id, subscriber)
            if delivery is None:  # another worker was quicker
                return False
            event = session.exec(select(Event).where(Event.id == event_id)).one()
            with tenancy.everyone("a job follows from an event of any organization"):
                _subscribers[event.name][subscriber](session, event)
                session.flush()
            delivery.done_at = clock.now()
    except Exception as problem:  # the event stays; a later run tries again
        log.exception("delivery failed", event_id=event_id, subscriber=subscriber)
        _put_off(event_id, subscriber, problem)
        return False
    return True


def _waiting(session: Session, event_id: int, subscriber: str) -> Delivery | None:
    query = (
        select(Delivery)
        .where(
            Delivery.event_id == event_id,
            Delivery.subscriber == subscriber,
            col(Delivery.done_at).is_(None),
        )
        .with_for_update(skip_locked=True)
    )
    return session.exec(query).one_or_none()


def _put_off(event_id: int, subscriber: str, problem: Exception) -> None:
    with db.transaction() as session:
        if delivery := _waiting(session, event_id, subscriber):
            delivery.attempts += 1
            delivery.try_at = clock.now() + timedelta(seconds=15 * 4**delivery.attempts)
            delivery.problem = repr(problem)[:2000]


def dead_letters(session: Session) -> list[tuple[Delivery, Event]]:
    """Deliveries given up, newest first."""
    query = (
        select(Delivery, Event)
        .where(
            Event.id == Delivery.event_id,
            col(Delivery.done_at).is_(None),
            Delivery.attempts >= GIVE_UP_AFTER,
        )
        .order_by(col(Delivery.event_id).desc())
        .limit(200)
    )
    return list(session.exec(query).all())


def try_again(session: Session, event_id: int, subscriber: str) -> None:
    """Put a dead letter back in the queue."""
    if delivery := _waiting(session, event_id, subscriber):
        delivery.attempts = 0
        delivery.try_at = clock.now()


def newest_mark(session: Session) -> tuple[int, int]:
    """What changes whenever an event is added: whatever is shown can only have changed with it.

    Two numbers, since on PostgreSQL an event with a lower number may be committed after one
    with a higher number: then the sum of the newest hundred changes.
    """
    newest = select(col(Event.id)).order_by(col(Event.id).desc()).limit(100).subquery()
    last, total = session.exec(select(func.max(newest.c.id), func.sum(newest.c.id))).one()
    return last or 0, int(total or 0)
