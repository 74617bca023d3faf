"""Settled orders are corrected by two people, and closed months stay closed."""

import threading
from datetime import date

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.login import actor_for
from marketplace.accounts.rules import Role
from marketplace.core import clock, db, tenancy
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.ledger import correction_rules, correction_service, desk_queries, queries, service
from marketplace.ledger.correction_rules import RunStatus
from marketplace.ledger.models import LedgerClosing
from marketplace.ledger.rules import Leg, PostingKind
from tests.conftest import NOW, on_postgresql, on_sqlite

RIGHT = [
    Leg("cash:main", 36_010_00),
    Leg("receivable:0100005", -36_000_00),
    Leg("credit:0100005", -10_00),
]
REASON = "The bank statement says ten dollars more."


@pytest.fixture
def convener(make, books):
    return make.person(books, Role.CONVENER)


@pytest.fixture
def propose(act, books, agent):
    def say(seq=3, legs=None, reason=REASON, user=None):
        use_case = correction_service.propose_correction
        return act(user or agent, use_case, books.id, seq, legs=legs or RIGHT, reason=reason)

    return say


@pytest.fixture
def close(act, books, agent):
    def through(day, user=None):
        return act(user or agent, correction_service.close_period, books.id, day)

    return through


def fresh(look, query, *args):
    look.rollback()
    with tenancy.everyone("test asserts"):
        return query(look, *args)


# -- correction runs -----------------------------------------------------------------------------


def test_two_people_cancel_a_settled_entry_and_post_what_is_right(
    year, books, propose, act, convener, look
):
    run = propose()
    assert fresh(look, queries.books_of, "three-rivers").seq == 6

    done = act(convener, correction_service.approve_correction, run.id)

    assert (done.status, done.reversal_seq, done.correction_seq) == (RunStatus.APPROVED, 7, 8)
    cancelled = fresh(look, queries.get_entry, books.id, 3)
    mirror = fresh(look, queries.get_entry, books.id, 7)
    right = fresh(look, queries.get_entry, books.id, 8)
    assert (cancelled.reversed_by, mirror.reverses) == (7, 3)
    assert [leg.cents for leg in mirror.legs] == [-leg.cents for leg in cancelled.legs]
    assert right.kind is PostingKind.CORRECTION
    assert right.ref == "pool:reading/invoice:1/corrects:3"
    assert list(right.legs) == RIGHT
    assert fresh(look, queries.verify, books.id).ok
    assert fresh(look, queries.balance_of, books.id, "cash:main") == 5_010_00


def test_who_proposed_cannot_approve_whatever_roles_they_hold(
    year, books, propose, act, agent, make, look
):
    run = propose()
    make.role(agent, books, Role.CONVENER)

    with pytest.raises(RuleBroken, match="somebody else must approve"):
        act(agent, correction_service.approve_correction, run.id)

    assert fresh(look, desk_queries.get_run, run.id).status is RunStatus.PROPOSED
    assert fresh(look, queries.books_of, "three-rivers").seq == 6


def test_the_database_itself_asks_for_two_people(year, propose, app, agent):
    run = propose()
    statement = sqlalchemy.text(
        "UPDATE correction_run SET status = 'approved', decided_at = proposed_at, "
        "decided_by = proposed_by, reversal_seq = 1, correction_seq = 2"
    )
    with (
        pytest.raises(sqlalchemy.exc.IntegrityError, match="two_people"),
        app.extensions["engine"].begin() as connection,
    ):
        connection.execute(statement)
    assert run.proposed_by == agent.id


def test_approving_twice_posts_once(year, propose, act, convener, look):
    run = propose()
    act(convener, correction_service.approve_correction, run.id)

    again = act(convener, correction_service.approve_correction, run.id)

    assert (again.reversal_seq, again.correction_seq) == (7, 8)
    assert fresh(look, queries.books_of, "three-rivers").seq == 8


