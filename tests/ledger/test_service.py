"""Posting and cancelling, on both engines."""

import threading
from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from marketplace.ledger import body, queries, service
from marketplace.ledger.body import Head
from marketplace.ledger.models import LedgerEntry
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.ledger.sight_rules import WHOLE
from tests.conftest import on_postgresql
from tests.ledger.conftest import run

FEE = {
    "kind": PostingKind.FEE,
    "ref": "pool:reading",
    "effective_on": date(2026, 11, 2),
    "legs": [Leg("cash:main", 500), Leg("fee:lead", -500)],
}


def balances(look, books):
    return {balance.code: balance.cents for balance in queries.balances(look, books.id)}


def test_an_entry_moves_the_balances_and_the_head(post, books, look):
    first = post("a")
    second = post("b", ("cash:main", -200), ("payable:brightpath", 200))

    assert (first.seq, second.seq) == (1, 2)
    assert balances(look, books) == {
        "cash:main": 300,
        "fee:lead": -500,
        "payable:brightpath": 200,
    }
    assert queries.find_head(look, books.id) == Head(2, second.hash)
    assert body.chain([first.body, second.body]) == [first.hash, second.hash]


def test_an_account_may_stand_on_several_lines(post, books, look):
    post("a", ("cash:main", 300), ("cash:main", 200), ("fee:lead", -500))

    assert balances(look, books) == {"cash:main": 500, "fee:lead": -500}
    assert queries.verify(look, books.id).ok


@pytest.mark.parametrize(
    ("legs", "says"),
    [
        ([("cash:main", 500), ("fee:lead", -499)], "off by 1 cents"),
        ([("cash:main", 500)], "two lines"),
        ([("cash:main", 500), ("pocket:mine", -500)], "no account"),
    ],
)
def test_an_entry_that_does_not_hold_leaves_nothing(post, books, look, legs, says):
    with pytest.raises(RuleBroken, match=says):
        post("a", *legs)

    assert balances(look, books) == {}
    assert queries.find_head(look, books.id).seq == 0


def test_the_same_key_again_is_the_same_entry(post, books, look):
    first = post("a")
    with clock.frozen(datetime(2026, 12, 1, tzinfo=UTC)):
        again = post("a")

    assert again.hash == first.hash
    assert balances(look, books)["cash:main"] == 500


def test_the_same_key_cannot_say_something_else(post, books, look):
    post("a")
    with pytest.raises(RuleBroken, match="Entry 1 has the same key"):
        post("a", ("cash:main", 501), ("fee:lead", -501))
    with pytest.raises(RuleBroken, match="Entry 1 has the same key"):
        post("a", on=date(2026, 11, 3))

    assert balances(look, books)["cash:main"] == 500


def test_each_consortium_has_its_own_numbers_keys_and_sums(app, post, make, books, look):
    other = make.organization(OrganizationKind.CONSORTIUM)
    run(app, service.open_books, other.id)
    post("a")
    entry = post("a", ("cash:main", 7), ("rounding", -7), to=other)

    assert entry.seq == 1
    assert balances(look, books) == {"cash:main": 500, "fee:lead": -500}
    assert balances(look, other) == {"cash:main": 7, "rounding": -7}


def test_opening_twice_keeps_what_is_in_the_books(app, post, books, look):
    entry = post("a")
    run(app, service.open_books, books.id)

    assert queries.find_head(look, books.id) == Head(1, entry.hash)


def test_nothing_is_posted_where_no_books_are_open(app, make):
    consortium = make.organization(OrganizationKind.CONSORTIUM)
    with pytest.raises(NotFound):
        run(app, service.post, consortium.id, key="a", **FEE)


def test_a_reversal_is_the_mirror_and_links_both_ways(post, undo, books, look):
    post("a", ("cash:main", 300), ("cash:main", 200), ("fee:lead", -500))
    mirror = undo(1)

    assert mirror.reverses == 1
    entry, original = (queries.get_entry(look, books.id, seq, WHOLE) for seq in (2, 1))
    assert entry.legs == (("cash:main", -300), ("cash:main", -200), ("fee:lead", 500))
    assert (entry.reverses, original.reversed_by) == (1, 2)
    assert set(balances(look, books).values()) == {0}
    assert queries.verify(look, books.id).ok


def test_an_entry_is_cancelled_only_once(post, undo, books, look):
    post("a")
    first = undo(1, key="undo")
    assert undo(1, key="undo").seq == first.seq == 2
    with pytest.raises(RuleBroken, match="Entry 2 already"):
        undo(1, key="another click")
    with pytest.raises(RuleBroken, match="cannot be cancelled"):
        undo(2, key="undo the undo")

    assert balances(look, books)["cash:main"] == 0


def test_a_reversal_needs_a_reason_and_an_entry(post, undo, books):
    post("a")
    with pytest.raises(RuleBroken, match="Say why"):
        undo(1, reason="  ")
    with pytest.raises(NotFound):
        undo(9)


