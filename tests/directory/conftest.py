"""What the tests of the directory may ask for."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from marketplace.core import db
from marketplace.core.access import Actor
from marketplace.directory import service
from marketplace.directory.readers import read_file


@pytest.fixture
def write(tmp_path):
    """Put a file somewhere: `write("districts.csv", b"...")`."""

    def put(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return put


@pytest.fixture
def read(write):
    """Read a small file of our own: `read("ussd23.xls", saipe(...))`."""
    return lambda name, content: read_file(write(name, content))


@pytest.fixture
def take_in(app, write):
    """Import a small file as the machine's operator would."""

    def run(name, content):
        with app.app_context(), db.transaction() as session:
            return service.import_file(session, Actor.system(), write(name, content))

    return run


@pytest.fixture
def queries_counted(look):
    """What is asked of the database: `with queries_counted() as asked: ...`."""

    @contextmanager
    def watch():
        asked = []

        def note(_connection, _cursor, sql, *_):
            if sql.startswith("SELECT"):
                asked.append(sql)

        engine = look.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        yield asked
        event.remove(engine, "before_cursor_execute", note)

    return watch
