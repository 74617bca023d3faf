"""Statements: loaded once, linked to bills, confirmed by a second person, undone."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlmodel import select

from marketplace.accounts import login
from marketplace.core import clock, db, tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.orders import held_queries, pending_queries, queries
from marketplace.orders.pending_rules import PendingState
from marketplace.orders.pending_service import confirm_payment, record_payment
from marketplace.remittance.models import BankFile, BankLine
from marketplace.remittance.rules import Column, DateOrder, LineState
from marketplace.remittance.service import (
    choose_columns,
    ignore_line,
    import_statement,
    match_line,
    match_sure_lines,
    undo_line,
)
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.orders.conftest import (  # noqa: F401  fixtures of the same people and bills
    a_check,
    across,
    people,
    press,
    read,
    two_bills,
)
from tests.remittance.test_rules import CSV, OFX_2

COLUMNS = {
    Column.DATE: 0,
    Column.TEXT: 1,
    Column.CHECK: 2,
    Column.MONEY_OUT: 3,
    Column.MONEY_IN: 4,
}


def csv_of(*rows):
    return ("Posting Date,Description,Check Number,Debit,Credit\n" + "\n".join(rows)).encode()


@pytest.fixture
def load(act):
    """Load rows as a CSV file of the vendor's account."""

    def run(user, org_id, *rows, name="nov.csv", content=None):
        file = act(
            user,
            import_statement,
            org_id,
            account_name="Operating",
            name=name,
            content=content or csv_of(*rows),
        )
        if file.read_at is None:
            facts = {"columns": COLUMNS, "date_order": DateOrder.MONTH_FIRST}
            file = act(user, choose_columns, file.id, **facts)
        return file

    return run


def the_lines(look, state=None):
    look.rollback()
    query = select(BankLine).order_by(BankLine.posted_on, BankLine.key)
    return [line for line in look.exec(query) if state is None or line.state is state]


def test_the_same_file_and_the_same_lines_come_in_once(two_bills, load, look):  # noqa: F811
    first, _second, who = two_bills
    user, org = who["finance"], first.vendor_id

    one = load(user, org, content=CSV.encode())
    again = load(user, org, content=CSV.encode(), name="copy.csv")
    more = load(user, org, content=(CSV + "11/13/2026,INTEREST,,,1.00\n").encode())

    assert one.id == again.id
    assert (one.lines, one.new_lines) == (4, 4)
    assert more.read_at is not None  # its columns were remembered
    assert (more.lines, more.new_lines) == (5, 1)
    assert [line.state for line in the_lines(look)].count(LineState.OUT) == 1
    assert len(the_lines(look)) == 5


@on_sqlite
def test_only_who_keeps_the_books_loads_a_statement(two_bills, load, act):  # noqa: F811
    first, _second, who = two_bills
    for role in ("editor", "buyer", "convener"):
        with pytest.raises((NotAllowed, NotFound)):
            load(who[role], first.vendor_id, "11/10/2026,X,,,5")
    load(who["agent"], first.consortium_id, "11/10/2026,X,,,5")


@on_sqlite
def test_a_file_that_cannot_be_read_leaves_nothing(two_bills, load, look):  # noqa: F811
    first, _second, who = two_bills
    bad = OFX_2.replace("USD", "CAD").encode()
    with pytest.raises(RuleBroken, match="not in USD"):
        load(who["finance"], first.vendor_id, content=bad, name="x.ofx")
    assert look.exec(select(BankFile)).all() == []
    load(who["finance"], first.vendor_id, content=OFX_2.encode(), name="x.ofx")
    other = OFX_2.replace("<ACCTID>5678", "<ACCTID>1111").encode()
    with pytest.raises(RuleBroken, match="ending in 1111") as refusal:
        load(who["finance"], first.vendor_id, content=other, name="y.ofx")
    assert refusal.value.field == "account_name"


