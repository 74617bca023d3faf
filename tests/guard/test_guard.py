"""The purchase guard: no money moves on a card that stops it, nor past gaps nobody accepted."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.core import clock, tenancy
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.guard import queries, service
from marketplace.guard.models import GapAcceptance
from marketplace.orders import service as orders
from marketplace.orders.addition_service import place_additions
from marketplace.orders.models import Order
from marketplace.orders.rules import OrderKind
from marketplace.pools import service as pools
from marketplace.pools.models import Allocation
from marketplace.pools.rules import PoolStatus, Rung
from marketplace.scorecards import queries as scorecards
from marketplace.scorecards import service as cards
from marketplace.scorecards.rules import Reviewer
from tests import cards as documents
from tests.conftest import NOW, on_sqlite

pytestmark = on_sqlite
DECLINED = {"state": "declined"}


@pytest.fixture
def publish(make, act):
    """Publish a card for a tool as the operator; `EQ_02=DECLINED` leaves a gap."""

    def run(tool, **changed):
        def write(session, actor):
            with tenancy.everyone("cards are the vendor's"):
                return cards.publish_card(
                    session,
                    actor,
                    tool.id,
                    documents.document(scorecards.today(), **changed),
                    reviewers=[Reviewer("Ann", "Maple"), Reviewer("Bo", "Cedar")],
                    once_key=str(sorted(changed)),
                )

        return act(run.operator, write)

    run.operator = make.operator()
    return run


@pytest.fixture
def stop(make, act, publish):
    def run(tool):
        other = make.person(make.organization("operator"), Role.OPERATOR)

        def write(session, actor):
            with tenancy.everyone("cards are the vendor's"):
                cards.stop_card(
                    session, actor, tool.id, reason="Data was sold.", agreed_by=other.id
                )
                session.flush()

        act(publish.operator, write)

    return run


def committing(make, act, pool, district, rung=Rung.COMMITTED):
    def run(buyer=None):
        return act(
            buyer or make.buyer(district),
            pools.commit_seats,
            pool.id,
            seats=40,
            rung=rung,
            po_number="PO 1",
        )

    return run


@pytest.fixture
def member(make):
    consortium, district = make.consortium(), make.district()
    make.member(consortium, district)
    return consortium, district


def test_no_pool_opens_without_a_card_that_allows_it(make, act, stop, publish):
    consortium = make.consortium()
    lead = make.convener(consortium)
    unrated, stopped = make.tool(card=False), make.tool()
    failing = make.tool(card=False)
    expired = make.tool()
    stop(stopped)
    publish(failing, DC_05={"answer": "d", "evidence": "E1", "dated": scorecards.today()})
    drafts = {
        tool.id: make.pool(consortium, tool, status=PoolStatus.DRAFT)
        for tool in (unrated, stopped, failing)
    }

    for tool, words in (
        (unrated, "no privacy scorecard"),
        (stopped, "stopped: Data was sold"),
        (failing, "E"),
    ):
        with pytest.raises(RuleBroken, match=words):
            act(lead, pools.open_pool, drafts[tool.id].id)
    with clock.frozen(NOW + timedelta(days=365)):
        late = make.pool(consortium, expired, status=PoolStatus.DRAFT)
        with pytest.raises(RuleBroken, match="ran out"):
            act(lead, pools.open_pool, late.id)


def test_only_the_top_two_rungs_need_a_card(make, act, member):
    consortium, district = member
    pool = make.pool(consortium, make.tool(card=False))

    committing(make, act, pool, district, Rung.INTENT)()

    with pytest.raises(RuleBroken) as refusal:
        committing(make, act, pool, district)()
    assert refusal.value.field == "rung"


def test_gaps_are_accepted_in_words_and_a_newer_card_with_a_new_gap_asks_again(
    make, act, member, publish, look
):
    consortium, district = member
    tool = make.tool(card=False)
    publish(tool, EQ_02=DECLINED)
    pool, buyer = make.pool(consortium, tool), make.buyer(district)
    commit = committing(make, act, pool, district)
    with pytest.raises(RuleBroken, match="one gap"):
        commit(buyer)
    (gap,) = queries.open_gaps(look, tool.id, district.id)

    with pytest.raises(RuleBroken, match="own words"):
        act(buyer, service.accept_gaps, tool.id, words=" ", seen=[gap.key])
    with pytest.raises(RuleBroken, match="has changed"):
        act(buyer, service.accept_gaps, tool.id, words="Fine.", seen=[])
    viewer = make.person(district, Role.VIEWER)
    with pytest.raises(NotAllowed):
        act(viewer, service.accept_gaps, tool.id, words="Fine.", seen=[gap.key])
    first = act(buyer, service.accept_gaps, tool.id, words="We ask yearly.", seen=[gap.key])
    again = act(buyer, service.accept_gaps, tool.id, words="Twice.", seen=[gap.key])
    assert again.id == first.id
    assert (first.card_version, first.accepted_by, first.words) == (1, buyer.id, "We ask yearly.")
    commit(buyer)

    publish(tool, EQ_02=DECLINED, EQ_04=DECLINED)
    with pytest.raises(RuleBroken, match="one gap"):
        commit(buyer)
    other = make.district()
    look.rollback()
    with tenancy.everyone("test asserts"):
        waiting = queries.open_gaps(look, tool.id, district.id)
        assert [each.key for each in waiting] == ["EQ-04:declined"]
        assert len(queries.open_gaps(look, tool.id, other.id)) == 2
        assert len(look.exec(select(GapAcceptance)).all()) == 1


def test_a_stop_keeps_commitments_and_holds_back_the_orders_until_it_is_lifted(
    make, act, deliver, look, stop, publish
):
    tool, consortium = make.tool(), make.consortium()
    districts = [make.district(), make.district()]
    for district in districts:
        make.member(consortium, district)
    pool = make.cleared_pool(consortium, districts, tool=tool, po_number="PO 1")
    stop(tool)
    lead = make.convener(consortium)

    with pytest.raises(RuleBroken, match="Data was sold"):
        act(lead, orders.place_orders, pool.id)
    late = SimpleNamespace(district=districts[0], kind=OrderKind.LATE_JOIN)
    with pytest.raises(RuleBroken, match="Data was sold"):
        act(lead, place_additions, pool, [late], None)
    assert make.orders(pool) == []
    look.rollback()
    with tenancy.everyone("test asserts"):
        assert len(look.exec(select(Allocation)).all()) == 2

    other = make.person(make.organization("operator"), Role.OPERATOR)

    def lift(session, actor):
        with tenancy.everyone("cards are the vendor's"):
            cards.lift_stop(session, actor, tool.id, reason="It was not.", agreed_by=other.id)
            session.flush()

    act(publish.operator, lift)
    deliver()
    look.rollback()
    with tenancy.everyone("test asserts"):
        assert len(look.exec(select(Order)).all()) == 2


def test_who_owes_an_acceptance_is_held_back_and_ordered_once_it_is_there(
    make, act, deliver, look, publish
):
    tool, consortium = make.tool(card=False), make.consortium()
    publish(tool, EQ_02=DECLINED)
    willing, owing = make.district(), make.district()
    for district in (willing, owing):
        make.member(consortium, district)
    accept = {"words": "Fine.", "seen": ["EQ-02:declined"]}
    act(make.buyer(willing), service.accept_gaps, tool.id, **accept)
    pool = make.cleared_pool(consortium, [willing, owing], tool=tool, po_number="PO 1")

    assert [order.org_id for order in make.orders(pool)] == [willing.id]
    act(make.buyer(owing), service.accept_gaps, tool.id, **accept)
    deliver()

    look.rollback()
    with tenancy.everyone("test asserts"):
        assert {o.org_id for o in look.exec(select(Order))} == {willing.id, owing.id}


def test_the_page_lists_the_gaps_and_the_pool_says_what_is_missing(
    make, client_for, app, member, publish, stop
):
    consortium, district = member
    tool = make.tool(card=False)
    publish(tool, EQ_02=DECLINED)
    pool = make.pool(consortium, tool)
    buyer = client_for(make.buyer(district))
    address = f"/d/{district.leaid}/gaps/{tool.slug}"
    of_pool = f"/pools/{make.org_of(consortium).slug}/{pool.slug}"

    assert "Read and accept the gaps" in buyer.get(of_pool).text
    assert "accept the gaps" not in app.test_client().get(of_pool).text
    assert "would not answer" in buyer.get(address).text
    refused = buyer.send(address, words="", seen="EQ-02:declined")
    assert refused.status_code == 422
    changed = buyer.send(address, words="We ask yearly.", seen="old:gap")
    assert changed.status_code == 422
    assert "We ask yearly." in changed.text
    assert buyer.send(address, words="We ask yearly.", seen="EQ-02:declined").status_code == 302
    assert "We ask yearly." in buyer.get(address).text
    assert "Read and accept the gaps" not in buyer.get(of_pool).text
    assert client_for(make.buyer(make.district())).get(address).status_code == 404

    stop(tool)
    page = app.test_client().get(of_pool).text
    assert "Nobody can buy in this pool now." in page
    assert "Data was sold" in page
