"""By-laws as choices: what a change means, who brings it about, and what follows from it."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from types import SimpleNamespace
from uuid import UUID

import pypdf
import pytest
from alembic import command
from sqlalchemy import Uuid, bindparam, text

from marketplace.consortia import by_laws_rules, queries, service
from marketplace.consortia.by_laws_forms import typed
from marketplace.consortia.by_laws_rules import Choices, FeePayer, WhoMayJoin
from marketplace.consortia.change_rules import CLAUSE_OF, change_between
from marketplace.consortia.rules import (
    Admission,
    ConsortiumStatus,
    InstrumentScope,
    MemberStatus,
    Refusal,
)
from marketplace.core import db, migrate, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.ledger.models import LedgerOpenness
from marketplace.ledger.rules import Openness
from marketplace.pricing.rules import Method, Rest
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.consortia.test_service import across

TODAY = NOW.date()
USUAL = Choices(fee_bps=200, notice_days=60, survey_before_intent=True)
HYBRID = replace(USUAL, cost_method=Method.HYBRID, equal_bps=3_000, rest=Rest.PER_PUPIL)


# -- the rules -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes, major, why",
    [
        ({"fee_bps": 100}, False, "Nobody pays more."),
        ({"fee_bps": 300}, True, "who pays"),
        ({"fee_cap_cents": 5_000_00}, False, "Nobody pays more."),
        ({"fee_bps": 100, "fee_payer": FeePayer.MEMBERS}, True, "who pays"),
        ({"notice_days": 30}, False, "sooner"),
        ({"notice_days": 90}, True, "agreed to"),
        ({"survey_before_intent": False}, False, "duty"),
        ({"who_may_join": WhoMayJoin.INVITED}, False, "anything new"),
        ({"quorum_percent": 40}, True, "votes count"),
        ({"books": Openness.TOTALS}, True, "who can see"),
        ({"cost_method": Method.EQUAL}, True, "who pays"),
        ({"who_may_join": WhoMayJoin.INVITED, "admission": Admission.VOTE}, True, "votes count"),
    ],
)
def test_a_change_is_major_when_it_binds_members_to_something_new(changes, major, why):
    change = change_between(USUAL, replace(USUAL, **changes))

    assert change.is_major is major
    assert why in change.why


def test_every_choice_stands_in_a_clause_and_free_words_are_major():
    assert set(CLAUSE_OF) == set(by_laws_rules.CHOICES)
    assert change_between(USUAL, USUAL, "One  two\n", "One two").differences == ()
    assert change_between(USUAL, USUAL, "One", "Two").is_major


def test_choices_are_read_back_as_they_were_written():
    stored = json.loads(json.dumps(by_laws_rules.choices_as_json(HYBRID)))

    assert by_laws_rules.choices_from_json(stored) == HYBRID
    assert by_laws_rules.choices_from_json({}) == Choices()


def test_what_follows_from_the_choices():
    capped = replace(USUAL, fee_cap_cents=500_00)
    ends = replace(USUAL, term_years=1)

    assert by_laws_rules.last_day(USUAL, date(2027, 4, 1)) == date(2027, 6, 30)
    assert by_laws_rules.last_day(USUAL, date(2027, 5, 30)) == date(2028, 6, 30)
    assert by_laws_rules.administrative_fee(capped, 48_000_00) == 500_00
    assert by_laws_rules.administrative_fee(USUAL, 48_000_00) == 960_00
    assert by_laws_rules.runs_until(ends, date(2028, 2, 29)) == date(2029, 2, 28)
    assert by_laws_rules.runs_until(ends, date(2026, 7, 1)) == date(2027, 6, 30)
    by_size = by_laws_rules.Weights.BY_SIZE
    assert [by_laws_rules.votes_of(by_size, n) for n in (None, 96, 1_000, 2_500)] == [1, 1, 2, 3]


# -- changing them ---------------------------------------------------------------------------


@pytest.fixture
def circle(make):
    """A constituted consortium with two members, its convener, and a member's buyer."""

    consortium = make.consortium(choices=USUAL, text="We meet twice a year.")
    district, other = make.district(), make.district()
    return SimpleNamespace(
        consortium=consortium,
        org_id=consortium.org_id,
        convener=make.convener(consortium),
        district=district,
        other=other,
        members=[make.member(consortium, each) for each in (district, other)],
        buyer=make.buyer(district),
    )


