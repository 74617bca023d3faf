"""`marketplace ledger verify`, `export` and `check`, as the operator runs them."""

import csv
import json
import re
import shutil
import subprocess
from collections import Counter

import pytest
from click.testing import CliRunner

from marketplace.cli import main
from marketplace.ledger import queries
from tests.conftest import on_sqlite
from tests.ledger.conftest import without_triggers

pytestmark = on_sqlite


@pytest.fixture
def cli(app, monkeypatch):
    """Run a command against the test's own database."""
    monkeypatch.setenv("MODE", "test")
    monkeypatch.setenv("VAR", str(app.config["VAR"]))
    monkeypatch.setenv("DATABASE_URL", app.config["DATABASE_URL"])
    return lambda *words: CliRunner().invoke(main, ["ledger", *map(str, words)])


def test_verify_says_that_the_books_hold(year, books, look, cli):
    head = queries.find_head(look, books.id)
    look.rollback()
    told = cli("verify")

    assert told.exit_code == 0, told.output
    assert told.output == f"three-rivers: 6 entries hold, head {head.hash}\n"
    assert json.loads(cli("verify", "three-rivers", "--json").stdout) == {
        "ok": True,
        "consortia": [
            {
                "consortium": "three-rivers",
                "entries": 6,
                "head": {"seq": 6, "hash": head.hash},
                "problems": [],
            }
        ],
    }


def test_verify_fails_when_anything_is_off(year, app, cli):
    without_triggers(app, "UPDATE ledger_balance SET balance_cents = 1")

    told = cli("verify", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["ok"] is False
    assert "account cash:main: the balance kept is not the sum of its lines" in told.stderr


def test_unknown_books_are_refused_in_one_line(year, cli):
    for words in (["verify", "nowhere"], ["export", "nowhere", "--format", "csv"]):
        told = cli(*words)
        assert told.exit_code == 1
        assert told.stderr == "There are no such books.\n"


def test_no_books_at_all_is_fine(app, cli):
    assert cli("verify").exit_code == 0
    assert json.loads(cli("verify", "--json").stdout) == {"ok": True, "consortia": []}


def test_an_export_passes_its_own_check(year, books, look, cli, tmp_path):
    head = queries.find_head(look, books.id)
    look.rollback()
    file = tmp_path / "books.jsonl"
    assert cli("export", "three-rivers", "--format", "jsonl", "--out", file).exit_code == 0

    told = cli("check", file, "--receipt", f"6:{head.hash}")
    assert (told.exit_code, told.output[:13]) == (0, "OK: 6 entries")
    assert cli("export", "three-rivers", "--format", "jsonl").stdout == file.read_text()


def test_a_check_that_fails_says_why(year, cli, tmp_path):
    file = tmp_path / "books.jsonl"
    cli("export", "three-rivers", "--format", "jsonl", "--out", file)
    file.write_text(file.read_text().replace("3600000", "3600001", 1))

    told = cli("check", file)
    assert told.exit_code == 1
    assert told.stderr == "FAILED: entry 1: the text was changed: it has another hash\n"
    assert cli("check", tmp_path / "missing.jsonl").exit_code == 1


def test_the_table_adds_up_to_the_balances(year, books, look, cli):
    balances = {b.code: b.cents for b in queries.balances(look, books.id)}
    look.rollback()
    table = list(
        csv.DictReader(cli("export", "three-rivers", "--format", "csv").stdout.splitlines())
    )

    sums = Counter()
    for row in table:
        sums[row["account"]] += int(row["amount_cents"])
    assert dict(sums) == balances
    assert len(table) == 13


@pytest.mark.parametrize(
    ("form", "amounts", "account"),
    [
        ("hledger", r"^    (\S+)  (-?\d+)\.(\d\d) USD$", "liabilities:payable:brightpath"),
        ("beancount", r"^  ([A-Z]\S+)  (-?\d+)\.(\d\d) USD$", "Liabilities:Payable:Brightpath"),
    ],
)
def test_the_files_for_accounting_programs_add_up(year, cli, form, amounts, account):
    text = cli("export", "three-rivers", "--format", form).stdout

    sums = Counter()
    for name, whole, cents in re.findall(amounts, text, re.MULTILINE):
        sums[name] += int(whole + cents)
    assert sum(sums.values()) == 0
    assert sums[account] == -12_000_00
    declared = re.findall(r"^(?:account|\S+ open) (\S+)", text, re.MULTILINE)
    assert set(sums) == set(declared)


@pytest.mark.parametrize(
    ("form", "program"),
    [("hledger", ["hledger", "check", "--strict", "-f"]), ("beancount", ["bean-check"])],
)
def test_the_accounting_programs_accept_the_files(year, cli, tmp_path, form, program):
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed here")
    file = tmp_path / f"books.{form}"
    cli("export", "three-rivers", "--format", form, "--out", file)

    done = subprocess.run([*program, str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
