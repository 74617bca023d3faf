"""Late joins, added seats, leaving and the true-up: every cent in the books exactly once."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.ledger import queries as books
from marketplace.ledger.rules import PostingKind
from marketplace.orders import credit_queries, queries
from marketplace.orders.payment_service import record_refund
from marketplace.orders.rules import InvoiceStatus, OrderKind, PaymentMeans
from marketplace.renewals import (
    leaving_service,
    request_service,
    true_up_service,
)
from marketplace.renewals.models import TrueUpRun
from marketplace.renewals.rules import RequestStatus, RunStatus, UsageStatus
from tests.conftest import NOW, on_sqlite
from tests.orders.conftest import pay
from tests.renewals.conftest import AT_THE_END, ENDS, across, at

LATER = date(2026, 11, 16)


def ask(act, world, n=-1, seats=300, **changes):
    facts = {"seats": seats, "starts_on": LATER, "once_key": uuid4().hex} | changes
    use_case = request_service.ask_to_join_late
    return act(world.buyers[n], use_case, world.pool.id, **facts)


def owed(look, world, leaid):
    look.rollback()
    return books.balance_of(look, world.consortium.org_id, f"receivable:{leaid}")


def orders(look, world):
    look.rollback()
    return queries.orders_of_pool(look, world.pool.id)


def vendor_is_owed(look, world):
    look.rollback()
    return -books.balance_of(look, world.consortium.org_id, f"payable:{world.vendor.slug}")


def books_are_sound(look, world):
    look.rollback()
    return books.verify(look, world.org.id).problems == []


# -- joining late ------------------------------------------------------------------------------


def test_a_late_joiner_is_billed_for_the_days_left_and_nobody_else_pays_more(
    make, act, look, term, bill
):
    """300 seats at $12.00 from November 16: $2,238.90 (golden value of product.md)."""
    world = term([500], 1200)
    joiner = world.districts[-1]
    before = owed(look, world, world.orders[0].leaid)
    request = ask(act, world)

    done = act(world.lead, across(request_service.approve_late_join), request.id)
    again = act(world.lead, across(request_service.approve_late_join), request.id)

    assert (done.status, done.figures["cents"]) == (RequestStatus.APPROVED, 223_890)
    assert again.ledger_seq == done.ledger_seq
    late = next(o for o in orders(look, world) if o.org_id == joiner.id)
    assert (late.kind, late.total_cents, late.seats) == (OrderKind.LATE_JOIN, 223_890, 300)
    assert late.agreed["why"] == "300 seats joined late, 227 of 365 days"
    assert owed(look, world, joiner.leaid) == 223_890
    assert owed(look, world, world.orders[0].leaid) == before
    assert vendor_is_owed(look, world) == 600_000 + 223_890
    assert bill(world, late).total_cents == 223_890
    assert books_are_sound(look, world)


@on_sqlite
def test_a_late_joiner_needs_a_paper_for_the_whole_rest_of_the_term(make, act, look, term):
    world = term([100], spare=0)
    district = make.district()
    member = make.member(world.consortium, district, instrument=False)
    make.instrument(member, ends_on=ENDS - timedelta(days=1))
    world.districts.append(district)
    world.buyers.append(make.buyer(district))

    with pytest.raises(RuleBroken, match="until the end of the term"):
        ask(act, world)
    make.instrument(member, ends_on=ENDS)
    request = ask(act, world)

    assert request.status is RequestStatus.ASKED


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"seats": 0}, "whole number"),
        ({"seats": -5}, "whole number"),
        ({"seats": 901}, "1 to 900"),
        ({"starts_on": LATER - timedelta(days=1)}, "has passed"),
        ({"starts_on": ENDS + timedelta(days=1)}, "day of the term"),
    ],
)
def test_a_late_join_that_makes_no_sense_is_refused_in_words(act, term, changes, says):
    world = term([100])

    with pytest.raises(RuleBroken, match=says):
        ask(act, world, **changes)


@on_sqlite
def test_who_is_in_the_pool_does_not_join_it_again_and_strangers_cannot(make, act, look, term):
    world = term([100])
    stranger = make.buyer(make.district())

    with pytest.raises(RuleBroken, match="in this pool already"):
        ask(act, world, n=0)
    with pytest.raises(NotFound):
        act(
            stranger,
            request_service.ask_to_join_late,
            world.pool.id,
            seats=1,
            starts_on=LATER,
            once_key="x",
        )
    first, second = ask(act, world, once_key="k"), ask(act, world, once_key="k")
    assert first.id == second.id


@on_sqlite
def test_the_same_person_does_not_ask_and_approve_and_a_buyer_approves_nothing(
    make, act, look, term
):
    world = term([100])
    make.role(world.buyers[-1], world.org, Role.CONVENER)
    request = ask(act, world)

    with pytest.raises(RuleBroken, match="somebody else"):
        act(world.buyers[-1], across(request_service.approve_late_join), request.id)
    with pytest.raises(NotAllowed):
        act(world.buyers[0], across(request_service.approve_late_join), request.id)
    refused = act(
        world.lead, request_service.refuse_request, request.id, reason="The vendor is full."
    )

    assert refused.status is RequestStatus.REFUSED
    assert len(orders(look, world)) == 1


# -- added seats -------------------------------------------------------------------------------


def test_added_seats_are_ordered_together_on_the_day_the_lead_set(make, act, look, term):
    world = term([400, 80], 1600, {"from": 500, "unit_cents": 1200})
    batch = act(
        world.lead,
        request_service.set_batch,
        world.pool.id,
        starts_on=date(2027, 1, 1),
        ask_until=date(2026, 12, 15),
    )
    for n, seats in ((0, 15), (1, 5)):
        act(
            world.buyers[n],
            request_service.ask_for_seats,
            batch.id,
            seats=seats,
            once_key=f"seats-{n}",
        )

    act(world.lead, across(request_service.place_batch), batch.id)
    act(world.lead, across(request_service.place_batch), batch.id)

    added = [o for o in orders(look, world) if o.part == 1]
    # 500 seats reach $12.00; 181 of 365 days
    assert {o.seats: o.total_cents for o in added} == {15: 8_926, 5: 2_975}
    assert {o.kind for o in added} == {OrderKind.ADDED_SEATS}
    assert len({o.ledger_seq for o in added}) == 1
    assert books_are_sound(look, world)


# -- leaving -----------------------------------------------------------------------------------


def ask_to_leave(act, world, n, **changes):
    facts = {
        "starts_on": date(2027, 1, 1),
        "reason": "Our school closes in January.",
        "once_key": uuid4().hex,
    }
    return act(world.buyers[n], leaving_service.ask_to_leave, world.pool.id, **(facts | changes))


def consent(act, world, n, request, rise_cents):
    return act(
        world.signers[n],
        leaving_service.consent_to_leaving,
        request.id,
        signer_name="Pat Lee",
        signer_title="Superintendent",
        rise_cents=rise_cents,
    )


def test_leaving_gives_back_the_days_left_where_nobody_pays_more(make, act, look, term, bill):
    world = term([100, 50])
    invoice = bill(world, world.orders[1])
    request = ask_to_leave(act, world, 1)

    act(world.lead, across(leaving_service.approve_leaving), request.id)
    act(world.lead, across(leaving_service.approve_leaving), request.id)

    (note,) = credit_queries.credit_notes(look, pool_id=world.pool.id)
    # 181 of 365 days of $500.00
    assert (note.total_cents, note.applied_cents, note.owed_back_cents) == (24_795, 24_795, 0)
    assert queries.get_invoice(look, invoice.id).credited_cents == 24_795
    assert owed(look, world, world.orders[1].leaid) == 50_000 - 24_795
    assert owed(look, world, world.orders[0].leaid) == 100_000
    assert books_are_sound(look, world)


def test_after_the_drop_date_every_remaining_member_must_say_yes_in_writing(make, act, look, term):
    world = term([450, 60], 1600, {"from": 500, "unit_cents": 1200}, spare=0)
    request = ask_to_leave(act, world, 1)

    with pytest.raises(RuleBroken, match="not consented in writing"):
        act(world.lead, across(leaving_service.approve_leaving), request.id)
    with pytest.raises(RuleBroken, match="more than was consented"):
        consent(act, world, 0, request, 1)
    with pytest.raises(NotAllowed):
        act(
            world.buyers[0],
            leaving_service.consent_to_leaving,
            request.id,
            signer_name="P",
            signer_title="B",
            rise_cents=10**9,
        )
    yes = consent(act, world, 0, request, 10**6)
    done = act(world.lead, across(leaving_service.approve_leaving), request.id)

    change = done.figures
    first, leaver = (order.leaid for order in world.orders)
    rise = change["after"][first] - change["before"][first]
    assert yes.rise_cents >= rise > 0
    assert owed(look, world, first) == 540_000 + rise
    more = [o for o in orders(look, world) if o.part == 1]
    assert [(o.kind, o.seats, o.total_cents) for o in more] == [(OrderKind.SHARE_CHANGE, 0, rise)]
    assert vendor_is_owed(look, world) == sum((owed(look, world, first), owed(look, world, leaver)))
    entry = books.get_entry(look, world.consortium.org_id, done.ledger_seq)
    assert entry.kind is PostingKind.TRUE_UP
    assert books_are_sound(look, world)


@on_sqlite
def test_nobody_is_pushed_above_the_most_it_agreed_to_pay(make, act, look, term):
    world = term(
        [450, 60], 1600, {"from": 500, "unit_cents": 1200}, spare=0, limits=[540_500, None]
    )
    request = ask_to_leave(act, world, 1)
    consent(act, world, 0, request, 10**6)

    with pytest.raises(RuleBroken, match="the most it agreed to pay"):
        act(world.lead, across(leaving_service.approve_leaving), request.id)


# -- the true-up -------------------------------------------------------------------------------


def count(act, world, n, used):
    """The vendor says it, the district says the same: confirmed."""
    district = world.districts[n]
    said = across(true_up_service.say_use)
    act(world.finance, said, world.pool.id, district.id, used=used)
    return act(world.buyers[n], said, world.pool.id, district.id, used=used)


def test_a_term_is_settled_by_two_people_and_the_parts_sum_to_the_cent(make, act, look, term, bill):
    """A 100 committed and 70 used, B 50 and 60: $900.00 and $600.00 (product.md)."""
    world = term([100, 50])
    a, b = (order.leaid for order in world.orders)
    paid = bill(world, world.orders[0])
    with at(NOW + timedelta(hours=1)):
        act(
            make.person(world.vendor, Role.FINANCE),
            pay,
            paid.id,
            means=PaymentMeans.CHECK,
            reference="10442",
            amount_cents=100_000,
            paid_on=LATER,
            once_key="paid",
        )
    with at(AT_THE_END):
        assert count(act, world, 0, 70).status is UsageStatus.CONFIRMED
        count(act, world, 1, 60)
        run = act(world.lead, true_up_service.propose_true_up, world.pool.id)
        assert act(world.lead, true_up_service.propose_true_up, world.pool.id).id == run.id
        with pytest.raises(RuleBroken, match="somebody else"):
            act(world.lead, across(true_up_service.approve_true_up), run.id)
        done = act(world.agent, across(true_up_service.approve_true_up), run.id)
        act(world.agent, across(true_up_service.approve_true_up), run.id)

        assert {r["leaid"]: r["owed_cents"] for r in run.figures["rows"]} == {a: 90_000, b: 60_000}
        assert owed(look, world, a) == -10_000
        assert owed(look, world, b) == 60_000
        assert vendor_is_owed(look, world) == 50_000  # what A paid directly is no longer owed
        (note,) = credit_queries.credit_notes(look, pool_id=world.pool.id)
        assert (note.total_cents, note.owed_back_cents) == (10_000, 10_000)
        more = next(o for o in orders(look, world) if o.part == 1)
        assert (more.leaid, more.seats, more.total_cents) == (b, 10, 10_000)
        entry = books.get_entry(look, world.consortium.org_id, done.ledger_seq)
        assert entry.kind is PostingKind.TRUE_UP
        assert sum(cents for account, cents in entry.legs if account[:3] == "rec") == 0

        refund = {
            "means": PaymentMeans.ACH,
            "reference": "ACH-7",
            "paid_on": AT_THE_END.date(),
            "once_key": "sent-back",
        }
        act(world.finance, across(record_refund), note.id, **refund)
        act(world.finance, across(record_refund), note.id, **refund)
        assert owed(look, world, a) == 0
        assert books_are_sound(look, world)


@on_sqlite
def test_a_count_moves_no_money_until_the_other_side_confirms_it(make, act, look, term):
    world = term([100, 50])
    said = across(true_up_service.say_use)
    with at(AT_THE_END):
        first = act(world.finance, said, world.pool.id, world.districts[0].id, used=1)
        with pytest.raises(RuleBroken, match="other side"):
            act(world.finance, across(true_up_service.answer_use), first.id, agree=True)
        with pytest.raises(RuleBroken, match="what you count instead"):
            act(world.buyers[0], true_up_service.answer_use, first.id, agree=False, dispute="No")
        words = "Our list of accounts shows 80 pupils."
        act(world.buyers[0], true_up_service.answer_use, first.id, agree=False, dispute=words)
        run = act(world.agent, true_up_service.propose_true_up, world.pool.id)

        rows = {r["leaid"]: r for r in run.figures["rows"]}
        assert rows[world.districts[0].leaid]["count"] == "disputed"
        assert rows[world.districts[1].leaid]["count"] == "missing"
        assert all(r["difference_cents"] == 0 for r in rows.values())
        second = act(world.finance, said, world.pool.id, world.districts[0].id, used=80)
        assert (second.status, second.dispute) == (UsageStatus.SAID, "")
        with pytest.raises(NotAllowed):
            act(world.buyers[1], said, world.pool.id, world.districts[0].id, used=5)


@on_sqlite
def test_a_proposal_does_not_outlive_the_figures_it_was_made_of(make, act, look, term):
    world = term([100, 50])
    with at(AT_THE_END):
        run = act(world.lead, true_up_service.propose_true_up, world.pool.id)
        count(act, world, 0, 70)

        with pytest.raises(RuleBroken, match="changed since"):
            act(world.agent, across(true_up_service.approve_true_up), run.id)
        act(world.agent, true_up_service.refuse_true_up, run.id)
        again = act(world.lead, true_up_service.propose_true_up, world.pool.id)
        act(world.agent, across(true_up_service.approve_true_up), again.id)

        with pytest.raises(RuleBroken, match="posted"):
            act(world.lead, true_up_service.propose_true_up, world.pool.id)
        with pytest.raises(RuleBroken, match="stay as they are"):
            count(act, world, 0, 60)
    states = {r.id: r.status for r in look.exec(select(TrueUpRun))}
    assert states == {run.id: RunStatus.REFUSED, again.id: RunStatus.APPROVED}


@on_sqlite
def test_a_term_is_not_settled_before_its_end(act, term):
    world = term([100, 50])

    with pytest.raises(RuleBroken, match="settled at its end"):
        act(world.lead, true_up_service.propose_true_up, world.pool.id)
    with pytest.raises(RuleBroken, match="near the end"):
        count(act, world, 0, 70)


@on_sqlite
def test_what_all_is_taken_off_a_bill_is_credited_not_paid(make, act, look, term, bill):
    world = term([100, 50])
    with at(AT_THE_END):
        count(act, world, 1, 0)
        count(act, world, 0, 150)
        run = act(world.lead, true_up_service.propose_true_up, world.pool.id)
        act(world.agent, across(true_up_service.approve_true_up), run.id)
        invoice = bill(world, world.orders[1])

    assert (invoice.credited_cents, invoice.status) == (50_000, InvoiceStatus.CREDITED)
