"""The outsider's check: one small file, an empty folder, an export, and what was kept."""

import json
import shutil
import subprocess
import sys

import pytest

from marketplace.core import tenancy
from marketplace.ledger import body, export_queries, exports, outsider

DOCS = outsider.LEDGER


@pytest.fixture
def database_url(sqlite_template, tmp_path):
    """One engine is enough here: the export is a file like any other."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'commons.db')}"


@pytest.fixture
def export(year, books, look):
    with tenancy.everyone("test asserts"):
        return [entry._asdict() for entry in export_queries.sealed(look, books.id)]


def lines_of(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def check(tmp_path):
    """Run the published file as a stranger would: isolated, in a folder with nothing else."""
    (tmp_path / "verify_ledger.py").write_bytes(DOCS.read_bytes())

    def run(rows, *receipts):
        (tmp_path / "books.jsonl").write_text(lines_of(rows))
        done = subprocess.run(
            [sys.executable, "-I", "verify_ledger.py", "books.jsonl", *receipts],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def resealed(rows, start=0):
    """What somebody does who knows how the chain works: seal everything anew."""
    prev = rows[start - 1]["hash"] if start else body.FIRST_PREV
    for seq, row in enumerate(rows[start:], start + 1):
        seal = body.chained(prev, body.leaf_of(row["body"]))
        row |= {"seq": seq, "prev": prev, "hash": seal}
        prev = seal
    return rows


def with_body(rows, at, old, new):
    assert old in rows[at]["body"]
    rows[at]["body"] = rows[at]["body"].replace(old, new)
    return rows


def test_the_published_file_stays_small():
    assert len(DOCS.read_text().splitlines()) < 60


def test_an_honest_export_passes_with_receipts(export, check):
    receipts = [f"{row['seq']}:{row['hash']}" for row in (export[0], export[-1])]

    assert check(export, *receipts) == (
        0,
        f"OK: 6 entries, 13 lines, 6 accounts, head {export[-1]['hash']}\n",
    )


def test_empty_books_pass(check):
    assert check([])[0] == 0


#: name -> (how the export is edited, what is said), noticed without any receipt
EDITS = {
    "an amount": (lambda r: with_body(r, 0, "3600000", "3600001"), "entry 1: the text was changed"),
    "both amounts, sealed anew, in the middle": (
        lambda r: resealed(with_body(r, 2, "3600000", "3500000")[:4], 2) + r[4:],
        "entry 5: does not follow",
    ),
    "the order": (lambda r: [r[1], r[0], *r[2:]], "entry 1: does not follow"),
    "an entry taken out": (lambda r: r[:2] + r[3:], "entry 3: does not follow"),
    "an entry twice": (lambda r: [*r[:3], *r[2:]], "entry 4: does not follow"),
    "a hash": (lambda r: [r[0] | {"hash": "0" * 64}, *r[1:]], "entry 1: the text was changed"),
    "off by a cent, sealed anew": (
        lambda r: resealed(with_body(r, 5, "-3600000", "-3600001")),
        "entry 6: debits and credits differ",
    ),
    "half a cent, sealed anew": (
        lambda r: resealed(with_body(with_body(r, 3, ",500,", ",500.5,"), 3, "-500,", "-500.5,")),
        "entry 4: fewer than two lines, or not in whole US cents",
    ),
    "another currency, sealed anew": (
        lambda r: resealed(with_body(r, 3, "USD", "EUR")),
        "entry 4: fewer than two lines, or not in whole US cents",
    ),
    "a key used twice, sealed anew": (
        lambda r: resealed(with_body(r, 5, "vendor:1", "payment:1")),
        "entry 6: its key is used twice",
    ),
    "a reversal that is no mirror, sealed anew": (
        lambda r: resealed(with_body(r, 4, "500", "400")),
        "entry 5: is not 4 mirrored",
    ),
    "a reversal of what is not there, sealed anew": (
        lambda r: resealed(with_body(r, 4, '"reverses":4', '"reverses":9')),
        "entry 5: cannot cancel entry 9",
    ),
    "an entry of other books, sealed anew": (
        lambda r: resealed(with_body(r, 5, '"c":"', '"c":"x')),
        "entry 6: belongs to another consortium",
    ),
    "rubbish": (lambda r: [*r, "rubbish"], "entry 7:"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_export_fails_and_says_where(name, export, check):
    edit, says = EDITS[name]
    status, words = check(edit(export))

    assert status == 1
    assert words.startswith("FAILED: ")
    assert says in words


def test_an_entry_cancelled_twice_is_noticed(export, check):
    again = export[4] | {"body": export[4]["body"].replace('"k":"undo"', '"k":"undo again"')}

    assert "entry 7: cannot cancel entry 4" in check(resealed([*export, again]))[1]


#: What only somebody who kept a number and a hash can notice.
REWRITTEN = {
    "the end cut off": lambda r: r[:5],
    "everything written anew": lambda r: resealed(with_body(r, 2, "3600000", "3500000")),
    "the last entry replaced": lambda r: resealed(with_body(r, 5, "3600000", "3500000"), 5),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_receipt_shows_a_history_that_was_rewritten(name, export, check):
    receipt = f"6:{export[5]['hash']}"
    rewritten = REWRITTEN[name]([dict(row) for row in export])

    assert check(rewritten)[0] == 0
    status, words = check(rewritten, receipt)
    assert status == 1
    assert "your receipt differs" in words or "has no entry 6" in words


def test_a_receipt_that_cannot_be_read_is_refused(export, check):
    assert check(export, "nonsense")[0] == 1
    assert check(export, f"1:{export[0]['hash']}", f"1:{export[1]['hash']}")[0] == 1


def test_the_lines_are_as_promised_to_outsiders(year, books, look):
    with tenancy.everyone("test asserts"):
        first = next(export_queries.sealed(look, books.id))

    line = exports.json_line(first)
    assert line.endswith("}\n")
    assert list(json.loads(line)) == ["seq", "prev", "hash", "body"]
    assert json.loads(line)["prev"] == "0" * 64


# -- fourteen ways to edit an export -------------------------------------------------------------


def forged(rows, at):
    """A payment that never happened, put in before entry `at`, everything after sealed anew."""
    body_of_it = rows[2]["body"].replace('"payment:1"', '"payment:forged"')
    return resealed([*rows[: at - 1], dict(rows[2], body=body_of_it), *rows[at - 1 :]], at - 1)


#: name -> (the edit, whether it is caught without any receipt)
FOURTEEN = {
    "one amount changed": (lambda r: with_body(r, 0, "3600000", "3600001"), True),
    "both legs changed": (lambda r: with_body(r, 2, "3600000", "3500000"), True),
    "both legs changed, that entry sealed anew": (
        lambda r: [*resealed(with_body(r, 2, "3600000", "3500000")[:3], 2), *r[3:]],
        True,
    ),
    "an entry deleted": (lambda r: r[:2] + r[3:], True),
    "an entry deleted, the rest numbered anew": (
        lambda r: [dict(row, seq=n) for n, row in enumerate(r[:2] + r[3:], 1)],
        True,
    ),
    "two entries swapped": (lambda r: [*r[:1], r[2], r[1], *r[3:]], True),
    "an entry put in": (lambda r: [*r[:3], dict(r[2], seq=4), *r[3:]], True),
    "an entry given twice, sealed anew": (lambda r: resealed([*r, dict(r[5])]), True),
    "another hash written in": (lambda r: [*r[:5], r[5] | {"hash": "f" * 64}], True),
    "one side only, sealed anew": (
        lambda r: resealed(with_body(r, 5, "-3600000", "-3500000")),
        True,
    ),
    "the tail cut off": (lambda r: r[:4], False),
    "the tail written anew": (
        lambda r: resealed(with_body(r, 5, "3600000", "3500000"), 5),
        False,
    ),
    "everything written anew": (lambda r: resealed(with_body(r, 0, "brightpath", "p"), 0), False),
    "a payment forged before the last entry": (lambda r: forged(r, 6), False),
}


def test_of_fourteen_edits_nine_are_caught_alone_and_all_with_receipts(export, check, tmp_path):
    alone, with_receipts = set(), set()
    receipt = f"6:{export[5]['hash']}"
    assert check(export, receipt)[0] == 0
    for name, (edit, _caught) in FOURTEEN.items():
        rows = edit([dict(row) for row in export])
        if check(rows)[0]:
            alone.add(name)
        if check(rows, receipt)[0]:
            with_receipts.add(name)

    assert len(FOURTEEN) == 14
    assert with_receipts == set(FOURTEEN)
    assert alone == {name for name, (_edit, caught) in FOURTEEN.items() if caught}
    assert len(alone) >= 9