@pytest.fixture
def as_system(app):
    def run(use_case, *args, **kwargs):
        with app.app_context(), tenancy.everyone("a job"), db.transaction() as session:
            return use_case(session, Actor.system(), *args, **kwargs)

    return run


def save(act, circle, choices, seen=0, words="We meet twice a year.", who=None):
    return act(who or circle.convener, service.save_by_laws, circle.org_id, choices, words, seen)


def test_a_minor_change_is_in_force_at_once_and_nobody_accepts_again(act, circle, see):
    draft = save(act, circle, replace(USUAL, fee_bps=100))
    adopted = act(circle.convener, service.adopt_by_laws, circle.org_id, draft.revision)
    again = act(circle.convener, service.adopt_by_laws, circle.org_id, draft.revision)

    assert (adopted.version, adopted.is_major, again.version) == (2, False, 2)
    assert see(queries.by_laws_in_force, circle.org_id).choices.fee_bps == 100
    assert see(queries.by_laws_version, circle.org_id, 1).choices == USUAL
    assert see(queries.member_accepts_in_force, circle.org_id, circle.district.id)
    assert see(queries.members_to_accept, circle.org_id) == []


def test_a_major_change_takes_a_vote_and_then_each_members_yes(act, circle, see, as_system):
    draft = save(act, circle, replace(HYBRID, books=Openness.MASKED))
    with pytest.raises(RuleBroken, match="the members vote"):
        act(circle.convener, service.adopt_by_laws, circle.org_id, draft.revision)
    act(circle.convener, service.put_by_laws_to_vote, circle.org_id, draft.revision)
    with pytest.raises(RuleBroken, match="voting"):
        save(act, circle, USUAL, seen=draft.revision)
    with pytest.raises(NotAllowed):
        act(circle.convener, service.end_by_laws_vote, circle.org_id, draft.id, passed=True)
    as_system(service.end_by_laws_vote, circle.org_id, draft.id, passed=True)
    assert as_system(service.end_by_laws_vote, circle.org_id, draft.id, passed=True) is None

    consortium = see(queries.consortium_of, circle.org_id)
    assert (consortium.by_laws_version, consortium.split_method) == (2, "hybrid")
    books = see(lambda session: session.get(LedgerOpenness, circle.org_id))
    assert (books.openness, "version 2" in books.clause) == (Openness.MASKED, True)
    assert why_not(see, circle) is Refusal.BY_LAWS
    with pytest.raises(RuleBroken, match="changed again"):
        act(circle.buyer, across(service.accept_by_laws), circle.org_id, 1)
    act(circle.buyer, across(service.accept_by_laws), circle.org_id, 2)
    assert why_not(see, circle) is None
    assert [org.id for _, org in see(queries.members_to_accept, circle.org_id)] == [circle.other.id]


def why_not(see, circle, **changes):
    asked = {"today": TODAY, "starts_on": date(2027, 7, 1), "ends_on": date(2028, 6, 30)}
    return see(queries.why_not_commit, circle.org_id, circle.district.id, **asked | changes)


def test_why_a_member_may_not_commit(make, circle, see):
    stranger = make.district()
    paper = see(queries.instruments_of, circle.members[0].id)[0]

    assert why_not(see, circle) is None
    assert why_not(see, circle, buys=InstrumentScope.ALL_PURCHASES) is Refusal.SCOPE
    assert why_not(see, circle, today=paper.signed_on - timedelta(days=1)) is Refusal.NO_PAPER
    assert why_not(see, circle, ends_on=paper.ends_on + timedelta(days=1)) is Refusal.NO_PAPER
    asked = {"today": TODAY, "starts_on": TODAY, "ends_on": TODAY}
    assert see(queries.why_not_commit, circle.org_id, stranger.id, **asked) is Refusal.NO_MEMBER


