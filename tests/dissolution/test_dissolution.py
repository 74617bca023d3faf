"""The end of a consortium: decided by the by-laws, only at zero, sealed, and told to everybody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.consortia import queries as consortia
from marketplace.consortia import service as consortia_service
from marketplace.consortia.rules import Choices, ConsortiumStatus, Dissolution, Leftover
from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.mail import Letter
from marketplace.decisions import service as decisions
from marketplace.decisions.rules import Choice, DecisionKind
from marketplace.decisions.service import Question
from marketplace.dissolution import queries, rules, service
from marketplace.dissolution.rules import Standing
from marketplace.ledger import hand_service
from marketplace.ledger import queries as ledger
from marketplace.ledger import service as ledger_service
from marketplace.ledger.hand_rules import Act
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.pools import service as pools_service
from marketplace.pools.rules import PoolStatus
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.consortia.test_service import across

TODAY = date(2026, 11, 16)
FEES = [("cash:administration", 1_001), ("fee:administration", -1_001)]


class Ending:
    """Two districts with a named voter each, a convener, a fiscal agent, and open books."""

    def __init__(self, app, make, act, name="River Schools", **choices):
        self.app, self.make, self.act = app, make, act
        self.consortium = make.consortium(name=name, choices=Choices(**choices))
        self.org_id, self.org = self.consortium.org_id, make.org_of(self.consortium)
        self.slug, self.name = self.org.slug, self.org.name
        self.convener = make.convener(self.consortium)
        self.agent = make.person(self.org, Role.FISCAL_AGENT)
        self.districts = [make.district(), make.district()]
        self.leaids = [district.leaid for district in self.districts]
        self.voters = []
        for district in self.districts:
            make.member(self.consortium, district)
            voter = make.buyer(district)
            act(voter, across(consortia_service.name_voters), self.org_id, voter.id, None)
            self.voters.append(voter)

    def post(self, *legs, key="p1", kind=PostingKind.FEE):
        with (
            self.app.app_context(),
            tenancy.everyone("test posts"),
            db.transaction() as session,
        ):
            ledger_service.post(
                session,
                Actor.system(),
                self.org_id,
                key=key,
                kind=kind,
                ref="desk:fees",
                effective_on=TODAY,
                legs=[Leg(*leg) for leg in legs],
            )

    def vote(self, deliver, *choices):
        asked = Question(
            DecisionKind.DISSOLVE, "Shall we end it?", "We are done.", date(2026, 12, 1), time(17)
        )
        decision = self.act(self.convener, decisions.open_decision, self.org_id, asked, "k1")
        for voter, choice in zip(self.voters, choices):
            self.act(voter, decisions.cast_vote, decision.id, choice)
        for _ in range(3):
            deliver()
        return decision

    def by_hand(self, act, cents, **who):
        entry = self.act(
            self.convener,
            hand_service.propose_entry,
            self.org_id,
            act,
            cents=cents,
            effective_on=TODAY,
            reason="It is paid, see the bank statement of today.",
            **who,
        )
        self.act(self.agent, hand_service.approve_entry, entry.id)


@pytest.fixture
def ending(app, make, act):
    return lambda **choices: Ending(app, make, act, **choices)


@pytest.fixture
def see(look):
    def run(query, *args, **kwargs):
        look.rollback()
        with tenancy.everyone("test asserts"):
            return query(look, *args, **kwargs)

    return run


# -- rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cents, rule, billed, expected",
    [
        (1_000, Leftover.BY_BILLS, {"1": 300, "2": 100}, {"1": 750, "2": 250}),
        (-1_000, Leftover.BY_BILLS, {"1": 300, "2": 100}, {"1": -750, "2": -250}),
        (1_000, Leftover.EQUAL, {"1": 300, "2": 100}, {"1": 500, "2": 500}),
        (1_000, Leftover.BY_BILLS, {}, {"1": 500, "2": 500}),
        (0, Leftover.BY_BILLS, {"1": 300}, {}),
    ],
)
def test_what_is_left_is_shared_to_the_cent_by_the_adopted_rule(cents, rule, billed, expected):
    assert rules.shares(cents, rule, billed, ["1", "2"], "seed") == expected
    parts = {f"390000{leaid}": part for leaid, part in expected.items()}
    closed = {"fee:a": -cents} if cents else {}
    legs = rules.settlement(closed, parts, {"cash:grants": 70})
    assert Leg("cash:main", 70) in legs
    assert sum(leg.cents for leg in legs) == 0


def test_what_is_open_is_said_in_words():
    standing = Standing(["Reading"], 1, 2, 500, 0, 100, 1, {"fee:a": -5, "writeoff": 2})

    assert standing.obstacles == [
        "The pool “Reading” is not over.",
        "1 order has no bill yet.",
        "2 bills are not paid in full.",
        "Budgets still hold money that orders set aside.",
        "1 request or proposal waits for an answer.",
    ]
    assert standing.result_cents == 3
    assert not standing.is_zero


# -- decided ---------------------------------------------------------------------------------


def test_a_surplus_is_returned_paid_out_and_the_books_are_sealed(ending, deliver, see, make):
    end = ending()
    end.post(*FEES)
    with pytest.raises(NotFound):
        end.act(end.convener, service.propose_settlement, end.org_id)
    end.vote(deliver, Choice.YES, Choice.YES)
    assert see(consortia.consortium_of, end.org_id).winding_up_on == TODAY

    end.act(end.convener, service.propose_settlement, end.org_id)
    deliver()
    with pytest.raises(RuleBroken, match="somebody else"):
        end.act(end.convener, service.approve_settlement, end.org_id)
    end.act(end.agent, service.approve_settlement, end.org_id)
    end.act(end.agent, service.approve_settlement, end.org_id)  # pressed twice
    held = {b.code: b.cents for b in see(ledger.balances, end.org_id) if b.cents}
    assert held["cash:main"] == 1_001
    credits = {code: cents for code, cents in held.items() if code.startswith("credit:")}
    assert sorted(credits.values()) == [-501, -500]  # equal, since nobody was billed
    with pytest.raises(RuleBroken, match="not at zero"):
        end.act(end.convener, service.dissolve, end.org_id, typed_name=end.name)
    for code, cents in credits.items():
        end.by_hand(Act.REFUND_OF_CREDIT, -cents, district=code.partition(":")[2])

    with pytest.raises(RuleBroken, match="Type the name"):
        end.act(end.convener, service.dissolve, end.org_id, typed_name="Other Schools")
    end.act(end.convener, service.dissolve, end.org_id, typed_name=f" {end.name.upper()} ")
    end.act(end.convener, service.dissolve, end.org_id, typed_name=end.name)
    deliver()

    consortium = see(consortia.consortium_of, end.org_id)
    assert (consortium.status, consortium.dissolved_on) == (ConsortiumStatus.DISSOLVED, TODAY)
    done = see(queries.get_dissolution, end.org_id)
    assert (done.books_seq, done.books_hash) == see(ledger.find_head, end.org_id)
    with pytest.raises(RuleBroken, match="books are sealed"):
        end.post(*FEES, key="late")
    with pytest.raises(RuleBroken, match="books are sealed"):
        end.by_hand(Act.FEE_OF_DISTRICT, 100, district=end.leaids[0], name="administration")
    assert see(ledger.verify, end.org_id).problems == []
    subjects = [letter.subject for letter in see(letters_to(end.voters[0].email))]
    assert subjects == [
        "Please vote: Shall we end it?",
        "Passed: Shall we end it?",
        "River Schools is being dissolved",
        "River Schools ends: your part",
        "River Schools is dissolved",
    ]


def letters_to(email):
    query = select(Letter).where(Letter.recipient == email).order_by(Letter.written_at)
    return lambda session: sorted(session.exec(query).all(), key=_step)


def _step(letter):
    words = ("Please vote", "Passed", "is being dissolved", "your part", "is dissolved")
    return next(i for i, said in enumerate(words) if said in letter.subject)


@on_sqlite
def test_a_deficit_is_shared_by_what_each_was_billed_and_paid_in(ending, deliver, see, make):
    end = ending()
    end.post(("writeoff", 300), ("payable:acme", -300), kind=PostingKind.WRITE_OFF)
    end.vote(deliver, Choice.YES, Choice.YES)
    end.act(end.agent, service.propose_settlement, end.org_id)
    end.act(end.convener, service.approve_settlement, end.org_id)
    held = {b.code: b.cents for b in see(ledger.balances, end.org_id) if b.cents}
    owed = {f"receivable:{leaid}": 150 for leaid in end.leaids}
    assert held == {"payable:acme": -300} | owed

    for leaid in end.leaids:
        end.by_hand(Act.SHARE_PAID_TO_VENDOR, 150, district=leaid, vendor="acme")
    end.act(end.convener, service.dissolve, end.org_id, typed_name=end.name)

    assert see(consortia.consortium_of, end.org_id).status is ConsortiumStatus.DISSOLVED


@on_sqlite
def test_figures_that_changed_since_are_not_posted(ending, deliver):
    end = ending()
    end.post(*FEES)
    end.vote(deliver, Choice.YES, Choice.YES)
    end.act(end.convener, service.propose_settlement, end.org_id)
    end.post(*FEES, key="p2")

    with pytest.raises(RuleBroken, match="changed since"):
        end.act(end.agent, service.approve_settlement, end.org_id)


@on_sqlite
def test_open_pools_and_bills_hold_the_end_up_and_nothing_new_begins(
    ending, deliver, make, act, see
):
    end = ending()
    order = make.order(end.districts[0], consortium=make.consortium())  # another consortium's
    draft = make.pool(end.consortium, status=PoolStatus.DRAFT)
    running = make.pool(end.consortium, title="Reading")
    end.vote(deliver, Choice.YES, Choice.YES)

    with pytest.raises(RuleBroken, match="“Reading” is not over"):
        end.act(end.convener, service.dissolve, end.org_id, typed_name=end.name)
    with pytest.raises(RuleBroken, match="being dissolved"):
        end.act(end.convener, pools_service.open_pool, draft.id)
    newcomer = make.buyer(make.district())
    with pytest.raises(RuleBroken, match="being dissolved"):
        act(
            newcomer,
            across(consortia_service.ask_to_join),
            end.org_id,
            accept_by_laws=True,
        )
    running.status, running.released_at = PoolStatus.LAPSED, NOW
    make.save(running)
    end.act(end.convener, service.dissolve, end.org_id, typed_name=end.name)

    assert order.total_cents
    assert see(queries.standing, order.consortium_id).orders_not_billed == 1
    assert see(queries.standing, order.consortium_id).set_aside_cents == order.total_cents


@on_sqlite
def test_a_vote_needs_what_the_by_laws_say_of_all_votes(ending, deliver, see):
    everybody = ending(dissolution=Dissolution.EVERYBODY)
    everybody.vote(deliver, Choice.YES, Choice.ABSTAIN)

    assert see(consortia.consortium_of, everybody.org_id).winding_up_on is None
    assert see(queries.dissolution_of, everybody.org_id) is None


@on_sqlite
def test_the_lead_declares_it_only_where_the_by_laws_say_so(ending, deliver, see):
    led, voted = ending(dissolution=Dissolution.LEAD), ending()
    with pytest.raises(RuleBroken, match="declares the end itself"):
        led.vote(deliver)
    said = {"words": "We are done.", "typed_name": "River Schools"}
    with pytest.raises(RuleBroken, match="Put it to a vote"):
        voted.act(voted.convener, service.declare, voted.org_id, **said)
    with pytest.raises(NotAllowed):
        led.act(led.agent, service.declare, led.org_id, **said)
    led.act(led.convener, service.declare, led.org_id, **said)

    assert see(queries.get_dissolution, led.org_id).begun_by_id == led.convener.id


@on_postgresql
def test_an_entry_and_the_seal_at_once_are_one_or_the_other(ending, deliver, see):
    end = ending()
    end.vote(deliver, Choice.YES, Choice.YES)

    def run(work):
        with clock.frozen(NOW):
            try:
                work()
            except RuleBroken as refusal:
                return str(refusal)
        return "done"

    both = (
        lambda: end.act(end.convener, service.dissolve, end.org_id, typed_name=end.name),
        lambda: end.post(*FEES),
    )
    with ThreadPoolExecutor(2) as threads:
        said = list(threads.map(run, both))

    assert said.count("done") == 1
    status = see(consortia.consortium_of, end.org_id).status
    sealed = status is ConsortiumStatus.DISSOLVED
    assert see(ledger.find_head, end.org_id).seq == (0 if sealed else 1)


# -- pages -----------------------------------------------------------------------------------


@on_sqlite
def test_the_pages_lead_through_to_the_seal(app, ending, deliver, client_for):
    end = ending()
    end.post(*FEES)
    stranger = app.test_client()
    lead, agent = client_for(end.convener), client_for(end.agent)
    page = f"/consortia/{end.slug}/end"
    assert stranger.get(page).status_code == 404
    assert "Ask the members" in lead.get(page).text
    end.vote(deliver, Choice.YES, Choice.YES)

    assert "Being dissolved" in stranger.get(f"/consortia/{end.slug}").text
    shown = stranger.get(page).text
    assert "a vote of the members" in shown
    assert "2 accounts are not at zero" in shown
    assert "Cash: administration" not in shown
    assert "Cash: administration" in client_for(end.voters[0]).get(page).text
    press(lead, page, "share")
    assert press(lead, page, "approve").status_code == 422
    assert press(agent, page, "approve").status_code == 302
    for district in end.leaids:
        held = f"credit:{district}"
        with app.app_context(), tenancy.everyone("test"), db.transaction() as session:
            cents = next(b.cents for b in ledger.balances(session, end.org_id, [held]))
        end.by_hand(Act.REFUND_OF_CREDIT, -cents, district=district)
    wrong = press(lead, page, "dissolve", name="Rivers")
    assert wrong.status_code == 422
    assert 'value="Rivers"' in wrong.text
    assert press(lead, page, "dissolve", name=end.name).status_code == 302

    public = stranger.get(f"/consortia/{end.slug}").text
    assert "On Nov 16, 2026. Every account stood at zero" in public
    assert "Sealed" in stranger.get(page).text
    assert "Sealed for good" in stranger.get(f"/open/ledger/{end.slug}").text
    assert "Sealed for good" in agent.get(f"/c/{end.slug}/books").text
    assert agent.get(f"/c/{end.slug}/books/close").status_code == 200


def press(client, page, step, **fields):
    shown = client.get(page).text
    token = shown.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    return client.post(f"{page}/{step}", data={"csrf_token": token, **fields})


@on_sqlite
def test_a_lead_that_may_declare_types_name_and_reason(ending, client_for):
    end = ending(dissolution=Dissolution.LEAD)
    lead, page = client_for(end.convener), f"/consortia/{end.slug}/end"

    refused = press(lead, page, "declare", words="We are done.", name="Rivers")
    assert refused.status_code == 422
    assert "We are done." in refused.text
    assert press(lead, page, "declare", words="We are done.", name=end.name).status_code == 302
    assert "by the lead agency: We are done." in lead.get(page).text
