"""Decisions: counting, voting once for a district, closing once, and what passing brings about."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pypdf
import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.consortia import observer_service
from marketplace.consortia import queries as consortia
from marketplace.consortia import service as consortia_service
from marketplace.consortia.rules import Choices, ConflictRule, MemberStatus
from marketplace.core import clock, db, jobs, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from marketplace.core.mail import Letter
from marketplace.costs.models import CostProposal
from marketplace.decisions import queries, rules, service
from marketplace.decisions.rules import Choice, DecisionKind, Needed, Outcome, Vote
from marketplace.decisions.service import Question
from marketplace.pools import queries as pools
from marketplace.pools.models import Pool
from marketplace.pools.rules import PoolStatus
from marketplace.pricing.rules import Method, Rest
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.consortia.test_service import across

YES, NO, ABSTAIN = Choice.YES, Choice.NO, Choice.ABSTAIN


def votes(*said):
    return [Vote(1, None, True) if each == "conflict" else Vote(1, each) for each in said]


@pytest.mark.parametrize(
    "said, majority, conflict, outcome, decided",
    [
        ((YES, YES, None, None), "more_than_half", "not_counted", "passed", False),
        ((YES, YES, YES, None), "more_than_half", "not_counted", "passed", True),
        ((YES, None, None, None), "more_than_half", "not_counted", "no_quorum", False),
        ((YES, NO), "more_than_half", "not_counted", "failed", True),
        ((NO, NO, NO, None), "more_than_half", "not_counted", "failed", True),
        ((YES, YES, NO), "two_thirds", "not_counted", "passed", True),
        ((YES, NO, NO), "two_thirds", "not_counted", "failed", True),
        ((ABSTAIN, ABSTAIN, ABSTAIN), "two_thirds", "not_counted", "failed", True),
        ((YES, "conflict", None, None), "more_than_half", "not_counted", "no_quorum", False),
        ((YES, "conflict", None, None), "more_than_half", "counted", "passed", False),
        (("conflict", "conflict"), "more_than_half", "not_counted", "no_quorum", True),
        ((YES, YES, NO), "two_thirds_of_all", "not_counted", "passed", True),
        ((YES, NO, None, ABSTAIN), "two_thirds_of_all", "not_counted", "failed", True),
        ((YES, YES, "conflict"), "everybody", "not_counted", "failed", True),
        ((YES, YES, None), "everybody", "not_counted", "failed", False),
        ((YES, YES), "everybody", "not_counted", "passed", True),
    ],
)
def test_a_count_knows_quorum_majority_and_whether_it_can_still_change(
    said, majority, conflict, outcome, decided
):
    found = rules.tally(votes(*said), 50, Needed(majority), ConflictRule(conflict))

    assert (found.outcome, found.decided) == (Outcome(outcome), decided)


@pytest.fixture
def circle(make, act):
    """Three members with a named voter each, one of them with an alternate, and a convener."""
    consortium = make.consortium()
    districts = [make.district(f"District {n}") for n in range(3)]
    voters = []
    for district in districts:
        member, voter = make.member(consortium, district), make.buyer(district)
        stands_in = make.buyer(district)
        act(
            voter,
            across(consortia_service.name_voters),
            consortium.org_id,
            voter.id,
            stands_in.id,
        )
        voters.append((voter, stands_in, member))
    return SimpleNamespace(
        org_id=consortium.org_id,
        consortium=consortium,
        schedule=make.price_schedule(make.tool()),
        slug=make.org_of(consortium).slug,
        convener=make.convener(consortium),
        districts=districts,
        voters=[voter for voter, _, _ in voters],
        alternates=[alternate for _, alternate, _ in voters],
    )


def ask(act, circle, kind=DecisionKind.PICK_TOOL, subject="", key="k1", **changes):
    if not subject and kind is DecisionKind.PICK_TOOL:
        subject = f"pick_tool:{circle.schedule.tool_id}"
    asked = Question(
        kind, "Shall we pick it?", "Our teachers like it.", date(2026, 12, 1), time(17), subject
    )
    asked = replace(asked, **changes)
    return act(circle.convener, service.open_decision, circle.org_id, asked, key)


@pytest.fixture
def see(look):
    def run(query, *args, **kwargs):
        look.rollback()
        with tenancy.everyone("test asserts"):
            return query(look, *args, **kwargs)

    return run


def close_due(app, at):
    with clock.frozen(at), app.app_context():
        return jobs._run_timed("x", jobs.timed_jobs()["decisions.close_due"])


def test_three_districts_vote_and_the_outcome_is_early(act, circle, deliver, see):
    decision = ask(act, circle)
    assert ask(act, circle).id == decision.id
    for voter in circle.voters[:2]:
        act(voter, service.cast_vote, decision.id, YES)
    act(circle.voters[0], service.cast_vote, decision.id, YES)  # pressed twice
    deliver()

    closed = see(queries.get_decision, decision.id)
    assert (closed.outcome, closed.closed_at) == (Outcome.PASSED, NOW)
    assert closed.counted["yes"] == 2
    with pytest.raises(RuleBroken, match="has ended"):
        act(circle.voters[2], service.cast_vote, decision.id, NO)


def test_who_has_no_vote_and_who_has_used_it(make, act, circle):
    decision = ask(act, circle)
    buyer, stranger = make.buyer(circle.districts[0]), make.buyer(make.district())
    late = make.district()
    make.member(circle.consortium, late)
    newcomer = make.buyer(late)
    act(newcomer, across(consortia_service.name_voters), circle.org_id, newcomer.id, None)

    with pytest.raises(NotAllowed):
        act(buyer, service.cast_vote, decision.id, YES)
    with pytest.raises(NotFound):
        act(stranger, across(service.cast_vote), decision.id, YES)
    with pytest.raises(RuleBroken, match="joined after"):
        act(newcomer, service.cast_vote, decision.id, YES)
    act(circle.alternates[0], service.cast_vote, decision.id, NO)
    with pytest.raises(RuleBroken, match="voted already"):
        act(circle.voters[0], service.cast_vote, decision.id, YES)


@on_postgresql
def test_voter_and_alternate_at_once_are_one_vote(act, circle, look, see):
    decision = ask(act, circle)

    def vote(pair):
        who, choice = pair
        try:
            return act(who, service.cast_vote, decision.id, choice).choice
        except RuleBroken as refusal:
            return str(refusal)

    pairs = ((circle.voters[0], YES), (circle.alternates[0], NO))
    with ThreadPoolExecutor(2) as both:
        said = list(both.map(vote, pairs))

    assert sum("voted already" in str(each) for each in said) == 1
    assert len([e for e, _ in see(queries.electors, decision.id) if e.choice]) == 1
    events = see(lambda s: s.exec(select(Event).where(Event.name == "decisions.voted")).all())
    assert len(events) == 1


@on_postgresql
def test_two_workers_close_a_decision_once(app, act, circle, see):
    decision = ask(act, circle)
    later = decision.closes_at + timedelta(minutes=1)
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: close_due(app, later), range(2)))

    assert see(queries.get_decision, decision.id).outcome is Outcome.NO_QUORUM
    events = see(lambda s: s.exec(select(Event).where(Event.name == "decisions.closed")).all())
    assert len(events) == 1


def test_a_conflict_and_a_proxy_are_on_record(act, circle, see):
    decision = ask(act, circle)
    one, two, three = circle.voters
    act(one, service.declare_conflict, decision.id, "We own a part of the vendor.")
    with pytest.raises(RuleBroken, match="conflict"):
        act(one, service.cast_vote, decision.id, YES)
    with pytest.raises(RuleBroken, match="conflict"):
        act(two, service.give_proxy, decision.id, circle.districts[0].id, "Away.")
    act(two, service.give_proxy, decision.id, circle.districts[2].id, "We are away.")
    with pytest.raises(NotFound):
        act(one, service.cast_vote, decision.id, YES, circle.districts[1].id)
    act(three, service.cast_vote, decision.id, YES, circle.districts[1].id)

    cast = see(queries.elector, decision.id, circle.districts[1].id)
    assert (cast.choice, cast.cast_for_id) == (YES, circle.districts[2].id)
    with pytest.raises(RuleBroken, match="voted already"):
        act(two, service.cast_vote, decision.id, NO)


@on_sqlite
def test_the_deadline_is_of_the_day_it_was_opened(act, circle, make, see):
    with pytest.raises(RuleBroken, match="does not exist"):
        ask(act, circle, closes_day=date(2027, 3, 14), closes_time=time(2, 30))
    with pytest.raises(RuleBroken, match="already passed"):
        ask(act, circle, closes_day=date(2026, 11, 1))
    decision = ask(act, circle)
    organization = make.org_of(circle.consortium)
    organization.time_zone = "America/New_York"
    make.save(organization)

    decision = see(queries.get_decision, decision.id)
    assert decision.closes_at == datetime(2026, 12, 1, 23, tzinfo=UTC)
    assert decision.time_zone == "America/Chicago"


def decided(act, circle, deliver, decision, choice=YES):
    for voter in circle.voters[:2]:
        act(voter, service.cast_vote, decision.id, choice)
    deliver()
    deliver()


@on_sqlite
@pytest.mark.parametrize("choice", [YES, NO])
def test_a_vote_on_the_by_laws_puts_the_draft_in_force_or_frees_it(
    act, circle, deliver, see, choice
):
    changed = Choices(quorum_percent=60)
    draft = act(circle.convener, consortia_service.save_by_laws, circle.org_id, changed, "", 0)
    subject = f"change_by_laws:{draft.id}"
    decision = ask(act, circle, DecisionKind.CHANGE_BY_LAWS, subject)
    assert decision.majority is Needed.TWO_THIRDS
    decided(act, circle, deliver, decision, choice)
    outcome = see(queries.get_decision, decision.id).outcome
    assert outcome is (Outcome.PASSED if choice is YES else Outcome.FAILED)

    version = see(consortia.consortium_of, circle.org_id).by_laws_version
    assert version == (2 if choice is YES else 1)
    waiting = see(consortia.by_laws_draft, circle.org_id)
    assert waiting is None if choice is YES else waiting.put_to_vote_at is None


@on_sqlite
def test_members_admit_a_district(make, act, deliver, see, circle):
    newcomer = make.district()
    act(
        make.buyer(newcomer),
        across(consortia_service.ask_to_join),
        circle.org_id,
        accept_by_laws=True,
    )
    make.instrument(see(consortia.member, circle.org_id, newcomer.id))
    subject = f"admit_member:{newcomer.id}"
    decision = ask(act, circle, DecisionKind.ADMIT_MEMBER, subject)
    with pytest.raises(RuleBroken, match="running already"):
        ask(act, circle, DecisionKind.ADMIT_MEMBER, subject, key="k2")
    decided(act, circle, deliver, decision)

    assert see(consortia.member, circle.org_id, newcomer.id).status is MemberStatus.ACTIVE


@on_sqlite
def test_the_pages_ask_count_and_print(app, act, circle, client_for, deliver, see):
    lead, voter, stranger = (
        client_for(circle.convener),
        client_for(circle.voters[0]),
        app.test_client(),
    )
    page = f"/consortia/{circle.slug}/decisions"
    typed = {
        "kind": "pick_tool",
        "subject": f"pick_tool:{circle.schedule.tool_id}",
        "title": "Shall we pick the reading coach?",
        "words": "It is cheap.",
        "closes_day": "2026-12-01",
        "closes_time": "17:00",
    }
    refused = lead.send(f"{page}/new", **typed | {"closes_day": "2026-11-01"})
    assert refused.status_code == 422
    assert "It is cheap." in refused.text
    assert lead.send(f"{page}/new", **typed).location == f"{page}/1"
    token = voter.get(f"{page}/1").text.split('name="csrf_token"')[1].split('value="')[1]
    sent = {"csrf_token": token.split('"')[0], "words": "We like it.", "once_key": "r1"}
    for _ in range(2):
        assert voter.post(f"{page}/1/remark", data=sent).status_code == 302
    assert voter.get(f"{page}/1").text.count("We like it.") == 1
    assert "We like it." not in stranger.get(f"{page}/1").text
    voter.post(f"{page}/1/vote", data={"csrf_token": sent["csrf_token"], "choice": "yes"})
    late = client_for(circle.alternates[0]).get(f"{page}/1").text
    assert "nothing left to cast" in late
    assert stranger.get(f"{page}/1/minutes.pdf").status_code == 404
    decision = see(queries.decision_by_number, circle.org_id, 1)
    act(circle.voters[1], service.cast_vote, decision.id, YES)
    deliver()

    reader = pypdf.PdfReader(io.BytesIO(stranger.get(f"{page}/1/minutes.pdf").data))
    words = " ".join(part.extract_text() for part in reader.pages)
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert "Passed" in words
    assert "Did not vote" in words
    assert "pick_tool,Shall we pick the reading coach?" in stranger.get(f"{page}.csv").text
    assert stranger.get(f"{page}.json").json["decisions"][0]["outcome"] == "passed"
    assert "Shall we pick" in stranger.get(f"/consortia/{circle.slug}").text


def passed(act, circle, deliver, kind, subject, key="k1"):
    decision = ask(act, circle, kind, subject, key)
    for voter in circle.voters[:2]:
        act(voter, service.cast_vote, decision.id, YES)
    for _ in range(3):
        deliver()
    return decision.id


@pytest.mark.parametrize("kind", [DecisionKind.FOUND_POOL, DecisionKind.PICK_TOOL])
def test_a_yes_to_a_pool_or_a_tool_makes_the_draft_for_the_lead(
    app, act, make, circle, deliver, see, client_for, kind
):
    about = circle.schedule
    thing = about.id if kind is DecisionKind.FOUND_POOL else about.tool_id
    decision_id = passed(act, circle, deliver, kind, f"{kind}:{thing}")

    decision = see(queries.get_decision, decision_id)
    pool = see(pools.get_pool, decision.opens_pool_id)
    assert (pool.status, pool.price_schedule_id) == (PoolStatus.DRAFT, about.id)
    assert (pool.term_starts_on, pool.term_ends_on) == (date(2027, 7, 1), date(2028, 6, 30))
    assert pool.purpose == "Adopted by decision 1: Shall we pick it?"
    page = f"/consortia/{circle.slug}/decisions/1"
    change = f"/c/{circle.slug}/pools/{pool.slug}/change"
    assert change in client_for(circle.convener).get(page).text
    assert change not in client_for(circle.voters[0]).get(page).text
    written = [letter for letter in see(letters) if letter.subject.startswith("Draft pool")]
    assert [(each.recipient, change in each.text) for each in written] == [
        (circle.convener.email, True)
    ]
    with app.app_context(), tenancy.everyone("again"), db.transaction() as session:
        service.prepare_pool(session, Actor.system(), decision_id)
    assert len(see(lambda s: s.exec(select(Pool)).all())) == 1


def letters(session):
    return session.exec(select(Letter).order_by(Letter.id)).all()


@on_sqlite
def test_a_tool_without_a_price_is_picked_and_its_vendor_asked(make, act, circle, deliver, see):
    tool = make.tool()
    seller = make.person(make._organization(tool.org_id), Role.ADMINISTRATOR)
    decision_id = passed(act, circle, deliver, DecisionKind.PICK_TOOL, f"pick_tool:{tool.id}")

    decision = see(queries.get_decision, decision_id)
    assert decision.opens_pool_id is None
    assert "offers no price now" in decision.next_step
    sent = {letter.recipient: letter.subject for letter in see(letters)}
    assert sent[seller.email].endswith(f"picked {tool.name}")
    assert sent[circle.convener.email].startswith("Please plan the pool")


@on_sqlite
def test_a_pool_that_would_outlive_the_consortium_is_no_draft_but_a_word_to_the_lead(
    make, act, circle, deliver, see
):
    make.save(setting(circle.consortium, runs_until=date(2027, 3, 1)))
    subject = f"found_pool:{circle.schedule.id}"
    decision_id = passed(act, circle, deliver, DecisionKind.FOUND_POOL, subject)

    assert "runs until March 1, 2027" in see(queries.get_decision, decision_id).next_step


def setting(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    return row


@on_sqlite
def test_a_question_names_a_price_that_is_on_offer(make, act, circle):
    make.save(setting(circle.schedule, withdrawn_at=NOW))
    with pytest.raises(RuleBroken, match="no longer offers") as refusal:
        ask(act, circle, DecisionKind.FOUND_POOL, f"found_pool:{circle.schedule.id}")
    assert refusal.value.field == "subject"
    with pytest.raises(RuleBroken, match="what exactly"):
        ask(act, circle, DecisionKind.FOUND_POOL, "found_pool:nothing")
    with pytest.raises(RuleBroken, match="page of the pool"):
        ask(act, circle, DecisionKind.RENEW_POOL, f"renew_pool:{circle.schedule.id}")


@pytest.mark.parametrize("choice", [YES, NO])
def test_a_vote_on_the_split_is_in_force_for_new_pools_and_for_no_open_one(
    make, act, circle, deliver, see, choice
):
    opened = make.pool(circle.consortium, by_laws_version=1)
    proposal = make.save(
        CostProposal(
            org_id=circle.org_id,
            price_schedule_id=circle.schedule.id,
            total_cents=0,
            method=Method.HYBRID,
            equal_bps=3_000,
            rest=Rest.PER_PUPIL,
            bought="100 seats",
            inputs={},
            inputs_sha256="0" * 64,
            result={},
            proposed_at=NOW,
            proposed_by_id=circle.convener.id,
            proposed_for_id=circle.org_id,
            once_key="p1",
        )
    )
    decision = ask(act, circle, DecisionKind.COST_METHOD, f"cost_method:{proposal.id}")
    decided(act, circle, deliver, decision, choice)

    in_force = see(consortia.by_laws_in_force, circle.org_id)
    adopted = choice is YES
    assert in_force.version == (2 if adopted else 1)
    choices = in_force.choices
    assert (choices.cost_method, choices.equal_bps, choices.rest) == (
        (Method.HYBRID, 3_000, Rest.PER_PUPIL) if adopted else (Method.PROPORTIONAL, None, None)
    )
    consortium = see(consortia.consortium_of, circle.org_id)
    assert consortium.split_method == choices.cost_method.value
    # A change of who pays what is major, so members accept it before they commit again.
    assert consortium.accept_from_version == (2 if adopted else 1)
    assert in_force.why.startswith("Adopted by decision 1") is adopted
    kept = see(pools.get_pool, opened.id)
    assert (kept.split_method, kept.by_laws_version) == ("proportional", 1)


@on_sqlite
def test_an_observer_reads_what_is_said_and_neither_asks_speaks_nor_votes(
    make, act, circle, client_for
):
    decision = ask(act, circle)
    observing = make.district("Watching Schools")
    act(
        circle.convener,
        across(observer_service.name_observer),
        circle.org_id,
        observing.id,
        "It may join.",
    )
    watcher = make.buyer(observing)
    named = make.person(make.org_of(circle.consortium), Role.OBSERVER)
    act(circle.voters[0], service.remark, decision.id, "Among ourselves.", "r1")
    page = f"/consortia/{circle.slug}/decisions"

    for reader in (watcher, named):
        shown = client_for(reader).get(f"{page}/1")
        assert "Among ourselves." in shown.text
        assert "Say it" not in shown.text
        assert client_for(reader).get(f"{page}/new").status_code in (403, 404)
    with pytest.raises(NotAllowed):
        act(watcher, service.remark, decision.id, "Me too.", "r2")
    asked = Question(DecisionKind.DISSOLVE, "End?", "No.", date(2026, 12, 1), time(17))
    with pytest.raises(NotAllowed):
        act(watcher, service.open_decision, circle.org_id, asked, "k9")
    with pytest.raises((NotFound, NotAllowed)):
        act(watcher, service.cast_vote, decision.id, YES)
    with pytest.raises(NotAllowed):
        act(named, service.remark, decision.id, "Me too.", "r3")
