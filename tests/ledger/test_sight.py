"""Who sees what of the books: the by-laws for the public, and nobody is cut off from their own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.core import access, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.ledger import queries, service, sight_rules
from marketplace.ledger.queries import Search, Sight
from marketplace.ledger.rules import HIDDEN, Leg
from marketplace.ledger.sight_rules import Openness
from tests.conftest import on_sqlite

#: Nothing of this may reach anybody who may not see names.
OF_THE_DISTRICTS = ("Albertville", "0100005", "0100006", '36,000.00" of', "1200000")


@pytest.fixture
def convener(make, books):
    return make.person(books, Role.CONVENER)


@pytest.fixture
def opened(app, books):
    """`opened(Openness.MASKED)`: as the by-laws say."""

    def say(openness):
        clause = f"Article 7: {openness}."
        with app.app_context(), tenancy.everyone("test"), db.transaction() as session:
            return service.set_openness(session, Actor.system(), books.id, openness, clause)

    return say


@pytest.fixture
def readers(make, look, year, books, agent, convener):
    """One person of each kind around Three Rivers; `None` is a stranger."""
    member = queries.Organization
    with tenancy.everyone("test"):
        from sqlmodel import select  # noqa: PLC0415

        found = {o.slug: o for o in look.exec(select(member))}
        own = next(o for o in found.values() if o.leaid == "0100005")
        vendor = found["brightpath"]
    other = make.district("Neighbour", leaid="0100006")
    return {
        "stranger": None,
        "member": make.buyer(own),
        "other member": make.buyer(other),
        "outside district": make.buyer(make.district("Far away")),
        "lead": convener,
        "agent": agent,
        "vendor": make.person(vendor, Role.FINANCE),
        "other vendor": make.person(make.vendor("Another"), Role.FINANCE),
        "funder": make.person(make.organization(OrganizationKind.FUNDER), Role.PROGRAMME_OFFICER),
        "operator": make.operator(),
    }


@pytest.fixture
def browser_of(app, client_for):
    return lambda user: client_for(user) if user else app.test_client()


WHOLE_SIGHT = {"lead", "agent", "operator"}
SEES = {
    # openness -> reader -> the entries found; a reader not named sees what the stranger sees
    Openness.NAMED: {"stranger": [6, 5, 4, 3, 2, 1]},
    Openness.MASKED: {"stranger": [6, 5, 4, 3, 2, 1]},
    Openness.TOTALS: {
        "stranger": [],
        "member": [3, 1],
        "other member": [1],
        "vendor": [6, 1],
        **{who: [6, 5, 4, 3, 2, 1] for who in WHOLE_SIGHT},
    },
}


@on_sqlite
@pytest.mark.parametrize("openness", list(Openness))
def test_each_reader_finds_the_entries_the_by_laws_and_their_own_lines_give(
    readers, opened, browser_of, openness
):
    opened(openness)

    for who, user in readers.items():
        told = browser_of(user).get("/open/ledger.json").json["entries"]
        expected = SEES[openness].get(who, SEES[openness]["stranger"])
        assert [entry["seq"] for entry in told] == expected, who
        for entry in told:
            assert sum(cents for _code, cents, _unit in entry["legs"]) == 0, who


@on_sqlite
@pytest.mark.parametrize("openness", [Openness.MASKED, Openness.TOTALS])
def test_who_may_not_see_names_finds_them_nowhere(readers, opened, browser_of, openness):
    """Page, search, file, export, account, entry, trial balance and the front of open books."""
    opened(openness)
    base = "/open/ledger"
    addresses = [
        base, f"{base}.csv", f"{base}.json", f"{base}/three-rivers",
        f"{base}/three-rivers/trial-balance", f"{base}/three-rivers/trial-balance?seq=3",
        f"{base}/three-rivers/trial-balance?on=2026-09-20", f"{base}/three-rivers/1",
        f"{base}/three-rivers/3", f"{base}/three-rivers/accounts/receivable:0100005",
        f"{base}/three-rivers/accounts/receivable:*", f"{base}/three-rivers/accounts/cash:main",
        f"{base}/three-rivers/accounts/payable:brightpath",
        *(f"{base}/three-rivers/export.{e}" for e in ("jsonl", "csv", "journal", "beancount")),
        "/open", "/open/data", "/open/checks",
    ]  # fmt: skip
    for who in ("stranger", "outside district", "other vendor", "funder"):
        client = browser_of(readers[who])
        for address in addresses:
            page = client.get(address)
            assert page.status_code in (200, 404), (who, address)
            shown = page.text.replace(address, "")
            leaked = [word for word in OF_THE_DISTRICTS if word in shown]
            assert leaked == [], (who, address)


@on_sqlite
def test_a_search_is_no_oracle_for_hidden_lines(readers, opened, browser_of):
    opened(Openness.MASKED)
    asks = (
        "district=0100005", "district=Albertville", "account=receivable:0100006",
        "least=12,000.00&most=12,000.00",
    )  # fmt: skip
    for query in asks:
        found = {
            who: len(browser_of(user).get(f"/open/ledger.json?{query}").json["entries"])
            for who, user in readers.items()
        }
        assert found["stranger"] == found["funder"] == found["vendor"] == 0, query
        assert found["agent"] > 0, query
    mine = browser_of(readers["member"]).get("/open/ledger.json?district=0100005").json["entries"]
    assert [entry["seq"] for entry in mine] == [3, 1]


@on_sqlite
@pytest.mark.parametrize("openness", [Openness.MASKED, Openness.TOTALS])
def test_a_member_sees_its_own_lines_and_the_rest_together(readers, opened, browser_of, openness):
    opened(openness)
    client = browser_of(readers["member"])

    (billed,) = [e for e in client.get("/open/ledger.json").json["entries"] if e["seq"] == 1]
    legs = {code: cents for code, cents, _unit in billed["legs"]}
    assert legs["receivable:0100005"] == 36_000_00
    assert legs[f"receivable:{HIDDEN}"] == 12_000_00
    account = client.get("/open/ledger/three-rivers/accounts/receivable:0100005")
    assert account.status_code == 200
    entry = client.get("/open/ledger/three-rivers/1")
    assert "It owes $36,000.00 more." in entry.text
    assert "0100006" not in entry.text
    assert "The sealed text" not in entry.text
    other = client.get("/open/ledger/three-rivers/accounts/receivable:0100006")
    assert other.status_code == 404


@on_sqlite
@pytest.mark.parametrize("who", sorted(WHOLE_SIGHT))
def test_who_keeps_or_runs_the_books_sees_all_of_them(readers, opened, browser_of, who):
    opened(Openness.TOTALS)
    client = browser_of(readers[who])

    assert "Albertville" in client.get("/open/ledger/three-rivers/1").text
    export = client.get("/open/ledger/three-rivers/export.jsonl")
    assert len(export.text.splitlines()) == 6


@on_sqlite
def test_totals_seals_and_checks_stay_public(readers, opened, browser_of):
    opened(Openness.TOTALS)
    client = browser_of(None)

    page = client.get("/open/ledger/three-rivers")
    assert page.text.split("<tfoot>")[1].count("$17,000.00") == 2
    assert "Totals only" in page.text
    assert "Article 7: totals." in page.text
    assert "Holds" in client.get("/open/checks").text
    assert not re.findall(r'href="/open/ledger/three-rivers/\d', page.text)


def test_the_sight_of_a_reader_is_the_same_on_both_engines(year, books, look, opened):
    opened(Openness.MASKED)
    look.rollback()
    with tenancy.everyone("test"):
        seen = queries.public_sights(look)
        found = queries.entries(look, Search(), seen)
        by_amount = queries.entries(look, Search(at_least=36_000_00, at_most=36_000_00), seen)
        none = queries.entries(look, Search(), {})

        assert [entry.seq for entry in found] == [6, 5, 4, 3, 2, 1]
        assert [leg.account for leg in found[-1].legs] == ["receivable:*", "payable:brightpath"]
        assert [entry.seq for entry in by_amount] == [6, 3]
        assert none == []
        with pytest.raises(NotFound):
            queries.get_entry(look, books.id, 1, Sight(False, False, frozenset()))


def test_by_laws_alone_say_what_the_public_sees(act, opened, books, agent, convener):
    assert opened(Openness.MASKED).openness is Openness.MASKED

    for person in (convener, agent):
        with pytest.raises(NotAllowed):
            act(person, service.set_openness, books.id, Openness.NAMED, "Article 7: names")


def test_whoever_is_nobody_is_asked_of_the_policy_table(app, year, books):
    with app.app_context(), tenancy.everyone("test"):
        found = queries.books_of(db.session(), "three-rivers")
    masked = found._replace(openness=Openness.MASKED)
    totals = found._replace(openness=Openness.TOTALS)

    assert access.can(access.NOBODY, "ledger.read_names", found)
    assert access.can(access.NOBODY, "ledger.read_entries", masked)
    assert not access.can(access.NOBODY, "ledger.read_names", masked)
    assert not access.can(access.NOBODY, "ledger.read_entries", totals)


# -- rules ---------------------------------------------------------------------------------------

codes = st.sampled_from(
    ["receivable:0100005", "receivable:0100006", "credit:0100005", "payable:brightpath",
     "cash:main", "fee:lead", "rounding", "writeoff"]
)  # fmt: skip
legs = st.lists(st.builds(Leg, codes, st.integers(-(10**9), 10**9).filter(bool)), max_size=12)
sights = st.builds(Sight, st.booleans(), st.booleans(), st.frozensets(codes, max_size=2))


@given(legs, sights)
def test_hidden_lines_still_add_up_and_name_nobody(lines, sight):
    shown = sight_rules.masked(lines, sight)

    assert sum(leg.cents for leg in shown) == sum(leg.cents for leg in lines)
    debits = sum(leg.cents for leg in lines if leg.cents > 0)
    assert sum(leg.cents for leg in shown if leg.cents > 0) == debits
    for leg in shown:
        assert sight.shows(leg.account) or leg.account == sight_rules.together(leg.account)
    if sight.names:
        assert list(shown) == lines


@given(st.dictionaries(codes, st.integers(-(10**9), 10**9)), sights)
def test_balances_that_are_hidden_stand_together(held, sight):
    shown = sight_rules.added_up(held, sight)

    assert sum(shown.values()) == sum(held.values())
    for code in shown:
        assert sight.shows(code) or code == sight_rules.together(code)


def test_nothing_can_be_posted_to_a_hidden_owner(post):
    with pytest.raises(RuleBroken):
        post("x", (f"receivable:{HIDDEN}", 5), ("fee:lead", -5))
