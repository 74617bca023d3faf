"""Who buys, sells and keeps the money in the tests of orders."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import wraps
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import User
from marketplace.accounts.rules import Role
from marketplace.core import tenancy
from marketplace.orders import pending_service, queries
from marketplace.orders.rules import PaymentMeans


def across(use_case):
    """As the pages do: a bill is the district's row, written by the side that is owed."""

    @wraps(use_case)
    def run(session, actor, *args, **kwargs):
        with tenancy.everyone("billing and payments write the district's rows"):
            done = use_case(session, actor, *args, **kwargs)
            session.flush()
            return done

    return run


def in_two_hands(session, actor, invoice_id, **facts):
    """A payment as it comes about: this person writes it down, somebody else confirms it."""
    pending = pending_service.record_payment(session, actor, invoice_id, **facts)
    invoice = queries.get_invoice(session, invoice_id)
    people = select(User.id).where(col(User.id).not_in([actor.user_id, invoice.issued_by]))
    other = session.exec(people.order_by(User.email).limit(1)).one()
    return pending_service.confirm_payment(session, replace(actor, user_id=other), pending.id)


pay = across(in_two_hands)


def press(client, page, url, **fields):
    """Send a form that has no page of its own, from the page its button stands on."""
    token = client.get(page).text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    return client.post(url, data={"csrf_token": token, **fields})


def a_check(**changes):
    facts = {
        "means": PaymentMeans.CHECK,
        "reference": "10442",
        "amount_cents": 112_501,
        "paid_on": date(2026, 11, 16),
        "once_key": uuid4().hex,
    }
    return facts | changes


@pytest.fixture
def two_bills(make, people):
    """Two invoices of one vendor to one district."""
    consortium, district = make.consortium(), make.district()
    tool = make.tool(make.vendor())
    make.member(consortium, district)
    bills = []
    for po in ("PO-1", "PO-2"):
        pool = make.cleared_pool(consortium, [district], po_number=po, tool=tool)
        bills.append(make.invoice(make.orders(pool)[0]))
    return *bills, people(bills[0])


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