def test_a_vote_adopts_a_way_to_split_beside_a_draft(act, circle, see, as_system):
    draft = save(act, circle, replace(USUAL, notice_days=90))
    terms = {"cost_method": "equal", "equal_bps": None, "rest": None}

    adopted = as_system(service.adopt_cost_method, circle.org_id, terms, "Decision 1")
    again = as_system(service.adopt_cost_method, circle.org_id, terms, "Decision 1")

    assert (adopted.version, adopted.choices.cost_method, again) == (2, Method.EQUAL, None)
    waiting = see(queries.by_laws_draft, circle.org_id)
    assert (waiting.id, waiting.version) == (draft.id, 3)
    assert (waiting.choices.notice_days, waiting.choices.cost_method) == (90, Method.EQUAL)


def test_by_laws_are_the_leads_to_write(act, circle, make):
    for person in (circle.buyer, make.convener(make.consortium())):
        with pytest.raises(NotAllowed):
            act(person, across(service.save_by_laws), circle.org_id, USUAL, "", 0)


def test_whom_the_by_laws_let_in(make, act):
    closed = make.consortium(choices=Choices(who_may_join=WhoMayJoin.INVITED))
    near = make.consortium(choices=Choices(who_may_join=WhoMayJoin.SAME_STATE), state="OH")
    voted = make.consortium(choices=Choices(admission=Admission.VOTE))
    far = make.district(state="AL")
    buyer = make.buyer(far)

    with pytest.raises(RuleBroken, match="only who is invited"):
        act(buyer, across(service.ask_to_join), closed.org_id, accept_by_laws=True)
    with pytest.raises(RuleBroken, match="districts of OH only"):
        act(make.convener(near), service.invite_district, near.org_id, far.id)
    act(buyer, across(service.ask_to_join), voted.org_id, accept_by_laws=True)
    with pytest.raises(RuleBroken, match="let the members vote"):
        act(make.convener(voted), service.approve_request, voted.org_id, far.id)


@on_postgresql
def test_two_leads_who_save_at_once_leave_one_draft_and_one_refusal(make, act, circle, see):
    second = make.convener(circle.consortium)

    def write(pair):
        who, days = pair
        try:
            return save(act, circle, replace(USUAL, notice_days=days), who=who).revision
        except RuleBroken as refusal:
            return str(refusal)

    with ThreadPoolExecutor(2) as both:
        found = list(both.map(write, ((circle.convener, 10), (second, 20))))

    assert sorted(map(str, found))[0] == "1"
    assert "Somebody else has changed this draft" in str(found)
    assert see(queries.by_laws_draft, circle.org_id).revision == 1


# -- the pages -------------------------------------------------------------------------------


def fields(choices, **changes):
    said = typed(choices) | {"text": "We meet twice a year.", "seen": "0"} | changes
    return {
        name: "y" if value is True else value for name, value in said.items() if value is not False
    }


@on_sqlite
def test_the_second_lead_sees_what_the_first_changed_and_loses_nothing(make, client_for, circle):
    slug = make.org_of(circle.consortium).slug
    first = client_for(circle.convener)
    second = client_for(make.convener(circle.consortium))
    first.send(f"/c/{slug}/by-laws", **fields(replace(USUAL, notice_days=10)))

    late = second.send(f"/c/{slug}/by-laws", **fields(replace(USUAL, quorum_percent=77)))

    assert late.status_code == 422
    assert "has changed this draft since you opened it" in late.text
    assert "with 10 days’ notice" in late.text
    assert 'value="77"' in late.text
    assert 'name="seen" type="hidden" value="1"' in late.text
    kept = fields(replace(USUAL, quorum_percent=77), seen="1")
    assert second.send(f"/c/{slug}/by-laws", **kept).status_code == 302
    assert "A major change" in second.get(f"/c/{slug}/by-laws/check").text