def test_a_reversal_is_not_posted_by_hand(app, books):
    with pytest.raises(RuleBroken, match="its own command"):
        run(app, service.post, books.id, key="a", **FEE | {"kind": PostingKind.REVERSAL})


def test_the_fiscal_agent_keeps_the_books_and_nobody_else(act, agent, books, make, look):
    entry = act(agent, service.post, books.id, key="a", **FEE)
    assert body.read(entry.body).by == str(agent.id)
    act(agent, service.reverse, books.id, 1, key="b", reason="typed twice")

    district = make.district()
    make.affiliation(district, books)
    elsewhere = make.organization(OrganizationKind.CONSORTIUM)
    for stranger in (
        make.person(books, Role.CONVENER),
        make.buyer(district),
        make.person(elsewhere, Role.FISCAL_AGENT),
    ):
        with pytest.raises(NotAllowed):
            act(stranger, service.post, books.id, key="c", **FEE)
        with pytest.raises(NotAllowed):
            act(stranger, service.reverse, books.id, 1, key="d", reason="mine")
    assert queries.find_head(look, books.id).seq == 2


def test_the_convener_opens_the_books_and_a_member_cannot(act, make, look):
    consortium = make.organization(OrganizationKind.CONSORTIUM)
    with pytest.raises(NotAllowed):
        act(make.person(consortium, Role.VOTER), service.open_books, consortium.id)
    act(make.person(consortium, Role.CONVENER), service.open_books, consortium.id)

    assert queries.find_head(look, consortium.id) == Head(0, body.FIRST_PREV)


def test_an_event_tells_what_was_posted(post, undo, books, look):
    post("a")
    undo(1, reason="typed twice")

    told = look.exec(select(Event).where(Event.name == "ledger.posted").order_by(Event.id)).all()
    assert [(event.org_id, event.facts) for event in told] == [
        (books.id, {"seq": 1, "kind": "fee"}),
        (books.id, {"seq": 2, "kind": "reversal", "reason": "typed twice"}),
    ]


def test_a_large_split_is_one_entry(post, books, look):
    lines = [(f"receivable:{n:07}", 1000 + n) for n in range(2500)]
    post("a", *lines, ("payable:brightpath", -sum(cents for _, cents in lines)))

    proof = queries.verify(look, books.id)
    assert (proof.entries, proof.lines, proof.problems) == (1, 2501, [])


def in_parallel(number, work):
    """Run `work(n)` in threads that start together; return results and errors."""
    start, done = threading.Barrier(number), [None] * number

    def one(n):
        start.wait()
        with clock.frozen(datetime(2026, 11, 16, tzinfo=UTC)):
            try:
                done[n] = work(n)
            except Exception as problem:
                done[n] = problem

    threads = [threading.Thread(target=one, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


@on_postgresql
def test_fifty_posts_of_one_key_at_once_are_one_entry(app, books, look):
    done = in_parallel(50, lambda n: run(app, service.post, books.id, key="a", **FEE).seq)

    assert done == [1] * 50
    assert look.exec(select(LedgerEntry.line).where(LedgerEntry.org_id == books.id)).all() == [1, 2]


def test_posts_at_once_leave_no_gap(app, books, look):
    done = in_parallel(12, lambda n: run(app, service.post, books.id, key=f"k{n}", **FEE).seq)

    assert sorted(done) == list(range(1, 13))
    proof = queries.verify(look, books.id)
    assert (proof.entries, proof.problems) == (12, [])


def test_two_reversals_at_once_are_one(app, post, books, look):
    post("a")
    done = in_parallel(
        6, lambda n: run(app, service.reverse, books.id, 1, key=f"u{n}", reason="twice").seq
    )

    assert [result for result in done if isinstance(result, int)] == [2]
    refusals = [result for result in done if not isinstance(result, int)]
    assert {type(refusal) for refusal in refusals} == {RuleBroken}
    assert queries.verify(look, books.id).ok


@on_postgresql
def test_many_entries_at_once_are_no_harder_to_find_than_one(app, books, look):
    """Young tables have no statistics, and one transaction leaves its older rows in the way."""
    with (
        app.app_context(),
        tenancy.everyone("the site posts for every consortium"),
        db.transaction() as session,
    ):
        for n in range(500):
            service.post(session, Actor.system(), books.id, key=f"k{n}", **FEE)
        session.connection().exec_driver_sql("SELECT pg_stat_force_next_flush()")
    read = look.connection().exec_driver_sql(
        "SELECT indexrelname, idx_tup_read::float / idx_scan FROM pg_stat_user_indexes"
        " WHERE idx_scan > 400 AND relname LIKE 'ledger_%%'"
    )
    rows_for_each_look = dict(read.all())

    assert {"pk_ledger_head", "pk_ledger_balance", "pk_ledger_txn"} <= rows_for_each_look.keys()
    assert max(rows_for_each_look.values()) <= 2
