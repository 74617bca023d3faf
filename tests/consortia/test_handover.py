"""The lead agency and the fiscal agent hand over: offered by one side, accepted by the other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlmodel import select

from marketplace.accounts import people_service
from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.consortia import handover_queries, handover_service, queries
from marketplace.consortia.handover_rules import OfferAnswer, Office
from marketplace.consortia.rules import LegalShape
from marketplace.core import db, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.mail import Letter
from marketplace.ledger import service as ledger
from marketplace.ledger.rules import Leg, PostingKind
from tests.conftest import on_postgresql, on_sqlite
from tests.consortia.test_service import across

BOOKED = {"receivable:3900001": 12_000, "fee:administration": -12_000}


class Two:
    """A pooled consortium with a bill in its books, and the agency that may take it over."""

    def __init__(self, app, make):
        self.old, self.new = make.agency("Old Agency"), make.agency("New Agency")
        self.consortium = make.consortium(
            self.old,
            "River Schools",
            legal_shape=LegalShape.POOLED_CASH,
            fiscal_agent_id=self.old.id,
            successor_id=self.new.id,
        )
        self.org_id, self.slug = self.consortium.org_id, make.org_of(self.consortium).slug
        self.convener = make.convener(self.consortium)
        self.agent = make.person(make.org_of(self.consortium), Role.FISCAL_AGENT)
        self.taker = make.person(self.new, Role.ADMINISTRATOR)
        self.second = make.person(self.new, Role.ADMINISTRATOR)
        everyone = tenancy.everyone("test posts")
        with app.app_context(), everyone, db.transaction() as session:
            ledger.open_books(session, Actor.system(), self.org_id)
            ledger.post(
                session,
                Actor.system(),
                self.org_id,
                key="bill",
                kind=PostingKind.SPLIT_BILLED,
                ref="pool:first",
                effective_on=date(2026, 11, 1),
                legs=[Leg(code, cents) for code, cents in BOOKED.items()],
            )


@pytest.fixture
def two(app, make):
    return Two(app, make)


def offer(act, two, office=Office.LEAD_AGENCY, who=None, **said):
    said = {"to_id": two.new.id} | said
    who = who or (two.convener if office is Office.LEAD_AGENCY else two.agent)
    return act(who, handover_service.offer_office, two.org_id, office, **said)


def test_the_lead_passes_with_its_roles_and_the_balances_of_that_moment(act, two, see, deliver):
    act(
        two.convener,
        people_service.invite,
        two.org_id,
        email="friend@example.org",
        role=Role.CONVENER,
    )
    offered = offer(act, two, words="We close in June.")
    assert see(queries.consortium_of, two.org_id).lead_agency_id == two.old.id

    for _ in range(2):
        act(two.taker, across(handover_service.accept_office), offered.id)

    assert see(queries.consortium_of, two.org_id).lead_agency_id == two.new.id
    conveners = see(accounts.people_with_role, two.org_id, Role.CONVENER)
    assert {person.id for person in conveners} == {two.taker.id, two.second.id}
    assert [each.id for each in see(accounts.people_with_role, two.org_id, Role.FISCAL_AGENT)] == [
        two.agent.id
    ]
    (record,) = see(handover_queries.handovers_done, two.org_id)
    assert (record.answer, record.books_seq, record.held) == (
        OfferAnswer.ACCEPTED,
        1,
        BOOKED,
    )
    # Whom the old side had invited to the office does not come in any more.
    assert two.org_id in see(accounts.identity, two.taker).circles[two.new.id]
    waiting = see(accounts.waiting_invitations, two.org_id, record.answered_at)
    assert waiting == []
    with pytest.raises(NotAllowed):
        offer(act, two)


def test_the_money_passes_with_the_next_successor_named(act, two, see):
    agent = Office.FISCAL_AGENT
    with pytest.raises(RuleBroken) as refusal:
        offer(act, two, agent)
    assert refusal.value.field == "successor"
    with pytest.raises(RuleBroken, match="somebody else"):
        offer(act, two, agent, successor_id=two.new.id)

    offered = offer(act, two, agent, successor_id=two.old.id)
    act(two.taker, across(handover_service.accept_office), offered.id)

    found = see(queries.consortium_of, two.org_id)
    assert (found.fiscal_agent_id, found.successor_id, found.lead_agency_id) == (
        two.new.id,
        two.old.id,
        two.old.id,
    )


@on_sqlite
def test_only_the_two_sides_hand_over_and_only_once(make, act, two):
    with pytest.raises(NotAllowed):
        offer(act, two, who=two.agent)
    with pytest.raises(NotAllowed):
        offer(act, two, Office.FISCAL_AGENT, who=two.convener, successor_id=two.old.id)
    with pytest.raises(RuleBroken, match="has the office now"):
        offer(act, two, to_id=two.old.id)
    with pytest.raises(RuleBroken, match="service agency or a district"):
        offer(act, two, to_id=make.vendor().id)
    offered = offer(act, two)
    assert offer(act, two).id == offered.id
    with pytest.raises(RuleBroken, match="waits for its answer"):
        offer(act, two, to_id=make.agency().id)
    stranger = make.person(make.agency(), Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        act(stranger, handover_service.accept_office, offered.id)
    with pytest.raises(NotAllowed):
        act(two.convener, handover_service.accept_office, offered.id)
    act(two.convener, handover_service.take_offer_back, offered.id)
    with pytest.raises(RuleBroken, match="taken back"):
        act(two.taker, across(handover_service.accept_office), offered.id)


@on_postgresql
def test_two_who_accept_at_once_take_it_over_once(act, two, see, deliver):
    offered = offer(act, two)

    def accept(who):
        return act(who, across(handover_service.accept_office), offered.id).answered_by_id

    with ThreadPoolExecutor(2) as both:
        answered = set(both.map(accept, (two.taker, two.second)))

    assert len(answered) == 1
    assert len(see(handover_queries.handovers_done, two.org_id)) == 1


@on_sqlite
def test_the_pages_of_a_hand_over(app, act, two, see, client_for, deliver):
    desk, new = client_for(two.convener), client_for(two.taker)
    page = f"/c/{two.slug}/hand-over/lead_agency"
    assert desk.send(page, to="").status_code == 422
    money = client_for(two.agent).get(f"/c/{two.slug}/hand-over/fiscal_agent").text
    assert f'selected value="{two.new.id}"' in money
    assert desk.send(page, to=str(two.new.id)).status_code == 302
    deliver()
    waiting = see(handover_queries.open_offer, two.org_id, Office.LEAD_AGENCY)
    answer = f"/consortia/{two.slug}/hand-overs/{waiting.id}"
    assert "Old Agency offered it to New Agency" in new.get(answer).text
    assert "Hand-overs" not in app.test_client().get(f"/consortia/{two.slug}").text

    assert new.send(answer).status_code == 302
    deliver()

    assert "$120.00" in desk.get(answer).text
    public = app.test_client().get(f"/consortia/{two.slug}").text
    assert "New Agency became the lead agency, after Old Agency" in public
    letters = [letter.recipient for letter in see(_letters)]
    assert letters.count(two.convener.email) == 2 == letters.count(two.taker.email)


def _letters(session):
    query = select(Letter).where(Letter.subject == "Hand-over: lead agency of River Schools")
    return session.exec(query).all()
