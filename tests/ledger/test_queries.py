"""What others ask of the books, on both engines."""

from datetime import date

import pytest

from marketplace.core.errors import NotFound
from marketplace.ledger import queries
from marketplace.ledger.queries import Search
from marketplace.ledger.rules import AccountKind, PostingKind
from marketplace.ledger.sight_rules import WHOLE


def test_a_year_of_books_reads_the_same_on_both_engines(year, books, look):
    seen = queries.public_sights(look)

    def seqs(**asked):
        search = Search(books.id, **asked)
        found = [entry.seq for entry in queries.entries(look, search, seen)]
        assert queries.count_entries(look, search, seen) == len(found)
        return found

    assert seqs() == [6, 5, 4, 3, 2, 1]
    assert seqs(kind=PostingKind.REVERSAL) == [5]
    assert seqs(ref="reading") == [6, 5, 4, 3, 1]
    assert seqs(ref="pool:reading/invoice:1") == [3, 1]
    assert seqs(ref="%") == seqs(ref="read_ng") == []
    assert seqs(district="ALBERTVILLE") == [3, 1]
    assert seqs(vendor="path learning") == [6, 1]
    assert seqs(vendor="%") == []
    assert seqs(since=date(2026, 9, 20), until=date(2026, 9, 30)) == [4, 3]
    assert seqs(at_least=500, at_most=500) == [5, 4]
    assert seqs(at_least=5_000_00, at_most=12_000_00) == [2, 1]
    assert seqs(at_most=500) == [5, 4]
    assert [e.seq for e in queries.entries(look, Search(), seen, page=2, size=4)] == [2, 1]


def test_the_balances_are_the_sums_of_the_rows(year, books, look):
    balances = queries.balances(look, books.id)

    assert sum(balance.cents for balance in balances) == 0
    for balance in balances:
        rows = queries.account_rows(look, books.id, balance.code)
        assert sum(row.cents for row in rows) == balance.cents == rows[0].balance_cents
        assert queries.count_account_rows(look, books.id, balance.code) == len(rows)
        assert queries.balance_of(look, books.id, balance.code) == balance.cents


def test_running_balances_go_on_over_the_pages(year, books, look):
    whole = queries.account_rows(look, books.id, "cash:main")
    pages = [queries.account_rows(look, books.id, "cash:main", page=n, size=2) for n in (1, 2, 3)]

    assert [row for page in pages for row in page] == whole
    assert queries.account_rows(look, books.id, "cash:main", page=4, size=2) == []


def test_balances_as_of_an_entry(year, books, look):
    codes = ["cash:main", "receivable:0100005"]

    assert queries.balances_after(look, books.id, 1, codes) == {"receivable:0100005": 36_000_00}
    assert queries.balances_after(look, books.id, 3, codes) == {
        "cash:main": 41_000_00,
        "receivable:0100005": 0,
    }


def test_accounts_are_named_after_their_owners(year, look):
    assert queries.names_of(look, ["receivable:0100005", "payable:brightpath", "rounding"]) == {
        "receivable:0100005": "Owed by Albertville City",
        "payable:brightpath": "Owed to BrightPath Learning",
        "rounding": "Leftover cents",
    }


def test_an_account_never_used_holds_nothing(year, books, look):
    assert queries.balance_of(look, books.id, "writeoff") == 0
    assert queries.balances(look, books.id, ["fee:lead"]) == [
        queries.Balance("fee:lead", AccountKind.INCOME, 0)
    ]


def test_what_is_not_there_is_not_found(year, books, look):
    assert queries.books_of(look, "three-rivers").seq == 6
    with pytest.raises(NotFound):
        queries.books_of(look, "nowhere")
    with pytest.raises(NotFound):
        queries.get_entry(look, books.id, 7, WHOLE)
