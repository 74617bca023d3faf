"""Writers on SQLite take turns: in the order they came, across processes too."""

import os
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy.exc import OperationalError

from marketplace.core import db, turns

HOLD = """
import sys, time
from marketplace.core.turns import Turns
turn = Turns(sys.argv[1]); turn.take(); print("mine", flush=True); sys.stdin.readline()
turn.give_back(); print("yours", flush=True); sys.stdin.readline()
"""


def test_turns_are_taken_in_the_order_people_came(tmp_path):
    queue, order, threads = turns.Turns(str(tmp_path / "a.db")), [], []

    def write(number):
        queue.take()
        order.append(number)
        queue.give_back()

    queue.take()
    for number in range(8):
        threads.append(threading.Thread(target=write, args=(number,)))
        threads[-1].start()
        while len(queue._waiting) <= number:
            time.sleep(0.001)
    queue.give_back()
    for thread in threads:
        thread.join()

    assert order == list(range(8))


def test_another_process_waits_and_is_told_when_it_takes_too_long(tmp_path, monkeypatch):
    path = str(tmp_path / "a.db")
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=os.getcwd(),
    )  # fmt: skip
    assert other.stdout.readline() == "mine\n"
    queue = turns.Turns(path)
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(sqlite3.OperationalError, match="another process"):
        queue.take()

    other.stdin.write("go on\n")
    other.stdin.flush()
    assert other.stdout.readline() == "yours\n"
    queue.take()
    queue.give_back()
    other.communicate("end\n")


def test_a_writer_that_does_not_end_is_an_error_and_not_a_hang(tmp_path, monkeypatch):
    engine = db.make_engine(f"sqlite:///{tmp_path}/a.db")
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.05)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (v INTEGER)")
        with pytest.raises(OperationalError, match="database is locked"), engine.begin():
            pass
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    engine.dispose()


def test_a_transaction_that_fails_gives_its_turn_back(tmp_path):
    engine = db.make_engine(f"sqlite:///{tmp_path}/a.db")
    for sql in ("CREATE TABLE p (v INTEGER PRIMARY KEY)", "CREATE TABLE c (v REFERENCES p (v)"
                " DEFERRABLE INITIALLY DEFERRED)"):  # fmt: skip
        with engine.begin() as connection:
            connection.exec_driver_sql(sql)
    for _ in range(3):
        with pytest.raises(Exception, match="FOREIGN KEY"), engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO c VALUES (7)")
        with pytest.raises(ZeroDivisionError), engine.begin():
            raise ZeroDivisionError

    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM c").scalar() == 0
    engine.dispose()


def test_what_was_acknowledged_survives_a_power_cut(tmp_path):
    engine = db.make_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()
