"""Who buys, sells and keeps the money in the tests of orders."""

from contextlib import contextmanager
from functools import wraps

import pytest
from sqlalchemy import event

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.core import tenancy


def across(use_case):
    """As the pages do: a bill is the district's row, written by the side that is owed."""

    @wraps(use_case)
    def run(session, actor, *args, **kwargs):
        with tenancy.everyone("billing and payments write the district's rows"):
            done = use_case(session, actor, *args, **kwargs)
            session.flush()
            return done

    return run


@pytest.fixture
def people(make):
    """`people(order)["finance"]`: one person of each kind around an order."""

    def around(order):
        ids = [order.org_id, order.vendor_id, order.consortium_id]
        found = accounts.organizations_by_id(make.session, ids)
        district, vendor, consortium = (found[i] for i in ids)
        return {
            "buyer": make.buyer(district),
            "viewer": make.person(district, Role.VIEWER),
            "finance": make.person(vendor, Role.FINANCE),
            "second finance": make.person(vendor, Role.FINANCE),
            "editor": make.person(vendor, Role.LISTING_EDITOR),
            "agent": make.person(consortium, Role.FISCAL_AGENT),
            "convener": make.person(consortium, Role.CONVENER),
        }

    return around


@pytest.fixture
def count_queries(app):
    """`with count_queries() as statements:` collects the SELECTs that run inside."""

    @contextmanager
    def counting():
        seen = []

        def note(_connection, _cursor, sql, *_rest):
            if sql.lstrip().upper().startswith("SELECT"):
                seen.append(sql)

        engine = app.extensions["engine"]
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting


@pytest.fixture
def read(look):
    """Ask as things stand now, after pages have changed them: `read(queries.get_order, id)`."""

    def ask(query, *args):
        look.rollback()
        with tenancy.everyone("test asserts"):
            found = query(look, *args)
            for row in found if isinstance(found, list) else [found]:
                if hasattr(row, "metadata"):
                    look.expunge(row)
            return found

    return ask
