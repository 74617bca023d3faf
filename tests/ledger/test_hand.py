"""Entries by hand: one person says what happened, a second person approves, then it is posted."""

import threading
from datetime import date

import pytest
import sqlalchemy

from marketplace.accounts.login import actor_for
from marketplace.accounts.rules import Role
from marketplace.core import clock, db, tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.mail import newest_letters
from marketplace.ledger import correction_service, hand_rules, hand_service, queries, sentence_rules
from marketplace.ledger.correction_rules import RunStatus
from marketplace.ledger.hand_rules import RECIPES, Act
from marketplace.ledger.rules import Leg, PostingKind, check_legs
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.ledger.test_corrections import fresh

WHO = {"district": "0100005", "vendor": "brightpath", "name": "rural-reach"}
REASON = "The board voted it in the minutes of October 5."
TODAY = NOW.date()


@pytest.fixture
def convener(make, books):
    return make.person(books, Role.CONVENER)


@pytest.fixture
def propose(act, books, agent):
    def say(what=Act.WRITE_OFF, cents=500, user=None, **said):
        said = {"effective_on": TODAY, "reason": REASON, "about": "pool:reading"} | said
        who = {k: v for k, v in WHO.items() if RECIPES[what].asks(k)}
        use_case = hand_service.propose_entry
        return act(user or agent, use_case, books.id, what, cents=cents, **said, **who)

    return say


@pytest.fixture
def owing(post):
    """A district that owes 100.00 and has 20.00 of credit, a grant of 30.00, cash of 40.00."""
    post(
        "split", ("receivable:0100005", 100_00), ("payable:brightpath", -100_00),
        kind=PostingKind.SPLIT_BILLED,
    )  # fmt: skip
    post("grant", ("cash:main", 30_00), ("grant:rural-reach", -30_00))
    post("credit", ("cash:main", 10_00), ("fee:lead", 10_00), ("credit:0100005", -20_00))


# -- what is posted -------------------------------------------------------------------------------


@pytest.mark.parametrize("what", Act)
def test_each_act_has_lines_that_cancel_and_a_sentence_of_its_own(what):
    legs = hand_rules.legs_of(what, 12_34, **WHO)

    check_legs(legs)
    told = sentence_rules.tell(RECIPES[what].kind, legs, "pool:reading", {})
    assert "$12.34" in told
    assert len({recipe.says for recipe in RECIPES.values()}) == len(Act)


def test_every_act_is_posted_by_two_people_and_the_books_hold(
    act, books, owing, propose, convener, look
):
    for number, what in enumerate(Act, 4):
        entry = propose(what, 100 + number)
        assert fresh(look, queries.books_of, "three-rivers").seq == number - 1

        done = act(convener, hand_service.approve_entry, entry.id)

        assert (done.status, done.seq, done.decided_by) == (
            RunStatus.APPROVED,
            number,
            convener.id,
        )
        posted = fresh(look, queries.get_entry, books.id, number)
        assert (posted.kind, posted.ref) == (RECIPES[what].kind, "pool:reading")
        assert posted.effective_on == TODAY
        assert list(posted.legs) == hand_rules.legs_of(what, 100 + number, **WHO)
    assert fresh(look, queries.verify, books.id).ok


@pytest.mark.parametrize(
    ("what", "cents", "says"),
    [
        (Act.GRANT_USED, 30_01, r"only \$30.00 left"),
        (Act.CREDIT_USED, 20_01, r"only \$20.00 of credit"),
        (Act.REFUND_OF_CREDIT, 20_01, r"only \$20.00 of credit"),
        (Act.REFUND_OF_PAYMENT, 40_01, r"only \$40.00 in cash"),
        (Act.WRITE_OFF, 100_01, r"owes only \$100.00"),
        (Act.FEE_OF_VENDOR, 100_01, r"owed only \$100.00"),
        (Act.FEE_OF_DISTRICT, 0, "above zero"),
    ],
)
def test_no_more_is_used_or_given_up_than_is_there(owing, propose, what, cents, says):
    with pytest.raises(RuleBroken, match=says) as refusal:
        propose(what, cents)

    assert refusal.value.field == "amount"


def test_what_was_there_when_it_was_proposed_must_be_there_when_it_is_approved(
    act, books, owing, propose, convener, look
):
    first, second = propose(cents=60_00), propose(cents=60_01)
    act(convener, hand_service.approve_entry, first.id)

    with pytest.raises(RuleBroken, match=r"owes only \$40.00"):
        act(convener, hand_service.approve_entry, second.id)

    assert fresh(look, queries.books_of, "three-rivers").seq == 4


# -- who, when, how often -------------------------------------------------------------------------


def test_nobody_approves_what_they_proposed(act, app, owing, propose, agent):
    entry = propose()
    with pytest.raises(RuleBroken, match="somebody else must approve"):
        act(agent, hand_service.approve_entry, entry.id)

    with (
        pytest.raises(sqlalchemy.exc.IntegrityError),
        app.extensions["engine"].begin() as connection,
    ):
        connection.exec_driver_sql(
            "UPDATE proposed_entry SET status = 'approved', decided_at = proposed_at,"
            " decided_by = proposed_by, seq = 1"
        )


