"""Files for other programs: complete, to the cent, accepted by those programs, and prepared by
a job when the books are long."""

import csv
import io
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from marketplace.core import clock, events, jobs, tenancy
from marketplace.core.mail import Letter
from marketplace.ledger import (
    body,
    export_queries,
    export_views,
    exports,
    proof_service,
    queries,
    rules,
)
from marketplace.ledger.exports import Cover, Format, Sealed
from marketplace.ledger.outsider import verify_ledger
from marketplace.ledger.proof_models import LedgerExport, LedgerExportPiece
from tests.conftest import NOW, on_postgresql

BEAN_CHECK = Path(sys.executable).parent / "bean-check"


@pytest.fixture
def stranger(app):
    return app.test_client()


@pytest.fixture
def busy(year, post):
    """Every kind of account and of entry, so that each form has to spell them all."""
    codes = {
        "cash": "cash:main",
        "receivable": "receivable:0100007",
        "payable": "payable:a-1b-2c",
        "grant": "grant:first-year-help",
        "credit": "credit:0100007",
        "fee": "fee:lead",
    }
    for n, word in enumerate(rules.FAMILIES):
        code = codes.get(word, word if rules.FAMILIES[word].after is None else f"{word}:x")
        post(f"account-{n}", (code, 100 * n + 99), ("cash:main", -100 * n - 99))
    for n, kind in enumerate(rules.PostingKind):
        if kind is not rules.PostingKind.REVERSAL:
            post(f"kind-{n}", ("cash:main", n + 1), ("fee:lead", -n - 1), kind=kind)


def balances_of(look, books):
    return {b.code: b.cents for b in queries.balances(look, books.id)}


def file_of(stranger, ending, tmp_path):
    answer = stranger.get(f"/open/ledger/three-rivers/export.{ending}")
    assert answer.status_code == 200
    path = tmp_path / f"books.{ending}"
    path.write_bytes(answer.data)
    return path


def cents_of(words):
    whole, _, rest = words.partition(".")
    return int(whole + rest.ljust(2, "0"))


# -- hledger and beancount -----------------------------------------------------------------------

hledger = pytest.mark.skipif(
    shutil.which("hledger") is None,
    reason="hledger is not installed here: apt-get install hledger",
)


