"""The diary of the demonstration world: what happens when, lived through in order of time."""

import gc
import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from sqlalchemy import update
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.catalogue.models import PriceSchedule, Tool
from marketplace.consortia.models import Consortium
from marketplace.core import clock, db, events, jobs, mail, tenancy
from marketplace.core.access import Actor
from marketplace.core.events import Delivery, Event

Step = Callable[..., Any]
FIRST_DAY = -505
#: Office hours at the three agencies, in UTC.
OPENS, OFFICE_MINUTES = time(14), 7 * 60
FRIDAY = 4
IS_WAITING = (col(Delivery.done_at).is_(None), col(Delivery.attempts) == 0)
WAITING = (
    select(Event, Delivery.subscriber)
    .join(Delivery, col(Delivery.event_id) == Event.id)
    .where(*IS_WAITING)
    .order_by(col(Delivery.event_id), col(Delivery.subscriber))
)


@dataclass
class Diary:
    """`later` writes a step down, `live` takes the steps in order of time.

    A step may write further steps down. What follows from events happens at the end of the
    same day, so that nothing is left for the worker to do a year too late.
    """

    session: Session
    now: datetime
    chance: random.Random = field(default_factory=lambda: random.Random("district commons"))
    organizations: dict[str, Organization] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    #: LEAID -> name and address of whoever buys there.
    contacts: dict[str, tuple[str, str]] = field(default_factory=dict)
    tools: dict[str, tuple[Tool, PriceSchedule]] = field(default_factory=dict)
    consortia: dict[str, Consortium] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    #: The district whose check was larger than its bill.
    overpaid: str = ""
    _steps: list[tuple[datetime, int, Step, tuple[Any, ...]]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Self]:
        now = clock.now().replace(second=0, microsecond=0)
        with (
            db.transaction() as session,
            tenancy.everyone("the seed builds every organization's rows"),
        ):
            collects = gc.isenabled()
            gc.disable()  # nothing of the year is garbage before it is written down
            try:
                yield cls(session, now)
            finally:
                if collects:
                    gc.enable()

    # -- time --------------------------------------------------------------------------------

    def day(self, offset: int) -> date:
        return (self.now + timedelta(days=offset)).date()

    def today(self) -> date:
        """The day of the step that happens now."""
        return clock.now().date()

    def at(self, offset: int, minute: int = 0) -> datetime:
        """So many days from today, `minute` minutes into the office hours; never yet to come.

        What falls on a weekend is done on the Friday before.
        """
        on = self.day(offset)
        on -= timedelta(days=max(0, on.weekday() - FRIDAY))
        then = datetime.combine(on, OPENS, UTC) + timedelta(minutes=minute % OFFICE_MINUTES)
        return min(then, self.now - timedelta(minutes=1)) if offset <= 0 else then

    def between(self, start: datetime, end: datetime, part: float) -> datetime:
        """In office hours after that part of the time; never yet to come."""
        last = min(end, self.now) - timedelta(minutes=2)
        then = start + (last - start) * part
        minute = int(part * 1009) % OFFICE_MINUTES
        in_office = datetime.combine(then.date(), OPENS, UTC) + timedelta(minutes=minute)
        return min(max(in_office, start), last)

    def workday(self, when: datetime) -> datetime:
        """Then, or on the Monday after."""
        late = when.weekday() - FRIDAY
        return when + timedelta(days=3 - late) if late > 0 else when

    # -- steps -------------------------------------------------------------------------------

    def later(self, when: datetime, step: Step, *facts: Any) -> None:
        """Write down that `step(diary, *facts)` happens then."""
        heapq.heappush(self._steps, (when, next(self._order), step, facts))

    def live(self) -> None:
        while self._steps:
            when, _, step, facts = heapq.heappop(self._steps)
            with clock.frozen(when):
                step(self, *facts)
                if not self._steps or self._steps[0][0].date() > when.date():
                    self.let_follow()
        with clock.frozen(self.now):
            self._let_fall_due()
            self.let_follow()
        self._post_letters()

    def let_follow(self) -> None:
        """Run the jobs that wait for events, as the worker does, until none is left."""
        while waiting := self.session.exec(WAITING).all():
            for event, subscriber in waiting:
                events.subscribers()[event.name][subscriber](self.session, event)
            done = update(Delivery).where(col(Delivery.event_id) <= event.id, *IS_WAITING)
            self.session.flush()
            self.session.connection().execute(done, {"done_at": clock.now()})

    def _let_fall_due(self) -> None:
        """What the worker looks for every minute: begun terms, ended terms, reminders."""
        for job in jobs.timed_jobs().values():
            job(self.session)

    def _post_letters(self) -> None:
        """Nobody gets a year of letters at once: they count as sent when they were written."""
        unsent = (col(mail.Letter.sent_at).is_(None), col(mail.Letter.recipient).like("%demo.test"))
        self.session.exec(update(mail.Letter).where(*unsent).values(sent_at=mail.Letter.written_at))
