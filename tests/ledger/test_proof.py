"""Checks every night, checkpoints, receipts, proofs, and what happens when a check fails."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from marketplace.core import clock, db, events, jobs, tenancy
from marketplace.core.errors import NotAllowed
from marketplace.core.mail import Letter
from marketplace.ledger import checkpoint_queries, merkle, notes, proof_rules, proof_service
from marketplace.ledger import jobs as ledger_jobs
from marketplace.ledger.models import LedgerTxn
from marketplace.ledger.outsider import verify_ledger, verify_proof
from marketplace.ledger.proof_models import LedgerCheckpoint, LedgerReceipt
from tests.conftest import NOW, on_postgresql, on_sqlite
from tests.ledger.conftest import run

ORIGIN = "127.0.0.1:8000/open/ledger/three-rivers"


@pytest.fixture
def night(app):
    """Run the nightly check now, or so many days later, and what follows from it."""

    def go(days=0, **more):
        with clock.frozen(NOW + timedelta(days=days, **more)), app.app_context():
            with tenancy.everyone("as the worker does"), db.transaction() as session:
                done = ledger_jobs.check_the_books(session)
            events.deliver()
            return done

    return go


@pytest.fixture
def stranger(app):
    return app.test_client()


@pytest.fixture
def spoil(app):
    """What somebody could do who owns the database: change a balance past every guard."""

    def change(cents):
        with app.extensions["engine"].begin() as connection:
            sqlite = connection.dialect.name == "sqlite"
            for row in connection.execute(
                text(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                    " AND tbl_name = 'ledger_balance'"
                    if sqlite
                    else "SELECT 1 WHERE false"
                )
            ).all():
                connection.execute(text(f"DROP TRIGGER {row[0]}"))
            if not sqlite:
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(
                text("UPDATE ledger_balance SET balance_cents = balance_cents + :cents"),
                {"cents": cents},
            )

    return change


def checkpoints(look, books):
    look.rollback()
    with tenancy.everyone("test asserts"):
        query = select(LedgerCheckpoint).where(LedgerCheckpoint.org_id == books.id)
        return list(look.exec(query.order_by(LedgerCheckpoint.day)))


def letters(look):
    look.rollback()
    return list(look.exec(select(Letter).order_by(Letter.written_at)))


def key_of(app):
    private = app.config["CHECKPOINT_KEYS"][0]
    return notes.verifier_key(ORIGIN, notes.public_key(private))


# -- checkpoints ---------------------------------------------------------------------------------


def test_books_that_hold_are_signed_once_a_day(app, year, books, look, night):
    assert night() == 1
    assert night() == 0
    assert night(1) == 1

    first, second = checkpoints(look, books)
    assert (first.size, first.day) == (6, NOW.date())
    assert second.day == NOW.date() + timedelta(days=1)
    with tenancy.everyone("test asserts"):
        leaves = look.exec(select(LedgerTxn.leaf, LedgerTxn.hash).order_by(LedgerTxn.seq)).all()
    assert first.head_hash == leaves[-1][1]
    root = merkle.Tree(bytes.fromhex(leaf) for leaf, _ in leaves).root()
    assert verify_proof.read_note(first.note, [key_of(app)]) == (ORIGIN, 6, root)


def test_empty_books_are_not_signed(books, look, night):
    assert night() == 1
    assert checkpoints(look, books) == []


def test_without_a_key_nothing_is_signed_but_everything_is_checked(app, year, books, look, night):
    app.config["CHECKPOINT_KEYS"] = []

    assert night() == 1
    assert checkpoints(look, books) == []
    assert checkpoint_queries.last_checks(look)[books.id].ok


def test_only_the_site_itself_checks_and_signs(app, year, books, agent, act, night):
    with app.app_context(), tenancy.everyone("test"), db.snapshot() as reader:
        found = checkpoint_queries.full_check(reader, books.id)

    with pytest.raises(NotAllowed):
        act(agent, proof_service.record_check, books.id, found)
    with pytest.raises(NotAllowed):
        act(
            agent,
            proof_service.publish_checkpoint,
            books.id,
            found,
            origin=ORIGIN,
            private_keys=[bytes(32)],
        )


@on_postgresql
def test_two_workers_at_once_make_one_checkpoint(app, year, books, look):
    with app.app_context(), tenancy.everyone("test"), db.snapshot() as reader:
        found = checkpoint_queries.full_check(reader, books.id)

    def publish(_n):
        return run(
            app,
            lambda session, actor: (
                proof_service.publish_checkpoint(
                    session, actor, books.id, found, origin=ORIGIN, private_keys=[bytes(32)]
                )
                is not None
            ),
        )

    def one(n):
        with clock.frozen(NOW):
            return publish(n)

    with ThreadPoolExecutor(8) as workers:
        assert sorted(workers.map(one, range(8))) == [False] * 7 + [True]
    assert len(checkpoints(look, books)) == 1


def test_during_a_rotation_both_keys_sign_and_the_old_public_key_stays(
    app, year, books, look, night, stranger
):
    old, new = bytes(32), bytes(range(32))
    for days, keys in ((0, [old]), (1, [new, old]), (2, [new])):
        app.config["CHECKPOINT_KEYS"] = keys
        night(days)

    vkeys = [notes.verifier_key(ORIGIN, notes.public_key(key)) for key in (old, new)]
    first, overlap, last = (each.note for each in checkpoints(look, books))
    for note, key in ((first, vkeys[0]), (overlap, vkeys[0]), (overlap, vkeys[1])):
        verify_proof.read_note(note, [key])
    with pytest.raises(ValueError, match="none of your keys"):
        verify_proof.read_note(last, [vkeys[0]])
    told = stranger.get("/open/checks.json").json["keys"]
    assert {key["public"]: key["in_use"] for key in told} == {
        notes.public_key(old).hex(): False,
        notes.public_key(new).hex(): True,
    }
    page = stranger.get("/open/checks/three-rivers").text
    assert all(key.replace("+", "&#43;") in page or key in page for key in vkeys)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_checkpoint SET size = 1",
        "DELETE FROM ledger_checkpoint",
        "UPDATE ledger_receipt SET hash = repeat('0', 64)",
        "DELETE FROM ledger_receipt",
        "DELETE FROM ledger_key",
        "UPDATE ledger_key SET public = 'x'",
    ],
)
def test_the_database_keeps_checkpoints_receipts_and_keys(app, year, books, make, night, look, sql):
    give(app, books, make.district(), "invoice:1", 1)
    night()
    sql = sql.replace("repeat('0', 64)", "hash || ''")

    with pytest.raises(DatabaseError), app.extensions["engine"].begin() as connection:
        connection.execute(text(sql))


@on_sqlite
@pytest.mark.parametrize("table", ["ledger_checkpoint", "ledger_receipt", "ledger_key"])
def test_no_row_is_replaced_on_sqlite(app, year, books, make, night, table):
    give(app, books, make.district(), "invoice:1", 1)
    night()
    with pytest.raises(DatabaseError), app.extensions["engine"].begin() as connection:
        connection.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"))


@on_postgresql
@pytest.mark.parametrize("table", ["ledger_checkpoint", "ledger_receipt", "ledger_key"])
def test_no_table_is_emptied_on_postgresql(app, year, table):
    with pytest.raises(DatabaseError), app.extensions["engine"].begin() as connection:
        connection.execute(text(f"TRUNCATE {table}"))


# -- receipts ------------------------------------------------------------------------------------


def give(app, books, member, paper, seq):
    return run(app, proof_service.give_receipt, books.id, member_id=member.id, paper=paper, seq=seq)


def test_a_receipt_says_what_was_printed_and_is_given_once(app, year, books, make, look):
    district = make.district()
    for _ in range(2):
        give(app, books, district, "invoice:brightpath-1", 1)

    with tenancy.everyone("test asserts"):
        (receipt,) = look.exec(select(LedgerReceipt)).all()
        sealed = look.exec(select(LedgerTxn.hash).where(LedgerTxn.seq == 1)).one()
    assert (receipt.member_id, receipt.seq, receipt.hash) == (district.id, 1, sealed)


def test_who_does_not_keep_the_books_gives_no_receipt(year, books, make, agent, act):
    district = make.district()
    words = {"member_id": district.id, "paper": "invoice:2", "seq": 1}
    act(agent, proof_service.give_receipt, books.id, **words)
    with pytest.raises(NotAllowed):
        act(make.buyer(district), proof_service.give_receipt, books.id, **words)


@on_sqlite
def test_a_receipt_that_the_books_no_longer_fit_is_found(app, year, books, make, look, night):
    give(app, books, make.district(), "invoice:brightpath-1", 1)
    with app.extensions["engine"].begin() as connection:
        connection.execute(text("DROP TRIGGER ledger_receipt_update"))
        connection.execute(text("UPDATE ledger_receipt SET hash = :other"), {"other": "a" * 64})
    night()

    (problem,) = checkpoint_queries.last_checks(look)[books.id].problems
    assert problem == "entry 1: invoice:brightpath-1 was sent out with another hash"


# -- a check that fails --------------------------------------------------------------------------

MONEY_PAGES = ("/open", "/open/ledger", "/open/ledger/three-rivers", "/open/checks", "/pools",
               "/funders", "/open/data", "/consortia")  # fmt: skip
BAND = "The books of Three Rivers failed their last check"


def test_a_failed_check_shows_on_every_page_about_money_until_one_passes(
    year, books, stranger, night, spoil, make, look
):
    make.operator(email="operator@example.org")
    night()
    assert [a for a in MONEY_PAGES if BAND in stranger.get(a).text] == []

    spoil(1)
    night(1)
    assert [a for a in MONEY_PAGES if BAND not in stranger.get(a).text] == []
    assert "the balance kept is not the sum" in stranger.get("/open/checks/three-rivers").text
    ready = stranger.get("/readyz")
    assert ready.status_code == 200
    assert ready.json["checks"]["books"]["ok"] is False
    assert "three-rivers" in ready.json["checks"]["books"]["words"]
    assert "Part of the site is not working" in stranger.get("/status").text
    assert len(checkpoints(look, books)) == 1  # what does not hold is not signed

    assert night(1, minutes=5) == 0
    spoil(-1)
    assert night(1, minutes=10) == 1
    assert [a for a in MONEY_PAGES if BAND in stranger.get(a).text] == []
    assert stranger.get("/readyz").json["checks"]["books"]["ok"] is True
    told = [x.subject for x in letters(look) if x.recipient == "operator@example.org"]
    assert told == [
        "The books of Three Rivers do not hold",
        "The books of Three Rivers hold again",
    ]


def test_pages_without_money_and_error_pages_carry_no_band(year, stranger, night, spoil):
    spoil(1)
    night()
    for address in ("/tools", "/sign-in", "/no-such-page"):
        assert BAND not in stranger.get(address).text


@on_sqlite
def test_books_rewritten_from_the_start_do_not_fit_their_checkpoint(app, year, books, look, night):
    """Chain, sums and balances hold: only the kept checkpoint tells."""
    night()
    engine = app.extensions["engine"]
    with engine.begin() as connection:
        for (name,) in connection.execute(
            text(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                " AND tbl_name = 'ledger_checkpoint'"
            )
        ).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE ledger_checkpoint SET root = :r"), {"r": "b" * 64})
    night(1)

    (problem,) = checkpoint_queries.last_checks(look)[books.id].problems
    assert problem == f"the first 6 entries are not those of the checkpoint of {NOW.date()}"


def test_what_a_checkpoint_must_agree_with():
    roots = {0: merkle.EMPTY_ROOT, 3: b"\1" * 32}
    against = proof_rules.against_checkpoint
    assert list(against(NOW.date(), 3, "01" * 32, roots, 3)) == []
    assert "not those of" in next(against(NOW.date(), 3, "02" * 32, roots, 3))
    assert "the books now have 3" in next(against(NOW.date(), 4, "01" * 32, roots, 3))


@pytest.mark.parametrize(
    ("checked_at", "ok", "due"),
    [
        (None, True, True),
        (NOW, True, False),
        (NOW - timedelta(hours=14), True, False),
        (NOW - timedelta(hours=16), True, True),
        (NOW - timedelta(minutes=9), False, False),
        (NOW - timedelta(minutes=10), False, True),
    ],
)
def test_books_are_checked_every_night_and_soon_after_a_failure(checked_at, ok, due):
    assert proof_rules.check_is_due(checked_at, ok, NOW) is due


# -- letters -------------------------------------------------------------------------------------


def test_checkpoints_are_mailed_weekly_to_the_desk_and_monthly_to_districts(
    app, year, books, agent, make, look, night
):
    district = make.district()
    buyer, stranger = make.buyer(district), make.buyer(make.district())
    give(app, books, district, "invoice:1", 1)
    for days in range(16):  # Nov 16, a Monday, to Dec 1
        night(days)

    told = [x for x in letters(look) if x.subject.startswith("Checkpoint")]
    by = {user.email: [x for x in told if x.recipient == user.email] for user in (agent, buyer)}
    assert [len(by[agent.email]), len(by[buyer.email])] == [3, 2]
    assert stranger.email not in {x.recipient for x in told}
    newest = checkpoints(look, books)[0]
    assert newest.note in by[buyer.email][0].text
    assert f"6:{newest.head_hash}" in by[buyer.email][0].text


# -- proofs --------------------------------------------------------------------------------------


@pytest.fixture
def grown(year, post, night):
    """Checkpoints of 6, 6 + 7 and 6 + 7 + 300 entries."""
    night()
    for n in range(7):
        post(f"more {n}".replace(" ", "-"))
    night(1)
    for n in range(300):
        post(f"many-{n}")
    night(2)


def test_every_entry_is_proven_to_whoever_holds_its_hash(app, grown, stranger):
    key = key_of(app)
    for seq in (1, 6, 7, 13, 14, 256, 257, 313):
        proof = stranger.get(f"/open/ledger/three-rivers/{seq}/proof.json").json
        assert "body" not in proof
        assert proof["entry"] == seq
        assert verify_proof.check_proof(proof, [key]).startswith(f"OK: entry {seq}:{proof['hash']}")
    late = stranger.get(f"/open/ledger/three-rivers/1/proof.json?day={day_of(2)}").json
    assert " 313 of " in verify_proof.check_proof(late, [key])


def day_of(days):
    return NOW.date() + timedelta(days=days)


def test_a_text_that_is_added_to_a_proof_is_held_against_it(grown, stranger, look):
    proof = stranger.get("/open/ledger/three-rivers/6/proof.json").json
    with tenancy.everyone("test asserts"):
        body = look.exec(select(LedgerTxn.body).where(LedgerTxn.seq == 6)).one()

    assert verify_proof.check_proof(proof | {"body": body}).startswith("OK")
    with pytest.raises(ValueError, match="another text"):
        verify_proof.check_proof(proof | {"body": body.replace("3600000", "3600001")})


@pytest.mark.parametrize("field", ["entry", "prev", "leaf", "hash", "path", "checkpoint"])
def test_a_forged_proof_fails(app, grown, stranger, field):
    first, other = (
        stranger.get(f"/open/ledger/three-rivers/{seq}/proof.json").json for seq in (9, 300)
    )
    with pytest.raises(ValueError, match=r"does not|not within|too"):
        verify_proof.check_proof(first | {field: other[field]}, [key_of(app)])


def test_newer_books_are_shown_to_begin_with_older_ones(app, grown, stranger):
    for old, new in ((0, 0), (0, 1), (0, 2), (1, 2)):
        address = f"/open/checks/three-rivers/growth.json?old={day_of(old)}&new={day_of(new)}"
        proof = stranger.get(address).json
        assert verify_proof.check_proof(proof, [key_of(app)]).startswith("OK: the ")
    whole = stranger.get("/open/checks/three-rivers/growth.json").json
    assert "the 313 entries" in verify_proof.check_proof(whole, [key_of(app)])
    with pytest.raises(ValueError, match=r"do not begin|too"):
        verify_proof.check_proof(proof | {"path": whole["path"]})


def test_what_cannot_be_proven_is_refused(grown, post, stranger):
    post("not-signed-yet")
    for address, status in (
        ("/open/ledger/three-rivers/314/proof.json", 404),
        (f"/open/ledger/three-rivers/300/proof.json?day={day_of(0)}", 404),
        ("/open/ledger/three-rivers/315/proof", 404),
        ("/open/ledger/elsewhere/1/proof", 404),
        ("/open/checks/elsewhere", 404),
        ("/open/checks/elsewhere/checkpoint.txt", 404),
        ("/open/checks/three-rivers/checkpoint.txt?day=yesterday", 404),
        ("/open/checks/three-rivers/checkpoint.txt?day=2020-01-01", 404),
        (f"/open/checks/three-rivers/growth.json?old={day_of(2)}&new={day_of(0)}", 409),
    ):
        assert stranger.get(address).status_code == status, address
    page = stranger.get("/open/ledger/three-rivers/314/proof")
    assert page.status_code == 200
    assert "Not in a signed checkpoint yet" in page.text


def test_the_pages_hand_out_note_proof_and_programs(app, grown, stranger, tmp_path):
    note = stranger.get("/open/checks/three-rivers/checkpoint.txt").text
    assert notes.read(note).size == 313
    first = stranger.get(f"/open/checks/three-rivers/checkpoint.txt?day={day_of(0)}").text
    assert notes.read(first).size == 6
    books = tmp_path / "books.jsonl"
    books.write_bytes(stranger.get("/open/ledger/three-rivers/export.jsonl").data)
    for each in (first, note):
        assert "of your file; signed" in verify_proof.check_note(each, books, [key_of(app)])
    assert b"def check_proof(" in stranger.get("/open/checks/verify_proof.py").data
    page = stranger.get("/open/ledger/three-rivers/9/proof").text
    assert "/open/ledger/three-rivers/9/proof.json" in page
    told = stranger.get("/open/checks.json").json["books"][0]
    assert told["checkpoint"]["note"] == note
    assert told["check"]["ok"] is True
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(books.read_text().splitlines(keepends=True)[:300]))
    assert verify_ledger.check(cut).startswith("OK")
    with pytest.raises(ValueError, match="cut off"):
        verify_proof.check_note(note, cut, [key_of(app)])
    resealed = tmp_path / "other.jsonl"
    resealed.write_text(re.sub("brightpath", "brightpaths", books.read_text()))
    with pytest.raises(ValueError, match="not the entries"):
        verify_proof.check_note(note, resealed, [key_of(app)])


def test_the_worker_does_all_of_this_by_itself(app, year, books, look):
    with app.app_context():
        assert jobs.run_due()["ledger.check_the_books"] == 1
        assert jobs.run_due()["ledger.check_the_books"] == 0
    (published,) = [
        e for e in look.exec(select(events.Event)).all() if e.name == "ledger.checkpoint_published"
    ]
    assert (published.subject_id, published.facts["size"]) == (books.id, 6)