@on_sqlite
def test_a_line_split_over_two_bills_is_confirmed_and_cannot_be_undone_then(
    two_bills,  # noqa: F811
    load,
    act,
    look,
):
    first, second, who = two_bills
    load(who["second finance"], first.vendor_id, "11/16/2026,DEPOSIT,10442,,1200.00")
    line = the_lines(look)[0]
    parts = {first.id: 112_501, second.id: 7_499}
    link = across(match_line)

    with pytest.raises(RuleBroken, match="Change them until they add up"):
        act(who["second finance"], link, line.id, {first.id: 112_501})
    for _twice in range(2):
        assert act(who["second finance"], link, line.id, parts).state is LineState.LINKED
    with pytest.raises(RuleBroken, match="linked already"):
        act(who["second finance"], link, line.id, {first.id: 120_000})
    undone = act(who["second finance"], across(undo_line), line.id)
    assert undone.state is LineState.OPEN
    look.rollback()
    states = [p.state for p in pending_queries.pending_of(look, first.id)]
    assert states == [PendingState.TAKEN_BACK]
    act(who["second finance"], link, line.id, parts)
    look.rollback()
    for bill in (first, second):
        waits = pending_queries.payments_waiting_on(look, bill.id)
        act(who["buyer"], across(confirm_payment), waits[0].id)
    with pytest.raises(RuleBroken, match="stands in the books"):
        act(who["second finance"], across(undo_line), line.id)

    look.rollback()
    assert queries.get_invoice(look, first.id).open_cents == 0
    assert queries.get_invoice(look, second.id).paid_cents == 7_499
    paid = queries.payments_of(look, second.id)[0]
    assert (paid.reference, paid.paid_on) == ("10442", date(2026, 11, 16))


@on_sqlite
def test_the_statement_confirms_what_somebody_else_wrote_down(
    two_bills,  # noqa: F811
    load,
    act,
    look,
):
    first, _second, who = two_bills
    noted = a_check(amount_cents=112_501)
    act(who["buyer"], across(record_payment), first.id, **noted)
    load(who["finance"], first.vendor_id, "11/16/2026,DEPOSIT,0010442,,1125.01")
    line = the_lines(look)[0]

    act(who["finance"], across(match_line), line.id, {first.id: 112_501})

    look.rollback()
    assert queries.get_invoice(look, first.id).open_cents == 0
    with pytest.raises(RuleBroken, match="confirmed a payment that now stands"):
        act(who["finance"], across(undo_line), line.id)


@on_sqlite
def test_more_than_the_bill_is_asked_about_and_held(two_bills, load, act, look):  # noqa: F811
    first, _second, who = two_bills
    load(who["finance"], first.vendor_id, "11/16/2026,DEPOSIT,,,1200.00")
    line = the_lines(look)[0]
    parts = {first.id: 120_000}

    with pytest.raises(RuleBroken, match="tick the box") as refusal:
        act(who["finance"], across(match_line), line.id, parts)
    assert refusal.value.field == "keep_rest"
    act(who["finance"], across(match_line), line.id, parts, keep_rest=True)
    look.rollback()
    pending = pending_queries.pending_of(look, first.id)[0]
    act(who["buyer"], across(confirm_payment), pending.id)
    look.rollback()
    assert held_queries.held_with(look, first)[0].left_cents == 120_000 - 112_501


@on_sqlite
def test_sure_lines_are_linked_together_and_each_bill_once(
    two_bills,  # noqa: F811
    load,
    act,
    look,
):
    first, second, who = two_bills
    rows = (
        f"11/16/2026,INVOICE {first.number},,,1125.01",
        f"11/15/2026,INV {first.number},,,1125.01",
        f"11/16/2026,INVOICE {second.number},,,1125.01",
        "11/16/2026,INTEREST,,,1.00",
    )
    load(who["finance"], first.vendor_id, *rows)

    assert act(who["finance"], across(match_sure_lines), first.vendor_id) == 2
    assert act(who["finance"], across(match_sure_lines), first.vendor_id) == 0

    left = the_lines(look, LineState.OPEN)
    assert sorted(line.cents for line in left) == [100, 112_501]
    interest = next(line for line in left if line.cents == 100)
    for _twice in range(2):
        assert act(who["finance"], ignore_line, interest.id).state is LineState.IGNORED
    assert act(who["finance"], across(undo_line), interest.id).state is LineState.OPEN