@hledger
def test_hledger_accepts_the_file_and_comes_to_the_same_balances(
    busy, books, look, stranger, tmp_path
):
    file = file_of(stranger, "journal", tmp_path)
    for checks in (["--strict"], ["payees"], ["--strict", "payees"]):
        done = subprocess.run(
            ["hledger", "check", *checks, "-f", file], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")

    words = ["hledger", "bal", "-O", "csv", "--flat", "-N", "--empty", "-f", file]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rows = list(csv.reader(io.StringIO(told)))[1:]
    sums = {
        name.partition(":")[2]: cents_of(amount.removesuffix(" USD")) if amount != "0" else 0
        for name, amount in rows
    }
    assert sums == balances_of(look, books)


@hledger
def test_hledger_refuses_a_file_that_was_changed(busy, stranger, tmp_path):
    file = file_of(stranger, "journal", tmp_path)
    file.write_text(file.read_text().replace("36000.00 USD", "36000.01 USD", 1))
    words = ["hledger", "check", "--strict", "-f", file]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1


def test_beancount_accepts_the_file_and_comes_to_the_same_balances(
    busy, books, look, stranger, tmp_path
):
    from beancount import loader  # noqa: PLC0415  slow to import
    from beancount.core.realization import iter_children, realize  # noqa: PLC0415

    file = file_of(stranger, "beancount", tmp_path)
    done = subprocess.run(
        [BEAN_CHECK, "--no-cache", file], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")

    entries, errors, _options = loader.load_file(str(file))
    assert errors == []
    sums = {
        account.account: int(position.units.number * 100)
        for account in iter_children(realize(entries))
        for position in account.balance
    }
    held = balances_of(look, books).items()
    assert sums == {exports.beancount_account(code): cents for code, cents in held if cents}


def test_every_account_has_a_name_of_its_own_in_every_program(busy, books, look):
    codes = list(balances_of(look, books))
    for named in (exports.hledger_account, exports.beancount_account):
        assert len({named(code) for code in codes}) == len(codes)


# -- tables --------------------------------------------------------------------------------------


def test_the_table_adds_up_to_the_balances(busy, books, look, stranger, tmp_path):
    sums = Counter()
    with file_of(stranger, "csv", tmp_path).open(newline="") as file:
        for row in csv.DictReader(file):
            sums[row["account"]] += int(row["amount_cents"])
    assert {**sums} == balances_of(look, books)


def test_no_cell_of_the_table_is_taken_for_a_formula():
    text = body.Body(
        consortium="x",
        key="k",
        recorded_at=NOW,
        effective_on=NOW.date(),
        by="system",
        kind=rules.PostingKind.FEE,
        ref='=HYPERLINK("http://evil.example")',
        legs=(rules.Leg("@SUM(A1)", -5), rules.Leg("cash:main", 5)),
    ).canonical()
    cover = Cover("Three Rivers", (), NOW.date())
    lines = "".join(exports.write(Format.CSV, cover, [Sealed(1, "0" * 64, "f" * 64, text)]))

    first, second = csv.DictReader(io.StringIO(lines))
    assert first["ref"].startswith("'=")
    assert first["account"].startswith("'@")
    assert (first["amount_cents"], second["account"]) == ("-5", "cash:main")


def test_the_columns_are_documented():
    said = (Path(__file__).parents[2] / "docs" / "exports.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", said, re.M) == list(exports.CSV_COLUMNS)


def test_a_name_with_line_breaks_and_quotes_spoils_no_file():
    cover = Cover('Three\n"Rivers"\\', (), NOW.date())
    for form in (Format.HLEDGER, Format.BEANCOUNT):
        text = "".join(exports.write(form, cover, []))
        assert 'Three "Rivers"' in text or "Three 'Rivers'" in text


def test_blocks_are_sent_rather_than_lines():
    entries = [Sealed(n, "0" * 64, "f" * 64, "x" * 300) for n in range(1000)]
    blocks = list(exports.write(Format.JSONL, None, entries))
    assert len(blocks) < 12
    assert "".join(blocks).count("\n") == 1000


# -- files prepared by a job ---------------------------------------------------------------------


@pytest.fixture
def long(monkeypatch, year, post):
    """Books of nine entries, where more than four count as long and a piece has two."""
    monkeypatch.setattr(export_views, "AT_ONCE", 4)
    monkeypatch.setattr(proof_service, "PIECE", 2)
    for n in range(3):
        post(f"more-{n}")


def work(app, rounds=1):
    with app.app_context():
        return [jobs.run_due()["ledger.write_exports"] for _ in range(rounds)]


ASK = "/open/ledger/three-rivers/prepare.{}"


@pytest.mark.parametrize("ending", ["jsonl", "csv", "journal", "beancount"])
def test_a_prepared_file_is_the_one_that_would_have_been_sent(
    app, long, monkeypatch, stranger, ending
):
    answer = stranger.get(f"/open/ledger/three-rivers/export.{ending}")
    assert (answer.status_code, answer.location) == (302, ASK.format(ending))
    page = stranger.get(answer.location)
    assert "have 9 entries" in page.text

    place = stranger.send(ASK.format(ending)).location
    assert "0 of 9 entries are written (0%)" in stranger.get(place).text
    assert stranger.get(place + "/file").status_code == 404
    work(app, 2)
    assert "4 of 9 entries are written (44%)" in stranger.get(place).text
    work(app, 3)
    assert "Your file is ready" in stranger.get(place).text
    sent = stranger.get(place + "/file")
    monkeypatch.setattr(export_views, "AT_ONCE", 100)
    at_once = stranger.get(f"/open/ledger/three-rivers/export.{ending}")
    assert sent.data == at_once.data
    assert sent.headers["Content-Disposition"] == at_once.headers["Content-Disposition"]
    assert int(sent.headers["Content-Length"]) == len(sent.data)


def test_what_is_posted_meanwhile_is_not_in_the_file(app, long, post, stranger, tmp_path):
    place = stranger.send(ASK.format("jsonl")).location
    work(app)
    post("later")
    work(app, 5)

    (tmp_path / "books.jsonl").write_bytes(stranger.get(place + "/file").data)
    assert verify_ledger.check(tmp_path / "books.jsonl").startswith("OK: 9 entries")


def test_who_asks_for_the_same_file_shares_it_and_who_signed_in_is_told(
    app, long, stranger, make, client_for, look
):
    buyer, other = (make.buyer(make.district()) for _ in range(2))
    places = {
        stranger.send(ASK.format("csv")).location,
        client_for(buyer).send(ASK.format("csv")).location,
        client_for(buyer).send(ASK.format("csv")).location,
        client_for(other).send(ASK.format("csv")).location,
    }
    assert len(places) == 1
    assert sum(work(app, 8)) == 5
    with app.app_context():
        events.deliver()

    told = look.exec(select(Letter).where(Letter.subject.startswith("Your file"))).all()
    assert sorted(x.recipient for x in told) == sorted([buyer.email, other.email])
    assert places.pop() in told[0].text


def test_a_file_is_gone_when_its_time_is_over(app, long, stranger, look):
    place = stranger.send(ASK.format("csv")).location
    work(app, 5)
    with clock.frozen(NOW + proof_service.KEPT_FOR - timedelta(seconds=1)):
        assert stranger.get(place).status_code == 200
    with clock.frozen(NOW + proof_service.KEPT_FOR):
        assert stranger.get(place).status_code == 404
        assert stranger.get(place + "/file").status_code == 404
        work(app)
    with tenancy.everyone("test asserts"):
        assert look.exec(select(LedgerExport)).all() == []
        assert look.exec(select(LedgerExportPiece)).all() == []


def test_a_worker_that_was_slower_adds_nothing(app, long, stranger, look):
    from tests.ledger.conftest import run  # noqa: PLC0415  used here alone

    place = stranger.send(ASK.format("csv")).location
    export_id = place.rpartition("/")[2]
    work(app)
    with tenancy.everyone("test asserts"):
        export = look.exec(select(LedgerExport)).one()
    assert str(export.id) == export_id
    late = {"after": 0, "upto": 2, "content": b"again", "length": 5}
    assert run(app, proof_service.add_piece, export.id, **late) is False


@on_postgresql
def test_twice_at_once_one_file_is_prepared(app, long, books, look):
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from tests.ledger.conftest import run  # noqa: PLC0415

    def ask(_n):
        with clock.frozen(NOW):
            return run(app, proof_service.prepare_export, books.id, "csv").id

    with ThreadPoolExecutor(8) as crowd:
        assert len(set(crowd.map(ask, range(8)))) == 1


def test_what_cannot_be_prepared_is_refused(books, stranger):
    for address in ("/open/ledger/three-rivers/prepare.exe", "/open/ledger/nowhere/prepare.csv"):
        assert stranger.get(address).status_code == 404
    unknown = "/open/exports/00000000-0000-0000-0000-000000000000"
    assert stranger.get(unknown).status_code == 404
    assert stranger.get(unknown + "/file").status_code == 404
    refused = stranger.send(ASK.format("csv"))
    assert refused.status_code == 422
    assert "Nothing has been posted yet" in refused.text


def test_a_part_of_the_books_continues_the_chain(year, books, look):
    with tenancy.everyone("test asserts"):
        whole = list(export_queries.sealed(look, books.id))
        parts = [
            *export_queries.sealed(look, books.id, upto=2),
            *export_queries.sealed(look, books.id, after=2, upto=5),
            *export_queries.sealed(look, books.id, after=5),
        ]
    assert parts == whole
