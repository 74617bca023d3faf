"""Reminders of open bills: kind, each once, and none once a bill is paid."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from marketplace.orders import reminder_queries, reminder_rules
from marketplace.orders.invoice_service import issue_invoice
from marketplace.orders.pending_service import record_payment
from marketplace.orders.reminder_rules import Step
from marketplace.orders.reminder_service import say_board_date, send_reminders
from marketplace.orders.rules import PaymentMeans
from tests.conftest import NOW, on_sqlite
from tests.orders.conftest import across, pay

DUE = date(2027, 7, 1)


def at(day):
    return NOW + (day - NOW.date())


@pytest.fixture
def bill(make, people, act):
    order = make.order(make.district("Maple Hollow"))
    who = people(order)
    return act(who["finance"], across(issue_invoice), order.id), who


@pytest.fixture
def on_the_day(app):
    """Let the job run at noon of a day: how many letters it notes."""

    def run(day):
        with (
            app.app_context(),
            clock.frozen(at(day)),
            tenancy.everyone("a job"),
            db.transaction() as session,
        ):
            return send_reminders(session, Actor.system())

    return run


def steps(look, invoice):
    look.rollback()
    return [reminder.step for reminder in reminder_queries.reminders_of(look, invoice.id)]


@pytest.mark.parametrize(
    ("days", "step"),
    [(-15, None), (-14, "before"), (0, "due"), (29, "due"), (30, "late_30"), (400, "late_90")],
)
def test_the_step_of_a_day(days, step):
    assert reminder_rules.step_on(DUE, DUE + timedelta(days=days)) == step


def test_each_day_falls_into_the_span_of_its_step():
    for days in range(-20, 130):
        today = DUE + timedelta(days=days)
        spans = [reminder_rules.due_between(step, today) for step in Step]
        found = [step for step, (a, b) in zip(Step, spans, strict=True) if a <= DUE <= b]
        assert found == [s for s in [reminder_rules.step_on(DUE, today)] if s]


def test_each_letter_goes_out_once_and_missed_ones_are_not_made_up_for(
    bill, on_the_day, look, deliver
):
    invoice, who = bill
    assert on_the_day(DUE - timedelta(days=15)) == 0
    assert [on_the_day(DUE - timedelta(days=14)) for _ in range(2)] == [1, 0]
    assert on_the_day(DUE + timedelta(days=61)) == 1  # nobody was at work on the days between

    assert steps(look, invoice) == [Step.BEFORE, Step.LATE_60]
    with clock.frozen(at(DUE + timedelta(days=61))):
        deliver()
    look.rollback()
    letters = look.exec(select(Letter).where(Letter.recipient == who["buyer"].email)).all()
    reminders = [each for each in letters if "/board-date" in each.text]
    assert {each.subject for each in reminders} == {
        "Invoice 1 is due Jul 1, 2027",
        "Invoice 1 is open for two months",
    }
    assert all("$1,125.01" in each.text for each in reminders)


@on_sqlite
def test_a_payment_stops_them_at_once_even_the_letter_that_was_noted(
    bill, on_the_day, act, deliver, look
):
    invoice, who = bill
    facts = {"means": PaymentMeans.CHECK, "reference": "1", "paid_on": NOW.date()}
    assert on_the_day(DUE) == 1
    act(who["agent"], pay, invoice.id, **facts, amount_cents=112_501, once_key="k")
    with clock.frozen(at(DUE)):
        deliver()

    assert on_the_day(DUE + timedelta(days=30)) == 0
    assert look.exec(select(Letter).where(Letter.subject.contains("due today"))).all() == []


@on_sqlite
def test_a_check_that_the_district_has_sent_stops_them_too(bill, on_the_day, act):
    invoice, who = bill
    facts = {"means": PaymentMeans.CHECK, "reference": "1", "paid_on": NOW.date()}
    act(
        who["buyer"],
        across(record_payment),
        invoice.id,
        **facts,
        amount_cents=112_501,
        once_key="k",
    )
    assert on_the_day(DUE) == 0


@on_sqlite
def test_reminders_wait_for_the_board(bill, on_the_day, act):
    invoice, who = bill
    with clock.frozen(at(DUE)):
        act(who["buyer"], say_board_date, invoice.id, meets_on=DUE + timedelta(days=20))
        with pytest.raises(RuleBroken, match="in the past"):
            act(who["buyer"], say_board_date, invoice.id, meets_on=DUE - timedelta(days=1))
        with pytest.raises(RuleBroken, match="three months"):
            act(who["buyer"], say_board_date, invoice.id, meets_on=DUE + timedelta(days=93))
        with pytest.raises(NotAllowed):
            act(who["viewer"], say_board_date, invoice.id, meets_on=DUE + timedelta(days=2))

    assert on_the_day(DUE + timedelta(days=34)) == 0
    assert on_the_day(DUE + timedelta(days=35)) == 1


@on_sqlite
def test_the_bill_shows_the_date_and_the_form_says_what_is_wrong(bill, client_for):
    invoice, who = bill
    buyer = client_for(who["buyer"])
    page = f"/d/{invoice.printed['district']['leaid']}/invoices/{invoice.id}"

    assert "Say when your board meets" in buyer.get(page).text
    refused = buyer.send(f"{page}/board-date", meets_on="2026-02-30")
    assert refused.status_code == 422
    assert "Enter the date" in refused.text
    assert buyer.send(f"{page}/board-date", meets_on="2026-12-08").status_code == 302
    assert "meets on Dec 8, 2026" in buyer.get(page).text
    vendor = client_for(who["finance"])
    seen = vendor.get(f"/v/{invoice.printed['vendor']['slug']}/invoices/{invoice.id}").text
    assert "No reminder before Dec 22, 2026" in seen
    assert "board-date" not in seen