@on_postgresql
def test_two_approvals_at_once_post_once(app, year, books, propose, convener, make, look):
    run = propose()
    people = [convener, make.person(books, Role.FISCAL_AGENT)]
    ready, outcomes = threading.Barrier(2), []

    def approve(user):
        with app.app_context(), clock.frozen(NOW), tenancy.everyone("test"):
            with db.transaction() as session:
                actor = actor_for(session, user)
            ready.wait()
            try:
                with db.transaction() as session:
                    correction_service.approve_correction(session, actor, run.id)
                outcomes.append("posted")
            except RuleBroken as refusal:
                outcomes.append(str(refusal))

    threads = [threading.Thread(target=approve, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["This correction is already approved.", "posted"]
    assert fresh(look, queries.books_of, "three-rivers").seq == 8
    assert fresh(look, queries.verify, books.id).ok


def test_a_proposal_is_turned_down_or_taken_back_and_then_another_may_follow(
    year, propose, act, convener, agent, look
):
    first = propose()
    with pytest.raises(RuleBroken, match="already waits"):
        propose(user=convener)
    assert act(agent, correction_service.refuse_correction, first.id).decided_by == agent.id

    second = propose(user=convener)
    assert act(agent, correction_service.refuse_correction, second.id).status is RunStatus.REFUSED
    with pytest.raises(RuleBroken, match="already refused"):
        act(agent, correction_service.approve_correction, second.id)
    assert fresh(look, queries.books_of, "three-rivers").seq == 6


def test_the_same_proposal_sent_twice_is_one(year, propose):
    assert propose().id == propose().id


@pytest.mark.parametrize(
    ("seq", "legs", "reason", "says"),
    [
        (3, [Leg("cash:main", 5), Leg("fee:x", -4)], REASON, "do not cancel"),
        (3, [Leg("cash:main", 36_000_00), Leg("receivable:0100005", -36_000_00)], REASON, "those"),
        (3, RIGHT, "wrong", "Say in a sentence"),
        (4, RIGHT, REASON, "already cancels"),
        (5, RIGHT, REASON, "cannot be cancelled"),
        (3, [Leg("cash:main", 5), Leg("nonsense", -5)], REASON, "no account called"),
    ],
)
def test_a_proposal_that_cannot_be_is_refused_in_words(year, propose, seq, legs, reason, says):
    with pytest.raises(RuleBroken, match=says):
        propose(seq, legs, reason)


def test_one_person_cancels_an_open_bill_but_not_a_settled_one(year, books, act, agent):
    """Albertville has paid; the other district of the same pool has not."""
    with pytest.raises(RuleBroken, match="settled"):
        act(agent, service.reverse, books.id, 1, key="r1", reason="wrong")
    with pytest.raises(RuleBroken, match="settled"):
        act(agent, service.reverse, books.id, 3, key="r3", reason="wrong")

    assert act(agent, service.reverse, books.id, 2, key="r2", reason="typed twice").reverses == 2


def test_a_bill_of_which_something_is_open_is_cancelled_by_one(post, books, act, agent):
    post("bill", ("receivable:0100005", 10_00), ("payable:brightpath", -10_00))
    post("part", ("cash:main", 4_00), ("receivable:0100005", -4_00))

    assert act(agent, service.reverse, books.id, 2, key="r", reason="bounced").reverses == 2


def test_strangers_to_the_books_neither_propose_nor_decide(year, books, propose, make, act):
    run = propose()
    voter = make.person(books, Role.VOTER)

    with pytest.raises(NotAllowed):
        propose(user=voter)
    for use_case in (correction_service.approve_correction, correction_service.refuse_correction):
        with pytest.raises(NotAllowed):
            act(voter, use_case, run.id)


# -- closed months -------------------------------------------------------------------------------


def test_nothing_is_posted_into_a_closed_month_and_all_else_is(post, close, look, books):
    post("before", on=date(2026, 9, 15))
    close(date(2026, 9, 30))

    with pytest.raises(RuleBroken, match="closed for September 2026"):
        post("late", on=date(2026, 9, 30))
    assert post("open", on=date(2026, 10, 1)).seq == 2
    assert post("before", on=date(2026, 9, 15)).seq == 1  # a repeat finds the first entry
    assert fresh(look, queries.closed_through, books.id) == date(2026, 9, 30)


def test_the_database_itself_refuses_it(post, close, app, books):
    post("before", on=date(2026, 9, 15))
    close(date(2026, 9, 30))
    line = (
        "INSERT INTO ledger_txn (org_id, seq, idem_key, body, leaf, hash, kind, ref, "
        "effective_on, recorded_at) SELECT org_id, 2, 'late', body, leaf, hash, kind, ref, "
        "effective_on, recorded_at FROM ledger_txn"
    )

    with (
        pytest.raises(sqlalchemy.exc.DBAPIError, match="ledger: "),
        app.extensions["engine"].begin() as connection,
    ):
        connection.exec_driver_sql(line)


@pytest.mark.parametrize("change", ["UPDATE ledger_closing SET through_on = '2020-01-31'",
                                    "DELETE FROM ledger_closing"])  # fmt: skip
def test_a_closing_is_never_taken_back(post, close, app, change):
    close(date(2026, 9, 30))

    with (
        pytest.raises(sqlalchemy.exc.DBAPIError, match="a closed period stays closed"),
        app.extensions["engine"].begin() as connection,
    ):
        connection.exec_driver_sql(change)


def test_a_mistake_in_a_closed_month_is_corrected_in_the_open_one(
    year, books, close, propose, act, convener, look
):
    close(date(2026, 10, 31))

    act(convener, correction_service.approve_correction, propose().id)

    days = [fresh(look, queries.get_entry, books.id, seq).effective_on for seq in (7, 8)]
    assert days == [NOW.date(), NOW.date()]
    until = queries.Until(on=date(2026, 10, 31))
    assert fresh(look, queries.balance_of, books.id, "cash:main", until) == 5_005_00


@pytest.mark.parametrize(
    ("through", "says"),
    [
        (date(2026, 9, 29), "last day of a month"),
        (date(2026, 11, 30), "not over"),
        (date(2026, 8, 31), "already closed"),
    ],
)
def test_only_whole_past_months_are_closed_in_order(close, books, through, says):
    close(date(2026, 9, 30))
    with pytest.raises(RuleBroken, match=says):
        close(through)


def test_only_the_fiscal_agent_closes_and_twice_is_once(close, convener, look, books):
    with pytest.raises(NotAllowed):
        close(date(2026, 9, 30), convener)
    assert close(date(2026, 9, 30)).closed_at == close(date(2026, 9, 30)).closed_at
    assert len(fresh(look, desk_queries.closings, books.id)) == 1


@on_postgresql
def test_a_payment_and_a_closing_at_once_end_in_either_order_but_never_in_both(
    app, books, agent, look
):
    ready, outcomes = threading.Barrier(2), []

    def run(name, use_case):
        with app.app_context(), clock.frozen(NOW), tenancy.everyone("test"):
            with db.transaction() as session:
                actor = actor_for(session, agent)
            ready.wait()
            try:
                with db.transaction() as session:
                    use_case(session, actor)
                outcomes.append(name)
            except RuleBroken:
                outcomes.append(f"{name} refused")

    legs = [Leg("cash:main", 5), Leg("fee:x", -5)]
    post = lambda s, a: service.post(  # noqa: E731
        s, a, books.id, key="k", kind=PostingKind.FEE, ref="pool:x",
        effective_on=date(2026, 9, 30), legs=legs,
    )  # fmt: skip
    close = lambda s, a: correction_service.close_period(  # noqa: E731
        s, a, books.id, date(2026, 9, 30)
    )
    threads = [threading.Thread(target=run, args=p) for p in (("post", post), ("close", close))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes in (["post", "close"], ["close", "post refused"], ["post refused", "close"])


# -- rules ---------------------------------------------------------------------------------------


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_a_month_ends_before_the_next_begins(day):
    end = correction_rules.month_end(day)

    assert (end.year, end.month) == (day.year, day.month)
    assert end >= day
    assert date.fromordinal(end.toordinal() + 1).day == 1


def test_the_months_that_may_be_closed():
    ends = correction_rules.closable(date(2026, 8, 31), date(2026, 1, 5), date(2026, 11, 16))
    first = correction_rules.closable(None, date(2026, 10, 5), date(2026, 11, 16))
    assert ends == [date(2026, 10, 31), date(2026, 9, 30)]
    assert first == [date(2026, 10, 31), date(2026, 9, 30)]
    assert correction_rules.closable(None, date(2026, 11, 5), date(2026, 11, 16)) == [
        date(2026, 10, 31)
    ]
    assert correction_rules.closable(date(2026, 10, 31), date(2026, 1, 1), date(2026, 11, 16)) == []


def test_the_link_of_a_correction_always_fits():
    assert correction_rules.ref_of_correction("pool:x", 12) == "pool:x/corrects:12"
    assert correction_rules.ref_of_correction("pool:" + "x" * 190, 12) == "corrects:12"


# -- pages ---------------------------------------------------------------------------------------


@on_sqlite
def test_the_whole_of_a_correction_through_its_pages(year, books, client_for, agent, convener):
    first, second = client_for(agent), client_for(convener)
    address = "/c/three-rivers/books/3/correct"
    lines = {
        "lines-0-account": "cash:main", "lines-0-debit": "36,010.00",
        "lines-1-account": "receivable:0100005", "lines-1-credit": "36,000.00",
        "lines-2-account": "credit:0100005", "lines-2-credit": "10.00",
    }  # fmt: skip

    refused = first.send(address, **{**lines, "lines-2-credit": "11.00"}, reason=REASON)
    assert refused.status_code == 422
    assert "do not cancel" in refused.text
    assert 'value="36,010.00"' in refused.text  # what was typed stays
    assert first.send(address, **lines, reason="").status_code == 422

    sent = first.send(address, **lines, reason=REASON)
    run = sent.location
    assert sent.status_code == 302
    assert "Somebody else who keeps these books must approve it" in first.get(run).text
    token = first.get(run).text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    own = first.post(f"{run}/approve", data={"csrf_token": token})
    assert own.status_code == 422
    assert "somebody else must approve it" in own.text

    token = second.get(run).text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    assert second.post(f"{run}/approve", data={"csrf_token": token}).status_code == 302
    assert "Approved and posted" in second.get(run).text
    for seq, links in ((3, (7, 8)), (7, (3, 8)), (8, (3, 7))):
        page = second.get(f"/open/ledger/three-rivers/{seq}").text
        for other in links:
            assert f'href="/open/ledger/three-rivers/{other}"' in page
        assert REASON in page


@on_sqlite
def test_the_reason_and_the_names_are_for_the_desk_only(
    app, year, books, propose, act, convener, agent
):
    act(convener, correction_service.approve_correction, propose().id)

    for seq in (3, 7, 8):
        page = app.test_client().get(f"/open/ledger/three-rivers/{seq}").text
        assert REASON not in page
        assert agent.name not in page
        assert convener.name not in page
        assert "Two people agreed" in page


@on_sqlite
def test_the_desk_closes_a_month_and_says_who_did(year, books, client_for, agent, convener):
    client = client_for(agent)

    bad = client.send("/c/three-rivers/books/close", through_on="2026-11-30")
    assert bad.status_code == 422
    sent = client.send("/c/three-rivers/books/close", through_on="2026-10-31")

    assert sent.status_code == 302
    page = client_for(convener).get("/c/three-rivers/books")
    assert "The fiscal agent closes months" in page.text
    assert agent.name in page.text
    assert "trial-balance?on=2026-10-31" in page.text
    assert client_for(convener).get("/c/three-rivers/books/close").status_code == 403


@on_sqlite
@pytest.mark.parametrize("page", ["", "/close", "/3/correct"])
def test_the_desk_does_not_exist_for_others(year, books, client_for, make, page):
    stranger = client_for(make.buyer(make.district()))
    voter = client_for(make.person(books, Role.VOTER))

    assert stranger.get(f"/c/three-rivers/books{page}").status_code == 404
    assert voter.get(f"/c/three-rivers/books{page}").status_code == 404


def test_a_closing_is_named_by_its_books(books):
    closing = LedgerClosing(org_id=books.id, through_on=date(2026, 9, 30), closed_at=NOW)
    assert closing.id == books.id
