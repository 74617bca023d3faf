"""Restricted money: from pledge to claw-back, by two people, and never outside its rule."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import select

from marketplace.core import clock, tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.ledger import hand_service
from marketplace.ledger import queries as books
from marketplace.ledger import service as ledger
from marketplace.ledger.hand_rules import Act
from marketplace.orders import queries as orders
from marketplace.orders.models import CreditNote, Invoice
from marketplace.programmes import movement_service, queries, service
from marketplace.programmes.models import GrantAward, GrantMovement
from marketplace.programmes.movement_rules import AwardStatus, MovementKind, MovementStatus
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.programmes.conftest import REASON, TERMS, facts


@pytest.fixture
def see(look):
    def run(query, *args, **kwargs):
        look.rollback()
        with tenancy.everyone("test asserts"):
            return query(look, *args, **kwargs)

    return run


def only_award(see):
    return see(lambda session: session.exec(select(GrantAward)).one())


def test_from_pledge_to_claw_back_every_cent_is_in_its_place(make, act, story, tell, see):
    found = tell.programme()
    org_id, fund = story.consortium.org_id, f"grant:{found.slug}"
    tell.received(found, 400_000)
    tell.awarded(found)
    award = only_award(see)
    order = story.orders[award.leaid]
    assert (award.leaid, award.cents) == (story.districts[0].leaid, order.total_cents // 2)

    invoice = make.invoice(order)
    release = tell.moved(found, MovementKind.RELEASED, award_ids=(award.id,))
    tell.approved(release)

    bill = see(orders.get_invoice, invoice.id)
    owed = f"receivable:{award.leaid}"
    assert bill.open_cents == order.total_cents - award.cents
    assert see(books.balance_of, org_id, owed) == bill.open_cents
    assert see(books.balance_of, org_id, fund) == -(400_000 - award.cents)
    assert see(books.balance_of, org_id, "cash:main") == award.cents
    note = see(lambda session: session.exec(select(CreditNote)).one())
    assert note.printed["why"] == f"Grant 1 of “Rural start”, paid by {story.funder.name}"

    tell.approved(tell.moved(found, MovementKind.CLAWED_BACK, award_ids=(award.id,)))

    bill, version = see(orders.get_invoice, invoice.id), see(queries.in_force, found.id)
    money = see(queries.fund_of, version)
    assert bill.open_cents == order.total_cents == see(books.balance_of, org_id, owed)
    assert (money.spent_cents, money.committed_cents, money.held_cents) == (0, 0, 400_000)
    assert see(books.balance_of, org_id, "cash:grants") == 400_000
    assert only_award(see).status is AwardStatus.CLAWED_BACK

    give_back = {"consortium_id": org_id, "cents": 400_000}
    tell.approved(tell.moved(found, MovementKind.RETURNED, **give_back))

    assert see(books.balance_of, org_id, fund) == 0
    assert see(queries.fund_of, version).returned_cents == 400_000


@on_sqlite
def test_a_grant_before_the_bill_is_taken_off_when_it_is_issued(make, story, tell, see):
    found = tell.programme()
    tell.received(found, 400_000)
    tell.awarded(found)
    award = only_award(see)
    tell.approved(tell.moved(found, MovementKind.RELEASED, award_ids=(award.id,)))

    invoice = make.invoice(story.orders[award.leaid])

    assert see(orders.get_invoice, invoice.id).credited_cents == award.cents


@on_sqlite
def test_nobody_moves_money_alone_and_each_side_only_what_is_its_own(make, act, story, tell):
    found = tell.programme()
    here = {"consortium_id": story.consortium.org_id, "cents": 100}
    movement = tell.moved(found, MovementKind.RECEIVED, **here)
    same = tell.moved(found, MovementKind.RECEIVED, **here)
    assert same.id == movement.id  # the form, sent twice

    with pytest.raises(NotAllowed):  # it changes the books: the consortium has to agree
        tell.approved(movement, story.second)
    with pytest.raises((NotAllowed, NotFound)):
        tell.approved(movement, make.buyer(story.districts[0]))
    with pytest.raises((NotAllowed, NotFound)):
        tell.approved(movement, make.person(make.funder(), "administrator"))
    with pytest.raises(NotAllowed):
        act(story.agent, service.create_programme, story.funder.id, "Mine", TERMS, "k9")
    awards = tell.proposed(found)
    with pytest.raises(RuleBroken, match="somebody else"):
        tell.approved(awards, story.officer)
    refused = act(story.second, movement_service.refuse_movement, awards.id)
    assert refused.status is MovementStatus.REFUSED
    with pytest.raises(RuleBroken, match="already refused"):
        tell.approved(awards, story.second)


@on_sqlite
def test_one_person_with_two_hats_is_still_one_person(make, act, story, tell):
    make.role(story.officer, make.org_of(story.consortium), "fiscal_agent")
    found = tell.programme()
    movement = tell.moved(
        found, MovementKind.RECEIVED, consortium_id=story.consortium.org_id, cents=100
    )

    with pytest.raises(RuleBroken, match="somebody else"):
        tell.approved(movement, story.officer)


@on_sqlite
def test_money_never_goes_below_zero_or_past_the_pledge(act, story, tell, see):
    found = tell.programme(budget_cents=40_000)
    here = {"consortium_id": story.consortium.org_id}
    with pytest.raises(RuleBroken, match="Raise the budget"):
        tell.moved(found, MovementKind.RECEIVED, cents=40_001, **here)
    tell.awarded(found)
    award = only_award(see)
    assert award.cents == 40_000  # all there is, not the half of the share
    with pytest.raises(RuleBroken, match="is here"):
        tell.approved(tell.moved(found, MovementKind.RELEASED, award_ids=(award.id,)))
    tell.received(found, 40_000)
    with pytest.raises(RuleBroken, match=r"Only \$0.00 may go back"):
        tell.moved(found, MovementKind.RETURNED, cents=1, **here)
    with pytest.raises(RuleBroken, match="No share of this pool"):
        tell.proposed(found, "again")
    lower = replace(TERMS, budget_cents=39_999, why="The board cut the budget.")
    with pytest.raises(RuleBroken, match="already awarded"):
        act(story.officer, service.change_programme, found.id, 1, lower, "k2")
    with pytest.raises(RuleBroken, match="waits already"):
        tell.moved(found, MovementKind.RELEASED, "other", award_ids=(award.id,))


@on_sqlite
def test_by_hand_nobody_touches_a_restricted_fund(make, act, story, tell):
    found = tell.programme()
    entry = tell.received(found, 50_000)
    org_id = story.consortium.org_id

    with pytest.raises(RuleBroken, match="restricted"):
        act(
            story.agent,
            hand_service.propose_entry,
            org_id,
            Act.GRANT_USED,
            cents=100,
            effective_on=date(2026, 11, 16),
            reason=REASON,
            district=story.districts[0].leaid,
            name=found.slug,
        )
    with pytest.raises(RuleBroken, match="restricted"):
        act(story.agent, ledger.reverse, org_id, entry.ledger_seq, key="undo", reason=REASON)


@on_sqlite
def test_two_programmes_on_one_share_take_turns_and_never_pass_it(story, tell, see):
    first = tell.programme("First", "a", subsidy=replace(TERMS.subsidy, percent_bps=8_000))
    second = tell.programme("Second", "b", subsidy=replace(TERMS.subsidy, percent_bps=8_000))
    of_first, of_second = tell.proposed(first, "x"), tell.proposed(second, "y")

    tell.approved(of_first, story.second)
    with pytest.raises(RuleBroken, match="propose it anew"):
        tell.approved(of_second, story.second)
    tell.awarded(second, "z")

    awards = see(lambda s: s.exec(select(GrantAward).order_by(GrantAward.place)).all())
    share = awards[0].share_cents
    assert [each.place for each in awards] == [1, 2]
    assert awards[0].cents == share * 8_000 // 10_000
    assert awards[0].cents + awards[1].cents == share


@on_sqlite
def test_a_new_version_leaves_past_awards_alone(act, story, tell, see):
    found = tell.programme()
    tell.awarded(found)
    before = only_award(see)
    changed = replace(TERMS, subsidy=replace(TERMS.subsidy, percent_bps=1_000))

    with pytest.raises(RuleBroken, match="why"):
        act(story.officer, service.change_programme, found.id, 1, changed, "k2")
    changed = replace(changed, why="Half was more than they needed.")
    version = act(story.officer, service.change_programme, found.id, 1, changed, "k3")
    with pytest.raises(RuleBroken, match="Version 2 was saved"):
        act(story.officer, service.change_programme, found.id, 1, changed, "k4")

    after = only_award(see)
    assert version.number == 2
    assert (after.cents, after.version_id) == (before.cents, before.version_id)


@on_sqlite
def test_a_district_that_closed_since_gets_nothing(make, story, tell):
    found = tell.programme()
    proposal = tell.proposed(found)
    make.save(facts("3999001", name_year="2024-25"))  # a newer list, without the others

    with pytest.raises(RuleBroken, match="propose it anew"):
        tell.approved(proposal, story.second)


@on_sqlite
def test_outside_its_time_a_programme_awards_nothing(story, tell):
    found = tell.programme(starts_on=date(2026, 12, 1))

    with pytest.raises(RuleBroken, match="runs from 2026-12-01"):
        tell.proposed(found)


@on_postgresql
def test_two_who_approve_at_once_move_the_money_once(app, act, story, tell, see):
    found = tell.programme()
    tell.received(found, 400_000)
    tell.awarded(found)
    award = only_award(see)
    release = tell.moved(found, MovementKind.RELEASED, award_ids=(award.id,))

    def press(_n):
        with clock.frozen(NOW):
            return tell.approved(release).status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(press, range(4))) == {MovementStatus.APPROVED}

    assert see(books.balance_of, story.consortium.org_id, f"grant:{found.slug}") == -(
        400_000 - award.cents
    )
    notes = see(lambda session: session.exec(select(CreditNote)).all())
    assert len(notes) == 1
    assert see(lambda s: s.exec(select(GrantMovement)).all())
    assert see(lambda s: s.exec(select(Invoice)).all()) == []
