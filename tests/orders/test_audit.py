"""The auditor's zip: one file, complete, the same bytes each time, checked by itself."""

import csv
import io
import subprocess
import sys
from hashlib import sha256
from zipfile import ZipFile

import pytest
from sqlmodel import select

from marketplace.core import jobs, tenancy
from marketplace.core.mail import Letter
from marketplace.ledger import queries as books
from marketplace.ledger.proof_models import LedgerReceipt
from marketplace.orders import rules
from marketplace.orders.rules import PaymentMeans
from tests.conftest import NOW
from tests.orders.conftest import pay

DAYS = "?since=2026-07-01&until=2027-06-30"


@pytest.fixture
def world(app, make, people, act):
    """A billed order, half of it paid, and a signed checkpoint."""
    district = make.district("Maple Hollow")
    consortium = make.consortium(name="River Pool")
    order = make.order(district, consortium=consortium, po_number="2027/118 B")
    invoice = make.invoice(order)
    persons = people(order)
    act(
        persons["agent"],
        pay,
        invoice.id,
        means=PaymentMeans.CHECK,
        reference="CHK 1",
        amount_cents=invoice.total_cents // 2,
        paid_on=NOW.date(),
        once_key="once",
    )
    with app.app_context():
        assert jobs.run_due()["ledger.check_the_books"] == 1
    slug = order.agreed["consortium"]["slug"]
    return {"order": order, "invoice": invoice, "people": persons, "desk": f"/c/{slug}"}


@pytest.fixture
def unpacked(world, client_for, tmp_path):
    answer = client_for(world["people"]["agent"]).get(world["desk"] + "/audit.zip" + DAYS)
    assert answer.status_code == 200
    with ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    (folder,) = [path for path in tmp_path.iterdir() if path.name.startswith("river")]
    return folder


def table(path):
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_it_holds_books_papers_proofs_and_how_to_check_them(world, unpacked):
    names = sorted(str(p.relative_to(unpacked)) for p in unpacked.rglob("*") if p.is_file())
    documents = [name for name in names if name.startswith("documents/")]

    assert [name for name in names if name not in documents] == [
        "HOW-TO-VERIFY.txt",
        "SHA256SUMS.txt",
        "entries/entries-of-the-period.csv",
        "entries/sealed-entries.jsonl",
        f"proofs/checkpoint-{NOW.date()}.txt",
        "proofs/receipts.csv",
        "statements/accounts.csv",
        "statements/trial-balance.csv",
        "verify_ledger.py",
        "verify_proof.py",
    ]
    assert len(documents) == 2
    for name in documents:
        assert (unpacked / name).read_bytes().startswith(b"%PDF")
    for line in (unpacked / "SHA256SUMS.txt").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert sha256((unpacked.parent / name).read_bytes()).hexdigest() == digest


def test_it_is_checked_with_what_is_in_it(unpacked):
    receipts = [f"{row['seq']}:{row['hash']}" for row in table(unpacked / "proofs/receipts.csv")]
    assert len(receipts) == 2  # the invoice and the payment
    for words in (
        ["verify_ledger.py", "entries/sealed-entries.jsonl", *receipts],
        ["verify_proof.py", f"proofs/checkpoint-{NOW.date()}.txt", "entries/sealed-entries.jsonl"],
    ):
        done = subprocess.run(
            [sys.executable, "-I", *words],
            cwd=unpacked,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout[:3]) == (0, "OK:"), done.stderr


def test_its_statements_add_up_to_the_books(world, unpacked, look):
    with tenancy.everyone("test asserts"):
        held = {b.code: b.cents for b in books.balances(look, world["order"].consortium_id)}
    *rows, total = table(unpacked / "statements/trial-balance.csv")
    assert {row["account"]: int(row["closing_cents"]) for row in rows} == held
    assert total["closing_cents"] == total["opening_cents"] == "0"
    assert total["debits_cents"] == total["credits_cents"] != "0"

    lines = table(unpacked / "statements/accounts.csv")
    last = {row["account"]: int(row["balance_cents"]) for row in lines}
    assert last == held
    within = table(unpacked / "entries/entries-of-the-period.csv")
    assert sum(int(row["amount_cents"]) for row in within) == 0
    assert len(within) == len([row for row in lines if row["kind"] != "opening"])


def test_the_same_period_gives_the_same_bytes(world, client_for):
    agent = client_for(world["people"]["agent"])
    first, second = (agent.get(world["desk"] + "/audit.zip" + DAYS).data for _ in range(2))
    assert first == second


def test_a_period_before_anything_happened_is_an_honest_empty_file(world, client_for):
    agent = client_for(world["people"]["agent"])
    answer = agent.get(world["desk"] + "/audit.zip?since=2020-07-01&until=2021-06-30")
    with ZipFile(io.BytesIO(answer.data)) as archive:
        sealed = [n for n in archive.namelist() if n.endswith("sealed-entries.jsonl")]
        assert archive.read(sealed[0]) == b""
        assert not [n for n in archive.namelist() if "/documents/" in n]


def test_only_the_lead_and_the_fiscal_agent_get_it(world, client_for, make, app):
    people, desk = world["people"], world["desk"]
    for who in ("agent", "convener"):
        assert client_for(people[who]).get(desk + "/audit").status_code == 200
        assert client_for(people[who]).get(desk + "/audit.zip").status_code == 200
    others = [people["buyer"], people["finance"], make.convener(make.consortium(name="Other"))]
    for person in others:
        assert client_for(person).get(desk + "/audit").status_code == 404
        assert client_for(person).get(desk + "/audit.zip").status_code == 404
    assert app.test_client().get(desk + "/audit.zip").status_code == 302


@pytest.mark.parametrize("query", ["?since=soon", "?since=2027-02-02&until=2027-02-01"])
def test_a_period_that_is_none_is_refused(world, client_for, query):
    agent, desk = client_for(world["people"]["agent"]), world["desk"]
    page = agent.get(desk + "/audit" + query)
    assert page.status_code == 422
    assert "Change this first" in page.text
    assert agent.get(desk + "/audit.zip" + query).status_code == 409


def test_bills_and_payments_leave_receipts_that_say_what_was_printed(world, look):
    with tenancy.everyone("test asserts"):
        receipts = {r.paper: r for r in look.exec(select(LedgerReceipt)).all()}
    invoice = world["invoice"]
    paper = f"invoice:{invoice.printed['issuer']['slug']}-{invoice.number}"
    assert (receipts[paper].seq, receipts[paper].hash) == (invoice.ledger_seq, invoice.ledger_hash)
    assert receipts[paper].member_id == invoice.org_id
    assert sum(name.startswith("payment:") for name in receipts) == 1


def test_school_years_and_file_names():
    assert [str(d) for d in rules.school_year(NOW.date())] == ["2025-07-01", "2026-06-30"]
    assert str(rules.school_year(NOW.date().replace(month=6))[0]) == "2024-07-01"
    assert rules.file_name("../2027/118 B") == "2027-118-B"
    assert rules.file_name("///") == "paper"


def test_letters_about_bills_and_payments_carry_number_and_hash(world, look):
    invoice = world["invoice"]
    texts = [letter.text for letter in look.exec(select(Letter)).all()]
    seal = f"{invoice.ledger_seq}:{invoice.ledger_hash}"
    assert any(seal in text and "You owe" in text for text in texts)
    assert any("Keep this number and hash" in text and "Still open" in text for text in texts)