@on_postgresql
def test_two_loads_of_one_file_at_once_keep_each_line_once(app, two_bills, look):  # noqa: F811
    first, _second, who = two_bills

    def load_it(n):
        with clock.frozen(NOW), app.app_context(), tenancy.everyone("two at once"):
            with db.transaction() as session:
                actor = login.actor_for(session, who["finance"])
            try:
                with db.transaction() as session:
                    import_statement(
                        session,
                        actor,
                        first.vendor_id,
                        account_name="Operating",
                        name=f"{n}.ofx",
                        content=OFX_2.replace("211", f"21{n % 2}").encode(),
                    )
            except Exception as problem:  # whoever comes second to a new account tries again
                return type(problem).__name__
        return "done"

    assert load_it(0) == "done"
    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(load_it, range(6))) == {"done"}
    assert len(the_lines(look)) == 1


# -- pages -------------------------------------------------------------------------------------


@on_sqlite
def test_from_a_csv_file_to_a_linked_bill(two_bills, client_for, look):  # noqa: F811
    first, _second, who = two_bills
    client = client_for(who["second finance"])
    bank = f"/v/{first.printed['vendor']['slug']}/bank"
    assert "No statement yet" in client.get(bank).text

    def upload(content, name="nov.csv"):
        file = (io.BytesIO(content), name)
        return client.send(f"{bank}/import", account_name="Operating", file=file)

    refused = upload(b"nothing")
    assert refused.status_code == 422
    assert 'value="Operating"' in refused.text
    assert "no rows below a header" in refused.text
    row = f"11/16/2026,INVOICE {first.number},,,1125.01"
    ask = upload(csv_of(row)).location
    columns = {"date": "0", "text": "1", "check": "2", "money_out": "3", "money_in": "1"}
    columns |= {"amount": "", "number": "", "date_order": "month_first"}
    assert client.send(ask, **columns).status_code == 422
    assert client.send(ask, **columns | {"money_in": "4"}).location == bank
    page = client.get(bank).text
    assert "Invoice number and amount fit" in page
    line = the_lines(look)[0]
    there = f"{bank}/lines/{line.id}"
    part = {"invoice": str(first.id), f"part-{first.id}": "1,125.00"}
    refused = client.send(there, **part)
    assert refused.status_code == 422
    assert 'value="1,125.00"' in refused.text
    assert client.send(there, **part | {f"part-{first.id}": "1125.01"}).status_code == 302
    assert "Undo the link" in client.get(there).text
    assert press(client, there, f"{there}/undo").status_code == 302
    assert press(client, bank, f"{bank}/sure-lines").status_code == 302
    assert "Invoice " in client.get(f"{bank}?show=linked").text
    for stranger in ("buyer", "editor", "agent"):
        for url in (bank, there, ask):
            assert client_for(who[stranger]).get(url).status_code == 404


@on_sqlite
def test_the_list_needs_as_many_queries_for_many_lines(
    two_bills,  # noqa: F811
    load,
    client_for,
    app,
):
    from tests.orders.conftest import count_queries  # noqa: PLC0415

    first, _second, who = two_bills
    counting = count_queries.__wrapped__(app)
    client = client_for(who["finance"])
    bank = f"/v/{first.printed['vendor']['slug']}/bank"
    load(who["finance"], first.vendor_id, "11/16/2026,ONE,,,1125.01")
    client.get(bank)
    with counting() as few:
        client.get(bank)
    rows = (f"11/{day:02}/2026,INVOICE {first.number},,,{day}.00" for day in range(1, 17))
    load(who["finance"], first.vendor_id, *rows)
    with counting() as many:
        assert "INVOICE" in client.get(bank).text

    assert len(few) == len(many) < 20
