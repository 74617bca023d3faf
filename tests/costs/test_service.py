"""Proposing and withdrawing: real rows, both engines; who may, twice at once, half-way."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.core import tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from marketplace.costs import proposal_rules, queries, service
from marketplace.costs.models import CostProposal
from marketplace.costs.rules import Terms
from marketplace.pricing.rules import Method, Rest, split_document
from tests.conftest import on_postgresql, on_sqlite

HYBRID = Terms(Method.HYBRID, 3_000, Rest.PER_PUPIL)


@pytest.fixture
def propose(circle, act):
    """Proposes for `circle.members` with the seats of its pool, as somebody."""

    def run(user, key="k1", terms=HYBRID, seats=None, **changed):
        fields = {
            "once_key": key,
            "price_key": f"pool:{circle.pool.slug}",
            "terms": terms,
            "seats": seats or dict(zip((m.leaid for m in circle.members), (600, 1_500, 200))),
        }
        org_id = circle.consortium.org_id
        return act(user, service.propose_method, org_id, **fields | changed)

    return run


def stored(see, circle):
    return see(queries.proposals, circle.consortium.org_id)


def test_a_proposal_freezes_inputs_result_and_who(circle, propose, see):
    proposal = propose(circle.buyer, words="  Look at it.  ")

    assert (proposal.method, proposal.equal_bps, proposal.rest) == (
        Method.HYBRID,
        3_000,
        Rest.PER_PUPIL,
    )
    assert (proposal.total_cents, proposal.words) == (2_500_000, "Look at it.")
    assert (proposal.proposed_by_id, proposal.proposed_for_id) == (
        circle.buyer.id,
        circle.members[0].id,
    )
    assert proposal.inputs_sha256 == proposal_rules.fingerprint(proposal.inputs)
    assert split_document(proposal.inputs) == proposal.result["split"]
    assert proposal.result["today"]["method"] == "proportional"
    assert (
        proposal.inputs["members"][0].items()
        >= {
            "name": "Maple Valley",
            "pupils": 640,
            "pupils_year": "2023-24",
        }.items()
    )
    assert [each.id for each in stored(see, circle)] == [proposal.id]


def test_what_is_frozen_stays_when_the_pool_changes(circle, propose, see, make):
    before = propose(circle.lead)
    make.commitment(circle.pool, make.district(), seats=900)

    [after] = stored(see, circle)
    assert (after.inputs, after.result) == (before.inputs, before.result)


def test_the_same_form_twice_stores_one(circle, propose, see):
    first, again = propose(circle.buyer), propose(circle.buyer, words="changed")

    assert again.id == first.id
    assert len(stored(see, circle)) == 1


def test_another_form_stores_another(circle, propose, see):
    propose(circle.buyer, "k1")
    propose(circle.buyer, "k2")

    assert len(stored(see, circle)) == 2


@on_postgresql
def test_the_same_form_sent_by_two_at_once_stores_one(circle, propose, see):
    with ThreadPoolExecutor(2) as both:
        found = list(both.map(lambda _: propose(circle.buyer).id, range(2)))

    assert found[0] == found[1]
    assert len(stored(see, circle)) == 1


@on_postgresql
def test_two_who_withdraw_at_once_withdraw_it_once(circle, propose, act, look, see):
    proposal = propose(circle.buyer)

    def withdraw(user):
        return act(user, service.withdraw_proposal, circle.consortium.org_id, proposal.id)

    with ThreadPoolExecutor(2) as both:
        list(both.map(withdraw, (circle.buyer, circle.lead)))

    [after] = stored(see, circle)
    assert after.withdrawn_at is not None
    assert len(events(look, "costs.proposal_withdrawn")) == 1


def events(look, name):
    look.rollback()
    with tenancy.everyone("test asserts"):
        return look.exec(select(Event).where(Event.name == name)).all()


def test_a_failure_half_way_stores_nothing(circle, propose, see, monkeypatch, look):
    def fail(*_args, **_facts):
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr(service, "emit", fail)
    with pytest.raises(RuntimeError):
        propose(circle.buyer)

    assert stored(see, circle) == []
    assert events(look, "costs.method_proposed") == []


@pytest.mark.parametrize("who", ["viewer", "outsider", "other_lead"])
def test_only_the_lead_and_people_who_act_for_members_propose(circle, propose, see, make, who):
    people = {
        "viewer": lambda: circle.viewer,
        "outsider": lambda: make.buyer(make.district()),
        "other_lead": lambda: make.convener(make.consortium()),
    }
    with pytest.raises((NotAllowed, NotFound)):
        propose(people[who]())

    assert stored(see, circle) == []


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER])
def test_whoever_speaks_for_a_member_proposes(circle, propose, make, role):
    assert propose(make.person(circle.members[1], role)).proposed_for_id == circle.members[1].id


@pytest.mark.parametrize(
    "changed, field",
    [
        ({"price_key": "pool:none"}, "price"),
        ({"seats": {"9999999": 5}}, "seats"),
        ({"words": "x" * 1_001}, "words"),
    ],
)
def test_bad_input_is_refused_at_its_field(circle, propose, see, changed, field):
    with pytest.raises(RuleBroken) as refusal:
        propose(circle.buyer, **changed)

    assert refusal.value.field == field
    assert stored(see, circle) == []


def test_without_any_seats_there_is_nothing_to_propose(circle, propose):
    with pytest.raises(RuleBroken, match="at least one district"):
        propose(circle.buyer, seats={circle.members[0].leaid: 0})


def test_another_consortiums_pool_cannot_be_proposed_on(circle, propose, make):
    strange = make.pool(make.consortium(), slug="strange")

    with pytest.raises(RuleBroken) as refusal:
        propose(circle.buyer, price_key=f"pool:{strange.slug}")
    assert refusal.value.field == "price"


def test_a_tool_without_a_pool_is_split_by_its_published_price(circle, propose, make):
    schedule = make.price_schedule(
        make.tool(name="Algebra"), {"form": "flat", "total_cents": 300_000}
    )

    proposal = propose(circle.lead, price_key=f"price:{schedule.id}", terms=Terms(Method.EQUAL))

    assert proposal.pool_id is None
    assert set(proposal.result["split"]["shares"].values()) == {100_000}


@pytest.mark.parametrize("who", ["buyer", "lead"])
def test_the_author_and_the_lead_withdraw_and_again_changes_nothing(circle, propose, act, see, who):
    proposal = propose(circle.buyer)

    for _ in range(2):
        act(
            getattr(circle, who),
            service.withdraw_proposal,
            circle.consortium.org_id,
            proposal.id,
        )

    [after] = stored(see, circle)
    assert after.withdrawn_at is not None
    assert after.withdrawn_by_id == getattr(circle, who).id
    assert after.result == proposal.result


def test_another_member_cannot_withdraw_it(circle, propose, act, see, make):
    proposal, other = propose(circle.buyer), make.buyer(circle.members[1])

    with pytest.raises(NotAllowed):
        act(other, service.withdraw_proposal, circle.consortium.org_id, proposal.id)

    assert stored(see, circle)[0].withdrawn_at is None


def test_a_stranger_finds_no_proposal_to_withdraw(circle, propose, act, make):
    proposal, stranger = propose(circle.buyer), make.convener(make.consortium())

    with pytest.raises(NotFound):
        act(stranger, service.withdraw_proposal, circle.consortium.org_id, proposal.id)


@pytest.mark.parametrize(
    "broken",
    [{"equal_bps": 10_001}, {"equal_bps": None}, {"total_cents": -1}, {"method": Method.EQUAL}],
)
def test_the_database_refuses_what_no_rule_would_let_through(circle, propose, make, broken):
    proposal = propose(circle.buyer)
    facts = proposal.model_dump(exclude={"id", "once_key"}) | {"once_key": "k9"} | broken

    with pytest.raises(IntegrityError):
        make.save(CostProposal(**facts))
    make.session.rollback()


@on_sqlite
def test_the_seats_of_the_designer_follow_the_pool_and_else_the_pupils(circle, make, see):
    schedule = make.price_schedule(make.tool())
    organization = circle.organization
    offered = {price.key: price for price in see(queries.prices, organization)}

    def usual(key):
        return [row.seats for row in see(queries.rows, organization.id, offered[key])]

    assert usual(f"pool:{circle.pool.slug}") == [1_500, 600, 200]  # by name: Cedar, Maple, Pine
    assert usual(f"price:{schedule.id}") == [1_810, 640, 96]
