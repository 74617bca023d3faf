"""One writer at a time on SQLite, first come, first served.

SQLite lets whoever asks next have the write lock, and a loser sleeps ever longer: with
eight writers somebody waits for seconds. So writers of one process queue here, and the
one at the front takes a lock on a file beside the database, for which other processes ask
often enough that none waits long.
"""

import fcntl
import os
import threading
import time
from collections import deque
from pathlib import Path
from sqlite3 import Connection, OperationalError
from typing import Any

PATIENCE_SECONDS = 10.0
ASK_AGAIN_SECONDS = 0.001


class Turns:
    """The queue of one database file in this process."""

    def __init__(self, database: str) -> None:
        self._path = Path(f"{database}-turn")
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._busy = False
        self._file: int | None = None
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        """A forked process has no writers yet, and needs an open file of its own."""
        self._guard = threading.Lock()
        self._waiting, self._busy = deque(), False
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def take(self) -> None:
        patient_until = time.monotonic() + PATIENCE_SECONDS
        self._stand_in_line()
        try:
            self._lock_file(patient_until)
        except BaseException:
            self._next()
            raise

    def _stand_in_line(self) -> None:
        with self._guard:
            if not self._busy:
                self._busy = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(PATIENCE_SECONDS):
            return
        with self._guard:
            if not turn.is_set():
                self._waiting.remove(turn)
                raise OperationalError("database is locked: another writer does not end")

    def _lock_file(self, patient_until: float) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > patient_until:
                    raise OperationalError("database is locked by another process") from None
                time.sleep(ASK_AGAIN_SECONDS)
            else:
                return

    def give_back(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._next()

    def _next(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._busy = False


class TakingTurns(Connection):
    """A connection that gives its turn back when its transaction has ended."""

    turns: Turns | None = None
    has_turn = False

    def take_turn(self) -> None:
        if self.turns is not None:
            self.turns.take()
            self.has_turn = True

    def _give_back(self) -> None:
        if self.has_turn and not self.in_transaction:
            self.has_turn = False
            if self.turns is not None:
                self.turns.give_back()

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self._give_back()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._give_back()

    def close(self) -> None:
        super().close()
        if self.has_turn and self.turns is not None:
            self.has_turn = False
            self.turns.give_back()


def queue_at(database: str) -> Any:
    """How to connect so that writers of this file take turns."""
    turns = Turns(database) if database and database != ":memory:" else None

    class Connected(TakingTurns):
        pass

    Connected.turns = turns
    return Connected