@on_sqlite
def test_the_lead_changes_and_everybody_reads_and_prints(app, make, client_for, circle):
    slug = make.org_of(circle.consortium).slug
    lead, stranger = client_for(circle.convener), app.test_client()
    lead.send(f"/c/{slug}/by-laws", **fields(replace(USUAL, notice_days=30)))
    checked = lead.get(f"/c/{slug}/by-laws/check").text
    assert "A minor change" in checked
    token = checked.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    lead.post(f"/c/{slug}/by-laws/adopt", data={"csrf_token": token, "revision": "1"})

    page = stranger.get(f"/consortia/{slug}/by-laws").text
    assert "with 30 days’ notice" in page
    assert "with 60 days’ notice" in stranger.get(f"/consortia/{slug}/by-laws?version=1").text
    assert stranger.get(f"/consortia/{slug}/by-laws?version=9").status_code == 404
    written = stranger.get(f"/consortia/{slug}/by-laws.json").data
    assert sha256(written).hexdigest() in page
    reader = pypdf.PdfReader(io.BytesIO(stranger.get(f"/consortia/{slug}/by-laws.pdf").data))
    words = " ".join(part.extract_text() for part in reader.pages)
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert "In our own words" in words
    assert "30 days" in words


@on_sqlite
def test_a_forming_consortium_changes_freely_and_a_waiting_district_accepts_anew(
    make, client_for, act, see
):
    consortium = make.consortium(status=ConsortiumStatus.FORMING)
    org_id, lead, district = consortium.org_id, make.convener(consortium), make.district()
    buyer = make.buyer(district)
    act(buyer, across(service.ask_to_join), org_id, accept_by_laws=True)
    draft = act(lead, service.save_by_laws, org_id, HYBRID, "", 0)
    act(lead, service.adopt_by_laws, org_id, draft.revision)

    act(lead, service.approve_request, org_id, district.id)

    assert see(queries.member, org_id, district.id).status is MemberStatus.REQUESTED
    page = client_for(buyer).get(f"/consortia/{make.org_of(consortium).slug}").text
    assert "Accept the by-laws" in page


# -- consortia that had one text -------------------------------------------------------------

OLD = UUID(int=15)


def move(engine, how, revision):
    with migrate.changing(engine) as config:
        how(config, revision)


def test_a_text_of_old_is_kept_beside_choices_that_say_what_the_site_did(app, database_url, see):
    engine = app.extensions["engine"]
    move(engine, command.downgrade, "0019")
    with engine.begin() as connection:
        for sql in (
            "INSERT INTO organization (id, kind, name, slug, founded_at, time_zone) VALUES"
            " (:org, 'consortium', 'Old Rivers', 'old-rivers', '2026-01-01 00:00:00+00', 'UTC')",
            "INSERT INTO consortium (id, org_id, legal_shape, status, lead_agency_id, purpose,"
            " by_laws, by_laws_version, split_method, founded_on) VALUES (:org, :org, 'joint',"
            " 'forming', :org, 'Buy.', 'One district, one vote.', 3, 'per_pupil', '2026-01-01')",
        ):
            connection.execute(text(sql).bindparams(bindparam("org", type_=Uuid())), {"org": OLD})

    migrate.migrate(engine)

    assert migrate.differences(engine) == []
    kept = see(queries.by_laws_in_force, OLD)
    assert (kept.version, kept.text) == (3, "One district, one vote.")
    assert kept.choices == Choices(cost_method=Method.PER_PUPIL)
    assert kept.fingerprint == by_laws_rules.fingerprint(kept.choices, kept.text)
    assert see(queries.consortium_of, OLD).accept_from_version == 3


def test_an_order_takes_no_paper_whose_scope_is_too_narrow(make, see):
    consortium, district = make.consortium(), make.district()
    member = make.member(consortium, district, instrument=False)
    make.instrument(member, covers=InstrumentScope.SOFTWARE)
    asked = (consortium.org_id, TODAY, TODAY)

    def papers(buys):
        one = see(queries.instrument_in_force, consortium.org_id, district.id, TODAY, TODAY)
        assert one is not None
        return set(see(queries.instruments_in_force, *asked, buys=buys))

    assert papers(InstrumentScope.AI_TOOLS) == papers(InstrumentScope.SOFTWARE) == {district.id}
    assert papers(InstrumentScope.ALL_PURCHASES) == set()
