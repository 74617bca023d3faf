import pytest
from sqlalchemy import event

from tests.uptake.world import World


@pytest.fixture
def world(make):
    return World(make.session)


@pytest.fixture
def count_queries(app):
    """How many statements a call sends: `count_queries(lambda: client.get("/open"))`."""

    def counted(call):
        sent = []

        def note(_connection, _cursor, sql, *_rest):
            sent.append(sql)

        # The reading engine shares the listeners of the one it was made from.
        engine = app.extensions["engine"]
        event.listen(engine, "before_cursor_execute", note)
        call()
        event.remove(engine, "before_cursor_execute", note)
        return sum(sql.lstrip()[:6].upper() == "SELECT" for sql in sent)

    return counted