@on_sqlite
def test_everybody_else_at_the_desk_is_asked_by_letter_to_approve(
    act, books, owing, propose, agent, convener, deliver, look
):
    entry, decided = propose(), propose(cents=600)
    act(convener, hand_service.refuse_entry, decided.id)
    run = act(
        convener,
        correction_service.propose_correction,
        books.id,
        1,
        legs=[Leg("receivable:0100005", 90_00), Leg("payable:brightpath", -90_00)],
        reason=REASON,
    )
    deliver()

    asked = {x.recipient: x for x in newest_letters(look) if "something waits" in x.subject}
    assert set(asked) == {agent.email, convener.email}
    assert "an entry by hand" in asked[convener.email].text
    assert f"/c/three-rivers/books/entries/{entry.id}" in asked[convener.email].text
    assert "a correction of entry 1 in" in asked[agent.email].text
    assert f"/c/three-rivers/books/runs/{run.id}" in asked[agent.email].text


def test_only_those_who_keep_the_books_say_anything(act, make, owing, propose, books):
    outsider, elsewhere = make.person(make.district()), make.organization("consortium")
    entry = propose()
    for user in (outsider, make.person(elsewhere, Role.CONVENER, Role.FISCAL_AGENT)):
        with pytest.raises(NotAllowed):
            propose(user=user)
        for use_case in (hand_service.approve_entry, hand_service.refuse_entry):
            with pytest.raises(NotFound):  # the books of others do not exist
                act(user, use_case, entry.id)


def test_twice_sent_is_once_said_and_twice_approved_is_once_posted(
    act, owing, propose, convener, look
):
    entry = propose()
    assert propose().id == entry.id
    assert propose(cents=501).id != entry.id
    act(convener, hand_service.approve_entry, entry.id)

    assert act(convener, hand_service.approve_entry, entry.id).seq == 4
    assert fresh(look, queries.books_of, "three-rivers").seq == 4


def test_turned_down_or_taken_back_is_never_posted(act, owing, propose, convener, agent, look):
    entry = propose()
    assert act(agent, hand_service.refuse_entry, entry.id).status is RunStatus.REFUSED
    assert act(convener, hand_service.refuse_entry, entry.id).decided_by == agent.id
    with pytest.raises(RuleBroken, match="This entry is already refused"):
        act(convener, hand_service.approve_entry, entry.id)

    assert fresh(look, queries.books_of, "three-rivers").seq == 3


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"effective_on": date(2027, 12, 1)}, "effective_on"),
        ({"effective_on": date(2026, 10, 31)}, "effective_on"),
        ({"reason": "oops"}, "reason"),
    ],
)
def test_what_cannot_be_is_refused_on_its_field(act, books, agent, owing, propose, said, field):
    act(agent, correction_service.close_period, books.id, date(2026, 10, 31))
    with pytest.raises(RuleBroken) as refusal:
        propose(**said)

    assert refusal.value.field == field


@on_postgresql
def test_two_approvals_at_once_post_once(app, books, owing, propose, convener, make, look):
    """Of one entry; and of two that together give up more than is owed, only one."""
    entries = [propose(cents=60_00), propose(cents=60_01)]
    people = [convener, make.person(books, Role.FISCAL_AGENT)]
    ready, outcomes = threading.Barrier(4), []

    def approve(user, entry_id):
        with app.app_context(), clock.frozen(NOW), tenancy.everyone("test"):
            with db.transaction() as session:
                actor = actor_for(session, user)
            ready.wait()
            try:
                with db.transaction() as session:
                    hand_service.approve_entry(session, actor, entry_id)
                outcomes.append("posted")
            except RuleBroken as refusal:
                outcomes.append(str(refusal))

    threads = [
        threading.Thread(target=approve, args=(user, entry.id))
        for user in people
        for entry in entries
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count("posted") == 1
    assert fresh(look, queries.books_of, "three-rivers").seq == 4
    assert fresh(look, queries.verify, books.id).ok


# -- pages ----------------------------------------------------------------------------------------


@on_sqlite
def test_a_write_off_through_its_pages(owing, make, client_for, agent, convener):
    make.district("Albertville City", leaid="0100005")
    first, second = client_for(agent), client_for(convener)
    desk = "/c/three-rivers/books"
    chooses = first.get(f"{desk}/post").text
    assert all(f"{desk}/post/{what}" in chooses for what in Act)
    address = f"{desk}/post/write-off"
    typed = {"district": "0100005", "amount": "250.00", "effective_on": "2026-11-02",
             "about": "pool:reading", "reason": REASON}  # fmt: skip

    refused = first.send(address, **typed)
    assert refused.status_code == 422
    assert "This district owes only $100.00" in refused.text
    assert 'value="250.00"' in refused.text
    assert REASON in refused.text
    assert first.send(address, **(typed | {"district": "9999999"})).status_code == 422
    assert first.send(address, **(typed | {"amount": "a lot"})).status_code == 422

    sent = first.send(address, **(typed | {"amount": "100.00"}))
    assert sent.status_code == 302
    page = first.get(sent.location).text
    assert "Albertville City" in page
    assert "Somebody else who keeps these books must approve it" in page
    assert "Waits for a second person" in second.get(desk).text
    token = second.get(sent.location).text.split('name="csrf_token"')[1]
    token = token.split('value="')[1].split('"')[0]
    assert second.post(f"{sent.location}/approve", data={"csrf_token": token}).status_code == 302
    assert "/open/ledger/three-rivers/4" in second.get(sent.location).text
    public = first.application.test_client().get("/open/ledger/three-rivers/4").text
    assert "Written off" in public
    assert REASON not in public


@on_sqlite
def test_the_desk_says_when_there_is_nobody_to_charge(books, client_for, agent):
    page = client_for(agent).get("/c/three-rivers/books/post/write-off").text

    assert "The books know no district yet" in page
    assert client_for(agent).get("/c/three-rivers/books/post/gift").status_code == 404
